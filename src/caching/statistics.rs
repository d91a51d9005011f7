//! Statistics of the cache tools, for `toolchainkit stats` and for users of the library.

use std::time::Duration;

use camino::Utf8Path;
use serde::Serialize;

use super::detection::detect;
use super::tool::{ParseStatsError, TierStats, Tool, ToolStats, Version};
use crate::probe::program::{self, RunError};

/// The timeout for a tool to print its statistics.
const STATS_TIMEOUT: Duration = Duration::from_secs(10);

/// The statistics cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum StatsError {
    /// The tool is not installed.
    #[error("{0} was not found")]
    NotFound(Tool),
    /// The tool could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The tool reported a failure.
    #[error("{tool} failed: {message}")]
    Failed {
        /// The tool.
        tool: Tool,
        /// The first line that it printed.
        message: String,
    },
    /// The output of the tool cannot be parsed.
    #[error(transparent)]
    Parse(#[from] ParseStatsError),
}

/// The counters of a cache tool since they were last reset (sccache: since its daemon started).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CacheStats {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The location of the cache.
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
    /// The levels of the storage, fastest first; empty if there is only one, or the tool does not report them.
    pub tiers: Vec<TierStats>,
    /// The servers of sccache-dist, with the number of their compilations.
    pub servers: std::collections::BTreeMap<String, u64>,
}

impl CacheStats {
    /// The statistics of `tool`; `location` is used if the tool did not report one.
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
            tiers: stats.tiers.clone(),
            servers: stats.servers.clone(),
        }
    }
}

/// Reads the statistics of the tool on this machine, with its default configuration or that of the environment.
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
/// [`StatsError`]
pub fn get_cache_stats(tool: Tool) -> Result<CacheStats, StatsError> {
    let found = detect(tool).ok_or(StatsError::NotFound(tool))?;
    stats_through(tool, found.version, &found.path, "")
}

/// Reads the statistics from `program`: the tool itself, or the launcher of a build folder, which runs the tool with the
/// environment of that build.
///
/// # Errors
/// [`StatsError`]
pub fn stats_through(
    tool: Tool,
    version: Version,
    program: &Utf8Path,
    location: &str,
) -> Result<CacheStats, StatsError> {
    stats_within(tool, version, program, location, STATS_TIMEOUT)
}

/// As [`stats_through`], with another time limit.
///
/// # Errors
/// [`StatsError`]
pub(crate) fn stats_within(
    tool: Tool,
    version: Version,
    program: &Utf8Path,
    location: &str,
    limit: Duration,
) -> Result<CacheStats, StatsError> {
    let no_environment: [(&str, &str); 0] = [];
    let finished = program::run(program, tool.stats_arguments(version), no_environment, limit)?;
    if !finished.status.success() {
        let message = finished.message().lines().next().unwrap_or("no error message").to_owned();
        return Err(StatsError::Failed { tool, message });
    }
    Ok(CacheStats::new(tool, version, location, &tool.parse_stats(&finished.stdout)?))
}
