//! Searches files for texts.

use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;

/// Whether `bytes` contain `part`. Some tests search hundreds of megabytes.
pub(crate) fn contains(bytes: &[u8], part: impl AsRef<[u8]>) -> bool {
    memmem::find(bytes, part.as_ref()).is_some()
}

/// All files below `folder`, without those behind links.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        // The supervisor renames its files at the same time.
        let Ok(entry) = fs::symlink_metadata(&path) else { continue };
        let kind = entry.file_type();
        if kind.is_dir() {
            found.extend(files(&path));
        } else if kind.is_file() {
            found.push(path);
        }
    }
    found
}
