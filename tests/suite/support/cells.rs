//! A matrix of tests: many cells, of which each is tried and told of, whatever becomes of the others.

use std::any::Any;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

/// Those that `TOOLCHAINKIT_TEST_CELL` chooses: a cell's name has all of its words, which have commas between them.
pub(crate) fn chosen<C: Display>(mut cells: Vec<C>) -> Vec<C> {
    if let Ok(words) = std::env::var("TOOLCHAINKIT_TEST_CELL") {
        cells.retain(|cell| words.split(',').all(|word| cell.to_string().contains(word)));
    }
    cells
}

/// Tries every cell, so many `at_a_time`, tells how each went, and panics if one went wrong.
pub(crate) fn try_all<C: Copy + Display + Send>(
    cells: Vec<C>,
    at_a_time: usize,
    trial: impl Fn(C) -> Result<String, String> + Sync,
) {
    let (total, failed) = (cells.len(), Mutex::new(0));
    let cells = Mutex::new(cells);
    let next = || cells.lock().unwrap().pop();
    let work = || {
        while let Some(cell) = next() {
            let outcome = catch_unwind(AssertUnwindSafe(|| trial(cell)));
            let outcome = outcome.unwrap_or_else(|panic| Err(words_of(&*panic)));
            *failed.lock().unwrap() += usize::from(outcome.is_err());
            let (verdict, words) = match &outcome {
                Ok(words) => ("ok", words),
                Err(words) => ("FAILED", words),
            };
            // Not by eprintln!, which the test runner keeps to itself as long as a test passes.
            writeln!(io::stderr(), "{verdict} {cell}: {words}").expect("stderr is open");
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(work);
        }
    });
    assert_eq!(failed.into_inner().unwrap(), 0, "of {total} cells");
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked").to_owned()
}
