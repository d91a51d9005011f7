//! Writes all generated files or none, and never replaces a file that toolchainkit did not write.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

use super::leftover::{self, Lock, folder_of};
use super::place::{Place, Present, is_crlf, places};
use super::{FileKind, FileSet, OutputError};
use crate::probe::path::shown;

/// Writes the files that differ into `project`, and returns their paths. Removes the temporary files that a killed run has left.
///
/// # Errors
/// [`OutputError::NotOurs`] if toolchainkit did not write one of the existing files, [`OutputError::InTheWay`],
/// [`OutputError::Outside`], [`OutputError::Busy`], and [`OutputError::Io`]. In all cases no file has been changed.
pub fn write(files: &FileSet, project: &Utf8Path) -> Result<Vec<Utf8PathBuf>, OutputError> {
    let folders = check(&places(files, project)?)?;
    if folders.is_empty() {
        return Ok(Vec::new());
    }
    for folder in &folders {
        fs_err::create_dir_all(folder)?;
    }
    let _lock = Lock::take(&folders)?;
    // Another run may have written the files before this one had the lock.
    let mut places = places(files, project)?;
    check(&places)?;
    for folder in &folders {
        for path in leftover::find(folder) {
            fs_err::remove_file(path)?;
        }
    }
    // A file comes after those that it refers to, so that the files that CMake reads first are replaced last.
    places.sort_by_key(|place| order(place.file.kind));
    let mut staged = Vec::new();
    for place in &places {
        if let Some(content) = content(place) {
            let temporary = leftover::create(&place.path, content.as_bytes())?;
            if place.file.users.is_some() {
                // A file of the user keeps its mode.
                temporary.as_file().set_permissions(fs_err::metadata(&place.path)?.permissions())?;
            }
            staged.push((temporary, place));
        }
    }
    replace(staged)
}

/// Fails if there is a foreign file. Returns the folders that change: those of different files and those with files of a killed
/// run.
fn check(places: &[Place<'_>]) -> Result<BTreeSet<Utf8PathBuf>, OutputError> {
    let foreign = places.iter().filter(|place| matches!(place.present, Present::Foreign));
    let foreign = foreign.map(|place| (place.file.kind, place.file.path.clone())).collect::<Vec<_>>();
    if !foreign.is_empty() {
        return Err(OutputError::NotOurs(foreign));
    }
    let all = places.iter().map(|place| (folder_of(&place.path), matches!(place.present, Present::Same)));
    let changing = all.filter(|(folder, is_same)| !is_same || !leftover::find(folder).is_empty());
    Ok(changing.map(|(folder, _)| folder.to_owned()).collect())
}

const fn order(kind: FileKind) -> u8 {
    match kind {
        FileKind::Module => 0,
        FileKind::Cache => 1,
        FileKind::Toolchain => 2,
        FileKind::Presets => 3,
    }
}

/// The new content, with the line endings of the file that it replaces; `None` if the file does not change.
fn content(place: &Place<'_>) -> Option<String> {
    match &place.present {
        Present::Same | Present::Foreign => None,
        Present::Ours(_) if place.file.users.is_some() => Some(place.file.text.clone()),
        Present::Ours(old) if is_crlf(old) => Some(place.file.text.replace('\n', "\r\n")),
        Present::Ours(_) | Present::Missing => Some(place.file.text.clone()),
    }
}

/// Renames the temporary files. If this fails, the files that are already replaced get their old content.
fn replace(staged: Vec<(NamedTempFile, &Place<'_>)>) -> Result<Vec<Utf8PathBuf>, OutputError> {
    let mut done: Vec<&Place<'_>> = Vec::new();
    for (temporary, place) in staged {
        if let Err(error) = temporary.persist(&place.path) {
            for place in done.into_iter().rev() {
                // There is no way to report a second error.
                let _ = restore(place);
            }
            let error = error.error;
            let message = format!("{} cannot be replaced: {error}", shown(&place.path));
            return Err(std::io::Error::new(error.kind(), message).into());
        }
        done.push(place);
    }
    Ok(done.into_iter().map(|place| place.file.path.clone()).collect())
}

fn restore(place: &Place<'_>) -> std::io::Result<()> {
    match &place.present {
        Present::Ours(old) => {
            leftover::create(&place.path, old)?.persist(&place.path).map(drop).map_err(|error| error.error)
        }
        _ => fs_err::remove_file(&place.path),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileKind, RenderedFile};
    use super::*;

    fn files(text: &str) -> FileSet {
        let file = |kind, path: &str| RenderedFile::new(kind, Utf8PathBuf::from(path), text.to_owned());
        FileSet::new(vec![
            file(FileKind::Toolchain, "cmake/t.cmake"),
            file(FileKind::Module, "cmake/M.cmake"),
        ])
    }

    #[test]
    fn writes_once_and_then_leaves_the_files_alone() {
        let folder = tempfile::tempdir().unwrap();
        let project = Utf8Path::from_path(folder.path()).unwrap();
        let first = files("# Generated by toolchainkit\n");
        assert_eq!(write(&first, project).unwrap().len(), 2);
        assert_eq!(write(&first, project).unwrap().len(), 0);
        assert_eq!(write(&files("# Generated by toolchainkit 2\n"), project).unwrap().len(), 2);
        let entries = fs_err::read_dir(project.join("cmake")).unwrap().count();
        assert_eq!(entries, 2, "no temporary file remains");
    }

    #[test]
    fn a_foreign_file_prevents_all_writing() {
        let folder = tempfile::tempdir().unwrap();
        let project = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::create_dir(project.join("cmake")).unwrap();
        fs_err::write(project.join("cmake/M.cmake"), "set(MINE 1)\n").unwrap();
        let error = write(&files("# Generated by toolchainkit\n"), project).unwrap_err();
        assert!(matches!(error, OutputError::NotOurs(foreign) if foreign.len() == 1));
        assert!(!project.join("cmake/t.cmake").exists());
        assert_eq!(fs_err::read_to_string(project.join("cmake/M.cmake")).unwrap(), "set(MINE 1)\n");
    }

    #[test]
    fn a_file_keeps_its_line_endings() {
        let folder = tempfile::tempdir().unwrap();
        let project = Utf8Path::from_path(folder.path()).unwrap();
        write(&files("# Generated by toolchainkit\n"), project).unwrap();
        fs_err::write(project.join("cmake/t.cmake"), "# Generated by toolchainkit\r\n").unwrap();
        assert_eq!(write(&files("# Generated by toolchainkit\n"), project).unwrap().len(), 0);
        write(&files("# Generated by toolchainkit 2\nx\n"), project).unwrap();
        let read = |name: &str| fs_err::read_to_string(project.join(name)).unwrap();
        assert_eq!(read("cmake/t.cmake"), "# Generated by toolchainkit 2\r\nx\r\n");
        assert_eq!(read("cmake/M.cmake"), "# Generated by toolchainkit 2\nx\n");
    }

    #[test]
    fn a_failed_rename_restores_the_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let project = Utf8Path::from_path(folder.path()).unwrap();
        write(&files("# Generated by toolchainkit\n"), project).unwrap();
        let files = files("# Generated by toolchainkit 2\n");
        let mut places = places(&files, &project.canonicalize_utf8().unwrap()).unwrap();
        let staged =
            places.iter().map(|place| leftover::create(&place.path, b"new").unwrap()).collect::<Vec<_>>();
        // A file cannot replace a folder.
        fs_err::create_dir(project.join("cmake/folder")).unwrap();
        places[1].path.set_file_name("folder");
        let error = replace(staged.into_iter().zip(&places).collect()).unwrap_err();
        assert!(error.to_string().contains("cmake/folder"), "{error}");
        let text = fs_err::read_to_string(project.join("cmake/t.cmake")).unwrap();
        assert_eq!(text, "# Generated by toolchainkit\n");
        assert!(leftover::find(&project.join("cmake")).is_empty());
    }
}
