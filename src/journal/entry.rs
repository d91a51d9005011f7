//! A compilation in the journal.

use serde::{Deserialize, Serialize};

/// What became of a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The time of its end, in milliseconds since 1970. For a compilation that was interrupted, the time of its beginning.
    pub at: u64,
    /// The build: the process ID and the start time of the top build tool (Ninja, make). It is the same for all compilations
    /// of one build.
    pub build: String,
    /// The runs of `toolchainkit run` that the compilation belongs to, the outermost first, separated by slashes; empty if there
    /// is none.
    pub run: String,
    /// The source. It is relative to the source folder, or to the build folder with `<build>/` in front. Other paths are
    /// absolute.
    pub source: String,
    /// The object, relative to the build folder. Empty if the command names none.
    pub object: String,
    /// CMake's name of the language: `C`, `CXX`, `OBJC`, `OBJCXX`, `CUDA`, `HIP` or `ASM`.
    pub language: String,
    /// The outcome.
    pub outcome: Outcome,
    /// `false`: the totals of the build are right, but several compilations of files with the same name ran at the same time,
    /// and it is not known which of them had which outcome.
    pub is_certain: bool,
    /// The wall time of the launcher in microseconds; `None` if it was replaced by the compiler.
    pub micros: Option<u64>,
    /// The name of the rule that bypassed the tool, or another cause such as `TOOLCHAINKIT_BYPASS`.
    pub rule: Option<String>,
    /// The reason of the tool, if it can be had.
    pub reason: Option<String>,
    /// Where the object came from, if it can be had.
    pub tier: Option<Tier>,
    /// [`super::Inputs::digest`], if the compiler ran.
    pub inputs: Option<String>,
    /// Where the compiler ran, if compilations are distributed.
    pub placed: Option<Placed>,
}

impl Entry {
    /// A certain outcome at the time `at`. Everything else is unknown.
    #[must_use]
    pub fn new(at: u64, source: &str, object: &str, language: &str, outcome: Outcome) -> Self {
        Self {
            at,
            build: String::new(),
            run: String::new(),
            source: source.to_owned(),
            object: object.to_owned(),
            language: language.to_owned(),
            outcome,
            is_certain: true,
            micros: None,
            rule: None,
            reason: None,
            tier: None,
            inputs: None,
            placed: None,
        }
    }

    /// The target of CMake: the folder `TARGET.dir` in the path of the object.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        super::summary::target_of(&self.object)
    }
}

/// The outcome of a compilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The object came from the cache, found by the contents of the files, without the preprocessor.
    DirectHit,
    /// The object came from the cache, found by the output of the preprocessor, or in a way that is not known.
    Hit,
    /// The compiler ran, and the object was stored.
    Miss,
    /// The launcher ran the compiler without the tool.
    Bypassed,
    /// The tool ran the compiler, and does not cache this command.
    Uncacheable,
    /// The tool failed, and the compiler ran instead.
    FailedOver,
    /// The compiler failed.
    CompileError,
    /// The launcher was ended by a signal before the compilation was complete.
    Interrupted,
    /// It is not known, or written by a newer version.
    #[serde(other)]
    Unknown,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 9] = [
        Self::DirectHit,
        Self::Hit,
        Self::Miss,
        Self::Bypassed,
        Self::Uncacheable,
        Self::FailedOver,
        Self::CompileError,
        Self::Interrupted,
        Self::Unknown,
    ];

    /// Whether the object came from the cache.
    #[must_use]
    pub const fn is_hit(self) -> bool {
        matches!(self, Self::DirectHit | Self::Hit)
    }
}

/// Where a compiler ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// On this worker.
    Remote(String),
    /// On this machine, because the program that distributes does not distribute this command, or no worker was usable.
    Here,
    /// On this machine, after a worker has failed for this reason.
    Retried(String),
}

/// A level of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The cache on this machine.
    Local,
    /// The shared storage.
    Remote,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_is_a_part_of_the_path_of_the_object() {
        for (object, target) in [
            ("CMakeFiles/app.dir/main.cpp.o", Some("app")),
            ("lib/CMakeFiles/my.dir.dir/x/CMake.c.o", Some("my.dir")),
            ("main.o", None),
            ("CMakeFiles/app/main.o", None),
            ("", None),
        ] {
            assert_eq!(Entry::new(0, "", object, "C", Outcome::Hit).target(), target, "{object}");
        }
    }
}
