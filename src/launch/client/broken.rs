//! The breaker for ccache's remote storage: a file in the build folder. While it is younger than a minute, no compilation uses
//! the remote. Later, one compilation tries it, and the others continue without it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::warning::is_fresh;

#[derive(Debug)]
pub(super) struct Breaker {
    path: PathBuf,
    told: PathBuf,
    time: Duration,
}

/// What a compilation may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Remote,
    /// The remote, to find out whether it works again.
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
            // A folder, which the launcher does not remove.
            return Way::Local;
        }
        if is_fresh(&self.path, self.time) {
            return Way::Local;
        }
        let is_of_the_future = found.modified().is_ok_and(|modified| modified > SystemTime::now());
        // The others now find a fresh file.
        if self.touch().is_err() || is_of_the_future { Way::Local } else { Way::Try }
    }

    fn touch(&self) -> std::io::Result<()> {
        File::options().create(true).append(true).open(&self.path)?.set_modified(SystemTime::now())
    }

    /// Opens the breaker. Returns whether this outage has not been reported yet.
    pub(super) fn open(&self) -> bool {
        let _ = self.touch();
        File::options().write(true).create_new(true).open(&self.told).is_ok()
    }

    pub(super) fn close(&self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(&self.told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn one_tries_after_its_time_and_the_others_go_on_without() {
        let folder = tempfile::tempdir().unwrap();
        let breaker = Breaker::of(folder.path(), MINUTE);
        assert_eq!(breaker.way(), Way::Remote);
        assert!(breaker.open());
        assert!(!breaker.open(), "told once");
        assert_eq!(breaker.way(), Way::Local);
        let file = File::options().append(true).open(folder.path().join("broken")).unwrap();
        file.set_modified(SystemTime::now() - 2 * MINUTE).unwrap();
        assert_eq!(breaker.way(), Way::Try);
        assert_eq!(breaker.way(), Way::Local);
        breaker.close();
        assert_eq!(breaker.way(), Way::Remote);
        assert!(breaker.open(), "another outage");
    }

    #[test]
    fn one_from_the_future_is_open_for_its_time_from_now_on() {
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
    fn a_folder_in_its_place_means_local() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("broken")).unwrap();
        assert_eq!(Breaker::of(folder.path(), MINUTE).way(), Way::Local);
    }
}
