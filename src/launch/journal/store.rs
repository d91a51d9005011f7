//! The bound of the journal: what is removed when the log is moved.

use std::path::Path;

/// Removes old records.
pub(super) fn clean(folder: &Path) {
    let _ = folder;
}
