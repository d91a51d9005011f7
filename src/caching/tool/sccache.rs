//! sccache's statistics: `--show-stats --stats-format json`.

use serde::Deserialize;
use std::collections::BTreeMap;

use super::{ParseStatsError, TierStats, Tool, ToolStats};

/// Every member is optional: 0.4 has neither `version` nor `basedirs`, and `multi_level` was added in 0.15.
#[derive(Deserialize)]
struct Report {
    stats: Stats,
    #[serde(default)]
    cache_location: String,
    cache_size: Option<u64>,
    max_cache_size: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Stats {
    cache_hits: PerLanguage,
    cache_misses: PerLanguage,
    cache_errors: PerLanguage,
    cache_write_errors: u64,
    cache_read_errors: u64,
    cache_timeouts: u64,
    requests_not_cacheable: u64,
    not_cached: BTreeMap<String, u64>,
    multi_level: Option<Vec<Level>>,
    dist_compiles: BTreeMap<String, u64>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Level {
    name: String,
    hits: u64,
    misses: u64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PerLanguage {
    counts: BTreeMap<String, u64>,
}

impl PerLanguage {
    fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

pub(super) fn parse_stats(json: &str) -> Result<ToolStats, ParseStatsError> {
    let report: Report =
        serde_json::from_str(json).map_err(|source| ParseStatsError { tool: Tool::Sccache, source })?;
    let stats = report.stats;
    let errors =
        [stats.cache_errors.total(), stats.cache_write_errors, stats.cache_read_errors, stats.cache_timeouts];
    Ok(ToolStats {
        hits: stats.cache_hits.total(),
        misses: stats.cache_misses.total(),
        errors: errors.iter().sum(),
        uncacheable: stats.requests_not_cacheable,
        size_bytes: report.cache_size,
        max_size_bytes: report.max_cache_size,
        tiers: stats.multi_level.unwrap_or_default().into_iter().map(TierStats::from).collect(),
        servers: stats.dist_compiles,
        location: Some(report.cache_location).filter(|location| !location.is_empty()),
    })
}

impl From<Level> for TierStats {
    fn from(level: Level) -> Self {
        Self { name: level.name, hits: level.hits, misses: level.misses }
    }
}

pub(super) fn reasons(json: &str) -> Vec<(String, u64)> {
    let report: Option<Report> = serde_json::from_str(json).ok();
    report.map(|report| report.stats.not_cached.into_iter().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_language_and_every_error() {
        let json = r#"{"stats":{"cache_hits":{"counts":{"C/C++":3,"CUDA":1}},"cache_misses":{"counts":{"C/C++":2}},
            "cache_errors":{"counts":{"C/C++":1}},"cache_write_errors":2,"requests_not_cacheable":5,
            "not_cached":{"@":4,"-save-temps":1}},
            "cache_location":"redis, name: 127.0.0.1:6379","cache_size":null,"max_cache_size":null,"version":"0.16.0"}"#;
        let stats = parse_stats(json).unwrap();
        assert_eq!((stats.hits, stats.misses, stats.errors, stats.uncacheable), (4, 2, 3, 5));
        assert_eq!(stats.location.as_deref(), Some("redis, name: 127.0.0.1:6379"));
        assert_eq!(reasons(json), [("-save-temps".to_owned(), 1), ("@".to_owned(), 4)]);
    }

    #[test]
    fn parses_the_statistics_of_version_0_4() {
        let stats =
            parse_stats(r#"{"stats":{"cache_hits":{"counts":{}}},"cache_size":10,"max_cache_size":20}"#)
                .unwrap();
        assert_eq!((stats.hits, stats.size_bytes, stats.max_size_bytes), (0, Some(10), Some(20)));
    }
}
