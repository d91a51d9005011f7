//! Temporary files. A killed run leaves some of them, and the next one recognises and removes them.

use std::collections::BTreeSet;
use std::io::Write as _;
#[cfg(unix)]
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::OutputError;

const PREFIX: &str = ".toolchainkit-";
const RANDOM: usize = 12;
const SUFFIX: &str = ".new";
/// The time to wait for another run that writes into the same folder.
#[cfg(unix)]
const PATIENCE: Duration = Duration::from_secs(10);

/// A temporary file in the folder of `path` with this content.
pub(super) fn create(path: &Utf8Path, content: &[u8]) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(RANDOM).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Use the permissions that the user's umask gives to a new file; a temporary file would be private.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(folder_of(path))?;
    temporary.write_all(content)?;
    Ok(temporary)
}

/// The folder that contains `path`, which is absolute.
pub(super) fn folder_of(path: &Utf8Path) -> &Utf8Path {
    path.parent().unwrap_or(Utf8Path::new("/"))
}

/// The temporary files of this user in `folder`.
pub(super) fn find(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let entries = folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
    let named = entries.filter(|entry| is_name(entry.file_name())).map(camino::Utf8DirEntry::into_path);
    named.filter(|path| path.symlink_metadata().is_ok_and(|metadata| is_own_file(&metadata))).collect()
}

fn is_name(name: &str) -> bool {
    let random = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM && random.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_own_file(metadata: &std::fs::Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw()
    }
    #[cfg(not(unix))]
    {
        metadata.is_file()
    }
}

/// Prevents other runs from writing into the same folders. The kernel releases the locks at the end of the process.
pub(super) struct Lock {
    #[cfg(unix)]
    _folders: Vec<fs_err::File>,
}

impl Lock {
    /// Waits for other runs.
    ///
    /// # Errors
    /// [`OutputError::Busy`]
    #[cfg(unix)]
    pub(super) fn take(folders: &BTreeSet<Utf8PathBuf>) -> Result<Self, OutputError> {
        use rustix::fs::{FlockOperation, flock};
        let start = Instant::now();
        let mut locked = Vec::new();
        // All runs lock in the same order, so they cannot wait for each other.
        for folder in folders {
            // Some file systems have no locks. Two runs at the same time are rare.
            let Ok(file) = fs_err::File::open(folder) else { continue };
            while let Err(rustix::io::Errno::WOULDBLOCK) =
                flock(&file, FlockOperation::NonBlockingLockExclusive)
            {
                if start.elapsed() > PATIENCE {
                    return Err(OutputError::Busy(folder.clone()));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            locked.push(file);
        }
        Ok(Self { _folders: locked })
    }

    #[cfg(not(unix))]
    pub(super) fn take(_: &BTreeSet<Utf8PathBuf>) -> Result<Self, OutputError> {
        Ok(Self {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_temporary_files_are_recognised() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(folder.path()).unwrap();
        let temporary = create(&folder.join("x"), b"text").unwrap();
        let name = temporary.path().file_name().unwrap().to_str().unwrap().to_owned();
        assert!(is_name(&name), "{name}");
        assert_eq!(find(folder), [folder.join(&name)]);
        for other in [
            ".toolchainkit-lock",
            ".toolchainkit-.new",
            ".toolchainkit-a/cdefghijkl.new",
            "toolchainkit.yaml",
        ] {
            assert!(!is_name(other), "{other}");
        }
        fs_err::create_dir(folder.join(name.replace(".new", "").replace(PREFIX, "x"))).unwrap();
        fs_err::create_dir(folder.join(".toolchainkit-abcdefghijkl.new")).unwrap();
        assert_eq!(find(folder).len(), 1, "a folder is not a temporary file");
    }
}
