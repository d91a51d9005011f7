//! `toolchainkit plan`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::output_format::{Format, FormatArgs};
use super::project::Project;
use super::report::Printer;
use super::{CommandResult, Global};
use crate::caching::remote::{OnOlderTool, Setting};
use crate::caching::secret::Credential;
use crate::config::model::{DirectMode, Distribute, DistributeHost, Engine, OnDistributionFailure, Shared};
use crate::plan::{CachePlan, ToolPlan, VariantPlan};

/// Arguments of `plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Show only this profile
    #[arg(long)]
    profile: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &PlanArgs, global: &Global, printer: &Printer) -> CommandResult {
    let project = Project::load(global, printer)?;
    let variants = match &args.profile {
        Some(profile) => vec![project.variant(Some(profile))?],
        None => project.plan.variants.iter().collect(),
    };
    match args.format.format {
        Format::Human => {
            for variant in variants {
                printer.product(&text(variant));
            }
        }
        Format::Json => {
            let variants = variants.into_iter().map(object).collect();
            let project = project.plan.project.clone();
            printer.document(&PlanDocument { schema_version: 1, project, variants })?;
        }
    }
    Ok(())
}

fn text(variant: &VariantPlan) -> String {
    let title = match &variant.profile {
        Some(profile) => format!("profile {profile}"),
        None => "without a profile".to_owned(),
    };
    let names = variant.presets.iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>().join(", ");
    let mut lines = vec![title, format!("  presets    {names} ({})", variant.generator)];
    match &variant.cache {
        None => lines.push("  cache      disabled".to_owned()),
        Some(cache) => cache_lines(cache, &mut lines),
    }
    if let Some(distribute) = &variant.distribute {
        distribute_lines(distribute, variant, &mut lines);
    }
    lines.join("\n") + "\n"
}

fn distribute_lines(distribute: &Distribute, variant: &VariantPlan, lines: &mut Vec<String>) {
    let failure = match distribute.on_failure {
        OnDistributionFailure::Fallback => "",
        OnDistributionFailure::Fail => ", an error without a worker",
    };
    let (engine, timeout) = (distribute.engine, distribute.timeout_s);
    lines.push(format!("  distribute {engine}, at most {timeout} s for a compilation{failure}"));
    if let Some(slots) = distribute.slots {
        lines.push(format!("    workers: {slots} slots"));
    }
    for DistributeHost { host, slots, compress } in &distribute.hosts {
        lines.push(format!("    {host}, {slots} slots{}", if *compress { ", compressed" } else { "" }));
    }
    if let Some(scheduler) = &distribute.scheduler {
        let slots = distribute.slots.map(|slots| format!(", {slots} slots")).unwrap_or_default();
        lines.push(format!("    scheduler {scheduler}{slots}"));
    }
    if let Some(token) = &distribute.token {
        lines.push(format!("    token {token:?}"));
    }
    let slots =
        distribute.local_slots.map_or_else(|| "one for each processor".to_owned(), |slots| slots.to_string());
    if distribute.engine == Engine::Distcc {
        lines.push(format!("    compilers of this machine: {slots}"));
    }
    let jobs =
        |jobs: Option<u32>| jobs.map_or_else(|| "the tool's default".to_owned(), |jobs| jobs.to_string());
    lines.push(format!(
        "  jobs       {} of a build, {} of tests",
        jobs(variant.build_jobs),
        jobs(variant.test_jobs)
    ));
}

fn cache_lines(cache: &CachePlan, lines: &mut Vec<String>) {
    let tools = cache.tools.iter().map(|plan| plan.tool.name()).collect::<Vec<_>>().join(", else ");
    let version = cache.min_version.map(|version| format!(" {version} or newer")).unwrap_or_default();
    let folder = cache.dir.as_ref().map_or("the user's cache folder", |dir| dir.as_str());
    lines.push(format!("  tool       {tools}{version}"));
    let shared = match cache.shared {
        Shared::Project => "",
        Shared::User => ", for all projects of this user",
        Shared::Group => ", for all users of its group",
    };
    lines.push(format!("  local      {folder}, up to {} GiB{shared}", cache.size_gb));
    lines.push(format!("  remote     {}", cache.location.as_deref().unwrap_or("none")));
    for ToolPlan { tool, settings, .. } in &cache.tools {
        for setting in settings {
            let since = match (setting.since, setting.on_older_tool) {
                (None, _) => String::new(),
                (Some(version), OnOlderTool::Refuse) => format!("  (needs {tool} {version})"),
                (Some(version), OnOlderTool::Drop) => format!("  (left out before {tool} {version})"),
            };
            lines.push(format!("    {} = {}{since}", setting.name, setting.value.describe()));
        }
    }
}

/// The JSON of `plan`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit plan --format json")]
pub(super) struct PlanDocument {
    /// The version of this format.
    schema_version: u32,
    /// The name of the project; null if the configuration has none.
    project: Option<String>,
    /// The settings without a profile, and those of each profile.
    variants: Vec<VariantObject>,
}

#[derive(Serialize, JsonSchema)]
struct VariantObject {
    /// The name of the profile; null for the settings without one.
    profile: Option<String>,
    /// CMake's generator.
    generator: String,
    /// The build folder, with the macros of presets.
    binary_dir: String,
    /// The names of the presets.
    presets: Vec<String>,
    /// The cache; null if it is disabled.
    cache: Option<CacheObject>,
    /// Compilation on other machines; null to compile on this machine only.
    distribute: Option<DistributeObject>,
    /// The parallel jobs of a build; null is the default of the tool.
    build_jobs: Option<u32>,
    /// The parallel tests; null is the default of the tool.
    test_jobs: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
struct DistributeObject {
    /// distcc, icecream or sccache-dist.
    engine: String,
    /// The workers of distcc.
    hosts: Vec<HostObject>,
    /// The URL of the scheduler of sccache-dist; null for other engines.
    scheduler: Option<String>,
    /// The environment variable with the token for the scheduler; null for other engines.
    token: Option<String>,
    /// The slots of all workers, for an engine that finds the workers itself; null if they are not known.
    slots: Option<u32>,
    /// The compilers on this machine at the same time; null is the number of processors.
    local_slots: Option<u32>,
    /// The links at the same time; null is no limit.
    links: Option<u32>,
    /// The longest time of a remote compilation in seconds.
    timeout_s: u32,
    /// fallback or fail.
    on_failure: String,
}

#[derive(Serialize, JsonSchema)]
struct HostObject {
    /// Its address, with the user for SSH and the port.
    host: String,
    /// The compilations there at the same time.
    slots: u32,
    /// Whether the network traffic is compressed.
    compress: bool,
}

#[derive(Serialize, JsonSchema)]
struct CacheObject {
    /// The tools that may be used, the preferred one first.
    tools: Vec<ToolObject>,
    /// The oldest version that may be used.
    min_version: Option<String>,
    /// The limit of the local cache in GiB.
    size_gb: u32,
    /// The folder of the local cache; null for the user's cache folder.
    dir: Option<String>,
    /// Who shares the local cache: project, user or group.
    shared: String,
    /// A description of the remote cache.
    remote: Option<String>,
    /// The servers of the remote cache, of which the first that answers is used.
    servers: Vec<String>,
    /// Whether checkouts in different folders share hits.
    relocatable: bool,
    /// Further folders whose paths differ between machines.
    base_dirs: Vec<String>,
    /// Whether hits are found without the preprocessor: "auto", true or false.
    direct_mode: Value,
}

#[derive(Serialize, JsonSchema)]
struct ToolObject {
    /// sccache or ccache.
    tool: String,
    /// Its settings.
    settings: Vec<SettingObject>,
}

#[derive(Serialize, JsonSchema)]
struct SettingObject {
    /// The environment variable that the tool reads.
    name: String,
    /// The value. {NAME} stands for the value of an environment variable.
    value: String,
    /// Whether the value is a secret.
    secret: bool,
    /// The first version of the tool that knows the setting; null for all.
    since: Option<String>,
    /// Whether an older tool is not used, instead of leaving the setting out.
    required: bool,
}

fn object(variant: &VariantPlan) -> VariantObject {
    VariantObject {
        profile: variant.profile.clone(),
        generator: variant.generator.clone(),
        binary_dir: variant.binary_dir.clone(),
        presets: variant.presets.iter().map(|preset| preset.name.clone()).collect(),
        cache: variant.cache.as_ref().map(cache_object),
        distribute: variant.distribute.as_ref().map(distribute_object),
        build_jobs: variant.build_jobs,
        test_jobs: variant.test_jobs,
    }
}

fn distribute_object(distribute: &Distribute) -> DistributeObject {
    let hosts = distribute.hosts.iter().map(|host| HostObject {
        host: host.host.clone(),
        slots: host.slots,
        compress: host.compress,
    });
    DistributeObject {
        engine: distribute.engine.name().to_owned(),
        hosts: hosts.collect(),
        scheduler: distribute.scheduler.clone(),
        token: distribute.token.as_ref().and_then(|token| match token {
            Credential::Variable(name) => Some(name.clone()),
            Credential::Value(_) => None,
        }),
        slots: distribute.slots,
        local_slots: distribute.local_slots,
        links: distribute.links,
        timeout_s: distribute.timeout_s,
        on_failure: distribute.on_failure.name().to_owned(),
    }
}

fn cache_object(cache: &CachePlan) -> CacheObject {
    let tools = cache.tools.iter().map(|ToolPlan { tool, settings, .. }| ToolObject {
        tool: tool.to_string(),
        settings: settings.iter().map(setting_object).collect(),
    });
    CacheObject {
        tools: tools.collect(),
        min_version: cache.min_version.map(|version| version.to_string()),
        size_gb: cache.size_gb,
        dir: cache.dir.as_ref().map(ToString::to_string),
        shared: cache.shared.name().to_owned(),
        remote: cache.location.clone(),
        servers: cache.servers.clone(),
        relocatable: cache.relocatable,
        base_dirs: cache.base_dirs.clone(),
        direct_mode: match cache.direct_mode {
            DirectMode::Auto => json!("auto"),
            DirectMode::On => json!(true),
            DirectMode::Off => json!(false),
        },
    }
}

fn setting_object(setting: &Setting) -> SettingObject {
    SettingObject {
        name: setting.name.to_owned(),
        value: setting.value.describe(),
        secret: setting.value.is_secret(),
        since: setting.since.map(|version| version.to_string()),
        required: setting.on_older_tool == OnOlderTool::Refuse,
    }
}
