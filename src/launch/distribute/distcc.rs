//! A compilation with distcc.

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::super::process;
use super::super::settings::Settings;
use super::running::{Attempt, Ended, Running, Step};
use super::workers::Language;
use super::{Distribution, breaker, log, probe};

/// After this time on a worker, the launcher asks whether the worker is alive.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same for a worker that was alive the last time.
const LONGER_PATIENCE: Duration = Duration::from_secs(20);
/// The time that distcc has for its own timeout, before the launcher ends it.
const GRACE: Duration = Duration::from_secs(5);

/// The environment of distcc in `folder`, with these workers. It never compiles here after a failure: this program does.
pub(super) fn set_environment(command: &mut Command, folder: &Path, hosts: &str, timeout_seconds: u64) {
    for name in ["DISTCC_POTENTIAL_HOSTS", "DISTCC_SAVE_TEMPS", "DISTCC_CMDLIST", "DISTCC_PAUSE_TIME_MSEC"] {
        command.env_remove(name);
    }
    command.env("DISTCC_HOSTS", hosts);
    command.env("DISTCC_DIR", folder);
    command.env("DISTCC_IO_TIMEOUT", timeout_seconds.to_string());
    command.env("DISTCC_FALLBACK", "0").env("DISTCC_SKIP_LOCAL_RETRY", "1");
}

/// Compiles on one of these workers.
pub(super) fn attempt(
    settings: &Settings,
    distribution: &Distribution,
    folder: &Path,
    hosts: &[&str],
    arguments: &[OsString],
) -> Attempt {
    run(settings, distribution, folder, hosts, arguments)
        .unwrap_or_else(|_| Attempt::Here(Some("distcc cannot be run".to_owned())))
}

fn run(
    settings: &Settings,
    distribution: &Distribution,
    folder: &Path,
    hosts: &[&str],
    arguments: &[OsString],
) -> io::Result<Attempt> {
    let own = folder.join("distcc");
    process::create_folder(&own)?;
    let mut command = process::command(&distribution.program);
    command.args(arguments).env_remove(super::VARIABLE).env_remove(super::HOSTS);
    let hosts = format!(
        "--localslots={} --localslots_cpp={} {}",
        distribution.slots(),
        distribution.preprocess,
        hosts.join(" ")
    );
    set_environment(&mut command, &own, &hosts, distribution.timeout_seconds);
    command.env("DISTCC_VERBOSE", "1");
    let mut running = Running::start(&mut command, "DISTCC_LOG")?;
    let mut sent: Option<(Instant, String)> = None;
    let mut asked = Duration::ZERO;
    let status = loop {
        match running.step()? {
            Step::Ended(status) => break status,
            Step::Abandoned => {
                running.kill();
                return Ok(Attempt::Abandoned);
            }
            Step::Runs => {}
        }
        if sent.is_none() {
            sent = log::worker(&running.log()).map(|worker| (Instant::now(), worker.to_owned()));
        }
        let Some((since, worker)) = &sent else { continue };
        let time = since.elapsed();
        let name = log::name(worker);
        if time > Duration::from_secs(distribution.timeout_seconds) + GRACE {
            running.kill();
            return Ok(Attempt::Here(Some(format!(
                "{name} needs more than {} s",
                distribution.timeout_seconds
            ))));
        }
        let patience = if asked.is_zero() { PATIENCE } else { asked + LONGER_PATIENCE };
        if time > patience {
            asked = time;
            if breaker::is_open(folder, worker) || !answers(settings, arguments, worker) {
                breaker::open(folder, worker);
                running.kill();
                return Ok(Attempt::Here(Some(format!("{name} does not answer"))));
            }
        }
    };
    let log = running.log();
    if !status.success() {
        let name = log::worker(&log).map_or("distcc", log::name).to_owned();
        return Ok(Attempt::Here(Some(format!("{name} has not compiled"))));
    }
    Ok(Attempt::Compiled(Ended { status, placed: log::completed(&log), errors: running.into_errors() }))
}

/// Whether the worker compiles a small file at the moment.
pub(super) fn answers(settings: &Settings, arguments: &[OsString], worker: &str) -> bool {
    let Some(compiler) = arguments.first() else { return false };
    probe::is_alive(settings, Path::new(compiler), Language::C, worker)
}
