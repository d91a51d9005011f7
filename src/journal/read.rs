//! Reads the journal of a build folder. No other code of this module does I/O; `launch::journal` writes it.
//!
//! A file is used only if it is a regular file, no link, and belongs to this user, to root, or to the owner of the build folder,
//! and nobody else can write to it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::headers::Headers;
use super::inputs::Inputs;
use super::line::LineId;
use super::log::Journal;
use crate::trust;

/// The folder of the journal, below the build folder.
pub const FOLDER: &str = "toolchainkit/journal";
/// The size at which the launcher begins a new log. Several launchers may write to it at the same time, so it may be larger.
pub const LARGEST_LOG: u64 = 8 << 20;

/// The part of a log that is read.
const READ_OF_LOG: u64 = 2 * LARGEST_LOG;
/// The part of the dictionary of headers that is read.
const READ_OF_HEADERS: u64 = 64 << 20;
/// The largest file with inputs.
const LARGEST_INPUTS: u64 = 4 << 20;

impl Journal {
    /// Reads the journal of `build_folder`. `is_running` says whether the launcher of a compilation without an end still runs; see
    /// [`crate::launch::journal::read`].
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::NotFound`] if there is no journal yet; otherwise the reason why it cannot be read or is not trusted.
    pub fn read(build_folder: &Path, is_running: impl Fn(LineId) -> bool) -> io::Result<Self> {
        let folder = folder(build_folder)?;
        let old = match read(&folder.join("log.old"), READ_OF_LOG) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            found => found.ok(),
        };
        let new = match read(&folder.join("log"), READ_OF_LOG) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && old.is_some() => Vec::new(),
            found => found?,
        };
        let old = old.unwrap_or_default();
        let lines = old.split(|byte| *byte == b'\n').chain(new.split(|byte| *byte == b'\n'));
        Ok(Self::of_lines(lines, is_running))
    }
}

impl Inputs {
    /// The records of an object, the newest first; empty if there are none. See [`super::Entry::object`].
    ///
    /// # Errors
    ///
    /// If they cannot be read, or are not trusted.
    pub fn read(build_folder: &Path, object: &str) -> io::Result<Vec<Self>> {
        let path = folder(build_folder)?.join("inputs").join(inputs_file(object));
        match read(&path, LARGEST_INPUTS) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            text => Ok(Self::from_text(&String::from_utf8_lossy(&text?))),
        }
    }

    /// The records of all objects. A file that cannot be read is skipped.
    ///
    /// # Errors
    ///
    /// If the folder cannot be read, or is not trusted.
    pub fn read_all(build_folder: &Path) -> io::Result<Vec<Vec<Self>>> {
        let inputs = folder(build_folder)?.join("inputs");
        let mut all = Vec::new();
        let entries = match fs::read_dir(inputs) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
            entries => entries?,
        };
        for entry in entries.flatten() {
            let is_record = entry.file_name().to_str().is_some_and(|name| name.len() == 16);
            if is_record && let Ok(text) = read(&entry.path(), LARGEST_INPUTS) {
                all.push(Self::from_text(&String::from_utf8_lossy(&text)));
            }
        }
        all.retain(|records| !records.is_empty());
        all.sort_by(|one, other| one[0].object.cmp(&other[0].object));
        Ok(all)
    }
}

impl Headers {
    /// The dictionary of a build folder; empty if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or is not trusted.
    pub fn read(build_folder: &Path) -> io::Result<Self> {
        Self::read_files(build_folder, &["headers.old", "headers"])
    }

    /// The dictionary to which the launcher appends now.
    pub(crate) fn read_current(build_folder: &Path) -> io::Result<Self> {
        Self::read_files(build_folder, &["headers"])
    }

    fn read_files(build_folder: &Path, names: &[&str]) -> io::Result<Self> {
        let folder = folder(build_folder)?;
        let mut headers = Self::default();
        for name in names {
            match read(&folder.join(name), READ_OF_HEADERS) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                text => headers.add(&String::from_utf8_lossy(&text?)),
            }
        }
        Ok(headers)
    }
}

/// The name of the file with the inputs of an object, in the folder `inputs`.
#[must_use]
pub fn inputs_file(object: &str) -> String {
    super::short_digest(object.as_bytes())
}

/// The folder of the journal, if it is trusted.
fn folder(build_folder: &Path) -> io::Result<PathBuf> {
    let folder = build_folder.join(FOLDER);
    check_folder(&folder, build_folder)?;
    Ok(folder)
}

fn check_folder(folder: &Path, build_folder: &Path) -> io::Result<()> {
    let open = trust::open_folder(folder)?;
    Ok(trust::check_open(&open, folder, build_folder)?)
}

/// The beginning of a file of the journal: at most `limit` bytes.
fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = trust::open_itself(File::options().read(true), path)?;
    check(&file, path)?;
    let mut text = Vec::new();
    file.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

fn check(file: &File, path: &Path) -> io::Result<()> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not a file", path.display())));
    }
    // The folder was checked before.
    let folder = path.parent().unwrap_or(path);
    Ok(trust::check_open(file, path, folder)?)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::super::{Line, Outcome};
    use super::*;

    fn build_folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(FOLDER).join("inputs")).unwrap();
        folder
    }

    fn put(path: &Path, text: &[u8]) {
        File::create(path).unwrap().write_all(text).unwrap();
    }

    fn journal(build: &Path) -> io::Result<Journal> {
        Journal::read(build, |_| false)
    }

    fn first(id: LineId, object: &str) -> Line {
        Line {
            id: Some(id),
            at: id.1,
            build: "1-1".to_owned(),
            source: "a.c".to_owned(),
            object: object.to_owned(),
            language: "C".to_owned(),
            ..Line::default()
        }
    }

    #[test]
    fn both_logs_are_read() {
        let build = build_folder();
        let log = build.path().join(FOLDER).join("log");
        assert_eq!(journal(build.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        put(&log.with_extension("old"), first(LineId(0, 5), "a.o").text().as_bytes());
        assert_eq!(journal(build.path()).unwrap().entries.len(), 1);
        let end = Line { id: Some(LineId(0, 5)), at: 9, outcome: Some(Outcome::Miss), ..Line::default() };
        put(&log, end.text().as_bytes());
        assert_eq!(journal(build.path()).unwrap().entries[0].outcome, Outcome::Miss);
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_could_have_written_are_not_read() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let build = build_folder();
        let folder = build.path().join(FOLDER);
        let log = folder.join("log");
        let elsewhere = build.path().join("elsewhere");
        let text = first(LineId(1, 1), "a.o").text();
        put(&elsewhere, text.as_bytes());
        symlink(&elsewhere, &log).unwrap();
        assert!(journal(build.path()).is_err());
        fs::remove_file(&log).unwrap();
        fs::create_dir(&log).unwrap();
        assert!(journal(build.path()).is_err());
        fs::remove_dir(&log).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &log, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
        assert!(journal(build.path()).is_err());
        fs::remove_file(&log).unwrap();
        put(&log, text.as_bytes());
        fs::set_permissions(&log, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(journal(build.path()).is_err());
        fs::set_permissions(&log, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(journal(build.path()).is_ok());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(journal(build.path()).is_err());
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let moved = build.path().join("moved");
        fs::rename(&folder, &moved).unwrap();
        symlink(&moved, &folder).unwrap();
        assert!(journal(build.path()).is_err());
    }

    #[test]
    fn inputs_and_headers_are_found_by_their_names() {
        let build = build_folder();
        let folder = build.path().join(FOLDER);
        assert_eq!(Inputs::read(build.path(), "a.o").unwrap(), []);
        assert!(Headers::read(build.path()).unwrap().is_empty());
        let record = Inputs::of_test(1, "a.o", "a.c");
        put(
            &folder.join("inputs").join(inputs_file("a.o")),
            Inputs::to_text(std::slice::from_ref(&record)).as_bytes(),
        );
        put(&folder.join("inputs").join(inputs_file("b.o")), b"[{");
        put(&folder.join("inputs").join("0123456789abcdef.77"), b"temporary");
        assert_eq!(Inputs::read(build.path(), "a.o").unwrap(), std::slice::from_ref(&record));
        assert_eq!(Inputs::read_all(build.path()).unwrap(), [[record]]);
        let header = super::super::Header { path: "a.h".to_owned(), digest: "0".repeat(32) };
        put(&folder.join("headers"), header.line().as_bytes());
        assert_eq!(Headers::read(build.path()).unwrap().get(header.id()), Some(&header));
    }
}
