//! The file to which all launchers of a build append.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::super::process;
use crate::journal::{FOLDER, LARGEST_LOG, Line};
use crate::trust;

/// The log of a build folder.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
}

impl Log {
    /// Opens the log of this build folder, or creates it. `None` if that fails, or another user could have made it.
    pub(super) fn open(build_folder: &Path) -> Option<Self> {
        let folder = trusted_folder(build_folder)?;
        let path = folder.join("log");
        let file = match open(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                // A build of root has begun it.
                let found = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
                move_away(&path, found.ino())?;
                open(&path).ok()?
            }
            file => file.ok()?,
        };
        let found = file.metadata().ok()?;
        let is_trusted = is_ours(&found) || trust::check_open(&file, &path, &folder).is_ok();
        if !found.is_file() || !is_trusted {
            return None;
        }
        if found.len() < LARGEST_LOG {
            return Some(Self { file });
        }
        // Of several launchers, the one with the lock moves the file. The others have opened the same file, and write to it.
        if file.try_lock().is_ok() && move_away(&path, found.ino()).is_some() {
            super::store::clean(&folder);
        }
        open(&path).ok().map(|file| Self { file })
    }

    /// Appends a line. One call of the system writes it, so that the lines of parallel launchers do not mix.
    pub(super) fn append(&self, line: &Line) {
        // If a line could not be written completely, the next one does not continue it. Empty lines are ignored.
        let text = format!("\n{}", line.text());
        let _ = (&self.file).write(text.as_bytes());
    }
}

/// The folder of the journal, which is created if it does not exist. If others can write to it, another one replaces it, because
/// they could have put files into it. `None` if that is not possible.
pub(super) fn trusted_folder(build_folder: &Path) -> Option<PathBuf> {
    let folder = build_folder.join(FOLDER);
    let created = || {
        process::create_folder(&folder).ok()?;
        folder.symlink_metadata().ok()
    };
    let is_trusted = |found: &fs::Metadata| {
        let check = || trust::check_open(&File::open(&folder).ok()?, &folder, build_folder).ok();
        found.is_dir() && (is_ours(found) || check().is_some())
    };
    let found = folder.symlink_metadata().ok().or_else(created)?;
    if is_trusted(&found) {
        return Some(folder);
    }
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return None;
    }
    fs::remove_dir_all(&folder).ok()?;
    created().filter(is_trusted).map(|_| folder.clone())
}

/// Whether the file belongs to this user or to root, and nobody else can write to it. This is the usual case of the rule in `trust`.
fn is_ours(found: &fs::Metadata) -> bool {
    let of_others = 0o022;
    let owner = found.uid();
    found.mode() & of_others == 0 && (owner == 0 || owner == rustix::process::geteuid().as_raw())
}

pub(super) fn open(path: &Path) -> io::Result<File> {
    process::new_file()
        .append(true)
        .custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed())
        .open(path)
}

/// Renames the log with this inode to `log.old`. `None` if another launcher has done it.
fn move_away(path: &Path, inode: u64) -> Option<()> {
    let is_same = path.symlink_metadata().is_ok_and(|found| found.ino() == inode);
    (is_same && fs::rename(path, path.with_extension("old")).is_ok()).then_some(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;
    use crate::journal::{Journal, LineId, Outcome};

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
        let journal = Journal::read(build.path()).unwrap();
        assert_eq!((journal.entries.len(), journal.damaged), (64 * 20, 8191));
    }

    #[test]
    fn a_torn_line_damages_no_other() {
        let build = tempfile::tempdir().unwrap();
        let log = Log::open(build.path()).unwrap();
        (&log.file).write_all(&line(1).text().as_bytes()[..30]).unwrap();
        log.append(&line(2));
        let journal = Journal::read(build.path()).unwrap();
        assert_eq!((journal.entries.len(), journal.damaged), (1, 1));
    }

    #[test]
    fn nothing_is_written_through_other_kinds_of_files() {
        let build = tempfile::tempdir().unwrap();
        let folder = build.path().join(FOLDER);
        let (log, target) = (folder.join("log"), build.path().join("target"));
        fs::create_dir_all(&log).unwrap();
        assert!(Log::open(build.path()).is_none(), "a folder");
        fs::remove_dir(&log).unwrap();
        File::create(&target).unwrap();
        symlink(&target, &log).unwrap();
        assert!(Log::open(build.path()).is_none(), "a link");
        fs::remove_file(&log).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, &log, rustix::fs::FileType::Fifo, 0o644.into(), 0).unwrap();
        assert!(Log::open(build.path()).is_none(), "a named pipe");
        fs::remove_file(&log).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        File::create(folder.join("foreign")).unwrap();
        assert!(Log::open(build.path()).is_some(), "a folder that is open to all is replaced");
        assert!(!folder.join("foreign").exists() && is_ours(&folder.symlink_metadata().unwrap()));
        fs::remove_dir_all(&folder).unwrap();
        symlink(build.path(), &folder).unwrap();
        assert!(Log::open(build.path()).is_none(), "a link to a folder");
        fs::remove_file(&folder).unwrap();
        File::create(&folder).unwrap();
        assert!(Log::open(build.path()).is_none(), "a file in place of the folder");
        assert_eq!(fs::metadata(&target).unwrap().len(), 0);
    }
}
