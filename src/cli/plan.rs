//! `toolchainkit plan`

use clap::Args;
use serde_json::{Value, json};

use super::output_format::{Format, FormatArgs};
use super::project::Project;
use super::report::Printer;
use super::{CommandResult, Global};
use crate::caching::remote::{OnOlderTool, Setting};
use crate::config::model::{DirectMode, Shared};
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
            let variants = variants.into_iter().map(object).collect::<Vec<_>>();
            printer.json(&json!({ "project": project.plan.project, "variants": variants }));
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
    lines.join("\n") + "\n"
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

fn object(variant: &VariantPlan) -> Value {
    let presets = variant.presets.iter().map(|preset| preset.name.as_str()).collect::<Vec<_>>();
    json!({
        "profile": variant.profile,
        "generator": variant.generator,
        "binary_dir": variant.binary_dir,
        "presets": presets,
        "cache": variant.cache.as_ref().map(cache_object),
    })
}

fn cache_object(cache: &CachePlan) -> Value {
    let tools = cache.tools.iter().map(|ToolPlan { tool, settings, .. }| {
        json!({ "tool": tool, "settings": settings.iter().map(setting_object).collect::<Vec<_>>() })
    });
    json!({
        "tools": tools.collect::<Vec<_>>(),
        "min_version": cache.min_version,
        "size_gb": cache.size_gb,
        "dir": cache.dir,
        "shared": cache.shared.name(),
        "remote": cache.location,
        "servers": cache.servers,
        "relocatable": cache.relocatable,
        "base_dirs": cache.base_dirs,
        "direct_mode": match cache.direct_mode {
            DirectMode::Auto => json!("auto"),
            DirectMode::On => json!(true),
            DirectMode::Off => json!(false),
        },
    })
}

fn setting_object(setting: &Setting) -> Value {
    json!({
        "name": setting.name,
        "value": setting.value.describe(),
        "secret": setting.value.is_secret(),
        "since": setting.since,
        "required": setting.on_older_tool == OnOlderTool::Refuse,
    })
}
