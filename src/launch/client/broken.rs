//! The breaker for ccache's remote storage: a file in the build folder. While it is younger than a minute, no compilation uses
//! the remote. Later, one compilation tries it, and the others continue without it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::process;
use super::warning::is_fresh;

#[derive(Debug)]
pub(super) struct Breaker {
    path: PathBuf,
    told: PathBuf,
    time: Duration,
}

/// The storage that a compilation uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Remote,
    /// The remote, to check whether it works again.
    Try,
    Local,
}

impl Breaker {
    pub(super) fn of(folder: &Path, time: Duration) -> Self {
        Self { path: folder.join("broken"), told: folder.join("told"), time }
    }

    pub(super) fn way(&self) -> Way {
        let Ok(found) = fs::symlink_metadata(&self.path) else { return Way::Remote };
        if !found.is_file() {
            // The launcher does not remove a folder at this path.
            return Way::Local;
        }
        if is_fresh(&self.path, self.time) {
            return Way::Local;
        }
        let is_of_the_future = found.modified().is_ok_and(|modified| modified > SystemTime::now());
        // The other compilations now find a fresh file.
        if self.touch().is_err() || is_of_the_future { Way::Local } else { Way::Try }
    }

    fn touch(&self) -> std::io::Result<()> {
        process::new_file().append(true).open(&self.path)?.set_modified(SystemTime::now())
    }

    /// Opens the breaker. Returns whether this outage has not been reported yet.
    pub(super) fn open(&self) -> bool {
        let _ = self.touch();
        process::new_file().write(true).create_new(true).open(&self.told).is_ok()
    }

    pub(super) fn close(&self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.told);
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn after_the_time_one_compilation_tries_the_remote() {
        let folder = tempfile::tempdir().unwrap();
        let breaker = Breaker::of(folder.path(), MINUTE);
        assert_eq!(breaker.way(), Way::Remote);
        assert!(breaker.open());
        assert!(!breaker.open(), "an outage is reported once");
        assert_eq!(breaker.way(), Way::Local);
        let file = File::options().append(true).open(folder.path().join("broken")).unwrap();
        file.set_modified(SystemTime::now() - 2 * MINUTE).unwrap();
        assert_eq!(breaker.way(), Way::Try);
        assert_eq!(breaker.way(), Way::Local);
        drop(file);
        breaker.close();
        assert_eq!(breaker.way(), Way::Remote);
        assert!(breaker.open(), "another outage");
    }

    #[test]
    fn a_breaker_with_a_future_time_is_open_from_now_on() {
        let folder = tempfile::tempdir().unwrap();
        let breaker = Breaker::of(folder.path(), MINUTE);
        let file = File::create(folder.path().join("broken")).unwrap();
        file.set_modified(SystemTime::now() + 1000 * MINUTE).unwrap();
        assert_eq!(breaker.way(), Way::Local);
        assert!(file.metadata().unwrap().modified().unwrap() <= SystemTime::now());
        file.set_modified(SystemTime::now() - 2 * MINUTE).unwrap();
        assert_eq!(breaker.way(), Way::Try);
    }

    #[test]
    fn a_folder_at_the_path_of_the_breaker_selects_the_local_cache() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("broken")).unwrap();
        assert_eq!(Breaker::of(folder.path(), MINUTE).way(), Way::Local);
    }
}
