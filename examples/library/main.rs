//! toolchainkit as a library: finds a cache tool, prints the arguments for CMake that make a build use it, and translates a
//! configuration into the generated files.
//!
//! ```sh
//! cargo run --example library
//! ```
#![allow(
    clippy::print_stdout,
    clippy::allow_attributes,
    unreachable_pub,
    reason = "an example prints, and the tests include this file as a module"
)]

use std::error::Error;

use camino::{Utf8Path, Utf8PathBuf};
use toolchainkit::caching::detection::detect_cache_tool;
use toolchainkit::caching::launcher::configure_compiler_launcher;
use toolchainkit::config::{self, SourceFile};
use toolchainkit::plan::Plan;
use toolchainkit::{output, render};

/// The arguments for CMake that make a build use the tool that was found, with a local cache in `folder`. `None` if there is
/// neither sccache nor ccache.
///
/// # Errors
/// If the folder cannot be created.
pub fn cmake_arguments(folder: &Utf8Path) -> Result<Option<Vec<String>>, Box<dyn Error>> {
    let Some(tool) = detect_cache_tool(None) else { return Ok(None) };
    let variables = configure_compiler_launcher(&tool, folder, None)?;
    Ok(Some(variables.iter().map(|(name, value)| format!("-D{name}={value}")).collect()))
}

/// Writes the files for a configuration into the folder `project`, and returns the paths of those that have changed.
///
/// # Errors
/// If the configuration is invalid, or a file cannot be written.
pub fn generate(yaml: &str, project: &Utf8Path) -> Result<Vec<Utf8PathBuf>, Box<dyn Error>> {
    let loaded = config::load(&SourceFile::new("toolchainkit.yaml", yaml))
        .map_err(|faults| faults.iter().map(|fault| fault.message.clone()).collect::<Vec<_>>().join("\n"))?;
    let files = render::render(&Plan::build(&loaded.config))?;
    Ok(output::write(&files, project)?)
}

#[allow(dead_code, reason = "the tests call the other functions")]
fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = Utf8Path::from_path(folder.path()).ok_or("the temporary folder is not UTF-8")?;
    match cmake_arguments(&folder.join("cache"))? {
        Some(arguments) => println!("cmake -B build {}", arguments.join(" ")),
        None => println!("there is neither sccache nor ccache"),
    }
    let configuration = "
cache:
  tool: sccache
  remote: { type: redis, endpoint: 'redis://cache.example:6379' }
";
    for path in generate(configuration, folder)? {
        println!("wrote {path}");
    }
    Ok(())
}
