//! The cache that a configured build uses: what the CMake module wrote down about it, in the build folder and beside
//! the daemon's socket.

use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Deserialize;

use super::Global;
use super::project::Project;
use super::report::CliError;
use crate::caching::tool::{Tool, Version};
use crate::probe::environment;

/// Which build folder is meant.
#[derive(Debug, Args)]
pub(super) struct BuildFolderArgs {
    /// The build folder [default: this folder, or the one of the project's presets that was configured last]
    #[arg(long, value_name = "DIR")]
    build: Option<Utf8PathBuf>,
}

/// `<build folder>/toolchainkit/cache.json`
#[derive(Debug, Deserialize)]
pub(super) struct BuildCache {
    /// The build folder.
    #[serde(skip)]
    pub(super) folder: Utf8PathBuf,
    tool: String,
    tool_version: String,
    /// `remote`, `local` or `none`.
    mode: String,
    /// The tool's executable.
    #[serde(default)]
    pub(super) program: Utf8PathBuf,
    /// Runs the tool with the environment of this build; empty where there is none.
    launcher: Utf8PathBuf,
    pub(super) location: String,
    /// The address of the sccache daemon; empty where there is none.
    pub(super) socket: Utf8PathBuf,
    /// Why the cache is not the configured one; empty if it is.
    pub(super) reason: String,
}

const SUMMARY: &str = "toolchainkit/cache.json";

impl BuildCache {
    /// The cache of the build folder that `args` and the configuration lead to.
    pub(super) fn find(args: &BuildFolderArgs, global: &Global) -> Result<Self, CliError> {
        let path = match &args.build {
            Some(folder) => Some(folder.join(SUMMARY)).filter(|path| path.is_file()),
            None => newest(&candidates(global)?),
        };
        let Some(path) = path else {
            let place =
                args.build.as_ref().map_or("the project's build folders".to_owned(), ToString::to_string);
            return Err(CliError::NoBuildFolder(format!(
                "no build that uses toolchainkit was configured in {place}; configure one with `cmake --preset <name>`, \
                 or name its folder by --build"
            )));
        };
        let text = fs_err::read_to_string(&path)?;
        let cache: Self = serde_json::from_str(&text).map_err(|error| {
            CliError::CacheBroken(format!("{path} is damaged ({error}); configure the build again"))
        })?;
        let folder = path.as_str().trim_end_matches(SUMMARY);
        Ok(Self {
            folder: if folder.is_empty() { ".".into() } else { folder.trim_end_matches('/').into() },
            ..cache
        })
    }

    /// Whether there is a cache at all.
    pub(super) fn uses_a_tool(&self) -> bool {
        self.mode != "none"
    }

    /// The tool and its version.
    pub(super) fn tool(&self) -> Result<(Tool, Version), CliError> {
        let tool = Tool::from_name(&self.tool).zip(self.tool_version.parse().ok());
        tool.filter(|_| self.uses_a_tool())
            .ok_or_else(|| CliError::CacheBroken(format!("this build uses no cache: {}", self.reason)))
    }

    /// The program that runs the tool as this build does.
    pub(super) fn launcher(&self) -> Result<&Utf8Path, CliError> {
        if self.launcher.is_file() {
            return Ok(&self.launcher);
        }
        Err(CliError::CacheBroken("the launcher of this build is gone; configure the build again".to_owned()))
    }
}

/// The folders in which a build of this project may be.
fn candidates(global: &Global) -> Result<Vec<Utf8PathBuf>, CliError> {
    let here = Utf8PathBuf::from(".");
    if here.join(SUMMARY).is_file() {
        return Ok(vec![here]);
    }
    let project = Project::load_silently(global)?;
    let root = if project.folder.as_str().is_empty() { here } else { project.folder.clone() };
    let presets = project.plan.variants.iter().flat_map(|variant| {
        variant.presets.iter().map(|preset| {
            let folder = variant
                .binary_dir
                .replace("${presetName}", &preset.name)
                .replace("${generator}", &variant.generator);
            match folder.strip_prefix("${sourceDir}/") {
                Some(below) => root.join(below),
                None => root.join(folder),
            }
        })
    });
    let mut folders = presets.collect::<Vec<_>>();
    // Builds by -DCMAKE_TOOLCHAIN_FILE have folders of the user's choice; these are the usual ones.
    folders.extend(
        root.read_dir_utf8()
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(camino::Utf8DirEntry::into_path),
    );
    Ok(folders)
}

/// The summary that was written last.
fn newest(folders: &[Utf8PathBuf]) -> Option<Utf8PathBuf> {
    let written = |path: &Utf8Path| {
        path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let summaries = folders.iter().map(|folder| folder.join(SUMMARY)).filter(|path| path.is_file());
    summaries.max_by_key(|path| written(path))
}

/// `server.json`: one sccache daemon that toolchainkit may have started, whatever the project.
#[derive(Debug, Deserialize)]
pub(super) struct Daemon {
    pub(super) program: Utf8PathBuf,
    pub(super) version: String,
    pub(super) socket: Utf8PathBuf,
    pub(super) location: String,
    pub(super) project: String,
}

/// Every daemon's record in the user's folders, running or not.
pub(super) fn daemons() -> Vec<Daemon> {
    let cache = environment::user_cache_folder().map(|folder| folder.join("run"));
    // Where the path of a socket would be too long for the system, the module takes a folder here.
    let temporary = Utf8Path::new("/tmp").read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
    let temporary = temporary.filter(|entry| entry.file_name().starts_with("toolchainkit-"));
    let roots = cache.into_iter().chain(temporary.map(camino::Utf8DirEntry::into_path));
    let folders = roots.flat_map(|root| root.read_dir_utf8().into_iter().flatten().filter_map(Result::ok));
    let records = folders.filter_map(|folder| fs_err::read_to_string(folder.path().join("server.json")).ok());
    records.filter_map(|text| serde_json::from_str(&text).ok()).collect()
}

/// Whether a daemon listens at `socket`. Looking never starts one.
pub(super) fn is_running(socket: &Utf8Path) -> bool {
    #[cfg(unix)]
    {
        !socket.as_str().is_empty() && std::os::unix::net::UnixStream::connect(socket).is_ok()
    }
    #[cfg(not(unix))]
    {
        // There the daemon listens on a port, which the tool itself knows how to reach.
        let _ = socket;
        true
    }
}
