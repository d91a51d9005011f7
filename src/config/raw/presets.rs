//! `presets:`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::model::{PresetKind, Verbosity};

/// The generated presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Presets {
    /// CMake generator. Default Ninja.
    pub(in crate::config) generator: Option<String>,
    /// Build folder; may contain CMake's preset macros. Default `build/${presetName}`.
    pub(in crate::config) binary_dir: Option<String>,
    /// Build types, one preset each. Default `Debug`, `Release`, `RelWithDebInfo`.
    #[schemars(length(min = 1))]
    pub(in crate::config) build_types: Option<Vec<String>>,
    /// Prefix for every preset's name. Default: none.
    pub(in crate::config) prefix: Option<String>,
    /// Oldest CMake that must read the presets, such as "3.25". It determines the format version of the presets file.
    /// Not in a profile. Default: the oldest that supports the settings of this file, at least 3.21.
    #[schemars(extend("type" = ["string", "number"]))]
    pub(in crate::config) cmake_minimum: Option<String>,
    /// Kinds of presets. Default configure, build, test, and also workflow if `cmake_minimum` is 3.25 or newer.
    #[schemars(length(min = 1))]
    pub(in crate::config) kinds: Option<Vec<PresetKind>>,
    /// Number of parallel build jobs and tests. Default: the tool's own default.
    #[schemars(range(min = 1, max = 4096))]
    pub(in crate::config) jobs: Option<u32>,
    /// The output of tests.
    pub(in crate::config) output: Option<TestOutput>,
    /// CPack generators for package presets, such as TGZ. Default: the project's.
    pub(in crate::config) package_generators: Option<Vec<String>>,
    /// The combinations of toolchains, profiles and build types that have presets. Not in a profile. Default: all.
    pub(in crate::config) matrix: Option<Matrix>,
}

/// The output of tests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct TestOutput {
    /// Whether to show the output of failed tests. Default true.
    pub(in crate::config) on_failure: Option<bool>,
    /// The verbosity of ctest. Default default.
    pub(in crate::config) verbosity: Option<Verbosity>,
    /// File for the test results in JUnit format, relative to the build folder unless absolute. May contain CMake's
    /// preset macros. Needs CMake 3.25.
    pub(in crate::config) junit: Option<String>,
}

/// The combinations of toolchains, profiles and build types that have presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Matrix {
    /// The combinations with presets. Default: all.
    pub(in crate::config) include: Option<Vec<Cell>>,
    /// The combinations without presets. Default: none.
    pub(in crate::config) exclude: Option<Vec<Cell>>,
}

/// All combinations of the listed values; a missing key matches any value. `default` is the name of `toolchain`
/// itself, and of the settings without a profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct Cell {
    /// One or more names of toolchains.
    pub(in crate::config) toolchain: Option<OneOrMore>,
    /// One or more names of profiles.
    pub(in crate::config) profile: Option<OneOrMore>,
    /// One or more build types.
    pub(in crate::config) build_type: Option<OneOrMore>,
}

/// One or more names.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum OneOrMore {
    /// One name.
    One(String),
    /// Several names.
    More(Vec<String>),
}
