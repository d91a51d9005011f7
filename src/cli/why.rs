//! `toolchainkit doctor --why FILE`: why a source file was compiled instead of taken from the cache.

use std::time::Duration;

use camino::Utf8Path;
use schemars::JsonSchema;
use serde::Serialize;

use super::CommandResult;
use super::build_folder::BuildCache;
use super::causes;
use super::compare::CauseObject;
use super::doctor::of_build;
use super::examination::DoctorDocument;
use super::output_format::Format;
use super::progress::Busy;
use super::report::{CliError, Printer};
use crate::caching::tool::Tool;
use crate::doctor::{BuildTree, Explanation, Findings, Outcome, replay};
use crate::journal::{self, Cause, Journal, Wording};
use crate::launch::journal::read as read_journal;
use crate::probe::path::shown;
use crate::words::span;

/// The JSON of `doctor --why`.
#[derive(Serialize, JsonSchema)]
pub(super) struct WhyDocument {
    /// The version of this format.
    schema_version: u32,
    /// One answer for each target that compiles the file.
    compilations: Vec<UnitReport>,
}

#[derive(Serialize, JsonSchema)]
struct UnitReport {
    /// The compiled file: the given one, or the source of a unity build that includes it.
    source: String,
    /// The object, relative to the build folder.
    object: String,
    /// What became of a trial: hit, new, not_stored, volatile, uncacheable, bypassed or fails.
    outcome: String,
    /// The outcome in words, with its reason.
    because: String,
    /// What to do; null if nothing is to be done.
    help: Option<String>,
    /// The reason why other checkouts cannot use the entry; null if they can.
    unshared: Option<String>,
    /// The reason why a hit runs the preprocessor; null if it does not.
    not_direct: Option<String>,
    /// The command of the trial.
    command: Vec<String>,
    /// The last miss in the journal of the build folder; null if there is none.
    last_miss: Option<Miss>,
}

/// A miss of a build.
#[derive(Serialize, JsonSchema)]
struct Miss {
    /// The time of its end, in milliseconds since 1970.
    at: u64,
    /// The time of the compilation that it was compared with; null if there is none.
    compared_with: Option<u64>,
    /// Whether a later build had a hit.
    was_hit_later: bool,
    /// The causes, the most specific one first.
    causes: Vec<MissCause>,
}

#[derive(Serialize, JsonSchema)]
struct MissCause {
    /// The cause as a clause.
    sentence: String,
    /// What the user can do.
    advice: String,
    #[serde(flatten)]
    cause: CauseObject,
}

pub(super) fn why(file: &Utf8Path, cache: &BuildCache, format: Format, printer: &Printer) -> CommandResult {
    let of_build = of_build(cache)?;
    let units = BuildTree::open(&cache.folder)?.units(file)?;
    // Before the trial, which is not a part of the journal. Without the program, there is none.
    let journal = read_journal(cache.folder.as_std_path()).unwrap_or_default();
    let mut reports = Vec::new();
    let mut broken = None;
    let busy = Busy::new(printer, "compiling the file with the cache");
    for unit in units {
        let Findings { outcome, unshared, not_direct, command } = replay(of_build, &unit)?;
        let (because, help) = words(&outcome, of_build.tool);
        let last_miss = last_miss(&cache.folder, &journal, &unit.object);
        // The journal knows what has changed.
        let help = help.filter(|_| last_miss.is_none() || outcome != Outcome::Hit);
        if matches!(outcome, Outcome::NotStored(_)) {
            broken = Some(because.clone());
        }
        reports.push(UnitReport {
            source: shown(&unit.source).into_string(),
            object: unit.object,
            outcome: outcome.name().to_owned(),
            because,
            help,
            unshared: unshared.map(|explanation| explanation.to_string()),
            not_direct: not_direct.map(|explanation| explanation.to_string()),
            command,
            last_miss,
        });
    }
    drop(busy);
    match format {
        Format::Json => {
            let document = DoctorDocument::Why(WhyDocument { schema_version: 1, compilations: reports });
            printer.foreign_json(serde_json::to_value(&document).map_err(std::io::Error::from)?);
        }
        Format::Human => reports.iter().for_each(|report| printer.foreign(&sentence(report))),
    }
    broken.map_or(Ok(()), |because| Err(CliError::CacheBroken(because)))
}

/// The last miss of this object.
fn last_miss(folder: &Utf8Path, journal: &Journal, object: &str) -> Option<Miss> {
    let of_object = || journal.entries.iter().rev().filter(|entry| entry.object == object);
    let entry = of_object().find(|entry| entry.outcome == journal::Outcome::Miss)?;
    let was_hit_later = of_object().next().is_some_and(|last| last.outcome.is_hit());
    let found = causes::of_entry(folder, journal, entry);
    let cause = |cause: Cause| MissCause {
        sentence: cause.sentence(Wording::Time, 0),
        advice: cause.advice().to_owned(),
        cause: CauseObject::from(&cause),
    };
    Some(Miss {
        at: entry.at,
        compared_with: found.compared_with,
        was_hit_later,
        causes: found.causes.into_iter().map(cause).collect(),
    })
}

/// The causes of a miss, one in each line.
fn lines_of(miss: &Miss) -> String {
    let when = if miss.was_hit_later { "its last miss" } else { "a miss in the last build" };
    let earlier =
        miss.compared_with.map(|earlier| span(Duration::from_millis(miss.at.saturating_sub(earlier))));
    let compared =
        earlier.map(|span| format!(" (compared with the compilation {span} before)")).unwrap_or_default();
    let causes = miss.causes.iter().map(|cause| format!("\n    {}: {}", cause.sentence, cause.advice));
    format!("\n  {when}{compared}:{}", causes.collect::<String>())
}

fn sentence(report: &UnitReport) -> String {
    let help = report.help.as_ref().map(|help| format!(": {help}")).unwrap_or_default();
    let line = |text: &Option<String>| text.as_ref().map(|text| format!("\n  {text}")).unwrap_or_default();
    let miss = report.last_miss.as_ref().map(lines_of).unwrap_or_default();
    let more = line(&report.unshared) + &line(&report.not_direct) + &miss;
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
