//! The rows of the tables: the slowest misses, targets, languages and the benchmark.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use super::{BenchPart, BenchRow, GroupRow, ScenarioPart, SlowRow, rate, results, saved_text, share};
use crate::journal::summary::{Counts, Group, Measure, Saved, SlowMiss, Summary};
use crate::report::Folder;
use crate::report::bench::{self, Bench, Cell};
use crate::report::words::{count, counted, duration};

pub(super) fn slow_misses(folders: &[Folder]) -> Vec<(&str, &SlowMiss)> {
    let all = folders
        .iter()
        .flat_map(|folder| folder.summary.slowest_misses.iter().map(|miss| (folder.path.as_str(), miss)));
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(_, miss)| Reverse(miss.micros));
    all
}

pub(super) fn slow_rows(slow: &[(&str, &SlowMiss)], is_several: bool) -> Vec<SlowRow> {
    let slowest = slow.first().map_or(0, |(_, miss)| miss.micros);
    let row = |(folder, miss): &(&str, &SlowMiss)| {
        let folder = is_several.then(|| (*folder).to_owned());
        let place = miss.target.clone().into_iter().chain(folder).collect::<Vec<_>>().join(" · ");
        SlowRow {
            source: miss.source.clone(),
            place,
            time: duration(miss.micros),
            share: share(miss.micros, slowest),
            misses: count(miss.misses),
        }
    };
    slow.iter().map(row).collect()
}

/// The groups of all folders, those of the same name as one.
pub(super) fn merged(
    folders: &[Folder],
    groups: impl Fn(&Summary) -> &Vec<(String, Group)>,
) -> Vec<(String, Group)> {
    let mut merged: BTreeMap<&str, Group> = BTreeMap::new();
    for (name, group) in folders.iter().flat_map(|folder| groups(&folder.summary)) {
        let known = merged.entry(name).or_default();
        *known = add(*known, group);
    }
    let mut merged: Vec<_> = merged.into_iter().map(|(name, group)| (name.to_owned(), group)).collect();
    merged.sort_by_key(|(_, group)| Reverse(group.counts.all()));
    merged
}

pub(super) fn group_rows(groups: &[(String, Group)], unnamed: &str) -> Vec<GroupRow> {
    let row = |(name, group): &(String, Group)| GroupRow {
        name: if name.is_empty() { unnamed.to_owned() } else { name.clone() },
        parts: results(&group.counts),
        hits: format!("{} of {}", count(group.counts.hits()), count(group.counts.cacheable())),
        rate: rate(&group.counts),
        saved: saved_text(&group.saved),
    };
    groups.iter().map(row).collect()
}

/// Removes the rows that are not shown, and says how many they are.
pub(super) fn omitted<T>(rows: &mut Vec<T>, most: usize, one: &str, several: &str) -> String {
    let more = rows.len().saturating_sub(most);
    rows.truncate(most);
    if more == 0 {
        String::new()
    } else {
        format!("{} not shown.", counted(more as u64, &format!("{one} is"), &format!("{several} are")))
    }
}

/// The sum of two groups.
pub(super) fn add(a: Group, b: &Group) -> Group {
    let measure = |a: Measure, b: Measure| Measure {
        micros: a.micros.saturating_add(b.micros),
        files: a.files + b.files,
    };
    Group {
        counts: Counts {
            direct_hits: a.counts.direct_hits + b.counts.direct_hits,
            other_hits: a.counts.other_hits + b.counts.other_hits,
            misses: a.counts.misses + b.counts.misses,
            bypassed: a.counts.bypassed + b.counts.bypassed,
            uncacheable: a.counts.uncacheable + b.counts.uncacheable,
            failed_over: a.counts.failed_over + b.counts.failed_over,
            compile_errors: a.counts.compile_errors + b.counts.compile_errors,
            interrupted: a.counts.interrupted + b.counts.interrupted,
            unknown: a.counts.unknown + b.counts.unknown,
        },
        spent: measure(a.spent, b.spent),
        saved: Saved {
            measured: measure(a.saved.measured, b.saved.measured),
            estimated: measure(a.saved.estimated, b.saved.estimated),
            unknown: a.saved.unknown + b.saved.unknown,
        },
    }
}

// --- the benchmark ----------------------------------------------------------------------------------------------------

pub(super) fn bench_part(bench: &Bench) -> BenchPart {
    let micros = |seconds: f64| {
        Duration::try_from_secs_f64(seconds)
            .map_or(0, |time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
    };
    let measured = bench.cells.iter().filter_map(|cell| cell.summary.as_ref());
    let longest = measured.map(|summary| micros(summary.wall_s)).max().unwrap_or(0);
    let row = |cell: &&Cell| {
        let wall = cell.summary.as_ref().map(|summary| micros(summary.wall_s));
        let cpu = cell.summary.as_ref().and_then(|summary| summary.cpu_s).map(micros);
        let time = |time: Option<u64>| time.map_or_else(|| "–".to_owned(), duration);
        let hits = cell.hits().map(|(hits, all)| format!("{} of {}", count(hits), count(all)));
        let name = cell.variant(&bench.tool).to_owned();
        BenchRow {
            class: if name == "toolchainkit" { "hit" } else { "bypassed" },
            name,
            share: share(wall.unwrap_or(0), longest),
            wall: time(wall),
            cpu: time(cpu),
            hits: hits.unwrap_or_else(|| "–".to_owned()),
            failure: cell.failure.clone().unwrap_or_default(),
        }
    };
    let scenarios = bench.scenarios().into_iter().map(|(name, cells)| ScenarioPart {
        name: bench::title(name),
        rows: cells.iter().map(row).collect(),
    });
    let mut text = "Builds of all objects".to_owned();
    if let Some(objects) = bench.objects {
        text = format!("Builds of {}", counted(objects, "object", "objects"));
    }
    text += &format!(" with {}", format!("{} {}", bench.tool, bench.tool_version).trim_end());
    if bench.processors > 0 {
        text += &format!(" on {}", counted(bench.processors, "processor", "processors"));
    }
    if bench.rounds > 0 {
        text += &format!(": the medians of {}", counted(bench.rounds, "round", "rounds"));
    }
    BenchPart { text: text + ".", scenarios: scenarios.collect(), notes: bench.notes.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::summary::{Counts, Measure, Saved};

    #[test]
    fn sums_contain_every_number() {
        let counts = Counts {
            direct_hits: 1,
            other_hits: 2,
            misses: 3,
            bypassed: 4,
            uncacheable: 5,
            failed_over: 6,
            compile_errors: 7,
            interrupted: 8,
            unknown: 9,
        };
        let measure = |micros| Measure { micros, files: 1 };
        let saved = Saved { measured: measure(10), estimated: measure(-11), unknown: 12 };
        let group = Group { counts, spent: measure(13), saved };
        let twice = add(group, &group);
        assert_eq!(twice.counts.all(), 2 * counts.all());
        assert_eq!((twice.counts.hits(), twice.counts.cacheable()), (6, 24));
        assert_eq!((twice.spent.micros, twice.saved.micros(), twice.saved.unknown), (26, -2, 24));
        assert_eq!(add(Group::default(), &group), group);
    }
}
