//! The bound of the journal: what is removed when the log is moved, which happens after some 25,000 compilations.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The largest number of objects with records.
const MOST_FILES: usize = 20_000;
/// The largest size of all records in bytes.
const MOST_BYTES: u64 = 256 << 20;

/// Removes the oldest records in `folder`, that of the journal, if there are too many.
pub(super) fn clean(folder: &Path) {
    clean_to(&folder.join("inputs"), MOST_FILES, MOST_BYTES);
}

fn clean_to(folder: &Path, most_files: usize, most_bytes: u64) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((found.modified().ok()?, found.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, length, _)| length).sum();
    let mut left = files.len();
    for (_, length, path) in files {
        if left <= most_files && bytes <= most_bytes {
            break;
        }
        let _ = fs::remove_file(path);
        bytes -= length;
        left -= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_records_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let entries = fs::read_dir(folder.path()).unwrap().flatten();
            let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
            names.sort();
            names
        };
        for age in 0..6 {
            let mut file = fs::File::create(folder.path().join(age.to_string())).unwrap();
            file.write_all(&[b'x'; 100]).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
        }
        clean_to(folder.path(), 9, 1000);
        assert_eq!(names().len(), 6);
        clean_to(folder.path(), 4, 1000);
        assert_eq!(names(), ["0", "1", "2", "3"]);
        clean_to(folder.path(), 9, 250);
        assert_eq!(names(), ["0", "1"]);
    }
}
