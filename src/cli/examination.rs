//! `toolchainkit doctor` without `--why`: gathers what is known about the project and the build, and prints the report.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use serde_json::json;

use super::build_folder::{BuildCache, BuildFolderArgs, NO_BUILD};
use super::project::{self, Project};
use super::report::{CliError, Printer};
use super::{CommandResult, Global, exit, templates, user_presets};
use crate::caching::remote::Access;
use crate::config::model::OnFailure;
use crate::doctor::BuildTree;
use crate::doctor::chain::{
    self, BuildState, Checked, Generated, State, Subject, Wanted, WantedSetting, WantedTool,
};
use crate::doctor::formats::annotations::{self, Runner};
use crate::doctor::formats::human::{self, Layout};
use crate::doctor::formats::{Strictness, junit, sarif};
use crate::install::Store;
use crate::output::{self, State as FileState};
use crate::plan::{CachePlan, VariantPlan};
use crate::probe::environment;
use crate::probe::program;
use crate::trust;

/// The environment variable with the path of the launcher. The CMake module reads it, too.
const LAUNCH_VARIABLE: &str = "TOOLCHAINKIT_LAUNCH";
/// The width of the report on a terminal.
const COLUMNS: usize = 80;

/// The format of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people; may change in any version
    #[default]
    Human,
    /// For programs; stable
    Json,
    /// JUnit XML, for the test views of CI systems
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// Checks everything between the configuration and a hit.
pub(super) fn examine(
    args: &BuildFolderArgs,
    global: &Global,
    format: ReportFormat,
    is_strict: bool,
    printer: &Printer,
) -> CommandResult {
    let Gathered { subject, file, absent, must_be_as_configured } = gather(args, global)?;
    let strictness = Strictness { is_strict: is_strict || must_be_as_configured };
    let mut checked = chain::examine(&Arc::new(subject));
    for finding in checked.iter_mut().flat_map(|checked| &mut checked.findings) {
        finding.text = printer.filtered(&finding.text);
        finding.help = finding.help.as_deref().map(|help| printer.filtered(help));
    }
    match format {
        ReportFormat::Human => printer.product(&human::text(&checked, layout(printer))),
        ReportFormat::Json => printer.json(&json(&checked)),
        ReportFormat::Junit => printer.product(&junit::document(&checked, strictness)),
        ReportFormat::Sarif => printer.json(&sarif::document(&checked, strictness, file.as_str())),
    }
    if let Some(runner) = Runner::detect(environment::variable) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        printer.commands(&annotations::commands(&checked, strictness, runner, now));
    }
    conclude(&checked, strictness, absent)
}

/// The first error of the report.
fn conclude(checked: &[Checked], strictness: Strictness, absent: Option<CliError>) -> CommandResult {
    let findings =
        checked.iter().flat_map(|checked| checked.findings.iter().map(|found| (checked.link, found)));
    let mut errors = findings.filter(|(_, found)| strictness.is_error(found.state));
    match (errors.next(), absent) {
        (Some(("config", found)), _) if found.state == State::Broken => {
            Err(CliError::Checked { text: found.text.clone(), code: exit::CONFIG_INVALID })
        }
        (Some(("build", found)), Some(error)) => Err(match error {
            CliError::NoBuildFolder(_) => {
                CliError::Checked { text: found.text.clone(), code: error.exit_code() }
            }
            other => other,
        }),
        (Some((_, found)), _) => Err(CliError::CacheBroken(found.text.clone())),
        (None, Some(error)) => Err(error),
        (None, None) => Ok(()),
    }
}

fn json(checked: &[Checked]) -> serde_json::Value {
    let findings =
        checked.iter().flat_map(|checked| checked.findings.iter().map(move |found| (checked, found)));
    let objects = findings.map(|(checked, found)| {
        json!({
            "link": checked.link,
            "about": found.about,
            "state": found.state.name(),
            "text": found.text,
            "help": found.help,
            "seconds": (checked.took.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    });
    objects.collect()
}

fn layout(printer: &Printer) -> Layout {
    let is_terminal = io::stdout().is_terminal();
    let columns = environment::variable("COLUMNS").and_then(|columns| columns.parse().ok());
    Layout { columns: is_terminal.then(|| columns.unwrap_or(COLUMNS)), is_ascii: !printer.has_unicode() }
}

// --- what is known ----------------------------------------------------------------------------------------------------

struct Gathered {
    subject: Subject,
    /// The path of the configuration, relative to the project.
    file: Utf8PathBuf,
    /// The error if there is no build.
    absent: Option<CliError>,
    /// Whether `cache.on_failure` makes a degraded cache an error.
    must_be_as_configured: bool,
}

fn gather(args: &BuildFolderArgs, global: &Global) -> Result<Gathered, CliError> {
    let of_build = configuration_of(args, global);
    let global = of_build.as_ref().unwrap_or(global);
    let loaded = match args.folder().filter(|_| of_build.is_none() && global.config.is_none()) {
        // The build belongs to no project with a configuration.
        Some(folder) if BuildTree::open(folder).is_ok() => Ok(None),
        _ => Project::load_if_there(global),
    };
    let (project, errors) = match loaded {
        Ok(project) => (project, None),
        Err(error @ CliError::Config { .. }) => (None, Some(error)),
        Err(error) => return Err(error),
    };
    let found = match (&project, &errors, args.folder()) {
        // The folders of the presets are unknown.
        (None, Some(_), None) => Err(CliError::NoBuildFolder(
            "the build folders of an invalid configuration are unknown".to_owned(),
        )),
        _ => BuildCache::find(args, global),
    };
    let (build, absent) = match found {
        Ok(cache) => (Some(cache), None),
        Err(error @ (CliError::NoBuildFolder(_) | CliError::CacheBroken(_)))
            if project.is_some() || errors.is_some() || args.folder().is_some() =>
        {
            (None, Some(error))
        }
        Err(error) => return Err(error),
    };
    let profile = build.as_ref().map(|build| build.profile.clone()).filter(|profile| !profile.is_empty());
    let variant = project.as_ref().and_then(|project| project.plan.variant(profile.as_deref()));
    let on_failure = variant
        .and_then(|variant| variant.cache.as_ref())
        .map_or(OnFailure::Fallback, |cache| cache.on_failure);
    let in_ci = environment::variable("CI").is_some_and(|value| value != "false" && value != "0");
    let must_be_as_configured = in_ci && on_failure == OnFailure::Strict;
    let file = global.config.clone().unwrap_or_else(project::find);
    let state = match (&project, &errors) {
        (Some(project), _) => valid(project, variant, profile.as_deref(), &file),
        (None, Some(CliError::Config { diagnostics, .. })) => {
            let messages = diagnostics.iter().take(3).map(|diagnostic| diagnostic.message.as_str());
            chain::Project::Invalid { path: file.clone(), errors: messages.collect::<Vec<_>>().join("; ") }
        }
        (None, _) => chain::Project::None,
    };
    let build = match (build, &absent) {
        (Some(cache), _) => BuildState::Configured(cache.facts()),
        (None, absent) => BuildState::Absent {
            text: match absent.as_ref().map(ToString::to_string).unwrap_or_default() {
                // The error follows the report, with all folders.
                text if text.starts_with(NO_BUILD) && args.folder().is_none() => {
                    "no build of this project is configured".to_owned()
                }
                text => text,
            },
            folder: args.folder().map(Utf8Path::to_owned),
        },
    };
    let subject = Subject {
        project: state,
        build,
        launch_program: launch_program(),
        user_folder: environment::user_cache_folder(),
        must_work: on_failure == OnFailure::Fail || must_be_as_configured,
    };
    let name = file.file_name().unwrap_or(project::CONFIG_NAME);
    let file = if file.is_absolute() { name.into() } else { file.clone() };
    Ok(Gathered { subject, file, absent, must_be_as_configured })
}

/// The options for the configuration of a build folder that the user has named: its project may be another one than that of the
/// current folder.
fn configuration_of(args: &BuildFolderArgs, global: &Global) -> Option<Global> {
    let tree =
        args.folder().filter(|_| global.config.is_none()).and_then(|folder| BuildTree::open(folder).ok())?;
    let mut above = tree.source().ancestors().map(|folder| folder.join(project::CONFIG_NAME));
    let found = above.find(|path| path.is_file())?;
    let here = project::find();
    // The shorter path is easier to read.
    let is_here = here.canonicalize_utf8().ok() == found.canonicalize_utf8().ok();
    Some(Global {
        config: Some(if is_here { here } else { found }),
        quiet: global.quiet,
        color: global.color,
    })
}

fn valid(
    project: &Project,
    variant: Option<&VariantPlan>,
    profile: Option<&str>,
    file: &Utf8Path,
) -> chain::Project {
    let plan = variant.or(project.plan.variants.first());
    let cache = plan.and_then(|variant| variant.cache.as_ref());
    let preset = plan.and_then(|variant| variant.presets.first());
    let preset = preset.filter(|_| project.plan.output.presets.is_some());
    let configure = preset.map_or_else(
        || format!("cmake -B build -DCMAKE_TOOLCHAIN_FILE={}", project.plan.output.toolchain),
        |preset| format!("cmake --preset {}", preset.name),
    );
    chain::Project::Valid {
        path: file.to_owned(),
        generated: generated(project).map_err(|error| error.to_string()),
        configure,
        wanted: cache.map(|cache| wanted(project, profile, cache)),
        is_unknown_profile: variant.is_none(),
    }
}

fn generated(project: &Project) -> Result<Generated, CliError> {
    let files = templates::render(project)?;
    let (files, _) = user_presets::fit(files, project, false)?;
    let comparisons = output::compare(&files, &project.folder)?;
    let mut generated = Generated { total: comparisons.len(), ..Generated::default() };
    for comparison in comparisons {
        let path = comparison.path;
        match comparison.state {
            FileState::Same => {}
            FileState::Missing(_) => generated.missing.push(path),
            FileState::Changed(_) => generated.stale.push(path),
            FileState::NotOurs => generated.foreign.push(path),
        }
    }
    Ok(generated)
}

fn wanted(project: &Project, profile: Option<&str>, cache: &CachePlan) -> Wanted {
    let variants = &project.config.variants;
    let variant = variants.iter().find(|variant| variant.profile.as_deref() == profile).or(variants.first());
    let remote = variant.map(|variant| variant.cache.remote.as_slice()).unwrap_or_default();
    let setting = |setting: &crate::caching::remote::Setting| WantedSetting {
        name: setting.name.to_owned(),
        value: setting.value.describe(),
        is_secret: setting.value.is_secret(),
        since: setting.since,
        is_required: setting.on_older_tool == crate::caching::remote::OnOlderTool::Refuse,
    };
    let tools = cache.tools.iter().map(|tool| WantedTool {
        tool: tool.tool,
        settings: tool.remote_alone.iter().map(setting).collect(),
    });
    Wanted {
        tools: tools.collect(),
        min_version: cache.min_version,
        size_gb: cache.is_size_set.then_some(cache.size_gb),
        location: cache.location_of_chosen.clone(),
        servers: cache.servers.clone(),
        is_read_only: remote.iter().any(|tier| tier.access == Access::ReadOnly),
        backends: remote.iter().map(|tier| tier.backend_type.clone()).collect(),
    }
}

/// The launcher that the module would use, if it is trusted.
fn launch_program() -> Option<Utf8PathBuf> {
    const NAME: &str = "toolchainkit-launch";
    let named =
        environment::variable(LAUNCH_VARIABLE).map(Utf8PathBuf::from).filter(|path| path.is_absolute());
    let beside = program::own_executable().map(|own| own.with_file_name(NAME));
    let stored = Store::of_user().into_iter().flat_map(|store| store.launch_programs()).map(|(path, _)| path);
    let mut all = named.into_iter().chain(beside).chain(program::find(NAME)).chain(stored);
    all.find(|path| path.is_file() && trust::check_program(path.as_std_path()).is_ok())
}
