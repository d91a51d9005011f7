//! The chain between `toolchainkit.yaml` and a hit: each link is checked, with what was seen and what to do.
//!
//! A link is a file of this folder with a constant of the type `Link`. The links run at the same time, each within its limit,
//! because a remote that hangs must not delay the answer about the others. No link changes the state of the cache, with one
//! exception: the trial compilation stores an object.

mod cache;
mod checkouts;
mod clock;
mod compilations;
mod daemon;
mod disk;
mod faults;
mod folder;
mod folders;
mod launcher;
mod project;
mod remote;
mod replica;
mod secrets;
mod tool;
mod trial;
mod unfinished;
mod workers;

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

pub use self::unfinished::NamedCompiler;
use super::replay::CacheOfBuild;
use crate::caching::tool::{Tool, Version};
use crate::probe::path::shown;

/// The longest time for all links. `toolchainkit doctor` promises 10 s, of which it needs some itself.
pub const LIMIT: Duration = Duration::from_secs(9);
/// The longest time for one link, if it does not have a shorter one.
const OF_LINK: Duration = Duration::from_millis(8500);

/// The condition of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It works as configured.
    Fine,
    /// Something to know. The cache works as configured.
    Doubtful,
    /// The cache works, but not as configured: it has fewer hits, or another storage.
    Degraded,
    /// The cache does not work.
    Broken,
}

impl State {
    /// A stable name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Doubtful => "doubtful",
            Self::Degraded => "degraded",
            Self::Broken => "broken",
        }
    }
}

/// What was found out about a link. The texts may contain texts of tools, servers and files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is about: the name of the link, or a part of it.
    pub about: &'static str,
    /// The condition.
    pub state: State,
    /// What was seen.
    pub text: String,
    /// What to do; `None` if nothing is to be done.
    pub help: Option<String>,
}

impl Finding {
    fn fine(about: &'static str, text: impl Into<String>) -> Self {
        Self { about, state: State::Fine, text: text.into(), help: None }
    }

    fn doubtful(about: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { about, state: State::Doubtful, text: text.into(), help: Some(help.into()) }
    }

    fn degraded(about: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { about, state: State::Degraded, text: text.into(), help: Some(help.into()) }
    }

    fn broken(about: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { about, state: State::Broken, text: text.into(), help: Some(help.into()) }
    }
}

/// Help that several links give.
const CONFIGURE_AGAIN: &str = "configure the build again";

/// A link of the chain.
struct Link {
    /// Its name, at most 11 characters.
    name: &'static str,
    /// The longest time for it.
    limit: Duration,
    /// Checks it. No findings: the link does not concern this build.
    examine: fn(&Subject) -> Vec<Finding>,
}

/// The links in the order of the report.
const CHAIN: &[&Link] = &[
    &project::CONFIGURATION,
    &project::GENERATED,
    &folder::LINK,
    &cache::LINK,
    &tool::LINK,
    &launcher::LINK,
    &secrets::LINK,
    &folders::LINK,
    &disk::LINK,
    &clock::LINK,
    &daemon::LINK,
    &remote::LINK,
    &workers::LINK,
    &trial::LINK,
    &checkouts::LINK,
    &compilations::LINK,
];

/// Everything that is known before the checks.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The configuration.
    pub project: Project,
    /// The build folder.
    pub build: BuildState,
    /// `toolchainkit-launch`, if it was found.
    pub launch_program: Option<Utf8PathBuf>,
    /// toolchainkit's folder in the user's cache folder; `None` without a home.
    pub user_folder: Option<Utf8PathBuf>,
    /// Whether a cache that cannot be used as configured must fail the build.
    pub must_work: bool,
}

impl Subject {
    fn build(&self) -> Option<&Build> {
        match &self.build {
            BuildState::Configured(build) => Some(build),
            BuildState::Absent { .. } => None,
        }
    }

    /// The build, if it uses a tool.
    fn caching_build(&self) -> Option<(&Build, Tool, Version)> {
        let build = self.build()?;
        let (tool, version) = build.tool?;
        (build.mode != Mode::None).then_some((build, tool, version))
    }

    fn wanted(&self) -> Option<&Wanted> {
        match &self.project {
            Project::Valid { wanted, .. } => wanted.as_ref(),
            Project::None | Project::Invalid { .. } => None,
        }
    }
}

/// The configuration of the project, and its generated files.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a run has only one")]
pub enum Project {
    /// There is no configuration: the project calls the module itself.
    None,
    /// It cannot be used.
    Invalid {
        /// The path of the file.
        path: Utf8PathBuf,
        /// The errors.
        errors: String,
    },
    /// It is valid.
    Valid {
        /// The path of the file.
        path: Utf8PathBuf,
        /// The result of comparing the generated files, or the reason why they could not be compared.
        generated: Result<Generated, String>,
        /// A command that configures the project.
        configure: String,
        /// The cache that the profile of the build should use; `None` if it is disabled.
        wanted: Option<Wanted>,
        /// Whether the build has a profile that the configuration does not have.
        is_unknown_profile: bool,
    },
}

/// The generated files of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// The number of all files.
    pub total: usize,
    /// The files that differ from what would be generated.
    pub stale: Vec<Utf8PathBuf>,
    /// The files that do not exist.
    pub missing: Vec<Utf8PathBuf>,
    /// The files that toolchainkit did not write.
    pub foreign: Vec<Utf8PathBuf>,
}

/// The cache that the configuration wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The tools, preferred first, each with its settings for the remote.
    pub tools: Vec<WantedTool>,
    /// The oldest version that may be used.
    pub min_version: Option<Version>,
    /// The limit of the local cache in GiB, if the configuration sets it.
    pub size_gb: Option<u32>,
    /// A description of the remote; `None` for a local cache. `{SERVER}` stands for the chosen server.
    pub location: Option<String>,
    /// The servers from which one is chosen.
    pub servers: Vec<String>,
    /// Whether the remote is only read.
    pub is_read_only: bool,
    /// The names of the backends.
    pub backends: Vec<String>,
}

/// The settings of a tool for the remote.
#[derive(Debug, Clone)]
pub struct WantedTool {
    /// The tool.
    pub tool: Tool,
    /// The settings without the local cache.
    pub settings: Vec<WantedSetting>,
}

/// A setting of a tool.
#[derive(Debug, Clone)]
pub struct WantedSetting {
    /// The variable of the tool.
    pub name: String,
    /// The value, or the template of a value with secrets.
    pub value: String,
    /// Whether the value has secrets.
    pub is_secret: bool,
    /// The first version of the tool that supports it.
    pub since: Option<Version>,
    /// Whether an older tool cannot be used.
    pub is_required: bool,
}

/// The build folder.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a run has only one")]
pub enum BuildState {
    /// There is none that uses the module.
    Absent {
        /// The reason.
        text: String,
        /// The folder, if the user has named it or it was found.
        folder: Option<Utf8PathBuf>,
    },
    /// It was configured with the module.
    Configured(Build),
}

/// The kind of cache of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A remote cache.
    Remote,
    /// A local cache.
    Local,
    /// None.
    None,
}

/// A configured build, from the summary that the module has written.
#[derive(Debug, Clone)]
pub struct Build {
    /// The folder.
    pub folder: Utf8PathBuf,
    /// The kind of cache.
    pub mode: Mode,
    /// The tool and its version; `None` if the summary has no valid tool.
    pub tool: Option<(Tool, Version)>,
    /// The executable of the tool.
    pub program: Utf8PathBuf,
    /// The launcher; `None` if it does not exist.
    pub launcher: Option<Utf8PathBuf>,
    /// Whether the launcher is the program, and not the script.
    pub has_program: bool,
    /// A description of the cache.
    pub location: String,
    /// The folder of the local cache; may be empty.
    pub directory: Utf8PathBuf,
    /// The address of the daemon; may be empty.
    pub socket: Utf8PathBuf,
    /// The address of the daemon, if it is running.
    pub running: Option<String>,
    /// The folder with the record of the running daemon.
    pub run_folder: Option<Utf8PathBuf>,
    /// The reason why the cache is not the configured one; empty if it is.
    pub reason: String,
    /// The settings of the user for the tool that are not used; empty if there are none.
    pub passed_over: String,
    /// The languages of CMake that are cached.
    pub languages: Vec<String>,
    /// Whether the project or the user has set all launchers.
    pub has_other_launchers: bool,
    /// The limit of the local cache in GiB.
    pub size_gb: Option<u32>,
    /// The compilers that presets with this folder name.
    pub named_compilers: Vec<NamedCompiler>,
}

impl Build {
    fn cache(&self) -> Option<CacheOfBuild<'_>> {
        let ((tool, version), launcher) = self.tool.zip(self.launcher.as_deref())?;
        Some(CacheOfBuild { tool, version, launcher })
    }

    /// The folder of the launcher.
    fn own_folder(&self) -> Utf8PathBuf {
        shown(&self.folder.join("toolchainkit"))
    }
}

/// A link with its findings.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The name of the link.
    pub link: &'static str,
    /// The findings, at least one.
    pub findings: Vec<Finding>,
    /// The time that it took.
    pub took: Duration,
}

/// Checks all links at the same time, and returns those that concern the subject, in the order of the chain.
#[must_use]
pub fn examine(subject: &Arc<Subject>) -> Vec<Checked> {
    let started = Instant::now();
    let (sender, results) = mpsc::channel();
    for (index, link) in CHAIN.iter().enumerate() {
        let (sender, subject) = (sender.clone(), Arc::clone(subject));
        thread::spawn(move || {
            let findings = (link.examine)(&subject);
            // The report may have been made without this link.
            let _ = sender.send((index, findings, started.elapsed()));
        });
    }
    drop(sender);
    let mut checked: Vec<Option<Checked>> = CHAIN.iter().map(|_| None).collect();
    loop {
        let pending = CHAIN.iter().zip(&checked).filter(|(_, done)| done.is_none());
        let Some(longest) = pending.map(|(link, _)| link.limit.min(LIMIT)).max() else { break };
        let Ok((index, findings, took)) = results.recv_timeout(longest.saturating_sub(started.elapsed()))
        else {
            break;
        };
        checked[index] = Some(Checked { link: CHAIN[index].name, findings, took });
    }
    let of_link = |(link, done): (&&Link, Option<Checked>)| {
        done.unwrap_or_else(|| Checked {
            link: link.name,
            findings: vec![Finding::degraded(
                link.name,
                format!("not checked: no answer within {:.0} s", link.limit.as_secs_f64()),
                "look for a storage or a file system that hangs, or try again when the machine is less busy",
            )],
            took: started.elapsed(),
        })
    };
    CHAIN.iter().zip(checked).map(of_link).filter(|checked| !checked.findings.is_empty()).collect()
}

/// The first line of a text.
fn first_line(text: &str) -> &str {
    text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim()
}

/// The path of a folder that exists: this one, or the nearest above it.
fn existing(folder: &Utf8Path) -> Option<&Utf8Path> {
    folder.ancestors().find(|folder| folder.exists())
}
