//! The valid configuration: defaults applied, profiles merged, nothing left to check.

mod presets;
mod toolchain;

use camino::Utf8PathBuf;

pub use self::presets::*;
pub use self::toolchain::*;
pub use crate::caching::language::Language;
use crate::caching::remote::RemoteFields;
use crate::caching::tool::{Tool, Version};

/// A whole, valid `toolchainkit.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `project.name`; without it, CMake's name of the project counts, which is the same in every checkout.
    pub project: Option<String>,
    /// The settings without a profile first, then each profile in the order of the file. Never empty.
    pub variants: Vec<Variant>,
    /// `toolchains`: their names, in the order of the file.
    pub toolchains: Vec<String>,
    /// `presets.cmake_minimum`: the oldest CMake that reads the presets.
    pub cmake_minimum: Option<Version>,
    /// `presets.matrix`
    pub matrix: Matrix,
    /// `templates`: the folder of the user's own templates, relative to the project.
    pub templates: Option<Utf8PathBuf>,
    /// Where the generated files go.
    pub output: Output,
}

impl Config {
    /// What of the presets needs a newer CMake than 3.21, and which.
    #[must_use]
    pub fn presets_need(&self) -> Vec<(String, Version)> {
        let mut needs = Vec::new();
        if self.output.presets != Output::OWN_PRESETS {
            needs.push((format!("including `{}`", self.output.presets), Version::new(3, 23, 0)));
        }
        for presets in self.variants.iter().map(|variant| &variant.presets) {
            let kinds = presets.kinds.iter().flatten();
            let newer = kinds.filter(|kind| matches!(kind, PresetKind::Package | PresetKind::Workflow));
            needs.extend(
                newer.map(|kind| (format!("presets of the kind {}", kind.name()), Version::new(3, 25, 0))),
            );
            if presets.junit.is_some() {
                needs.push(("`presets.output.junit`".to_owned(), Version::new(3, 25, 0)));
            }
        }
        needs
    }
}

/// One complete set of settings: the file's own, or a profile merged over it.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The profile's name; `None` for the settings without a profile.
    pub profile: Option<String>,
    /// `cache:`
    pub cache: Cache,
    /// `toolchain:`, then those of `toolchains:` in the order of [`Config::toolchains`]. Never empty.
    pub toolchains: Vec<Toolchain>,
    /// `presets:`
    pub presets: Presets,
}

impl Variant {
    /// The name of the preset for this build type and toolchain; `None` is `toolchain` itself.
    #[must_use]
    pub fn preset_name(&self, toolchain: Option<&str>, build_type: &str) -> String {
        let words = self.profile.as_deref().into_iter().chain(toolchain);
        let build_type = build_type.to_ascii_lowercase();
        let words = words.chain([build_type.as_str()]).collect::<Vec<_>>();
        format!("{}{}", self.presets.prefix, words.join("-"))
    }
}

/// `cache:`
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the YAML, independent of each other")]
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
    /// `direct_mode`: hits without the preprocessor, which do not see a header that is new in the search path. Default `false`.
    pub direct_mode: bool,
    /// `install`: what `toolchainkit install` does.
    pub install: Install,
    /// The remote tiers, fastest first; empty for a local cache.
    pub remote: Vec<RemoteFields>,
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

    /// A presets file of this name is read by CMake itself; any other has to be included by one.
    pub const OWN_PRESETS: &str = "CMakePresets.json";

    /// The file of the toolchain of this name; `None` is `toolchain` itself.
    #[must_use]
    pub fn toolchain_of(&self, name: Option<&str>) -> Utf8PathBuf {
        let stem = self.toolchain.file_stem().unwrap_or("toolchain");
        name.map_or_else(
            || self.toolchain.clone(),
            |name| self.toolchain.with_file_name(format!("{stem}-{name}.cmake")),
        )
    }
}
