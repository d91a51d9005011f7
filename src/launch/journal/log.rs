//! The file to which all launchers of a build append.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::process::{self, FileState, Lock};
use super::note::now;
use crate::journal::{FOLDER, LARGEST_LOG, Line, MarkKind};
use crate::trust;

/// The longest time that a launcher waits for another one. Its line is written, too, if that was not enough.
const LONGEST_WAIT: Duration = Duration::from_millis(100);

/// The log of a build folder.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    /// The file that is locked to move the log, and on some systems to append to it.
    lock: PathBuf,
}

impl Log {
    /// Opens the log of this build folder, or creates it. `None` if that fails, or another user could have made it.
    pub(super) fn open(build_folder: &Path) -> Option<Self> {
        let folder = trusted_folder(build_folder)?;
        let (path, lock) = (folder.join("log"), folder.join("log.lock"));
        let file = match open(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                // A build of root has begun it.
                path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
                move_away(&path, FileState::of_entry(&path).ok()?)?;
                open(&path).ok()?
            }
            file => file.ok()?,
        };
        let found = file.metadata().ok()?;
        let is_trusted = trust::is_usual(&found) || trust::check_open(&file, &path, &folder).is_ok();
        if !found.is_file() || !is_trusted {
            return None;
        }
        if found.len() < LARGEST_LOG {
            return Some(Self { file, lock });
        }
        // Of several launchers, the one with the lock moves the file. The others have opened the same file, and write to it.
        let held = Lock::take(&lock).ok();
        if held.is_some() && move_away(&path, FileState::of_open(&file).ok()?).is_some() {
            super::store::clean(&folder);
        }
        drop(held);
        open(&path).ok().map(|file| Self { file, lock })
    }

    /// Appends a line. One call of the system writes it, so that the lines of parallel launchers do not mix.
    pub(super) fn append(&self, line: &Line) {
        // If a line could not be written completely, the next one does not continue it. Empty lines are ignored.
        let text = format!("\n{}", line.text());
        let _lock = if process::APPENDS_AT_ONCE { None } else { Lock::wait(&self.lock, LONGEST_WAIT) };
        let _ = (&self.file).write(text.as_bytes());
    }
}

/// The folder of the journal, if it exists and others cannot write to it.
pub(super) fn present_folder(build_folder: &Path) -> Option<PathBuf> {
    let folder = build_folder.join(FOLDER);
    let found = folder.symlink_metadata().ok()?;
    is_trusted(&folder, &found, build_folder).then_some(folder)
}

fn is_trusted(folder: &Path, found: &fs::Metadata, build_folder: &Path) -> bool {
    let check = || trust::check_open(&trust::open_folder(folder).ok()?, folder, build_folder).ok();
    found.is_dir() && (trust::is_usual(found) || check().is_some())
}

/// The folder of the journal, which is created if it does not exist. If others can write to it, another one replaces it, because
/// they could have put files into it. `None` if that is not possible.
pub(super) fn trusted_folder(build_folder: &Path) -> Option<PathBuf> {
    let folder = build_folder.join(FOLDER);
    let created = || {
        process::create_folder(&folder).ok()?;
        folder.symlink_metadata().ok()
    };
    let is_trusted = |found: &fs::Metadata| is_trusted(&folder, found, build_folder);
    let found = folder.symlink_metadata().ok().or_else(created)?;
    if is_trusted(&found) {
        return Some(folder);
    }
    if !found.is_dir() || trust::is_of_other_user(&folder) {
        return None;
    }
    fs::remove_dir_all(&folder).ok()?;
    created().filter(is_trusted).map(|_| folder.clone())
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    trust::open_itself(process::new_file().append(true), path)
}

/// Renames this log to `log.old`. `None` if another launcher has done it.
fn move_away(path: &Path, log: FileState) -> Option<()> {
    let is_same = FileState::of_entry(path).is_ok_and(|found| found.is_same_file(&log));
    (is_same && fs::rename(path, path.with_extension("old")).is_ok()).then_some(())
}

/// Adds a mark to the journal of a build folder.
///
/// # Errors
///
/// If the journal cannot be opened, or another user could have made it.
pub fn append_mark(build_folder: &Path, kind: MarkKind) -> io::Result<()> {
    let log = Log::open(build_folder).ok_or_else(|| {
        let reason = format!("the journal of {} cannot be written", build_folder.display());
        io::Error::new(io::ErrorKind::PermissionDenied, reason)
    })?;
    log.append(&Line { at: now(), mark: Some(kind), ..Line::default() });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::journal::{LineId, Outcome};

    fn line(id: u32) -> Line {
        Line {
            id: Some(LineId(id, 1)),
            at: 1,
            build: "1-1".to_owned(),
            source: "a.c".to_owned(),
            object: format!("{id}.o"),
            outcome: Some(Outcome::Hit),
            ..Line::default()
        }
    }

    #[test]
    fn parallel_launchers_lose_no_line_when_the_log_is_moved() {
        let build = tempfile::tempdir().unwrap();
        Log::open(build.path()).unwrap();
        let path = build.path().join(FOLDER).join("log");
        let filler = format!("{}\n", "x".repeat(1023));
        File::create(&path).unwrap().write_all(filler.repeat(8191).as_bytes()).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..64 {
                let build = build.path();
                scope.spawn(move || {
                    for index in 0..20 {
                        Log::open(build).unwrap().append(&line(thread * 100 + index));
                    }
                });
            }
        });
        assert!(path.with_extension("old").metadata().unwrap().len() > LARGEST_LOG);
        assert!(path.metadata().unwrap().len() < 1 << 20);
        let journal = read(build.path()).unwrap();
        assert_eq!((journal.entries.len(), journal.damaged), (64 * 20, 8191));
    }

    #[test]
    fn a_torn_line_damages_no_other() {
        let build = tempfile::tempdir().unwrap();
        let log = Log::open(build.path()).unwrap();
        (&log.file).write_all(&line(1).text().as_bytes()[..30]).unwrap();
        log.append(&line(2));
        let journal = read(build.path()).unwrap();
        assert_eq!((journal.entries.len(), journal.damaged), (1, 1));
    }

    #[test]
    fn a_mark_has_its_own_line() {
        let build = tempfile::tempdir().unwrap();
        Log::open(build.path()).unwrap().append(&line(1));
        append_mark(build.path(), MarkKind::Zero).unwrap();
        let journal = read(build.path()).unwrap();
        assert_eq!((journal.marks[0].kind, journal.since_zero().len()), (MarkKind::Zero, 0));
        assert_eq!((journal.entries.len(), journal.damaged), (1, 0));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_other_kinds_of_files() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let build = tempfile::tempdir().unwrap();
        let folder = build.path().join(FOLDER);
        let (log, target) = (folder.join("log"), build.path().join("target"));
        fs::create_dir_all(&log).unwrap();
        assert!(Log::open(build.path()).is_none(), "a folder");
        fs::remove_dir(&log).unwrap();
        File::create(&target).unwrap();
        symlink(&target, &log).unwrap();
        assert!(Log::open(build.path()).is_none(), "a link");
        assert!(append_mark(build.path(), MarkKind::Zero).is_err());
        fs::remove_file(&log).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &log, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
        assert!(Log::open(build.path()).is_none(), "a named pipe");
        fs::remove_file(&log).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        File::create(folder.join("foreign")).unwrap();
        assert!(Log::open(build.path()).is_some(), "a folder that is open to all is replaced");
        assert!(!folder.join("foreign").exists() && trust::is_usual(&folder.symlink_metadata().unwrap()));
        fs::remove_dir_all(&folder).unwrap();
        symlink(build.path(), &folder).unwrap();
        assert!(Log::open(build.path()).is_none(), "a link to a folder");
        fs::remove_file(&folder).unwrap();
        File::create(&folder).unwrap();
        assert!(Log::open(build.path()).is_none(), "a file in place of the folder");
        assert_eq!(fs::metadata(&target).unwrap().len(), 0);
    }
}
