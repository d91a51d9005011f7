//! Compilation on other machines. The cache tool runs this program again in front of the compiler, for misses only. It runs the
//! program that distributes, with limits of time, and compiles here if that fails.
//!
//! The objects of workers have a key of their own ([`Workers::namespace`]): if the compiler of a worker changes after the probe,
//! nobody without distribution gets its objects.

pub(super) mod breaker;
mod log;
mod probe;
mod run;
mod servers;
mod slots;
mod workers;

pub use self::probe::probe_hosts;
pub(super) use self::probe::source as probe_source;
pub(super) use self::run::{VARIABLE, run};
pub(super) use self::servers::words;
pub use self::servers::{Servers, TOKEN};
pub use self::workers::{Language, State, Worker, Workers};

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::process::{self, SharedFile};
use super::settings::Settings;
use crate::caching::tool::Engine;
use crate::journal::Placed;

/// The settings of `launcher.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Distribution {
    /// The program that distributes.
    pub engine: Engine,
    /// Its path.
    pub program: PathBuf,
    /// The workers, as entries of `DISTCC_HOSTS`. Empty for other engines.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The URL of the scheduler of sccache-dist. Empty for other engines.
    #[serde(default)]
    pub scheduler: String,
    /// The template of the token of sccache-dist, as in [`super::settings::Secret::template`].
    #[serde(default)]
    pub token: String,
    /// The compilers on this machine at the same time; 0 is the number of processors.
    #[serde(default)]
    pub local_slots: usize,
    /// The preprocessors on this machine at the same time.
    #[serde(default = "eight")]
    pub preprocess: usize,
    /// The longest time of a remote compilation in seconds.
    #[serde(default = "two_minutes")]
    pub timeout_seconds: u64,
}

const fn eight() -> usize {
    8
}

const fn two_minutes() -> u64 {
    120
}

impl Distribution {
    /// The compilers on this machine at the same time.
    #[must_use]
    pub fn slots(&self) -> usize {
        match self.local_slots {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            slots => slots,
        }
    }
}

/// The folder of everything that belongs to the distribution, in that of the launcher.
pub(super) fn folder(settings: &Settings) -> PathBuf {
    settings.folder().join("distribution")
}

/// The environment of distcc in `folder`, with these workers. It never compiles here after a failure: this program does.
fn set_environment(command: &mut Command, folder: &Path, hosts: &str, timeout_seconds: u64) {
    for name in ["DISTCC_POTENTIAL_HOSTS", "DISTCC_SAVE_TEMPS", "DISTCC_CMDLIST", "DISTCC_PAUSE_TIME_MSEC"] {
        command.env_remove(name);
    }
    command.env("DISTCC_HOSTS", hosts);
    command.env("DISTCC_DIR", folder);
    command.env("DISTCC_IO_TIMEOUT", timeout_seconds.to_string());
    command.env("DISTCC_FALLBACK", "0").env("DISTCC_SKIP_LOCAL_RETRY", "1");
}

/// Lets the cache tool compile a miss on one of the workers.
pub(super) struct Outer {
    report: SharedFile,
}

impl Outer {
    /// Sets the variables of the tool. `None` if that is not possible: the compilation runs here.
    pub(super) fn set(settings: &Settings, workers: &Workers, command: &mut Command) -> Option<Self> {
        // ccache splits the value at blanks.
        const PREFIX: &str = "CCACHE_PREFIX";
        let launcher = settings.folder().join("launcher");
        let has_blank = launcher.as_os_str().as_encoded_bytes().iter().any(u8::is_ascii_whitespace);
        let distribution = settings.distribution.as_ref()?;
        if has_blank || workers.usable().next().is_none() || !process::is_executable(&distribution.program) {
            return None;
        }
        let report = SharedFile::new()?;
        command.env(PREFIX, launcher);
        command.env(VARIABLE, report.path());
        command.env("DISTCC_HOSTS", workers.usable().collect::<Vec<_>>().join(" "));
        Some(Self { report })
    }

    /// Where the compiler ran; `None` if it did not.
    pub(super) fn placed(&self) -> Option<Placed> {
        log::parse(&self.report.read(64 * 1024))
    }
}
