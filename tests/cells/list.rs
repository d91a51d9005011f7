//! The list of tests: a test is a function, or a function with one cell of a matrix.
//!
//! A module lists its tests in [`tests!`]. The name of a test is the path of its function, followed by the name of its
//! cell: `correctness::rebuild::gcc::sccache-0.16.0`.

use std::io::{self, Write as _};

use libtest_mimic::{Failed, Trial};

use crate::support::{Tool, Tools};

/// Lists the tests of a module: `function` is one test, and `function in cells` is one test for each cell.
///
/// The function gets the cell as its argument. The name `trial` is omitted from the names of tests.
macro_rules! tests {
    ($($function:ident $(in $cells:expr)?),* $(,)?) => {
        pub(super) fn tests(list: &mut $crate::list::List) {
            $($crate::list::tests!(@one list, $function $(, $cells)?);)*
        }
    };
    (@one $list:ident, $function:ident) => {
        $list.add(module_path!(), stringify!($function), $function);
    };
    (@one $list:ident, $function:ident, $cells:expr) => {
        $list.add_cells(module_path!(), stringify!($function), $cells, $function);
    };
}
pub(crate) use tests;

/// All tests.
#[derive(Default)]
pub(crate) struct List(Vec<Trial>);

impl List {
    /// Adds a test.
    pub(crate) fn add<O: Outcome>(
        &mut self,
        module: &str,
        function: &str,
        test: impl FnOnce() -> O + Send + 'static,
    ) {
        self.push(path(module, function), test);
    }

    /// Adds a test for each cell.
    pub(crate) fn add_cells<C: Cell, O: Outcome>(
        &mut self,
        module: &str,
        function: &str,
        cells: impl IntoIterator<Item = C>,
        test: impl Fn(C) -> O + Copy + Send + 'static,
    ) {
        for cell in cells {
            self.push(format!("{}::{}", path(module, function), cell.name()), move || test(cell));
        }
    }

    fn push<O: Outcome>(&mut self, name: String, test: impl FnOnce() -> O + Send + 'static) {
        assert!(self.0.iter().all(|known| known.name() != name), "there are two tests {name}");
        self.0.push(Trial::test(name, move || test().verdict()));
    }

    /// The names of all tests.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(Trial::name).collect()
    }

    /// The tests for the harness.
    pub(crate) fn into_trials(self) -> Vec<Trial> {
        self.0
    }
}

/// The path of a test without the name of this program.
fn path(module: &str, function: &str) -> String {
    let module = module.split_once("::").map_or(module, |(_, module)| module);
    if function == "trial" { module.to_owned() } else { format!("{module}::{function}") }
}

/// The result of a test.
pub(crate) trait Outcome {
    /// Whether the test has passed. Prints its figures.
    fn verdict(self) -> Result<(), Failed>;
}

impl Outcome for () {
    fn verdict(self) -> Result<(), Failed> {
        Ok(())
    }
}

impl Outcome for Result<String, String> {
    fn verdict(self) -> Result<(), Failed> {
        let figures = self.map_err(Failed::from)?;
        writeln!(io::stdout(), "{figures}").map_err(Failed::from)
    }
}

/// A cell of a matrix.
pub(crate) trait Cell: Send + 'static {
    /// Its name. Parts are separated by `::`.
    fn name(&self) -> String;
}

/// A version of CMake as a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CMake(pub(crate) &'static str);

/// A version of sccache as a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sccache(pub(crate) &'static str);

impl Cell for CMake {
    fn name(&self) -> String {
        format!("cmake-{}", self.0)
    }
}

impl Cell for Sccache {
    fn name(&self) -> String {
        format!("sccache-{}", self.0)
    }
}

impl Cell for Tool {
    fn name(&self) -> String {
        plain(&self.to_string())
    }
}

impl Cell for &'static str {
    fn name(&self) -> String {
        plain(self)
    }
}

impl<A: Cell, B: Cell> Cell for (A, B) {
    fn name(&self) -> String {
        [self.0.name(), self.1.name()].join("::")
    }
}

impl<A: Cell, B: Cell, C: Cell> Cell for (A, B, C) {
    fn name(&self) -> String {
        [self.0.name(), self.1.name(), self.2.name()].join("::")
    }
}

/// `text` as a part of a name, without characters that are special in shells and filters.
pub(crate) fn plain(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._+".contains(letter);
    let words = text.split(|letter| !is_plain(letter)).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// All combinations of three lists with `--full`. Otherwise a subset that contains every pair of elements of two lists, if the
/// third list is not longer than the others.
pub(crate) fn covering<A: Copy, B: Copy, C: Copy>(first: &[A], second: &[B], third: &[C]) -> Vec<(A, B, C)> {
    let mut cells = Vec::new();
    for (row, a) in first.iter().enumerate() {
        for (column, b) in second.iter().enumerate() {
            let chosen = (row + column) % third.len();
            let of_both = third.iter().enumerate().filter(|(index, _)| Tools::full() || *index == chosen);
            cells.extend(of_both.map(|(_, c)| (*a, *b, *c)));
        }
    }
    cells
}

/// Every pair of an element of the first list and one of the second list.
pub(crate) fn pairs<A: Copy, B: Copy>(
    first: impl IntoIterator<Item = A>,
    second: impl IntoIterator<Item = B>,
) -> Vec<(A, B)> {
    let second: Vec<B> = second.into_iter().collect();
    let of_one = |one: A| second.iter().map(move |&other| (one, other)).collect::<Vec<_>>();
    first.into_iter().flat_map(of_one).collect()
}
