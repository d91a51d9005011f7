//! The valid configuration: defaults applied, profiles merged, nothing left to check.

use camino::Utf8PathBuf;

pub use crate::caching::language::Language;
use crate::caching::remote::RemoteCacheConfig;
use crate::caching::tool::{Tool, Version};

/// A whole, valid `toolchainkit.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `project.name`; without it, CMake's name of the project counts, which is the same in every checkout.
    pub project: Option<String>,
    /// The settings without a profile first, then each profile in the order of the file. Never empty.
    pub variants: Vec<Variant>,
    /// Where the generated files go.
    pub output: Output,
}

/// One complete set of settings: the file's own, or a profile merged over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The profile's name; `None` for the settings without a profile.
    pub profile: Option<String>,
    /// `cache:`
    pub cache: Cache,
    /// `toolchain:`
    pub toolchain: Toolchain,
    /// `presets:`
    pub presets: Presets,
}

/// `cache:`
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// Default `true`.
    pub enabled: bool,
    /// The tools that may be used, best first; never empty. One element where `tool` names one, otherwise all that can
    /// serve the backend.
    pub tools: Vec<Tool>,
    /// `size_gb`: the limit of the local cache in GiB. Default 10.
    pub size_gb: u32,
    /// `dir`: the local cache; `None` is the user's cache folder. A relative path is relative to the project.
    pub dir: Option<Utf8PathBuf>,
    /// `min_version`: an older tool is not used.
    pub min_version: Option<Version>,
    /// Default C, CXX, OBJC, OBJCXX.
    pub languages: Vec<Language>,
    /// Default [`OnFailure::Fallback`].
    pub on_failure: OnFailure,
    /// Hits across checkouts by base directories. Default `true`.
    pub relocatable: bool,
    /// `install`: what `toolchainkit install` does.
    pub install: Install,
    /// The remote tiers, fastest first; empty for a local cache.
    pub remote: Vec<RemoteCacheConfig>,
    /// No local copy of what the remote has. Default `false`.
    pub remote_only: bool,
    /// When sccache counts a write as failed. Default [`WriteErrorPolicy::All`].
    pub write_error_policy: WriteErrorPolicy,
}

/// `cache.write_error_policy`: which tier must take an object, for sccache to count it as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriteErrorPolicy {
    /// Every tier, each of which must be there when the daemon starts (the default).
    #[default]
    All,
    /// The fastest.
    L0,
    /// None.
    Ignore,
}

impl WriteErrorPolicy {
    /// sccache's word, which is also the one in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::L0 => "l0",
            Self::Ignore => "ignore",
        }
    }
}

/// `cache.install:`
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Install {
    /// The version to install; `None` is the newest that is known.
    pub version: Option<Version>,
    /// The server to download from; `None` is that of the projects.
    pub mirror: Option<String>,
    /// Install nothing. Default `false`.
    pub never: bool,
}

/// What happens when the cache cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFailure {
    /// The local cache, else none (the default).
    #[default]
    Fallback,
    /// Configuring stops with an error.
    Fail,
}

/// `toolchain:`; what is `None` or empty is left to CMake.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Toolchain {
    /// Another toolchain file to load first, relative to the project.
    pub base: Option<Utf8PathBuf>,
    /// Compilers by language, in the order C, CXX, …
    pub compilers: Vec<(Language, String)>,
    /// The linker by name: `bfd`, `gold`, `lld`, `mold`.
    pub linker: Option<String>,
    /// The machine to build for; `None` is a native build.
    pub target: Option<Target>,
    /// Compiler flags by language.
    pub flags: Vec<(Language, String)>,
    /// `flags.linker`
    pub linker_flags: Option<String>,
}

/// `toolchain.target:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// `CMAKE_SYSTEM_NAME`
    pub system: String,
    /// `CMAKE_SYSTEM_PROCESSOR`
    pub processor: Option<String>,
    /// `CMAKE_<LANG>_COMPILER_TARGET`
    pub triple: Option<String>,
    /// `CMAKE_SYSROOT`; relative to the project unless absolute
    pub sysroot: Option<Utf8PathBuf>,
}

/// `presets:`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presets {
    /// Default `Ninja`.
    pub generator: String,
    /// Default `build/${presetName}`; CMake's preset macros are kept.
    pub binary_dir: String,
    /// Default Debug, Release, RelWithDebInfo. Never empty.
    pub build_types: Vec<String>,
    /// Goes before every preset's name. Default empty.
    pub prefix: String,
}

/// `output:`; all relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Default `cmake/toolchain.cmake`.
    pub toolchain: Utf8PathBuf,
    /// Default `cmake/ToolchainKit.cmake`.
    pub module: Utf8PathBuf,
    /// Default `CMakePresets.json`.
    pub presets: Utf8PathBuf,
}

impl Output {
    /// Where the settings of the cache go: beside the toolchain that includes them.
    #[must_use]
    pub fn cache(&self) -> Utf8PathBuf {
        self.toolchain.with_file_name("toolchainkit-cache.cmake")
    }
}
