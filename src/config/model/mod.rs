//! The valid configuration: defaults are applied, profiles are merged, and all checks are done.
//!
//! The enums are also those of `raw`: serde reads them from the file, and editors show their doc comments.

mod check;
mod defaults;
mod distribute;
mod presets;
mod toolchain;

use camino::{Utf8Path, Utf8PathBuf};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::distribute::*;
pub use self::presets::*;
pub use self::toolchain::*;
pub use crate::caching::language::Language;
use crate::caching::remote::RemoteFields;
use crate::caching::tool::{Tool, Version};

/// A valid `toolchainkit.yaml`.
///
/// A program can also fill the structs itself, without YAML. Their defaults are those of an empty file, and
/// [`Config::check`] finds what [`super::load`] would reject.
///
/// ```
/// use toolchainkit::caching::remote::{RemoteCacheConfig, RemoteFields};
/// use toolchainkit::caching::secret::Credential;
/// use toolchainkit::caching::tool::Tool;
/// use toolchainkit::config::model::{Cache, Config, Presets, Variant};
/// use toolchainkit::output::FileKind;
/// use toolchainkit::plan::Plan;
///
/// let remote = RemoteCacheConfig {
///     bucket: Some("team-cache".into()),
///     region: Some("eu-central-1".into()),
///     // The names of the variables that hold the credentials: no generated file contains a secret.
///     credentials: [("access_key", "CACHE_KEY"), ("secret_key", "CACHE_SECRET")]
///         .map(|(name, variable)| (name.into(), Credential::Variable(variable.into())))
///         .into(),
///     ..RemoteCacheConfig::new("s3")
/// };
/// let config = Config {
///     variants: vec![Variant {
///         cache: Cache {
///             tools: vec![Tool::Sccache],
///             size_gb: 20,
///             is_size_set: true,
///             remote: vec![RemoteFields::from(&remote)],
///             ..Cache::default()
///         },
///         presets: Presets { build_types: vec!["Release".into()], ..Presets::default() },
///         ..Variant::default()
///     }],
///     ..Config::default()
/// };
/// assert_eq!(config.check(), []);
///
/// let files = toolchainkit::render::render(&Plan::build(&config)).unwrap();
/// assert!(files.get(FileKind::Cache).unwrap().text.contains("SCCACHE_BUCKET=team-cache"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// `project.name`; if unset, CMake's project name is used, which is the same in every checkout.
    pub project: Option<String>,
    /// The settings without a profile first, then each profile in the order of the file. Never empty.
    pub variants: Vec<Variant>,
    /// `toolchains`: their names, in the order of the file.
    pub toolchains: Vec<String>,
    /// `presets.cmake_minimum`: the oldest CMake that reads the presets.
    pub cmake_minimum: Option<Version>,
    /// `presets.matrix`
    pub matrix: Matrix,
    /// `templates`: the folder of the user's templates, relative to the project.
    pub templates: Option<Utf8PathBuf>,
    /// The paths of the generated files.
    pub output: Output,
}

impl Config {
    /// The features of the presets that need a newer CMake than 3.21, each with the version.
    #[must_use]
    pub fn presets_need(&self) -> Vec<(String, Version)> {
        let mut needs = Vec::new();
        if let Some(path) = self.output.presets.as_ref().filter(|path| *path != Output::OWN_PRESETS) {
            needs.push((format!("including `{path}`"), Version::new(3, 23, 0)));
        }
        for presets in self.variants.iter().map(|variant| &variant.presets) {
            let kinds = presets.kinds.iter().flatten();
            let newer = kinds.filter(|kind| matches!(kind, PresetKind::Package | PresetKind::Workflow));
            needs.extend(
                newer.map(|kind| (format!("the preset kind `{}`", kind.name()), Version::new(3, 25, 0))),
            );
            if presets.junit.is_some() {
                needs.push(("`presets.output.junit`".to_owned(), Version::new(3, 25, 0)));
            }
        }
        needs
    }
}

/// One complete set of settings: those outside profiles, or a profile merged over them.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The profile's name; `None` for the settings without a profile.
    pub profile: Option<String>,
    /// `cache:`
    pub cache: Cache,
    /// `distribute:`; `None` to compile on this machine only.
    pub distribute: Option<Distribute>,
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
#[expect(clippy::struct_excessive_bools, reason = "independent settings of the file")]
pub struct Cache {
    /// Default `true`.
    pub enabled: bool,
    /// The tools that may be used, preferred first; never empty. Contains only `tool` if it is set, otherwise all tools
    /// that support the settings.
    pub tools: Vec<Tool>,
    /// `size_gb`: the limit of the local cache in GiB. Default 10.
    pub size_gb: u32,
    /// Whether the file sets `size_gb`. If not, the size that the user has set for the tool counts.
    pub is_size_set: bool,
    /// `dir`: the local cache; `None` is the user's cache folder. A relative path is relative to the project.
    pub dir: Option<Utf8PathBuf>,
    /// `shared`: who uses the folder of the local cache. Default [`Shared::Project`].
    pub shared: Shared,
    /// `min_version`: an older tool is not used.
    pub min_version: Option<Version>,
    /// Default C, CXX, OBJC, OBJCXX.
    pub languages: Vec<Language>,
    /// Default [`OnFailure::Fallback`].
    pub on_failure: OnFailure,
    /// Whether checkouts in different folders share hits. Default `true`.
    pub relocatable: bool,
    /// `base_dirs`: further folders whose paths differ between machines.
    pub base_dirs: Vec<String>,
    /// `direct_mode`: hits without running the preprocessor. Default [`DirectMode::Auto`].
    pub direct_mode: DirectMode,
    /// `install`: settings for `toolchainkit install`.
    pub install: Install,
    /// The remote tiers, fastest first; empty for a local cache.
    pub remote: Vec<RemoteFields>,
    /// Whether the tool keeps no local copies of objects from the remote cache. Default `false`.
    pub remote_only: bool,
    /// The tiers that must store an object for a write of sccache to succeed. Default [`WriteErrorPolicy::All`].
    pub write_error_policy: WriteErrorPolicy,
}

/// Who uses the folder of the local cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shared {
    /// The checkouts of this project. Each project has its own folder and its own limit.
    #[default]
    Project,
    /// All projects of this user that have this value. They have one folder and one limit.
    User,
    /// All users who may write to the folder `dir`, a group (ccache only).
    Group,
}

impl Shared {
    /// The value of the CMake function's argument, which is also the name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::User => "user",
            Self::Group => "group",
        }
    }
}

/// The tiers that must store an object for a write to succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WriteErrorPolicy {
    /// Every tier; each must be reachable at configure time.
    #[default]
    All,
    /// The fastest tier.
    L0,
    /// No tier.
    Ignore,
}

impl WriteErrorPolicy {
    /// sccache's name for it, which is also its name in YAML.
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
    /// The version to install; `None` is the newest known one.
    pub version: Option<Version>,
    /// The download server; `None` is the server of the tools' releases.
    pub mirror: Option<String>,
    /// Whether to install nothing, and use only installed tools. Default `false`.
    pub never: bool,
}

/// Whether hits are looked up without running the preprocessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DirectMode {
    /// For each compilation whose include folders `toolchainkit-launch` knows (the default).
    #[default]
    Auto,
    /// For all compilations, unguarded: the tool does not notice a new header earlier in the search path.
    On,
    /// For no compilation.
    Off,
}

impl DirectMode {
    /// The value of the CMake function's argument.
    #[must_use]
    pub const fn cmake_value(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::On => "ON",
            Self::Off => "OFF",
        }
    }
}

/// The reaction to a cache that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Use the local cache; if that fails, too, build without a cache.
    #[default]
    Fallback,
    /// As `fallback`; in GitHub Actions, GitLab CI and Azure Pipelines, also write an annotation into the log.
    Warn,
    /// As `fail` in a CI, where the variable `CI` is set, and as `fallback` elsewhere.
    Strict,
    /// Stop configuring with an error.
    Fail,
}

impl OnFailure {
    /// The value of the CMake function's argument, which is also the name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Warn => "warn",
            Self::Strict => "strict",
            Self::Fail => "fail",
        }
    }
}

/// `output:`; all relative to the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Default `cmake/toolchain.cmake`.
    pub toolchain: Utf8PathBuf,
    /// Default `cmake/ToolchainKit.cmake`.
    pub module: Utf8PathBuf,
    /// Default `CMakePresets.json`; `None` to write no presets.
    pub presets: Option<Utf8PathBuf>,
}

impl Output {
    /// The file with the cache settings, in the folder of the toolchain file that includes it.
    #[must_use]
    pub fn cache(&self) -> Utf8PathBuf {
        beside(&self.toolchain, "toolchainkit-cache.cmake")
    }

    /// The name of the presets file that CMake reads. A file of another name must be included from it.
    pub const OWN_PRESETS: &str = "CMakePresets.json";

    /// The toolchain file for this toolchain; `None` is `toolchain` itself.
    #[must_use]
    pub fn toolchain_of(&self, name: Option<&str>) -> Utf8PathBuf {
        let stem = self.toolchain.file_stem().unwrap_or("toolchain");
        name.map_or_else(
            || self.toolchain.clone(),
            |name| beside(&self.toolchain, &format!("{stem}-{name}.cmake")),
        )
    }
}

/// The file `name` in the folder of `path`. The separator is a slash on every system, because the generated files contain it.
fn beside(path: &Utf8Path, name: &str) -> Utf8PathBuf {
    let path = if cfg!(windows) { path.as_str().replace('\\', "/") } else { path.to_string() };
    path.rsplit_once('/').map_or_else(|| name.into(), |(folder, _)| format!("{folder}/{name}").into())
}
