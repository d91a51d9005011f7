//! The file as it is written. `shape` has checked the types by the JSON schema of these structs before they are read,
//! so reading them cannot fail; the doc comments are the descriptions that editors show.

mod presets;
mod toolchain;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::presets::*;
pub(super) use self::toolchain::*;

/// Describes the builds of a CMake project and the compiler cache that they share.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "toolchainkit.yaml")]
pub(super) struct File {
    /// Version of this file format. Default 1.
    pub(super) version: Option<u32>,
    /// The project.
    pub(super) project: Option<Project>,
    /// The compiler cache.
    pub(super) cache: Option<Cache>,
    /// Compilers, flags and target. All optional: a native build sets nothing that it need not.
    pub(super) toolchain: Option<Toolchain>,
    /// Further toolchains, by name. Each is merged key by key over `toolchain` (a list replaces), and has a toolchain file
    /// and presets of its own.
    #[expect(dead_code, reason = "merged in the tree, before they are read; here for the schema")]
    pub(super) toolchains: Option<BTreeMap<String, Option<Toolchain>>>,
    /// The generated presets.
    pub(super) presets: Option<Presets>,
    /// Variants of the build, by name. Each is merged key by key over the rest of the file (a list replaces) and
    /// becomes presets of its own.
    #[expect(dead_code, reason = "merged in the tree, before they are read; here for the schema")]
    pub(super) profiles: Option<BTreeMap<String, Option<Profile>>>,
    /// Where the generated files go.
    pub(super) output: Option<Output>,
    /// Folder with templates of your own, relative to the project. One of them replaces the built-in template of the
    /// same path; it may extend it block by block. Default: none.
    pub(super) templates: Option<String>,
}

/// What differs from the rest of the file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    /// The compiler cache.
    pub(super) cache: Option<Cache>,
    /// Compilers, flags and target.
    pub(super) toolchain: Option<Toolchain>,
    /// The generated presets.
    pub(super) presets: Option<Presets>,
}

/// The project.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    /// Name of the project, and of its folder in the local cache. Default: the one that `project()` gives in CMake.
    pub(super) name: Option<String>,
}

/// The compiler cache.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Cache {
    /// Whether to use a compiler cache. Default true.
    pub(super) enabled: Option<bool>,
    /// The cache tool. Default auto: the first that is installed of those that can do what the file asks for.
    pub(super) tool: Option<Tool>,
    /// Limit of the local cache in GiB. Default 10.
    #[schemars(range(min = 1, max = 1_000_000), extend("x-unit" = "GiB"))]
    pub(super) size_gb: Option<u32>,
    /// Folder of the local cache, relative to the project unless absolute. Default: the user's cache folder.
    pub(super) dir: Option<String>,
    /// Oldest version of the tool to use, such as "0.15". Default: the oldest that can do what the file asks for.
    #[schemars(extend("type" = ["string", "number"]))]
    pub(super) min_version: Option<String>,
    /// Languages to cache. Default c, cxx, objc, objcxx.
    #[schemars(length(min = 1))]
    pub(super) languages: Option<Vec<Language>>,
    /// What to do when the cache cannot be used. Default fallback.
    pub(super) on_failure: Option<OnFailure>,
    /// Whether checkouts in different folders share hits. Default true.
    pub(super) relocatable: Option<bool>,
    /// Whether hits are found by the contents of headers, without the preprocessor: faster, but a new header that comes
    /// earlier in the search path is not seen. ccache; sccache only where `relocatable` is false. Default false.
    pub(super) direct_mode: Option<bool>,
    /// What `toolchainkit install` installs, and from where.
    pub(super) install: Option<Install>,
    /// The remote cache, or a list of them as tiers, fastest first. Default: none, a local cache.
    #[expect(dead_code, reason = "read from the tree by `remote`; here for the schema")]
    pub(super) remote: Option<Remotes>,
    /// Whether to do without a local copy of what the remote cache has. Default false.
    pub(super) remote_only: Option<bool>,
    /// Which of sccache's tiers must take an object for it to count as stored. Default all.
    pub(super) write_error_policy: Option<WriteErrorPolicy>,
}

/// Which tier must take an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum WriteErrorPolicy {
    /// Every tier; each must be there when the build is configured.
    All,
    /// The fastest tier.
    L0,
    /// None.
    Ignore,
}

/// What `toolchainkit install` installs, and from where.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Install {
    /// Version to install, such as "0.18.0". Default: the newest that this toolchainkit knows.
    #[schemars(extend("type" = ["string", "number"]))]
    pub(super) version: Option<String>,
    /// Server with the same paths as https://github.com, to download from. Default: https://github.com.
    pub(super) mirror: Option<String>,
    /// Whether to install nothing and use only what is there. Default false.
    pub(super) never: Option<bool>,
}

/// A remote cache or several. Which keys there are depends on the backend, so `remote` reads them from the tree.
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
pub(super) enum Tool {
    /// sccache
    Sccache,
    /// ccache
    Ccache,
    /// Whichever can do what the file asks for, sccache first.
    Auto,
}

/// What to do when the cache cannot be used.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum OnFailure {
    /// Use the local cache, or else none.
    Fallback,
    /// Stop configuring with an error.
    Fail,
}

/// A language that CMake can compile through a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    /// C
    C,
    /// C++
    Cxx,
    /// Objective-C
    ObjC,
    /// Objective-C++
    ObjCxx,
    /// CUDA
    Cuda,
    /// HIP; needs sccache
    Hip,
}

/// Where the generated files go, relative to the project.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    /// The toolchain file. Default `cmake/toolchain.cmake`; that of the toolchain `arm64` is `toolchain-arm64.cmake` beside it.
    pub(super) toolchain: Option<String>,
    /// The CMake module that the generated files load. Default `cmake/ToolchainKit.cmake`.
    pub(super) module: Option<String>,
    /// The presets file. Default `CMakePresets.json`.
    pub(super) presets: Option<String>,
}
