//! Change something, build with a warm cache: the objects and what the programs print are those of a build without a cache.

use std::fs;
use std::path::PathBuf;

use super::cases::{self, Case};
use super::project::{self, Built, State};
use super::{Cell, cells, tools, try_all};
use crate::cmake_module::Checkout;
use crate::support::{Run, Tools};

#[test]
fn what_has_changed_is_compiled_again() {
    let Some(tools) = tools() else { return };
    try_all(cells(&tools), |cell| trial(cell, &tools));
}

fn trial(cell: Cell, tools: &Tools) -> Result<String, String> {
    let cases = chosen(cell);
    if cases.is_empty() {
        return Ok("no case".into());
    }
    let sandbox = Cell::sandbox(tools);
    let checkout = cell.checkout(&sandbox, tools, "project");
    project::write(&checkout.source, &cases, State::Before);
    checkout.configure();
    let before = without_cache(cell, &checkout, &cases);
    let mut faults = compare("cold", cell, &cases, &before, &project::build(&checkout, &cases));

    project::write(&checkout.source, &cases, State::After);
    let after = without_cache(cell, &checkout, &cases);
    let warm = project::build(&checkout, &cases);
    faults.extend(compare("warm", cell, &cases, &after, &warm));
    for (case, (before, after)) in cases.iter().zip(before.iter().zip(&after)) {
        if before == after && (cell.is_sccache() || !case.tells_paths) {
            faults.push(format!("{}: changes nothing", case.name));
        }
    }

    project::write(&checkout.source, &cases, State::Before);
    let mut back = Vec::new();
    let (hits, misses) = checkout.counted(|| back = project::build(&checkout, &cases));
    faults.extend(compare("and back", cell, &cases, &before, &back));
    // Some are not to be cached.
    if hits + 2 < cases.len() as u64 {
        faults.push(format!("{hits} hits and {misses} misses when all is as it was"));
    }
    let figures = format!("{} cases, {hits} hits and {misses} misses when all is as it was", cases.len());
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

/// The cases for the cell. `TOOLCHAINKIT_TEST_CASE` chooses by a word.
fn chosen(cell: Cell) -> Vec<&'static Case> {
    let mut cases = cases::of(cell.compiler, if Tools::full() { None } else { Some(cell.column()) });
    if let Ok(word) = std::env::var("TOOLCHAINKIT_TEST_CASE") {
        cases.retain(|case| case.name.contains(&word));
    }
    cases
}

/// Builds with the same commands, and nothing can come from the cache.
fn without_cache(cell: Cell, checkout: &Checkout<'_>, cases: &[&Case]) -> Vec<Built> {
    if cell.is_sccache() {
        // With the launcher's breaker open, and that for an hour; configuring closes it.
        checkout.configure();
        let breaker = PathBuf::from(checkout.said("socket")).with_file_name("broken");
        checkout.command("touch").args(["-d", "1 hour"]).arg(&breaker).run();
        let built = project::build(checkout, cases);
        fs::remove_file(breaker).expect("the breaker is open");
        return built;
    }
    // ccache makes paths relative before it runs the compiler, so the objects to compare with are those of an empty
    // cache. What the programs print is that of a build without ccache.
    let folder = PathBuf::from(checkout.said("dir"));
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).expect("the cache goes");
    let mut built = project::build(checkout, cases);
    fs::remove_dir_all(&folder).expect("the other cache goes");
    fs::rename(&away, &folder).expect("the cache comes back");
    checkout.building().env("CCACHE_DISABLE", "1").args(project::ANEW).run();
    for (built, case) in built.iter_mut().zip(cases).filter(|(_, case)| !case.tells_paths) {
        built.output = project::output(checkout, case);
    }
    built
}

fn compare(when: &str, cell: Cell, cases: &[&Case], expected: &[Built], seen: &[Built]) -> Vec<String> {
    let mut faults = Vec::new();
    for (case, (expected, seen)) in cases.iter().zip(expected.iter().zip(seen)) {
        if case.is_volatile {
            if expected.output == seen.output {
                faults.push(format!("{}: {when}: {} once more", case.name, seen.output.trim()));
            }
            continue;
        }
        if (case.is_beyond)(cell) {
            continue;
        }
        if expected.output != seen.output {
            faults.push(format!("{}: {when}: {:?}, not {:?}", case.name, seen.output, expected.output));
        }
        for (path, object) in &expected.files {
            if seen.files.get(path) != Some(object) {
                faults.push(format!("{}: {when}: another {}", case.name, path.display()));
            }
        }
    }
    faults
}
