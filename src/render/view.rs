//! What templates may see. A view has no field that could hold the value of a secret: a credential is the name of its
//! variable, or the plan cannot be rendered.

use camino::Utf8Path;
use serde::Serialize;

use super::{RenderError, escape};
use crate::caching::remote::OnOlderTool;
use crate::config::model::{Language, OnFailure, Toolchain};
use crate::plan::{CachePlan, Plan, ToolPlan, VariantPlan};

/// The context of `toolchain.cmake.j2` and `toolchainkit-cache.cmake.j2`.
#[derive(Debug, Serialize)]
pub(super) struct ToolchainView {
    /// From the folder of the toolchain file to the project: `..`.
    project_dir: String,
    /// From the folder of the toolchain file to the settings of the cache.
    cache_file: String,
    /// From the folder of the toolchain file to the module.
    module: String,
    project: Option<String>,
    profiles: Vec<String>,
    variants: Vec<VariantView>,
    /// Those of the profiles whose compilers, target or flags are not the ones without a profile.
    own_toolchains: Vec<VariantView>,
}

#[derive(Debug, Clone, Serialize)]
struct VariantView {
    /// Empty for the settings without a profile.
    profile: String,
    cache: Option<CacheView>,
    toolchain: CompilersView,
}

#[derive(Debug, Clone, Serialize)]
struct CacheView {
    tools: Vec<ToolView>,
    min_version: Option<String>,
    size_gb: u32,
    dir: Option<String>,
    languages: Vec<&'static str>,
    on_failure: &'static str,
    relocatable: bool,
    location: Option<String>,
    servers: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct ToolView {
    name: &'static str,
    /// `SCCACHE`, the prefix of the module's keywords.
    keyword: String,
    /// `NAME=VALUE`
    settings: Vec<String>,
    /// `NAME=TEMPLATE`
    secrets: Vec<String>,
    /// `NAME=VERSION` of what an older tool does without.
    since: Vec<String>,
    /// `NAME=VERSION` of what the remote needs.
    requires: Vec<String>,
}

#[derive(Debug, Clone, Serialize, PartialEq)]
struct CompilersView {
    base: Option<BaseView>,
    compilers: Vec<(&'static str, String)>,
    linker: Option<LinkerView>,
    target: Option<TargetView>,
    flags: Vec<(&'static str, String)>,
    linker_flags: Option<String>,
}

#[derive(Debug, Clone, Serialize, PartialEq)]
struct BaseView {
    /// The environment variable that the path begins with.
    variable: Option<String>,
    /// What follows the variable, or the whole path.
    path: String,
}

#[derive(Debug, Clone, Serialize, PartialEq)]
struct LinkerView {
    /// `CMAKE_LINKER_TYPE` (3.29).
    cmake_type: String,
    /// The compiler flag before.
    flag: String,
}

#[derive(Debug, Clone, Serialize, PartialEq)]
struct TargetView {
    system: String,
    processor: Option<String>,
    triple: Option<String>,
    sysroot: Option<String>,
}

impl ToolchainView {
    pub(super) fn new(plan: &Plan) -> Result<Self, RenderError> {
        let variants = plan.variants.iter().map(VariantView::new).collect::<Result<Vec<_>, _>>()?;
        let folder = plan.output.toolchain.parent().unwrap_or(Utf8Path::new(""));
        let up = folder.components().map(|_| "..").collect::<Vec<_>>().join("/");
        Ok(Self {
            module: if up.is_empty() {
                plan.output.module.to_string()
            } else if plan.output.module.parent() == Some(folder) {
                plan.output.module.file_name().unwrap_or_default().to_owned()
            } else {
                format!("{up}/{}", plan.output.module)
            },
            project_dir: if up.is_empty() { ".".to_owned() } else { up },
            project: plan.project.clone(),
            profiles: plan.variants.iter().filter_map(|variant| variant.profile.clone()).collect(),
            cache_file: plan.output.cache().file_name().unwrap_or_default().to_owned(),
            own_toolchains: variants
                .iter()
                .filter(|variant| variants.first().is_some_and(|first| first.toolchain != variant.toolchain))
                .cloned()
                .collect(),
            variants,
        })
    }
}

impl VariantView {
    fn new(variant: &VariantPlan) -> Result<Self, RenderError> {
        Ok(Self {
            profile: variant.profile.clone().unwrap_or_default(),
            cache: variant.cache.as_ref().map(CacheView::new).transpose()?,
            toolchain: CompilersView::new(&variant.toolchain),
        })
    }
}

impl CacheView {
    fn new(cache: &CachePlan) -> Result<Self, RenderError> {
        Ok(Self {
            tools: cache.tools.iter().map(ToolView::new).collect::<Result<Vec<_>, _>>()?,
            min_version: cache.min_version.map(|version| version.to_string()),
            size_gb: cache.size_gb,
            dir: cache.dir.as_ref().map(ToString::to_string),
            languages: cache.languages.iter().copied().map(Language::cmake_name).collect(),
            on_failure: match cache.on_failure {
                OnFailure::Fallback => "fallback",
                OnFailure::Fail => "fail",
            },
            relocatable: cache.relocatable,
            location: cache.location_of_chosen.clone(),
            servers: cache.servers.clone(),
        })
    }
}

impl ToolView {
    fn new(plan: &ToolPlan) -> Result<Self, RenderError> {
        let mut view = Self {
            name: plan.tool.name(),
            keyword: plan.tool.name().to_ascii_uppercase(),
            settings: Vec::new(),
            secrets: Vec::new(),
            since: Vec::new(),
            requires: Vec::new(),
        };
        for setting in &plan.settings {
            let name = setting.name;
            let value = setting.value.template().ok_or(RenderError::SecretValue { setting: name })?;
            let values = if setting.value.is_secret() { &mut view.secrets } else { &mut view.settings };
            values.push(format!("{name}={value}"));
            if let Some(version) = setting.since {
                let gates = match setting.on_older_tool {
                    OnOlderTool::Drop => &mut view.since,
                    OnOlderTool::Refuse => &mut view.requires,
                };
                gates.push(format!("{name}={version}"));
            }
        }
        Ok(view)
    }
}

impl BaseView {
    /// `${NAME}/path` is below what the environment variable `NAME` says.
    fn new(path: &Utf8Path) -> Self {
        let parts = path.as_str().strip_prefix("${").and_then(|rest| rest.split_once('}'));
        let parts = parts.filter(|(name, _)| escape::cmake_identifier(name).is_ok());
        let (variable, path) = parts.map_or((None, path.as_str()), |(name, path)| (Some(name), path));
        Self { variable: variable.map(str::to_owned), path: path.to_owned() }
    }
}

impl CompilersView {
    fn new(toolchain: &Toolchain) -> Self {
        let by_language = |values: &[(Language, String)]| {
            values.iter().map(|(language, value)| (language.cmake_name(), value.clone())).collect()
        };
        Self {
            base: toolchain.base.as_deref().map(BaseView::new),
            compilers: by_language(&toolchain.compilers),
            linker: toolchain.linker.as_ref().map(|linker| LinkerView {
                cmake_type: linker.to_ascii_uppercase(),
                flag: format!(" -fuse-ld={linker}"),
            }),
            target: toolchain.target.as_ref().map(|target| TargetView {
                system: target.system.clone(),
                processor: target.processor.clone(),
                triple: target.triple.clone(),
                sysroot: target.sysroot.as_ref().map(ToString::to_string),
            }),
            flags: by_language(&toolchain.flags)
                .into_iter()
                .map(|(name, flags): (_, String)| (name, format!(" {flags}")))
                .collect(),
            linker_flags: toolchain.linker_flags.as_ref().map(|flags| format!(" {flags}")),
        }
    }
}

/// The context of `CMakePresets.json.j2`.
#[derive(Debug, Serialize)]
pub(super) struct PresetsView {
    schema: u32,
    toolchain: String,
    variants: Vec<PresetVariantView>,
}

#[derive(Debug, Serialize)]
struct PresetVariantView {
    profile: String,
    base: String,
    generator: String,
    binary_dir: String,
    environment: Vec<(&'static str, String)>,
    presets: Vec<PresetView>,
}

#[derive(Debug, Serialize)]
struct PresetView {
    name: String,
    label: String,
    build_type: String,
    multi_config: bool,
}

impl PresetsView {
    /// `schema` is the version of the file's format: 3 (CMake 3.21), or 4 for a file that others include.
    pub(super) fn new(plan: &Plan, schema: u32) -> Self {
        Self {
            schema,
            toolchain: plan.output.toolchain.to_string(),
            variants: plan.variants.iter().map(PresetVariantView::new).collect(),
        }
    }
}

impl PresetVariantView {
    fn new(variant: &VariantPlan) -> Self {
        let label = |build_type: &str| match &variant.profile {
            Some(profile) => format!("{build_type} ({profile})"),
            None => build_type.to_owned(),
        };
        Self {
            profile: variant.profile.clone().unwrap_or_default(),
            base: variant.base_preset.clone(),
            generator: variant.generator.clone(),
            binary_dir: variant.binary_dir.clone(),
            environment: variant.cache.as_ref().map(CachePlan::plain_environment).unwrap_or_default(),
            presets: variant
                .presets
                .iter()
                .map(|preset| PresetView {
                    name: preset.name.clone(),
                    label: label(&preset.build_type),
                    build_type: preset.build_type.clone(),
                    multi_config: preset.multi_config,
                })
                .collect(),
        }
    }
}
