//! `presets:`

/// `presets:`, but for what concerns the whole file.
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
    /// `kinds`; `None` is what the version of CMake allows.
    pub kinds: Option<Vec<PresetKind>>,
    /// How many jobs build or test at a time; `None` is the tool's choice.
    pub jobs: Option<u32>,
    /// Whether to show what a failed test printed. Default `true`.
    pub output_on_failure: bool,
    /// How much tests print; `None` is ctest's choice.
    pub verbosity: Option<Verbosity>,
    /// File for the results of tests; CMake's preset macros are kept.
    pub junit: Option<String>,
    /// Generators of CPack; empty for the project's.
    pub package_generators: Vec<String>,
}

/// A kind of presets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetKind {
    /// `cmake --preset`
    Configure,
    /// `cmake --build --preset`
    Build,
    /// `ctest --preset`
    Test,
    /// `cpack --preset`
    Package,
    /// `cmake --workflow --preset`
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

/// How much tests print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbosity {
    /// A line for each test
    Default,
    /// What tests print
    Verbose,
    /// And all that ctest does
    Extra,
}

impl Verbosity {
    /// CMake's word, which is also the one in YAML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Verbose => "verbose",
            Self::Extra => "extra",
        }
    }
}

/// What stands in a [`Cell`] for the toolchain, or the settings, without a name.
pub const WITHOUT_NAME: &str = "default";

/// `presets.matrix`: which toolchains, profiles and build types go together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    /// The combinations to have; empty for all.
    pub include: Vec<Cell>,
    /// Those of them to leave out.
    pub exclude: Vec<Cell>,
}

/// All combinations of these; `None` is any.
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
    /// Whether there are presets for this combination; `None` is what has no name.
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
