//! The owner of a daemon, and private folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::{FileState, digest, variable};
use crate::trust::{self, Purpose};

/// Identifies the processes that can share a daemon: those of the same user, on the same system. The boot is no part of it:
/// after a boot, no process knows the key of the former supervisor, so nobody can connect to it.
#[must_use]
pub fn owner() -> String {
    let user = trust::user().unwrap_or_default();
    let host = variable("COMPUTERNAME").unwrap_or_default();
    // A container has its own volume.
    let volume = FileState::of(&super::root_folder()).map(|root| root.device).unwrap_or_default();
    digest(format!("{user} {} {volume:x}", host.display()).as_bytes())
}

/// There is nothing by which a boot is known. A process is known by its start time as well.
#[must_use]
pub(in crate::launch::process) const fn boot() -> String {
    String::new()
}

/// Windows has no namespaces.
#[must_use]
pub const fn namespace(_kind: &str) -> String {
    String::new()
}

/// Whether the path is a folder and not a link, and only this user can access it.
#[must_use]
pub fn is_private_folder(path: &Path) -> bool {
    trust::is_private(path)
}

/// Whether a run folder and the two folders above it are private. The folders above those are checked when the folder is made:
/// this function runs before every compilation, and both ends of a connection prove who they are.
#[must_use]
pub fn is_run_folder(folder: &Path) -> bool {
    folder.ancestors().take(3).all(is_private_folder)
}

/// Whether all folders of the path are trusted, and the last one is private.
#[must_use]
pub fn is_trusted_private_folder(path: &Path) -> bool {
    is_private_folder(path) && trust::check(path, Purpose::State).is_ok()
}

/// Creates the private folder `root`/`id`/`owner`, if it does not exist.
///
/// # Errors
///
/// If it cannot be created, belongs to another user, or is in a folder to which others can write.
pub fn make_private_folder(root: &Path, id: &str, owner: &str) -> io::Result<PathBuf> {
    if let Some(parent) = root.parent() {
        trust::check(parent, Purpose::State)?;
        fs::create_dir_all(parent)?;
    }
    let storage = root.join(id);
    let folder = storage.join(owner);
    for path in [root, &storage, &folder] {
        match trust::create_private_folder(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        if !is_private_folder(path) {
            let reason = format!("{} is not private", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
    }
    Ok(folder)
}

/// The longest path of the folder of all run folders. No path of a socket is below it.
pub const LONGEST_RUN_FOLDER: usize = usize::MAX;

/// The possible parent folders for run folders, `configured` first.
#[must_use]
pub fn user_folders(configured: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::with_capacity(3);
    if configured.is_absolute() {
        folders.push(configured.to_path_buf());
    }
    let local = variable("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute());
    for folder in local.map(|path| path.join("toolchainkit")).into_iter().chain([std::env::temp_dir()]) {
        folders.push(folder.join("toolchainkit-run"));
    }
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_stable() {
        assert_eq!(owner(), owner());
        assert_eq!(owner().len(), 16);
        assert!(trust::user().unwrap().starts_with("S-1-"));
    }

    #[test]
    fn a_run_folder_is_private_with_the_folders_above_it() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("not/there/run");
        let folder = make_private_folder(&root, "id", "owner").unwrap();
        assert!(is_run_folder(&folder));
        assert_eq!(make_private_folder(&root, "id", "owner").unwrap(), folder);
        fs::create_dir_all(scratch.path().join("a/b/c")).unwrap();
        fs::File::create(scratch.path().join("file")).unwrap();
        assert!(make_private_folder(&scratch.path().join("file"), "id", "owner").is_err());
    }
}
