//! Builds the tool from source with the user's cargo and registry.

use std::time::Duration;

use super::{Fetched, InstallRequest, release};
use crate::caching::tool::{Tool, Version};
use crate::install::InstallError;
use crate::probe::program;

/// A build takes 15 minutes on two cores.
const BUILD_TIMEOUT: Duration = Duration::from_hours(2);

pub(super) fn newest(tool: Tool) -> Result<Version, InstallError> {
    if tool == Tool::Ccache {
        return Err(InstallError::WayFailed {
            way: "cargo",
            message: "ccache is not a Rust program, so cargo cannot build it".to_owned(),
        });
    }
    release::newest(tool)
}

pub(super) fn fetch(request: &InstallRequest<'_>, version: Version) -> Result<Fetched, InstallError> {
    let tool = request.tool;
    newest(tool)?;
    if request.options.offline {
        return Err(InstallError::WayNeedsNetwork("cargo"));
    }
    let cargo =
        program::find("cargo").ok_or(InstallError::MissingProgram { program: "cargo", way: "cargo" })?;
    let root = request.staging.folder("cargo").map_err(|source| request.store.io(source))?;
    request.progress.report(&format!("building {tool} {version}; this takes several minutes"));
    let version = version.to_string();
    let arguments = ["install", tool.name(), "--locked", "--version", &version, "--root", root.as_str()];
    let no_environment: [(&str, &str); 0] = [];
    let finished = program::run(&cargo, &arguments, no_environment, BUILD_TIMEOUT)?;
    if !finished.status.success() {
        return Err(InstallError::WayFailed { way: "cargo", message: finished.message() });
    }
    let built = root.join("bin").join(format!("{tool}{}", std::env::consts::EXE_SUFFIX));
    Ok(Fetched {
        executable: fs_err::read(built).map_err(|source| request.store.io(source))?,
        from: format!("cargo: {tool} {version}"),
        archive_sha256: None,
        trusted_by: "the registry of the user's cargo",
    })
}
