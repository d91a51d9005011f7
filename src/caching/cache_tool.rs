//! A cache tool on this machine.

use camino::Utf8PathBuf;

use super::tool::{Tool, Version};

/// A cache tool on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheTool {
    /// The tool.
    pub tool: Tool,
    /// The absolute path of its executable.
    pub path: Utf8PathBuf,
    /// The version that it reports.
    pub version: Version,
}

/// A cache tool, with the folder and the size limit of its local cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildCacheConfig {
    /// The tool.
    pub tool: CacheTool,
    /// The folder of the local cache.
    pub cache_dir: Utf8PathBuf,
    /// The limit of the local cache in GiB.
    pub max_size_gb: u32,
}
