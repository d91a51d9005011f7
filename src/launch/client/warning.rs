//! Prints warnings: at most one a minute for each build folder, because a build runs many compilers.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::super::process::Lock;

const MINUTE: Duration = Duration::from_mins(1);

/// Prints a warning, unless one was printed within the last minute.
pub(super) fn warn(folder: &Path, text: &str) {
    if is_first(&folder.join("warned")) {
        let _ = io::stderr().write_all(format!("toolchainkit: {text}\n").as_bytes());
    }
}

/// Whether no other launcher has printed within the last minute. Of several launchers, only the one with the lock prints.
/// If the file cannot be locked, no launcher prints, because otherwise all of them would.
fn is_first(path: &Path) -> bool {
    let Ok(lock) = Lock::take(path) else { return false };
    let mut file = lock.file();
    let is_new = file.metadata().is_ok_and(|found| found.len() == 0);
    (is_new || !is_fresh(path, MINUTE))
        && file.set_modified(SystemTime::now()).is_ok()
        && (!is_new || file.write_all(b"A warning was printed.\n").is_ok())
}

/// Whether a file is younger than `most`. False for a file with a future time.
pub(super) fn is_fresh(path: &Path, most: Duration) -> bool {
    let touched = fs::metadata(path).and_then(|found| found.modified());
    touched.is_ok_and(|touched| SystemTime::now().duration_since(touched).is_ok_and(|age| age < most))
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn one_of_many_launchers_prints_a_warning_per_minute() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("warned");
        let printing = || {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| is_first(&path))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).filter(|is_first| *is_first).count()
            })
        };
        assert_eq!(printing(), 1);
        assert_eq!(printing(), 0);
        let file = File::options().append(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - 2 * MINUTE).unwrap();
        assert_eq!(printing(), 1);
    }

    #[test]
    fn a_file_is_fresh_only_until_the_time_has_passed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(!is_fresh(&path, MINUTE));
        let file = File::create(&path).unwrap();
        assert!(is_fresh(&path, MINUTE));
        for moved in [SystemTime::now() - 2 * MINUTE, SystemTime::now() + 2 * MINUTE] {
            file.set_modified(moved).unwrap();
            assert!(!is_fresh(&path, MINUTE), "{moved:?}");
        }
    }
}
