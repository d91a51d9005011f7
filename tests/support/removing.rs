//! Removes build folders, and names the process that still writes there.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Removes a folder after a build.
///
/// All processes of a build end before the build, so a file that appears afterwards is a fault. In one run of all tests, two
/// folders were "not empty" at the same moment, with two caches, and the cause was not found. If nothing in the folder is newer
/// than the first attempt, no process of the build is at fault, and the rest is removed.
///
/// # Panics
///
/// If a file was created while the folder was being removed. The message names these files, and the processes that work there.
pub(crate) fn remove_folder(folder: &Path) {
    let begin = SystemTime::now();
    let Err(error) = fs::remove_dir_all(folder) else { return };
    assert!(error.kind() == ErrorKind::DirectoryNotEmpty, "{}: {error}", folder.display());
    let left = below(folder);
    let new: Vec<_> =
        left.iter().filter(|(_, data)| data.created().is_ok_and(|time| time >= begin)).collect();
    assert!(new.is_empty(), "created by {:?}: {new:#?}", workers(folder));
    fs::remove_dir_all(folder).expect("the folder can be removed");
}

/// All files and folders below `folder`.
fn below(folder: &Path) -> Vec<(PathBuf, Metadata)> {
    let entries = folder.read_dir().into_iter().flatten().filter_map(Result::ok);
    let found = entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)));
    found
        .flat_map(|(path, data)| {
            let deeper = if data.is_dir() { below(&path) } else { Vec::new() };
            [vec![(path, data)], deeper].concat()
        })
        .collect()
}

/// The command lines of the processes that work in `folder`.
fn workers(folder: &Path) -> Vec<String> {
    let processes = Path::new("/proc").read_dir().into_iter().flatten().filter_map(Result::ok);
    let inside = processes
        .map(|entry| entry.path())
        .filter(|process| process.join("cwd").read_link().is_ok_and(|current| current.starts_with(folder)));
    inside.filter_map(|process| fs::read_to_string(process.join("cmdline")).ok()).collect()
}
