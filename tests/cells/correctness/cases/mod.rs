//! Cases for recompilation after a change: each is a small target in two states.

mod beside;
mod hits;
pub(super) mod microsoft;
mod options;
mod outputs;
mod profiles;
mod search;
mod texts;

use super::Cell;

pub(super) const GCC: &str = "gcc";
pub(super) const CLANG: &str = "clang";
pub(super) const NEWEST_CLANG: &str = "clang-22";
pub(super) const COMPILERS: [&str; 3] = [GCC, CLANG, NEWEST_CLANG];

/// A target in its own folder, before and after a change of its objects.
pub(super) struct Case {
    /// The change.
    pub(super) name: &'static str,
    /// The files. `%` in a `CMakeLists.txt` is replaced by the target.
    pub(super) files: &'static [File],
    /// The compilers that support the case; empty for all.
    pub(super) compilers: &'static [&'static str],
    /// Two compilations of the same text give different objects, as with `__TIME__`: only the program's output is
    /// compared.
    pub(super) is_volatile: bool,
    /// The case may be compiled without the cache.
    pub(super) is_uncached: bool,
    /// The program or its objects contain the path of the source.
    pub(super) contains_paths: fn(Cell) -> bool,
    /// The caches that do not notice the change; see `cmake/README.md`.
    pub(super) is_unnoticed: fn(Cell) -> bool,
    /// The compilations that miss, in the same place or (`true`) in another one.
    pub(super) expected_misses: fn(Cell, bool) -> Misses,
}

/// The compilations that cannot hit.
#[derive(Clone, Copy)]
pub(super) enum Misses {
    Nothing,
    Headers,
    All,
}

/// A file in both states. `None` means that it does not exist.
#[derive(Clone, Copy)]
pub(super) struct File {
    pub(super) path: &'static str,
    pub(super) before: Option<&'static str>,
    pub(super) after: Option<&'static str>,
    /// Whether the changed file keeps its modification time.
    pub(super) keeps_modification_time: bool,
}

const fn case(name: &'static str, files: &'static [File]) -> Case {
    Case {
        name,
        files,
        compilers: &[],
        is_volatile: false,
        is_uncached: false,
        contains_paths: |_| false,
        is_unnoticed: |_| false,
        expected_misses: |_, _| Misses::Nothing,
    }
}

impl Case {
    const fn only(mut self, compilers: &'static [&'static str]) -> Self {
        self.compilers = compilers;
        self
    }

    const fn volatile(mut self) -> Self {
        self.is_volatile = true;
        self
    }

    const fn uncached(mut self) -> Self {
        self.is_uncached = true;
        self
    }

    const fn containing_paths(self) -> Self {
        self.containing_paths_with(|_| true)
    }

    const fn containing_paths_with(mut self, cells: fn(Cell) -> bool) -> Self {
        self.contains_paths = cells;
        self
    }

    const fn unnoticed_by(mut self, caches: fn(Cell) -> bool) -> Self {
        self.is_unnoticed = caches;
        self
    }

    const fn expected_misses(mut self, expected_misses: fn(Cell, bool) -> Misses) -> Self {
        self.expected_misses = expected_misses;
        self
    }

    /// The name of the target and of its folder.
    pub(super) fn target(&self) -> String {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
        format!("c_{}", self.name.chars().map(plain).collect::<String>())
    }
}

const fn file(path: &'static str, before: Option<&'static str>, after: Option<&'static str>) -> File {
    File { path, before, after, keeps_modification_time: false }
}

const fn kept(path: &'static str, text: &'static str) -> File {
    file(path, Some(text), Some(text))
}

const fn changed(path: &'static str, before: &'static str, after: &'static str) -> File {
    file(path, Some(before), Some(after))
}

const fn added(path: &'static str, text: &'static str) -> File {
    file(path, None, Some(text))
}

const fn removed(path: &'static str, text: &'static str) -> File {
    file(path, Some(text), None)
}

impl File {
    const fn keeping_modification_time(mut self) -> Self {
        self.keeps_modification_time = true;
        self
    }
}

/// `CMakeLists.txt` of a program in C.
const PROGRAM: File = kept("CMakeLists.txt", "add_executable(% main.c)\n");
/// The same with debug information.
const DEBUG_PROGRAM: File =
    kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_compile_options(% PRIVATE -g)\n");
/// A target with a generated source.
const MAKES_A_SOURCE: &str = "add_custom_command(OUTPUT made.c COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/made.txt made.c DEPENDS made.txt)\n\
                 add_executable(% main.c ${CMAKE_CURRENT_BINARY_DIR}/made.c)\n";
/// A program that prints `VALUE`.
const PRINTS_VALUE: &str =
    "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n";
/// The same, with `VALUE` from `value.h`.
const PRINTS_VALUE_OF_HEADER: &str =
    "#include <stdio.h>\n#include \"value.h\"\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n";

/// The cases for `compiler`: all, or with a `column` of the matrix a part of them, so that each case has both tools.
pub(super) fn of(compiler: &str, column: Option<usize>) -> Vec<&'static Case> {
    let all = [texts::CASES, options::CASES, outputs::CASES, profiles::CASES, search::CASES, beside::CASES]
        .into_iter()
        .flatten();
    let is_chosen = |(index, case): &(usize, &Case)| {
        let compilers = if case.compilers.is_empty() { &COMPILERS } else { case.compilers };
        match column {
            Some(column) => {
                (index + column).is_multiple_of(2)
                    && compilers[(index + column / 2) % compilers.len()] == compiler
            }
            None => compilers.contains(&compiler),
        }
    };
    all.enumerate().filter(is_chosen).map(|(_, case)| case).collect()
}

/// The names of all cases that must be compiled again.
pub(super) fn names() -> Vec<&'static str> {
    COMPILERS.iter().flat_map(|compiler| of(compiler, None)).map(|case| case.name).collect()
}

/// The cases that must hit if only the place or the time changes.
pub(super) fn expected_hits() -> Vec<&'static Case> {
    hits::CASES.iter().collect()
}
