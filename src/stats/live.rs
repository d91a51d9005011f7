//! The running build, for people who watch it.

use super::human::BAR;
use super::look::{FAULT, HEADING, Look};
use super::shape::Statistics;
use super::times::clock;
use crate::words::{counted, duration, rate};

/// The most causes of misses.
const MOST_CAUSES: usize = 2;
/// The most running compilations.
const MOST_RUNNING: usize = 2;
/// The most of the slowest misses.
const MOST_SLOW: usize = 3;

/// A compilation that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    /// The source.
    pub source: String,
    /// The time since its beginning, in seconds.
    pub seconds: f64,
}

/// The running build, for a terminal: at most twelve lines of at most [`Look::width`] columns. The compilations that run are in the order of
/// their beginning.
#[must_use]
pub fn live(statistics: &Statistics, running: &[Running], look: &Look) -> Vec<String> {
    let fit = |text: String| look.cut(&text, look.width);
    let Some(all) = statistics.compilations.as_ref() else {
        return vec![fit(format!("{}: waiting for the first compilation", statistics.build_folder))];
    };
    let total = &all.total;
    let spent = all.builds.last().map(|build| build.seconds).unwrap_or_default();
    let head = fit(format!(
        "{}: {}, {} running, {}",
        statistics.build_folder,
        counted(total.compilations, "compilation", "compilations"),
        all.running,
        duration(spent)
    ));
    let mut lines = vec![look.paint(HEADING, &head)];
    let hits = format!("{} of {} cacheable ({})", total.hits, total.cacheable, rate(total.hit_rate));
    let bar = look.bar(total.hit_rate.unwrap_or_default(), BAR.min(look.width.saturating_sub(40)));
    lines.push(
        format!("  hits     {}  {bar}", look.cut(&hits, look.width.saturating_sub(11))).trim_end().to_owned(),
    );
    lines.push(fit(format!(
        "  saved    {} of compilation, spent {}",
        duration(total.saved.seconds),
        duration(total.seconds_spent)
    )));
    let others = [
        (total.misses, "missed"),
        (total.failed_over, "failed over"),
        (total.uncacheable, "not cacheable"),
        (total.compile_errors, "failed"),
        (total.interrupted, "interrupted"),
        (total.unknown, "not known"),
    ];
    let others = others.iter().filter(|(number, _)| *number > 0);
    let others: Vec<_> = others.map(|(number, what)| format!("{number} {what}")).collect();
    if !others.is_empty() {
        let text = fit(format!("  others   {}", others.join(", ")));
        lines.push(if total.failed_over > 0 { look.paint(FAULT, &text) } else { text });
    }
    if total.bypassed > 0 {
        let rules = all.bypassed.iter().map(|bypass| format!("{} {}", bypass.count, bypass.rule));
        lines.push(fit(format!("  bypassed {}: {}", total.bypassed, rules.collect::<Vec<_>>().join(", "))));
    }
    let label = |index: usize, text: &'static str| if index == 0 { text } else { "" };
    for (index, cause) in statistics.causes.iter().take(MOST_CAUSES).enumerate() {
        let files = counted(cause.files as u64, "file", "files");
        lines.push(fit(format!("  {:<8} {files:>11}  {}", label(index, "missed"), cause.sentence)));
    }
    let mut timed = |index: usize, name: &'static str, seconds: f64, source: &str| {
        let source = look.shortened(source, look.width.saturating_sub(24));
        lines.push(fit(format!("  {:<8} {:>11}  {source}", label(index, name), duration(seconds))));
    };
    for (index, now) in running.iter().take(MOST_RUNNING).enumerate() {
        timed(index, "running", now.seconds, &now.source);
    }
    for (index, slow) in all.slowest_misses.iter().take(MOST_SLOW).enumerate() {
        timed(index, "slowest", slow.seconds, &slow.source);
    }
    lines
}

/// The running build in one line, for output that is not a terminal.
#[must_use]
pub fn live_line(statistics: &Statistics, look: &Look) -> String {
    let Some(all) = statistics.compilations.as_ref() else {
        return format!("{}: waiting for the first compilation", statistics.build_folder);
    };
    let total = &all.total;
    format!(
        "{} {}: {} of {} cacheable hit ({}), {} bypassed, {} running, {} saved",
        all.last.as_ref().map(|last| clock(last, &look.zone)).unwrap_or_default(),
        counted(total.compilations, "compilation", "compilations"),
        total.hits,
        total.cacheable,
        rate(total.hit_rate),
        total.bypassed,
        all.running,
        duration(total.saved.seconds)
    )
}
