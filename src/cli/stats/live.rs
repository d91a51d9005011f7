//! `toolchainkit stats --watch`: the running build.
//!
//! On a terminal, indicatif draws a few lines in place, in one write for each change, and so without flicker. It neither
//! switches to another screen nor to raw mode, so there is nothing to restore if this process is killed. ratatui would need
//! both, and thirty more crates, for a frame that does not react to keys.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::super::build_folder::BuildCache;
use super::super::causes;
use super::super::report::{CliError, Printer};
use crate::caching::statistics::CacheStats;
use crate::caching::tool::ToolStats;
use crate::journal::Journal;
use crate::journal::summary::Summary;
use crate::probe::environment;
use crate::stats::{
    CacheOfBuild, Compilations, Origin, Running, Scope, Statistics, live, live_line, running_build,
};

/// The time between two frames on a terminal.
const FRAME: Duration = Duration::from_millis(250);
/// The time between two lines without a terminal.
const LINE: Duration = Duration::from_secs(5);
/// The longest time until a signal is obeyed.
const STEP: Duration = Duration::from_millis(50);
/// Reading the journal takes at most one part in this number of the time.
const SHARE: u32 = 20;

/// Shows the running build until a signal ends it. Returns the journal as it is then.
pub(super) fn watch(cache: &BuildCache, printer: &Printer) -> Result<Option<Journal>, CliError> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&ended))?;
    }
    let is_terminal =
        io::stdout().is_terminal() && environment::variable("TERM").is_none_or(|term| term != "dumb");
    let bar = is_terminal.then(|| {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        match ProgressStyle::with_template("{msg}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    });
    let pause = if bar.is_some() { FRAME } else { LINE };
    let journal = loop {
        let begun = Instant::now();
        let journal = super::read_journal(cache)?;
        let frame = frame(cache, journal.as_ref(), printer)?;
        let look = printer.look_of_statistics();
        match &bar {
            // One column stays free: some terminals begin a new line in the last one.
            Some(bar) => {
                let look = crate::stats::Look { width: look.width.saturating_sub(1), ..look };
                bar.set_message(live(&frame, &running(journal.as_ref()), &look).join("\n"));
                bar.tick();
            }
            None => printer.product(&(live_line(&frame, &look) + "\n")),
        }
        let next = begun + pause.max(begun.elapsed() * SHARE);
        while Instant::now() < next && !ended.load(Ordering::Relaxed) {
            thread::sleep(STEP.min(next.saturating_duration_since(Instant::now())));
        }
        if ended.load(Ordering::Relaxed) {
            break super::read_journal(cache)?;
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(journal)
}

fn frame(cache: &BuildCache, journal: Option<&Journal>, printer: &Printer) -> Result<Statistics, CliError> {
    let of_build = if cache.only_distributes() {
        CacheOfBuild::none()
    } else {
        let (tool, version) = cache.tool()?;
        CacheOfBuild::new(&CacheStats::new(tool, version, &cache.location, &ToolStats::default()), false)
    };
    let scope = Scope::LastBuilds { number: 1 };
    let mut statistics = Statistics::new(cache.shown_folder().to_string(), Origin::Journal, scope, of_build);
    if let Some(journal) = journal {
        let build = running_build(journal);
        if let Some(last) = build.last() {
            let folder = &cache.folder;
            let found = causes::of_running_build(folder, journal, &last.build, super::MOST_COMPARED);
            statistics.causes = found.groups.into_iter().map(super::miss_cause).collect();
        }
        let summary = Summary::new(build, &journal.entries);
        statistics.compilations = Some(Compilations::new(&summary, journal.running.len(), journal.damaged));
    }
    Ok(statistics.cleaned(&|text| printer.filtered(text)))
}

/// The compilations that run, the oldest first.
fn running(journal: Option<&Journal>) -> Vec<Running> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let running = journal.into_iter().flat_map(|journal| &journal.running);
    let timed = running.map(|entry| Running {
        source: entry.source.clone(),
        seconds: now.saturating_sub(Duration::from_millis(entry.at)).as_secs_f64(),
    });
    timed.collect()
}
