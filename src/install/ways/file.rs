//! A file on this machine.

use camino::Utf8Path;

use super::{Fetched, Order, check_digest};
use crate::caching::tool::{Tool, Version};
use crate::install::digest::Digest;
use crate::install::{InstallError, archive, manifest};

/// The version of the file, if it is one that is known.
pub(super) fn version(path: &Utf8Path, tool: Tool) -> Result<Option<Version>, InstallError> {
    let known = manifest::by_digest(Digest::of(&read(path)?));
    Ok(known.filter(|(of, _)| *of == tool).map(|(_, version)| version))
}

pub(super) fn fetch(path: &Utf8Path, order: &Order<'_>) -> Result<Fetched, InstallError> {
    let bytes = read(path)?;
    let digest = Digest::of(&bytes);
    let trusted_by = match order.options.sha256 {
        Some(expected) => {
            check_digest(path.as_str(), &bytes, expected)?;
            "the SHA-256 that was given"
        }
        None if manifest::by_digest(digest).is_some() => "a known SHA-256",
        None => return Err(InstallError::UnknownFile { path: path.to_owned(), digest }),
    };
    let is_archive = bytes.starts_with(b"\x1f\x8b") || bytes.starts_with(b"PK");
    let executable = if is_archive {
        archive::executable(&bytes, order.tool)
            .map_err(|source| InstallError::Archive { what: path.to_string(), source })?
    } else {
        bytes
    };
    Ok(Fetched { executable, from: path.to_string(), archive_sha256: Some(digest), trusted_by })
}

fn read(path: &Utf8Path) -> Result<Vec<u8>, InstallError> {
    fs_err::read(path).map_err(InstallError::File)
}
