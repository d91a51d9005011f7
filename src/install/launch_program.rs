//! `toolchainkit-launch`, the program that launches compilers. toolchainkit is distributed with it, and installs it into
//! the store of the user, where the CMake module finds it:
//! `<store>/toolchainkit-launch-<version>-<os>-<arch>/toolchainkit-launch`.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};

use super::Progress;
use super::digest::Digest;
use super::store::{Receipt, Store, StoreError, receipt, write_through};
use crate::caching::tool::Version;
use crate::probe::program;

const NAME: &str = "toolchainkit-launch";

/// The system in the name of the folder: `CMAKE_HOST_SYSTEM_NAME` in lower case.
const SYSTEM: &str = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };

/// The program in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchProgram {
    /// The path of its executable.
    pub path: Utf8PathBuf,
    /// The version of toolchainkit that it belongs to.
    pub version: Version,
    /// Whether this call installed it.
    pub is_new: bool,
}

/// The program could not be installed into the store.
#[derive(Debug, thiserror::Error)]
pub enum LaunchProgramError {
    /// The program is not in the folder of toolchainkit.
    #[error(
        "toolchainkit-launch is not in the folder of {0}; builds use a slower script instead; \
         `cargo install toolchainkit` installs both"
    )]
    Missing(Utf8PathBuf),
    /// The program cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// The executable in the folder of toolchainkit.
        path: Utf8PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The store reported an error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Copies the program from the folder of toolchainkit into the store, unless it is up to date, and removes older
    /// versions.
    ///
    /// # Errors
    /// [`LaunchProgramError`]; in that case no files are left.
    pub fn add_launch_program(&self, progress: &dyn Progress) -> Result<LaunchProgram, LaunchProgramError> {
        let own = program::own_executable().unwrap_or_default();
        let source = own.with_file_name(file_name());
        if !source.is_file() {
            return Err(LaunchProgramError::Missing(own));
        }
        let version = this_version();
        let folder = self.folder().join(folder_name(version));
        let path = folder.join(file_name());
        if is_copy(&source, &folder) {
            return Ok(LaunchProgram { path, version, is_new: false });
        }
        let _lock = self.lock(super::LOCK_TIMEOUT, progress)?;
        self.refuse_to_replace_folder(&folder)?;
        let unreadable = |error| LaunchProgramError::Unreadable { path: source.clone(), source: error };
        let content = fs_err::read(&source).map_err(unreadable)?;
        let modified = source.metadata().and_then(|data| data.modified()).map_err(unreadable)?;
        let staging = self.stage()?;
        let io = |error| self.io(error);
        let staged = staging.folder("result").map_err(io)?;
        let file = write_through(&staged.join(file_name()), &content, true).map_err(io)?;
        file.set_modified(modified).map_err(io)?;
        let receipt = Receipt {
            from: source.to_string(),
            archive_sha256: None,
            trusted_by: format!("part of toolchainkit {version}"),
            executable_sha256: Digest::of(&content).to_string(),
            executable_bytes: content.len() as u64,
        };
        self.put(&staging, &folder, &receipt, || is_copy(&source, &folder))?;
        self.remove_older_launch_programs(version);
        Ok(LaunchProgram { path, version, is_new: true })
    }

    /// The paths of the installed executables, which may be missing or changed, with their receipts.
    #[must_use]
    pub fn launch_programs(&self) -> Vec<(Utf8PathBuf, Receipt)> {
        let folders = self.launch_folders().map(|(folder, _)| folder);
        folders.filter_map(|folder| Some((folder.join(file_name()), receipt(&folder)?))).collect()
    }

    /// The folders of the program for this platform.
    fn launch_folders(&self) -> impl Iterator<Item = (Utf8PathBuf, Version)> {
        let entries = self.folder().read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
        let end = format!("-{SYSTEM}-{}", std::env::consts::ARCH);
        entries.filter_map(move |entry| {
            let version = entry.file_name().strip_prefix(NAME)?.strip_prefix('-')?.strip_suffix(&end)?;
            Some((entry.path().to_owned(), version.parse().ok()?))
        })
    }

    /// Build folders have their own copies, so the older versions are not needed. Errors are ignored.
    fn remove_older_launch_programs(&self, version: Version) {
        for (folder, of) in self.launch_folders() {
            if of < version && receipt(&folder).is_some() {
                let _ = self.discard(&folder);
            }
        }
    }
}

fn file_name() -> String {
    format!("{NAME}{}", std::env::consts::EXE_SUFFIX)
}

fn folder_name(version: Version) -> String {
    format!("{NAME}-{version}-{SYSTEM}-{}", std::env::consts::ARCH)
}

/// The version of this crate.
fn this_version() -> Version {
    env!("CARGO_PKG_VERSION").parse().unwrap_or(Version::new(0, 0, 0))
}

/// Whether the folder contains a copy of this file. A copy has the size and the modification time of its source.
fn is_copy(source: &Utf8Path, folder: &Utf8Path) -> bool {
    let of = |path: &Utf8Path| {
        let data = path.symlink_metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((data.len(), data.modified().ok()?))
    };
    of(source).is_some() && of(source) == of(&folder.join(file_name()))
}
