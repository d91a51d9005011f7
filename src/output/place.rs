//! Where a generated file is written, and what is there now.

use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileSet, OutputError, RenderedFile, marker};
use crate::probe::file::{self, ReadError};

/// The largest file that is read. Generated files are smaller; see the limits in `config/validate/combinations.rs`.
const LARGEST: u64 = 8 << 20;

/// The place of a generated file.
pub(super) struct Place<'a> {
    pub(super) file: &'a RenderedFile,
    /// The path without links.
    pub(super) path: Utf8PathBuf,
    pub(super) present: Present,
}

/// The file that is there now.
pub(super) enum Present {
    Missing,
    /// With the generated text; line endings are ignored.
    Same,
    /// Another text that toolchainkit wrote.
    Ours(Vec<u8>),
    Foreign,
}

/// The places of all files.
pub(super) fn places<'a>(files: &'a FileSet, project: &Utf8Path) -> Result<Vec<Place<'a>>, OutputError> {
    let project = if project.as_str().is_empty() { Utf8Path::new(".") } else { project };
    let root = project.canonicalize_utf8()?;
    let mut places: Vec<Place<'_>> = Vec::new();
    for file in files.iter() {
        let path = resolve(&root, &file.path)?;
        if places.iter().any(|other| other.path == path) {
            return Err(in_the_way(&file.path, "a link to another generated file"));
        }
        places.push(Place { file, present: present(file, &path)?, path });
    }
    Ok(places)
}

/// The path without links. A link may not lead out of the project: it could come from a repository that someone else wrote.
fn resolve(root: &Utf8Path, path: &Utf8Path) -> Result<Utf8PathBuf, OutputError> {
    let mut resolved = root.to_owned();
    let mut rest = path.components().peekable();
    let mut so_far = Utf8PathBuf::new();
    while let Some(component) = rest.next() {
        resolved.push(component);
        so_far.push(component);
        let mut metadata = match resolved.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                resolved.extend(rest);
                return Ok(resolved);
            }
            Err(error) => {
                return Err(std::io::Error::new(error.kind(), format!("{resolved}: {error}")).into());
            }
        };
        if metadata.is_symlink() {
            resolved = match resolved.canonicalize_utf8() {
                Ok(target) => target,
                Err(_) => return Err(in_the_way(&so_far, "a link to nothing")),
            };
            if !resolved.starts_with(root) {
                return Err(OutputError::Outside { path: so_far, target: resolved });
            }
            metadata = resolved.metadata()?;
        }
        let is_last = rest.peek().is_none();
        match file::other_kind(metadata.file_type()) {
            None if is_last => {}
            None => return Err(in_the_way(&so_far, "a file")),
            Some("a folder") if !is_last => {}
            Some(kind) => return Err(in_the_way(&so_far, kind)),
        }
    }
    Ok(resolved)
}

fn in_the_way(path: &Utf8Path, kind: &'static str) -> OutputError {
    OutputError::InTheWay { path: path.to_owned(), kind }
}

fn present(file: &RenderedFile, path: &Utf8Path) -> Result<Present, OutputError> {
    let bytes = match file::read(path, LARGEST) {
        Ok(bytes) => bytes,
        Err(ReadError::Io(error)) if error.kind() == ErrorKind::NotFound => return Ok(Present::Missing),
        Err(ReadError::Io(error)) => return Err(error.into()),
        Err(ReadError::NotAFile { kind, .. }) => return Err(in_the_way(&file.path, kind)),
        Err(ReadError::TooLarge { .. }) => return Ok(Present::Foreign),
    };
    if let Some(users) = &file.users {
        return Ok(if bytes == file.text.as_bytes() {
            Present::Same
        } else if bytes == users.as_bytes() {
            Present::Ours(bytes)
        } else {
            Present::Foreign
        });
    }
    Ok(if has_text(&bytes, &file.text) {
        Present::Same
    } else if marker::is_ours(file.kind, &bytes) {
        Present::Ours(bytes)
    } else {
        Present::Foreign
    })
}

/// git may check out files with CR LF.
fn has_text(bytes: &[u8], text: &str) -> bool {
    bytes == text.as_bytes()
        || (bytes.contains(&b'\r') && String::from_utf8_lossy(bytes).replace("\r\n", "\n") == text)
}

/// Whether the first line ends with CR LF.
pub(super) fn is_crlf(bytes: &[u8]) -> bool {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    end.is_some_and(|end| bytes[..end].ends_with(b"\r"))
}
