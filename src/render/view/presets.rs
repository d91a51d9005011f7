//! The context of `CMakePresets.json.j2`.

use serde::Serialize;

use crate::config::model::{Host, PresetKind, Presets, Verbosity};
use crate::plan::{CachePlan, Plan, Preset, ToolchainPlan, VariantPlan};

/// The context of `CMakePresets.json.j2`. Each list holds the presets of one kind.
#[derive(Debug, Serialize)]
pub(in crate::render) struct PresetsView {
    schema: u32,
    cmake_minimum: Option<MinimumView>,
    /// Hidden presets with the settings that all presets of a profile share.
    profiles: Vec<ProfileView>,
    /// Hidden presets with the settings that all presets of a toolchain share.
    toolchains: Vec<ToolchainPresetView>,
    configure: Vec<PresetView>,
    build: Vec<PresetView>,
    test: Vec<PresetView>,
    package: Vec<PresetView>,
    workflow: Vec<PresetView>,
}

#[derive(Debug, Serialize)]
struct MinimumView {
    major: u32,
    minor: u32,
    patch: u32,
}

#[derive(Debug, Serialize)]
struct ProfileView {
    /// The name of the hidden preset.
    base: String,
    /// Empty for the settings without a profile.
    profile: String,
    generator: String,
    binary_dir: String,
    toolchain: String,
    /// The variables of CMake that all presets of the profile share, with their types.
    variables: Vec<VariableView>,
    environment: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
struct VariableView {
    name: String,
    /// Empty for a value without a type.
    kind: &'static str,
    value: String,
}

#[derive(Debug, Serialize)]
struct ToolchainPresetView {
    /// The name of the hidden preset.
    base: String,
    toolchain: String,
}

#[derive(Debug, Clone, Serialize)]
struct PresetView {
    name: String,
    label: String,
    inherits: Vec<String>,
    build_type: String,
    multi_config: bool,
    hosts: Vec<&'static str>,
    jobs: Option<u32>,
    test_jobs: Option<u32>,
    output_on_failure: bool,
    verbosity: Option<&'static str>,
    junit: Option<String>,
    package_generators: Vec<String>,
    /// The kinds of presets with this name, which are the steps of the workflow.
    steps: Vec<&'static str>,
}

impl PresetsView {
    pub(in crate::render) fn new(plan: &Plan) -> Self {
        let of_kind = |kind: PresetKind| {
            let variants = plan.variants.iter().filter(|variant| variant.kinds.contains(&kind));
            let presets = variants.flat_map(|variant| {
                variant.presets.iter().map(|preset| PresetView::new(plan, variant, preset))
            });
            presets.collect::<Vec<_>>()
        };
        let used = |toolchain: &&ToolchainPlan| {
            let mut presets = plan.variants.iter().flat_map(|variant| &variant.presets);
            toolchain.name.is_some() && presets.any(|preset| preset.toolchain == toolchain.name)
        };
        let variants = plan.variants.iter().filter(|variant| !variant.presets.is_empty());
        let (major, minor, patch) =
            plan.format.cmake_minimum.map(crate::caching::tool::Version::parts).unwrap_or_default();
        Self {
            schema: plan.format.schema,
            cmake_minimum: plan.format.cmake_minimum.map(|_| MinimumView { major, minor, patch }),
            profiles: variants.map(|variant| ProfileView::new(plan, variant)).collect(),
            toolchains: plan
                .toolchains
                .iter()
                .filter(used)
                .map(|toolchain| ToolchainPresetView {
                    base: plan.toolchain_preset(toolchain.name.as_deref().unwrap_or_default()),
                    toolchain: toolchain.path.to_string(),
                })
                .collect(),
            configure: of_kind(PresetKind::Configure),
            build: of_kind(PresetKind::Build),
            test: of_kind(PresetKind::Test),
            package: of_kind(PresetKind::Package),
            workflow: of_kind(PresetKind::Workflow),
        }
    }
}

impl ProfileView {
    fn new(plan: &Plan, variant: &VariantPlan) -> Self {
        Self {
            base: variant.base_preset.clone(),
            profile: variant.profile.clone().unwrap_or_default(),
            generator: variant.generator.clone(),
            binary_dir: variant.binary_dir.clone(),
            toolchain: plan.output.toolchain.to_string(),
            variables: variables(variant),
            environment: variant.cache.as_ref().map(CachePlan::plain_environment).unwrap_or_default(),
        }
    }
}

fn variables(variant: &VariantPlan) -> Vec<VariableView> {
    let mut variables = Vec::new();
    let mut add = |name: &str, kind: &'static str, value: String| {
        variables.push(VariableView { name: name.to_owned(), kind, value });
    };
    if let Some(profile) = &variant.profile {
        add("TOOLCHAINKIT_PROFILE", "", profile.clone());
    }
    if let Some(is_on) = variant.settings.compile_commands {
        add("CMAKE_EXPORT_COMPILE_COMMANDS", "BOOL", if is_on { "ON" } else { "OFF" }.to_owned());
    }
    if !variant.pools.is_empty() {
        let pools = variant.pools.iter().map(|(name, _, jobs)| format!("{name}={jobs}"));
        add("CMAKE_JOB_POOLS", "", pools.collect::<Vec<_>>().join(";"));
        for (name, rule, _) in &variant.pools {
            add(&format!("CMAKE_JOB_POOL_{rule}"), "", (*name).to_owned());
        }
    }
    variables
}

impl PresetView {
    fn new(plan: &Plan, variant: &VariantPlan, preset: &Preset) -> Self {
        let Presets { output_on_failure, verbosity, junit, package_generators, .. } = &variant.settings;
        let words = variant.profile.iter().chain(&preset.toolchain).cloned().collect::<Vec<_>>();
        let bases = preset.toolchain.iter().map(|name| plan.toolchain_preset(name));
        Self {
            name: preset.name.clone(),
            label: if words.is_empty() {
                preset.build_type.clone()
            } else {
                format!("{} ({})", preset.build_type, words.join(", "))
            },
            // If two parents set the same value, CMake uses the first.
            inherits: bases.chain([variant.base_preset.clone()]).collect(),
            build_type: preset.build_type.clone(),
            multi_config: preset.multi_config,
            hosts: preset.hosts.iter().map(|host| Host::name(*host)).collect(),
            jobs: variant.build_jobs,
            test_jobs: variant.test_jobs,
            output_on_failure: *output_on_failure,
            verbosity: verbosity.map(Verbosity::name),
            junit: junit.clone(),
            package_generators: package_generators.clone(),
            steps: variant
                .kinds
                .iter()
                .filter(|kind| **kind != PresetKind::Workflow)
                .map(|kind| kind.name())
                .collect(),
        }
    }
}
