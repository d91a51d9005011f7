//! The cache of a configured build, from the files that the CMake module writes into the build folder and the launcher
//! writes beside the socket of the daemon.

use std::collections::HashSet;
use std::fmt;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Deserialize;

use super::Global;
use super::project::Project;
use super::report::CliError;
use crate::caching::tool::{Tool, Version};
use crate::doctor::chain::{self, Mode};
use crate::install::Digest;
use crate::journal;
use crate::launch::address::Address;
use crate::launch::process;
use crate::launch::supervisor::{self, Record};
use crate::probe::{environment, file, path::shown};
use crate::trust::{self, Purpose};

/// Selects the build folder.
#[derive(Debug, Default, Args)]
pub(super) struct BuildFolderArgs {
    /// Build folder [default: the current folder, or the build folder of the project that was configured or
    /// built last]
    #[arg(long, value_name = "DIR")]
    build: Option<Utf8PathBuf>,
}

impl BuildFolderArgs {
    /// Selects this folder.
    pub(super) const fn of(folder: Utf8PathBuf) -> Self {
        Self { build: Some(folder) }
    }

    /// The folder, if the user has named it.
    pub(super) fn folder(&self) -> Option<&Utf8Path> {
        self.build.as_deref()
    }
}

/// `<build folder>/toolchainkit/cache.json`
#[derive(Debug, Deserialize)]
pub(super) struct BuildCache {
    /// The build folder.
    #[serde(skip)]
    pub(super) folder: Utf8PathBuf,
    /// The other build folders of the project.
    #[serde(skip)]
    pub(super) others: Vec<Utf8PathBuf>,
    tool: String,
    tool_version: String,
    /// `remote`, `local` or `none`.
    mode: String,
    /// The tool's executable.
    #[serde(default)]
    pub(super) program: Utf8PathBuf,
    /// The program that runs the tool with the environment of this build; empty if there is none.
    launcher: Utf8PathBuf,
    pub(super) location: String,
    /// The folder of the local cache; empty if there is none.
    #[serde(default, rename = "dir")]
    directory: Utf8PathBuf,
    /// The limit of the local cache in GiB.
    #[serde(default)]
    size_gb: Option<u32>,
    /// The profile; empty if there is none.
    #[serde(default)]
    pub(super) profile: String,
    /// Names the storage; empty if there is none.
    #[serde(default)]
    id: String,
    /// The address of the sccache daemon when the build was configured; empty if there is none.
    pub(super) socket: Utf8PathBuf,
    /// The kind of the launcher: `program`, `script`, `command` for none on Windows, or empty.
    #[serde(default)]
    launch: String,
    /// The reason why the cache is not the configured one; empty if it is.
    pub(super) reason: String,
    /// The settings of the user for the tool that are not used; empty if there are none.
    #[serde(default)]
    pub(super) passed_over: String,
    /// The languages to cache, separated by semicolons; empty in a summary of an older module.
    #[serde(default)]
    languages: String,
}

/// The beginning of the error if there is no build.
pub(super) const NO_BUILD: &str = "no configured build with toolchainkit";
/// The summary of a build folder.
pub(super) const SUMMARY: &str = "toolchainkit/cache.json";
/// The largest summary. Usual ones have less than 1 KiB.
const LARGEST: u64 = 1 << 20;
/// The most folders in a message.
const MOST_SHOWN: usize = 12;
/// The time for a connection to a port of this machine.
const PATIENCE: Duration = Duration::from_secs(1);

impl BuildCache {
    /// Reads the cache of the build folder that `args` or the configuration select.
    pub(super) fn find(args: &BuildFolderArgs, global: &Global) -> Result<Self, CliError> {
        let searched = match &args.build {
            Some(folder) => Searched { named: vec![folder.clone()], below: Vec::new() },
            None => candidates(global)?,
        };
        let summaries = newest_first(searched.named.iter().chain(&searched.below));
        let Some(first) = summaries.first() else {
            return Err(CliError::NoBuildFolder(format!(
                "{NO_BUILD} was found in {searched}; configure one with `cmake --preset <name>`, or \
                 give its folder with --build"
            )));
        };
        let registered = summaries.iter().find_map(|path| Some((path, registered_text(path)?)));
        let (path, text) = registered.ok_or_else(|| {
            CliError::NoBuildFolder(format!(
                "{first} names programs, but it was not written when you configured this folder, or has been changed; configure \
                 the build again (this needs a cache folder that only you can write to, such as ~/.cache or XDG_CACHE_HOME)"
            ))
        })?;
        let cache: Self = serde_json::from_str(&text).map_err(|error| {
            CliError::CacheBroken(format!("{path} is damaged ({error}); configure the build again"))
        })?;
        let others = summaries.iter().filter(|other| *other != path);
        let others = others.map(|other| plain(&folder_of(other)).to_owned()).collect();
        Ok(Self { folder: folder_of(path), others, ..cache })
    }

    /// The build folder, for messages.
    pub(super) fn shown_folder(&self) -> &Utf8Path {
        plain(&self.folder)
    }

    /// Whether the sccache daemon of this build is running. This check never starts one.
    pub(super) fn is_running(&self) -> bool {
        self.running_daemon().is_some()
    }

    /// The address of the sccache daemon of this build, if it is running.
    pub(super) fn running_daemon(&self) -> Option<String> {
        self.daemon().map(|(address, _)| address)
    }

    /// Its address, and the folder of its record. The script has no record.
    fn daemon(&self) -> Option<(String, Option<Utf8PathBuf>)> {
        let folder = match Address::try_from(self.socket.to_string()).ok()? {
            Address::Socket(path) => Some(path.parent()?.to_path_buf()),
            // Each daemon takes another one.
            Address::Port(_) => None,
        };
        if self.has_only_a_command() {
            // The daemon has the same port as long as the storage is the same, and the module has checked whose it is.
            let address: SocketAddr = self.socket.as_str().parse().ok()?;
            let is_running =
                address.ip().is_loopback() && TcpStream::connect_timeout(&address, PATIENCE).is_ok();
            return is_running.then(|| (self.socket.to_string(), None));
        }
        if self.launch == "script" {
            let is_running = process::is_private_folder(&folder?)
                && process::Connection::connect(self.socket.as_std_path()).is_ok();
            return is_running.then(|| (self.socket.to_string(), None));
        }
        let is_its = |record: &Record| {
            folder.as_ref().map_or(record.id == self.id, |folder| record.folder == *folder)
                && supervisor::is_running(record)
        };
        let record = supervisors().into_iter().find(is_its)?;
        Some((record.socket, Utf8PathBuf::from_path_buf(record.folder).ok()))
    }

    /// What the checks of `doctor` need to know.
    pub(super) fn facts(&self) -> chain::Build {
        let (running, run_folder) =
            self.daemon().map_or((None, None), |(address, folder)| (Some(address), folder));
        chain::Build {
            folder: self.shown_folder().to_owned(),
            mode: match self.mode.as_str() {
                "remote" => Mode::Remote,
                "none" => Mode::None,
                _ => Mode::Local,
            },
            tool: Tool::from_name(&self.tool).zip(self.tool_version.parse().ok()),
            program: self.program.clone(),
            launcher: Some(self.launcher.clone()).filter(|launcher| launcher.is_file()),
            has_program: self.has_program(),
            location: self.location.clone(),
            directory: self.directory.clone(),
            socket: self.socket.clone(),
            running,
            run_folder,
            reason: self.reason.clone(),
            passed_over: self.passed_over.clone(),
            languages: self.languages().into_iter().map(str::to_owned).collect(),
            has_other_launchers: self.has_other_launchers(),
            size_gb: self.size_gb,
            named_compilers: Vec::new(),
        }
    }

    /// Whether the build uses a cache.
    pub(super) fn uses_a_tool(&self) -> bool {
        self.mode != "none"
    }

    /// Whether there is a launcher, but no cache.
    pub(super) fn only_distributes(&self) -> bool {
        !self.uses_a_tool() && self.has_program()
    }

    /// Whether the launcher is the program, and not the script.
    pub(super) fn has_program(&self) -> bool {
        self.launch == "program"
    }

    /// Whether the commands of the build contain the tool and its settings, because there is no launcher.
    pub(super) fn has_only_a_command(&self) -> bool {
        self.launch == "command"
    }

    /// Whether the build has no cache because the project or the user has set all launchers.
    pub(super) fn has_other_launchers(&self) -> bool {
        self.reason.starts_with("the compiler launchers are already set")
    }

    /// The languages of CMake that are cached.
    pub(super) fn languages(&self) -> Vec<&str> {
        let languages = if self.languages.is_empty() { "C;CXX;OBJC;OBJCXX" } else { &self.languages };
        // ccache does not support HIP.
        languages.split(';').filter(|language| *language != "HIP" || self.tool != "ccache").collect()
    }

    /// The tool and its version.
    pub(super) fn tool(&self) -> Result<(Tool, Version), CliError> {
        let tool = Tool::from_name(&self.tool).zip(self.tool_version.parse().ok());
        tool.filter(|_| self.uses_a_tool())
            .ok_or_else(|| CliError::CacheBroken(format!("this build uses no cache: {}", self.reason)))
    }

    /// The program that runs the tool with the environment of this build.
    pub(super) fn launcher(&self) -> Result<&Utf8Path, CliError> {
        if self.launcher.is_file() {
            return Ok(&self.launcher);
        }
        Err(CliError::CacheBroken(
            "the launcher of this build does not exist; configure the build again".to_owned(),
        ))
    }
}

/// The build folder of a summary.
fn folder_of(summary: &Utf8Path) -> Utf8PathBuf {
    let folder = summary.as_str().trim_end_matches(SUMMARY);
    if folder.is_empty() { ".".into() } else { folder.trim_end_matches('/').into() }
}

/// The configured build folders of the project, beginning with the one that was configured or built last.
pub(super) fn folders(global: &Global) -> Result<Vec<Utf8PathBuf>, CliError> {
    let searched = candidates(global)?;
    let summaries = newest_first(searched.named.iter().chain(&searched.below));
    Ok(summaries.iter().map(|summary| folder_of(summary)).collect())
}

/// The folders in which a build is searched.
struct Searched {
    /// Those of presets, or of an option.
    named: Vec<Utf8PathBuf>,
    /// The subfolders of the project.
    below: Vec<Utf8PathBuf>,
}

impl fmt::Display for Searched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let few = self.named.iter().take(MOST_SHOWN);
        let mut names = few.map(|folder| shown(plain(folder)).to_string()).collect::<Vec<_>>();
        if self.named.len() > MOST_SHOWN {
            names.push(format!("{} other folders of presets", self.named.len() - MOST_SHOWN));
        }
        if !self.below.is_empty() || names.is_empty() {
            names.push("the subfolders of the project".to_owned());
        }
        formatter.write_str(&names.join(", "))
    }
}

/// The path without `.` at its start.
fn plain(folder: &Utf8Path) -> &Utf8Path {
    folder.strip_prefix(".").ok().filter(|path| !path.as_str().is_empty()).unwrap_or(folder)
}

/// The possible build folders of this project: those of all presets, also of the user and of Conan, and its subfolders.
fn candidates(global: &Global) -> Result<Searched, CliError> {
    let here = Utf8PathBuf::from(".");
    if here.join(SUMMARY).is_file() {
        return Ok(Searched { named: vec![here], below: Vec::new() });
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
    let source = &project.surroundings.source_dir;
    let others = project.presets.configure(&project.surroundings).into_iter().filter(|preset| !preset.hidden);
    let others = others.filter_map(|preset| preset.binary_dir).map(|folder| {
        // Below the project, the shorter path is easier to read in messages.
        folder.strip_prefix(source).map_or_else(|_| folder.clone(), |below| root.join(below))
    });
    let mut named = others.chain(presets).collect::<Vec<_>>();
    let mut seen = HashSet::new();
    named.retain(|folder| seen.insert(plain(folder).to_owned()));
    // With -DCMAKE_TOOLCHAIN_FILE, the user chooses the build folder; usually it is a subfolder of the project.
    let below = root.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
    let below = below.map(camino::Utf8DirEntry::into_path).filter(|path| path.is_dir());
    Ok(Searched { named, below: below.filter(|path| seen.insert(plain(path).to_owned())).collect() })
}

/// The summaries, beginning with the one of the folder that was configured or built last.
fn newest_first<'a>(folders: impl Iterator<Item = &'a Utf8PathBuf>) -> Vec<Utf8PathBuf> {
    let modified = |path: &Utf8Path| {
        path.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let written =
        |path: &Utf8Path| modified(path).max(modified(&folder_of(path).join(journal::FOLDER).join("log")));
    let summaries = folders.map(|folder| shown(&folder.join(SUMMARY))).filter(|path| path.is_file());
    let mut summaries: Vec<Utf8PathBuf> = summaries.collect();
    summaries.sort_by_key(|path| std::cmp::Reverse(written(path)));
    summaries
}

/// The text of a summary, if the CMake module has written it at this path for this user. A summary names programs that the
/// commands run, and it may also come with a clone of a repository. So the module registers it outside of the checkout, in a
/// folder to which only this user can write.
fn registered_text(summary: &Utf8Path) -> Option<String> {
    let hash = |bytes: &[u8]| Digest::of(bytes).to_string();
    let bytes = file::read(summary, LARGEST).ok()?;
    let folder = summary.parent()?.parent()?;
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let name = hash(as_cmake_writes(&folder.canonicalize_utf8().ok()?).as_bytes());
    let digest = hash(&bytes);
    let is_registered = |place: &Path| {
        let entry = place.join("builds").join(&name);
        fs_err::read_to_string(&entry).is_ok_and(|registered| registered.lines().next() == Some(&digest))
            && trust::check(&entry, Purpose::State).is_ok()
    };
    let user = environment::user_cache_folder().map(camino::Utf8PathBuf::into_std_path_buf);
    let others = process::user_folders(Path::new(""));
    user.into_iter().chain(others).any(|place| is_registered(&place)).then(|| {
        // A path in it need not be UTF-8.
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// The real path of a folder as `_toolchainkit_registry_entry` of the CMake module writes it: on Windows with slashes, without the
/// prefix of long paths, and in small letters, because Windows does not distinguish them there.
fn as_cmake_writes(folder: &Utf8Path) -> String {
    if cfg!(windows) { shown(folder).as_str().to_ascii_lowercase() } else { folder.to_string() }
}

/// The supervisors of the sccache daemons of this user, running or not. Folders of other users are ignored.
pub(super) fn supervisors() -> Vec<Record> {
    let run = environment::user_cache_folder().map(|folder| folder.join("run")).unwrap_or_default();
    supervisor::list(&process::user_folders(run.as_std_path()))
}
