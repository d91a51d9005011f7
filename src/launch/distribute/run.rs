//! The launcher in front of the compiler: runs the program that distributes, and compiles here if that fails.
//!
//! Between the cache tool and the compiler, what it prints becomes a part of the entry in the cache, so it prints only what the
//! compiler has printed.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};

use super::super::process;
use super::super::settings::Settings;
use super::running::{Attempt, Ended};
use super::{Distribution, VARIABLE, breaker, distcc, icecream, log, slots};
use crate::caching::tool::Engine;
use crate::journal::Placed;

/// Compiles for the cache tool. `arguments` begin with the compiler.
pub(in crate::launch) fn run(settings: &Settings, report: &Path, arguments: &[OsString]) -> ExitCode {
    let hosts = process::variable(super::HOSTS).and_then(|hosts| hosts.into_string().ok());
    let hosts = hosts.unwrap_or_default();
    let hosts: Vec<&str> = hosts.split(' ').filter(|entry| !entry.is_empty()).collect();
    let Some(mut here) = compiler_here(arguments) else { return ExitCode::FAILURE };
    match compile(settings, &hosts, arguments, &mut here) {
        Ok(Some(ended)) => {
            let _ = io::stderr().write_all(&ended.errors);
            tell(report, &ended.placed);
            process::exit_like(ended.status)
        }
        Ok(None) => ExitCode::FAILURE,
        Err(_) => process::replace_by(&mut here).unwrap_or(ExitCode::FAILURE),
    }
}

/// The command of the compiler itself.
fn compiler_here(arguments: &[OsString]) -> Option<Command> {
    let (compiler, rest) = arguments.split_first()?;
    let mut here = process::command(compiler);
    here.args(rest).env_remove(VARIABLE).env_remove(super::HOSTS);
    Some(here)
}

/// Compiles on one of the workers with these entries, or with the command `here`. `None` if the process that waits for the object
/// was killed.
///
/// # Errors
///
/// If the compiler cannot be started.
pub(in crate::launch) fn compile(
    settings: &Settings,
    hosts: &[&str],
    arguments: &[OsString],
    here: &mut Command,
) -> io::Result<Option<Ended>> {
    let folder = super::folder(settings);
    let Some(distribution) = &settings.distribution else { return compile_here(None, &folder, here, None) };
    let answers = |entry: &str| match distribution.engine {
        Engine::Distcc => distcc::answers(settings, arguments, entry),
        Engine::Icecream => icecream::answers(settings, arguments),
        // sccache distributes itself, and runs no program in front of the compiler.
        Engine::SccacheDist => false,
    };
    let may_use = |entry: &&&str| breaker::may_use(&folder, entry, || answers(entry));
    let hosts: Vec<&str> = hosts.iter().filter(may_use).copied().collect();
    let attempt = match distribution.engine {
        _ if hosts.is_empty() => Attempt::Here(None),
        Engine::Distcc => distcc::attempt(settings, distribution, &folder, &hosts, arguments),
        Engine::Icecream => icecream::attempt(distribution, &folder, arguments),
        Engine::SccacheDist => Attempt::Here(None),
    };
    match attempt {
        Attempt::Compiled(ended) => Ok(Some(ended)),
        Attempt::Here(failure) => compile_here(Some(distribution), &folder, here, failure),
        Attempt::Abandoned => Ok(None),
    }
}

/// Runs the compiler, when one of the slots of this machine is free.
fn compile_here(
    distribution: Option<&Distribution>,
    folder: &Path,
    command: &mut Command,
    failure: Option<String>,
) -> io::Result<Option<Ended>> {
    let slot = distribution.and_then(|distribution| slots::acquire(folder, distribution.slots()));
    let status = process::start(command, None).and_then(|mut child| child.wait());
    drop(slot);
    // If it fails here, too, the fault is in the source.
    let status = status?;
    let placed = failure.filter(|_| status.success()).map_or(Placed::Here, Placed::Retried);
    Ok(Some(Ended { status, placed, errors: Vec::new() }))
}

/// Only this process writes the file, once.
fn tell(report: &Path, placed: &Placed) {
    if let Ok(mut file) = process::open_at_once().write(true).open(report) {
        let _ = file.write_all(log::text(placed).as_bytes());
    }
}
