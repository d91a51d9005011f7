//! Workers that do not answer: a file for each. While it is younger than a minute, no compilation uses the worker. Later, one
//! compilation asks it first, and the others continue without it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::log;
use crate::launch::process;
use crate::launch::stamp;

const MINUTE: Duration = Duration::from_mins(1);

fn file(folder: &Path, entry: &str) -> PathBuf {
    folder.join(format!("down.{}", process::digest(log::name(entry).as_bytes())))
}

/// The file that shows when the scheduler or a worker of icecream has answered a compilation of this build.
fn heard(folder: &Path) -> PathBuf {
    folder.join("heard")
}

/// An answer has come.
pub(super) fn hear(folder: &Path) {
    if !was_heard(folder, Duration::from_secs(1)) {
        stamp::replace(&heard(folder), b"");
    }
}

/// Whether an answer has come within this time.
pub(super) fn was_heard(folder: &Path, time: Duration) -> bool {
    is_younger(&heard(folder), time)
}

fn is_younger(file: &Path, time: Duration) -> bool {
    let modified = std::fs::metadata(file).and_then(|found| found.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age < time))
}

/// Whether the worker has failed within the last minute.
pub(super) fn is_open(folder: &Path, entry: &str) -> bool {
    is_younger(&file(folder, entry), MINUTE)
}

/// Whether this compilation may use the worker. `answers` asks it.
pub(super) fn may_use(folder: &Path, entry: &str, answers: impl FnOnce() -> bool) -> bool {
    if is_open(folder, entry) {
        return false;
    }
    let file = file(folder, entry);
    if !file.exists() {
        return true;
    }
    // The other compilations now find a fresh file.
    open(folder, entry);
    let is_back = answers();
    if is_back {
        let _ = std::fs::remove_file(file);
    }
    is_back
}

/// The worker does not answer.
pub(super) fn open(folder: &Path, entry: &str) {
    stamp::replace(&file(folder, entry), log::name(entry).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_left_out_for_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_open(folder.path(), "a/4"));
        open(folder.path(), "a/4");
        assert!(is_open(folder.path(), "a/8,lzo"));
        assert!(!is_open(folder.path(), "b/4"));
        let path = file(folder.path(), "a/4");
        let old = std::time::SystemTime::now() - 2 * MINUTE;
        std::fs::File::options().append(true).open(path).unwrap().set_modified(old).unwrap();
        assert!(!is_open(folder.path(), "a/4"));
        // One compilation asks.
        assert!(!may_use(folder.path(), "a/4", || false));
        assert!(!may_use(folder.path(), "a/4", || panic!("another one has just asked")));
        std::fs::File::options()
            .append(true)
            .open(file(folder.path(), "a/4"))
            .unwrap()
            .set_modified(old)
            .unwrap();
        assert!(may_use(folder.path(), "a/4", || true));
        assert!(may_use(folder.path(), "a/4", || panic!("it is back")));
    }

    #[test]
    fn an_answer_is_remembered_for_a_while() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!was_heard(folder.path(), MINUTE));
        hear(folder.path());
        assert!(was_heard(folder.path(), MINUTE));
        let old = std::time::SystemTime::now() - 2 * MINUTE;
        let set = |file: PathBuf| std::fs::File::options().append(true).open(file).unwrap().set_modified(old);
        set(heard(folder.path())).unwrap();
        assert!(!was_heard(folder.path(), MINUTE));
        hear(folder.path());
        assert!(was_heard(folder.path(), MINUTE));
    }
}
