//! The statistics of a compiler cache.

use serde_json::Value;

/// The counters that the tools have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    /// Objects from the cache.
    pub(crate) hits: u64,
    /// Compiled objects.
    pub(crate) misses: u64,
    /// Objects that sccache has stored, or that ccache has stored remotely.
    pub(crate) writes: u64,
    /// Failures of the cache.
    pub(crate) errors: u64,
}

impl Stats {
    /// Reads `sccache --show-stats --stats-format json`.
    pub(crate) fn of_sccache(json: &str) -> Self {
        let all: Value = serde_json::from_str(json).expect("sccache prints JSON");
        let number = |name: &str| all["stats"][name].as_u64().unwrap_or_default();
        let by_language = |name: &str| -> u64 {
            let counts = all["stats"][name]["counts"].as_object().expect("counts by language");
            counts.values().map(|count| count.as_u64().expect("a count")).sum()
        };
        Self {
            hits: by_language("cache_hits"),
            misses: by_language("cache_misses"),
            writes: number("cache_writes"),
            errors: by_language("cache_errors")
                + ["cache_timeouts", "cache_read_errors", "cache_write_errors"]
                    .map(number)
                    .iter()
                    .sum::<u64>(),
        }
    }

    /// Reads `ccache --print-stats --format=json`.
    pub(crate) fn of_ccache(json: &str) -> Self {
        let all: Value = serde_json::from_str(json).expect("ccache prints JSON");
        Self::of_ccache_numbers(|name| all[name].as_u64().unwrap_or_else(|| panic!("no {name} in {json}")))
    }

    /// Reads `ccache --print-stats`: a name, a tab and a number in each line.
    pub(crate) fn of_ccache_lines(text: &str) -> Self {
        Self::of_ccache_numbers(|name| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
            value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {text}"))
        })
    }

    fn of_ccache_numbers(number: impl Fn(&str) -> u64) -> Self {
        Self {
            hits: number("direct_cache_hit") + number("preprocessed_cache_hit"),
            misses: number("cache_miss"),
            writes: number("remote_storage_write"),
            errors: ["remote_storage_error", "remote_storage_timeout", "internal_error"]
                .map(&number)
                .iter()
                .sum(),
        }
    }
}
