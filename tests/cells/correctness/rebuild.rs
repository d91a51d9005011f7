//! After a change, a build with a warm cache gives the same objects and the same output of the programs as an uncached build.

use std::thread;
use std::time::Duration;

use super::cases::{self, CLANG, Case, GCC};
use super::project::{self, Built, State};
use super::{CACHES, Cell, cells};
use crate::list::tests;
use crate::support::{Tool, Tools};

tests![
    trial in cells(),
    with_the_script in script_cells(),
];

/// The script has fewer hits, but no wrong ones. All cells, or one for each tool.
fn script_cells() -> Vec<Cell> {
    let mut cells = cells();
    cells.retain(|cell| {
        Tools::full() || [(GCC, CACHES[0]), (CLANG, CACHES[3])].contains(&(cell.compiler, cell.cache))
    });
    cells
}

fn trial(cell: Cell) -> Result<String, String> {
    try_changes(cell, false)
}

fn with_the_script(cell: Cell) -> Result<String, String> {
    try_changes(cell, true)
}

fn try_changes(cell: Cell, is_script: bool) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[Tool::System("llvm-profdata-14")]) else {
        return Ok("skipped".to_owned());
    };
    let cases = chosen(cell);
    if cases.is_empty() {
        return Ok("no case".into());
    }
    let sandbox = Cell::sandbox(tools);
    let checkout = cell.checkout(&sandbox, tools, "project");
    let checkout = if is_script { checkout.with_fallback() } else { checkout };
    project::write(&checkout.source, &cases, State::Before);
    checkout.configure();
    let before = project::without_cache(cell, &checkout, &cases);
    wait_for_another_second(&cases);
    let mut faults = compare("cold", cell, &cases, &before, &project::build(&checkout, &cases));

    project::write(&checkout.source, &cases, State::After);
    let after = project::without_cache(cell, &checkout, &cases);
    wait_for_another_second(&cases);
    let warm = project::build(&checkout, &cases);
    faults.extend(compare("warm", cell, &cases, &after, &warm));
    for (case, (before, after)) in cases.iter().zip(before.iter().zip(&after)) {
        if before == after && (cell.is_sccache() || !(case.contains_paths)(cell)) {
            faults.push(format!("{}: the objects did not change", case.name));
        }
    }

    project::write(&checkout.source, &cases, State::Before);
    let mut back = Vec::new();
    let (hits, misses) = checkout.counted(|| back = project::build(&checkout, &cases));
    faults.extend(compare("and back", cell, &cases, &before, &back));
    // Some cases must not be cached.
    let uncached = cases.iter().filter(|case| case.is_uncached).count() as u64;
    if (is_script && hits == 0) || (!is_script && hits + uncached + 2 < cases.len() as u64) {
        faults.push(format!("{hits} hits and {misses} misses after the change was reverted"));
    }
    let figures =
        format!("{} cases, {hits} hits and {misses} misses after the change was reverted", cases.len());
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

/// `__TIME__` of two compilations in the same second is the same.
pub(super) fn wait_for_another_second(cases: &[&Case]) {
    if cases.iter().any(|case| case.is_volatile) {
        thread::sleep(Duration::from_millis(1100));
    }
}

/// The cases for the cell.
fn chosen(cell: Cell) -> Vec<&'static Case> {
    cases::of(cell.compiler, if Tools::full() { None } else { Some(cell.column()) })
}

pub(super) fn compare(
    when: &str,
    cell: Cell,
    cases: &[&Case],
    expected: &[Built],
    seen: &[Built],
) -> Vec<String> {
    let mut faults = Vec::new();
    for (case, (expected, seen)) in cases.iter().zip(expected.iter().zip(seen)) {
        if case.is_volatile {
            if expected.output == seen.output {
                faults.push(format!("{}: {when}: {} again", case.name, seen.output.trim()));
            }
            continue;
        }
        if (case.is_unnoticed)(cell) {
            continue;
        }
        if expected.output != seen.output {
            faults.push(format!("{}: {when}: {:?}, not {:?}", case.name, seen.output, expected.output));
        }
        for (path, object) in &expected.files {
            if seen.files.get(path) != Some(object) {
                faults.push(format!("{}: {when}: {} differs", case.name, path.display()));
            }
        }
    }
    faults
}
