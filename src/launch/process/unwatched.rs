//! A system on which the launcher does not watch folders. The guard examines each file instead.

use std::path::Path;

use super::Changes;

/// A folder that is watched.
pub type WatchedFolder = i32;

/// No watch.
#[derive(Debug)]
pub struct Watch;

impl Watch {
    /// This system cannot watch folders.
    #[must_use]
    pub const fn new() -> Option<Self> {
        None
    }

    /// This system cannot watch folders.
    #[must_use]
    pub const fn add(&self, _folder: &Path) -> Option<WatchedFolder> {
        None
    }

    /// Each folder may have changed.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes { lost: true, ..Changes::default() }
    }
}
