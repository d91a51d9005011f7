//! What CMake has to be told, and what the tools report: for programs that use toolchainkit as a library.
//!
//! A build that uses the generated files needs none of this: the vendored CMake module does it, and more. It also leaves
//! alone what a project sets for itself:
//!
//! ```cmake
//! set(CMAKE_C_COMPILER_LAUNCHER "sccache")
//! set(CMAKE_CXX_COMPILER_LAUNCHER "sccache")
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use camino::Utf8Path;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::detection::{CacheTool, detect};
use super::language::Language;
use super::tool::{ParseStatsError, Tool, ToolStats, Version};
use crate::probe::program::{self, RunError};

/// A daemon that does not answer is not waited for any longer.
const STATS_TIMEOUT: Duration = Duration::from_secs(10);

/// Longer paths do not fit into the address of a Unix socket (108 bytes on Linux, 104 on macOS).
const LONGEST_SOCKET_PATH: usize = 100;

/// The cache tool could not be asked or set up.
#[derive(Debug, thiserror::Error)]
pub enum LauncherError {
    /// It is not installed.
    #[error("{0} was not found")]
    NotFound(Tool),
    /// It could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// It reported a failure.
    #[error("{tool} failed: {message}")]
    Failed {
        /// The tool.
        tool: Tool,
        /// The first line that it printed.
        message: String,
    },
    /// What it printed is not understood.
    #[error(transparent)]
    Stats(#[from] ParseStatsError),
    /// The folder of the cache cannot be made.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The CMake variables that make a build use `cache_tool` with its local cache in `cache_dir`.
///
/// The folder is made if it is not there. With sccache, the folder gets a daemon of its own: one that somebody else
/// started would store elsewhere.
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
/// [`LauncherError::Io`] if the folder cannot be made.
pub fn configure_compiler_launcher(
    cache_tool: &CacheTool,
    cache_dir: &Utf8Path,
) -> Result<BTreeMap<String, String>, LauncherError> {
    fs_err::create_dir_all(cache_dir)?;
    let cache_dir = cache_dir.canonicalize_utf8()?;
    let setting = |name: &str, value: &str| format!("{name}={value}");
    let path = cache_tool.path.as_str();
    let words = match cache_tool.tool {
        Tool::Ccache if cache_tool.version >= Version::new(4, 8, 0) => {
            vec![path.to_owned(), setting("cache_dir", cache_dir.as_str())]
        }
        Tool::Ccache => with_environment(path, vec![setting("CCACHE_DIR", cache_dir.as_str())]),
        Tool::Sccache => with_environment(
            path,
            vec![setting("SCCACHE_DIR", cache_dir.as_str()), daemon_address(&cache_dir)],
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
        return format!("SCCACHE_SERVER_UDS={socket}");
    }
    let digest = Sha256::digest(cache_dir.as_str());
    let port = 20_000 + u16::from_be_bytes([digest[0], digest[1]]) % 10_000;
    format!("SCCACHE_SERVER_PORT={port}")
}

/// What a cache tool counted since its statistics were last set to zero (sccache: since its daemon started).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CacheStats {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// Where the cache is.
    pub location: String,
    /// Compilations answered from the cache.
    pub hits: u64,
    /// Compilations that were not in the cache.
    pub misses: u64,
    /// Hits per hundred cacheable compilations.
    pub hit_rate: f64,
    /// Failures to read or write the cache.
    pub errors: u64,
    /// Compilations that the tool cannot cache.
    pub uncacheable: u64,
    /// Size of the local cache in bytes; `None` if the tool does not know it.
    pub size_bytes: Option<u64>,
    /// Limit of the local cache in bytes; `None` if the tool does not know it.
    pub max_size_bytes: Option<u64>,
}

impl CacheStats {
    /// The statistics that `tool` reported; `location` if it did not say where it stores.
    #[must_use]
    pub fn new(tool: Tool, version: Version, location: &str, stats: &ToolStats) -> Self {
        Self {
            tool,
            version,
            location: stats.location.clone().unwrap_or_else(|| location.to_owned()),
            hits: stats.hits,
            misses: stats.misses,
            hit_rate: stats.hit_rate(),
            errors: stats.errors,
            uncacheable: stats.uncacheable,
            size_bytes: stats.size_bytes,
            max_size_bytes: stats.max_size_bytes,
        }
    }
}

/// The statistics of the tool found on this machine, as its default configuration or the environment sets it up.
///
/// ```
/// use toolchainkit::caching::launcher::get_cache_stats;
/// use toolchainkit::caching::tool::Tool;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let stats = get_cache_stats(Tool::Sccache)?;
/// println!("Hit rate: {:.1}%", stats.hit_rate);
/// println!("Hits: {}, Misses: {}", stats.hits, stats.misses);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`LauncherError`]
pub fn get_cache_stats(tool: Tool) -> Result<CacheStats, LauncherError> {
    let found = detect(tool).ok_or(LauncherError::NotFound(tool))?;
    stats_through(tool, found.version, &found.path, "")
}

/// The statistics that `program` prints: the tool itself, or the launcher of a build folder, which gives the tool the
/// environment of that build.
///
/// # Errors
/// [`LauncherError`]
pub fn stats_through(
    tool: Tool,
    version: Version,
    program: &Utf8Path,
    location: &str,
) -> Result<CacheStats, LauncherError> {
    let no_environment: [(&str, &str); 0] = [];
    let finished = program::run(program, tool.stats_arguments(version), no_environment, STATS_TIMEOUT)?;
    if !finished.status.success() {
        let message = finished.stderr.lines().next().unwrap_or("it printed no reason").to_owned();
        return Err(LauncherError::Failed { tool, message });
    }
    Ok(CacheStats::new(tool, version, location, &tool.parse_stats(&finished.stdout)?))
}
