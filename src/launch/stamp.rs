//! Stamps of files, which show whether a file may have changed; and a function that replaces a file.

use std::fmt;
use std::io::Write as _;
use std::path::Path;

use super::process;

/// The identity, size and times of a file. If the stamp of a path is unchanged, so is the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::launch) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: i128,
    changed: i128,
}

impl Stamp {
    /// The stamp of the file at `path`, or behind a link; `None` if there is no file.
    pub(in crate::launch) fn of(path: &Path) -> Option<Self> {
        path.metadata().ok().map(|data| Self::from(&data))
    }

    /// Whether the file was changed at or after `time`, in nanoseconds.
    pub(in crate::launch) const fn is_since(&self, time: i128) -> bool {
        self.modified >= time || self.changed >= time
    }

    /// The device and the inode of the file.
    pub(in crate::launch) const fn identity(&self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// Whether both times are whole seconds, as on file systems with a slow clock.
    pub(in crate::launch) const fn has_whole_seconds(&self) -> bool {
        const SECOND: i128 = 1_000_000_000;
        self.modified % SECOND == 0 && self.changed % SECOND == 0
    }
}

#[cfg(unix)]
impl From<&std::fs::Metadata> for Stamp {
    fn from(data: &std::fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let time =
            |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.len(),
            modified: time(data.mtime(), data.mtime_nsec()),
            changed: time(data.ctime(), data.ctime_nsec()),
        }
    }
}

#[cfg(not(unix))]
impl From<&std::fs::Metadata> for Stamp {
    fn from(data: &std::fs::Metadata) -> Self {
        let since = |time: std::io::Result<std::time::SystemTime>| {
            let time = time.ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
            time.and_then(|time| i128::try_from(time.as_nanos()).ok()).unwrap_or_default()
        };
        Self {
            device: 0,
            inode: 0,
            size: data.len(),
            modified: since(data.modified()),
            changed: since(data.created()),
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}.{:x}.{:x}.{:x}.{:x}", self.device, self.inode, self.size, self.modified, self.changed)
    }
}

/// Replaces a file atomically. An error is ignored, because these files only save time.
pub(in crate::launch) fn replace(path: &Path, text: &[u8]) {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let created = process::new_file().write(true).truncate(true).open(&beside);
    let written = created.and_then(|mut file| file.write_all(text));
    let written = written.and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        drop(std::fs::remove_file(&beside));
    }
}

/// The same, unless the file has this content.
#[expect(clippy::disallowed_methods, reason = "a file that cannot be read is replaced")]
pub(in crate::launch) fn replace_if_changed(path: &Path, text: &[u8]) {
    if !std::fs::read(path).is_ok_and(|present| present == text) {
        replace(path, text);
    }
}
