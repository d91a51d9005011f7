//! The managed store: one folder per tool and version. A folder is complete, or it does not exist. The CMake module
//! searches `<store>/<tool>-<version>/<tool>`. The executable keeps its plain name, because sccache and ccache behave
//! differently under another name.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::Progress;
use super::digest::Digest;
use crate::caching::tool::{Tool, Version};
use crate::probe::environment;
use crate::trust::{self, Doubt, Purpose};

const RECEIPT: &str = "receipt.json";
const LOCK: &str = ".lock";
const STAGING: &str = ".staging-";
const REPLACED: &str = ".replaced-";

/// The folder with the tools that toolchainkit installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    folder: Utf8PathBuf,
}

/// A tool in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The tool.
    pub tool: Tool,
    /// Its version.
    pub version: Version,
    /// The executable.
    pub path: Utf8PathBuf,
    /// The source of the executable, and its digest at the time of the installation.
    pub receipt: Receipt,
}

/// The data about an executable, in `receipt.json` in the same folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The address or file that the executable came from.
    pub from: String,
    /// The SHA-256 of the archive.
    pub archive_sha256: Option<String>,
    /// The way in which the executable was verified.
    pub trusted_by: String,
    /// The SHA-256 of the executable.
    pub executable_sha256: String,
    /// The length of the executable.
    pub executable_bytes: u64,
}

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An I/O error.
    #[error("the tool cannot be stored in {folder}")]
    Io {
        /// The store.
        folder: Utf8PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file that toolchainkit did not install is at the path of the tool.
    #[error("{0} already exists and is not replaced, because toolchainkit did not install it")]
    NotOurs(Utf8PathBuf),
    /// Other users could change the store.
    #[error("{folder} is writable by other users, who could replace the programs in it: {doubt}")]
    Unsafe {
        /// The store.
        folder: Utf8PathBuf,
        /// The reason.
        doubt: Doubt,
    },
    /// Another installation did not end in time.
    #[error("another installation into {folder} has not ended within {} s", .waited.as_secs())]
    Busy {
        /// The store.
        folder: Utf8PathBuf,
        /// The waiting time.
        waited: Duration,
    },
}

/// An installed executable has changed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Io(#[from] io::Error),
    /// The digest has changed.
    #[error(
        "the file has been changed: its SHA-256 is {actual}, but it was {expected} when it was installed"
    )]
    Changed {
        /// The digest in the receipt.
        expected: String,
        /// The digest of the file.
        actual: Digest,
    },
}

impl Installed {
    /// Checks that the executable has not changed since the installation.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.receipt.verify(&self.path)
    }
}

impl Receipt {
    /// Checks that the executable at `path` has the digest in this receipt.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify(&self, path: &Utf8Path) -> Result<(), VerifyError> {
        let actual = Digest::of(&fs_err::read(path)?);
        if actual.to_string() == self.executable_sha256 {
            return Ok(());
        }
        Err(VerifyError::Changed { expected: self.executable_sha256.clone(), actual })
    }
}

impl Store {
    /// The user's store, which the CMake module searches; `None` without a home folder.
    #[must_use]
    pub fn of_user() -> Option<Self> {
        environment::user_cache_folder().map(|folder| Self::at(folder.join("tools")))
    }

    /// A store in this folder.
    pub fn at(folder: impl Into<Utf8PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The folder for archives that the user downloaded, with the file names of the releases.
    #[must_use]
    pub fn downloads(&self) -> Utf8PathBuf {
        self.folder.join("downloads")
    }

    /// Checks that only this user and the administrator can change the programs in the store.
    ///
    /// # Errors
    /// [`StoreError::Unsafe`]
    pub fn check(&self) -> Result<(), StoreError> {
        let unsafe_store = |doubt| StoreError::Unsafe { folder: self.folder.clone(), doubt };
        trust::check(self.folder.as_std_path(), Purpose::State).map_err(unsafe_store)
    }

    /// This version, if it is installed and its length has not changed. [`Installed::verify`] checks the digest.
    #[must_use]
    pub fn get(&self, tool: Tool, version: Version) -> Option<Installed> {
        self.read(tool, version).filter(|installed| {
            let expected = installed.receipt.executable_bytes;
            installed.path.metadata().is_ok_and(|file| file.is_file() && file.len() == expected)
                && is_trusted(&installed.path)
        })
    }

    /// Every installed version, newest first, even if its executable was changed later.
    #[must_use]
    pub fn all(&self, tool: Tool) -> Vec<Installed> {
        self.versions(tool).into_iter().filter_map(|version| self.read(tool, version)).collect()
    }

    fn read(&self, tool: Tool, version: Version) -> Option<Installed> {
        let folder = self.folder_of(tool, version);
        let receipt = receipt(&folder)?;
        Some(Installed { tool, version, path: folder.join(executable(tool)), receipt })
    }

    /// Executables of the tool in the store, newest first, including those that toolchainkit did not install. Without those that
    /// other users could have put there or changed: see [`crate::trust`].
    #[must_use]
    pub fn executables(&self, tool: Tool) -> Vec<Utf8PathBuf> {
        self.files(tool).filter(|path| is_trusted(path)).collect()
    }

    /// Executables of the tool in the store that are not used, because other users could have put them there or changed them.
    #[must_use]
    pub fn doubtful(&self, tool: Tool) -> Vec<(Utf8PathBuf, Doubt)> {
        let doubt = |path: &Utf8PathBuf| trust::check(path.as_std_path(), Purpose::State).err();
        self.files(tool).filter_map(|path| Some((path.clone(), doubt(&path)?))).collect()
    }

    fn files(&self, tool: Tool) -> impl Iterator<Item = Utf8PathBuf> {
        let paths = self.versions(tool).into_iter();
        paths
            .map(move |version| self.folder_of(tool, version).join(executable(tool)))
            .filter(|path| path.is_file())
    }

    /// Removes an installed version.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn remove(&self, installed: &Installed) -> Result<(), StoreError> {
        let _lock = self.lock(super::LOCK_TIMEOUT, &super::Silent)?;
        self.discard(&self.folder_of(installed.tool, installed.version)).map_err(|source| self.io(source))
    }

    fn versions(&self, tool: Tool) -> Vec<Version> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
        let version = |name: &str| name.strip_prefix(tool.name())?.strip_prefix('-')?.parse::<Version>().ok();
        let mut versions = entries.filter_map(|entry| version(entry.file_name())).collect::<Vec<_>>();
        versions.sort_unstable_by(|left, right| right.cmp(left));
        versions
    }

    fn folder_of(&self, tool: Tool, version: Version) -> Utf8PathBuf {
        self.folder.join(format!("{tool}-{version}"))
    }

    pub(super) fn io(&self, source: io::Error) -> StoreError {
        StoreError::Io { folder: self.folder.clone(), source }
    }

    /// Locks the store until the result is dropped, and removes the files of killed installations. The lock avoids
    /// duplicate downloads. Tools are complete without it, so on a file system without locks it is not used.
    #[expect(clippy::disallowed_methods, reason = "the file is open for writing")]
    pub(super) fn lock(
        &self,
        timeouts: Duration,
        progress: &dyn Progress,
    ) -> Result<Option<File>, StoreError> {
        self.check()?;
        create_folder(&self.folder).map_err(|source| self.io(source))?;
        let path = self.folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| self.io(source))?;
        let start = Instant::now();
        let mut notified = false;
        loop {
            match file.file().try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(None);
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(self.io(error)),
                Err(std::fs::TryLockError::WouldBlock) if start.elapsed() < timeouts => {}
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy { folder: self.folder.clone(), waited: timeouts });
                }
            }
            if !notified {
                progress.report("another installation is running; waiting for it");
                notified = true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.clear();
        Ok(Some(file))
    }

    /// Removes the files of killed installations, unless an installation is running, which may own them.
    #[expect(clippy::disallowed_methods, reason = "the file is open for writing")]
    pub(crate) fn clear_unless_in_use(&self) {
        if self.left_behind().next().is_none() {
            return;
        }
        let Ok(lock) = File::options().write(true).open(self.folder.join(LOCK)) else { return };
        if lock.file().try_lock().is_ok() {
            self.clear();
        }
    }

    fn clear(&self) {
        for folder in self.left_behind() {
            // Files that cannot be removed do no harm.
            let _ = fs_err::remove_dir_all(folder);
        }
    }

    fn left_behind(&self) -> impl Iterator<Item = Utf8PathBuf> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
        let is_left = |name: &str| name.starts_with(STAGING) || name.starts_with(REPLACED);
        entries.filter(move |entry| is_left(entry.file_name())).map(camino::Utf8DirEntry::into_path)
    }

    /// [`StoreError::NotOurs`] if a file that toolchainkit did not install is at the path of this version.
    pub(super) fn refuse_to_replace(&self, tool: Tool, version: Version) -> Result<(), StoreError> {
        self.refuse_to_replace_folder(&self.folder_of(tool, version))
    }

    #[expect(clippy::unused_self, reason = "the check concerns the content of the store")]
    pub(super) fn refuse_to_replace_folder(&self, folder: &Utf8Path) -> Result<(), StoreError> {
        if folder.symlink_metadata().is_ok() && receipt(folder).is_none() {
            return Err(StoreError::NotOurs(folder.to_owned()));
        }
        Ok(())
    }

    /// A temporary folder in the store, to prepare a tool in.
    pub(super) fn stage(&self) -> Result<Staging, StoreError> {
        let scratch = tempfile::Builder::new().prefix(STAGING).tempdir_in(&self.folder);
        let scratch = scratch.map_err(|source| self.io(source))?;
        let root = Utf8PathBuf::from_path_buf(scratch.path().to_owned())
            .map_err(|_| self.io(io::Error::other("the path is not UTF-8")))?;
        Ok(Staging { _scratch: scratch, root })
    }

    /// Renames the prepared folder to its final path. No other process uses it before.
    pub(super) fn publish(
        &self,
        staging: &Staging,
        tool: Tool,
        version: Version,
        receipt: Receipt,
    ) -> Result<Installed, StoreError> {
        self.refuse_to_replace(tool, version)?;
        let folder = self.folder_of(tool, version);
        self.put(staging, &folder, &receipt, || self.get(tool, version).is_some())?;
        Ok(Installed { tool, version, path: folder.join(executable(tool)), receipt })
    }

    /// Writes the receipt into the result of `staging` and renames it to `folder`, replacing the folder at this path. Without
    /// locks, another process may have installed the same version first; if `is_there`, its copy is used.
    pub(super) fn put(
        &self,
        staging: &Staging,
        folder: &Utf8Path,
        receipt: &Receipt,
        is_there: impl Fn() -> bool,
    ) -> Result<(), StoreError> {
        let io = |source| self.io(source);
        let text = serde_json::to_string_pretty(receipt).map_err(|error| io(error.into()))? + "\n";
        let staged = staging.result();
        write_through(&staged.join(RECEIPT), text.as_bytes(), false).map_err(io)?;
        if folder.exists() {
            self.discard(folder).map_err(io)?;
        }
        match fs_err::rename(&staged, folder) {
            Ok(()) => {}
            Err(_) if is_there() => {}
            Err(error) => return Err(io(error)),
        }
        sync_folder(&self.folder);
        Ok(())
    }

    /// Renames a folder, so that it disappears at once, and then removes it.
    pub(super) fn discard(&self, folder: &Utf8Path) -> io::Result<()> {
        let aside = tempfile::Builder::new().prefix(REPLACED).tempdir_in(&self.folder)?;
        fs_err::rename(folder, aside.path().join("it"))
        // On Windows, a running program cannot be removed; the next installation tries again.
    }
}

/// A folder in which a tool is prepared. It is removed with its content, unless the process is killed.
pub(super) struct Staging {
    _scratch: TempDir,
    root: Utf8PathBuf,
}

impl Staging {
    /// A subfolder for temporary files.
    pub(super) fn folder(&self, name: &str) -> io::Result<Utf8PathBuf> {
        let folder = self.root.join(name);
        create_folder(&folder)?;
        Ok(folder)
    }

    fn result(&self) -> Utf8PathBuf {
        self.root.join("result")
    }

    /// Writes the executable with the permission to run; returns its path.
    pub(super) fn write_executable(&self, tool: Tool, content: &[u8]) -> io::Result<Utf8PathBuf> {
        let path = self.folder("result")?.join(executable(tool));
        write_through(&path, content, true)?;
        Ok(path)
    }
}

fn is_trusted(path: &Utf8Path) -> bool {
    trust::check(path.as_std_path(), Purpose::State).is_ok()
}

fn executable(tool: Tool) -> String {
    format!("{tool}{}", std::env::consts::EXE_SUFFIX)
}

pub(super) fn receipt(folder: &Utf8Path) -> Option<Receipt> {
    serde_json::from_str(&fs_err::read_to_string(folder.join(RECEIPT)).ok()?).ok()
}

/// Creates a folder and its parent folders without write permission for others, because some CI systems run jobs with a
/// umask of 0.
fn create_folder(folder: &Utf8Path) -> io::Result<()> {
    use std::fs::DirBuilder;
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o755);
    }
    builder.create(folder)
}

/// Writes a file and syncs it to disk, so that it is complete before it gets its final name.
pub(super) fn write_through(path: &Utf8Path, content: &[u8], is_executable: bool) -> io::Result<File> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if is_executable { 0o755 } else { 0o644 };
        file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = is_executable;
    file.sync_all()?;
    Ok(file)
}

/// Syncs a folder to disk after a rename. Errors are ignored: not every file system supports it, and the file itself is
/// safe.
fn sync_folder(folder: &Utf8Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
