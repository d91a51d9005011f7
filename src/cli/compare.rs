//! `toolchainkit compare`

use std::{fmt, io};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde_json::json;

use super::output_format::{Format, FormatArgs};
use super::report::{CliError, Printer};
use super::{CommandResult, causes};
use crate::journal::export::{Export, VERSION};
use crate::journal::{CauseGroup, Causes, Comparison, Unmatched, compare};
use crate::launch::journal::read as read_journal;
use crate::probe::file;

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
    let (here, there) = (load(&args.here)?, load(path_there)?);
    let comparison = compare(&here, &there);
    match args.format.format {
        Format::Human => {
            let titles = [("here", &args.here, &here), ("there", path_there, &there)];
            let titles: String = titles.map(|(name, path, export)| title(name, path, export)).concat();
            printer.foreign(&(titles + &text(&comparison)));
        }
        Format::Json => {
            let side = |export: &Export| json!({ "project": export.project, "system": export.system, "toolchainkit": export.toolchainkit });
            let mut value = serde_json::to_value(&comparison).map_err(io::Error::from)?;
            value["version"] = VERSION.into();
            value["here"] = side(&here);
            value["there"] = side(&there);
            printer.foreign_json(value);
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
    let Causes { groups, compared, missed } = causes::of_build(folder, &journal, build.id, usize::MAX);
    let hits = build.entries.iter().filter(|entry| entry.outcome.is_hit()).count();
    match format {
        Format::Human => {
            let mut text = format!("last build: {}, {}\n", plural(hits, "hit"), plural_misses(missed));
            for (index, group) in groups.iter().take(SHOWN_CAUSES).enumerate() {
                text += &numbered(index + 1, group);
            }
            text += &others(&groups);
            printer.foreign(&text);
        }
        Format::Json => printer.foreign_json(json!({
            "version": VERSION,
            "build": build.id,
            "hits": hits,
            "misses": missed,
            "compared": compared,
            "causes": serde_json::to_value(&groups).map_err(io::Error::from)?,
        })),
    }
    Ok(())
}

fn others(causes: &[CauseGroup]) -> String {
    match causes.len().saturating_sub(SHOWN_CAUSES) {
        0 => String::new(),
        1 => "and 1 other cause (--format json)\n".to_owned(),
        more => format!("and {more} other causes (--format json)\n"),
    }
}

fn plural_misses(number: usize) -> String {
    format!("{number} {}", if number == 1 { "miss" } else { "misses" })
}

/// Reads an exported file, or the journal of a build folder.
fn load(path: &Utf8Path) -> Result<Export, CliError> {
    let failed = |reason: &dyn fmt::Display, help: &str| {
        CliError::Usage(format!("cannot compare {path}: {reason}; {help}"))
    };
    if path.is_dir() {
        return causes::export(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed(&"this folder has no journal", causes::NO_JOURNAL),
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
        text += &format!("{name} ({}): {}\n", plural(*number, "file"), some_of(files, *number));
    }
    text
}

/// A cause with its advice and its files.
fn numbered(number: usize, group: &CauseGroup) -> String {
    let files = some_of(&group.files, group.number);
    format!("{number:3}. {}\n     {}\n     {files}\n", group.headline(), group.advice)
}

fn some_of(files: &[String], number: usize) -> String {
    let shown: Vec<&str> = files.iter().take(SHOWN_FILES).map(String::as_str).collect();
    let more = if number > shown.len() { ", …" } else { "" };
    shown.join(", ") + more
}

fn plural(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
