//! The structure of the file. `shape` checks the types against the JSON schema of these structs before serde reads them, so
//! reading cannot fail. Editors show the doc comments as descriptions. Enums whose values need no validation are defined in
//! the model.

mod distribute;
mod presets;
mod toolchain;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::distribute::*;
pub(super) use self::presets::*;
pub(super) use self::toolchain::*;
use super::model::{Language, OnFailure, Shared, WriteErrorPolicy};
use crate::caching::tool::limits::LARGEST_SIZE_GB;

/// The builds of a CMake project and the compiler cache that they share.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "toolchainkit.yaml")]
pub(super) struct File {
    /// Version of this file format. Default 1.
    pub(super) version: Option<u32>,
    /// toolchainkit itself.
    #[expect(dead_code, reason = "checked in the tree before anything else; declared for the schema")]
    pub(super) toolchainkit: Option<Toolchainkit>,
    /// The project.
    pub(super) project: Option<Project>,
    /// The compiler cache.
    pub(super) cache: Option<Cache>,
    /// Compilation on other machines. Default: none, all compilations run here.
    pub(super) distribute: Option<Distribute>,
    /// Compilers, flags and target. Everything is optional: unset values use CMake's defaults.
    pub(super) toolchain: Option<Toolchain>,
    /// Further toolchains, by name. Each is merged key by key over `toolchain`; a list replaces the whole list. Each has
    /// its own toolchain file and presets.
    #[expect(dead_code, reason = "merged in the tree before serde reads it; declared for the schema")]
    #[schemars(extend("examples" = [{ "arm64": { "target": { "system": "Linux", "processor": "aarch64" } } }]))]
    pub(super) toolchains: Option<BTreeMap<String, Option<Toolchain>>>,
    /// The generated presets.
    pub(super) presets: Option<Presets>,
    /// Variants of the build, by name. Each is merged key by key over the rest of the file; a list replaces the whole
    /// list. Each has its own presets.
    #[expect(dead_code, reason = "merged in the tree before serde reads it; declared for the schema")]
    #[schemars(extend("examples" = [{ "ci": { "cache": { "remote": { "access": "read-only" } } } }]))]
    pub(super) profiles: Option<BTreeMap<String, Option<Profile>>>,
    /// The paths of the generated files.
    pub(super) output: Option<Output>,
    /// Folder with your own templates, relative to the project. Each template replaces the built-in one of the same path,
    /// or extends it block by block. Default: none.
    #[schemars(extend("examples" = ["cmake/templates"]))]
    pub(super) templates: Option<String>,
}

/// toolchainkit itself.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "required_version": ">=0.1, <0.2" }]))]
pub(super) struct Toolchainkit {
    /// The versions of toolchainkit that may be used, in the syntax of Cargo: ">=0.1, <0.3", "=0.1.2", "~0.1". Another version
    /// refuses to run, and writes no other bytes. Default: every version.
    #[schemars(extend("type" = ["string", "number"], "examples" = [">=0.1, <0.2", "=0.1.0"]))]
    #[expect(dead_code, reason = "checked in the tree before anything else; declared for the schema")]
    pub(super) required_version: Option<String>,
}

/// The settings that this profile overrides.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "cache": { "remote": { "access": "read-only" } } }]))]
pub(super) struct Profile {
    /// The compiler cache.
    pub(super) cache: Option<Cache>,
    /// Compilation on other machines.
    pub(super) distribute: Option<Distribute>,
    /// Compilers, flags and target.
    pub(super) toolchain: Option<Toolchain>,
    /// The generated presets.
    pub(super) presets: Option<Presets>,
}

/// The project.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "name": "demo" }]))]
pub(super) struct Project {
    /// Name of the project, and of its folder in the local cache. Default: the name in CMake's `project()`.
    #[schemars(extend("examples" = ["demo"]))]
    pub(super) name: Option<String>,
}

/// The compiler cache.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "tool": "sccache", "size_gb": 20 }]))]
pub(super) struct Cache {
    /// Whether to use a compiler cache. Default true.
    pub(super) enabled: Option<bool>,
    /// The cache tool. Default auto: the first installed tool that supports the settings of this file.
    pub(super) tool: Option<ToolChoice>,
    /// Limit of the local cache in GiB. Default: the user's setting for the tool (CCACHE_MAXSIZE, SCCACHE_CACHE_SIZE, or its
    /// configuration file), otherwise 10.
    #[schemars(range(min = 1, max = LARGEST_SIZE_GB), extend("x-unit" = "GiB", "examples" = [10]))]
    pub(super) size_gb: Option<u32>,
    /// Folder of the local cache, relative to the project unless absolute. `~` and variables such as $HOME are not expanded,
    /// because the file is the same on all machines. Default: the user's setting for the tool (CCACHE_DIR, SCCACHE_DIR, or its
    /// configuration file), otherwise the user's cache folder.
    #[schemars(extend("examples" = ["/var/cache/builds", ".cache/builds"]))]
    pub(super) dir: Option<String>,
    /// Who uses the folder of the local cache. project: the checkouts of this project. user: all projects of this user with
    /// this value; they have one limit. group: all users who may write to `dir` (ccache only). Default project.
    pub(super) shared: Option<Shared>,
    /// Oldest version of the tool to use, such as "0.15". Default: the oldest that supports the settings of this file.
    #[schemars(extend("type" = ["string", "number"]))]
    #[schemars(extend("examples" = ["0.15"]))]
    pub(super) min_version: Option<String>,
    /// Languages to cache. Default c, cxx, objc, objcxx.
    #[schemars(length(min = 1))]
    #[schemars(extend("examples" = [["c", "cxx"]]))]
    pub(super) languages: Option<Vec<Language>>,
    /// The reaction to a cache that cannot be used. fallback: use the local cache, or no cache. warn: also write an annotation
    /// into the log of a CI. strict: stop with an error in a CI. fail: stop with an error. Default fallback.
    pub(super) on_failure: Option<OnFailure>,
    /// Whether checkouts in different folders share hits. Default true.
    pub(super) relocatable: Option<bool>,
    /// Further folders whose paths differ between machines, such as `~/.conan2/p`, `${CPM_SOURCE_CACHE}` or an install prefix:
    /// sources that include files below them share hits, too. May begin with `~`, and contain `${NAME}` for an environment
    /// variable; a relative path is relative to the project. The order is the same on all machines. Python and conda environments
    /// on PATH need not be listed.
    #[schemars(length(max = 16), extend("examples" = [["~/.conan2/p", "${CPM_SOURCE_CACHE}"]]))]
    pub(super) base_dirs: Option<Vec<String>>,
    /// Whether hits are found by the contents of headers. This is faster, because the preprocessor does not run. Default
    /// auto.
    pub(super) direct_mode: Option<DirectMode>,
    /// The version that `toolchainkit install` installs, and its download server.
    pub(super) install: Option<Install>,
    /// The remote cache, or a list of remote caches as tiers, fastest first. Default: none, only a local cache.
    #[expect(dead_code, reason = "`remote` reads it from the tree; declared for the schema")]
    pub(super) remote: Option<Remotes>,
    /// Whether to keep no local copies of objects from the remote cache. Default false.
    pub(super) remote_only: Option<bool>,
    /// The tiers that must store an object for a write of sccache to succeed. Default all.
    pub(super) write_error_policy: Option<WriteErrorPolicy>,
}

/// The version that `toolchainkit install` installs, and its download server.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "version": "0.18.0" }]))]
pub(super) struct Install {
    /// Version to install, such as "0.18.0". Default: the newest version known to this toolchainkit.
    #[schemars(extend("type" = ["string", "number"]))]
    #[schemars(extend("examples" = ["0.18.0"]))]
    pub(super) version: Option<String>,
    /// Download server, with the same paths as https://github.com. Default: https://github.com.
    #[schemars(extend("examples" = ["https://mirror.example/github"]))]
    pub(super) mirror: Option<String>,
    /// Whether to install nothing and use only installed tools. Default false.
    pub(super) never: Option<bool>,
}

/// One or more remote caches. The valid keys depend on the backend, so `remote` reads them from the tree.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "serde::de::IgnoredAny")]
pub(super) struct Remotes;

impl From<serde::de::IgnoredAny> for Remotes {
    fn from(_: serde::de::IgnoredAny) -> Self {
        Self
    }
}

/// A cache tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Tool")]
pub(super) enum ToolChoice {
    /// sccache
    Sccache,
    /// ccache
    Ccache,
    /// The first installed tool that supports the settings of this file; sccache is preferred.
    Auto,
}

/// Whether hits are found without running the preprocessor.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum DirectMode {
    /// auto: for each compilation whose search path `toolchainkit-launch` knows. New headers are detected.
    Auto(Auto),
    /// false: never. true: the direct mode of the tool itself, which does not detect a new header earlier in the search
    /// path; sccache supports it only if `relocatable` is false.
    Fixed(bool),
}

/// The value auto.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Auto {
    /// toolchainkit decides for each compilation.
    Auto,
}

/// The paths of the generated files, relative to the project.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "presets": "cmake/toolchainkit-presets.json" }]))]
pub(super) struct Output {
    /// The toolchain file. Default `cmake/toolchain.cmake`. The file of the toolchain `arm64` is
    /// `toolchain-arm64.cmake` in the same folder.
    #[schemars(extend("examples" = ["cmake/toolchain.cmake"]))]
    pub(super) toolchain: Option<String>,
    /// The CMake module that the generated files load. Default `cmake/ToolchainKit.cmake`.
    #[schemars(extend("examples" = ["cmake/ToolchainKit.cmake"]))]
    pub(super) module: Option<String>,
    /// The presets file, or none. Default `CMakePresets.json`. A file of another name has to be included by your
    /// `CMakePresets.json`.
    #[schemars(extend("examples" = ["CMakePresets.json", "cmake/toolchainkit-presets.json"]))]
    pub(super) presets: Option<String>,
}
