//! From the summaries to the texts and numbers of the page, in its order. All texts are complete, so that the template only
//! arranges them.

mod reasons;
mod tables;

use jiff::tz::TimeZone;
use serde::Serialize;

use self::reasons::{causes, spans, uncached};
use self::tables::{add, bench_part, group_rows, merged, omitted, slow_misses, slow_rows};
use super::charts::{self, Chart, Point};
use super::words::{Moment, count, counted, duration, percent};
use super::{Folder, Input};
use crate::journal::summary::{BuildSummary, Counts, Group, Saved, Summary};

/// The largest number of builds of a folder that are shown.
const MOST_BUILDS: usize = 40;
/// The largest number of rows of the other tables.
const MOST_ROWS: usize = 12;
/// The largest number of files that a cause names.
const MOST_EXAMPLES: usize = 3;

/// The page.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Page {
    project: String,
    made: Time,
    /// The time zone of all times, such as `UTC`.
    zone: String,
    /// The time of the builds, such as `3 to 28 Nov 2026`; empty without builds.
    span: String,
    headline: Headline,
    /// The results of all compilations.
    results: Vec<Part>,
    facts: Vec<Fact>,
    warnings: Vec<Vec<Span>>,
    folders: Vec<FolderPart>,
    /// Whether there is more than one folder.
    is_several: bool,
    causes: Vec<CausePart>,
    slow: Vec<SlowRow>,
    /// The number of further files with misses; 0 if all are shown.
    more_slow: String,
    uncached: Vec<UncachedPart>,
    targets: Vec<GroupRow>,
    more_targets: String,
    languages: Vec<GroupRow>,
    bench: Option<BenchPart>,
    /// How the numbers are made.
    notes: Vec<Vec<Span>>,
}

#[derive(Debug, Clone, Serialize)]
struct Time {
    iso: String,
    text: String,
}

impl Time {
    fn new(moment: &Moment) -> Self {
        Self { iso: moment.iso(), text: moment.minute() }
    }
}

/// The one figure that says whether the cache works.
#[derive(Debug, Clone, Serialize)]
struct Headline {
    /// Empty if there is none.
    figure: String,
    text: String,
}

#[derive(Debug, Clone, Serialize)]
struct Fact {
    figure: String,
    text: String,
}

/// A part of a bar, in thousandths of its width.
#[derive(Debug, Clone, Serialize)]
struct Part {
    class: &'static str,
    x: u64,
    width: u64,
    count: String,
    share: String,
    text: &'static str,
}

/// A part of a sentence. A reason contains names of options in back quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Span {
    is_code: bool,
    text: String,
}

#[derive(Debug, Clone, Serialize)]
struct FolderPart {
    /// Different for each folder.
    id: String,
    path: String,
    builds: Vec<BuildRow>,
    /// A sentence about builds that are not shown; empty if there are none.
    omitted: String,
    rates: Option<Chart>,
    times: Option<Chart>,
    cache: Vec<Property>,
}

#[derive(Debug, Clone, Serialize)]
struct Property {
    name: &'static str,
    value: Vec<Span>,
}

#[derive(Debug, Clone, Serialize)]
struct BuildRow {
    start: Time,
    all: String,
    hits: String,
    rate: String,
    misses: String,
    others: String,
    spent: String,
    saved: String,
}

#[derive(Debug, Clone, Serialize)]
struct CausePart {
    files: String,
    of: String,
    share: u64,
    sentence: Vec<Span>,
    advice: Vec<Span>,
    examples: Vec<String>,
    more: String,
}

#[derive(Debug, Clone, Serialize)]
struct SlowRow {
    source: String,
    /// The target, and the folder if there are several.
    place: String,
    time: String,
    share: u64,
    misses: String,
}

#[derive(Debug, Clone, Serialize)]
struct UncachedPart {
    count: String,
    because: Vec<Span>,
    /// Empty if there is no advice.
    help: Vec<Span>,
    example: String,
}

#[derive(Debug, Clone, Serialize)]
struct GroupRow {
    name: String,
    parts: Vec<Part>,
    hits: String,
    rate: String,
    saved: String,
}

#[derive(Debug, Clone, Serialize)]
struct BenchPart {
    /// What was measured.
    text: String,
    scenarios: Vec<ScenarioPart>,
    notes: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct ScenarioPart {
    name: String,
    rows: Vec<BenchRow>,
}

#[derive(Debug, Clone, Serialize)]
struct BenchRow {
    name: String,
    class: &'static str,
    share: u64,
    wall: String,
    cpu: String,
    hits: String,
    /// Empty if it could be measured.
    failure: String,
}

impl Page {
    pub(super) fn new(input: &Input) -> Self {
        let total =
            input.folders.iter().fold(Group::default(), |sum, folder| add(sum, &folder.summary.total));
        let made = Moment::new(input.made, &input.zone);
        let is_several = input.folders.len() > 1;
        let mut slow = slow_misses(&input.folders);
        let more_slow = omitted(&mut slow, MOST_ROWS, "file", "files");
        let mut targets = merged(&input.folders, |summary| &summary.targets);
        let more_targets = omitted(&mut targets, MOST_ROWS, "target", "targets");
        Self {
            project: input.project.clone(),
            made: Time::new(&made),
            zone: made.zone(),
            span: span(&input.folders, &input.zone),
            headline: headline(&total.counts),
            results: results(&total.counts),
            facts: facts(&total, &input.folders),
            warnings: warnings(&input.folders, is_several),
            folders: (1..)
                .zip(&input.folders)
                .map(|(number, folder)| folder_part(number, folder, &input.zone))
                .collect(),
            is_several,
            causes: causes(&input.folders),
            slow: slow_rows(&slow, is_several),
            more_slow,
            uncached: uncached(&input.folders),
            targets: group_rows(&targets, "(no target)"),
            more_targets,
            languages: group_rows(&merged(&input.folders, |summary| &summary.languages), "(unknown)"),
            bench: input.bench.as_ref().map(bench_part),
            notes: notes(&total, &input.folders).iter().map(|note| spans(note)).collect(),
        }
    }
}

// --- the head ---------------------------------------------------------------------------------------------------------

fn headline(counts: &Counts) -> Headline {
    let cacheable = counts.cacheable();
    if cacheable == 0 {
        let text = match counts.all() {
            0 => "No compilation is in the journal yet. Build the project, and make this report again."
                .to_owned(),
            all => format!("None of {} could be cached.", counted(all, "compilation", "compilations")),
        };
        return Headline { figure: String::new(), text };
    }
    Headline {
        // A narrow space, because the figure is large.
        figure: percent(counts.hits(), cacheable).replace('\u{a0}', "\u{202f}"),
        text: format!(
            "of {} came from the cache.",
            counted(cacheable, "cacheable compilation", "cacheable compilations")
        ),
    }
}

/// The time of the first and the last build.
fn span(folders: &[Folder], zone: &TimeZone) -> String {
    let builds = || folders.iter().flat_map(|folder| &folder.summary.builds);
    let (Some(first), Some(last)) =
        (builds().map(|build| build.start).min(), builds().map(|build| build.end).max())
    else {
        return String::new();
    };
    let (first, last) = (Moment::new(first, zone), Moment::new(last, zone));
    if first.is_same_day(&last) {
        return last.date();
    }
    let begin = if first.is_same_year(&last) { first.day() } else { first.date() };
    format!("{begin} to {}", last.date())
}

fn facts(total: &Group, folders: &[Folder]) -> Vec<Fact> {
    let mut facts = Vec::new();
    let saved = total.saved.micros();
    if total.saved.files() > 0 {
        let text =
            if saved >= 0 { "of compiler time saved" } else { "lost: hits took longer than compilations" };
        facts.push(Fact { figure: duration(saved.unsigned_abs()), text: text.to_owned() });
    }
    let counts = &total.counts;
    if counts.hits() > 0 {
        let figure = percent(counts.direct_hits, counts.hits());
        facts.push(Fact { figure, text: "of the hits without the preprocessor".to_owned() });
    }
    let sum = |part: fn(&Summary) -> u64| folders.iter().map(|folder| part(&folder.summary)).sum::<u64>();
    let (local, remote) = (sum(|summary| summary.local_hits), sum(|summary| summary.remote_hits));
    if remote > 0 {
        let figure = percent(remote, local + remote);
        facts.push(Fact { figure, text: "of the hits from the remote cache".to_owned() });
    }
    let builds: usize = folders.iter().map(|folder| folder.summary.builds.len()).sum();
    if builds > 0 {
        let mut text = if builds == 1 { "build" } else { "builds" }.to_owned();
        if folders.len() > 1 {
            text += &format!(" in {} folders", folders.len());
        }
        facts.push(Fact { figure: count(builds as u64), text });
    }
    facts
}

fn warnings(folders: &[Folder], is_several: bool) -> Vec<Vec<Span>> {
    let mut warnings = Vec::new();
    for folder in folders {
        let place = if is_several { format!("`{}`: ", folder.path) } else { String::new() };
        let reason = folder.cache.reason.trim();
        if folder.cache.tool.is_none() && !reason.is_empty() {
            warnings.push(spans(&format!("{place}The build uses no cache: {reason}")));
        } else if !reason.is_empty() {
            warnings.push(spans(&format!("{place}The cache is not the configured one: {reason}")));
        }
        let failed = folder.summary.total.counts.failed_over;
        if failed > 0 {
            warnings.push(spans(&format!(
                "{place}The cache failed in {}, which ran without it. Run `toolchainkit doctor` to find the cause.",
                counted(failed, "compilation", "compilations")
            )));
        }
    }
    warnings
}

/// The kinds of results, as the colours of the page distinguish them.
const fn kinds(counts: &Counts) -> [(&'static str, &'static str, u64); 6] {
    [
        ("hit", "from the cache", counts.hits()),
        ("miss", "compiled, and stored for the next time", counts.misses),
        ("failed", "compiled because the cache failed", counts.failed_over),
        ("bypassed", "compiled without the cache, for a reason below", counts.bypassed + counts.uncacheable),
        ("errors", "with errors of the compiler", counts.compile_errors),
        ("others", "interrupted, or of unknown result", counts.interrupted + counts.unknown),
    ]
}

/// A bar of the results. Each part that is not empty can be seen.
fn results(counts: &Counts) -> Vec<Part> {
    const LEAST: u64 = 6;
    let all = counts.all();
    let kinds = kinds(counts).into_iter().filter(|(_, _, number)| *number > 0);
    let mut parts: Vec<Part> = kinds
        .map(|(class, text, number)| Part {
            class,
            x: 0,
            width: share(number, all).max(LEAST),
            count: count(number),
            share: percent(number, all),
            text,
        })
        .collect();
    // The largest part gets the rest.
    let sum: u64 = parts.iter().map(|part| part.width).sum();
    if let Some(largest) = parts.iter_mut().max_by_key(|part| part.width) {
        largest.width = (largest.width + 1000).saturating_sub(sum);
    }
    let mut x = 0;
    for part in &mut parts {
        part.x = x;
        x += part.width;
    }
    parts
}

/// Thousandths.
fn share(part: u64, whole: u64) -> u64 {
    let thousandths = u128::from(part) * 1000 / u128::from(whole.max(1));
    u64::try_from(thousandths).unwrap_or(1000).min(1000)
}

// --- builds and caches ------------------------------------------------------------------------------------------------

fn folder_part(number: usize, folder: &Folder, zone: &TimeZone) -> FolderPart {
    let builds = &folder.summary.builds;
    let shown = &builds[builds.len().saturating_sub(MOST_BUILDS)..];
    let points: Vec<Point> = shown.iter().map(|build| point(build, zone)).collect();
    let id = format!("folder-{number}");
    let earlier = builds.len() - shown.len();
    FolderPart {
        rates: charts::rates(&points, &format!("{id}-rates")),
        times: charts::times(&points, &format!("{id}-times")),
        id,
        path: folder.path.clone(),
        // The newest build is what a reader looks for.
        builds: shown.iter().rev().map(|build| build_row(build, zone)).collect(),
        omitted: if earlier == 0 {
            String::new()
        } else {
            format!("{} not shown.", counted(earlier as u64, "earlier build is", "earlier builds are"))
        },
        cache: properties(folder),
    }
}

fn point(build: &BuildSummary, zone: &TimeZone) -> Point {
    let Group { counts, spent, saved } = &build.group;
    Point {
        start: Moment::new(build.start, zone),
        hits: counts.hits(),
        cacheable: counts.cacheable(),
        spent: spent.micros.max(0).unsigned_abs(),
        saved: saved.micros().max(0).unsigned_abs(),
    }
}

fn build_row(build: &BuildSummary, zone: &TimeZone) -> BuildRow {
    let Group { counts, spent, saved } = &build.group;
    BuildRow {
        start: Time::new(&Moment::new(build.start, zone)),
        all: count(counts.all()),
        hits: count(counts.hits()),
        rate: rate(counts),
        misses: count(counts.misses + counts.failed_over),
        others: count(counts.all() - counts.cacheable()),
        spent: if spent.files == 0 { "–".to_owned() } else { duration(spent.micros.max(0).unsigned_abs()) },
        saved: saved_text(saved),
    }
}

fn rate(counts: &Counts) -> String {
    match counts.cacheable() {
        0 => "–".to_owned(),
        cacheable => percent(counts.hits(), cacheable),
    }
}

fn saved_text(saved: &Saved) -> String {
    match (saved.files(), saved.micros()) {
        (0, _) => "–".to_owned(),
        (_, micros @ ..0) => format!("−{}", duration(micros.unsigned_abs())),
        (_, micros) => duration(micros.unsigned_abs()),
    }
}

fn properties(folder: &Folder) -> Vec<Property> {
    let code = |text: &str| vec![Span { is_code: true, text: text.to_owned() }];
    let plain = |text: String| vec![Span { is_code: false, text }];
    let cache = &folder.cache;
    let tool = cache
        .tool
        .map_or_else(|| "none".to_owned(), |tool| format!("{tool} {}", cache.version).trim_end().to_owned());
    let mut properties = vec![
        Property { name: "Build folder", value: code(&folder.path) },
        Property { name: "Tool", value: plain(tool) },
    ];
    if !cache.location.is_empty() {
        properties.push(Property { name: "Objects", value: plain(cache.location.clone()) });
    }
    let Summary { local_hits, remote_hits, .. } = folder.summary;
    if local_hits + remote_hits > 0 {
        let text =
            format!("{} from this machine, {} from the remote cache", count(local_hits), count(remote_hits));
        properties.push(Property { name: "Hits", value: plain(text) });
    }
    properties
}

// --- notes ------------------------------------------------------------------------------------------------------------

fn notes(total: &Group, folders: &[Folder]) -> Vec<String> {
    let mut notes = vec![
        "The numbers come from the journal that the launcher writes into the build folder, one line for each compilation. \
         Trials of `toolchainkit doctor` are not in it."
            .to_owned(),
        "The hit rate is the share of hits among hits, misses and compilations in which the cache failed.".to_owned(),
    ];
    let Saved { measured, estimated, unknown } = &total.saved;
    if total.saved.files() > 0 {
        let mut note = format!(
            "Time saved is an estimate: for each hit, the time of the compilation that it replaced, minus the time of the hit. \
             For {}, that is the last measured compilation of the same file",
            counted(measured.files, "hit", "hits")
        );
        if estimated.files > 0 {
            note += &format!(
                "; for {}, which this journal has never seen compiled, the median of the misses in the same language",
                count(estimated.files)
            );
        }
        note += ". It is time of compilers, which run in parallel: with eight at once, a build becomes shorter by about an eighth \
                 of it.";
        notes.push(note);
    }
    if *unknown > 0 {
        notes.push(format!(
            "For {} there is nothing to compare with, so the time saved does not contain them.",
            counted(*unknown, "hit", "hits")
        ));
    }
    let uncertain: u64 = folders.iter().map(|folder| folder.summary.uncertain).sum();
    if uncertain > 0 {
        notes.push(format!(
            "{} ran at the same time as another one of a file with the same name. The sums are right, but which of these files \
             were hits is not known.",
            counted(uncertain, "compilation", "compilations")
        ));
    }
    let damaged: u64 = folders.iter().map(|folder| folder.damaged).sum();
    if damaged > 0 {
        notes.push(format!("{} of the journal could not be read.", counted(damaged, "line", "lines")));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_result_has_a_visible_part_of_the_bar() {
        let counts = Counts { direct_hits: 100_000, misses: 1, compile_errors: 1, ..Counts::default() };
        let parts = results(&counts);
        assert_eq!(
            parts.iter().map(|part| (part.class, part.x)).collect::<Vec<_>>(),
            [("hit", 0), ("miss", 988), ("errors", 994)]
        );
        assert_eq!(parts.iter().map(|part| part.width).sum::<u64>(), 1000);
        assert!(results(&Counts::default()).is_empty());
    }
}
