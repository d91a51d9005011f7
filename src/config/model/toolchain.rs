//! `toolchain:`, and each of `toolchains:`.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::caching::tool::Version;

/// A toolchain. CMake's defaults apply to members that are `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Toolchain {
    /// Another toolchain file to load first.
    pub base: Option<Expandable>,
    /// The compiler family, if it is known from the names of the compilers.
    pub family: Option<CompilerFamily>,
    /// The compilers, each with the arguments that select its compiler mode (`zig`, `cc`).
    pub compilers: Vec<(SourceLanguage, Vec<Expandable>)>,
    /// The other tools (archiver, `strip`, …), by their CMake variables.
    pub binutils: Vec<(&'static str, Expandable)>,
    /// The linker.
    pub linker: Option<Linker>,
    /// The machine to build for; `None` is a native build.
    pub target: Option<Target>,
    /// Language standards.
    pub standards: Vec<(SourceLanguage, u32)>,
    /// `standards.extensions`
    pub extensions: Option<bool>,
    /// Flags for all build types.
    pub flags: Flags,
    /// Further flags, by build type.
    pub build_type_flags: Vec<(String, Flags)>,
    /// Macros, as `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// `CMAKE_POSITION_INDEPENDENT_CODE`
    pub position_independent_code: Option<bool>,
    /// `CMAKE_INTERPROCEDURAL_OPTIMIZATION`
    pub lto: Option<Lto>,
    /// Sanitizers, in the order of the file.
    pub sanitizers: Vec<Sanitizer>,
    /// Default `false`.
    pub static_runtime: bool,
    /// `CMAKE_CROSSCOMPILING_EMULATOR`
    pub emulator: Vec<Expandable>,
    /// The kind of target that CMake's checks (`try_compile`) build. `None` keeps the setting of the base toolchain;
    /// without one, CMake builds an executable.
    pub try_compile: Option<TryCompile>,
    /// Further variables, by name.
    pub variables: Vec<(String, Variable)>,
    /// The systems that this toolchain runs on; empty for all.
    pub hosts: Vec<Host>,
}

/// A text in which CMake replaces `${NAME}` by the environment variable at configure time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expandable(String);

/// A segment of an [`Expandable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Literal text.
    Text(&'a str),
    /// The value of this environment variable.
    Variable(&'a str),
}

impl Expandable {
    /// Wraps the text. A `$` that does not start a `${NAME}` is literal.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether each `$` starts a `${NAME}`.
    #[must_use]
    pub fn has_no_literal_dollar(&self) -> bool {
        self.segments().all(|part| !matches!(part, Segment::Text(text) if text.contains('$')))
    }

    /// The text as written in the file.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its segments, in order.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let mut rest = self.0.as_str();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            if let Some((name, after)) = variable(rest) {
                rest = after;
                return Some(Segment::Variable(name));
            }
            let starts = rest.char_indices().map(|(byte, _)| byte).skip(1);
            let end = starts.into_iter().find(|&byte| variable(&rest[byte..]).is_some());
            let (text, after) = rest.split_at(end.unwrap_or(rest.len()));
            rest = after;
            Some(Segment::Text(text))
        })
    }

    /// The environment variables that it refers to.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments().filter_map(|part| match part {
            Segment::Variable(name) => Some(name),
            Segment::Text(_) => None,
        })
    }
}

/// The NAME of the `${NAME}` at the start of `text`, and the text after it.
fn variable(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.strip_prefix("${")?.split_once('}')?;
    let valid = !name.is_empty()
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    valid.then_some((name, after))
}

/// A language that CMake has a compiler for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceLanguage {
    /// `c`
    C,
    /// `cxx`
    Cxx,
    /// `objc`
    ObjC,
    /// `objcxx`
    ObjCxx,
    /// `cuda`
    Cuda,
    /// `hip`
    Hip,
    /// `asm`
    Asm,
    /// `fortran`
    Fortran,
}

impl SourceLanguage {
    /// Every language, in the order of the generated files.
    pub const ALL: [Self; 8] =
        [Self::C, Self::Cxx, Self::ObjC, Self::ObjCxx, Self::Cuda, Self::Hip, Self::Asm, Self::Fortran];
    /// The languages that a C compiler and its matching C++ compiler handle.
    pub const OF_C: [Self; 4] = [Self::C, Self::Cxx, Self::ObjC, Self::ObjCxx];

    /// CMake's name (`CXX`).
    #[must_use]
    pub const fn cmake_name(self) -> &'static str {
        const NAMES: [&str; 8] = ["C", "CXX", "OBJC", "OBJCXX", "CUDA", "HIP", "ASM", "Fortran"];
        NAMES[self as usize]
    }

    /// The name in YAML (`cxx`).
    #[must_use]
    pub fn key(self) -> String {
        self.cmake_name().to_ascii_lowercase()
    }

    /// The standards that CMake supports, each with the CMake version that introduced it (`prop_tgt/<LANG>_STANDARD` of
    /// the CMake 4.4 manual). The version is `None` if the oldest CMake that reads the generated files supports the
    /// standard. For CUDA it is the first version that has a flag for the standard: an older CMake accepts the number, and
    /// then fails with an error that does not mention the version.
    #[must_use]
    pub const fn standards(self) -> &'static [(u32, Option<Version>)] {
        const C: &[(u32, Option<Version>)] = &[
            (90, None),
            (99, None),
            (11, None),
            (17, Some(Version::new(3, 21, 0))),
            (23, Some(Version::new(3, 21, 0))),
        ];
        const CXX: &[(u32, Option<Version>)] = &[
            (98, None),
            (11, None),
            (14, None),
            (17, None),
            (20, None),
            (23, Some(Version::new(3, 20, 0))),
            (26, Some(Version::new(3, 25, 0))),
        ];
        const CUDA: &[(u32, Option<Version>)] = &[
            (98, None),
            (11, None),
            (14, None),
            (17, Some(Version::new(3, 18, 0))),
            (20, Some(Version::new(3, 18, 0))),
            (23, Some(Version::new(3, 20, 0))),
            (26, Some(Version::new(3, 25, 0))),
        ];
        match self {
            Self::C | Self::ObjC => C,
            Self::Cxx | Self::ObjCxx | Self::Hip => CXX,
            Self::Cuda => CUDA,
            Self::Asm | Self::Fortran => &[],
        }
    }
}

/// A compiler family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompilerFamily {
    /// GCC
    Gcc,
    /// Clang, with the command line of GCC
    Clang,
    /// Clang, with the command line of Visual C++
    ClangCl,
    /// Visual C++
    Msvc,
    /// `zig cc`
    Zig,
}

impl CompilerFamily {
    /// The name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gcc => "gcc",
            Self::Clang => "clang",
            Self::ClangCl => "clang-cl",
            Self::Msvc => "msvc",
            Self::Zig => "zig",
        }
    }
}

/// A linker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Linker {
    /// GNU ld
    Bfd,
    /// GNU gold
    Gold,
    /// LLVM's lld
    Lld,
    /// mold
    Mold,
}

impl Linker {
    /// The name in YAML and for `-fuse-ld=`; in upper case, the value of `CMAKE_LINKER_TYPE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bfd => "bfd",
            Self::Gold => "gold",
            Self::Lld => "lld",
            Self::Mold => "mold",
        }
    }
}

/// `toolchain.target:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `CMAKE_SYSTEM_NAME`
    pub system: String,
    /// `CMAKE_SYSTEM_VERSION`
    pub system_version: Option<String>,
    /// `CMAKE_SYSTEM_PROCESSOR`
    pub processor: Option<String>,
    /// `CMAKE_<LANG>_COMPILER_TARGET`
    pub triple: Option<String>,
    /// `CMAKE_SYSROOT`
    pub sysroot: Option<Expandable>,
    /// `CMAKE_STAGING_PREFIX`
    pub staging: Option<Expandable>,
    /// `CMAKE_ANDROID_ARCH_ABI` of Android.
    pub android_abi: Option<String>,
    /// `CMAKE_<LANG>_COMPILER_EXTERNAL_TOOLCHAIN`
    pub gcc_toolchain: Option<Expandable>,
    /// `CMAKE_FIND_ROOT_PATH`
    pub find_root_path: Vec<Expandable>,
    /// `CMAKE_FIND_ROOT_PATH_MODE_<KIND>`, by kind.
    pub find_root: Vec<(&'static str, &'static str)>,
}

/// Flags by language and kind of linking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flags {
    /// For the compilers.
    pub compile: Vec<(SourceLanguage, String)>,
    /// For linking, by the kinds of `CMAKE_<KIND>_LINKER_FLAGS`.
    pub link: Vec<(&'static str, String)>,
}

/// Link-time optimisation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Lto {
    /// For all build types or none.
    All(bool),
    /// For these build types.
    BuildTypes(Vec<String>),
}

/// A sanitizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Sanitizer {
    /// Memory errors
    Address,
    /// Memory errors, with hardware support (AArch64)
    Hwaddress,
    /// Memory leaks
    Leak,
    /// Uninitialised memory (clang only)
    Memory,
    /// Data races
    Thread,
    /// Undefined behaviour
    Undefined,
}

impl Sanitizer {
    /// The name in YAML and of `-fsanitize=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Hwaddress => "hwaddress",
            Self::Leak => "leak",
            Self::Memory => "memory",
            Self::Thread => "thread",
            Self::Undefined => "undefined",
        }
    }

    /// Whether one program can use both sanitizers. Each sanitizer except `undefined` has a run-time library that tracks
    /// all memory, so two of them conflict. The library of `address` contains `leak`.
    #[must_use]
    pub const fn is_compatible_with(self, other: Self) -> bool {
        use Sanitizer::{Address, Leak, Undefined};
        matches!((self, other), (Undefined, _) | (_, Undefined) | (Address, Leak) | (Leak, Address))
    }
}

/// The kind of target that CMake's checks (`try_compile`) build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TryCompile {
    /// A program.
    Executable,
    /// A static library.
    StaticLibrary,
}

/// One of `toolchain.variables`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// The type of the cache entry; `None` for a normal variable.
    pub kind: Option<VariableType>,
    /// Its value.
    pub value: Expandable,
}

/// The type of a cache entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum VariableType {
    /// ON or OFF
    Bool,
    /// Text
    String,
    /// A folder, relative to the project unless absolute
    Path,
    /// A file, relative to the project unless absolute
    FilePath,
}

impl VariableType {
    /// CMake's name for it, which is also its name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bool => "BOOL",
            Self::String => "STRING",
            Self::Path => "PATH",
            Self::FilePath => "FILEPATH",
        }
    }
}

/// A host system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Host {
    /// Linux
    Linux,
    /// macOS
    Darwin,
    /// Windows
    Windows,
}

impl Host {
    /// `CMAKE_HOST_SYSTEM_NAME`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::Darwin => "Darwin",
            Self::Windows => "Windows",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_variables_are_separated_from_text() {
        let parts = |text: &str| format!("{:?}", Expandable::new(text).segments().collect::<Vec<_>>());
        assert_eq!(parts("${A}/b${C_1}"), r#"[Variable("A"), Text("/b"), Variable("C_1")]"#);
        assert_eq!(parts("ä$O"), r#"[Text("ä$O")]"#);
        assert_eq!(parts(""), "[]");
        for text in ["$A", "a$", "${", "${}", "${1}", "${a b}", "$env{A}", "${A}$"] {
            assert!(!Expandable::new(text).has_no_literal_dollar(), "{text}");
        }
        assert!(Expandable::new("a${B}").has_no_literal_dollar());
    }
}
