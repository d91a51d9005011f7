//! Installs the archives that the projects release: from their server, from a mirror, or from a file that the user
//! downloaded.

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

use super::{Fetched, InstallRequest, check_digest};
use crate::caching::tool::{Tool, Version};
use crate::install::digest::Digest;
use crate::install::download::{Limits, download};
use crate::install::signature;
use crate::install::url::Url;
use crate::install::{InstallError, archive, check_mirror, manifest};

/// The server of the releases, which a mirror can replace.
pub const DEFAULT_SERVER: &str = "https://github.com";

/// The largest current archive has 16 MB.
const MAX_ARCHIVE: u64 = 64 << 20;
const MAX_SIGNATURE: u64 = 4096;

pub(super) fn newest(tool: Tool) -> Result<Version, InstallError> {
    Ok(manifest::release(tool, None).ok_or(InstallError::NoRelease(tool))?.version)
}

/// The way to verify an archive.
enum Proof {
    Digest(Digest, &'static str),
    Signature,
}

pub(super) fn fetch(request: &InstallRequest<'_>, version: Version) -> Result<Fetched, InstallError> {
    let (tool, options) = (request.tool, request.options);
    let known = manifest::release(tool, Some(version));
    let asset = known.map(|release| release.asset.to_owned()).or_else(|| manifest::asset(tool, version));
    let asset = asset.ok_or(InstallError::NoRelease(tool))?;
    let proof = match (options.sha256, known) {
        (Some(given), _) => Proof::Digest(given, "the given SHA-256"),
        (None, Some(release)) => Proof::Digest(release.sha256, "a known SHA-256"),
        (None, None) if signature::is_signed(tool, version) => Proof::Signature,
        (None, None) => return Err(InstallError::NotPinned { tool, version }),
    };
    options.mirror.as_deref().map_or(Ok(()), check_mirror)?;
    let server = options.mirror.as_deref().unwrap_or(DEFAULT_SERVER).trim_end_matches('/');
    let address = Url::parse(&format!("{server}/{}", manifest::path(tool, version, &asset)))?;
    let source = Source { request, address, folder: request.store.downloads() };
    let (bytes, trusted_by) = match proof {
        Proof::Digest(digest, by) => (source.pinned(&asset, digest)?, by),
        Proof::Signature => {
            let bytes = source.get(&asset, MAX_ARCHIVE, None)?;
            let signature = source.get(&format!("{asset}.minisig"), MAX_SIGNATURE, None)?;
            signature::check(&bytes, &signature, &asset, signature::CCACHE_KEY)
                .map_err(|source| InstallError::Signature { what: asset.clone(), source })?;
            (bytes, "the signature of the ccache project")
        }
    };
    let from = source.address.to_string();
    Ok(Fetched {
        executable: archive::executable(&bytes, tool)
            .map_err(|source| InstallError::Archive { what: from.clone(), source })?,
        archive_sha256: Some(Digest::of(&bytes)),
        from,
        trusted_by,
    })
}

/// The source of the archive.
struct Source<'a> {
    request: &'a InstallRequest<'a>,
    address: Url,
    folder: Utf8PathBuf,
}

impl Source<'_> {
    /// The file with this digest. A file with another digest is not opened.
    fn pinned(&self, asset: &str, digest: Digest) -> Result<Vec<u8>, InstallError> {
        let partial = self.partial(asset);
        let resumed = partial.metadata().is_ok_and(|file| file.len() > 0);
        let bytes = self.get(asset, MAX_ARCHIVE, Some(digest))?;
        match check_digest(&self.address.to_string(), &bytes, digest) {
            // A killed process left the beginning of the file. After a crash of the machine it may be damaged.
            Err(_) if resumed => {
                let bytes = self.get(asset, MAX_ARCHIVE, Some(digest))?;
                check_digest(&self.address.to_string(), &bytes, digest)?;
                Ok(bytes)
            }
            checked => checked.map(|()| bytes),
        }
    }

    /// The file: from the downloads folder if the user put it there, otherwise from the server.
    fn get(&self, name: &str, max: u64, digest: Option<Digest>) -> Result<Vec<u8>, InstallError> {
        let InstallRequest { options, progress, store, .. } = self.request;
        let provided = self.folder.join(name);
        if provided.is_file() {
            progress.report(&format!("using {provided}"));
            return fs_err::read(&provided).map_err(InstallError::File);
        }
        let address = self.address.sibling(name)?;
        if options.offline {
            return Err(InstallError::Offline { url: address.to_string(), digest, path: provided });
        }
        progress.report(&format!("downloading {address}"));
        fs_err::create_dir_all(&self.folder).map_err(|source| store.io(source))?;
        let partial = self.partial(name);
        let limits = Limits { bytes: max, total: options.timeout };
        let result = match (fs_err::read(&partial), digest) {
            (Ok(bytes), Some(digest)) if Digest::of(&bytes) == digest => Ok(bytes),
            _ => fill(&partial, &address, limits, self.request),
        };
        // Only the data of a killed process can be resumed.
        let _ = fs_err::remove_file(&partial);
        let _ = fs_err::remove_dir(&self.folder);
        progress.finished();
        result
    }

    fn partial(&self, name: &str) -> Utf8PathBuf {
        self.folder.join(format!("{name}.partial"))
    }
}

fn fill(
    path: &Utf8Path,
    address: &Url,
    limits: Limits,
    request: &InstallRequest<'_>,
) -> Result<Vec<u8>, InstallError> {
    let file = File::options().create(true).truncate(false).read(true).write(true).open(path);
    let mut file = file.map_err(|source| request.store.io(source))?;
    download(address, &mut file, limits, request.progress)?;
    drop(file);
    fs_err::read(path).map_err(|source| request.store.io(source).into())
}
