//! The presets: hidden ones with shared settings, and one for each toolchain, profile and build type.

use crate::caching::tool::Version;
use crate::config::model::{Config, Host, PresetKind, Variant};

/// The format version of the presets file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PresetsFormat {
    /// The number of the format.
    pub schema: u32,
    /// `presets.cmake_minimum`, if it is set.
    pub cmake_minimum: Option<Version>,
}

/// Format versions, and the CMake version that introduced each (cmake-presets(7) of CMake 4.4). The first one is the
/// oldest that supports `toolchainFile`.
const FORMATS: [(u32, Version); 10] = [
    (3, Version::new(3, 21, 0)),
    (4, Version::new(3, 23, 0)),
    (5, Version::new(3, 24, 0)),
    (6, Version::new(3, 25, 0)),
    (7, Version::new(3, 27, 0)),
    (8, Version::new(3, 28, 0)),
    (9, Version::new(3, 30, 0)),
    (10, Version::new(3, 31, 0)),
    (11, Version::new(4, 3, 0)),
    (12, Version::new(4, 4, 0)),
];

/// The CMake version that introduced package and workflow presets.
const WORKFLOWS: Version = Version::new(3, 25, 0);

impl PresetsFormat {
    /// The newest format that `cmake_minimum` supports; without `cmake_minimum`, the oldest suitable one.
    pub(super) fn of(config: &Config) -> Self {
        let needed = config.presets_need().into_iter().map(|(_, since)| since).max();
        let minimum = config.cmake_minimum.or(needed).unwrap_or(FORMATS[0].1);
        let known = FORMATS.iter().rev().find(|(_, since)| *since <= minimum);
        Self { schema: known.unwrap_or(&FORMATS[0]).0, cmake_minimum: config.cmake_minimum }
    }
}

/// One preset of each kind, all with the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preset {
    /// The name: prefix, profile, toolchain and build type.
    pub name: String,
    /// The toolchain; `None` for `toolchain` itself.
    pub toolchain: Option<String>,
    /// `CMAKE_BUILD_TYPE`, or the configuration of a multi-config generator.
    pub build_type: String,
    /// Whether the generator has several configurations in one build folder.
    pub multi_config: bool,
    /// The host systems on which the preset is enabled; empty for all.
    pub hosts: Vec<Host>,
}

/// The name of the hidden preset of a variant. It differs from the preset of every build type, because no build type
/// contains this word.
pub(super) fn base_name(variant: &Variant) -> String {
    variant.preset_name(None, "toolchainkit")
}

/// The configured kinds. By default, the kinds that every CMake with presets supports, and workflows if `cmake_minimum`
/// supports them.
pub(super) fn kinds(variant: &Variant, config: &Config) -> Vec<PresetKind> {
    let is_default = |kind: PresetKind| match kind {
        PresetKind::Configure | PresetKind::Build | PresetKind::Test => true,
        PresetKind::Package => false,
        PresetKind::Workflow => config.cmake_minimum.is_some_and(|minimum| minimum >= WORKFLOWS),
    };
    let asked = variant.presets.kinds.as_ref();
    let wanted = |kind: &PresetKind| asked.map_or_else(|| is_default(*kind), |kinds| kinds.contains(kind));
    PresetKind::ALL.into_iter().filter(wanted).collect()
}

pub(super) fn build(variant: &Variant, config: &Config) -> Vec<Preset> {
    let multi_config = is_multi_config(&variant.presets.generator);
    let names = std::iter::once(None).chain(config.toolchains.iter().map(|name| Some(name.as_str())));
    let mut presets = Vec::new();
    for (name, toolchain) in names.zip(&variant.toolchains) {
        for build_type in &variant.presets.build_types {
            if config.matrix.has(name, variant.profile.as_deref(), build_type) {
                presets.push(Preset {
                    name: variant.preset_name(name, build_type),
                    toolchain: name.map(str::to_owned),
                    build_type: build_type.clone(),
                    multi_config,
                    hosts: toolchain.hosts.clone(),
                });
            }
        }
    }
    presets
}

fn is_multi_config(generator: &str) -> bool {
    generator.contains("Multi-Config") || generator.starts_with("Visual Studio") || generator == "Xcode"
}

/// The jobs of a build: the configured ones, or the slots of the workers and the configured ones of this machine.
pub(super) fn build_jobs(variant: &Variant) -> Option<u32> {
    variant.presets.jobs.or_else(|| {
        let distribute = variant.distribute.as_ref()?;
        Some(distribute.remote_slots()?.saturating_add(distribute.local_slots.unwrap_or(0)))
    })
}

/// The jobs of tests, which run on this machine: a number that counts the slots of workers must not reach them.
pub(super) fn test_jobs(variant: &Variant) -> Option<u32> {
    variant.presets.test_jobs.or(if variant.distribute.is_some() { None } else { variant.presets.jobs })
}

/// The pools for compilations and links. Only Ninja has pools.
pub(super) fn pools(variant: &Variant) -> Vec<(&'static str, &'static str, u32)> {
    let Some(distribute) =
        variant.distribute.as_ref().filter(|_| variant.presets.generator.starts_with("Ninja"))
    else {
        return Vec::new();
    };
    let links = distribute.links.map(|links| ("tk_link", "LINK", links));
    // Without a limit of links, the number of jobs of the build is the limit.
    let compilations =
        build_jobs(variant).filter(|_| links.is_some()).map(|jobs| ("tk_compile", "COMPILE", jobs));
    links.into_iter().chain(compilations).collect()
}
