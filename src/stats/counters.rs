//! The cache of a build folder, and what the tool itself has counted.

use schemars::JsonSchema;
use serde::Serialize;

use super::shape::rounded;
use crate::caching::statistics::CacheStats;

/// The cache of a build folder.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CacheOfBuild {
    /// The tool: `sccache` or `ccache`, or `none` for a build that only distributes.
    pub tool: String,
    /// The version of the tool.
    pub version: String,
    /// The location of the cache.
    pub location: String,
    /// The size of the local cache in bytes; null if the tool does not report it.
    pub size_bytes: Option<u64>,
    /// The limit of the local cache in bytes; null if the tool does not report it.
    pub max_size_bytes: Option<u64>,
    /// The reason why this is not the configured cache; null if it is.
    pub degraded: Option<String>,
    /// Whether the daemon of sccache runs; null with ccache, which has none.
    pub daemon_running: Option<bool>,
    /// The counters of the tool; null if they cannot be read. They are those of all build folders that use the same cache:
    /// of sccache since its daemon has started, and of ccache since they were set to zero.
    pub counters: Option<ToolCounters>,
}

/// The counters of the tool.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ToolCounters {
    /// Compilations that were answered from the cache.
    pub hits: u64,
    /// Compilations that were not in the cache.
    pub misses: u64,
    /// Hits in per cent of hits and misses; null if there are none.
    pub hit_rate: Option<f64>,
    /// Failures to read or write the cache.
    pub errors: u64,
    /// Compilations that the tool cannot cache.
    pub uncacheable: u64,
    /// The levels of the storage, fastest first; empty if there is only one, or the tool does not report them.
    pub tiers: Vec<Tier>,
    /// The servers of sccache-dist that have compiled for its daemon.
    pub servers: Vec<Server>,
}

/// A server of sccache-dist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Server {
    /// Its address.
    pub name: String,
    /// The compilations there.
    pub compilations: u64,
}

/// A level of the storage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// Objects that were found there.
    pub hits: u64,
    /// Objects that were not found there.
    pub misses: u64,
}

impl CacheOfBuild {
    /// The cache of a build folder with these statistics of the tool. They are not `counted` if the tool could not be asked.
    #[must_use]
    pub fn new(stats: &CacheStats, counted: bool) -> Self {
        let tiers = stats.tiers.iter().map(|tier| Tier {
            name: tier.name.clone(),
            hits: tier.hits,
            misses: tier.misses,
        });
        let servers =
            stats.servers.iter().map(|(name, count)| Server { name: name.clone(), compilations: *count });
        Self {
            tool: stats.tool.name().to_owned(),
            version: stats.version.to_string(),
            location: stats.location.clone(),
            size_bytes: stats.size_bytes,
            max_size_bytes: stats.max_size_bytes,
            degraded: None,
            daemon_running: None,
            counters: counted.then(|| ToolCounters {
                hits: stats.hits,
                misses: stats.misses,
                hit_rate: (stats.hits + stats.misses > 0).then(|| rounded(stats.hit_rate)),
                errors: stats.errors,
                uncacheable: stats.uncacheable,
                tiers: tiers.collect(),
                servers: servers.collect(),
            }),
        }
    }

    /// That of a build folder without a cache.
    #[must_use]
    pub fn none() -> Self {
        Self {
            tool: "none".to_owned(),
            version: String::new(),
            location: String::new(),
            size_bytes: None,
            max_size_bytes: None,
            degraded: None,
            daemon_running: None,
            counters: None,
        }
    }

    pub(super) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let names = self.counters.iter_mut().flat_map(|counters| {
            let tiers = counters.tiers.iter_mut().map(|tier| &mut tier.name);
            tiers.chain(counters.servers.iter_mut().map(|server| &mut server.name))
        });
        [&mut self.location].into_iter().chain(&mut self.degraded).chain(names)
    }

    /// What the counters are about.
    pub(super) fn period(&self) -> &'static str {
        if self.tool == "sccache" { "since its daemon started" } else { "since they were set to zero" }
    }
}
