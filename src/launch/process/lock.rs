//! A file that one process at a time can lock.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(1);

/// A locked file. It is unlocked when this is dropped, and when the process ends.
///
/// On Windows, nobody else can read or write a locked file, so it should be one that contains nothing of interest.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Locks the file at `path`, which is created if it does not exist.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] if it is locked, and [`TryLockError::Error`] if it cannot be opened or the file system has no locks.
    pub fn take(path: &Path) -> Result<Self, TryLockError> {
        let file = open(path).map_err(TryLockError::Error)?;
        try_lock(&file)?;
        Ok(Self(file))
    }

    /// The same, but waits at most this time until the file is unlocked. `None` if that was not enough, or the file cannot be locked.
    #[must_use]
    pub fn wait(path: &Path, most: Duration) -> Option<Self> {
        let begun = Instant::now();
        loop {
            match Self::take(path) {
                Ok(lock) => return Some(lock),
                Err(TryLockError::WouldBlock) if begun.elapsed() < most => thread::sleep(PAUSE),
                Err(_) => return None,
            }
        }
    }

    /// The file. It is locked while it is open.
    #[must_use]
    pub fn into_file(self) -> File {
        self.0
    }

    /// The file.
    #[must_use]
    pub const fn file(&self) -> &File {
        &self.0
    }
}

/// Windows locks no file that is opened only to append (documentation of `File::try_lock`); Wine does.
fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).read(true).append(true).open(path)
}

/// Locks a file that was opened by [`Lock`], perhaps in another process.
///
/// # Errors
///
/// As for [`Lock::take`].
#[expect(clippy::disallowed_methods, reason = "the file can be locked on all systems")]
pub(in crate::launch::process) fn try_lock(file: &File) -> Result<(), TryLockError> {
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(TryLockError::WouldBlock)));
        assert!(Lock::wait(&path, 5 * PAUSE).is_none());
        let other = path.clone();
        let waiting = thread::spawn(move || Lock::wait(&other, Duration::from_mins(1)).is_some());
        thread::sleep(10 * PAUSE);
        drop(first);
        assert!(waiting.join().unwrap());
        assert!(matches!(Lock::take(folder.path()), Err(TryLockError::Error(_))));
    }
}
