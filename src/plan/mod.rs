//! Turns the configuration into a plan: the settings for every tool that may be installed on a build machine. No I/O: the
//! same configuration results in the same plan on every machine. The CMake module makes the decisions that depend on the
//! machine (the tool, its version, whether the remote cache answers), with the data of this plan.

mod presets;
mod storage;
mod toolchain;

pub use self::presets::{Preset, PresetsFormat};
pub use self::toolchain::{
    BuildTypeOption, CompilersPlan, LinkerBefore, LinkerPlan, SanitizersPlan, StaticRuntime,
};
use crate::caching::remote::{self, Backend, RemoteFields, Setting, SettingValue};
use crate::caching::tool::{Tool, Version};
use crate::config::model::{
    Config, DirectMode, Distribute, Language, OnFailure, Output, PresetKind, Presets, Shared, Variant,
};
use camino::Utf8PathBuf;

/// The content of all generated files.
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
    /// The paths of the files.
    pub output: Output,
}

/// The content of one toolchain file.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolchainPlan {
    /// The toolchain's name; `None` for `toolchain` itself.
    pub name: Option<String>,
    /// The path of the file.
    pub path: Utf8PathBuf,
    /// The toolchain in each of [`Plan::variants`].
    pub by_variant: Vec<CompilersPlan>,
}

/// The plan of one profile, or of the settings without a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantPlan {
    /// The profile's name; `None` for the settings without one.
    pub profile: Option<String>,
    /// The cache; `None` where it is disabled.
    pub cache: Option<CachePlan>,
    /// Compilation on other machines; `None` to compile on this machine only.
    pub distribute: Option<Distribute>,
    /// The number of parallel jobs of a build; `None` is the tool's default.
    pub build_jobs: Option<u32>,
    /// The number of parallel tests; `None` is the tool's default.
    pub test_jobs: Option<u32>,
    /// The pools of Ninja: the name of each, the rule (`COMPILE` or `LINK`), and the number of jobs.
    pub pools: Vec<(&'static str, &'static str, u32)>,
    /// The hidden preset that the others inherit.
    pub base_preset: String,
    /// CMake's generator.
    pub generator: String,
    /// The build folder, with CMake's preset macros.
    pub binary_dir: String,
    /// The kinds of presets to generate.
    pub kinds: Vec<PresetKind>,
    /// The settings that all presets share.
    pub settings: Presets,
    /// One preset for each combination of toolchain and build type in the matrix.
    pub presets: Vec<Preset>,
}

/// The cache settings of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct CachePlan {
    /// The settings for each tool that may be used, preferred tool first. Never empty.
    pub tools: Vec<ToolPlan>,
    /// The oldest version that may be used.
    pub min_version: Option<Version>,
    /// Limit of the local cache in GiB.
    pub size_gb: u32,
    /// Whether the configuration sets the limit. If not, that of the user for the tool counts.
    pub is_size_set: bool,
    /// The local cache; `None` is the user's cache folder.
    pub dir: Option<Utf8PathBuf>,
    /// `cache.shared`
    pub shared: Shared,
    /// The languages to cache.
    pub languages: Vec<Language>,
    /// The reaction to a cache that cannot be used.
    pub on_failure: OnFailure,
    /// Whether checkouts in different folders share hits.
    pub relocatable: bool,
    /// Further folders whose paths differ between machines.
    pub base_dirs: Vec<String>,
    /// Whether hits are found without running the preprocessor.
    pub direct_mode: DirectMode,
    /// A description of the remote cache, for messages; `None` for a local cache.
    pub location: Option<String>,
    /// The description for the status line; `{SERVER}` stands for the chosen server.
    pub location_of_chosen: Option<String>,
    /// Addresses to probe before the remote cache is used.
    pub servers: Vec<String>,
}

/// The settings of one tool for the remote cache.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolPlan {
    /// The tool.
    pub tool: Tool,
    /// The settings, by the environment variables that the tool reads. Empty for a local cache.
    pub settings: Vec<Setting>,
    /// The settings for builds without the CMake module. They contain only the remote cache, because only the module knows
    /// the folder of the local cache.
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

    /// The name of the hidden preset of a toolchain. It starts with the name of the hidden preset without a profile.
    #[must_use]
    pub fn toolchain_preset(&self, toolchain: &str) -> String {
        let base = self.variants.first().map(|variant| variant.base_preset.as_str()).unwrap_or_default();
        format!("{base}-{toolchain}")
    }

    /// The names of all presets, the hidden ones last.
    #[must_use]
    pub fn preset_names(&self) -> Vec<String> {
        let presets = self.variants.iter().flat_map(|variant| &variant.presets);
        let bases = self.variants.iter().map(|variant| variant.base_preset.clone());
        let toolchains = self.toolchains.iter().filter_map(|toolchain| toolchain.name.as_deref());
        let toolchains = toolchains.map(|name| self.toolchain_preset(name));
        presets.map(|preset| preset.name.clone()).chain(bases).chain(toolchains).collect()
    }

    /// The variant of this profile; `None` is the settings without a profile.
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
        distribute: variant.distribute.clone(),
        build_jobs: presets::build_jobs(variant),
        test_jobs: presets::test_jobs(variant),
        pools: presets::pools(variant),
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
        is_size_set: cache.is_size_set,
        dir: cache.dir.clone(),
        shared: cache.shared,
        languages: cache.languages.clone(),
        on_failure: cache.on_failure,
        relocatable: cache.relocatable,
        base_dirs: cache.base_dirs.clone(),
        direct_mode: cache.direct_mode,
        location: locations(|backend, tier| backend.location(tier)),
        location_of_chosen: locations(|backend, tier| backend.location_of_chosen(tier)),
        servers: storage::servers(&cache.remote),
    }
}

impl CachePlan {
    /// The settings of the remote cache for all tools, without secrets and without values that depend on the machine.
    #[must_use]
    pub fn plain_environment(&self) -> Vec<(&'static str, String)> {
        // Only settings with the same value in both lists: the module would mistake another value for a user override.
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
