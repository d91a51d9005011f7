//! `toolchainkit stats`

mod live;

use std::collections::HashSet;
use std::io::Write as _;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use jiff::ZonedDateTime;

use super::build_folder::{BuildCache, BuildFolderArgs};
use super::progress::Busy;
use super::report::{CliError, Printer};
use super::{CommandResult, Global, causes, export};
use crate::caching::statistics::{CacheStats, stats_through};
use crate::caching::tool::{Tool, ToolStats, Version};
use crate::journal::summary::Summary;
use crate::journal::{CauseGroup, Journal, Kind, MarkKind, keep_missing};
use crate::launch::journal::{self, append_mark};
use crate::probe::{environment, program};
use crate::stats::{
    CacheOfBuild, Compilations, KeepsMissing, Level, MissCause, Origin, ParseSinceError, Scope, Selection,
    Since, Statistics, Verdict, annotation, human, markdown, prometheus,
};

/// The timeout for resetting the counters, which is a local operation.
const ZERO_TIMEOUT: Duration = Duration::from_secs(10);

/// The most misses that are compared with earlier compilations. A comparison takes about 0.1 ms.
const MOST_COMPARED: usize = 200;

/// The text after the examples.
const NOTES: &str = "\
The rate is hits of cacheable compilations: hits, misses, and compilations while the cache did not work. The exit code of
--fail-under is 9 if it is below the limit. Without a cacheable compilation, nothing is checked.

The time saved is the time of the compilation minus the time of the hit, for each hit. The time of the compilation is that of
the last miss of the same file in this build folder; without one, the median of all misses in the same language. It is time
of the compilers: a build with eight jobs becomes shorter by an eighth of it.";

/// Arguments of `stats`.
#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(super) struct StatsArgs {
    /// Show the last N builds together [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    last: Option<u32>,
    /// Show the compilations since `configure`, a duration (2h, 3days) or a date (2026-11-28)
    #[arg(long, value_name = "WHEN", conflicts_with = "last")]
    since: Option<String>,
    /// Show all compilations in the journal, also those before --zero
    #[arg(long, conflicts_with_all = ["last", "since"])]
    all: bool,
    /// Let later runs count from now on. Nothing is removed; the counters of the tool, which other build folders share, stay
    #[arg(long, conflicts_with = "watch")]
    zero: bool,
    /// Fail with exit code 9 if less than this percentage of the cacheable compilations were hits
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_under: Option<f64>,
    /// Show the running build until Ctrl-C; without a terminal, one line every five seconds
    #[arg(long, conflicts_with_all = ["last", "since", "all"])]
    watch: bool,
    /// Write the inputs of the last compilations to a file, to find differences with `toolchainkit compare`. The file contains
    /// no secrets
    #[arg(long, value_name = "FILE")]
    export: Option<Utf8PathBuf>,
    #[command(flatten)]
    build: BuildFolderArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    format: StatsFormat,
}

/// The format of the statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum StatsFormat {
    /// For people; may change in any version
    #[default]
    Human,
    /// For programs; stable (schema/stats.v1.json)
    Json,
    /// Metrics, in the text format of Prometheus
    Prometheus,
    /// Tables for a comment or a page
    Markdown,
    /// Markdown in the summary of the job, and annotations; elsewhere like markdown
    Github,
}

fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim_end_matches('%').trim_end().parse::<f64>().ok();
    number
        .filter(|number| (0.0..=100.0).contains(number))
        .ok_or_else(|| "give a number from 0 to 100".to_owned())
}

impl From<ParseSinceError> for CliError {
    fn from(error: ParseSinceError) -> Self {
        Self::Usage(error.to_string())
    }
}

pub(super) fn run(args: &StatsArgs, global: &Global, printer: &Printer) -> CommandResult {
    let selection = args.selection()?;
    if args.watch && args.format != StatsFormat::Human {
        return Err(CliError::Usage("--watch has no other format than human".to_owned()));
    }
    let cache = BuildCache::find(&args.build, global)?;
    if let Some(file) = &args.export {
        return export::write(&cache.folder, file, printer);
    }
    let used = if cache.only_distributes() { None } else { Some(cache.tool()?) };
    let name = used.map_or("the tool", |(tool, _)| tool.name());
    if !cache.has_program() && (args.watch || args.last.is_some() || args.since.is_some()) {
        return Err(CliError::Usage(format!(
            "the launcher of {} is the script, which keeps no journal of compilations: only the counters of {name} can be \
             shown. `toolchainkit install` installs the program; then configure the build again",
            cache.folder
        )));
    }
    let journal = if cache.has_program() { read_journal(&cache)? } else { None };
    let journal = if args.watch { live::watch(&cache, printer)? } else { journal };
    let busy = Busy::new(printer, "comparing the misses with earlier compilations");
    let statistics = statistics(args, &selection, &cache, journal.as_ref(), used)?;
    drop(busy);
    let statistics = statistics.cleaned(&|text| printer.filtered(text));
    print(args.format, &statistics, printer)?;
    if args.zero {
        zero(&cache, used, printer)?;
    }
    match &statistics.limit {
        Some(verdict) if verdict.is_below => Err(CliError::BelowLimit(verdict.sentence())),
        Some(verdict) if verdict.cacheable == 0 => {
            printer.report(&verdict.sentence());
            Ok(())
        }
        _ => Ok(()),
    }
}

impl StatsArgs {
    fn selection(&self) -> Result<Selection, CliError> {
        if self.all {
            return Ok(Selection::All);
        }
        if let Some(since) = &self.since {
            return Ok(Selection::Since(Since::parse(since, &ZonedDateTime::now())?));
        }
        Ok(Selection::LastBuilds(self.last.map_or(1, |number| number as usize)))
    }
}

/// The journal; `None` if nothing has been recorded.
pub(super) fn read_journal(cache: &BuildCache) -> Result<Option<Journal>, CliError> {
    match journal::read(cache.folder.as_std_path()) {
        Ok(journal) => Ok(Some(journal)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(CliError::CacheBroken(format!("the journal of {} cannot be read: {error}", cache.folder)))
        }
    }
}

fn statistics(
    args: &StatsArgs,
    selection: &Selection,
    cache: &BuildCache,
    journal: Option<&Journal>,
    used: Option<(Tool, Version)>,
) -> Result<Statistics, CliError> {
    let mut notes = Vec::new();
    let has_journal = cache.has_program();
    let of_build = match used {
        Some(used) => cache_of_build(cache, used, &mut notes)?,
        None => CacheOfBuild::none(),
    };
    let (origin, scope) = if has_journal {
        (Origin::Journal, selection.scope())
    } else {
        notes.push(format!(
            "the launcher of this build is the script, which keeps no journal of compilations: the numbers are the counters \
             of {}, of all build folders that use this cache. `toolchainkit install` installs the program",
            of_build.tool
        ));
        (Origin::ToolCounters, Scope::ToolCounters)
    };
    let mut statistics = Statistics::new(cache.shown_folder().to_string(), origin, scope, of_build);
    statistics.other_build_folders = cache.others.iter().map(ToString::to_string).collect();
    statistics.compilations = journal.map(|journal| {
        let summary = Summary::new(selection.of(journal), &journal.entries);
        let all = Compilations::new(&summary, journal.running.len(), journal.damaged);
        match used {
            Some((tool, _)) => all.explained(tool),
            None => all,
        }
    });
    // Metrics have no causes. Looking for them takes time, and waits for the record of a miss that has just ended.
    if args.format != StatsFormat::Prometheus
        && let Some(journal) = journal
        && let Some(last) = selection.of(journal).last()
    {
        let found = causes::of_build(&cache.folder, journal, &last.build, MOST_COMPARED);
        statistics.keep_missing = keep_missing_unchanged(journal, &found.groups);
        statistics.causes = found.groups.into_iter().map(miss_cause).collect();
    }
    if !cache.passed_over.is_empty() {
        notes.push(cache.passed_over.clone());
    }
    statistics.notes = notes;
    statistics.limit = args.fail_under.map(|limit| Verdict::new(&statistics, limit));
    Ok(statistics)
}

/// The cache of a build folder, with what its tool has counted.
fn cache_of_build(
    cache: &BuildCache,
    (tool, version): (Tool, Version),
    notes: &mut Vec<String>,
) -> Result<CacheOfBuild, CliError> {
    let counted = counters(cache, tool, version);
    let (stats, is_counted) = match counted {
        Ok(Some(stats)) => (stats, true),
        Ok(None) => (CacheStats::new(tool, version, &cache.location, &ToolStats::default()), false),
        // The journal needs no tool.
        Err(error) if cache.has_program() => {
            notes.push(format!("the counters of {tool} cannot be read: {error}"));
            (CacheStats::new(tool, version, &cache.location, &ToolStats::default()), false)
        }
        Err(error) => return Err(error),
    };
    let mut of_build = CacheOfBuild::new(&stats, is_counted);
    // sccache does not say more than the number of levels.
    if of_build.location.starts_with("Multi-level") && !cache.location.is_empty() {
        of_build.location.clone_from(&cache.location);
    }
    of_build.degraded = Some(cache.reason.clone()).filter(|reason| !reason.is_empty());
    of_build.daemon_running = (tool == Tool::Sccache).then_some(is_counted || cache.is_running());
    Ok(of_build)
}

fn miss_cause(group: CauseGroup) -> MissCause {
    MissCause {
        sentence: group.sentence,
        advice: group.advice,
        files: group.number,
        of: group.of,
        seconds: Duration::from_micros(group.micros).as_secs_f64(),
    }
}

/// The files that miss in each build, without those that were edited, as far as that is known.
fn keep_missing_unchanged(journal: &Journal, causes: &[CauseGroup]) -> Vec<KeepsMissing> {
    let is_edit =
        |kind| matches!(kind, Kind::Source | Kind::ProjectHeader | Kind::PrecompiledHeader | Kind::InputFile);
    let edits = || causes.iter().filter(|group| is_edit(group.kind));
    // A group names only the first of its files.
    if edits().any(|group| group.files.len() < group.number) {
        return Vec::new();
    }
    let edited: HashSet<&str> = edits().flat_map(|group| &group.files).map(String::as_str).collect();
    let files = keep_missing(journal).into_iter().filter(|file| !edited.contains(file.source.as_str()));
    files.map(|file| KeepsMissing { source: file.source, object: file.object, builds: file.builds }).collect()
}

/// The counters of the tool. They are in the daemon of sccache: `None` without one, because asking would start it.
pub(super) fn counters(
    cache: &BuildCache,
    tool: Tool,
    version: Version,
) -> Result<Option<CacheStats>, CliError> {
    if tool == Tool::Sccache && !cache.is_running() {
        return Ok(None);
    }
    Ok(Some(stats_through(tool, version, cache.launcher()?, &cache.location)?))
}

fn print(format: StatsFormat, statistics: &Statistics, printer: &Printer) -> CommandResult {
    let look = printer.look_of_statistics();
    match format {
        StatsFormat::Human => printer.product(&human(statistics, &look)),
        StatsFormat::Json => printer.json(&serde_json::to_value(statistics).map_err(std::io::Error::from)?),
        StatsFormat::Prometheus => printer.product(&prometheus(statistics)),
        StatsFormat::Markdown => printer.product(&markdown(statistics, &look)),
        StatsFormat::Github => github(statistics, &markdown(statistics, &look), printer)?,
    }
    Ok(())
}

/// Appends to the summary of the job, which the runner shows. Outside of GitHub Actions, prints the text.
fn github(statistics: &Statistics, text: &str, printer: &Printer) -> CommandResult {
    const TITLE: &str = "Compiler cache";
    let is_in_actions = environment::variable("GITHUB_ACTIONS").is_some_and(|value| value == "true");
    let Some(path) = environment::variable("GITHUB_STEP_SUMMARY").filter(|_| is_in_actions) else {
        printer.product(text);
        return Ok(());
    };
    let mut summary = fs_err::OpenOptions::new().create(true).append(true).open(&path)?;
    summary.write_all(format!("{text}\n").as_bytes())?;
    printer.report("the statistics are in the summary of this job");
    if let Some(verdict) = statistics.limit.as_ref().filter(|verdict| verdict.is_below) {
        printer.commands(&annotation(Level::Error, TITLE, &verdict.sentence()));
    }
    if let Some(degraded) = &statistics.cache.degraded {
        printer.commands(&annotation(
            Level::Warning,
            TITLE,
            &format!("this is not the configured cache: {degraded}"),
        ));
    }
    Ok(())
}

fn zero(cache: &BuildCache, used: Option<(Tool, Version)>, printer: &Printer) -> CommandResult {
    if cache.has_program() {
        append_mark(cache.folder.as_std_path(), MarkKind::Zero)?;
    }
    let Some((tool, _)) = used else { return Ok(()) };
    if cache.has_program() {
        printer.report(&format!(
            "later runs of stats count from now on; `stats --all` also shows the compilations before. The counters of {tool}, \
             which other build folders may share, are unchanged"
        ));
        return Ok(());
    }
    // Without a daemon, there are no counters, and setting them to zero would start one.
    if tool == Tool::Ccache || cache.is_running() {
        let no_environment: [(&str, &str); 0] = [];
        let finished = program::run(cache.launcher()?, &["--zero-stats"], no_environment, ZERO_TIMEOUT)?;
        if !finished.status.success() {
            return Err(CliError::CacheBroken(format!("{tool} --zero-stats failed: {}", finished.message())));
        }
        printer
            .report(&format!("the counters of {tool} are zero, for all build folders that use this cache"));
    }
    Ok(())
}
