//! A compilation by sccache, with the daemon of the supervisor.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _, Seek as _, Write as _};
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use super::super::address::Address;
use super::super::distribute::{self, Servers};
use super::super::journal::Ending;
use super::super::process::{self, Child, Connection, Descriptor, Source as _, Wait};
use super::super::protocol::{Reply, Request, Want};
use super::super::rules::is_script;
use super::super::settings::{Settings, Storage};
use super::connection::{self, Missing, Supervised};
use super::distributing::Place;
use super::environment::Environment;
use super::guarded::{self, Mode};
use super::request::{self, Finished, Response};
use super::{Compilation, distributing, failing, messages, secrets};
use crate::journal::{Outcome, Placed, Tier};

/// The longest time for the replacement of a daemon.
const TIMEOUT: Duration = Duration::from_secs(40);

/// The longest time to send a request. The supervisor notices if the daemon does not answer it.
const SEND_TIMEOUT: Duration = Duration::from_secs(4);

/// The longest wait for the outcome of a compilation, after it has ended. Without the answer, it is not known. The supervisor answers
/// at once, unless the machine is overloaded. If it has ended, the connection ends, too.
const TELL_TIMEOUT: Duration = Duration::from_secs(1);

/// The variable for a cache of several levels.
const LEVELS: &str = "SCCACHE_MULTILEVEL_CHAIN";

/// The tier of a storage that has only one.
fn only_tier(storage: &Storage) -> Option<Tier> {
    if storage.environment.contains_key(LEVELS) {
        return None;
    }
    Some(if storage.name == "local" { Tier::Local } else { Tier::Remote })
}

/// The result of the tool.
enum End {
    Status(ExitStatus),
    /// The supervisor asked the client to give up.
    GivenUp(Option<String>),
    /// The daemon was replaced.
    Repeat {
        /// Whether the reason is that the servers do not answer.
        is_outage: bool,
    },
    /// The supervisor and its daemon have ended.
    Lost,
    /// sccache does not cache such a command.
    Unhandled,
}

/// A daemon that can be used.
struct Daemon<'a> {
    storage: &'a Storage,
    supervised: Supervised,
    address: Address,
    number: u64,
    tells_outcomes: bool,
    distributes: bool,
}

pub(super) fn compile(compilation: &Compilation) -> ExitCode {
    let daemon = match find_daemon(compilation) {
        Ok(daemon) => daemon,
        Err(message) => {
            if let Some(message) = &message {
                compilation.warn(message);
            }
            let reason = message.as_deref().unwrap_or("the supervisor does not use the tool now");
            return compilation.run_compiler(Ending::failed_over(reason));
        }
    };
    let mode = guarded::mode(compilation, can_store_headers(daemon.storage), || {
        connection::guard(&compilation.settings, daemon.storage)
    });
    let place = Place::of(compilation, daemon.storage, daemon.distributes);
    let mut run =
        Run { daemon, mode, place, retried: None, may_repeat: true, printed: Printed::Directly, runs: 0 };
    let Some(end) = run.start(compilation) else { return not_started(compilation) };
    run.conclude(compilation, end)
}

fn not_started(compilation: &Compilation) -> ExitCode {
    compilation.run_compiler(Ending::failed_over("sccache cannot be started"))
}

fn lost(compilation: &Compilation) -> ExitCode {
    compilation.run_compiler(Ending::failed_over("the supervisor has ended"))
}

/// Whether sccache can use its folder for direct mode. If it cannot write to the folder, it fails (0.16 and 0.19). Without a
/// local cache, it has no direct mode.
fn can_store_headers(storage: &Storage) -> bool {
    if storage.directory.as_os_str().is_empty() {
        return false;
    }
    let folder = storage.directory.join("preprocessor");
    process::can_write(&folder).unwrap_or_else(|| std::fs::create_dir_all(&folder).is_ok())
}

fn object(compilation: &Compilation) -> String {
    compilation.plan.object().map(|object| object.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Asks the supervisor for a daemon. The error is the message to print, if any.
fn find_daemon(compilation: &Compilation) -> Result<Daemon<'_>, Option<String>> {
    let settings = &compilation.settings;
    let mut storages = settings.storages.iter();
    let mut storage = storages.next().ok_or(None)?;
    let begun = Instant::now();
    let object = object(compilation);
    loop {
        let mut supervised = match connection::find_or_start(settings, storage) {
            Ok(supervised) => supervised,
            Err(Missing::Secret(name)) => {
                compilation.warn(&format!("{name} is not set: using the local cache"));
                storage = storages.next().ok_or(None)?;
                continue;
            }
            Err(Missing::Folder(reason)) => {
                let folder = settings.run_root.display();
                return Err(Some(format!(
                    "no folder for the daemon of sccache ({folder}: {reason}): compiling without a cache"
                )));
            }
        };
        match supervised.ask(settings, storage, Want::Compile, &object) {
            Ok(Reply::Use { address, number, tells_outcomes, distributes, .. }) => {
                // Without the outcome, it is not known whether a server has compiled.
                let tells_outcomes = tells_outcomes && (compilation.note.is_written() || storage.distributes);
                return Ok(Daemon { storage, supervised, address, number, tells_outcomes, distributes });
            }
            Ok(Reply::Without { message }) => return Err(message),
            // The supervisor is shutting down or has ended. The next attempt starts another one.
            _ if begun.elapsed() < TIMEOUT => std::thread::sleep(Duration::from_millis(20)),
            _ => return Err(None),
        }
    }
}

/// A run of the tool.
struct Run<'a> {
    daemon: Daemon<'a>,
    mode: Mode,
    /// Where the compiler of a miss runs.
    place: Place,
    /// Why the compilation is repeated on this machine.
    retried: Option<String>,
    /// Whether the tool may run once more with another daemon.
    may_repeat: bool,
    /// The messages of the last run.
    printed: Printed,
    /// The number of runs with this daemon.
    runs: usize,
}

/// What sccache and the compiler have printed.
enum Printed {
    /// It was passed on.
    Directly,
    /// The messages are in this file.
    File(Descriptor),
    /// The daemon has sent it.
    Sent(Finished),
}

/// The reason why the daemon was not asked, or its answer was not understood.
struct Unclear;

fn wait(compilation: &Compilation, storage: &Storage, child: &mut Child, supervised: &mut Supervised) -> End {
    let wait = Wait::for_child(child);
    loop {
        let outcome = wait.with_connection(child, supervised.connection());
        if outcome.ended
            && let Ok(status) = child.wait()
        {
            return End::Status(status);
        }
        if outcome.has_input {
            let end = match supervised.listen() {
                Ok(Reply::GiveUp { message }) => End::GivenUp(message),
                Ok(Reply::Repeat { is_outage }) => End::Repeat { is_outage },
                Ok(Reply::Doubt) => {
                    // Without an answer, the supervisor replaces the daemon.
                    let _ = supervised.send(&Request::Asked { answers: compilation.servers_answer(storage) });
                    continue;
                }
                Ok(_) => continue,
                Err(_) => End::Lost,
            };
            failing::end(child);
            if matches!(end, End::Lost) {
                failing::end_orphans(supervised.process(), compilation.plan.object());
            }
            return end;
        }
    }
}

impl Run<'_> {
    /// Runs the tool. `None` if it cannot be started.
    fn start(&mut self, compilation: &Compilation) -> Option<End> {
        self.runs += 1;
        let daemon = &mut self.daemon;
        let environment = Environment::of_client(&compilation.settings, daemon.storage, &daemon.address);
        let mut command = compilation.tool(&environment, &self.mode);
        self.place.set_environment(&compilation.settings, &mut command);
        // The messages of a discarded run are not printed.
        self.printed = Printed::Directly;
        if let Ok(end) = self.ask(compilation, &command) {
            return Some(end);
        }
        // The messages of sccache itself must be filtered, even if it then removes the colours from those of the compiler.
        let file = process::memory_file().map(Descriptor::from);
        let mut child = process::start(&mut command, file.as_ref()).ok()?;
        self.printed = file.map_or(Printed::Directly, Printed::File);
        Some(wait(compilation, self.daemon.storage, &mut child, &mut self.daemon.supervised))
    }

    /// Sends the request of sccache's client to the daemon, and waits for the result.
    fn ask(&mut self, compilation: &Compilation, command: &Command) -> Result<End, Unclear> {
        let Address::Socket(socket) = &self.daemon.address else { return Err(Unclear) };
        // A script may do something else before it runs sccache.
        if !request::is_known(compilation.settings.tool_version()) || is_script(&compilation.settings.program)
        {
            return Err(Unclear);
        }
        let mut connection = Connection::connect(socket).map_err(|_| Unclear)?;
        process::peer(&connection).ok_or(Unclear)?;
        connection.set_write_timeout(Some(SEND_TIMEOUT)).map_err(|_| Unclear)?;
        let request = compilation.plan.request(command);
        connection.write_all(&request).map_err(|_| Unclear)?;
        let supervised = &mut self.daemon.supervised;
        let mut received = Vec::with_capacity(4096);
        let mut has_started = false;
        loop {
            let both = [connection.waitable(), supervised.connection().waitable()];
            let ready = process::wait_for_any(&both, TIMEOUT);
            if ready[1] {
                match supervised.listen() {
                    Ok(Reply::GiveUp { message }) => return Ok(End::GivenUp(message)),
                    Ok(Reply::Repeat { is_outage }) => return Ok(End::Repeat { is_outage }),
                    Ok(Reply::Doubt) => {
                        let answers = compilation.servers_answer(self.daemon.storage);
                        // Without an answer, the supervisor replaces the daemon.
                        let _ = supervised.send(&Request::Asked { answers });
                    }
                    Ok(_) => {}
                    Err(_) => {
                        failing::end_orphans(supervised.process(), compilation.plan.object());
                        return Ok(End::Lost);
                    }
                }
            }
            if ready[0] {
                let mut part = [0; 16 * 1024];
                match connection.read(&mut part) {
                    // The daemon has ended.
                    Ok(0) | Err(_) if has_started => return Ok(End::Status(request::failure())),
                    Ok(0) | Err(_) => return Err(Unclear),
                    Ok(length) => received.extend_from_slice(&part[..length]),
                }
                while let Some(response) = request::take(&mut received).map_err(|_| Unclear)? {
                    match response {
                        Response::Started => has_started = true,
                        Response::Unhandled => return Ok(End::Unhandled),
                        Response::Unsupported(reason) => {
                            let finished = request::unsupported(&reason);
                            let status = finished.status();
                            self.printed = Printed::Sent(finished);
                            return Ok(End::Status(status));
                        }
                        Response::Finished(finished) => {
                            let status = finished.status();
                            self.printed = Printed::Sent(finished);
                            return Ok(End::Status(status));
                        }
                    }
                }
            }
        }
    }

    /// Prints the messages of the last run.
    fn print(&mut self, compilation: &Compilation, end: &End) {
        let here = |text| compilation.plan.messages_of_this_checkout(text);
        let has_failed = !matches!(end, End::Status(status) if !failing::may_be_of_sccache(*status));
        let filtered = |text: &[u8]| {
            let filter = || secrets::filter(&compilation.settings);
            messages::with_filtered_lines(text, "sccache", has_failed, filter).into_owned()
        };
        match std::mem::replace(&mut self.printed, Printed::Directly) {
            Printed::Directly => {}
            Printed::File(file) => {
                let (mut file, mut text) = (File::from(file), Vec::new());
                if file.rewind().and_then(|()| file.read_to_end(&mut text)).is_ok() {
                    request::print(&mut io::stderr(), &filtered(&here(&text)), true);
                }
            }
            Printed::Sent(finished) => {
                let is_dumb = process::variable("TERM").is_some_and(|term| term == "dumb");
                let with_colours = |is_terminal: bool| finished.colours.unwrap_or(is_terminal && !is_dumb);
                let (output, errors) = (io::stdout().is_terminal(), io::stderr().is_terminal());
                request::print(&mut io::stdout(), &here(&finished.output), with_colours(output));
                request::print(&mut io::stderr(), &filtered(&here(&finished.errors)), with_colours(errors));
            }
        }
    }

    /// Tells the supervisor that the tool has finished. Fails if the supervisor has ended.
    fn finish(&mut self) -> io::Result<()> {
        let runs = self.runs;
        let done = if self.daemon.tells_outcomes { Request::Finished { runs } } else { Request::Done };
        self.daemon.supervised.send(&done)
    }

    /// The end of the compilation, by the answer to [`Self::finish`].
    fn ending(&mut self, settings: &Settings) -> Ending {
        let unknown = Ending::new(Outcome::Unknown);
        if !self.daemon.tells_outcomes {
            return unknown;
        }
        let storage = self.daemon.storage;
        let supervised = &mut self.daemon.supervised;
        let until = Instant::now() + TELL_TIMEOUT;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || supervised.connection().set_read_timeout(Some(left)).is_err() {
                return unknown;
            }
            match supervised.listen() {
                Ok(Reply::Outcome { outcome, is_certain, reason, tier, placed }) => {
                    let tier = tier.or_else(|| only_tier(storage)).filter(|_| outcome.is_hit());
                    // It may contain an option.
                    let reason = reason.map(|reason| secrets::filter(settings).bounded(&reason));
                    let placed = distributing::placed(self.place, outcome, placed);
                    return Ending { outcome, is_certain, reason, tier, placed, ..unknown };
                }
                // The supervisor has sent it before.
                Ok(_) => {}
                Err(_) => return unknown,
            }
        }
    }

    fn conclude(mut self, compilation: &Compilation, end: End) -> ExitCode {
        if matches!(&end, End::Status(status) if status.success()) && !self.mode.is_valid() {
            self.mode = Mode::Off;
            let Some(end) = self.start(compilation) else { return not_started(compilation) };
            return self.conclude(compilation, end);
        }
        if self.place == Place::Servers
            && let End::Status(status) = &end
            && !status.success()
            && !process::was_interrupted(*status)
        {
            return self.conclude_failure(compilation, *status);
        }
        if let End::Repeat { is_outage } = end {
            return self.repeat(compilation, is_outage);
        }
        self.conclude_here(compilation, end)
    }

    fn conclude_here(mut self, compilation: &Compilation, end: End) -> ExitCode {
        self.print(compilation, &end);
        let status = match end {
            End::Status(status) => status,
            End::GivenUp(message) => {
                if let Some(message) = &message {
                    compilation.warn(message);
                }
                let reason = message.as_deref().unwrap_or("the supervisor has ended the compilation");
                return compilation.run_compiler(Ending::failed_over(reason));
            }
            // The former daemon has ended.
            End::Lost | End::Repeat { .. } => return lost(compilation),
            End::Unhandled => {
                let known =
                    if self.finish().is_ok() { self.ending(&compilation.settings).reason } else { None };
                let reason = known.or_else(|| Some("sccache does not cache this command".to_owned()));
                return compilation.run_compiler(Ending { reason, ..Ending::new(Outcome::Uncacheable) });
            }
        };
        if process::was_interrupted(status) {
            return compilation.end_interrupted(status);
        }
        if !failing::may_be_of_sccache(status) {
            if self.finish().is_err() {
                // The supervisor was killed during the compilation, and its compiler may still run.
                failing::end_orphans(self.daemon.supervised.process(), compilation.plan.object());
                return lost(compilation);
            }
            let written = [compilation.plan.object(), compilation.plan.module_output()];
            for file in written.into_iter().flatten().filter(|_| status.success()) {
                process::apply_umask(file);
            }
            let known = self.ending(&compilation.settings);
            let outcome = if status.success() { known.outcome } else { Outcome::CompileError };
            let placed = if status.success() { self.account_for(compilation, known.placed) } else { None };
            return compilation.end_like(status, Ending { outcome, placed, ..known });
        }
        // The daemon may have ended or been replaced during the compilation.
        let former = self.daemon.number;
        if self.may_repeat {
            self.may_repeat = false;
            match self.daemon.supervised.ask(
                &compilation.settings,
                self.daemon.storage,
                Want::Compile,
                &object(compilation),
            ) {
                Ok(Reply::Use { address, number, tells_outcomes, .. }) if number != former => {
                    self.use_daemon(compilation, address, number, tells_outcomes);
                    let Some(end) = self.start(compilation) else { return not_started(compilation) };
                    return self.conclude(compilation, end);
                }
                Ok(Reply::Use { .. }) => {}
                Ok(Reply::Without { message: Some(message) }) => compilation.warn(&message),
                Ok(_) | Err(_) => {
                    failing::end_orphans(self.daemon.supervised.process(), compilation.plan.object());
                    return compilation.run_compiler(Ending::failed_over("the daemon of sccache has ended"));
                }
            }
        }
        let Ok(of_compiler) = compilation.compiler().status() else { return not_started(compilation) };
        let result = if of_compiler.code() == status.code() { Request::Done } else { Request::Failed };
        if self.daemon.supervised.send(&result).is_ok()
            && result == Request::Failed
            && let Ok(Reply::FailureRecorded { message: Some(message) }) = self.daemon.supervised.listen()
        {
            compilation.warn(&message);
        }
        let ending = match (result, of_compiler.success()) {
            // The compiler has the same exit code as the tool.
            (Request::Done, false) => Ending::new(Outcome::CompileError),
            _ => Ending::failed_over("sccache fails"),
        };
        compilation.end_like(of_compiler, ending)
    }
}

/// Compilations that the daemon may distribute.
impl Run<'_> {
    fn use_daemon(&mut self, compilation: &Compilation, address: Address, number: u64, tells_outcomes: bool) {
        self.daemon.address = address;
        self.daemon.number = number;
        self.daemon.tells_outcomes =
            tells_outcomes && (compilation.note.is_written() || self.daemon.storage.distributes);
        self.runs = 0;
    }

    /// A compilation has failed that a server may have done. If it has, the failure may be its own.
    fn conclude_failure(mut self, compilation: &Compilation, status: ExitStatus) -> ExitCode {
        let printed = match &self.printed {
            Printed::Sent(finished) => String::from_utf8_lossy(&finished.errors).into_owned(),
            Printed::Directly | Printed::File(_) => String::new(),
        };
        if self.finish().is_err() {
            failing::end_orphans(self.daemon.supervised.process(), compilation.plan.object());
            return lost(compilation);
        }
        let known = self.ending(&compilation.settings);
        if known.outcome == Outcome::CompileError {
            // The preprocessor, which runs here, has failed.
            self.print(compilation, &End::Status(status));
            return compilation.end_like(status, Ending { placed: None, ..known });
        }
        let reason = match known.placed {
            Some(Placed::Retried(reason)) => reason,
            _ => distribute::words(&printed).to_owned(),
        };
        self.retried = Some(reason);
        self.place = Place::Here;
        self.start_again(compilation)
    }

    /// The daemon was replaced during the compilation.
    fn repeat(mut self, compilation: &Compilation, is_outage: bool) -> ExitCode {
        if is_outage && self.place == Place::Servers {
            if let Some(servers) = Servers::of(&compilation.settings) {
                servers.leave_out();
            }
            compilation.warn("the servers of sccache-dist do not answer: compiling here for a minute");
            self.retried = Some("the servers do not answer".to_owned());
            self.place = Place::Here;
        }
        self.start_again(compilation)
    }

    /// Compiles again, with the daemon of this moment.
    fn start_again(mut self, compilation: &Compilation) -> ExitCode {
        let (settings, storage) = (&compilation.settings, self.daemon.storage);
        let asked = self.daemon.supervised.ask(settings, storage, Want::Compile, &object(compilation));
        let Ok(Reply::Use { address, number, tells_outcomes, .. }) = asked else {
            failing::end_orphans(self.daemon.supervised.process(), compilation.plan.object());
            return compilation.run_compiler(Ending::failed_over("the daemon of sccache has ended"));
        };
        self.use_daemon(compilation, address, number, tells_outcomes);
        let Some(end) = self.start(compilation) else { return not_started(compilation) };
        self.conclude(compilation, end)
    }

    /// Counts a compilation that has succeeded. Returns where the compiler ran.
    fn account_for(&mut self, compilation: &Compilation, placed: Option<Placed>) -> Option<Placed> {
        let placed = self.retried.take().map(Placed::Retried).or(placed);
        if let Some(servers) = Servers::of(&compilation.settings) {
            match &placed {
                Some(Placed::Remote(_)) => servers.has_compiled(),
                Some(Placed::Retried(reason)) => {
                    servers.has_failed();
                    compilation.warn(&format!("sccache-dist: {reason}: compiling here"));
                }
                Some(Placed::Here) | None => {}
            }
        }
        placed
    }
}

impl Compilation {
    /// Whether the servers compile a small file now.
    fn servers_answer(&self, storage: &Storage) -> bool {
        let plan = &self.plan;
        let language = plan.distributed().unwrap_or_default();
        distributing::answers(&self.settings, storage, plan.compiler_path(), language)
    }
}
