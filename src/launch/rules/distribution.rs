//! Compilations that must run on this machine: what the programs that distribute lose. One row for each mistake.

use super::decide::Facts;
use super::rule::Pattern::{self, Both, Start, Word};
use crate::caching::tool::Engine;
use crate::launch::arguments::Arguments;

/// When a compilation must run on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalCondition {
    /// An argument that matches one of the patterns.
    Arguments(&'static [Pattern]),
    /// One of the words in the source file.
    Source(&'static [&'static str]),
}

/// A mistake of a program that distributes. The compilations to which it applies run on this machine, with the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalRule {
    /// Its name.
    pub name: &'static str,
    /// The programs that need it.
    pub engines: &'static [Engine],
    /// The condition for it to apply.
    pub condition: LocalCondition,
    /// The reason for the rule: the mistake of the program.
    pub why: &'static str,
    /// A clause about a compilation that the rule applies to.
    pub because: &'static str,
    /// The evidence.
    pub source: &'static str,
    /// The names of the tests that fail without it.
    pub cases: &'static [&'static str],
}

/// All rules.
pub const LOCAL_TABLE: &[LocalRule] = &[
    LocalRule {
        name: "files beside a remote object",
        engines: &[Engine::Distcc],
        condition: LocalCondition::Arguments(&[
            Start("-gsplit-dwarf"),
            Start("-save-temps"),
            Start("--save-temps"),
            Start("-fdump-"),
            Start("-fstack-usage"),
            Start("-ftime-trace"),
            Start("-fcallgraph-info"),
            Start("-fsave-optimization-record"),
            Start("-fopt-info"),
            Both("-Wa,-a", "="),
            Word("-aux-info"),
        ]),
        why: "The compiler writes a second file beside the object. distcc brings back only the object, and ends with 0: the file stays on the worker.",
        because: "an option writes a file beside the object, which distcc does not bring back",
        source: "experiment with distcc 3.4, GCC 12 and clang 14",
        cases: &["files_beside_the_object_are_written_here"],
    },
    LocalRule {
        name: "files beside an object of icecream",
        engines: &[Engine::Icecream],
        condition: LocalCondition::Arguments(&[
            Start("-save-temps"),
            Start("--save-temps"),
            Start("-fstack-usage"),
            Start("-ftime-trace"),
            Start("-fcallgraph-info"),
            Start("-fsave-optimization-record"),
            Start("-foptimization-record-"),
            Both("-fopt-info", "="),
            Start("-fdiagnostics-format="),
            Word("-da"),
        ]),
        why: "The compiler writes a second file beside the object. icecream brings back only the object and its `.dwo`, and ends with 0: the file stays on the worker, or `-ftime-trace=FILE` tells about the preprocessor.",
        because: "an option writes a file beside the object, which icecream does not bring back",
        source: "experiment with icecream 1.4, GCC 12, clang 14 and clang 22; client/arg.cpp",
        cases: &["icecream_loses_no_file"],
    },
    LocalRule {
        name: "profiles and coverage with icecream",
        engines: &[Engine::Icecream],
        condition: LocalCondition::Arguments(&[
            Start("-fprofile-"),
            Start("-fcs-profile-"),
            Start("-fauto-profile"),
            Start("-fcoverage-mapping"),
            Word("-coverage"),
        ]),
        why: "Not all of these options are known to icecream. A worker has no profile, so `-fprofile-use=FILE -Wno-missing-profile` silently compiles without it; `-fprofile-generate=FOLDER` writes the name of the temporary object of the worker into the object, and `-fcoverage-mapping` no name of the source.",
        because: "an option reads or writes a profile, which is on this machine",
        source: "experiment with icecream 1.4, GCC 12 and clang 14; client/arg.cpp",
        cases: &["icecream_loses_no_file"],
    },
    LocalRule {
        name: "files that a worker of icecream lacks",
        engines: &[Engine::Icecream],
        condition: LocalCondition::Arguments(&[
            Start("-fmodule"),
            Start("-fprebuilt-module-path"),
            Word("-include-pch"),
            Start("-fsanitize-ignorelist="),
            Start("-fsanitize-coverage-"),
            Start("-fpass-plugin="),
            Start("-fthinlto-index="),
        ]),
        why: "The compiler reads a file that a worker does not have. The compilation fails there, and is repeated here. A file for a module (`-fmodule-output`) stays there.",
        because: "an option names a file that a worker does not have",
        source: "experiment with icecream 1.4, clang 14 and clang 22",
        cases: &["icecream_loses_no_file"],
    },
    LocalRule {
        name: "files beside an object of sccache-dist",
        engines: &[Engine::SccacheDist],
        condition: LocalCondition::Arguments(&[
            Start("-save-temps"),
            Start("--save-temps"),
            Start("-fdump-"),
            Start("-fstack-usage"),
            Start("-ftime-trace"),
            Start("-fcallgraph-info"),
            Start("-fsave-optimization-record"),
            Start("-fopt-info"),
            Both("-Wa,-a", "="),
            Word("-aux-info"),
        ]),
        why: "The compiler writes a second file beside the object. The server sends only the files that sccache knows, and the compilation succeeds: the file is lost.",
        because: "an option writes a file beside the object, which sccache-dist does not bring back",
        source: "experiment with sccache 0.16 and 0.19, GCC 12 and clang 14",
        cases: &["what_servers_lose_is_compiled_here"],
    },
    LocalRule {
        name: "the processor of the server",
        engines: &[Engine::SccacheDist],
        condition: LocalCondition::Arguments(&[
            Word("-march=native"),
            Word("-mtune=native"),
            Word("-mcpu=native"),
        ]),
        why: "The compiler runs on the server, and takes `native` for its processor. The object may not run here, and the cache has it under the key of this processor.",
        because: "`native` would mean the processor of the server",
        source: "experiment with sccache 0.16 and 0.19",
        cases: &["what_servers_lose_is_compiled_here"],
    },
    LocalRule {
        name: "a file that the compiler reads on the server",
        engines: &[Engine::SccacheDist],
        condition: LocalCondition::Arguments(&[
            Start("-fplugin"),
            Start("-fpass-plugin"),
            Start("-fprofile-use"),
            Start("-fprofile-instr-use"),
            Start("-fprofile-sample-use"),
            Start("-fauto-profile"),
            Start("-fprofile-list"),
            Start("-fsanitize-ignorelist"),
            Start("-fsanitize-blacklist"),
            Start("-fmodule"),
            Start("-specs"),
            Start("--specs"),
            Start("-load"),
        ]),
        why: "The compiler reads a further file, which the server does not have. The compilation fails there, and is repeated here.",
        because: "an option names a file that the server does not have",
        source: "src/compiler/gcc.rs of sccache 0.19: only the preprocessed source is sent",
        cases: &["what_servers_lose_is_compiled_here"],
    },
    LocalRule {
        name: "a file that the assembler includes",
        engines: &[Engine::Distcc, Engine::Icecream, Engine::SccacheDist],
        condition: LocalCondition::Source(&[".incbin"]),
        why: "The assembler reads the file, which a worker does not have. The compilation fails there, and is repeated here.",
        because: "its source includes a file with `.incbin`, which a worker does not have",
        source: "experiment with distcc 3.4, icecream 1.4, and sccache 0.16 and 0.19 (mozilla/sccache#2700)",
        cases: &[
            "files_beside_the_object_are_written_here",
            "icecream_loses_no_file",
            "what_servers_lose_is_compiled_here",
        ],
    },
];

impl LocalRule {
    /// All parts of the rule that affect a compilation, as one line.
    pub(super) fn behaviour(&self) -> String {
        format!("{:?} {:?}\n", self.engines, self.condition)
    }

    fn applies(&self, engine: Engine, arguments: &Arguments, facts: &dyn Facts) -> bool {
        self.engines.contains(&engine)
            && match self.condition {
                LocalCondition::Arguments(patterns) => arguments.all().iter().any(|argument| {
                    let bytes = argument.as_encoded_bytes();
                    patterns.iter().any(|pattern| pattern.matches(bytes))
                }),
                LocalCondition::Source(words) => {
                    arguments.sources().iter().any(|source| facts.text_has(source, words))
                }
            }
    }
}

/// The rule for which a compilation must run on this machine; `None` if it may be distributed.
pub fn must_run_here(engine: Engine, arguments: &Arguments, facts: &dyn Facts) -> Option<&'static LocalRule> {
    LOCAL_TABLE.iter().find(|rule| rule.applies(engine, arguments, facts))
}
