//! A compilation with icecream. The daemon of this machine asks the scheduler for a machine, and `icecc` sends the preprocessed source
//! and, the first time, the compiler there.
//!
//! Nothing in icecream limits how long this may take: `icecc` waits up to 4 minutes for each answer of the daemon, 12 minutes for the
//! object, and 40 minutes for a slot of this machine.

mod log;
mod peer;
mod trial;

pub(super) use self::trial::{answers, probe};

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use self::log::{Log, Stage, Wait};
use super::super::process;
use super::running::{Attempt, Ended, Running, Step};
use super::{Distribution, breaker};
use crate::journal::Placed;

/// The entry that stands for all workers: only the scheduler knows them.
pub(super) const ENTRY: &str = "icecream";
/// The variable with the path of the log of `icecc`.
const LOG_FILE: &str = "ICECC_LOGFILE";
/// After this time without a machine for the compilation, it runs here.
const PATIENCE: Duration = Duration::from_secs(6);
/// If a compilation of this build was heard of within this time, the scheduler works, and the others wait in its queue.
const HEARD: Duration = Duration::from_secs(8);
/// After this time on a worker, and then again, the launcher asks whether the worker is alive.
const INTERVAL: Duration = Duration::from_secs(5);
/// `icecc` itself fails with these codes and greater ones; compilers do not.
const OWN_FAILURES: i32 = 100;

/// Sets the environment of `icecc`.
fn set_environment(command: &mut Command, compiler: &OsStr) {
    command.env("ICECC_DEBUG", "debug").env_remove("ICECC_REPEAT_RATE");
    command.env_remove(super::VARIABLE).env_remove(super::HOSTS).env_remove("CCACHE_PREFIX");
    // By default, macros are expanded on the worker. With GCC (`-fdirectives-only`), that gives another value for `__BASE_FILE__` and
    // `__INCLUDE_LEVEL__`. Clang (`-frewrite-includes`) does it right, and its warnings need it.
    let name = Path::new(compiler).file_name().unwrap_or(compiler);
    if !name.to_string_lossy().contains("clang") {
        command.env("ICECC_REMOTE_CPP", "0");
    }
}

/// Compiles on the machine that the scheduler chooses, which may be this one.
pub(super) fn attempt(distribution: &Distribution, folder: &Path, arguments: &[OsString]) -> Attempt {
    run(distribution, folder, arguments)
        .unwrap_or_else(|_| Attempt::Here(Some("icecc cannot be run".to_owned())))
}

fn run(distribution: &Distribution, folder: &Path, arguments: &[OsString]) -> io::Result<Attempt> {
    let mut command = process::command(&distribution.program);
    command.args(arguments);
    set_environment(&mut command, arguments.first().map_or(OsStr::new(""), OsString::as_os_str));
    let mut running = Running::start(&mut command, LOG_FILE)?;
    let limit = Duration::from_secs(distribution.timeout_seconds);
    let begun = Instant::now();
    let mut sent: Option<Instant> = None;
    let mut asked = Duration::ZERO;
    let mut progress = Progress::default();
    loop {
        match running.step()? {
            Step::Ended(status) => return Ok(ended(running, status, folder)),
            Step::Abandoned => {
                end(running, arguments);
                return Ok(Attempt::Abandoned);
            }
            Step::Runs => {}
        }
        let text = running.log();
        let log = Log::read(&text);
        let reason = match log.stage {
            // The daemon has a limit of its own for these compilations.
            Stage::Here => continue,
            // It may be long until the daemon allows it. This program has its own limit.
            Stage::Queued => failure(&log, folder),
            Stage::Waiting(wait) => {
                let time = begun.elapsed();
                let is_in_queue = wait == Wait::Machine && breaker::was_heard(folder, HEARD);
                if time < PATIENCE || (is_in_queue && time < limit) {
                    continue;
                }
                if !is_in_queue {
                    breaker::open(folder, ENTRY);
                }
                Some(wait.reason().to_owned())
            }
            Stage::Remote(worker) => {
                let since = *sent.get_or_insert_with(|| {
                    breaker::hear(folder);
                    Instant::now()
                });
                let time = since.elapsed();
                if breaker::is_open(folder, worker) {
                    // The scheduler does not know yet.
                    None
                } else if time > limit {
                    Some(format!("{} needs more than {} s", peer::name(worker), limit.as_secs()))
                } else if time < asked + INTERVAL {
                    continue;
                } else if (log.installs && progress.is_made(&running)) || peer::answers(worker) {
                    asked = since.elapsed();
                    breaker::hear(folder);
                    continue;
                } else {
                    breaker::open(folder, worker);
                    Some(format!("{} does not answer", peer::name(worker)))
                }
            }
        };
        end(running, arguments);
        return Ok(Attempt::Here(reason));
    }
}

/// How much of the packed compiler `icecc` has read, to send it.
#[derive(Default)]
struct Progress(u64);

impl Progress {
    /// Whether it has read more since the last call. While a worker unpacks the compiler, its daemon does not answer.
    fn is_made(&mut self, running: &Running) -> bool {
        let read = running.bytes_read().unwrap_or(self.0);
        std::mem::replace(&mut self.0, read) < read
    }
}

/// Kills `icecc`, and removes the part of an object that it has received.
fn end(running: Running, arguments: &[OsString]) {
    running.kill();
    let object = arguments.iter().skip_while(|argument| *argument != "-o").nth(1);
    if let Some(object) = object {
        let mut part = object.clone();
        part.push("_icetmp");
        let _ = std::fs::remove_file(part);
    }
}

/// Why a compilation that was to be distributed was not. `None` if that is no failure.
fn failure(log: &Log<'_>, folder: &Path) -> Option<String> {
    let failure = log.failure.as_ref()?;
    if failure.is_of_daemon {
        breaker::open(folder, ENTRY);
    }
    Some(failure.reason.clone())
}

fn ended(running: Running, status: ExitStatus, folder: &Path) -> Attempt {
    let text = running.log();
    let log = Log::read(&text);
    if log.worker.is_some() {
        breaker::hear(folder);
    }
    let is_here = log.stage == Stage::Here;
    let is_of_compiler = is_here && status.code().is_some_and(|code| code < OWN_FAILURES);
    let placed = match log.worker {
        Some(worker) if !is_here && status.success() => Placed::Remote(peer::name(worker).to_owned()),
        _ if is_of_compiler => {
            // If it fails here, too, the fault is in the source.
            failure(&log, folder).filter(|_| status.success()).map_or(Placed::Here, Placed::Retried)
        }
        Some(worker) => return Attempt::Here(Some(format!("{} has not compiled", peer::name(worker)))),
        None => return Attempt::Here(failure(&log, folder)),
    };
    Attempt::Compiled(Ended { status, placed, errors: running.into_errors() })
}
