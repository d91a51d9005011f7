//! What a rule is made of: data, from which all else is derived.

use crate::caching::tool::{Tool, Version};

/// What a compiler is by what it answers, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// GCC.
    Gcc,
    /// Clang and what is made of it, with the options of GCC.
    Clang,
    /// Clang with the options of Microsoft's compiler.
    ClangCl,
    /// Microsoft's compiler.
    Msvc,
    /// NVIDIA's driver.
    Nvcc,
    /// None of these.
    Unknown,
}

impl Family {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gcc => "GCC",
            Self::Clang => "Clang",
            Self::ClangCl => "clang-cl",
            Self::Msvc => "MSVC",
            Self::Nvcc => "nvcc",
            Self::Unknown => "unknown",
        }
    }

    /// The compiler of this [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Gcc, Self::Clang, Self::ClangCl, Self::Msvc, Self::Nvcc, Self::Unknown];
        all.into_iter().find(|family| family.name() == name)
    }
}

/// What stands at the path of a compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A program; its bytes say which.
    Program,
    /// A script that runs another compiler; its bytes say nothing of that.
    Wrapper,
    /// A cache or distributor of compilations under the name of a compiler.
    Masquerade,
}

/// A tool that needs a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affected {
    /// The tool.
    pub tool: Tool,
    /// The first version that needs it; `None` for all.
    pub since: Option<Version>,
    /// The first version that does not need it any more.
    pub before: Option<Version>,
}

/// What an argument looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The whole argument.
    Word(&'static str),
    /// How it begins.
    Start(&'static str),
    /// How it begins, and what it has somewhere behind that.
    Both(&'static str, &'static str),
    /// What it has somewhere.
    Part(&'static str),
}

impl Pattern {
    /// Whether `argument` looks like this.
    #[must_use]
    pub fn fits(self, argument: &[u8]) -> bool {
        match self {
            Self::Word(word) => argument == word.as_bytes(),
            Self::Start(start) => argument.starts_with(start.as_bytes()),
            Self::Both(start, part) => {
                argument.strip_prefix(start.as_bytes()).is_some_and(|rest| has(rest, part.as_bytes()))
            }
            Self::Part(part) => has(argument, part.as_bytes()),
        }
    }
}

fn has(text: &[u8], part: &[u8]) -> bool {
    text.len() >= part.len() && text.windows(part.len()).any(|window| window == part)
}

/// What a rule looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Nothing: it applies to every compilation.
    Always,
    /// A definition (`-D`), whatever its value.
    Macro(&'static str),
    /// An argument that fits one of these.
    Arguments(&'static [Pattern]),
    /// One of the words in the source itself; with a variable, only where that is set.
    Source {
        /// The words.
        words: &'static [&'static str],
        /// A variable of the environment.
        variable: Option<&'static str>,
    },
    /// A file that is named by an option that begins so.
    Files(&'static [&'static str]),
    /// A macro with a path of the checkout.
    CheckoutInMacros,
    /// A file where the command looks for headers, with a string that begins with a path of the checkout.
    CheckoutInTexts,
    /// What stands at the path of the compiler.
    Compiler(Sort),
}

/// A part of the key, by which the tool knows an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// The processor that compiles.
    Processor,
    /// What the compiler answers now.
    Identity,
    /// Where the checkout and its build folder lie.
    Checkout,
    /// The working directory and the command.
    Command,
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The compiler is run without the cache.
    Bypass,
    /// Something becomes a part of the key.
    Key(KeyPart),
    /// The content of the files that were found becomes a part of the key.
    ExtraFiles,
    /// These options come before all others.
    Options(&'static [&'static str]),
    /// A value goes to the end of a list in the environment of the tool.
    Append {
        /// The variable.
        variable: &'static str,
        /// The value.
        value: &'static str,
    },
    /// A variable of the environment of the tool is taken away.
    Unset(&'static str),
    /// The compiler of the same name that is next on PATH is run instead.
    Replace,
}

/// Something that a tool gets wrong, and what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// What it is called, in the journal and in tests.
    pub name: &'static str,
    /// The tools and the versions that need it.
    pub tools: &'static [Affected],
    /// The compilers that it is for; none for all.
    pub compilers: &'static [Family],
    /// Only needed where the tool leaves paths of the checkout out of what it compares.
    pub only_relocatable: bool,
    /// What it looks for.
    pub looks_for: Look,
    /// Arguments with which it does not apply.
    pub unless: &'static [Pattern],
    /// What it does.
    pub does: Action,
    /// Why: what the tool does not do by itself.
    pub why: &'static str,
    /// A clause about a compilation that it applies to, for `doctor --why`.
    pub because: &'static str,
    /// What the user can do.
    pub help: &'static str,
    /// Where that is known from: an issue, or an experiment.
    pub source: &'static str,
    /// The names of the must-rebuild cases or tests that fail without it.
    pub cases: &'static [&'static str],
}

impl Rule {
    /// Whether this version of the tool needs it.
    #[must_use]
    pub fn is_for(&self, tool: Tool, version: Version) -> bool {
        self.tools.iter().any(|affected| {
            affected.tool == tool
                && affected.since.is_none_or(|since| version.at_least(since))
                && affected.before.is_none_or(|before| !version.at_least(before))
        })
    }

    /// Whether any version of the tool needs it.
    #[must_use]
    pub fn is_for_any(&self, tool: Tool) -> bool {
        self.tools.iter().any(|affected| affected.tool == tool)
    }
}
