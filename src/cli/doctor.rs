//! `toolchainkit doctor`

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Serialize;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::examination::{self, ReportFormat};
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::caching::tool::Tool;
use crate::doctor::{BuildTree, CacheOfBuild, Explanation, Findings, Outcome, replay};

/// The end of the help.
/// The text after the examples.
const NOTES: &str = "\
Exit code 8: the cache does not work, or, with --strict, not as configured. In GitHub Actions, GitLab CI and Azure
Pipelines, doctor also writes annotations into the log.";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct DoctorArgs {
    /// Report why this source file was compiled instead of taken from the cache
    #[arg(long, value_name = "FILE")]
    why: Option<Utf8PathBuf>,
    #[command(flatten)]
    build: BuildFolderArgs,
    /// Exit with code 8 also if the cache works, but not as configured, such as with a local cache instead of the remote
    #[arg(long, conflicts_with = "why")]
    strict: bool,
    /// Output format; `--why` supports `human` and `json`
    #[arg(long, value_enum, default_value_t)]
    format: ReportFormat,
}

pub(super) fn run(args: &DoctorArgs, global: &Global, printer: &Printer) -> CommandResult {
    let Some(file) = &args.why else {
        return examination::examine(&args.build, global, args.format, args.strict, printer);
    };
    let is_json = match args.format {
        ReportFormat::Human => false,
        ReportFormat::Json => true,
        ReportFormat::Junit | ReportFormat::Sarif => {
            return Err(CliError::Usage("`--why` supports the formats `human` and `json`".to_owned()));
        }
    };
    why(file, &BuildCache::find(&args.build, global)?, is_json, printer)
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

fn why(file: &Utf8Path, cache: &BuildCache, is_json: bool, printer: &Printer) -> CommandResult {
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
            source: unit.source,
            object: unit.object,
            outcome: outcome.name(),
            because,
            help,
            unshared: unshared.map(|explanation| explanation.to_string()),
            not_direct: not_direct.map(|explanation| explanation.to_string()),
            command,
        });
    }
    if is_json {
        printer.foreign_json(serde_json::to_value(&reports).map_err(std::io::Error::from)?);
    } else {
        reports.iter().for_each(|report| printer.foreign(&sentence(report)));
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
