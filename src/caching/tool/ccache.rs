//! ccache's statistics: `--print-stats --format=json` since 4.10, and the tab-separated format of older versions.

use std::collections::BTreeMap;

use super::{ParseStatsError, TierStats, Tool, ToolStats};

const KIBIBYTE: u64 = 1024;

/// Parses both formats: a flat JSON object, or lines of `name<TAB>number`.
pub(super) fn parse_stats(output: &str) -> Result<ToolStats, ParseStatsError> {
    let counters = counters(output)?;
    let sum = |names: &[&str]| names.iter().filter_map(|&name| counters.get(name)).sum::<u64>();
    let kibibytes = |name: &str| counters.get(name).map(|size| size * KIBIBYTE);
    Ok(ToolStats {
        hits: sum(&["direct_cache_hit", "preprocessed_cache_hit"]),
        misses: sum(&["cache_miss"]),
        errors: sum(&[
            "internal_error",
            "missing_cache_file",
            "remote_storage_error",
            "remote_storage_timeout",
        ]),
        uncacheable: sum(UNCACHEABLE),
        size_bytes: kibibytes("cache_size_kibibyte"),
        max_size_bytes: kibibytes("max_cache_size_kibibyte"),
        location: None,
        tiers: tiers(&counters),
        servers: BTreeMap::new(),
    })
}

/// The local and the remote storage, if ccache has used the remote one. It asks the remote only for what is not in the local one.
fn tiers(counters: &BTreeMap<String, u64>) -> Vec<TierStats> {
    let of =
        |name: &str, result: &str| counters.get(&format!("{name}_storage_{result}")).copied().unwrap_or(0);
    let tier =
        |name: &str| TierStats { name: name.to_owned(), hits: of(name, "hit"), misses: of(name, "miss") };
    let tiers = ["local", "remote"].map(tier);
    if tiers[1].hits + tiers[1].misses > 0 { tiers.into() } else { Vec::new() }
}

pub(super) fn reasons(output: &str) -> Vec<(String, u64)> {
    let counters = counters(output).unwrap_or_default();
    let is_reason = |(name, number): &(String, u64)| *number > 0 && UNCACHEABLE.contains(&name.as_str());
    counters.into_iter().filter(is_reason).collect()
}

fn counters(output: &str) -> Result<BTreeMap<String, u64>, ParseStatsError> {
    if output.trim_start().starts_with('{') {
        return serde_json::from_str(output).map_err(|source| ParseStatsError { tool: Tool::Ccache, source });
    }
    Ok(output.lines().filter_map(|line| line.split_once('\t')).filter_map(pair).collect())
}

const UNCACHEABLE: &[&str] = &[
    "bad_compiler_arguments",
    "compile_failed",
    "could_not_use_modules",
    "could_not_use_precompiled_header",
    "multiple_source_files",
    "no_input_file",
    "output_to_stdout",
    "preprocessor_error",
    "unsupported_code_directive",
    "unsupported_compiler_option",
    "unsupported_source_language",
];

fn pair((name, number): (&str, &str)) -> Option<(String, u64)> {
    Some((name.to_owned(), number.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_give_the_same_statistics() {
        let json = r#"{"direct_cache_hit":3,"preprocessed_cache_hit":1,"cache_miss":2,"remote_storage_error":1,
            "cache_size_kibibyte":4,"max_cache_size_kibibyte":1024,"no_input_file":1,"local_storage_hit":3,
            "local_storage_miss":3,"remote_storage_hit":1,"remote_storage_miss":2}"#;
        let tabs = "direct_cache_hit\t3\npreprocessed_cache_hit\t1\ncache_miss\t2\nremote_storage_error\t1\n\
            cache_size_kibibyte\t4\nmax_cache_size_kibibyte\t1024\nno_input_file\t1\n\
            local_storage_hit\t3\nlocal_storage_miss\t3\nremote_storage_hit\t1\nremote_storage_miss\t2\n";
        let stats = parse_stats(json).unwrap();
        assert_eq!(stats, parse_stats(tabs).unwrap());
        assert_eq!((stats.hits, stats.misses, stats.errors, stats.uncacheable), (4, 2, 1, 1));
        assert_eq!((stats.size_bytes, stats.max_size_bytes), (Some(4096), Some(1_048_576)));
        let tiers: Vec<_> = stats.tiers.iter().map(|tier| (&*tier.name, tier.hits, tier.misses)).collect();
        assert_eq!(tiers, [("local", 3, 3), ("remote", 1, 2)]);
        assert_eq!(reasons(json), [("no_input_file".to_owned(), 1)]);
        assert_eq!(reasons(tabs), reasons(json));
    }
}
