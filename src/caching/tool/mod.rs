//! The cache tools: their names, versions and features, and how each reports its statistics.

mod ccache;
mod engine;
mod features;
pub mod limits;
mod sccache;
pub(crate) mod url;
pub(crate) mod variables;
mod version;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::engine::Engine;
pub use self::version::{ParseVersionError, Version};

/// A supported compiler cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// Mozilla's sccache: uses a daemon, and supports every kind of remote storage.
    Sccache,
    /// ccache: uses no daemon, has the fastest local hits, and supports Redis, HTTP and a shared folder as remote
    /// storage.
    Ccache,
}

impl Tool {
    /// Both tools, the default one first.
    pub const ALL: [Self; 2] = [Self::Sccache, Self::Ccache];

    /// The name of the executable, which is also the tool's name in `toolchainkit.yaml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sccache => "sccache",
            Self::Ccache => "ccache",
        }
    }

    /// The default minimum version. Older distributions contain a pre-release of sccache without remote storage, and
    /// ccache 3.
    #[must_use]
    pub const fn oldest(self) -> Version {
        match self {
            Self::Sccache => Version::new(0, 8, 0),
            Self::Ccache => Version::new(4, 0, 0),
        }
    }

    /// The tool with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The statistics of a tool, in the same form for both tools.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ToolStats {
    /// Compilations answered from the cache.
    pub hits: u64,
    /// Compilations whose result was not in the cache.
    pub misses: u64,
    /// Failures to read or write the cache.
    pub errors: u64,
    /// Compilations that the tool cannot cache.
    pub uncacheable: u64,
    /// Size of the local cache in bytes, if the tool reports it.
    pub size_bytes: Option<u64>,
    /// Limit of the local cache in bytes, if the tool reports it.
    pub max_size_bytes: Option<u64>,
    /// The storage, as the tool describes it.
    pub location: Option<String>,
    /// The levels of the storage, fastest first; empty if there is only one, or the tool does not report them.
    pub tiers: Vec<TierStats>,
    /// The servers of sccache-dist, with the number of their compilations.
    pub servers: std::collections::BTreeMap<String, u64>,
}

/// The counters of a level of the storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierStats {
    /// Its name.
    pub name: String,
    /// Objects that were found there.
    pub hits: u64,
    /// Objects that were not found there.
    pub misses: u64,
}

impl ToolStats {
    /// Hits as a percentage of cacheable compilations; 0 if there were none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of compilations are far below 2^52")]
    pub fn hit_rate(&self) -> f64 {
        let cacheable = self.hits + self.misses;
        if cacheable == 0 { 0.0 } else { self.hits as f64 * 100.0 / cacheable as f64 }
    }
}

/// The statistics that a tool printed cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("the statistics of {tool} cannot be read: they do not have the documented format")]
pub struct ParseStatsError {
    tool: Tool,
    source: serde_json::Error,
}

impl Tool {
    /// The arguments that make the tool print its statistics in a machine-readable format.
    pub(crate) const fn stats_arguments(self, version: Version) -> &'static [&'static str] {
        match self {
            Self::Sccache => &["--show-stats", "--stats-format", "json"],
            Self::Ccache if version.at_least(Version::new(4, 10, 0)) => &["--print-stats", "--format=json"],
            Self::Ccache => &["--print-stats"],
        }
    }

    /// Parses the output of [`Self::stats_arguments`].
    pub(crate) fn parse_stats(self, output: &str) -> Result<ToolStats, ParseStatsError> {
        match self {
            Self::Sccache => sccache::parse_stats(output),
            Self::Ccache => ccache::parse_stats(output),
        }
    }

    /// The tool's reasons for not caching, each with its count, in the output of [`Self::stats_arguments`].
    pub(crate) fn reasons(self, output: &str) -> Vec<(String, u64)> {
        match self {
            Self::Sccache => sccache::reasons(output),
            Self::Ccache => ccache::reasons(output),
        }
    }
}
