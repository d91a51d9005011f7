//! `toolchainkit compare`

use std::time::Duration;
use std::{fmt, io};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::output_format::{Format, FormatArgs};
use super::progress::Busy;
use super::report::{CliError, Printer};
use super::{CommandResult, causes};
use crate::journal::export::Export;
use crate::journal::{Cause, CauseGroup, Causes, Change, Comparison, Unmatched, compare};
use crate::launch::journal::read as read_journal;
use crate::probe::file;
use crate::words::{counted, duration_of_micros};

/// The largest exported file.
const LARGEST: u64 = 512 << 20;
/// The number of causes, and of files of each, in the text.
const SHOWN_CAUSES: usize = 10;
const SHOWN_FILES: usize = 5;

/// The text after the examples.
const NOTES: &str = "\
The causes are ordered by the number of files. Objects are the same if they have the same path below the build folder.";

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct CompareArgs {
    /// A build folder, or a file of `toolchainkit stats --export`: here
    #[arg(value_name = "A")]
    here: Utf8PathBuf,
    /// The other one: there [default: the last build in A is compared with the builds before]
    #[arg(value_name = "B")]
    there: Option<Utf8PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

pub(super) fn run(args: &CompareArgs, printer: &Printer) -> CommandResult {
    let Some(path_there) = &args.there else { return last_build(&args.here, args.format.format, printer) };
    let busy = Busy::new(printer, "comparing the journals");
    let (here, there) = (load(&args.here)?, load(path_there)?);
    let comparison = compare(&here, &there);
    drop(busy);
    match args.format.format {
        Format::Human => {
            let titles = [("here", &args.here, &here), ("there", path_there, &there)];
            let titles: String = titles.map(|(name, path, export)| title(name, path, export)).concat();
            printer.foreign(&(titles + &text(&comparison)));
        }
        Format::Json => {
            let document = ComparisonDocument {
                schema_version: 1,
                here: Side::from(&here),
                there: Side::from(&there),
                compared: comparison.compared,
                same: comparison.same,
                causes: comparison.causes.iter().map(GroupObject::from).collect(),
                only_here: Files::from(comparison.only_here),
                only_there: Files::from(comparison.only_there),
            };
            print(&CompareDocument::Two(document), printer)?;
        }
    }
    Ok(())
}

/// The causes of the misses of the last build in a folder.
fn last_build(folder: &Utf8Path, format: Format, printer: &Printer) -> CommandResult {
    let failed = |reason: &dyn fmt::Display, help: &str| {
        CliError::Usage(format!("cannot compare {folder}: {reason}; {help}"))
    };
    if !folder.is_dir() {
        return Err(failed(&"it is not a build folder", "give a build folder, or two files"));
    }
    let journal = read_journal(folder.as_std_path()).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => failed(&"this folder has no journal", causes::NO_JOURNAL),
        _ => failed(&error, "configure the build again"),
    })?;
    let last = journal.last_builds(1);
    let Some(build) = last.last() else {
        return Err(failed(&"no compilation was recorded yet", causes::NO_JOURNAL));
    };
    let busy = Busy::new(printer, "comparing the misses with earlier compilations");
    let Causes { groups, compared, missed } = causes::of_build(folder, &journal, build.id, usize::MAX);
    drop(busy);
    let hits = build.entries.iter().filter(|entry| entry.outcome.is_hit()).count();
    match format {
        Format::Human => {
            let mut text = format!(
                "last build: {}, {}\n",
                plural(hits, "hit", "hits"),
                plural(missed, "miss", "misses")
            );
            for (index, group) in groups.iter().take(SHOWN_CAUSES).enumerate() {
                text += &numbered(index + 1, group);
            }
            text += &others(&groups);
            printer.foreign(&text);
        }
        Format::Json => {
            let document = LastBuildDocument {
                schema_version: 1,
                build: build.id.to_owned(),
                hits,
                misses: missed,
                compared,
                causes: groups.iter().map(GroupObject::from).collect(),
            };
            print(&CompareDocument::LastBuild(document), printer)?;
        }
    }
    Ok(())
}

fn print(document: &CompareDocument, printer: &Printer) -> CommandResult {
    printer.foreign_json(serde_json::to_value(document).map_err(io::Error::from)?);
    Ok(())
}

fn others(causes: &[CauseGroup]) -> String {
    match causes.len().saturating_sub(SHOWN_CAUSES) {
        0 => String::new(),
        1 => "and 1 other cause (--format json)\n".to_owned(),
        more => format!("and {more} other causes (--format json)\n"),
    }
}

/// Reads an exported file, or the journal of a build folder.
fn load(path: &Utf8Path) -> Result<Export, CliError> {
    let failed = |reason: &dyn fmt::Display, help: &str| {
        CliError::Usage(format!("cannot compare {path}: {reason}; {help}"))
    };
    if path.is_dir() {
        return causes::export(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed(&"this folder has no journal", causes::NO_JOURNAL),
            io::ErrorKind::Other => CliError::Usage(format!("cannot compare {path}: {error}")),
            _ => failed(&error, "configure the build again"),
        });
    }
    let other = "give a build folder, or a file of `toolchainkit stats --export FILE`";
    let bytes = file::read(path, LARGEST).map_err(|error| failed(&error, other))?;
    let text = String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8", other))?;
    Export::from_text(&text).map_err(|error| {
        let help = match error {
            crate::journal::export::ExportError::Newer(_) => "update toolchainkit",
            crate::journal::export::ExportError::Other(_) => other,
        };
        failed(&error, help)
    })
}

fn title(name: &str, path: &Utf8Path, export: &Export) -> String {
    let project =
        if export.project.is_empty() { String::new() } else { format!(", project {}", export.project) };
    format!("{:7}{path} ({}{project})\n", format!("{name}:"), export.system)
}

fn text(comparison: &Comparison) -> String {
    let Comparison { causes, compared, same, .. } = comparison;
    let mut text = String::new();
    match (*compared, compared - same) {
        (0, _) => text += "no file is in both\n",
        (1, 0) => text += "1 file compared: it has the same inputs\n",
        (_, 0) => text += &format!("{compared} files compared: all have the same inputs\n"),
        (1, _) => text += "1 file compared: it differs\n",
        (_, different) => {
            text += &format!("{compared} files compared: {different} differ, {same} have the same inputs\n");
        }
    }
    for (index, group) in causes.iter().take(SHOWN_CAUSES).enumerate() {
        text += &numbered(index + 1, group);
    }
    text += &others(causes);
    if *compared > 0 && causes.is_empty() {
        text += "if there are no hits: check that both use the same remote cache, and that it accepts new objects (`toolchainkit \
                 doctor`)\n";
    }
    let only = [("only here", &comparison.only_here), ("only there", &comparison.only_there)];
    for (name, Unmatched { number, files }) in only.into_iter().filter(|(_, only)| only.number > 0) {
        text += &format!("{name} ({}): {}\n", plural(*number, "file", "files"), some_of(files, *number));
    }
    text
}

/// A cause with its advice and its files.
fn numbered(number: usize, group: &CauseGroup) -> String {
    let files = some_of(&group.files, group.number);
    let time =
        if group.micros > 0 { format!(", {}", duration_of_micros(group.micros)) } else { String::new() };
    format!("{number:3}. {}{time}\n     {}\n     {files}\n", group.headline(), group.advice)
}

fn plural(number: usize, one: &str, several: &str) -> String {
    counted(number as u64, one, several)
}

fn some_of(files: &[String], number: usize) -> String {
    let shown: Vec<&str> = files.iter().take(SHOWN_FILES).map(String::as_str).collect();
    let more = if number > shown.len() { ", …" } else { "" };
    shown.join(", ") + more
}

// --- JSON -------------------------------------------------------------------------------------------------------------

/// The JSON of `compare`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit compare --format json")]
#[serde(untagged)]
pub(super) enum CompareDocument {
    /// The JSON of `compare A B`.
    Two(ComparisonDocument),
    /// The JSON of `compare A`.
    LastBuild(LastBuildDocument),
}

#[derive(Serialize, JsonSchema)]
pub(super) struct ComparisonDocument {
    /// The version of this format.
    schema_version: u32,
    /// A.
    here: Side,
    /// B.
    there: Side,
    /// The number of files that were compared.
    compared: usize,
    /// The number of those without a difference.
    same: usize,
    /// The causes why B has no hits from A; the cause of the most files first.
    causes: Vec<GroupObject>,
    /// The files that only A has.
    only_here: Files,
    /// The files that only B has.
    only_there: Files,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct LastBuildDocument {
    /// The version of this format.
    schema_version: u32,
    /// The name of the build in the journal.
    build: String,
    /// The number of its hits.
    hits: usize,
    /// The number of its misses.
    misses: usize,
    /// The number of misses that were compared with earlier compilations.
    compared: usize,
    /// The causes of the misses; the cause of the most files first.
    causes: Vec<GroupObject>,
}

#[derive(Serialize, JsonSchema)]
struct Side {
    /// The name of the project; empty if it has none.
    project: String,
    /// The operating system and the processor.
    system: String,
    /// The version of toolchainkit.
    toolchainkit: String,
}

impl From<&Export> for Side {
    fn from(export: &Export) -> Self {
        let Export { project, system, toolchainkit, .. } = export;
        Self { project: project.clone(), system: system.clone(), toolchainkit: toolchainkit.clone() }
    }
}

#[derive(Serialize, JsonSchema)]
struct Files {
    /// Their number.
    number: usize,
    /// The first ones, sorted.
    files: Vec<String>,
}

impl From<Unmatched> for Files {
    fn from(Unmatched { number, files }: Unmatched) -> Self {
        Self { number, files }
    }
}

/// A cause with the files that it explains.
#[derive(Serialize, JsonSchema)]
struct GroupObject {
    /// What differs, such as `macro`.
    kind: String,
    /// The cause as a clause.
    sentence: String,
    /// What the user can do.
    advice: String,
    /// The number of files.
    number: usize,
    /// The number of all files that were compared.
    of: usize,
    /// The time of the compilations of these files; null if it is not known.
    seconds: Option<f64>,
    /// The first files, sorted.
    files: Vec<String>,
    /// The causes of the same kind in the same files. The first one is in the sentence.
    causes: Vec<CauseObject>,
}

impl From<&CauseGroup> for GroupObject {
    fn from(group: &CauseGroup) -> Self {
        Self {
            kind: group.kind.name().to_owned(),
            sentence: group.sentence.clone(),
            advice: group.advice.clone(),
            number: group.number,
            of: group.of,
            seconds: (group.micros > 0).then(|| Duration::from_micros(group.micros).as_secs_f64()),
            files: group.files.clone(),
            causes: group.causes.iter().map(CauseObject::from).collect(),
        }
    }
}

/// A difference between two compilations.
#[derive(Serialize, JsonSchema)]
pub(super) struct CauseObject {
    /// What differs, such as `macro`.
    kind: String,
    /// How it differs.
    change: ChangeObject,
    /// What it is about: the name of an option, a macro or a file; empty if the kind says all.
    name: String,
    /// The value before, or in A; empty if it is not known or must not be shown.
    before: String,
    /// The value now, or in B; empty if it is not known or must not be shown.
    now: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum ChangeObject {
    /// It is only in the second compilation.
    Added,
    /// It is only in the first compilation.
    Removed,
    /// It is another one.
    Changed,
}

impl From<&Cause> for CauseObject {
    fn from(cause: &Cause) -> Self {
        Self {
            kind: cause.kind.name().to_owned(),
            change: match cause.change {
                Change::Added => ChangeObject::Added,
                Change::Removed => ChangeObject::Removed,
                Change::Changed => ChangeObject::Changed,
            },
            name: cause.name.clone(),
            before: cause.before.clone(),
            now: cause.now.clone(),
        }
    }
}
