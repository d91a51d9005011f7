//! `presets:`

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::model::{GENERATORS, PresetKind, Verbosity};

/// The generated presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "generator": "Ninja", "build_types": ["Debug", "Release"] }]))]
pub(in crate::config) struct Presets {
    /// CMake generator, by its name in `cmake --help`. Default Ninja.
    #[schemars(extend("examples" = GENERATORS))]
    pub(in crate::config) generator: Option<String>,
    /// Build folder; may contain CMake's preset macros. Default `build/${presetName}`.
    #[schemars(extend("examples" = ["build/${presetName}", "${sourceParentDir}/build-${presetName}"]))]
    pub(in crate::config) binary_dir: Option<String>,
    /// Build types, one preset each. Default `Debug`, `Release`, `RelWithDebInfo`.
    #[schemars(length(min = 1))]
    #[schemars(extend("examples" = [["Debug", "Release"]]))]
    pub(in crate::config) build_types: Option<Vec<String>>,
    /// Prefix for every preset's name. Default: none.
    #[schemars(extend("examples" = ["team-"]))]
    pub(in crate::config) prefix: Option<String>,
    /// Oldest CMake that must read the presets, such as "3.25". It determines the format version of the presets file.
    /// Not in a profile. Default: the oldest that supports the settings of this file, at least 3.21.
    #[schemars(extend("type" = ["string", "number"]))]
    #[schemars(extend("examples" = ["3.25"]))]
    pub(in crate::config) cmake_minimum: Option<String>,
    /// Kinds of presets. Default configure, build, test, and also workflow if `cmake_minimum` is 3.25 or newer.
    #[schemars(length(min = 1))]
    #[schemars(extend("examples" = [["configure", "build", "test"]]))]
    pub(in crate::config) kinds: Option<Vec<PresetKind>>,
    /// Number of parallel build jobs. Default: with `distribute`, the slots of the workers (if they are known) and
    /// `local.slots`; otherwise the tool's own default.
    #[schemars(range(min = 1, max = 4096), extend("examples" = [8]))]
    pub(in crate::config) jobs: Option<u32>,
    /// Number of parallel tests. Default: `jobs`; with `distribute`, the tool's own default, because tests run on this machine.
    #[schemars(range(min = 1, max = 4096), extend("examples" = [4]))]
    pub(in crate::config) test_jobs: Option<u32>,
    /// Whether CMake writes `compile_commands.json`, which editors and clang-tidy read, into the build folder. Default: the
    /// project's setting.
    pub(in crate::config) compile_commands: Option<bool>,
    /// The output of tests.
    pub(in crate::config) output: Option<TestOutput>,
    /// CPack generators for package presets, such as TGZ. Default: the project's.
    #[schemars(extend("examples" = [["TGZ"], ["ZIP", "DEB", "RPM", "NSIS", "WIX", "DragNDrop"]]))]
    pub(in crate::config) package_generators: Option<Vec<String>>,
    /// The combinations of toolchains, profiles and build types that have presets. Not in a profile. Default: all.
    pub(in crate::config) matrix: Option<Matrix>,
}

/// The output of tests.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "verbosity": "verbose", "junit": "tests.xml" }]))]
pub(in crate::config) struct TestOutput {
    /// Whether to show the output of failed tests. Default true.
    pub(in crate::config) on_failure: Option<bool>,
    /// The verbosity of ctest. Default default.
    pub(in crate::config) verbosity: Option<Verbosity>,
    /// File for the test results in JUnit format, relative to the build folder unless absolute. May contain CMake's
    /// preset macros. Needs CMake 3.25.
    #[schemars(extend("examples" = ["tests.xml", "${presetName}.xml"]))]
    pub(in crate::config) junit: Option<String>,
}

/// The combinations of toolchains, profiles and build types that have presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "exclude": [{ "toolchain": "arm64", "build_type": "Debug" }] }]))]
pub(in crate::config) struct Matrix {
    /// The combinations with presets. Default: all.
    #[schemars(extend("examples" = [[{ "toolchain": "arm64" }]]))]
    pub(in crate::config) include: Option<Vec<Cell>>,
    /// The combinations without presets. Default: none.
    #[schemars(extend("examples" = [[{ "toolchain": "arm64", "build_type": "Debug" }]]))]
    pub(in crate::config) exclude: Option<Vec<Cell>>,
}

/// All combinations of the listed values; a missing key matches any value. `default` is the name of `toolchain`
/// itself, and of the settings without a profile.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "toolchain": "arm64", "build_type": ["Debug", "Release"] }]))]
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
#[schemars(extend("examples" = ["Release", ["Debug", "Release"]]))]
pub(in crate::config) enum OneOrMore {
    /// One name.
    One(String),
    /// Several names.
    More(Vec<String>),
}
