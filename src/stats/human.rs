//! The statistics for people.

use std::cmp::Reverse;

use super::look::{FAINT, FAULT, HEADING, Look, NOTE, columns, of_rate, wrapped};
use super::shape::{
    Compilations, MissCause, NO_CACHE, Named, Numbers, Origin, Scope, Statistics, TimeSaved, Without,
};
use super::times::minute;
use crate::words::{count, counted, duration, rate, size};

/// The columns of a label.
const LABEL: usize = 16;
/// The columns of a bar.
pub(super) const BAR: usize = 20;
/// The most rows of a table.
const MOST_ROWS: usize = 12;
/// The most compilations in a list of the slowest ones.
const MOST_SLOW: usize = 5;
/// The name of all servers of sccache-dist in the journal.
const SCCACHE_DIST: &str = "sccache-dist";
/// The most reasons in a list.
const MOST_REASONS: usize = 8;

/// The statistics as text for people. Its lines have at most [`Look::width`] columns, unless that is less than 72.
#[must_use]
pub fn human(statistics: &Statistics, look: &Look) -> String {
    let mut page = Page { look, width: look.width.max(72), text: String::new() };
    page.head(statistics);
    match &statistics.compilations {
        Some(compilations) => page.compilations(compilations, &statistics.scope),
        None if statistics.origin == Origin::Journal => {
            page.row("compilations", "none has been recorded in this build folder yet");
        }
        None => {}
    }
    page.causes(statistics);
    page.keep_missing(statistics);
    page.cache(statistics);
    if let Some(all) = &statistics.compilations {
        page.reservations(all);
    }
    for note in &statistics.notes {
        page.painted_row("note", note, NOTE);
    }
    if let Some(verdict) = &statistics.limit {
        let style = if verdict.is_below { FAULT } else { FAINT };
        page.painted_row("limit", &verdict.sentence(), style);
    }
    page.text
}

/// The words for the compilations that are counted.
pub(super) fn scope_in_words(scope: &Scope, look: &Look) -> String {
    match scope {
        Scope::LastBuilds { number: 1 } => "last build".to_owned(),
        Scope::LastBuilds { number } => format!("last {number} builds"),
        Scope::SinceConfigure => "since it was configured".to_owned(),
        Scope::Since { time } => format!("since {}", minute(time, &look.zone)),
        Scope::All => "all compilations in the journal".to_owned(),
        Scope::ToolCounters => "counters of the tool".to_owned(),
    }
}

/// The number of compared misses.
fn count_of(causes: &[MissCause]) -> String {
    counted(causes.first().map_or(0, |cause| cause.of as u64), "miss", "misses")
}

struct Page<'a> {
    look: &'a Look,
    width: usize,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push('\n');
    }

    /// A label, and a text beside it, which may need several lines.
    fn row(&mut self, label: &str, text: &str) {
        self.painted_row(label, text, anstyle::Style::new());
    }

    fn painted_row(&mut self, label: &str, text: &str, style: anstyle::Style) {
        let mut label = format!("  {label:<width$}", width = LABEL - 2);
        for line in wrapped(text, self.width - LABEL) {
            let painted = self.look.paint(style, &line);
            self.line(&format!("{label}{painted}"));
            label = " ".repeat(LABEL);
        }
    }

    /// A number below a row, and a text beside it.
    fn item(&mut self, number: &str, text: &str) {
        let number = if number.len() > 4 { format!("{number} ") } else { format!("{number:>4}  ") };
        let indent = LABEL + number.len();
        let mut start = format!("{:LABEL$}{number}", "");
        for line in wrapped(text, self.width - indent) {
            self.line(&format!("{start}{line}"));
            start = " ".repeat(indent);
        }
    }

    fn head(&mut self, statistics: &Statistics) {
        let mut scope = scope_in_words(&statistics.scope, self.look);
        if let Some(all) = &statistics.compilations
            && let (Some(first), Some(last)) = (&all.first, &all.last)
        {
            let zone = &self.look.zone;
            let one_build = all.builds.len() == 1;
            scope += &if one_build {
                format!(", {}, {}", minute(first, zone), duration(all.builds[0].seconds))
            } else {
                format!(", {} to {}", minute(first, zone), minute(last, zone))
            };
        }
        for line in wrapped(&format!("{}: {scope}", statistics.build_folder), self.width) {
            let line = self.look.paint(HEADING, &line);
            self.line(&line);
        }
        if !statistics.other_build_folders.is_empty() {
            let others = statistics.other_build_folders.join(", ");
            self.painted_row("other folders", &format!("{others}; choose one with --build"), FAINT);
        }
    }

    fn compilations(&mut self, all: &Compilations, scope: &Scope) {
        let total = &all.total;
        if total.compilations == 0 {
            self.row("compilations", "none has ended");
        } else {
            self.results(all);
        }
        if all.running > 0 {
            self.row("running", &counted(all.running as u64, "compilation", "compilations"));
        }
        if total.compilations > 0 {
            self.times(total);
        }
        self.table("target", &all.targets, "no target");
        if all.languages.len() > 1 {
            self.table("language", &all.languages, "not known");
        }
        self.slowest(all);
        if all.builds.len() > 1 || matches!(scope, Scope::LastBuilds { number } if *number > 1) {
            self.builds(all);
        }
    }

    fn results(&mut self, all: &Compilations) {
        let total = &all.total;
        let percent = total.hit_rate.unwrap_or_default();
        let hits = format!(
            "{} of {} cacheable ({})",
            count(total.hits),
            count(total.cacheable),
            rate(total.hit_rate)
        );
        let bar = self.look.bar(percent, BAR);
        let gap = " ".repeat((34 - columns(&hits).min(32)).max(2));
        let painted = match total.hit_rate {
            Some(rate) => self.look.paint(of_rate(rate), &hits),
            None => "no cacheable compilation".to_owned(),
        };
        let shown = if total.hit_rate.is_some() { format!("{painted}{gap}{bar}") } else { painted };
        self.line(&format!("  {:<width$}{shown}", "hits", width = LABEL - 2));
        if total.hits > 0 {
            let mut kinds = format!("{} direct", total.direct_hits);
            let others = total.hits - total.direct_hits;
            if others > 0 {
                kinds += &format!(", {others} after the preprocessor or not known");
            }
            let from = all.hits_from;
            if from.local + from.remote > 0 {
                kinds += &format!("; {} from this machine, {} from the remote", from.local, from.remote);
                if from.unknown > 0 {
                    kinds += &format!(", {} not known", from.unknown);
                }
            }
            self.row("", &kinds);
        }
        self.row("misses", &count(total.misses));
        if let Some(distributed) = &all.distributed {
            let of = distributed.workers.len();
            // sccache does not tell its servers apart.
            let workers = if distributed.workers.contains_key(SCCACHE_DIST) {
                "servers of sccache-dist".to_owned()
            } else {
                counted(of as u64, "worker", "workers")
            };
            let mut text = format!("{} on {workers}", count(distributed.remote));
            text += &format!(", {} here", distributed.here);
            if distributed.retried > 0 {
                text += &format!(", {} here after a worker failed", distributed.retried);
            }
            self.row("compiled", &text);
        }
        if total.failed_over > 0 {
            let text = format!("{} by the compiler alone, because the cache did not work", total.failed_over);
            self.painted_row("failed over", &text, FAULT);
            self.reasons(&all.failed_over);
        }
        if total.bypassed > 0 && all.bypassed.iter().all(|bypass| bypass.rule == NO_CACHE) {
            self.row("no cache", &counted(total.bypassed, "compilation", "compilations"));
        } else if total.bypassed > 0 {
            self.row("bypassed", &format!("{} by the compiler alone, because of a rule", total.bypassed));
            for bypass in all.bypassed.iter().take(MOST_REASONS) {
                let mut text = bypass.rule.clone();
                if let Some(because) = &bypass.because {
                    text += &format!(": {because}");
                }
                if let Some(help) = &bypass.help {
                    text += &format!("; {help}");
                }
                self.item(&bypass.count.to_string(), &format!("{text} (such as {})", bypass.example));
            }
            self.more(all.bypassed.len(), MOST_REASONS, "rules");
        }
        if total.uncacheable > 0 {
            self.row("not cacheable", &format!("{}, which the tool does not cache", total.uncacheable));
            self.reasons(&all.uncacheable);
        }
        if total.compile_errors > 0 {
            self.row("errors", &counted(total.compile_errors, "compilation failed", "compilations failed"));
        }
        if total.interrupted > 0 {
            self.row("interrupted", &count(total.interrupted));
        }
        if total.unknown > 0 {
            self.row("not known", &counted(total.unknown, "result", "results"));
        }
    }

    fn reasons(&mut self, reasons: &[Without]) {
        for without in reasons.iter().take(MOST_REASONS) {
            let Without { reason, because, help, example, .. } = without;
            let because = because.as_ref().or(reason.as_ref());
            let mut text = because.map_or("the tool gives no reason", String::as_str).to_owned();
            if let Some(help) = help {
                text += &format!("; {help}");
            }
            self.item(&count(without.count), &format!("{text} (such as {example})"));
        }
        self.more(reasons.len(), MOST_REASONS, "reasons");
    }

    fn more(&mut self, number: usize, shown: usize, what: &str) {
        if number > shown {
            let text = format!("{} more {what}: --format json", number - shown);
            let text = self.look.paint(FAINT, &text);
            self.line(&format!("{:LABEL$}{text}", ""));
        }
    }

    fn times(&mut self, total: &Numbers) {
        if total.timed > 0 {
            let timed = counted(total.timed, "compilation", "compilations");
            self.row("time spent", &format!("{}, the sum of {timed}", duration(total.seconds_spent)));
        }
        if total.hits == 0 {
            return;
        }
        let saved = &total.saved;
        let hits = saved.measured_files + saved.estimated_files;
        let sum = if hits == 0 {
            "not known".to_owned()
        } else {
            let share = saved.rate.filter(|_| saved.unknown_files == 0);
            let share = share.map(|share| format!(" ({} of the time without a cache)", rate(Some(share))));
            let by = counted(hits, "hit", "hits");
            format!("{} of compilation, by {by}{}", duration(saved.seconds), share.unwrap_or_default())
        };
        self.row("time saved", &sum);
        for (hits, basis) in bases(saved).filter(|(hits, _)| *hits > 0) {
            self.item(&hits.to_string(), basis);
        }
    }

    /// A table with a row for each group.
    fn table(&mut self, what: &str, groups: &[Named], nameless: &str) {
        if groups.is_empty() {
            return;
        }
        // What is not a hit is more interesting, and a stable order keeps the large ones first.
        let mut sorted: Vec<&Named> = groups.iter().collect();
        sorted.sort_by_key(|named| Reverse(named.numbers.compilations - named.numbers.hits));
        let shown = &sorted[..groups.len().min(MOST_ROWS)];
        let names: Vec<&str> = shown.iter().map(|named| named.name.as_deref().unwrap_or(nameless)).collect();
        let has_bars = self.look.bars && self.width >= LABEL + 4 * 9 + 2 + BAR;
        let most = self.width - 2 - 4 * 9 - if has_bars { BAR + 2 } else { 0 };
        let width = names.iter().map(|name| columns(name)).max().unwrap_or(0).clamp(LABEL - 2, most);
        let head = format!("  {what:<width$}{:>9}{:>9}{:>9}{:>9}", "hits", "misses", "others", "rate");
        let head = self.look.paint(HEADING, &head);
        self.line("");
        self.line(&head);
        for (named, name) in shown.iter().zip(names) {
            let numbers = &named.numbers;
            let name = self.look.shortened(name, width);
            let padding = " ".repeat(width - columns(&name));
            let bar = numbers
                .hit_rate
                .filter(|_| has_bars)
                .map(|rate| self.look.bar(rate, BAR))
                .unwrap_or_default();
            self.line(&format!(
                "  {name}{padding}{:>9}{:>9}{:>9}{:>9}  {bar}",
                count(numbers.hits),
                count(numbers.misses),
                count(numbers.others()),
                rate(numbers.hit_rate)
            ));
        }
        if groups.len() > MOST_ROWS {
            let text = format!("  {} more: --format json", groups.len() - MOST_ROWS);
            let text = self.look.paint(FAINT, &text);
            self.line(&text);
        }
    }

    fn slowest(&mut self, all: &Compilations) {
        if all.slowest_misses.is_empty() {
            return;
        }
        self.line("");
        let head = self.look.paint(HEADING, "  slowest misses");
        self.line(&head);
        for slow in all.slowest_misses.iter().take(MOST_SLOW) {
            let target = slow.target.as_ref().map(|target| format!(" ({target})")).unwrap_or_default();
            let target = self.look.cut(&target, self.width / 2 - LABEL);
            let source = self.look.shortened(&slow.source, self.width - LABEL - columns(&target));
            self.line(&format!("  {:>12}  {source}{target}", duration(slow.seconds)));
        }
    }

    fn builds(&mut self, all: &Compilations) {
        if all.builds.is_empty() {
            return;
        }
        self.line("");
        let head = format!(
            "  {:<18}{:>9}{:>9}{:>9}{:>9}{:>14}",
            "build", "hits", "misses", "others", "rate", "saved"
        );
        let head = self.look.paint(HEADING, &head);
        self.line(&head);
        let skipped = all.builds.len().saturating_sub(MOST_ROWS);
        for build in &all.builds[skipped..] {
            let numbers = &build.numbers;
            self.line(&format!(
                "  {:<18}{:>9}{:>9}{:>9}{:>9}{:>14}",
                minute(&build.first, &self.look.zone),
                count(numbers.hits),
                count(numbers.misses),
                count(numbers.others()),
                rate(numbers.hit_rate),
                duration(numbers.saved.seconds)
            ));
        }
        if skipped > 0 {
            let text = self.look.paint(FAINT, &format!("  {skipped} earlier ones: --format json"));
            self.line(&text);
        }
    }

    /// Why files missed.
    fn causes(&mut self, statistics: &Statistics) {
        if statistics.causes.is_empty() {
            return;
        }
        self.line("");
        self.row(
            "why missed",
            &format!(
                "{}, each compared with the last compilation of the same file",
                count_of(&statistics.causes)
            ),
        );
        for cause in statistics.causes.iter().take(MOST_REASONS) {
            let time =
                if cause.seconds > 0.0 { format!(" ({})", duration(cause.seconds)) } else { String::new() };
            self.item(&count(cause.files as u64), &format!("{}{time}: {}", cause.sentence, cause.advice));
        }
        self.more(statistics.causes.len(), MOST_REASONS, "causes");
    }

    /// The files that miss in each build.
    fn keep_missing(&mut self, statistics: &Statistics) {
        let files = &statistics.keep_missing;
        let Some(first) = files.first() else { return };
        let number = counted(files.len() as u64, "file has missed", "files have missed");
        let text = format!(
            "{number} in each of at least 3 builds, such as {} (the last {}): `toolchainkit doctor --why FILE` says why",
            first.source, first.builds
        );
        self.row("keep missing", &text);
    }

    /// What the journal does not know.
    fn reservations(&mut self, all: &Compilations) {
        if all.uncertain > 0 {
            let text = format!(
                "{} ran at the same time as another one of a file with the same name: the sums are exact, but which file had \
                 which result is not known",
                counted(all.uncertain, "compilation", "compilations")
            );
            self.painted_row("note", &text, FAINT);
        }
        if all.damaged_lines > 0 {
            let lines = counted(all.damaged_lines as u64, "damaged line", "damaged lines");
            self.painted_row("note", &format!("{lines} of the journal skipped"), NOTE);
        }
    }

    fn cache(&mut self, statistics: &Statistics) {
        let cache = &statistics.cache;
        self.line("");
        let text = if cache.version.is_empty() {
            cache.tool.clone()
        } else {
            format!("{} {}, {}", cache.tool, cache.version, cache.location)
        };
        self.row("cache", &text);
        if let Some(degraded) = &cache.degraded {
            self.painted_row("", &format!("not the configured one: {degraded}"), FAULT);
        }
        if let Some(bytes) = cache.size_bytes {
            let limit = cache.max_size_bytes.map(|limit| format!(" of {}", size(limit))).unwrap_or_default();
            self.row("size", &format!("{}{limit}", size(bytes)));
        }
        match &cache.counters {
            Some(tool) => {
                let text = format!(
                    "{} of {} hits{}, {}, {}",
                    tool.hits,
                    tool.hits + tool.misses,
                    tool.hit_rate.map(|rate| format!(" ({rate:.1} %)")).unwrap_or_default(),
                    counted(tool.errors, "error", "errors"),
                    format_args!("{} not cacheable", tool.uncacheable),
                );
                self.row(&cache.tool, &text);
                for tier in &tool.tiers {
                    self.row("", &format!("{}: {} hits, {} misses", tier.name, tier.hits, tier.misses));
                }
                for server in &tool.servers {
                    let compiled = counted(server.compilations, "compilation", "compilations");
                    self.row("", &format!("{}: {compiled}", server.name));
                }
                let about = format!(
                    "These are the counters of {} {}, for all build folders that use this cache.",
                    cache.tool,
                    cache.period()
                );
                self.painted_row("", &about, FAINT);
            }
            None if cache.daemon_running == Some(false) => {
                let text = format!("the daemon is not running, so {} has no counters of its own", cache.tool);
                self.painted_row(&cache.tool, &text, FAINT);
            }
            None => {}
        }
    }
}

/// How the time saved is known, with the numbers of hits.
fn bases(saved: &TimeSaved) -> impl Iterator<Item = (u64, &'static str)> {
    let bases = [
        (saved.measured_files, "compared with the last compilation of the same file here"),
        (saved.estimated_files, "estimated by the median of the misses in the same language"),
        (saved.unknown_files, "not known, because nothing was compiled here to compare with"),
    ];
    bases.into_iter()
}

/// The time saved, and how it is known.
pub(super) fn saved_in_words(saved: &TimeSaved) -> String {
    let parts = bases(saved).filter(|(hits, _)| *hits > 0).map(|(hits, basis)| format!("{hits} {basis}"));
    let parts = parts.collect::<Vec<_>>().join(", ");
    if saved.measured_files + saved.estimated_files == 0 {
        return parts;
    }
    format!("{} of compilation: {parts}", duration(saved.seconds))
}
