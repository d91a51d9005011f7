//! A cache tool on this machine, as all that have to do with one know it.

use std::time::Duration;

use camino::Utf8PathBuf;

use super::tool::{Tool, Version};
use crate::probe::program;

/// A tool that only has to print what it was built with.
const FEATURES_TIMEOUT: Duration = Duration::from_secs(10);

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

impl CacheTool {
    /// The remote caches that the tool was built for, by their names in `toolchainkit.yaml`; `None` if it cannot say.
    #[must_use]
    pub fn backends(&self) -> Option<Vec<&'static str>> {
        let no_environment: [(&str, &str); 0] = [];
        let asked =
            program::run(&self.path, self.tool.features_arguments(), no_environment, FEATURES_TIMEOUT);
        self.tool.parse_features(&asked.ok()?.stdout)
    }
}
