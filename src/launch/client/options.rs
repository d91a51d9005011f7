//! `launcher -OPTION...`: runs the tool itself, with the same cache.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use super::super::address::Address;
use super::super::journal::append_mark;
use super::super::print_error;
use super::super::process::{self, Process};
use super::super::protocol::{Reply, Want};
use super::super::settings::{Settings, Storage};
use super::broken::Breaker;
use super::connection::{self, Missing, Supervised};
use super::environment::Environment;
use super::secrets;
use crate::caching::tool::Tool;
use crate::journal::MarkKind;

/// The exit code if a secret is missing.
const SECRET_MISSING: u8 = 3;
const FAILED: u8 = 2;
/// The longest time for the replacement of a daemon.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Runs the tool with options.
pub(in crate::launch) fn option(arguments: &[OsString]) -> ExitCode {
    let settings = match super::settings() {
        Ok(settings) => settings,
        Err(unreadable) => return print_error(&format!("toolchainkit: {}\n", unreadable.reason)),
    };
    let Some(storage) = settings.storages.first() else { return ExitCode::from(FAILED) };
    if arguments.first().is_some_and(|first| first == "--start-server") && is_run_by_cmake() {
        // An error of the journal has no effect.
        let _ = append_mark(&settings.build, MarkKind::Configured);
    }
    match (settings.tool, arguments.first().and_then(|first| first.to_str())) {
        (Tool::Sccache, Some("--start-server")) => match start(&settings, storage) {
            Ok((address, log)) => print_address(&address.to_string(), &log),
            Err(code) => code,
        },
        (Tool::Sccache, Some("--stop-server")) => stop(&settings),
        (Tool::Sccache, first) => {
            // Without a daemon, sccache would start one.
            if first == Some("--zero-stats")
                && let Err(code) = start(&settings, storage)
            {
                return code;
            }
            let storages = &settings.storages;
            let running = storages.iter().find(|storage| connection::find(&settings, storage).is_some());
            let storage = running.unwrap_or(storage);
            let Some(address) = connection::address(&settings, storage) else { return report_no_daemon() };
            let environment = Environment::of_client(&settings, storage, &address);
            run(&settings, &environment, arguments)
        }
        (Tool::Ccache, Some("--start-server")) => check_ccache(&settings, storage),
        (Tool::Ccache, Some("--stop-server")) => ExitCode::from(FAILED),
        (Tool::Ccache, _) => {
            let of_storage = |storage: &Storage| Environment::of_tool(&settings, storage).ok();
            let environment = settings.storages.iter().find_map(of_storage).unwrap_or_default();
            run(&settings, &environment, arguments)
        }
    }
}

/// Whether CMake runs this program. The module starts the daemon each time a build folder is configured.
fn is_run_by_cmake() -> bool {
    let parent = Process::of(process::parent_id());
    parent.is_some_and(|parent| matches!(parent.name(), "cmake" | "cmake3" | "ccmake" | "cmake-gui"))
}

fn run(settings: &Settings, environment: &Environment, arguments: &[OsString]) -> ExitCode {
    let mut command = process::command(&settings.program);
    command.args(arguments);
    environment.apply(&mut command);
    let Some(file) = process::memory_file() else {
        return super::run_in_place(&mut command, &settings.program.to_string_lossy());
    };
    let file = process::Descriptor::from(file);
    let status = process::start(&mut command, Some(&file)).and_then(|mut child| child.wait());
    let (mut file, mut errors) = (File::from(file), Vec::new());
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut errors));
    if !errors.is_empty() {
        print_error(&format!("{}\n", of_tool(settings, &errors)));
    }
    match status {
        Ok(status) => process::exit_like(status),
        Err(error) => {
            print_error(&format!("toolchainkit: cannot run {}: {error}\n", program(&settings.program)))
        }
    }
}

/// A message of the tool.
fn of_tool(settings: &Settings, text: &[u8]) -> String {
    secrets::filter(settings).bounded(String::from_utf8_lossy(text).trim_end())
}

fn print_address(address: &str, log: &str) -> ExitCode {
    let line = serde_json::json!({ "address": address, "log": log });
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}

fn report_no_daemon() -> ExitCode {
    print_error("toolchainkit: no daemon is running\n");
    ExitCode::from(FAILED)
}

fn report_missing_secret(name: &str) -> ExitCode {
    print_error(&format!("toolchainkit: {name} is not set\n"));
    ExitCode::from(SECRET_MISSING)
}

/// Starts the daemon. Returns its address and its log.
fn start(settings: &Settings, storage: &Storage) -> Result<(Address, String), ExitCode> {
    let failed = |text: &str| Err(print_error(&format!("{}\n", text.trim_end())));
    if !super::is_program(&settings.program) {
        return failed(&format!("toolchainkit: {} cannot be run", settings.program.display()));
    }
    let begun = Instant::now();
    loop {
        let mut supervised = match connection::find_or_start(settings, storage) {
            Ok(supervised) => supervised,
            Err(Missing::Secret(name)) => return Err(report_missing_secret(&name)),
            Err(Missing::Folder(reason)) => {
                let folder = settings.run_root.display();
                return failed(&format!("toolchainkit: cannot use {folder} for the daemon: {reason}"));
            }
        };
        match supervised.ask(settings, storage, Want::Start, "") {
            Ok(Reply::Use { address, log, .. }) => return Ok((address, log)),
            // A supervisor of an older version does not filter its log.
            Ok(Reply::NotStarted { reason }) => return failed(&of_tool(settings, reason.as_bytes())),
            _ if begun.elapsed() < TIMEOUT => thread::sleep(Duration::from_millis(20)),
            _ => return failed("toolchainkit: the daemon of sccache does not answer"),
        }
    }
}

fn stop(settings: &Settings) -> ExitCode {
    let mut has_ended = false;
    for storage in &settings.storages {
        let ask = |mut supervised: Supervised| supervised.ask(settings, storage, Want::Stop, "").ok();
        if connection::find(settings, storage).and_then(ask) == Some(Reply::Stopped) {
            has_ended = true;
        }
    }
    if has_ended { ExitCode::SUCCESS } else { report_no_daemon() }
}

/// Checks that ccache runs. It has no daemon.
fn check_ccache(settings: &Settings, storage: &Storage) -> ExitCode {
    let environment = match Environment::of_tool(settings, storage) {
        Ok(environment) => environment,
        Err(name) => return report_missing_secret(&name),
    };
    Breaker::of(&settings.folder(), Duration::from_secs(settings.breaker_seconds)).close();
    let mut command = process::command(&settings.program);
    command.arg("--version");
    environment.apply(&mut command);
    match command.output() {
        Ok(output) if output.status.success() => print_address("", ""),
        Ok(output) => print_error(&format!("{}\n", of_tool(settings, &output.stderr))),
        Err(error) => {
            print_error(&format!("toolchainkit: cannot run {}: {error}\n", program(&settings.program)))
        }
    }
}

fn program(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
