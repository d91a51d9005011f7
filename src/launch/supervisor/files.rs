//! The files of a supervisor: whether they are still its own, and what it finds in them.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::launch::process;

/// Where the supervisor listens, in its folder.
pub(in crate::launch) const ENDPOINT: &str = "endpoint";
/// Whoever holds this lock is the supervisor.
pub(in crate::launch) const LOCK: &str = "lock";
/// Where the daemon listens.
pub(in crate::launch) const SOCKET: &str = "socket";
/// What the daemon says.
pub(in crate::launch) const LOG: &str = "log";

const DISK_LOCK: &str = ".toolchainkit-lock";
/// A predecessor may still be ending.
const PREDECESSOR: Duration = Duration::from_secs(3);

/// A file that is ours as long as it is there.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    device: u64,
    inode: u64,
    // The lock is held as long as it is open.
    _file: Option<File>,
}

impl Held {
    /// The file at `path`, which is `file`.
    pub(super) fn of(path: PathBuf, file: Option<File>) -> io::Result<Self> {
        let found = match &file {
            Some(file) => file.metadata()?,
            None => fs::symlink_metadata(&path)?,
        };
        Ok(Self { path, device: found.dev(), inode: found.ino(), _file: file })
    }

    /// Whether no other file has taken its place.
    pub(super) fn is_there(&self) -> bool {
        fs::symlink_metadata(&self.path)
            .is_ok_and(|found| found.dev() == self.device && found.ino() == self.inode)
    }

    /// Removes it, if it is still ours.
    pub(super) fn remove(&self) {
        if self.is_there() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Takes `directory` for one daemon, or another folder beside it where another machine or container has it. `None` where
/// it cannot be locked at all, which is for the tool to say.
pub(super) fn take_directory(directory: &Path) -> Option<(PathBuf, Held)> {
    let begun = Instant::now();
    loop {
        match lock(directory) {
            Ok(held) => return Some((directory.to_path_buf(), held)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PREDECESSOR => {
                thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(_)) => return None,
        }
    }
    let mut beside = directory.as_os_str().to_owned();
    beside.push("-");
    beside.push(&process::owner()[..8]);
    let beside = PathBuf::from(beside);
    lock(&beside).ok().map(|held| (beside, held))
}

fn lock(directory: &Path) -> Result<Held, TryLockError> {
    let path = directory.join(DISK_LOCK);
    // Objects in there may be as open as those that people make themselves.
    DirBuilder::new().recursive(true).mode(0o755).create(directory).map_err(TryLockError::Error)?;
    let file = File::options().create(true).append(true).open(&path).map_err(TryLockError::Error)?;
    file.try_lock()?;
    Held::of(path, Some(file)).map_err(TryLockError::Error)
}

/// The base directories of a storage that are still there.
pub(super) fn read_base_dirs(path: &Path) -> Vec<String> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter(|line| line.starts_with('/') && Path::new(line).is_dir()).collect()
}

/// Puts them in place at once.
pub(super) fn write_base_dirs(path: &Path, folders: &[String]) {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        for folder in folders {
            writeln!(file, "{folder}")?;
        }
        fs::rename(&new, path)
    };
    // Without the file the next supervisor learns them again.
    let _ = write();
}
