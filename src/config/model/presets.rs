//! `presets:`

use schemars::JsonSchema;
use serde::Deserialize;

/// The generators of CMake 4.4 that run a compiler launcher.
pub(in crate::config) const GENERATORS: [&str; 9] = [
    "Ninja",
    "Ninja Multi-Config",
    "Unix Makefiles",
    "MinGW Makefiles",
    "MSYS Makefiles",
    "NMake Makefiles",
    "NMake Makefiles JOM",
    "Watcom WMake",
    "FASTBuild",
];

/// `presets:`, except for the keys that apply to the whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presets {
    /// Default `Ninja`.
    pub generator: String,
    /// Default `build/${presetName}`. May contain CMake's preset macros.
    pub binary_dir: String,
    /// Default Debug, Release, RelWithDebInfo. Never empty.
    pub build_types: Vec<String>,
    /// Whether CMake writes `compile_commands.json`; `None` is the project's setting.
    pub compile_commands: Option<bool>,
    /// A prefix for every preset's name. Default empty.
    pub prefix: String,
    /// `kinds`; `None` is the default for the version of CMake.
    pub kinds: Option<Vec<PresetKind>>,
    /// The number of parallel build jobs; `None` is the number of slots of the workers and of this machine, or else the
    /// tool's default.
    pub jobs: Option<u32>,
    /// The number of parallel tests; `None` is [`Self::jobs`], or with workers the tool's default: tests run on this machine.
    pub test_jobs: Option<u32>,
    /// Whether to show the output of failed tests. Default `true`.
    pub output_on_failure: bool,
    /// The verbosity of ctest; `None` uses its default.
    pub verbosity: Option<Verbosity>,
    /// The file for test results. May contain CMake's preset macros.
    pub junit: Option<String>,
    /// CPack generators; empty to use the project's.
    pub package_generators: Vec<String>,
}

impl Presets {
    /// The build types of a file that lists none.
    pub const BUILD_TYPES: [&str; 3] = ["Debug", "Release", "RelWithDebInfo"];
}

/// A kind of presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PresetKind {
    /// `cmake --preset`
    Configure,
    /// `cmake --build --preset`
    Build,
    /// `ctest --preset`
    Test,
    /// `cpack --preset`; needs CMake 3.25, and a project that includes CPack
    Package,
    /// `cmake --workflow --preset`, which runs the other kinds in order; needs CMake 3.25
    Workflow,
}

impl PresetKind {
    /// All kinds, in the order of a workflow.
    pub const ALL: [Self; 5] = [Self::Configure, Self::Build, Self::Test, Self::Package, Self::Workflow];

    /// The name in YAML, and in a step of a workflow.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configure => "configure",
            Self::Build => "build",
            Self::Test => "test",
            Self::Package => "package",
            Self::Workflow => "workflow",
        }
    }
}

/// The verbosity of ctest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verbosity {
    /// One line for each test
    Default,
    /// The output of the tests
    Verbose,
    /// The output of the tests and all actions of ctest
    Extra,
}

impl Verbosity {
    /// CMake's name for it, which is also its name in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Verbose => "verbose",
            Self::Extra => "extra",
        }
    }
}

/// In a [`Cell`], the name for `toolchain` itself, or for the settings without a profile.
pub const WITHOUT_NAME: &str = "default";

/// `presets.matrix`: the combinations of toolchains, profiles and build types that have presets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    /// The combinations with presets; empty for all.
    pub include: Vec<Cell>,
    /// The combinations without presets.
    pub exclude: Vec<Cell>,
}

/// All combinations of these values; `None` matches any value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    /// Names of toolchains, or [`WITHOUT_NAME`].
    pub toolchains: Option<Vec<String>>,
    /// Names of profiles, or [`WITHOUT_NAME`].
    pub profiles: Option<Vec<String>>,
    /// Build types.
    pub build_types: Option<Vec<String>>,
}

impl Matrix {
    /// Whether there are presets for this combination. `None` is `toolchain` itself, or the settings without a profile.
    #[must_use]
    pub fn has(&self, toolchain: Option<&str>, profile: Option<&str>, build_type: &str) -> bool {
        let matches = |cell: &Cell| cell.matches(toolchain, profile, build_type);
        (self.include.is_empty() || self.include.iter().any(matches)) && !self.exclude.iter().any(matches)
    }
}

impl Cell {
    fn matches(&self, toolchain: Option<&str>, profile: Option<&str>, build_type: &str) -> bool {
        let named = |names: &Option<Vec<String>>, name: Option<&str>| {
            let name = name.unwrap_or(WITHOUT_NAME);
            names.as_ref().is_none_or(|names| names.iter().any(|other| other == name))
        };
        let built = |types: &Vec<String>| types.iter().any(|other| other.eq_ignore_ascii_case(build_type));
        named(&self.toolchains, toolchain)
            && named(&self.profiles, profile)
            && self.build_types.as_ref().is_none_or(built)
    }
}
