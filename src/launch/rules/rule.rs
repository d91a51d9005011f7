//! The parts of a rule.

use crate::caching::tool::{Tool, Version};

/// The family of a compiler, according to its predefined macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// GCC.
    Gcc,
    /// Clang and compilers that are based on it, with the options of GCC.
    Clang,
    /// Clang with the options of Microsoft's compiler.
    ClangCl,
    /// Microsoft's compiler.
    Msvc,
    /// NVIDIA's driver.
    Nvcc,
    /// None of the above.
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

    /// The family with this [`Self::name`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Gcc, Self::Clang, Self::ClangCl, Self::Msvc, Self::Nvcc, Self::Unknown];
        all.into_iter().find(|family| family.name() == name)
    }
}

/// The kind of a program that is used as a compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompilerKind {
    /// A binary, which its bytes identify.
    Program,
    /// A script that runs another compiler, which its bytes do not identify.
    Wrapper,
    /// A link with the name of a compiler to a cache, or to a distributor of compilations.
    Masquerade,
}

/// A tool that needs a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Affected {
    /// The tool.
    pub tool: Tool,
    /// The first version that needs the rule; `None` for all versions.
    pub since: Option<Version>,
    /// The first version that no longer needs the rule.
    pub before: Option<Version>,
}

/// A pattern for an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// The whole argument.
    Word(&'static str),
    /// The beginning.
    Start(&'static str),
    /// The beginning, and a part after it.
    Both(&'static str, &'static str),
    /// A part at any place.
    Part(&'static str),
}

impl Pattern {
    /// Whether `argument` matches the pattern.
    #[must_use]
    pub fn matches(self, argument: &[u8]) -> bool {
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

/// The condition for a rule to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// To every compilation.
    Always,
    /// A definition (`-D`) of this macro, with any value.
    Macro(&'static str),
    /// An argument that matches one of the patterns.
    Arguments(&'static [Pattern]),
    /// One of the words in the source file, and the variable, if any, is set.
    Source {
        /// The words.
        words: &'static [&'static str],
        /// A variable of the environment.
        variable: Option<&'static str>,
    },
    /// An existing file in an option that begins with one of these.
    Files(&'static [&'static str]),
    /// A definition that contains the path of the checkout.
    CheckoutInMacros,
    /// An option that begins with one of these and contains the path of the checkout.
    CheckoutInOptions(&'static [&'static str]),
    /// A file in the include folders that contains a string that begins with the path of the checkout.
    CheckoutInTexts,
    /// A compiler of this kind.
    Compiler(CompilerKind),
    /// A file that configures the compiler, although the command does not name it.
    Configuration,
    /// Debug information with the paths of the checkout.
    DebugInformation,
    /// Any debug information.
    AnyDebugInformation,
    /// A variable that changes the object is set, or the command has an SDK: see `target.rs`.
    Target,
    /// C++20 modules.
    Modules(Modules),
    /// See [`Arguments::has_several_architectures`].
    ///
    /// [`Arguments::has_several_architectures`]: crate::launch::arguments::Arguments::has_several_architectures
    SeveralArchitectures,
}

/// A use of C++20 modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modules {
    /// Any use, with the options of Clang.
    OfClang,
    /// Any use, with the options of GCC.
    OfGcc,
    /// Any use, with the options of cl.exe or clang-cl.
    OfMsvc,
    /// A module or header unit whose file the command does not name.
    Implicit,
    /// Any use, with a Clang that does not embed sources in `.pcm` files: see [`EMBED`].
    ///
    /// [`EMBED`]: super::EMBED
    Unembedded,
    /// The command writes a `.pcm` file.
    Output,
    /// The command writes a `.pcm` file, and the compiler can embed the sources.
    EmbeddedOutput,
    /// The command imports a `.pcm` file that no compilation by the launcher of this build folder has written.
    Foreign,
}

/// A part that is added to the key of the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPart {
    /// The processor model.
    Processor,
    /// The output of the compiler, as a hash.
    Identity,
    /// The paths of the checkout and the build folder.
    Checkout,
    /// The working directory and the command.
    Command,
    /// The working directory. In checkouts that share objects, its place in the checkout.
    Directory,
    /// The variables that change the object, and the description of the SDK.
    Target,
}

/// The action of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Run the compiler without the cache.
    Bypass,
    /// Add something to the key.
    Key(KeyPart),
    /// Add the content of the files to the key.
    ExtraFiles,
    /// Insert these options before all others.
    Options(&'static [&'static str]),
    /// Append a value to a list in the environment of the tool.
    Append {
        /// The variable.
        variable: &'static str,
        /// The value.
        value: &'static str,
    },
    /// Remove a variable from the environment of the tool.
    Unset(&'static str),
    /// Run the next compiler of the same name on PATH instead.
    Replace,
    /// Let the compiler write placeholders for the folders of the checkout, and replace them in the object that the build
    /// gets. Where that is not possible, add the path of the checkout to the key of sccache; that of ccache contains it.
    Placeholders,
}

/// A mistake of a tool, and what the launcher does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// The tools and the versions that need it.
    pub tools: &'static [Affected],
    /// The compilers that it applies to; empty for all.
    pub compilers: &'static [Family],
    /// Whether it is only needed if the tool removes the path of the checkout from its hash input.
    pub only_relocatable: bool,
    /// The condition for it to apply.
    pub condition: Condition,
    /// It does not apply if an argument matches one of these.
    pub unless: &'static [Pattern],
    /// Its action.
    pub action: Action,
    /// The reason for the rule: the mistake of the tool.
    pub why: &'static str,
    /// A clause for `doctor --why` about a compilation that the rule applies to.
    pub because: &'static str,
    /// The advice to the user.
    pub help: &'static str,
    /// The evidence: an issue, an experiment or a test.
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

    /// All parts of the rule that affect a compilation, as one line.
    pub(super) fn behaviour(&self) -> String {
        let conditions = (self.tools, self.compilers, self.only_relocatable, self.condition, self.unless);
        format!("{conditions:?} {:?}\n", self.action)
    }

    /// Whether any version of the tool needs it.
    #[must_use]
    pub fn is_for_any(&self, tool: Tool) -> bool {
        self.tools.iter().any(|affected| affected.tool == tool)
    }
}
