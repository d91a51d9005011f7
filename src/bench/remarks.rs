//! What people read about scenarios and samples.

use super::document::Cell;
use super::plan::{Scenario, Variant};

/// The spread from which people are told about it.
const NOISY_PERCENT: f64 = 20.0;

/// What people should know about the numbers.
pub(super) fn remarks(cells: &[Cell]) -> Vec<String> {
    let mut remarks = Vec::new();
    let spread = |cell: &&Cell| cell.summary.as_ref().map_or(0.0, |summary| summary.spread_percent);
    let noisy = cells.iter().filter(|cell| cell.samples.len() > 1 && spread(cell) > NOISY_PERCENT);
    if let Some(most) = noisy.max_by(|one, other| spread(one).total_cmp(&spread(other))) {
        remarks.push(format!(
            "the times vary, most for \"{}\" by {:.0} %: other programs were using the machine, or the builds are too short; \
             measure more rounds (--rounds)",
            title(most.scenario, most.variant),
            spread(&most)
        ));
    }
    for cell in cells {
        let misses = cell.samples.iter().filter_map(|sample| sample.misses).max().unwrap_or_default();
        if misses > 0 && !matches!(cell.scenario, Scenario::Uncached | Scenario::Cold) {
            let title = title(cell.scenario, cell.variant);
            remarks.push(format!("{title}: {misses} compilations were not in the cache"));
        }
    }
    remarks
}

/// A scenario with a variant, for people.
pub(super) fn title(scenario: Scenario, variant: Variant) -> String {
    let with = match variant {
        Variant::None => "without a cache",
        Variant::Tool => "with the tool alone",
        Variant::Tuned => "with the tuned tool",
        Variant::Env => "with the tool and cmake -E env",
        Variant::Script => "with toolchainkit's script",
        Variant::Toolchainkit => "with toolchainkit",
    };
    match scenario {
        Scenario::Uncached => with.to_owned(),
        Scenario::Cold => format!("cold {with}"),
        Scenario::Warm => format!("warm {with}"),
        Scenario::SecondCheckout => format!("second checkout {with}"),
        Scenario::Remote => format!("remote cache {with}"),
    }
}
