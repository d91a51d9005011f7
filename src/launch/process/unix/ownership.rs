//! The owner of a daemon, and private folders.

use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::super::{digest, variable};
use super::Connection;
use crate::caching::tool::limits::LONGEST_SOCKET_PATH;
use crate::trust::{self, Purpose};

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Identifies the processes that can share a daemon: those that see the same files at the same paths with the same rights,
/// since the machine was booted.
#[must_use]
pub fn owner() -> String {
    let mut text = format!("{} ", user()).into_bytes();
    text.extend(rustix::system::uname().nodename().to_bytes());
    text.push(b' ');
    text.extend(boot().bytes());
    text.extend(namespace("mnt").bytes());
    if let Ok(root) = fs::metadata("/") {
        text.extend(format!(" {} {}", root.dev(), root.ino()).bytes());
    }
    digest(&text)
}

/// Identifies the boot of the machine.
#[must_use]
pub(in crate::launch::process) fn boot() -> String {
    let mut text = String::with_capacity(64);
    // A system without this file has no boot ID.
    let read =
        fs::File::open("/proc/sys/kernel/random/boot_id").map(|file| file.take(64).read_to_string(&mut text));
    if read.is_ok() { text.trim().to_owned() } else { String::new() }
}

/// Identifies the namespace of this process: `mnt` or `pid`.
#[must_use]
pub fn namespace(kind: &str) -> String {
    let link = fs::read_link(format!("/proc/self/ns/{kind}"));
    link.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether other users have any permission.
fn is_open(found: &fs::Metadata) -> bool {
    let of_others = 0o077;
    found.mode() & of_others != 0
}

/// Whether the path is a folder and not a link, and only this user can access it.
#[must_use]
pub fn is_private_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == user() && !is_open(&found))
}

/// Whether a run folder and the two folders above it are private. The folders above those are checked when the folder is made:
/// this function runs before every compilation, and [`peer`] checks the other end of the connection.
#[must_use]
pub fn is_run_folder(folder: &Path) -> bool {
    folder.ancestors().take(3).all(is_private_folder) && (cfg!(target_os = "linux") || is_trusted(folder))
}

fn is_trusted(folder: &Path) -> bool {
    trust::check(folder, Purpose::State).is_ok()
}

/// Whether all folders of the path are trusted, and the last one is private.
#[must_use]
pub fn is_trusted_private_folder(path: &Path) -> bool {
    is_private_folder(path) && is_trusted(path)
}

/// Creates the private folder `root`/`id`/`owner`, if it does not exist.
///
/// # Errors
///
/// If it cannot be created, belongs to another user, or is in a folder to which others can write.
pub fn make_private_folder(root: &Path, id: &str, owner: &str) -> io::Result<PathBuf> {
    if let Some(parent) = root.parent() {
        trust::check(parent, Purpose::State)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    let storage = root.join(id);
    let folder = storage.join(owner);
    for path in [root, &storage, &folder] {
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let found = fs::symlink_metadata(path)?;
        let refused = |reason: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        if !found.is_dir() {
            return refused(format!("{} is not a folder", path.display()));
        }
        if found.uid() != user() {
            return refused(trust::Doubt::Owner { path: path.to_path_buf(), owner: found.uid() }.to_string());
        }
        if is_open(&found) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
            if found.mode() & 0o022 != 0 {
                // Others may have put files or links here, for example one that leads to a file of this user.
                remove_entries(path)?;
            }
        }
        if !is_private_folder(path) {
            return refused(format!("{} is not private", path.display()));
        }
    }
    Ok(folder)
}

fn remove_entries(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        }?;
    }
    Ok(())
}

/// The longest path of the folder of all run folders, in bytes: the path of a socket is limited. The names of other sockets are not
/// longer.
pub const LONGEST_RUN_FOLDER: usize =
    LONGEST_SOCKET_PATH - "/0123456789abcdef/0123456789abcdef/endpoint".len();

/// The possible parent folders for run folders, `configured` first.
#[must_use]
pub fn user_folders(configured: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::with_capacity(3);
    if configured.is_absolute() {
        folders.push(configured.to_path_buf());
    }
    let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    folders.extend(runtime.map(|path| path.join("toolchainkit")));
    folders.push(PathBuf::from(format!("/tmp/toolchainkit-{}", user())));
    folders.retain(|path| path.as_os_str().as_bytes().len() <= LONGEST_RUN_FOLDER);
    folders
}

/// The process ID of the other end, if it belongs to this user; 0 if the system does not support this.
#[must_use]
pub fn peer(connection: &Connection) -> Option<u32> {
    #[cfg(target_os = "linux")]
    {
        let peer = rustix::net::sockopt::socket_peercred(connection).ok()?;
        (peer.uid.as_raw() == user()).then(|| peer.pid.as_raw_nonzero().get().cast_unsigned())
    }
    // On other systems, the private folder ensures this.
    #[cfg(not(target_os = "linux"))]
    {
        let _ = connection;
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_stable() {
        assert_eq!(owner(), owner());
        assert_eq!(owner().len(), 16);
        assert_ne!(digest(b"a"), digest(b"b"));
    }

    #[test]
    fn an_open_folder_or_a_link_is_not_private() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("not/there/run");
        let folder = make_private_folder(&root, "id", "owner").unwrap();
        assert!(is_private_folder(&folder));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(!is_private_folder(&folder));
        assert_eq!(make_private_folder(&root, "id", "owner").unwrap(), folder);
        assert!(is_private_folder(&folder));
        let link = scratch.path().join("link");
        std::os::unix::fs::symlink(&root, &link).unwrap();
        assert!(!is_private_folder(&link));
        assert!(make_private_folder(&link, "id", "owner").is_err());
        std::fs::File::create(scratch.path().join("file")).unwrap();
        assert!(make_private_folder(&scratch.path().join("file"), "id", "owner").is_err());
    }

    #[test]
    fn what_others_could_have_put_into_a_folder_is_removed() {
        let scratch = tempfile::tempdir().unwrap();
        let root = scratch.path().join("run");
        let folder = make_private_folder(&root, "id", "owner").unwrap();
        std::os::unix::fs::symlink(scratch.path().join("file"), folder.join("log")).unwrap();
        make_private_folder(&root, "id", "owner").unwrap();
        assert!(folder.join("log").is_symlink(), "a private folder is not changed");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        make_private_folder(&root, "id", "owner").unwrap();
        assert!(is_run_folder(&folder) && !folder.join("log").is_symlink());
        fs::set_permissions(root.join("id"), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(!is_run_folder(&folder));
    }

    #[test]
    fn a_run_folder_is_not_made_where_others_can_write() {
        let scratch = tempfile::tempdir().unwrap();
        fs::set_permissions(scratch.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let open = scratch.path().join("open");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
        let error = make_private_folder(&open.join("run"), "id", "owner").unwrap_err();
        assert!(error.to_string().contains("every user can write to "), "{error}");
        assert!(!open.join("run").exists());
    }

    #[test]
    fn a_folder_with_a_too_long_path_for_a_socket_is_skipped() {
        let long = PathBuf::from(format!("/{}", "x".repeat(80)));
        assert!(!user_folders(&long).contains(&long));
        let short = PathBuf::from("/home/u/.cache/toolchainkit/run");
        assert_eq!(user_folders(&short)[0], short);
    }
}
