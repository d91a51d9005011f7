//! Warnings: at most one a minute for a build folder, because a build runs many compilers.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

const MINUTE: Duration = Duration::from_mins(1);

/// Prints a warning, unless one was printed within the last minute.
pub(super) fn warn(folder: &Path, text: &str) {
    let path = folder.join("warned");
    // Only the launcher that creates the file prints. If none can create it, none prints, because otherwise all would.
    if !is_fresh(&path, MINUTE) {
        let _ = fs::remove_file(&path);
    }
    if File::options().write(true).create_new(true).open(&path).is_ok() {
        let _ = io::stderr().write_all(format!("toolchainkit: {text}\n").as_bytes());
    }
}

/// Whether a file is younger than `most`. A file from the future is not.
pub(super) fn is_fresh(path: &Path, most: Duration) -> bool {
    let touched = fs::metadata(path).and_then(|found| found.modified());
    touched.is_ok_and(|touched| SystemTime::now().duration_since(touched).is_ok_and(|age| age < most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_fresh_for_its_time_only() {
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
