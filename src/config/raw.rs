//! The file as it is written. `shape` has checked the types by the JSON schema of these structs before they are read,
//! so reading them cannot fail; the doc comments are the descriptions that editors show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

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
    /// The generated presets.
    pub(super) presets: Option<Presets>,
    /// Variants of the build, by name. Each is merged key by key over the rest of the file (a list replaces) and
    /// becomes presets of its own.
    #[expect(dead_code, reason = "merged in the tree, before they are read; here for the schema")]
    pub(super) profiles: Option<BTreeMap<String, Option<Profile>>>,
    /// Where the generated files go.
    pub(super) output: Option<Output>,
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

/// Compilers, flags and target.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Toolchain {
    /// Another toolchain file to load first (vcpkg, Android, Emscripten, your own), relative to the project.
    pub(super) base: Option<String>,
    /// Compilers, by name or path. Default: CMake's choice.
    pub(super) compilers: Option<Compilers>,
    /// The linker. Default: the compiler's choice.
    pub(super) linker: Option<Linker>,
    /// The machine to build for. Default: the one that builds.
    pub(super) target: Option<Target>,
    /// Flags for all build types. Default: none.
    pub(super) flags: Option<Flags>,
}

/// A linker.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Linker {
    /// GNU ld
    Bfd,
    /// GNU gold
    Gold,
    /// LLVM's lld
    Lld,
    /// mold
    Mold,
}

/// Compilers, by name or path.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Compilers {
    /// The C compiler, such as clang.
    pub(super) c: Option<String>,
    /// The C++ compiler, such as clang++.
    pub(super) cxx: Option<String>,
    /// The Objective-C compiler.
    pub(super) objc: Option<String>,
    /// The Objective-C++ compiler.
    pub(super) objcxx: Option<String>,
    /// The CUDA compiler.
    pub(super) cuda: Option<String>,
    /// The HIP compiler.
    pub(super) hip: Option<String>,
}

/// Flags for all build types.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Flags {
    /// Flags for C.
    pub(super) c: Option<String>,
    /// Flags for C++.
    pub(super) cxx: Option<String>,
    /// Flags for Objective-C.
    pub(super) objc: Option<String>,
    /// Flags for Objective-C++.
    pub(super) objcxx: Option<String>,
    /// Flags for CUDA.
    pub(super) cuda: Option<String>,
    /// Flags for HIP.
    pub(super) hip: Option<String>,
    /// Flags for linking programs, shared libraries and modules.
    pub(super) linker: Option<String>,
}

/// The machine to build for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    /// `CMAKE_SYSTEM_NAME`, such as Linux, Windows, Darwin or Generic. Required.
    #[schemars(required)]
    pub(super) system: Option<String>,
    /// `CMAKE_SYSTEM_PROCESSOR`, such as aarch64.
    pub(super) processor: Option<String>,
    /// Target triple for compilers that take one (clang), such as aarch64-linux-gnu.
    pub(super) triple: Option<String>,
    /// Root folder of the target's headers and libraries, relative to the project unless absolute.
    pub(super) sysroot: Option<String>,
}

/// The generated presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Presets {
    /// CMake generator. Default Ninja.
    pub(super) generator: Option<String>,
    /// Build folder; may hold CMake's preset macros. Default `build/${presetName}`.
    pub(super) binary_dir: Option<String>,
    /// Build types, one preset each. Default `Debug`, `Release`, `RelWithDebInfo`.
    #[schemars(length(min = 1))]
    pub(super) build_types: Option<Vec<String>>,
    /// Text before every preset's name. Default: none.
    pub(super) prefix: Option<String>,
}

/// Where the generated files go, relative to the project.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Output {
    /// The toolchain file. Default `cmake/toolchain.cmake`.
    pub(super) toolchain: Option<String>,
    /// The CMake module that the toolchain file loads. Default `cmake/ToolchainKit.cmake`.
    pub(super) module: Option<String>,
    /// The presets file. Default `CMakePresets.json`.
    pub(super) presets: Option<String>,
}
