//! Limits the combinations of profiles, toolchains and build types. Each combination repeats the settings of the rest of the
//! file, so a short file can describe gigabytes. This is checked before anything is merged.

use super::super::node::{Node, Value};
use super::Scope;
use crate::diagnostics::Code;

/// The largest number of presets. CMake and editors show them in one list.
pub(super) const MOST_PRESETS: usize = 1000;
/// The largest number of profiles, and of toolchains. Each one is validated even if `presets.matrix` removes its presets.
const MOST_VARIANTS: usize = 250;
/// The largest number of combinations, before `presets.matrix` removes some of them.
const MOST_COMBINATIONS: usize = 10_000;
/// The largest number of settings in all combinations of profiles and toolchains. 20 toolchains and 20 profiles with 100
/// settings have half of them.
const MOST_SETTINGS: usize = 100_000;
/// The length from which a text counts as another setting.
const LONG: usize = 32;
/// The largest number of names and rows in `presets.matrix`, which is searched for each combination.
const MOST_NAMES: usize = 1000;

const HELP: &str =
    "remove profiles, toolchains or build types, or use several configuration files in different folders";

/// Reports an error if there are too many combinations. They must not be merged then.
pub(super) fn check(scope: &mut Scope<'_>) -> bool {
    let root = scope.node;
    let toolchains = entries(root, "toolchains");
    let profiles = entries(root, "profiles");
    let (base, toolchain) =
        (size_of(root, &["cache", "distribute", "toolchain", "presets"]), size_of(root, &["toolchain"]));
    let of_toolchains = toolchains.iter().map(|node| toolchain + size(node)).sum::<usize>();
    let mut settings = base + of_toolchains;
    let mut combinations = (toolchains.len() + 1) * build_types(root).unwrap_or(3);
    for profile in &profiles {
        let own = size_of(profile, &["toolchain"]);
        settings += base + size(profile) + of_toolchains + own * toolchains.len();
        let build_types = build_types(profile).or_else(|| build_types(root)).unwrap_or(3);
        combinations += (toolchains.len() + 1) * build_types;
    }
    let names = root.find(&["presets", "matrix"]).map_or(0, size);
    for (section, number) in [("profiles", profiles.len()), ("toolchains", toolchains.len())] {
        if number > MOST_VARIANTS {
            let message = format!("there are {number} {section}; the limit is {MOST_VARIANTS}");
            scope.error(&[section], Code::TooManyCombinations, message, HELP);
            return false;
        }
    }
    let section = if toolchains.is_empty() && profiles.is_empty() { "presets" } else { "profiles" };
    let found = if combinations > MOST_COMBINATIONS {
        Some((combinations, MOST_COMBINATIONS, "combinations of profile, toolchain and build type"))
    } else if settings > MOST_SETTINGS {
        Some((settings, MOST_SETTINGS, "settings in all combinations of profile and toolchain"))
    } else {
        None
    };
    if let Some((number, limit, what)) = found {
        let message = format!("there are {number} {what}; the limit is {limit}");
        scope.error(&[section], Code::TooManyCombinations, message, HELP);
    }
    if names > MOST_NAMES {
        let message = format!("the matrix has {names} rows and names; the limit is {MOST_NAMES}");
        let help =
            "list the combinations to keep below `include` if they are fewer than those below `exclude`";
        scope.error(&["presets", "matrix"], Code::TooManyCombinations, message, help);
    }
    found.is_none() && names <= MOST_NAMES
}

fn entries<'a>(root: &'a Node, section: &str) -> Vec<&'a Node> {
    root.get(section).map_or(&[][..], Node::entries).iter().map(|entry| &entry.node).collect()
}

fn build_types(node: &Node) -> Option<usize> {
    Some(node.find(&["presets", "build_types"])?.items().len())
}

fn size_of(node: &Node, keys: &[&str]) -> usize {
    keys.iter().filter_map(|key| node.get(key)).map(size).sum()
}

/// The number of values in `node`, including itself. A long text counts as several.
fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|entry| size(&entry.node)).sum::<usize>(),
        Value::Scalar(scalar) => scalar.text.len() / LONG,
        Value::Faulty => 0,
    }
}
