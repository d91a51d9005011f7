//! `--fail-under`: whether the hit rate is high enough.

use schemars::JsonSchema;
use serde::Serialize;

use super::shape::{Origin, Statistics};

/// The result of a comparison of the hit rate with a limit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    /// The limit in per cent of the cacheable compilations.
    pub fail_under: f64,
    /// Whether the rate is below it. Without cacheable compilations, it is not; if only their results are not known, it is.
    pub is_below: bool,
    /// Hits.
    pub hits: u64,
    /// Compilations that could have been hits.
    pub cacheable: u64,
    /// Compilations whose result is not known. They are not in `cacheable`.
    pub unknown: u64,
}

impl Verdict {
    /// Compares `statistics` with a limit in per cent.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of compilations are far below 2^52")]
    pub fn new(statistics: &Statistics, fail_under: f64) -> Self {
        let tool = statistics.cache.counters.as_ref().filter(|_| statistics.origin == Origin::ToolCounters);
        let of_tool = || tool.map(|tool| (tool.hits, tool.hits + tool.misses, 0));
        let of_journal = statistics.compilations.as_ref().map(|all| &all.total);
        let (hits, cacheable, unknown) = of_journal
            .map(|total| (total.hits, total.cacheable, total.unknown))
            .or_else(of_tool)
            .unwrap_or_default();
        let is_below = match (cacheable, unknown) {
            (0, unknown) => unknown > 0,
            _ => (hits as f64) * 100.0 < fail_under * cacheable as f64,
        };
        Self { fail_under, is_below, hits, cacheable, unknown }
    }

    /// The result in words.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of compilations are far below 2^52")]
    pub fn sentence(&self) -> String {
        let Self { fail_under, hits, cacheable, unknown, .. } = self;
        if *cacheable == 0 {
            return if *unknown == 0 {
                "there were no cacheable compilations, so the hit rate was not checked".to_owned()
            } else {
                format!("the hit rate is not known: the results of {unknown} compilations are not known")
            };
        }
        let rate = *hits as f64 * 100.0 / *cacheable as f64;
        // Rounded to more digits if it would look like the limit.
        let digits = if self.is_below && format!("{rate:.1}") == format!("{fail_under:.1}") { 3 } else { 1 };
        let relation = if self.is_below { "below" } else { "not below" };
        format!(
            "the hit rate is {rate:.digits$} % ({hits} of {cacheable} cacheable compilations), {relation} the limit of \
             {fail_under} %"
        )
    }
}
