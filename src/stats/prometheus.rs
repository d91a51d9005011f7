//! The statistics as metrics, in the text format of Prometheus (0.0.4), for a collector that reads files or a push gateway.
//!
//! All metrics are gauges, because they are about a selection of compilations, and may decrease.

use super::shape::{Named, Numbers, Statistics};

/// The statistics as metrics. All names begin with `toolchainkit_`.
#[must_use]
pub fn prometheus(statistics: &Statistics) -> String {
    let mut metrics = Metrics { folder: &statistics.build_folder, text: String::new() };
    let cache = &statistics.cache;
    metrics.family("info", "The cache of the build folder; always 1.");
    metrics.sample(
        "info",
        &[("tool", &cache.tool), ("version", &cache.version), ("location", &cache.location)],
        1.0,
    );
    metrics.one(
        "degraded",
        "Whether the cache is not the configured one.",
        number(u64::from(cache.degraded.is_some())),
    );
    if let Some(all) = &statistics.compilations {
        let total = &all.total;
        metrics.family("compilations", "Compilations by result.");
        for (result, count) in results(total) {
            metrics.sample("compilations", &[("result", result)], number(count));
        }
        metrics.some(
            "hit_ratio",
            "Hits of the cacheable compilations, from 0 to 1.",
            ratio(total.hits, total.cacheable),
        );
        let direct = ratio(total.direct_hits, total.hits);
        metrics.some("direct_hit_ratio", "Hits without the preprocessor of all hits, from 0 to 1.", direct);
        metrics.family("tier_hits", "Hits by the storage that they came from.");
        let from = all.hits_from;
        for (tier, count) in [("local", from.local), ("remote", from.remote), ("unknown", from.unknown)] {
            metrics.sample("tier_hits", &[("tier", tier)], number(count));
        }
        metrics.one("spent_seconds", "The time of all compilations, hits included.", total.seconds_spent);
        let saved = &total.saved;
        metrics.family(
            "saved_seconds",
            "The time that hits saved, compared with compilations of the same file (measured) or with the median of the misses \
             in the same language (estimated).",
        );
        metrics.sample("saved_seconds", &[("basis", "measured")], saved.measured_seconds);
        metrics.sample("saved_seconds", &[("basis", "estimated")], saved.estimated_seconds);
        metrics.some(
            "saved_ratio",
            "The time that hits saved, of the time that all compilations would have taken without them, from 0 to 1.",
            saved.rate.map(|rate| rate / 100.0),
        );
        metrics.family("saved_hits", "Hits by what is known about the time that they saved.");
        metrics.sample("saved_hits", &[("basis", "measured")], number(saved.measured_files));
        metrics.sample("saved_hits", &[("basis", "estimated")], number(saved.estimated_files));
        metrics.sample("saved_hits", &[("basis", "unknown")], number(saved.unknown_files));
        metrics.reasons(
            "bypassed",
            "Compilations without the tool, by rule.",
            "rule",
            all.bypassed.iter().map(|bypass| (bypass.rule.as_str(), bypass.count)),
        );
        let without = |reasons: &'_ [super::shape::Without]| -> Vec<(String, u64)> {
            let name = |reason: &Option<String>| reason.clone().unwrap_or_else(|| "unknown".to_owned());
            reasons.iter().map(|without| (name(&without.reason), without.count)).collect()
        };
        for (name, help, reasons) in [
            ("uncacheable", "Compilations that the tool cannot cache, by reason.", without(&all.uncacheable)),
            (
                "failed_over",
                "Compilations while the cache did not work, by reason.",
                without(&all.failed_over),
            ),
        ] {
            metrics.reasons(
                name,
                help,
                "reason",
                reasons.iter().map(|(reason, count)| (reason.as_str(), *count)),
            );
        }
        metrics.groups("target", &all.targets);
        metrics.groups("language", &all.languages);
        metrics.one("builds", "The number of builds.", number(all.builds.len() as u64));
        let last = all.last.as_ref().and_then(|last| last.parse::<jiff::Timestamp>().ok());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 are exact")]
        let last = last.map(|last| last.as_millisecond() as f64 / 1000.0);
        metrics.some(
            "last_compilation_timestamp_seconds",
            "The end of the last compilation, since 1970.",
            last,
        );
    }
    let bytes = cache.size_bytes.map(number);
    metrics.some("cache_size_bytes", "The size of the local cache.", bytes);
    let limit = cache.max_size_bytes.map(number);
    metrics.some("cache_limit_bytes", "The limit of the local cache.", limit);
    if let Some(tool) = &cache.counters {
        metrics
            .family("tool_requests", "The tool's own counters, for all build folders that use this cache.");
        for (result, count) in [("hit", tool.hits), ("miss", tool.misses), ("uncacheable", tool.uncacheable)]
        {
            metrics.sample("tool_requests", &[("result", result)], number(count));
        }
        metrics.one(
            "tool_errors",
            "The tool's own count of failures to read or write the cache.",
            number(tool.errors),
        );
        if !tool.tiers.is_empty() {
            metrics.family("tool_tier_requests", "The tool's own counters for each level of the storage.");
            for (index, tier) in tool.tiers.iter().enumerate() {
                let level = index.to_string();
                for (result, count) in [("hit", tier.hits), ("miss", tier.misses)] {
                    let labels = [("level", &*level), ("tier", &*tier.name), ("result", result)];
                    metrics.sample("tool_tier_requests", &labels, number(count));
                }
            }
        }
    }
    if let Some(verdict) = &statistics.limit {
        metrics.one("limit_ratio", "The limit of --fail-under, from 0 to 1.", verdict.fail_under / 100.0);
        metrics.one(
            "below_limit",
            "Whether the hit rate is below the limit.",
            number(u64::from(verdict.is_below)),
        );
    }
    metrics.text
}

fn results(numbers: &Numbers) -> [(&'static str, u64); 9] {
    [
        ("direct_hit", numbers.direct_hits),
        ("hit", numbers.hits - numbers.direct_hits),
        ("miss", numbers.misses),
        ("failed_over", numbers.failed_over),
        ("bypassed", numbers.bypassed),
        ("uncacheable", numbers.uncacheable),
        ("compile_error", numbers.compile_errors),
        ("interrupted", numbers.interrupted),
        ("unknown", numbers.unknown),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "numbers of compilations and bytes are below 2^52")]
const fn number(number: u64) -> f64 {
    number as f64
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| number(part) / number(whole))
}

struct Metrics<'a> {
    folder: &'a str,
    text: String,
}

impl Metrics<'_> {
    fn family(&mut self, name: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        self.text += &format!("# HELP toolchainkit_{name} {help}\n# TYPE toolchainkit_{name} gauge\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let folder = [("build_folder", self.folder)];
        let labels = folder.iter().chain(labels).map(|(label, text)| {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            format!("{label}=\"{text}\"")
        });
        let labels = labels.collect::<Vec<_>>().join(",");
        self.text += &format!("toolchainkit_{name}{{{labels}}} {value}\n");
    }

    /// A family with one sample.
    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.family(name, help);
        self.sample(name, &[], value);
    }

    /// The same, if there is a value.
    fn some(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.one(name, help, value);
        }
    }

    fn reasons<'r>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        reasons: impl Iterator<Item = (&'r str, u64)>,
    ) {
        let mut reasons = reasons.peekable();
        if reasons.peek().is_some() {
            self.family(name, help);
            for (reason, count) in reasons {
                self.sample(name, &[(label, reason)], number(count));
            }
        }
    }

    fn groups(&mut self, what: &str, groups: &[Named]) {
        if groups.is_empty() {
            return;
        }
        let name = format!("{what}_compilations");
        self.family(&name, &format!("Compilations by {what} and result."));
        for named in groups {
            let group = named.name.as_deref().unwrap_or_default();
            for (result, count) in results(&named.numbers).into_iter().filter(|(_, count)| *count > 0) {
                self.sample(&name, &[(what, group), ("result", result)], number(count));
            }
        }
    }
}
