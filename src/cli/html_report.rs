//! `toolchainkit report`

use std::io::Read as _;
use std::time::{SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use jiff::tz::TimeZone;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::progress::Busy;
use super::report::{CliError, Printer};
use super::{CommandResult, Global, causes, init, stats};
use crate::doctor::BuildTree;
use crate::journal::summary::Summary;
use crate::journal::{CauseGroup, Journal};
use crate::probe::{environment, file};
use crate::report::{Bench, Cache, Cause, Folder, Input, html, is_ours};

/// The largest result of a benchmark. Usual ones have some KiB.
const LARGEST_BENCH: u64 = 4 << 20;
/// The most misses that are compared with earlier compilations.
const MOST_COMPARED: usize = 2000;
/// The part of a file that shows whether it is a report.
const HEAD: u64 = 4096;

/// The text after the examples.
const NOTES: &str = "\
The page contains the names of source files, targets and folders. It needs no network and no script, so it can be sent around,
and kept as an artifact of a job.";

/// Arguments of `report`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct ReportArgs {
    /// File to write
    #[arg(long, short, value_name = "FILE", default_value = "report.html")]
    output: Utf8PathBuf,
    /// Build folder; can be given several times [default: the current folder, or the build folder of the project that was
    /// configured or built last]
    #[arg(long, value_name = "DIR")]
    build: Vec<Utf8PathBuf>,
    /// Also show the result of `bench --format json`
    #[arg(long, value_name = "FILE")]
    bench: Option<Utf8PathBuf>,
    /// Replace a file that is not a report
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &ReportArgs, global: &Global, printer: &Printer) -> CommandResult {
    // Before the work, and again by the system when a new file gets its name.
    let exists = check(&args.output, args.force)?;
    let selected = if args.build.is_empty() {
        vec![BuildFolderArgs::default()]
    } else {
        args.build.iter().map(|folder| BuildFolderArgs::of(folder.clone())).collect()
    };
    let caches = selected.iter().map(|folder| BuildCache::find(folder, global));
    let caches = caches.collect::<Result<Vec<_>, _>>()?;
    let busy = Busy::new(printer, "reading the journals");
    let folders = caches.iter().map(folder).collect::<Result<Vec<_>, _>>()?;
    drop(busy);
    let bench = args.bench.as_deref().map(bench).transpose()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let input = Input {
        project: caches.first().map(project).unwrap_or_default(),
        folders,
        bench,
        made: u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        zone: TimeZone::system(),
    };
    let page = html(&input, &environment::filter())?;
    init::write(&args.output, page.as_bytes(), exists)?;
    if input.folders.iter().all(|folder| folder.summary.total.counts.all() == 0) {
        printer
            .report("the journal contains no compilation yet; build the project, and run this command again");
    }
    printer.report(&format!("wrote {}", args.output));
    Ok(())
}

/// Fails if the file must not be replaced. Returns whether there is one.
fn check(output: &Utf8Path, is_forced: bool) -> Result<bool, CliError> {
    let Ok(found) = output.symlink_metadata() else { return Ok(false) };
    // The target of a link is replaced.
    let found = output.metadata().unwrap_or(found);
    let foreign = || CliError::NotAReport { path: output.to_owned() };
    if !found.is_file() {
        return Err(foreign());
    }
    if !is_forced {
        let mut head = Vec::new();
        fs_err::File::open(output)?.take(HEAD).read_to_end(&mut head)?;
        if !is_ours(&head) {
            return Err(foreign());
        }
    }
    Ok(true)
}

fn folder(cache: &BuildCache) -> Result<Folder, CliError> {
    if cache.uses_a_tool() && !cache.has_program() {
        return Err(CliError::Usage(format!(
            "the launcher of {} is the script, which keeps no journal of compilations. `toolchainkit install` installs the \
             program; then configure the build again",
            cache.folder
        )));
    }
    let journal = stats::read_journal(cache)?.unwrap_or_default();
    let tool = cache.tool().ok();
    Ok(Folder {
        path: cache.shown_folder().to_string(),
        cache: Cache {
            tool: tool.map(|(tool, _)| tool),
            version: tool.map(|(_, version)| version.to_string()).unwrap_or_default(),
            location: cache.location.clone(),
            reason: cache.reason.clone(),
        },
        summary: Summary::new(&journal.entries, &journal.entries),
        causes: causes_of(cache, &journal),
        damaged: journal.damaged as u64,
    })
}

/// Why files of the last build missed.
fn causes_of(cache: &BuildCache, journal: &Journal) -> Vec<Cause> {
    let Some(last) = journal.entries.last() else { return Vec::new() };
    let groups = causes::of_build(&cache.folder, journal, &last.build, MOST_COMPARED).groups;
    let cause = |group: CauseGroup| Cause {
        sentence: group.sentence,
        advice: group.advice,
        files: group.number as u64,
        of: group.of as u64,
        examples: group.files,
    };
    groups.into_iter().map(cause).collect()
}

/// The name of the folder with the sources.
fn project(cache: &BuildCache) -> String {
    let tree = BuildTree::open(&cache.folder);
    let of_folder = |tree: &BuildTree| tree.source().file_name().map(str::to_owned);
    let name = tree.ok().and_then(|tree| tree.project_name().or_else(|| of_folder(&tree)));
    name.unwrap_or_else(|| cache.shown_folder().to_string())
}

fn bench(path: &Utf8Path) -> Result<Bench, CliError> {
    let json = file::read(path, LARGEST_BENCH).map_err(std::io::Error::from)?;
    Bench::parse(&json).map_err(|error| CliError::Usage(format!("{path} cannot be used: {error}")))
}
