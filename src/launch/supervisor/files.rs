//! The files of a supervisor.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::launch::local_caches::DISK_LOCK;
use crate::launch::process::{self, FileState, Lock};

/// The socket of the supervisor, in its run folder.
pub(in crate::launch) const ENDPOINT: &str = "endpoint";
/// The process that holds this lock is the supervisor.
pub(in crate::launch) const LOCK: &str = "lock";
/// The socket of the daemon.
pub(in crate::launch) const SOCKET: &str = "socket";
/// The configuration of a daemon that distributes, while it starts.
pub(super) const CONFIGURATION: &str = "sccache.toml";
/// The log of the daemon.
pub(in crate::launch) const LOG: &str = "log";

/// The time to wait for the end of the previous supervisor.
const PREDECESSOR_WAIT: Duration = Duration::from_secs(3);

/// A file that belongs to this supervisor while the path leads to the same file.
#[derive(Debug)]
pub(super) struct OwnedFile {
    path: PathBuf,
    state: FileState,
    // The lock is held while the file is open.
    _file: Option<File>,
}

impl OwnedFile {
    /// The file at `path`. If `file` is given, it is the open file at this path.
    pub(super) fn of(path: PathBuf, file: Option<File>) -> io::Result<Self> {
        let found = match &file {
            Some(file) => FileState::of_open(file)?,
            None => FileState::of_entry(&path)?,
        };
        Ok(Self { path, state: found, _file: file })
    }

    /// Whether the path still leads to the same file.
    pub(super) fn is_same(&self) -> bool {
        FileState::of_entry(&self.path).is_ok_and(|found| found.is_same_file(&self.state))
    }

    /// Removes the file, if it is still the same.
    pub(super) fn remove(&self) {
        if self.is_same() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Locks `directory` for one daemon, or a second folder beside it if another machine or container has locked it. `None` if
/// it cannot be locked at all: the tool then reports the error.
pub(super) fn take_directory(directory: &Path) -> Option<(PathBuf, OwnedFile)> {
    let begun = Instant::now();
    loop {
        match lock(directory) {
            Ok(held) => return Some((directory.to_path_buf(), held)),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PREDECESSOR_WAIT => {
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

fn lock(directory: &Path) -> Result<OwnedFile, TryLockError> {
    let path = directory.join(DISK_LOCK);
    // Other users may read the objects, like those of an uncached build.
    process::create_folder(directory).map_err(TryLockError::Error)?;
    let file = Lock::take(&path)?.into_file();
    OwnedFile::of(path, Some(file)).map_err(TryLockError::Error)
}

/// Creates a file for this user only, in place of another one. A link at this path is replaced, not followed, and a former file
/// keeps its readers.
pub(super) fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    process::create_private_file(path)
}

/// The base directories of a storage that still exist.
pub(super) fn read_base_dirs(path: &Path) -> Vec<String> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().map_while(Result::ok);
    lines.filter(|line| Path::new(line).is_absolute() && Path::new(line).is_dir()).collect()
}

/// Writes the base directories of a storage. Replaces the file atomically.
pub(super) fn write_base_dirs(path: &Path, folders: &[String]) {
    let new = path.with_extension("new");
    let write = || -> io::Result<()> {
        let mut file = create(&new)?;
        for folder in folders {
            writeln!(file, "{folder}")?;
        }
        fs::rename(&new, path)
    };
    // Without the file, clients send their base directories again.
    let _ = write();
}
