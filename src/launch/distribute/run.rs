//! The launcher between the cache tool and the compiler: runs distcc, and compiles here if that fails.
//!
//! What it prints becomes a part of the entry in the cache, so it prints only what the compiler has printed.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use super::super::process::{self, Descriptor, SharedFile, Wait};
use super::super::settings::Settings;
use super::log;
use super::workers::Language;
use super::{Distribution, breaker, probe, set_environment, slots};
use crate::journal::Placed;

/// The environment variable with the path of the file for the report. It shows that the cache tool runs this program in front of the
/// compiler.
pub(in crate::launch) const VARIABLE: &str = "TOOLCHAINKIT_DISTRIBUTED";

/// After this time on a worker, the launcher asks whether the worker is alive.
const PATIENCE: Duration = Duration::from_secs(6);
/// The same for a worker that was alive the last time.
const LONGER_PATIENCE: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The time that distcc has for its own timeout, before the launcher ends it.
const GRACE: Duration = Duration::from_secs(5);

/// Compiles. `arguments` begin with the compiler.
pub(in crate::launch) fn run(settings: &Settings, report: &Path, arguments: &[OsString]) -> ExitCode {
    let Some((compiler, rest)) = arguments.split_first() else { return ExitCode::FAILURE };
    let mut here = process::command(compiler);
    here.args(rest).env_remove(VARIABLE);
    let Some(distribution) = &settings.distribution else { return replaced(&mut here) };
    let folder = super::folder(settings);
    let hosts =
        process::variable("DISTCC_HOSTS").and_then(|hosts| hosts.into_string().ok()).unwrap_or_default();
    let may_use = |entry: &&str| {
        !entry.is_empty() && breaker::may_use(&folder, entry, || answers(settings, arguments, entry))
    };
    let hosts: Vec<&str> = hosts.split(' ').filter(may_use).collect();
    let failure = if hosts.is_empty() {
        None
    } else {
        match remote(settings, distribution, &folder, &hosts, arguments) {
            Ok(None) => return ExitCode::FAILURE,
            Ok(Some(Ended { placed, errors })) => {
                let _ = io::stderr().write_all(&errors);
                tell(report, &placed);
                return ExitCode::SUCCESS;
            }
            Err(reason) => Some(reason),
        }
    };
    compile_here(distribution, &folder, &mut here, failure, report)
}

/// Runs the compiler, when one of the slots of this machine is free.
fn compile_here(
    distribution: &Distribution,
    folder: &Path,
    command: &mut Command,
    failure: Option<String>,
    report: &Path,
) -> ExitCode {
    let slot = slots::acquire(folder, distribution.slots());
    let status = process::start(command, None).and_then(|mut child| child.wait());
    drop(slot);
    match status {
        Ok(status) => {
            // If it fails here, too, the fault is in the source.
            let placed = failure.filter(|_| status.success()).map_or(Placed::Here, Placed::Retried);
            tell(report, &placed);
            process::exit_like(status)
        }
        Err(_) => replaced(command),
    }
}

fn replaced(command: &mut Command) -> ExitCode {
    process::replace_by(command).unwrap_or(ExitCode::FAILURE)
}

/// Only this process writes the file, once.
fn tell(report: &Path, placed: &Placed) {
    if let Ok(mut file) = process::open_at_once().write(true).open(report) {
        let _ = file.write_all(log::text(placed).as_bytes());
    }
}

struct Ended {
    placed: Placed,
    /// What the compiler has printed.
    errors: Vec<u8>,
}

/// Compiles with distcc. `None` if the cache tool was killed. Fails with the reason why the compiler must run here.
fn remote(
    settings: &Settings,
    distribution: &Distribution,
    folder: &Path,
    hosts: &[&str],
    arguments: &[OsString],
) -> Result<Option<Ended>, String> {
    const FAILED: &str = "distcc cannot be run";
    let failed = |_: io::Error| FAILED.to_owned();
    let own = folder.join("distcc");
    process::create_folder(&own).map_err(failed)?;
    let messages = SharedFile::new().ok_or(FAILED)?;
    let errors = Descriptor::from(process::memory_file().ok_or(FAILED)?);
    let mut command = process::command(&distribution.program);
    command.args(arguments).env_remove(VARIABLE);
    let hosts = format!(
        "--localslots={} --localslots_cpp={} {}",
        distribution.slots(),
        distribution.preprocess,
        hosts.join(" ")
    );
    set_environment(&mut command, &own, &hosts, distribution.timeout_seconds);
    command.env("DISTCC_LOG", messages.path()).env("DISTCC_VERBOSE", "1");
    let mut child = process::start(&mut command, Some(&errors)).map_err(failed)?;
    let read = || String::from_utf8_lossy(&messages.read(1 << 20)).into_owned();
    let wait = Wait::for_child(&child);
    let parent = process::parent_id();
    let mut sent: Option<(Instant, String)> = None;
    let mut asked = Duration::ZERO;
    let status = loop {
        if wait.with_pipe(&child, None, Some(POLL_INTERVAL)).ended {
            break child.wait().map_err(failed)?;
        }
        if process::parent_id() != parent {
            // The cache tool was killed: nobody waits for the object, and the build may write it again.
            end(&mut child);
            return Ok(None);
        }
        if sent.is_none() {
            sent = log::worker(&read()).map(|worker| (Instant::now(), worker.to_owned()));
        }
        let Some((since, worker)) = &sent else { continue };
        let time = since.elapsed();
        let name = log::name(worker);
        if time > Duration::from_secs(distribution.timeout_seconds) + GRACE {
            end(&mut child);
            return Err(format!("{name} needs more than {} s", distribution.timeout_seconds));
        }
        let patience = if asked.is_zero() { PATIENCE } else { asked + LONGER_PATIENCE };
        if time > patience {
            asked = time;
            if breaker::is_open(folder, worker) || !answers(settings, arguments, worker) {
                breaker::open(folder, worker);
                end(&mut child);
                return Err(format!("{name} does not answer"));
            }
        }
    };
    let log = read();
    if !status.success() {
        let name = log::worker(&log).map_or("distcc", log::name).to_owned();
        return Err(format!("{name} has not compiled"));
    }
    let (mut file, mut text) = (File::from(errors), Vec::new());
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut text));
    Ok(Some(Ended { placed: log::completed(&log), errors: text }))
}

fn end(child: &mut process::Child) {
    let below = process::descendants(child.id());
    child.kill();
    let _ = child.wait();
    below.into_iter().for_each(process::kill);
}

fn answers(settings: &Settings, arguments: &[OsString], worker: &str) -> bool {
    let Some(compiler) = arguments.first() else { return false };
    probe::is_alive(settings, Path::new(compiler), Language::C, worker)
}
