//! `toolchainkit server`

use std::time::Duration;

use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::build_folder::{BuildCache, BuildFolderArgs, supervisors};
use super::output_format::{Format, FormatArgs};
use super::progress::Busy;
use super::report::{CliError, Printer};
use super::style::{Styled, Tone};
use super::{CommandResult, Global};
use crate::caching::tool::Tool;
use crate::launch::supervisor::{self, Record};
use crate::probe::program::{self, Finished};

/// The timeout for a start: sccache waits 10 s for a remote storage that does not answer.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The launcher's exit code when a variable that holds a secret is not set.
const LAUNCHER_SECRET_MISSING: i32 = 3;

/// Arguments of `server`.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start the sccache daemon of a build
    Start(OneDaemon),
    /// Stop the sccache daemon of a build; the next compilation starts it again
    Stop {
        #[command(flatten)]
        one: OneDaemon,
        /// Stop every daemon that toolchainkit started for this user
        #[arg(long, conflicts_with = "build")]
        all: bool,
    },
    /// List the sccache daemons of this user, for all projects
    Status {
        #[command(flatten)]
        format: FormatArgs,
    },
}

#[derive(Debug, Args)]
struct OneDaemon {
    #[command(flatten)]
    build: BuildFolderArgs,
}

pub(super) fn run(args: &ServerArgs, global: &Global, printer: &Printer) -> CommandResult {
    match &args.action {
        Action::Start(one) => start(&one.build, global, printer),
        Action::Stop { all: true, .. } => stop_all(printer),
        Action::Stop { one, all: false } => stop(&one.build, global, printer),
        Action::Status { format } => status(format.format, printer),
    }
}

fn start(args: &BuildFolderArgs, global: &Global, printer: &Printer) -> CommandResult {
    let Some(cache) = daemon_of(args, global, printer)? else { return Ok(()) };
    if cache.is_running() {
        printer.report(&format!("already running: {}", cache.location));
        return Ok(());
    }
    make_ready(&cache, printer)?;
    printer.report(&format!("started: {}", cache.location));
    Ok(())
}

/// Starts the sccache daemon of the cache if it is not running.
pub(super) fn make_ready(cache: &BuildCache, printer: &Printer) -> CommandResult {
    match cache.tool() {
        Ok((Tool::Sccache, _)) if !cache.is_running() => {
            let busy = Busy::new(printer, "starting sccache");
            let finished = launch(cache, "--start-server")?;
            drop(busy);
            check(&finished, "start")
        }
        _ => Ok(()),
    }
}

fn stop(args: &BuildFolderArgs, global: &Global, printer: &Printer) -> CommandResult {
    let Some(cache) = daemon_of(args, global, printer)? else { return Ok(()) };
    if !cache.is_running() {
        printer.report("not running");
        return Ok(());
    }
    let busy = Busy::new(printer, "stopping sccache");
    let finished = launch(&cache, "--stop-server")?;
    drop(busy);
    check(&finished, "stop")?;
    printer.report(&format!("stopped: {}", cache.location));
    Ok(())
}

/// The cache of the build; `None` if its tool has no daemon.
fn daemon_of(
    args: &BuildFolderArgs,
    global: &Global,
    printer: &Printer,
) -> Result<Option<BuildCache>, CliError> {
    let cache = BuildCache::find(args, global)?;
    if cache.tool()?.0 == Tool::Ccache {
        printer.report("ccache has no daemon");
        return Ok(None);
    }
    Ok(Some(cache))
}

fn launch(cache: &BuildCache, argument: &str) -> Result<Finished, CliError> {
    let no_environment: [(&str, &str); 0] = [];
    Ok(program::run(cache.launcher()?, &[argument], no_environment, START_TIMEOUT)?)
}

fn check(finished: &Finished, what: &str) -> CommandResult {
    let reason = finished.message();
    match finished.status.code() {
        Some(0) => return Ok(()),
        Some(LAUNCHER_SECRET_MISSING) => return Err(CliError::SecretMissing(reason)),
        _ => {}
    }
    Err(CliError::CacheBroken(format!("sccache did not {what}: {reason}")))
}

/// Asks the supervisor of each daemon to stop it, so that no program named in a file is run.
fn stop_all(printer: &Printer) -> CommandResult {
    let mut failed = None;
    for record in supervisors().iter().filter(|record| supervisor::is_running(record)) {
        let Record { location, project, .. } = record;
        match supervisor::stop(record) {
            Ok(()) => printer.report(&format!("stopped: {location} ({project})")),
            Err(error) => {
                failed = Some(CliError::CacheBroken(format!("sccache did not stop: {location}: {error}")));
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The JSON of `server status`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit server status --format json")]
pub(super) struct ServerDocument {
    /// The version of this format.
    schema_version: u32,
    /// The sccache daemons that toolchainkit has started for this user, running or not.
    daemons: Vec<DaemonObject>,
}

#[derive(Serialize, JsonSchema)]
struct DaemonObject {
    /// Whether it is running.
    running: bool,
    /// The project that has started it.
    project: String,
    /// A description of the cache.
    location: String,
    /// The name of the tool.
    tool: String,
    /// The version of the tool.
    version: String,
    /// The executable of the tool.
    program: String,
    /// The address: the path of a socket, or a host with a port.
    socket: String,
}

fn status(format: Format, printer: &Printer) -> CommandResult {
    let records = supervisors();
    if format == Format::Json {
        let daemons = records.into_iter().map(|record| DaemonObject {
            running: supervisor::is_running(&record),
            tool: Tool::Sccache.name().to_owned(),
            program: record.program,
            project: record.project,
            location: record.location,
            version: record.version,
            socket: record.socket,
        });
        return printer.document(&ServerDocument { schema_version: 1, daemons: daemons.collect() });
    }
    if records.is_empty() {
        printer.report("no daemon was started by toolchainkit");
    }
    for record in &records {
        printer.styled(&line(record));
    }
    Ok(())
}

fn line(record: &Record) -> Styled {
    let is_running = supervisor::is_running(record);
    let (tone, state) = if is_running { (Tone::Good, "running") } else { (Tone::Faint, "stopped") };
    let Record { project, location, version, socket, .. } = record;
    Styled::new()
        .with(tone, state)
        .text(format!("  {project}  {location}  sccache {version}  "))
        .with(Tone::Faint, socket.clone())
        .text("\n")
}
