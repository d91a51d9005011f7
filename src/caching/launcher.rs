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
use super::remote::CacheEnvironment;
pub use super::statistics::{CacheStats, get_cache_stats};
use super::tool::limits::{LONGEST_SOCKET_PATH, PORTS};
use super::tool::{Tool, Version, variables};

/// The CMake variables that make a build use `cache_tool` with its local cache in `cache_dir`, and with `remote` if there is
/// one.
///
/// The folder is created if it does not exist. With sccache, the build uses a separate daemon for this folder and this
/// remote cache, because a running daemon stores in another one.
///
/// CMake stores the variables in `CMakeCache.txt`, so they never contain a secret. The build must have the variables of
/// [`CacheEnvironment::secret_names`] in its environment.
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
/// let cmake_vars = configure_compiler_launcher(&cache_tool, &project.join(".toolchainkit/cache"), None)?;
/// for (name, value) in &cmake_vars {
///     println!("-D{name}={value}");
/// }
/// assert!(cmake_vars["CMAKE_CXX_COMPILER_LAUNCHER"].ends_with("sccache"));
///
/// // The same with a remote cache
/// use toolchainkit::caching::remote::{RemoteCacheConfig, RemoteCacheConfigurator};
/// use toolchainkit::caching::detection::BuildCacheManager;
///
/// let manager = BuildCacheManager::new().prefer(Tool::Sccache);
/// let configurator = RemoteCacheConfigurator::new(manager.get_or_install()?);
/// let remote = configurator.configure(&RemoteCacheConfig {
///     endpoint: "redis://cache.example".into(),
///     credentials: [("password".into(), "secret".into())].into(),
///     ..RemoteCacheConfig::new("redis")
/// })?;
/// let cmake_vars = configure_compiler_launcher(&cache_tool, &project.join(".toolchainkit/cache"), Some(&remote))?;
/// let launcher = &cmake_vars["CMAKE_CXX_COMPILER_LAUNCHER"];
/// assert!(launcher.contains("SCCACHE_REDIS_ENDPOINT=redis://cache.example"));
/// assert!(!launcher.contains("secret"));
///
/// let mut build = std::process::Command::new("cmake");
/// build.args(["--build", "build"]).envs(&remote);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If the folder cannot be created.
pub fn configure_compiler_launcher(
    cache_tool: &CacheTool,
    cache_dir: &Utf8Path,
    remote: Option<&CacheEnvironment>,
) -> io::Result<BTreeMap<String, String>> {
    fs_err::create_dir_all(cache_dir)?;
    let cache_dir = cache_dir.canonicalize_utf8()?;
    let setting = |name: &str, value: &str| format!("{name}={value}");
    let path = cache_tool.path.as_str();
    let plain = remote.into_iter().flat_map(CacheEnvironment::plain);
    let plain = plain.map(|(name, value)| setting(name, value)).collect::<Vec<_>>();
    let words = match cache_tool.tool {
        Tool::Ccache if cache_tool.version >= Version::new(4, 8, 0) && plain.is_empty() => {
            vec![path.to_owned(), setting("cache_dir", cache_dir.as_str())]
        }
        Tool::Ccache => {
            with_environment(path, [vec![setting(variables::CCACHE_DIR, cache_dir.as_str())], plain].concat())
        }
        Tool::Sccache => {
            let address = daemon_address(&cache_dir, remote);
            let own = vec![setting(variables::SCCACHE_DIR, cache_dir.as_str()), address];
            with_environment(path, [own, plain].concat())
        }
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

/// A private address for the daemon that serves `cache_dir` with `remote`. Another value of a secret does not change it.
fn daemon_address(cache_dir: &Utf8Path, remote: Option<&CacheEnvironment>) -> String {
    let mut hasher = Sha256::new_with_prefix(cache_dir.as_str());
    for (name, value) in remote.into_iter().flat_map(CacheEnvironment::plain) {
        hasher.update(format!("\n{name}={value}"));
    }
    for name in remote.into_iter().flat_map(CacheEnvironment::secret_names) {
        hasher.update(format!("\n{name}"));
    }
    let digest = hasher.finalize();
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let socket = match remote {
        None => cache_dir.join("sccache.sock"),
        Some(_) => cache_dir.join(format!("sccache-{number:08x}.sock")),
    };
    if cfg!(unix) && socket.as_str().len() <= LONGEST_SOCKET_PATH {
        return format!("{}={socket}", variables::SCCACHE_SERVER_UDS);
    }
    let port = PORTS.start + u16::from_be_bytes([digest[0], digest[1]]) % (PORTS.end - PORTS.start);
    format!("{}={port}", variables::SCCACHE_SERVER_PORT)
}
