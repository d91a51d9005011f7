//! The causes of misses, from the journal of a build folder and its files.

use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};

use crate::journal::export::{Export, Machine};
use crate::journal::{Cause, Causes, Entry, Explaining, Headers, Inputs, Journal, Kind, Why, causes};
use crate::launch::journal::read as read_journal;
use crate::launch::settings::Settings;
use crate::probe::{environment, file};

/// The largest source or header that is searched for time macros.
const LARGEST_SOURCE: u64 = 8 << 20;
/// The longest time between a compilation and its record, in milliseconds.
const LONGEST_WAIT: u64 = 2000;

/// What to do about a build folder without a journal.
pub(super) const NO_JOURNAL: &str = "`toolchainkit-launch` writes one when it compiles: give a build folder, run `toolchainkit \
                                     install` if it is missing, configure the build again, and build";

/// Why a journal has nothing to export, and what to do.
const ONLY_HITS: &str = "all of its compilations were hits, and what goes into one is recorded only if the compiler runs; compare \
                         it after a build with a miss";
const NOTHING: &str = "no compilation was recorded yet; build first";

/// The causes of the misses of a build; see [`causes`].
pub(super) fn of_build(folder: &Utf8Path, journal: &Journal, build: &str, limit: usize) -> Causes {
    await_records(folder, journal);
    of_running_build(folder, journal, build, limit)
}

/// Like [`of_build`], without waiting for the record of the last miss.
pub(super) fn of_running_build(folder: &Utf8Path, journal: &Journal, build: &str, limit: usize) -> Causes {
    with(folder, journal, |explaining| causes(explaining, build, limit))
}

/// Why `entry` was a miss.
pub(super) fn of_entry(folder: &Utf8Path, journal: &Journal, entry: &Entry) -> Why {
    await_records(folder, journal);
    with(folder, journal, |explaining| {
        let mut why = explaining.why(entry);
        let header = why.causes.iter().find(|cause| cause.kind == Kind::PrecompiledHeader);
        let object = header.map(|header| header.name.strip_prefix("<build>/").unwrap_or(&header.name));
        // The header has the causes of its own compilation in the same build.
        let is_of_header =
            |other: &&Entry| Some(other.object.as_str()) == object && other.build == entry.build;
        if let Some(compiled) = journal.entries.iter().rev().find(is_of_header) {
            let causes = explaining.why(compiled).causes.into_iter();
            let own: Vec<Cause> = causes.filter(|cause| !cause.kind.is_possible_only()).collect();
            if !own.is_empty() {
                why.causes.retain(|cause| cause.kind != Kind::PrecompiledHeader && !own.contains(cause));
                why.causes.splice(0..0, own);
            }
        }
        why
    })
}

fn with<T>(folder: &Utf8Path, journal: &Journal, ask: impl FnOnce(Explaining<'_>) -> T) -> T {
    let settings = settings(folder);
    let headers = Headers::read(folder.as_std_path()).unwrap_or_default();
    ask(Explaining {
        journal,
        headers: &headers,
        // Without its records, a miss has no cause.
        records: &|object| Inputs::read(folder.as_std_path(), object).unwrap_or_default(),
        file: &|path| content(settings.as_ref(), path),
        cache_created: settings.as_ref().and_then(cache_created),
    })
}

/// Waits until the supervisor has stored the record of the last miss, which it does after the compilation.
fn await_records(folder: &Utf8Path, journal: &Journal) {
    let Some(last) = journal.entries.iter().rev().find(|entry| entry.inputs.is_some()) else { return };
    // A time in the future is that of a clock that was set back.
    let rest = LONGEST_WAIT.saturating_sub(now().saturating_sub(last.at));
    let deadline = Instant::now() + Duration::from_millis(rest);
    let is_stored = || {
        let records = Inputs::read(folder.as_std_path(), &last.object).unwrap_or_default();
        records.iter().any(|record| record.build == last.build && Some(record.digest()) == last.inputs)
    };
    while Instant::now() < deadline && !is_stored() {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The milliseconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// The exported journal of a build folder.
///
/// # Errors
///
/// [`io::ErrorKind::NotFound`] if it has no journal; [`io::ErrorKind::Other`] if the journal has nothing to export, with the reason and
/// the remedy; otherwise the reason why it cannot be read.
pub(super) fn export(folder: &Utf8Path) -> io::Result<Export> {
    if let Ok(journal) = read_journal(folder.as_std_path()) {
        await_records(folder, &journal);
    }
    let folder = folder.as_std_path();
    let records = Inputs::read_all(folder)?;
    if records.is_empty() {
        // The error of a missing journal, or that of one that is not trusted.
        let journal = read_journal(folder)?;
        let reason =
            if journal.entries.iter().any(|entry| entry.outcome.is_hit()) { ONLY_HITS } else { NOTHING };
        return Err(io::Error::other(reason));
    }
    let headers = Headers::read(folder)?;
    let settings = Settings::read(&folder.join("toolchainkit/launcher.json"))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let folders = vec![
        ("<source>", text(&settings.source)),
        ("<build>", text(&settings.build)),
        ("<checkout>", text(&settings.root)),
        ("<home>", environment::variable("HOME").unwrap_or_default()),
    ];
    let machine = Machine { at: now(), project: settings.project.clone(), folders };
    Ok(Export::new(&machine, records, &headers, &|path| content(Some(&settings), path)))
}

fn settings(folder: &Utf8Path) -> Option<Settings> {
    Settings::read(folder.join("toolchainkit/launcher.json").as_std_path()).ok()
}

/// The content of a file whose path has the form of [`Entry::source`].
fn content(settings: Option<&Settings>, path: &str) -> Option<Vec<u8>> {
    let path = match path.strip_prefix("<build>/") {
        Some(below) => settings?.build.join(below),
        None => settings.map_or_else(PathBuf::new, |settings| settings.source.clone()).join(path),
    };
    file::read(&Utf8PathBuf::from_path_buf(path).ok()?, LARGEST_SOURCE).ok()
}

/// The time at which the folder of the local cache was created, in milliseconds since 1970.
fn cache_created(settings: &Settings) -> Option<u64> {
    let directory = &settings.storages.first()?.directory;
    let created = fs_err::metadata(directory).ok()?.created().ok()?;
    u64::try_from(created.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use crate::journal::names_key_rule;
    use crate::launch::rules::{Action, TABLE};

    #[test]
    fn every_rule_that_adds_to_the_key_has_a_cause() {
        for rule in TABLE {
            let adds = matches!(rule.action, Action::Key(_) | Action::Placeholders);
            assert_eq!(names_key_rule(rule.name), adds, "{}", rule.name);
        }
    }
}
