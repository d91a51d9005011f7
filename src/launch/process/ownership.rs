//! Who we are, and what is ours alone.

use std::fs;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Connection, variable};

/// Sixteen hexadecimal digits that name `bytes` (FNV-1a).
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("{:016x}", hash(bytes))
}

fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// What a daemon may be shared by: whoever sees the same files under the same names, with the same rights, on this
/// machine, until it is started again.
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

/// Names this run of the machine.
#[must_use]
pub(super) fn boot() -> String {
    let mut text = String::with_capacity(64);
    // Where it is not there, nothing is to be said of it.
    let read =
        fs::File::open("/proc/sys/kernel/random/boot_id").map(|file| file.take(64).read_to_string(&mut text));
    if read.is_ok() { text.trim().to_owned() } else { String::new() }
}

/// Names the namespace of this kind that we are in: `mnt`, `pid`.
#[must_use]
pub fn namespace(kind: &str) -> String {
    let link = fs::read_link(format!("/proc/self/ns/{kind}"));
    link.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Identifies a process over time: its id alone may be another one's by now.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Place {
    boot: String,
    namespace: String,
}

impl Place {
    /// Where process ids mean what they mean to us.
    #[must_use]
    pub fn here() -> Self {
        Self { boot: boot(), namespace: namespace("pid") }
    }
}

/// Whether others may enter it.
fn is_open(found: &fs::Metadata) -> bool {
    let of_others = 0o077;
    found.mode() & of_others != 0
}

/// Whether this is a folder, no link to one, and belongs to us alone.
#[must_use]
pub fn is_private_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir() && found.uid() == user() && !is_open(&found))
}

/// Makes `root`/`id`/`owner` if need be: each ours alone.
///
/// # Errors
///
/// Where it cannot be made, or belongs to somebody else.
pub fn make_private_folder(root: &Path, id: &str, owner: &str) -> io::Result<PathBuf> {
    if let Some(parent) = root.parent() {
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
        if !found.is_dir() || found.uid() != user() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to somebody else"));
        }
        if is_open(&found) {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        if !is_private_folder(path) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to somebody else"));
        }
    }
    Ok(folder)
}

/// The address of a socket has room for 107 bytes.
const LONGEST: usize = 100 - "/0123456789abcdef/0123456789abcdef/endpoint".len();

/// Folders of this user in which supervisors may have theirs, `configured` first.
#[must_use]
pub fn user_folders(configured: &Path) -> Vec<PathBuf> {
    let mut folders = Vec::with_capacity(3);
    if configured.is_absolute() {
        folders.push(configured.to_path_buf());
    }
    let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_absolute());
    folders.extend(runtime.map(|path| path.join("toolchainkit")));
    folders.push(PathBuf::from(format!("/tmp/toolchainkit-{}", user())));
    folders.retain(|path| path.as_os_str().as_bytes().len() <= LONGEST);
    folders
}

/// The process at the other end, if it is this user's; 0 where the system does not tell.
#[must_use]
pub fn peer(connection: &Connection) -> Option<u32> {
    #[cfg(target_os = "linux")]
    {
        let peer = rustix::net::sockopt::socket_peercred(connection).ok()?;
        (peer.uid.as_raw() == user()).then(|| peer.pid.as_raw_nonzero().get().cast_unsigned())
    }
    // Elsewhere it is the folder that says so.
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
    fn an_owner_is_the_same_each_time() {
        assert_eq!(owner(), owner());
        assert_eq!(owner().len(), 16);
        assert_ne!(digest(b"a"), digest(b"b"));
    }

    #[test]
    fn a_folder_that_others_may_enter_or_that_is_a_link_is_not_private() {
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
    fn a_folder_whose_name_is_too_long_for_a_socket_is_passed_over() {
        let long = PathBuf::from(format!("/{}", "x".repeat(80)));
        assert!(!user_folders(&long).contains(&long));
        let short = PathBuf::from("/home/u/.cache/toolchainkit/run");
        assert_eq!(user_folders(&short)[0], short);
    }
}
