//! With `SOURCE_DATE_EPOCH`, a program contains that date and time, and hits with the same value.

use std::fs;

use super::cases::CLANG;
use super::{Cell, some_cells};
use crate::list::tests;
use crate::support::Run;

tests![the_date_of_a_program_is_that_of_source_date_epoch in dated_cells()];

/// The start of two days, in seconds.
const DAYS: [(&str, &str); 2] =
    [("1000000000", "Sep  9 2001 01:46:40\n"), ("1100000000", "Nov  9 2004 11:33:20\n")];

/// Clang 14 does not support it.
fn dated_cells() -> Vec<Cell> {
    some_cells().into_iter().filter(|cell| cell.compiler != CLANG).collect()
}

fn the_date_of_a_program_is_that_of_source_date_epoch(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[]) else { return Ok("skipped".to_owned()) };
    let sandbox = Cell::sandbox(tools);
    let mut checkout = cell.checkout(&sandbox, tools, "project");
    let lists = "cmake_minimum_required(VERSION 3.15...4.0)\nproject(dated LANGUAGES C)\nadd_executable(dated main.c)\n";
    let main = "#include <stdio.h>\nint main(void) { puts(__DATE__ \" \" __TIME__); return 0; }\n";
    fs::write(checkout.source.join("CMakeLists.txt"), lists).expect("a project");
    fs::write(checkout.source.join("main.c"), main).expect("a source");
    checkout.configure();
    let mut faults = Vec::new();
    // Each date for the first time, again, and after the other date.
    for (epoch, date, expected) in [
        (DAYS[0].0, DAYS[0].1, (0, 1)),
        (DAYS[0].0, DAYS[0].1, (1, 0)),
        (DAYS[1].0, DAYS[1].1, (0, 1)),
        (DAYS[1].0, DAYS[1].1, (1, 0)),
        (DAYS[0].0, DAYS[0].1, (1, 0)),
    ] {
        checkout = checkout.env("SOURCE_DATE_EPOCH", epoch);
        let counts = checkout.counted(|| drop(checkout.rebuild()));
        let printed = checkout.command(checkout.build_folder().join("dated")).run().stdout;
        // sccache removes the variable from the compiler's environment, so the launcher does not use it.
        let expected = if cell.is_sccache() { (0, 0) } else { expected };
        if counts != expected {
            faults.push(format!("{date}: {counts:?}, not {expected:?}"));
        }
        if printed != date {
            faults.push(format!("{printed:?}, not {date:?}"));
        }
    }
    if faults.is_empty() { Ok("both days".into()) } else { Err(faults.join("\n  ")) }
}
