//! Lines to people: not more than one a minute for a build folder, since compilers run by the hundred.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

const MINUTE: Duration = Duration::from_mins(1);

/// Says this, unless something was said within the last minute.
pub(super) fn warn(folder: &Path, text: &str) {
    let path = folder.join("warned");
    // Of several callers one creates the file. Where none can, nobody says anything, or each of them would.
    if !is_fresh(&path, MINUTE) {
        let _ = fs::remove_file(&path);
    }
    if File::options().write(true).create_new(true).open(&path).is_ok() {
        let _ = io::stderr().write_all(format!("toolchainkit: {text}\n").as_bytes());
    }
}

/// Whether a file was touched so recently. One from the future was not.
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
