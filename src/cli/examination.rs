//! `toolchainkit doctor` without `--why`: gathers what is known about the project and the build, and prints the report.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Serialize;

use super::build_folder::{BuildCache, BuildFolderArgs, NO_BUILD};
use super::progress::Busy;
use super::project::{self, Project};
use super::report::{CliError, Printer};
use super::style::{Styled, Tone};
use super::why::WhyDocument;
use super::{CommandResult, Global, exit, templates, user_presets};
use crate::caching::language::Language;
use crate::caching::remote::Access;
use crate::config::model::OnFailure;
use crate::doctor::BuildTree;
use crate::doctor::chain::{
    self, BuildState, Checked, Generated, NamedCompiler, State, Subject, Wanted, WantedSetting, WantedTool,
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
    let busy = Busy::new(printer, "checking the chain from the configuration to a hit");
    let mut checked = chain::examine(&Arc::new(subject));
    drop(busy);
    for finding in checked.iter_mut().flat_map(|checked| &mut checked.findings) {
        finding.text = printer.filtered(&finding.text);
        finding.help = finding.help.as_deref().map(|help| printer.filtered(help));
    }
    match format {
        ReportFormat::Human => printer.styled(&coloured(&human::text(&checked, layout(printer)))),
        ReportFormat::Json => printer.document(&DoctorDocument::Chain(document(&checked)))?,
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

/// The JSON of `doctor`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit doctor --format json")]
#[serde(untagged)]
pub(super) enum DoctorDocument {
    /// The JSON of `doctor`.
    Chain(ChainDocument),
    /// The JSON of `doctor --why`.
    Why(WhyDocument),
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ChainDocument {
    /// The version of this format.
    schema_version: u32,
    /// What was found out, in the order of the chain.
    findings: Vec<FindingObject>,
}

#[derive(Serialize, JsonSchema)]
struct FindingObject {
    /// The name of the link.
    link: String,
    /// What it is about: the name of the link, or of a part of it.
    about: String,
    /// The condition.
    state: StateObject,
    /// What was seen.
    text: String,
    /// What to do; null if nothing is to be done.
    help: Option<String>,
    /// The time until the link was checked. All links are checked at the same time.
    seconds: f64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum StateObject {
    /// It works as configured.
    Fine,
    /// Something to know. The cache works as configured.
    Doubtful,
    /// The cache works, but not as configured.
    Degraded,
    /// The cache does not work.
    Broken,
}

impl From<State> for StateObject {
    fn from(state: State) -> Self {
        match state {
            State::Fine => Self::Fine,
            State::Doubtful => Self::Doubtful,
            State::Degraded => Self::Degraded,
            State::Broken => Self::Broken,
        }
    }
}

fn document(checked: &[Checked]) -> ChainDocument {
    let findings =
        checked.iter().flat_map(|checked| checked.findings.iter().map(move |found| (checked, found)));
    let objects = findings.map(|(checked, found)| FindingObject {
        link: checked.link.to_owned(),
        about: found.about.to_owned(),
        state: found.state.into(),
        text: found.text.clone(),
        help: found.help.clone(),
        seconds: (checked.took.as_secs_f64() * 1000.0).round() / 1000.0,
    });
    ChainDocument { schema_version: 1, findings: objects.collect() }
}

/// The report with colours for the states at the beginning of its lines.
fn coloured(report: &str) -> Styled {
    report.split_inclusive('\n').fold(Styled::new(), |styled, line| {
        let tone = match line.split(' ').next().unwrap_or_default() {
            "ok" => Tone::Good,
            "note" => Tone::Help,
            "DEGRADED" => Tone::Doubtful,
            "BROKEN" => Tone::Bad,
            _ => return styled.text(line),
        };
        let (state, rest) = line.split_at(line.find(' ').unwrap_or_default());
        styled.with(tone, state).text(rest)
    })
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
        (Some(cache), _) => {
            let named_compilers = project.as_ref().map(|project| named_compilers(project, &cache.folder));
            BuildState::Configured(chain::Build {
                named_compilers: named_compilers.unwrap_or_default(),
                ..cache.facts()
            })
        }
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

/// The compilers that presets with this build folder name.
fn named_compilers(project: &Project, folder: &Utf8Path) -> Vec<NamedCompiler> {
    let real = |path: &Utf8Path| path.canonicalize_utf8().ok();
    let is_compiler = |name: &str| {
        let of_cmake = name.starts_with("CMAKE_") && name.ends_with("_COMPILER");
        of_cmake || Language::ALL.iter().any(|language| language.compiler_variable() == name)
    };
    let presets = project.presets.configure(&project.surroundings).into_iter();
    let of_folder = presets.filter(|preset| {
        preset.binary_dir.as_ref().and_then(|path| real(path)).is_some_and(|path| Some(path) == real(folder))
    });
    let named = of_folder.flat_map(|preset| {
        let origin = format!("in the preset {} ({})", preset.name, preset.place.path);
        let all = preset.cache_variables.into_iter().chain(preset.environment);
        let named = all.filter(|(name, entry)| is_compiler(name) && !entry.value.is_empty());
        let named = named.map(|(variable, entry)| NamedCompiler {
            variable,
            value: entry.value,
            origin: origin.clone(),
        });
        named.collect::<Vec<_>>()
    });
    named.collect()
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
