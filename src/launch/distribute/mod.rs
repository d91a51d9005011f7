//! Compilation on other machines. The cache tool runs this program again in front of the compiler, for misses only. It runs the
//! program that distributes, with limits of time, and compiles here if that fails.
//!
//! The objects of workers have a key of their own ([`Workers::namespace`]): if the compiler of a worker changes after the probe,
//! nobody without distribution gets its objects.

pub(super) mod breaker;
mod distcc;
mod icecream;
mod log;
mod probe;
mod run;
mod running;
mod servers;
mod slots;
mod workers;

pub use self::probe::probe_hosts;
pub(super) use self::probe::{Ended, source as probe_source, wait_for};
pub(super) use self::run::{compile, run};
pub(super) use self::servers::words;
pub use self::servers::{Servers, TOKEN};
pub use self::workers::{Language, State, Worker, Workers};

use std::path::PathBuf;
use std::process::Command;

use serde::Deserialize;

use super::process::{self, SharedFile};
use super::settings::Settings;
use crate::caching::tool::Engine;
use crate::journal::Placed;

/// The environment variable with the path of the file for the report. It shows that the cache tool runs this program in front of the
/// compiler.
pub(super) const VARIABLE: &str = "TOOLCHAINKIT_DISTRIBUTED";
/// The environment variable with the entries of the workers that this program may use there.
const HOSTS: &str = "TOOLCHAINKIT_DISTRIBUTED_HOSTS";

/// The settings of `launcher.json`.
#[derive(Debug, Clone, Deserialize)]
pub struct Distribution {
    /// The program that distributes.
    pub engine: Engine,
    /// Its path.
    pub program: PathBuf,
    /// The workers of distcc, as entries of `DISTCC_HOSTS`.
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
    /// The preprocessors of distcc on this machine at the same time.
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
        command.env(HOSTS, workers.usable().collect::<Vec<_>>().join(" "));
        Some(Self { report })
    }

    /// Where the compiler ran; `None` if it did not.
    pub(super) fn placed(&self) -> Option<Placed> {
        log::parse(&self.report.read(64 * 1024))
    }
}
