//! The managed store: one folder per tool and version, of which each is whole or not there.
//!
//! `<store>/<tool>-<version>/<tool>` is where the CMake module looks. The executable keeps its plain name: sccache and
//! ccache act by the name that they are called by.

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

const RECEIPT: &str = "receipt.json";
const LOCK: &str = ".lock";
const STAGING: &str = ".staging-";
const REPLACED: &str = ".replaced-";

/// The folder of the tools that toolchainkit has installed.
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
    /// Where it came from, and what it was when it came.
    pub receipt: Receipt,
}

/// What the store knows of an executable: `receipt.json` beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The address or the file that it came from.
    pub from: String,
    /// The SHA-256 of the archive.
    pub archive_sha256: Option<String>,
    /// What vouched for it.
    pub trusted_by: String,
    /// The SHA-256 of the executable.
    pub executable_sha256: String,
    /// Its length.
    pub executable_bytes: u64,
}

/// The store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file system refuses.
    #[error("the tool cannot be stored in {folder}")]
    Io {
        /// The store.
        folder: Utf8PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something that was not installed by toolchainkit is where the tool would go.
    #[error("{0} is in the way: it was not installed by toolchainkit, and is not touched")]
    NotOurs(Utf8PathBuf),
    /// Others could change what is in the store.
    #[error("{0} can be changed by other users, who could put their own program there")]
    Unsafe(Utf8PathBuf),
    /// Another installation does not end.
    #[error("another installation into {folder} has not ended within {} s", .waited.as_secs())]
    Busy {
        /// The store.
        folder: Utf8PathBuf,
        /// How long was waited.
        waited: Duration,
    },
}

/// An installed executable is not what was installed.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    /// It has changed.
    #[error("it has been changed: its SHA-256 is {actual}, and {expected} was installed")]
    Changed {
        /// The digest in the receipt.
        expected: String,
        /// The digest of the file.
        actual: Digest,
    },
}

impl Installed {
    /// Whether the executable is still the one that was installed.
    ///
    /// # Errors
    /// [`VerifyError`]
    pub fn verify(&self) -> Result<(), VerifyError> {
        self.receipt.verify(&self.path)
    }
}

impl Receipt {
    /// Whether the executable at `path` is the one that this is the receipt of.
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
    /// The user's store, which the CMake module knows; `None` without a home.
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

    /// Where archives may be put by hand, under the names that they are released by.
    #[must_use]
    pub fn downloads(&self) -> Utf8PathBuf {
        self.folder.join("downloads")
    }

    /// This version, if it has been installed and looks untouched; [`Installed::verify`] looks closer.
    #[must_use]
    pub fn get(&self, tool: Tool, version: Version) -> Option<Installed> {
        self.read(tool, version).filter(|installed| {
            let expected = installed.receipt.executable_bytes;
            installed.path.metadata().is_ok_and(|file| file.is_file() && file.len() == expected)
        })
    }

    /// Every version that has been installed, newest first, whatever became of it.
    #[must_use]
    pub fn all(&self, tool: Tool) -> Vec<Installed> {
        self.versions(tool).into_iter().filter_map(|version| self.read(tool, version)).collect()
    }

    fn read(&self, tool: Tool, version: Version) -> Option<Installed> {
        let folder = self.folder_of(tool, version);
        let receipt = receipt(&folder)?;
        Some(Installed { tool, version, path: folder.join(executable(tool)), receipt })
    }

    /// Executables of the tool, newest first, whoever put them there.
    #[must_use]
    pub fn executables(&self, tool: Tool) -> Vec<Utf8PathBuf> {
        let paths = self.versions(tool).into_iter();
        paths
            .map(|version| self.folder_of(tool, version).join(executable(tool)))
            .filter(|path| path.is_file())
            .collect()
    }

    /// Removes an installed version.
    ///
    /// # Errors
    /// [`StoreError::Io`]
    pub fn remove(&self, installed: &Installed) -> Result<(), StoreError> {
        let _lock = self.lock(super::LOCK_PATIENCE, &super::Silent)?;
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

    /// Makes the store this process's own until the result is dropped, and clears what killed ones have left.
    ///
    /// The lock saves downloads. That a tool is whole does not depend on it: where a file system has no locks, there is
    /// none.
    pub(super) fn lock(
        &self,
        patience: Duration,
        progress: &dyn Progress,
    ) -> Result<Option<File>, StoreError> {
        create_folder(&self.folder).map_err(|source| self.io(source))?;
        let path = self.folder.join(LOCK);
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|source| self.io(source))?;
        self.refuse_if_others_can_write(&file)?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match file.file().try_lock() {
                Ok(()) => break,
                Err(std::fs::TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(None);
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(self.io(error)),
                Err(std::fs::TryLockError::WouldBlock) if start.elapsed() < patience => {}
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(StoreError::Busy { folder: self.folder.clone(), waited: patience });
                }
            }
            if !told {
                progress.say("another installation is running; waiting for it");
                told = true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        self.clear();
        Ok(Some(file))
    }

    /// A folder of somebody else, or one that everybody may write to, is no place for programs.
    #[cfg(unix)]
    fn refuse_if_others_can_write(&self, own_file: &File) -> Result<(), StoreError> {
        use std::os::unix::fs::MetadataExt as _;
        let folder = fs_err::metadata(&self.folder).map_err(|source| self.io(source))?;
        let us = own_file.metadata().map_err(|source| self.io(source))?.uid();
        let is_safe = (folder.uid() == us || folder.uid() == 0) && folder.mode() & 0o002 == 0;
        if is_safe { Ok(()) } else { Err(StoreError::Unsafe(self.folder.clone())) }
    }

    #[cfg(not(unix))]
    fn refuse_if_others_can_write(&self, _: &File) -> Result<(), StoreError> {
        Ok(())
    }

    /// Clears what killed ones have left, unless an installation is running, whose work it may be.
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
            // What cannot be removed is in nobody's way.
            let _ = fs_err::remove_dir_all(folder);
        }
    }

    fn left_behind(&self) -> impl Iterator<Item = Utf8PathBuf> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
        let is_left = |name: &str| name.starts_with(STAGING) || name.starts_with(REPLACED);
        entries.filter(move |entry| is_left(entry.file_name())).map(camino::Utf8DirEntry::into_path)
    }

    /// [`StoreError::NotOurs`] if something else is where this version goes.
    pub(super) fn refuse_if_in_the_way(&self, tool: Tool, version: Version) -> Result<(), StoreError> {
        self.refuse_folder_in_the_way(&self.folder_of(tool, version))
    }

    #[expect(clippy::unused_self, reason = "a question about what is in the store")]
    pub(super) fn refuse_folder_in_the_way(&self, folder: &Utf8Path) -> Result<(), StoreError> {
        if folder.symlink_metadata().is_ok() && receipt(folder).is_none() {
            return Err(StoreError::NotOurs(folder.to_owned()));
        }
        Ok(())
    }

    /// A place in the store to prepare a tool in.
    pub(super) fn stage(&self) -> Result<Staging, StoreError> {
        let scratch = tempfile::Builder::new().prefix(STAGING).tempdir_in(&self.folder);
        let scratch = scratch.map_err(|source| self.io(source))?;
        let root = Utf8PathBuf::from_path_buf(scratch.path().to_owned())
            .map_err(|_| self.io(io::Error::other("its path is not UTF-8")))?;
        Ok(Staging { _scratch: scratch, root })
    }

    /// Gives what has been prepared the name that counts. Until then, nobody can have seen it.
    pub(super) fn publish(
        &self,
        staging: &Staging,
        tool: Tool,
        version: Version,
        receipt: Receipt,
    ) -> Result<Installed, StoreError> {
        self.refuse_if_in_the_way(tool, version)?;
        let folder = self.folder_of(tool, version);
        self.put(staging, &folder, &receipt, || self.get(tool, version).is_some())?;
        Ok(Installed { tool, version, path: folder.join(executable(tool)), receipt })
    }

    /// Gives the result of `staging` the name `folder`, with its receipt, in the place of what has that name. Without locks
    /// another process may have been faster, and if `is_there` then, its copy is as good.
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

    /// Takes a folder out of sight at once, and then removes it.
    pub(super) fn discard(&self, folder: &Utf8Path) -> io::Result<()> {
        let aside = tempfile::Builder::new().prefix(REPLACED).tempdir_in(&self.folder)?;
        fs_err::rename(folder, aside.path().join("it"))
        // A program that still runs cannot be removed on Windows; the next installation tries again.
    }
}

/// A folder in which a tool is prepared. It is removed with all that is in it, unless the process is killed.
pub(super) struct Staging {
    _scratch: TempDir,
    root: Utf8PathBuf,
}

impl Staging {
    /// Room for files on the way.
    pub(super) fn folder(&self, name: &str) -> io::Result<Utf8PathBuf> {
        let folder = self.root.join(name);
        create_folder(&folder)?;
        Ok(folder)
    }

    fn result(&self) -> Utf8PathBuf {
        self.root.join("result")
    }

    /// Writes the executable, ready to run; returns its path.
    pub(super) fn write_executable(&self, tool: Tool, content: &[u8]) -> io::Result<Utf8PathBuf> {
        let path = self.folder("result")?.join(executable(tool));
        write_through(&path, content, true)?;
        Ok(path)
    }
}

fn executable(tool: Tool) -> String {
    format!("{tool}{}", std::env::consts::EXE_SUFFIX)
}

pub(super) fn receipt(folder: &Utf8Path) -> Option<Receipt> {
    serde_json::from_str(&fs_err::read_to_string(folder.join(RECEIPT)).ok()?).ok()
}

/// Makes a folder and those above it, with no right for others to write: some CI systems run jobs with a umask of 0.
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

/// Writes a file that is on the disk, not only on its way, before it gets the name that counts.
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

/// Makes a rename last. Not every file system can, and none loses the file over it.
fn sync_folder(folder: &Utf8Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
