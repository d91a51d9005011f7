//! The CMake variables that make a build launch its compilers through a cache, for users of the library.
//!
//! A build with the generated files does not need this, because the vendored CMake module sets these variables, too. The
//! module does not replace a launcher that the project sets:
//!
//! ```cmake
//! set(CMAKE_C_COMPILER_LAUNCHER "sccache")
//! set(CMAKE_CXX_COMPILER_LAUNCHER "sccache")
//! ```

use std::collections::BTreeMap;
use std::io;

use camino::Utf8Path;
use sha2::{Digest as _, Sha256};

use super::cache_tool::CacheTool;
use super::language::Language;
pub use super::statistics::{CacheStats, get_cache_stats};
use super::tool::limits::{LONGEST_SOCKET_PATH, PORTS};
use super::tool::{Tool, Version, variables};

/// The CMake variables that make a build use `cache_tool` with its local cache in `cache_dir`.
///
/// The folder is created if it does not exist. With sccache, the build uses a separate daemon for this folder, because a
/// running daemon stores in another one.
///
/// ```
/// use toolchainkit::caching::detection::detect_cache_tool;
/// use toolchainkit::caching::launcher::configure_compiler_launcher;
/// use toolchainkit::caching::tool::Tool;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let project = camino::Utf8Path::from_path(folder.path()).unwrap();
/// // Auto-detect sccache
/// let cache_tool = detect_cache_tool(Some(Tool::Sccache)).expect("sccache is installed");
///
/// // Configure the CMake compiler launcher
/// let cmake_vars = configure_compiler_launcher(&cache_tool, &project.join(".toolchainkit/cache"))?;
/// for (name, value) in &cmake_vars {
///     println!("-D{name}={value}");
/// }
/// assert!(cmake_vars["CMAKE_CXX_COMPILER_LAUNCHER"].ends_with("sccache"));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the folder cannot be created.
pub fn configure_compiler_launcher(
    cache_tool: &CacheTool,
    cache_dir: &Utf8Path,
) -> io::Result<BTreeMap<String, String>> {
    fs_err::create_dir_all(cache_dir)?;
    let cache_dir = cache_dir.canonicalize_utf8()?;
    let setting = |name: &str, value: &str| format!("{name}={value}");
    let path = cache_tool.path.as_str();
    let words = match cache_tool.tool {
        Tool::Ccache if cache_tool.version >= Version::new(4, 8, 0) => {
            vec![path.to_owned(), setting("cache_dir", cache_dir.as_str())]
        }
        Tool::Ccache => with_environment(path, vec![setting(variables::CCACHE_DIR, cache_dir.as_str())]),
        Tool::Sccache => with_environment(
            path,
            vec![setting(variables::SCCACHE_DIR, cache_dir.as_str()), daemon_address(&cache_dir)],
        ),
    };
    let launcher = words.iter().map(|word| word.replace(';', "\\;")).collect::<Vec<_>>().join(";");
    let languages = Language::DEFAULT.map(Language::cmake_name);
    Ok(languages.map(|language| (format!("CMAKE_{language}_COMPILER_LAUNCHER"), launcher.clone())).into())
}

fn with_environment(program: &str, settings: Vec<String>) -> Vec<String> {
    let env: &[&str] = if cfg!(windows) { &["cmake", "-E", "env"] } else { &["/usr/bin/env"] };
    let env = env.iter().map(|&word| word.to_owned());
    env.chain(settings).chain([program.to_owned()]).collect()
}

/// A private address for the daemon that serves `cache_dir`.
fn daemon_address(cache_dir: &Utf8Path) -> String {
    let socket = cache_dir.join("sccache.sock");
    if cfg!(unix) && socket.as_str().len() <= LONGEST_SOCKET_PATH {
        return format!("{}={socket}", variables::SCCACHE_SERVER_UDS);
    }
    let digest = Sha256::digest(cache_dir.as_str());
    let port = PORTS.start + u16::from_be_bytes([digest[0], digest[1]]) % (PORTS.end - PORTS.start);
    format!("{}={port}", variables::SCCACHE_SERVER_PORT)
}
