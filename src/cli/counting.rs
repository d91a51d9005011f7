//! The compilations of the command of `toolchainkit run`.
//!
//! The launcher notes the run in the journal, so that a build of somebody else at the same time does not count. Without a journal,
//! there are only the counters of the tool, which count all builds.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::build_folder::{BuildCache, supervisors};
use super::stats;
use crate::caching::statistics::CacheStats;
use crate::caching::tool::{Tool, ToolStats};
use crate::journal::summary::Counts;
use crate::journal::{self, Entry, Journal};
use crate::launch::journal::{RUN, read as read_journal};
use crate::launch::{local_caches, process, supervisor};
use crate::probe::environment;

/// The start of a command.
pub(super) struct Counting {
    /// The names of the runs that the command belongs to, the outermost first; see [`Entry::run`].
    run: String,
    begun: SystemTime,
    before: Option<CacheStats>,
    /// The folders of the sccache daemons that ran before the command. Another daemon has counted only the command.
    daemons: Vec<PathBuf>,
}

/// The compilations that the journals of build folders contain.
#[derive(Debug, Default)]
struct Counted {
    /// Those of the command.
    counts: Counts,
    /// Their build folders.
    folders: Vec<PathBuf>,
    /// The number of compilations at the same time that other commands have started, in the selected build folder.
    others: usize,
}

impl Counting {
    pub(super) fn start(cache: Option<&BuildCache>) -> Self {
        let running = supervisors().into_iter().filter(supervisor::is_running);
        let begun = SystemTime::now();
        let own = format!("{}-{}", std::process::id(), milliseconds(begun));
        let run = match environment::variable(RUN).filter(|outer| !outer.is_empty()) {
            Some(outer) => format!("{outer}/{own}"),
            None => own,
        };
        let daemons = running.map(|record| record.folder).collect();
        Self { run, begun, before: cache.and_then(counters), daemons }
    }

    /// The value of [`RUN`] for the command.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// A line about the compilations of the command, for people; `None` if nothing is known about them. `cache` is that of the
    /// selected build folder, if there is one.
    pub(super) fn line(&self, cache: Option<&BuildCache>) -> Option<String> {
        let counted = self.counted(cache);
        if counted.folders.is_empty() && !cache.is_some_and(BuildCache::has_program) {
            return self.line_of_counters(cache?);
        }
        Some(line_of_journal(&counted, cache))
    }

    fn counted(&self, cache: Option<&BuildCache>) -> Counted {
        let user = environment::user_cache_folder().map(camino::Utf8PathBuf::into_std_path_buf);
        let places = user.into_iter().chain(process::user_folders(Path::new("")));
        let mut folders = local_caches::build_folders(places);
        let selected = cache.and_then(|cache| cache.folder.as_std_path().canonicalize().ok());
        folders.extend(selected.clone());
        let mut counted = Counted::default();
        let mut all = Vec::new();
        for folder in folders {
            let log = folder.join(journal::FOLDER).join("log");
            let written = log.metadata().and_then(|log| log.modified());
            // The clock of a file server may be late.
            if !written.is_ok_and(|written| written + TOLERANCE >= self.begun) {
                continue;
            }
            let Ok(journal) = read_journal(&folder) else { continue };
            let (own, others) = self.split(&journal);
            if Some(&folder) == selected.as_ref() {
                counted.others = others.len();
            }
            if !own.is_empty() {
                all.extend(own.into_iter().cloned());
                counted.folders.push(folder);
            }
        }
        Counted { counts: Counts::of(&all), ..counted }
    }

    /// The compilations since the start: those of the command, and the others.
    fn split<'a>(&self, journal: &'a Journal) -> (Vec<&'a Entry>, Vec<&'a Entry>) {
        let is_own = |entry: &&Entry| {
            let rest = entry.run.strip_prefix(&self.run);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        journal.since(milliseconds(self.begun)).iter().partition(is_own)
    }

    fn line_of_counters(&self, cache: &BuildCache) -> Option<String> {
        let after = counters(cache)?;
        let before = match &self.before {
            Some(before) if before.location == after.location && before.tool == after.tool => before.clone(),
            _ if after.tool == Tool::Sccache && !self.has_daemon_of(cache) => {
                CacheStats::new(after.tool, after.version, &after.location, &ToolStats::default())
            }
            _ => return None,
        };
        Some(line_of_difference(&before, &after, &cache.location))
    }

    /// Whether the daemon of the cache ran before the command.
    fn has_daemon_of(&self, cache: &BuildCache) -> bool {
        let socket = cache.running_daemon().unwrap_or_default();
        self.daemons.iter().any(|folder| {
            OsStr::new(&socket).as_encoded_bytes().starts_with(folder.as_os_str().as_encoded_bytes())
        })
    }
}

/// The largest difference between the clock of this machine and that of a file system.
const TOLERANCE: Duration = Duration::from_mins(10);

/// Since 1970.
fn milliseconds(time: SystemTime) -> u64 {
    u64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

/// The counters of the tool; `None` if they are not known.
fn counters(cache: &BuildCache) -> Option<CacheStats> {
    let (tool, version) = cache.tool().ok()?;
    stats::counters(cache, tool, version).ok().flatten()
}

fn line_of_journal(counted: &Counted, cache: Option<&BuildCache>) -> String {
    let Counted { counts, folders, others } = counted;
    let selected = cache.map(|cache| (cache.shown_folder().as_str(), cache.location.as_str()));
    if counts.all() == 0 {
        let (folder, location) = selected.unwrap_or_default();
        let text = format!("no compilation used the cache ({location})");
        return match others {
            0 => text,
            1 => format!("{text}; 1 compilation in {folder} was not started by this command"),
            _ => format!("{text}; {others} compilations in {folder} were not started by this command"),
        };
    }
    let is_selected = |folder: &PathBuf| {
        let canonical = cache.and_then(|cache| cache.folder.as_std_path().canonicalize().ok());
        canonical.as_ref() == Some(folder)
    };
    let place = match (selected, folders.as_slice()) {
        (Some((_, location)), [folder]) if is_selected(folder) => location.to_owned(),
        _ => folders.iter().map(|folder| folder.to_string_lossy()).collect::<Vec<_>>().join(" and "),
    };
    let mut text =
        format!("{} of {} compilations were cache hits ({place})", counts.hits(), counts.cacheable());
    for (number, words) in [
        (counts.failed_over, "ran while the cache did not work"),
        (counts.bypassed, "bypassed by a rule"),
        (counts.uncacheable, "not cacheable"),
        (counts.compile_errors, "failed"),
        (counts.interrupted, "interrupted"),
        (counts.unknown, "with an unknown result"),
    ] {
        if number > 0 {
            text += &format!(", {number} {words}");
        }
    }
    text
}

fn line_of_difference(before: &CacheStats, after: &CacheStats, location: &str) -> String {
    let pairs = [
        (before.hits, after.hits),
        (before.misses, after.misses),
        (before.uncacheable, after.uncacheable),
        (before.errors, after.errors),
    ];
    if pairs.iter().any(|(before, after)| after < before) {
        return format!("the counters were reset, so hits and misses are not known ({location})");
    }
    let [hits, misses, uncacheable, errors] = pairs.map(|(before, after)| after - before);
    if hits + misses + uncacheable + errors == 0 {
        return format!("no compilation used the cache ({location})");
    }
    let mut text = format!("{hits} of {} compilations were cache hits ({location})", hits + misses);
    for (number, words) in [(uncacheable, "not cacheable"), (errors, "errors of the cache")] {
        if number > 0 {
            text += &format!(", {number} {words}");
        }
    }
    format!("{text}; these are the counters of {}, which also count other builds at this time", after.tool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caching::tool::Version;
    use crate::journal::{Line, LineId, Outcome};

    fn stats(hits: u64, misses: u64, uncacheable: u64) -> CacheStats {
        let counters = ToolStats { hits, misses, uncacheable, ..ToolStats::default() };
        CacheStats::new(Tool::Ccache, Version::new(4, 14, 2), "here", &counters)
    }

    #[test]
    fn without_a_journal_the_line_has_the_difference_of_the_counters() {
        let all = "; these are the counters of ccache, which also count other builds at this time";
        let lines = [
            (stats(5, 6, 7), "no compilation used the cache (here)".to_owned()),
            (stats(8, 7, 7), format!("3 of 4 compilations were cache hits (here){all}")),
            (stats(5, 6, 9), format!("0 of 0 compilations were cache hits (here), 2 not cacheable{all}")),
            (stats(4, 9, 7), "the counters were reset, so hits and misses are not known (here)".to_owned()),
        ];
        for (after, expected) in lines {
            assert_eq!(line_of_difference(&stats(5, 6, 7), &after, "here"), expected);
        }
    }

    #[test]
    fn only_compilations_of_this_run_and_of_runs_in_it_count() {
        let begun = UNIX_EPOCH + Duration::from_millis(50);
        let counting = Counting { run: "1-50".to_owned(), begun, before: None, daemons: Vec::new() };
        let line = |(at, run, outcome): (u64, &str, Outcome)| {
            let id = u32::try_from(at).unwrap();
            Line {
                id: Some(LineId(id, at)),
                at,
                build: "7-7".to_owned(),
                run: run.to_owned(),
                outcome: Some(outcome),
                ..Line::default()
            }
        };
        let lines = [
            (40, "1-50", Outcome::Miss),
            (60, "1-50", Outcome::Hit),
            (61, "1-50/2-55", Outcome::Miss),
            (62, "1-500", Outcome::Miss),
            (63, "", Outcome::Miss),
            (64, "1-50", Outcome::Bypassed),
        ];
        let text = lines.map(line).map(|line| line.text()).concat();
        let journal = Journal::from_lines(&text);
        let (own, others) = counting.split(&journal);
        assert_eq!((own.len(), others.len()), (3, 2));
        let folders = vec!["/a".into(), "/b".into()];
        let counted = Counted { counts: Counts::of(own), folders, others: others.len() };
        assert_eq!(
            line_of_journal(&counted, None),
            "1 of 2 compilations were cache hits (/a and /b), 1 bypassed by a rule"
        );
    }
}
