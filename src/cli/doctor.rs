//! `toolchainkit doctor`

use std::process;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::output_format::{Format, FormatArgs};
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::caching::detection::identify;
use crate::caching::statistics::stats_through;
use crate::caching::tool::{Tool, Version};
use crate::doctor::{
    BuildTree, Bypassing, CacheOfBuild, Explanation, Findings, Launchers, Outcome, ReplayError, Unit, Way,
    explain_ccache, explain_sccache, replay,
};
use crate::probe::{path::shown, program};

/// The timeout for reading the statistics.
const STATS_TIMEOUT: Duration = Duration::from_secs(10);

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Report why this source file was compiled instead of taken from the cache
    #[arg(long, value_name = "FILE")]
    why: Option<Utf8PathBuf>,
    #[command(flatten)]
    build: BuildFolderArgs,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &DoctorArgs, global: &Global, printer: &Printer) -> CommandResult {
    let cache = BuildCache::find(&args.build, global)?;
    match &args.why {
        Some(file) => why(file, &cache, args.format.format, printer),
        None => examine(&cache, args.format.format, printer),
    }
}

// --- one source file --------------------------------------------------------------------------------------------------

#[derive(Serialize)]
struct UnitReport {
    source: Utf8PathBuf,
    object: String,
    outcome: &'static str,
    because: String,
    help: Option<String>,
    /// The reason why other checkouts cannot use the entry.
    unshared: Option<String>,
    /// The reason why a hit runs the preprocessor.
    not_direct: Option<String>,
    command: Vec<String>,
}

fn why(file: &Utf8Path, cache: &BuildCache, format: Format, printer: &Printer) -> CommandResult {
    let of_build = of_build(cache)?;
    let units = BuildTree::open(&cache.folder)?.units(file)?;
    let mut reports = Vec::new();
    let mut broken = None;
    for unit in units {
        let Findings { outcome, unshared, not_direct, command } = replay(of_build, &unit)?;
        let (because, help) = words(&outcome, of_build.tool);
        if matches!(outcome, Outcome::NotStored(_)) {
            broken = Some(because.clone());
        }
        reports.push(UnitReport {
            source: shown(&unit.source),
            object: unit.object,
            outcome: outcome.name(),
            because,
            help,
            unshared: unshared.map(|explanation| explanation.to_string()),
            not_direct: not_direct.map(|explanation| explanation.to_string()),
            command,
        });
    }
    match format {
        Format::Json => printer.foreign_json(serde_json::to_value(&reports).map_err(std::io::Error::from)?),
        Format::Human => reports.iter().for_each(|report| printer.foreign(&sentence(report))),
    }
    broken.map_or(Ok(()), |because| Err(CliError::CacheBroken(because)))
}

fn of_build(cache: &BuildCache) -> Result<CacheOfBuild<'_>, CliError> {
    let (tool, version) = cache.tool()?;
    Ok(CacheOfBuild { tool, version, launcher: cache.launcher()? })
}

fn sentence(report: &UnitReport) -> String {
    let help = report.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
    let line = |text: &Option<String>| text.as_ref().map(|text| format!("\n  {text}")).unwrap_or_default();
    let more = line(&report.unshared) + &line(&report.not_direct);
    format!("{} ({}): {}{help}{more}\n", report.source, report.object, report.because)
}

/// A clause about the outcome, and advice if there is any.
fn words(outcome: &Outcome, tool: Tool) -> (String, Option<String>) {
    let explained = |before: &str, explanation: &Explanation| {
        (format!("{before}{}", explanation.because), Some(explanation.help.clone()))
    };
    match outcome {
        Outcome::Hit => (
            format!("it is cached by {tool}"),
            Some("if the build compiled it although it is in the cache, the source, a header, an option or the compiler had changed since the last compilation".to_owned()),
        ),
        Outcome::New => (
            format!("it was not in the cache of {tool}, and is cached now"),
            Some("this compilation was not cached before, or its entry was removed; a larger `cache.size_gb` keeps more entries".to_owned()),
        ),
        Outcome::NotStored(explanation) => explained("it was not stored in the cache, because ", explanation),
        Outcome::Volatile(explanation) => explained("it never hits, because ", explanation),
        Outcome::Uncacheable(explanation) => explained("it cannot be cached, because ", explanation),
        Outcome::Bypassed(explanation) => explained("it is not cached, because ", explanation),
        Outcome::Fails(message) => {
            (format!("it does not compile, and only successful compilations are cached: {message}"), None)
        }
    }
}

// --- the whole build --------------------------------------------------------------------------------------------------

#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum State {
    Fine,
    Doubtful,
    Broken,
}

#[derive(Serialize)]
struct Check {
    about: &'static str,
    state: State,
    text: String,
    help: Option<String>,
}

impl Check {
    fn fine(about: &'static str, text: String) -> Self {
        Self { about, state: State::Fine, text, help: None }
    }

    fn doubtful(about: &'static str, text: String, help: &str) -> Self {
        Self { about, state: State::Doubtful, text, help: Some(help.to_owned()) }
    }

    fn broken(about: &'static str, text: String, help: &str) -> Self {
        Self { about, state: State::Broken, text, help: Some(help.to_owned()) }
    }
}

fn examine(cache: &BuildCache, format: Format, printer: &Printer) -> CommandResult {
    let mut checks = vec![Check::fine("build", cache.folder.to_string()), mode(cache)];
    if cache.uses_a_tool() {
        checks.push(installed(cache));
        checks.extend(passed_over(cache));
        checks.extend(daemon(cache));
        checks.push(compile_twice(cache));
        checks.extend(counted(cache));
    }
    if cache.uses_a_tool() || cache.has_other_launchers() {
        checks.extend(launchers(cache));
    }
    match format {
        Format::Json => printer.foreign_json(serde_json::to_value(&checks).map_err(std::io::Error::from)?),
        Format::Human => checks.iter().for_each(|check| printer.foreign(&line(check))),
    }
    match checks.iter().find(|check| check.state == State::Broken) {
        Some(check) => Err(CliError::CacheBroken(check.text.clone())),
        None => Ok(()),
    }
}

fn line(check: &Check) -> String {
    let mark = match check.state {
        State::Fine => "ok",
        State::Doubtful => "note",
        State::Broken => "BROKEN",
    };
    let help = check.help.as_ref().map(|help| format!("\n          {:12}{help}", "")).unwrap_or_default();
    format!("{mark:8}  {:12}{}{help}\n", check.about, check.text)
}

fn mode(cache: &BuildCache) -> Check {
    if !cache.uses_a_tool() {
        let help = "fix the problem, and configure the build again";
        return Check::broken("cache", format!("this build uses no cache: {}", cache.reason), help);
    }
    if cache.reason.is_empty() {
        return Check::fine("cache", cache.location.clone());
    }
    let text = format!("{} instead of the configured cache: {}", cache.location, cache.reason);
    Check::doubtful("cache", text, "fix the problem, and configure the build again")
}

fn installed(cache: &BuildCache) -> Check {
    let again = "configure the build again";
    let Ok((tool, version)) = cache.tool() else {
        return Check::broken("tool", "cache.json contains no valid tool".to_owned(), again);
    };
    match identify(tool, &cache.program) {
        None => Check::broken("tool", format!("{} cannot be run", cache.program), again),
        Some(found) if found.version != version => {
            let text = format!(
                "{} is version {}, but the build was configured with {version}",
                cache.program, found.version
            );
            Check::doubtful("tool", text, again)
        }
        Some(_) => Check::fine("tool", format!("{tool} {version}, {}", cache.program)),
    }
}

/// The settings of the user for the tool that are not used.
fn passed_over(cache: &BuildCache) -> Option<Check> {
    let help = "set it in toolchainkit.yaml, or remove it from the file";
    let text = &cache.passed_over;
    (!text.is_empty()).then(|| Check::doubtful("settings", text.clone(), help))
}

fn daemon(cache: &BuildCache) -> Option<Check> {
    if cache.socket.as_str().is_empty() {
        return None;
    }
    let state = match cache.running_daemon() {
        Some(address) => format!("running, {address}"),
        None if cache.socket.is_absolute() => {
            format!("not running; the next compilation starts it, {}", cache.socket)
        }
        // The next one takes another port.
        None => "not running; the next compilation starts it".to_owned(),
    };
    Some(Check::fine("daemon", state))
}

/// How many compilations go through the launcher, and why the others do not.
fn launchers(cache: &BuildCache) -> Vec<Check> {
    let about = "launchers";
    // Without a launcher, the commands of the build contain the tool itself.
    let mut of_build = of_build(cache).ok();
    if cache.has_only_a_command() {
        of_build = of_build.map(|of_build| CacheOfBuild { launcher: &cache.program, ..of_build });
    }
    let examined = BuildTree::open(&cache.folder)
        .and_then(|tree| Launchers::of(&tree, of_build, cache.has_program(), &cache.languages()));
    let launchers = match examined {
        Ok(launchers) => launchers,
        Err(error) => {
            let text = format!("not checked: {error}");
            return vec![Check::doubtful(about, text, "check a source file with `--why`")];
        }
    };
    let Launchers { total, ours, bypassing } = launchers;
    let counted = format!("{ours} of {total} compilations use this cache");
    if bypassing.is_empty() {
        return vec![Check::fine(about, counted)];
    }
    let check = |group: &Bypassing| {
        let Bypassing { language, way, number, settings, .. } = group;
        let words = match way {
            Way::Ours => "use it".to_owned(),
            Way::Direct => "run the compiler without a launcher".to_owned(),
            Way::Other(name) => format!("use {name} instead"),
            Way::OtherFirst(name) => format!("use {name} before this cache"),
            Way::OtherLast(name) => format!("use {name} in addition to this cache"),
        };
        let causes =
            if settings.is_empty() { String::new() } else { format!(": {}", settings.join(", and ")) };
        let text = format!("{counted}; {number} in {language} {words}{causes}");
        let help = match way {
            Way::Direct if settings.is_empty() => {
                "call toolchainkit_enable_cache() before the targets are created, and configure the build again"
            }
            Way::OtherLast(_) if settings.iter().all(|setting| !setting.contains("LAUNCHER")) => {
                "use the compiler itself in a new build folder, for example CXX=g++ instead of CXX=\"ccache g++\""
            }
            _ if settings.is_empty() => "remove the launcher of the project, and configure the build again",
            _ => "remove this setting, and configure the build again",
        };
        if group.is_harmless { Check::doubtful(about, text, help) } else { Check::broken(about, text, help) }
    };
    bypassing.iter().map(check).collect()
}

/// Compiles a unique source twice: it must be stored, and then hit.
fn compile_twice(cache: &BuildCache) -> Check {
    let about = "compilation";
    let result = probe_unit(cache).and_then(|found| {
        let Some((unit, folder)) = found else { return Ok(None) };
        let findings = replay(of_build(cache)?, &unit)?;
        drop(folder);
        Ok(Some(findings.outcome))
    });
    match result {
        Ok(Some(Outcome::New)) => Check::fine(about, "a trial file was stored and then hit".to_owned()),
        Ok(Some(Outcome::NotStored(Explanation { because, help }))) => Check::broken(about, because, &help),
        Ok(Some(outcome)) => {
            let (because, help) = words(&outcome, cache.tool().map_or(Tool::Sccache, |(tool, _)| tool));
            Check::broken(
                about,
                format!("trial file: {because}"),
                help.as_deref().unwrap_or("see the error of the compiler"),
            )
        }
        Ok(None) => Check::doubtful(
            about,
            "not checked: the build has no compiler for C or C++".to_owned(),
            "check a source file with `--why`",
        ),
        Err(CliError::Replay(ReplayError::Busy)) => Check::doubtful(
            about,
            "not checked: a build is using the cache".to_owned(),
            "try again after the build",
        ),
        Err(error) => Check::broken(about, error.to_string(), "configure the build again"),
    }
}

fn probe_unit(cache: &BuildCache) -> Result<Option<(Unit, tempfile::TempDir)>, CliError> {
    let Some((compiler, extension)) = BuildTree::open(&cache.folder)?.compiler()? else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let directory = Utf8PathBuf::from(folder.path().to_string_lossy().into_owned());
    let source = directory.join(format!("trial.{extension}"));
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    fs_err::write(&source, format!("int toolchainkit_trial_{moment}_{};\n", process::id()))?;
    let words = [cache.launcher()?.as_str(), compiler.as_str(), "-c", source.as_str(), "-o", "trial.o"];
    let words = words.map(str::to_owned).to_vec();
    Ok(Some((Unit { source, object: "trial.o".to_owned(), directory, words }, folder)))
}

/// The statistics of the tool, with an explanation of each reason for uncached compilations.
fn counted(cache: &BuildCache) -> Vec<Check> {
    let Ok((tool, version)) = cache.tool() else { return Vec::new() };
    let stats =
        cache.launcher().and_then(|launcher| Ok(stats_through(tool, version, launcher, &cache.location)?));
    let stats = match stats {
        Ok(stats) => stats,
        Err(error) => {
            return vec![Check::broken("statistics", error.to_string(), "configure the build again")];
        }
    };
    let text = format!("{} hits, {} misses, {} not cacheable", stats.hits, stats.misses, stats.uncacheable);
    let mut checks = vec![Check::fine("statistics", text)];
    if stats.errors > 0 {
        let text = format!("{}; the affected files were compiled without the cache", stats.errors);
        checks.push(Check::doubtful(
            "errors",
            text,
            "check `toolchainkit server status`, and the log of the storage",
        ));
    }
    for (number, explanation) in reasons(cache, tool, version) {
        let text = format!("{number}, because {}", explanation.because);
        checks.push(Check::doubtful("not cached", text, &explanation.help));
    }
    checks
}

fn reasons(cache: &BuildCache, tool: Tool, version: Version) -> Vec<(u64, Explanation)> {
    let no_environment: [(&str, &str); 0] = [];
    let printed = cache.launcher().ok().and_then(|launcher| {
        program::run(launcher, tool.stats_arguments(version), no_environment, STATS_TIMEOUT).ok()
    });
    let explain = |name: &str| match tool {
        Tool::Sccache => explain_sccache(name),
        Tool::Ccache => explain_ccache(name, ""),
    };
    let counts = printed.map(|finished| tool.reasons(&finished.stdout)).unwrap_or_default();
    counts.into_iter().map(|(name, number)| (number, explain(&name))).collect()
}
