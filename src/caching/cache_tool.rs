//! A cache tool on this machine, as all that have to do with one know it.

use camino::Utf8PathBuf;

use super::tool::{Tool, Version};

/// A cache tool on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheTool {
    /// Which tool it is.
    pub tool: Tool,
    /// The absolute path of its executable.
    pub path: Utf8PathBuf,
    /// What it says of its version.
    pub version: Version,
}

/// A cache tool, and where and how much it may store on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildCacheConfig {
    /// The tool.
    pub tool: CacheTool,
    /// The folder of the local cache.
    pub cache_dir: Utf8PathBuf,
    /// The limit of the local cache in GiB.
    pub max_size_gb: u32,
}
