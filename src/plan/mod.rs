//! Config → plan: what has to be set, for every tool that may be found on the machine that builds.
//!
//! Pure: the same configuration gives the same plan everywhere. What depends on a machine (which tool is there, which
//! version, does the remote answer) is left to the CMake module, which gets the data to decide from this plan.

mod presets;
mod storage;
mod toolchain;

pub use self::presets::{Preset, PresetsFormat};
pub use self::toolchain::{
    BuildTypeOption, CompilersPlan, LinkerBefore, LinkerPlan, SanitizersPlan, StaticRuntime,
};
use crate::caching::remote::{self, Backend, RemoteFields, Setting, SettingValue};
use crate::caching::tool::{Tool, Version};
use crate::config::model::{Config, Language, OnFailure, Output, PresetKind, Presets, Variant};
use camino::Utf8PathBuf;

/// Everything that the generated files say.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The project's name, if the configuration gives one.
    pub project: Option<String>,
    /// The settings without a profile first, then one per profile. Never empty.
    pub variants: Vec<VariantPlan>,
    /// `toolchain` first, then `toolchains`. Never empty.
    pub toolchains: Vec<ToolchainPlan>,
    /// The format of the presets.
    pub format: PresetsFormat,
    /// Where the files go.
    pub output: Output,
}

/// What one toolchain file says.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolchainPlan {
    /// The toolchain's name; `None` for `toolchain` itself.
    pub name: Option<String>,
    /// The file.
    pub path: Utf8PathBuf,
    /// What it is in each of [`Plan::variants`].
    pub by_variant: Vec<CompilersPlan>,
}

/// The plan of one profile, or of the settings without a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantPlan {
    /// The profile's name; `None` for the settings without one.
    pub profile: Option<String>,
    /// The cache; `None` where it is disabled.
    pub cache: Option<CachePlan>,
    /// The hidden preset that the others inherit.
    pub base_preset: String,
    /// CMake's generator.
    pub generator: String,
    /// The build folder, with CMake's preset macros.
    pub binary_dir: String,
    /// Which kinds of presets there are.
    pub kinds: Vec<PresetKind>,
    /// What all presets have in common.
    pub settings: Presets,
    /// One preset for each toolchain and build type that the matrix leaves.
    pub presets: Vec<Preset>,
}

/// How the cache of one variant is set up.
#[derive(Debug, Clone, PartialEq)]
pub struct CachePlan {
    /// What each tool that may be used must be told, best tool first. Never empty.
    pub tools: Vec<ToolPlan>,
    /// An older tool is not used.
    pub min_version: Option<Version>,
    /// Limit of the local cache in GiB.
    pub size_gb: u32,
    /// The local cache; `None` is the user's cache folder.
    pub dir: Option<Utf8PathBuf>,
    /// The languages that are cached.
    pub languages: Vec<Language>,
    /// What happens when the cache cannot be used.
    pub on_failure: OnFailure,
    /// Hits across checkouts.
    pub relocatable: bool,
    /// Hits without the preprocessor.
    pub direct_mode: bool,
    /// The remote, for people; `None` for a local cache.
    pub location: Option<String>,
    /// The same for the status line, in which `{SERVER}` is the server that was chosen.
    pub location_of_chosen: Option<String>,
    /// Addresses to knock at before the remote is used.
    pub servers: Vec<String>,
}

/// What one tool must be told to use the remote.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolPlan {
    /// The tool.
    pub tool: Tool,
    /// Its settings, by the variables that it reads. Empty for a local cache.
    pub settings: Vec<Setting>,
    /// The same for builds without the module, which knows where a local cache lies: the remote alone.
    pub remote_alone: Vec<Setting>,
}

impl Plan {
    /// The plan for a valid configuration.
    #[must_use]
    pub fn build(config: &Config) -> Self {
        Self {
            project: config.project.clone(),
            variants: config.variants.iter().map(|variant| self::variant(variant, config)).collect(),
            toolchains: toolchains(config),
            format: PresetsFormat::of(config),
            output: config.output.clone(),
        }
    }

    /// The variant of this profile; `None` asks for the settings without a profile.
    #[must_use]
    pub fn variant(&self, profile: Option<&str>) -> Option<&VariantPlan> {
        self.variants.iter().find(|variant| variant.profile.as_deref() == profile)
    }
}

fn toolchains(config: &Config) -> Vec<ToolchainPlan> {
    let names = std::iter::once(None).chain(config.toolchains.iter().map(Some));
    let plan = |(index, name): (usize, Option<&String>)| ToolchainPlan {
        name: name.cloned(),
        path: config.output.toolchain_of(name.map(String::as_str)),
        by_variant: config
            .variants
            .iter()
            .map(|variant| CompilersPlan::new(&variant.toolchains[index]))
            .collect(),
    };
    names.enumerate().map(plan).collect()
}

fn variant(variant: &Variant, config: &Config) -> VariantPlan {
    VariantPlan {
        profile: variant.profile.clone(),
        cache: variant.cache.enabled.then(|| cache(variant)),
        base_preset: presets::base_name(variant),
        generator: variant.presets.generator.clone(),
        binary_dir: variant.presets.binary_dir.clone(),
        kinds: presets::kinds(variant, config),
        settings: variant.presets.clone(),
        presets: presets::build(variant, config),
    }
}

fn cache(variant: &Variant) -> CachePlan {
    let cache = &variant.cache;
    let locations = |of: fn(&dyn Backend, &RemoteFields) -> String| {
        let tiers =
            cache.remote.iter().filter_map(|tier| Some(of(remote::backend(&tier.backend_type)?, tier)));
        Some(tiers.collect::<Vec<_>>().join(", then ")).filter(|text| !text.is_empty())
    };
    CachePlan {
        tools: cache
            .tools
            .iter()
            .map(|&tool| ToolPlan {
                tool,
                settings: storage::settings(tool, cache),
                remote_alone: storage::remote_alone(tool, cache),
            })
            .collect(),
        min_version: cache.min_version,
        size_gb: cache.size_gb,
        dir: cache.dir.clone(),
        languages: cache.languages.clone(),
        on_failure: cache.on_failure,
        relocatable: cache.relocatable,
        direct_mode: cache.direct_mode,
        location: locations(|backend, tier| backend.location(tier)),
        location_of_chosen: locations(|backend, tier| backend.location_of_chosen(tier)),
        servers: storage::servers(&cache.remote),
    }
}

impl CachePlan {
    /// The remote's settings that are neither secret nor decided on the machine, for every tool, by name.
    #[must_use]
    pub fn plain_environment(&self) -> Vec<(&'static str, String)> {
        // What the module sets to something else, it would take for a wish of the user's.
        let shared = |tool: &'_ ToolPlan| {
            let same = tool.remote_alone.iter().filter(|setting| tool.settings.contains(setting));
            same.cloned().collect::<Vec<_>>()
        };
        let settings = self.tools.iter().flat_map(shared);
        let plain = settings.filter_map(|setting| match setting.value {
            SettingValue::Plain(value) => Some((setting.name, value)),
            SettingValue::Server(_) | SettingValue::Secret(_) => None,
        });
        let mut environment = plain.collect::<Vec<_>>();
        environment.sort_unstable();
        environment.dedup();
        environment
    }
}
