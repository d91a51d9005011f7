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
        name: "a file that the assembler includes",
        engines: &[Engine::Distcc],
        condition: LocalCondition::Source(&[".incbin"]),
        why: "The assembler reads the file, which a worker does not have. The compilation fails there, and is repeated here.",
        because: "its source includes a file with `.incbin`, which a worker does not have",
        source: "experiment with distcc 3.4",
        cases: &["files_beside_the_object_are_written_here"],
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
