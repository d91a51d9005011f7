//! `presets:`

use schemars::JsonSchema;
use serde::Deserialize;

/// The generated presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Presets {
    /// CMake generator. Default Ninja.
    pub(in crate::config) generator: Option<String>,
    /// Build folder; may hold CMake's preset macros. Default `build/${presetName}`.
    pub(in crate::config) binary_dir: Option<String>,
    /// Build types, one preset each. Default `Debug`, `Release`, `RelWithDebInfo`.
    #[schemars(length(min = 1))]
    pub(in crate::config) build_types: Option<Vec<String>>,
    /// Text before every preset's name. Default: none.
    pub(in crate::config) prefix: Option<String>,
    /// Oldest CMake that reads the presets, such as "3.25", from which the version of their format follows; not in a
    /// profile. Default: the oldest that can do what the file asks for, at least 3.21.
    #[schemars(extend("type" = ["string", "number"]))]
    pub(in crate::config) cmake_minimum: Option<String>,
    /// Kinds of presets. Default configure, build, test, and workflow if `cmake_minimum` is 3.25 or more.
    #[schemars(length(min = 1))]
    pub(in crate::config) kinds: Option<Vec<PresetKind>>,
    /// Number of jobs that build, and of tests that run, at a time. Default: the tool's choice.
    #[schemars(range(min = 1, max = 4096))]
    pub(in crate::config) jobs: Option<u32>,
    /// What tests print.
    pub(in crate::config) output: Option<TestOutput>,
    /// Generators of CPack for package presets, such as TGZ. Default: the project's.
    pub(in crate::config) package_generators: Option<Vec<String>>,
    /// Which toolchains, profiles and build types go together; not in a profile. Default: all.
    pub(in crate::config) matrix: Option<Matrix>,
}

/// A kind of presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum PresetKind {
    /// `cmake --preset`
    Configure,
    /// `cmake --build --preset`
    Build,
    /// `ctest --preset`
    Test,
    /// `cpack --preset`, from CMake 3.25; the project has to include CPack
    Package,
    /// `cmake --workflow --preset`, from CMake 3.25: the other kinds one after the other
    Workflow,
}

/// What tests print.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TestOutput {
    /// Whether to show what a failed test printed. Default true.
    pub(in crate::config) on_failure: Option<bool>,
    /// How much to print. Default default.
    pub(in crate::config) verbosity: Option<Verbosity>,
    /// File for the results in JUnit's format, in the build folder unless absolute; may hold CMake's preset macros; from
    /// CMake 3.25.
    pub(in crate::config) junit: Option<String>,
}

/// How much tests print.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum Verbosity {
    /// A line for each test
    Default,
    /// What tests print
    Verbose,
    /// And all that ctest does
    Extra,
}

/// Which toolchains, profiles and build types go together.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Matrix {
    /// The combinations to have. Default: all.
    pub(in crate::config) include: Option<Vec<Cell>>,
    /// Those of them to leave out. Default: none.
    pub(in crate::config) exclude: Option<Vec<Cell>>,
}

/// All combinations with one of each; a key that is left out stands for any. `default` is what has no name: `toolchain`
/// itself, and the settings without a profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Cell {
    /// Name of a toolchain, or several.
    pub(in crate::config) toolchain: Option<OneOrMore>,
    /// Name of a profile, or several.
    pub(in crate::config) profile: Option<OneOrMore>,
    /// Build type, or several.
    pub(in crate::config) build_type: Option<OneOrMore>,
}

/// One name or several.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum OneOrMore {
    /// One.
    One(String),
    /// Several.
    More(Vec<String>),
}
