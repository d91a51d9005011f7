//! `toolchainkit doctor --why FILE`: why a source file was compiled instead of taken from the cache.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::of_build;
use crate::caching::tool::Tool;
use crate::cli::CommandResult;
use crate::cli::build_folder::BuildCache;
use crate::cli::output_format::Format;
use crate::cli::report::{CliError, Printer};
use crate::doctor::{BuildTree, Explanation, Findings, Outcome, replay};

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

pub(super) fn why(file: &Utf8Path, cache: &BuildCache, format: Format, printer: &Printer) -> CommandResult {
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
    match format {
        Format::Json => printer.foreign_json(serde_json::to_value(&reports).map_err(std::io::Error::from)?),
        Format::Human => reports.iter().for_each(|report| printer.foreign(&sentence(report))),
    }
    broken.map_or(Ok(()), |because| Err(CliError::CacheBroken(because)))
}

fn sentence(report: &UnitReport) -> String {
    let help = report.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
    let line = |text: &Option<String>| text.as_ref().map(|text| format!("\n  {text}")).unwrap_or_default();
    let more = line(&report.unshared) + &line(&report.not_direct);
    format!("{} ({}): {}{help}{more}\n", report.source, report.object, report.because)
}

/// A clause about the outcome, and advice if there is any.
pub(super) fn words(outcome: &Outcome, tool: Tool) -> (String, Option<String>) {
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
