//! The process of the supervisor. It performs the actions of [`super::state`].

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::daemon::{Daemon, Start};
use super::files::{self, ENDPOINT, LOCK, LOG, OwnedFile, SOCKET};
use super::outcomes::{Outcomes, Told};
use super::record::Record;
use super::remote::{Step, Watch};
use super::state::{Action, Event, State};
use crate::foreign::Filter;
use crate::launch::connections::{Connections, Input};
use crate::launch::distribute::{Servers, TOKEN};
use crate::launch::guard;
use crate::launch::local_caches;
use crate::launch::process::{self, Listener, Process};
use crate::launch::protocol::{Reply, Request, Want};
use crate::launch::settings::{Settings, Storage};

/// `--serve STORAGE LAUNCHER.JSON`: runs the supervisor in its run folder.
pub(in crate::launch) const SERVE: &str = "--serve";

const SECOND: Duration = Duration::from_secs(1);
/// The interval at which the supervisor checks whether a new daemon answers.
const START_INTERVAL: Duration = Duration::from_millis(5);
/// The interval at which the supervisor searches for compilers of lost clients.
const SEARCH_INTERVAL: Duration = Duration::from_millis(100);
/// The time for clients to end their tools, before the daemon is killed.
const GIVE_UP_TIME: Duration = Duration::from_millis(300);
/// The longest time for a daemon to start while it asks the scheduler of sccache-dist: the first time, and if the servers have just not
/// answered.
const SCHEDULER_LIMITS: (Duration, Duration) = (Duration::from_secs(4), Duration::from_secs(2));
/// The time after which a daemon without distribution is replaced by one that distributes. It doubles each time that the scheduler does
/// not answer, because compilations wait for the new daemon.
const AGAIN: Duration = Duration::from_mins(1);
/// The number of further ports to try if the first one is in use.
const PORTS: u32 = 10;

struct Server {
    settings: Settings,
    storage: usize,
    folder: PathBuf,
    endpoint: OwnedFile,
    guard_endpoint: OwnedFile,
    guard_is_used: Arc<AtomicBool>,
    lock: OwnedFile,
    directory: Option<(PathBuf, OwnedFile)>,
    state: State,
    outcomes: Outcomes,
    daemon: Option<Daemon>,
    /// Looks after the compilations that are distributed.
    watch: Watch,
    /// Since when the scheduler does not answer.
    without_scheduler: Option<Instant>,
    /// The next daemon asks it again.
    asks_scheduler: bool,
    /// The time until the next daemon asks the scheduler.
    again: Duration,
    /// The servers of the former daemon did not answer.
    is_repeated: bool,
    daemons: u64,
    /// The number of ports in a row that were in use.
    taken_ports: u32,
    /// Running commands that stop a daemon.
    stop_commands: Vec<Child>,
    connections: Connections<Request>,
    started_at: Instant,
    kill_at: Option<Instant>,
    is_over: bool,
}

pub(super) fn serve(arguments: &[OsString]) -> ExitCode {
    process::become_daemon();
    match arguments {
        [storage, path] if run(&storage.to_string_lossy(), Path::new(path)).is_ok() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn run(storage: &str, path: &Path) -> io::Result<()> {
    let settings = Settings::read(path)?;
    let index = settings.storages.iter().position(|known| known.id == storage);
    let storage = index.ok_or(io::ErrorKind::NotFound)?;
    let folder = std::env::current_dir()?;
    let lock = folder.join(LOCK);
    // If another process holds it, there is another supervisor.
    let lock_file = process::lock_of_supervisor(&lock)?;
    let lock = OwnedFile::of(lock, Some(lock_file))?;
    if !lock.is_same() || !process::is_run_folder(&folder) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    end_predecessor(&folder);
    let guard_is_used = Arc::new(AtomicBool::new(false));
    let guard_address = folder.join(guard::ENDPOINT);
    let _ = fs::remove_file(&guard_address);
    let guard_listener = Listener::bind(&guard_address)?;
    let guard_endpoint = OwnedFile::of(guard_address, None)?;
    guard::serve(guard_listener, folder.join("include-folders.json"), Arc::clone(&guard_is_used));
    // Create the endpoint last, so that a client that connects also finds the guard.
    let address = folder.join(ENDPOINT);
    let _ = fs::remove_file(&address);
    let listener = Listener::bind(&address)?;
    let endpoint = OwnedFile::of(address, None)?;
    let connections = Connections::new(listener)?;
    // Without another one, no daemon of this process distributes.
    let timeout = Servers::of(&settings).map_or(0, |servers| servers.timeout_seconds());
    let Storage { environment, .. } = &settings.storages[storage];
    let directory = environment.get("SCCACHE_DIR").map(Path::new).filter(|directory| directory.is_absolute());
    let directory = directory.and_then(files::take_directory);
    let state = State::new(
        settings.digest(&settings.storages[storage]),
        Duration::from_secs(settings.breaker_seconds),
        Duration::from_secs(settings.idle_seconds),
        folder.parent().map(|parent| files::read_base_dirs(&parent.join("base-dirs"))).unwrap_or_default(),
    );
    if let Some(user_folder) = settings.run_root.parent().filter(|folder| folder.is_absolute()) {
        let user_folder = user_folder.to_path_buf();
        thread::spawn(move || local_caches::remove_orphans_daily(&user_folder));
    }
    let mut server = Server {
        settings,
        storage,
        folder,
        endpoint,
        guard_endpoint,
        guard_is_used,
        lock,
        directory,
        state,
        outcomes: Outcomes::default(),
        watch: Watch::new(Duration::from_secs(timeout)),
        without_scheduler: None,
        asks_scheduler: false,
        again: AGAIN,
        is_repeated: false,
        daemon: None,
        daemons: 0,
        taken_ports: 0,
        stop_commands: Vec::new(),
        connections,
        started_at: Instant::now(),
        kill_at: None,
        is_over: false,
    };
    server.serve();
    server.clear_up();
    Ok(())
}

/// Kills the daemon of a killed supervisor. The kernel does this, too, but it may take a moment.
fn end_predecessor(folder: &Path) {
    let started_at = Instant::now();
    while let Some(daemon) = Record::read(folder).and_then(|record| record.living_daemon()) {
        process::descendants(daemon.id).into_iter().chain([daemon]).for_each(process::kill);
        if started_at.elapsed() > 2 * SECOND {
            break;
        }
        thread::sleep(START_INTERVAL);
    }
    let _ = fs::remove_file(folder.join(SOCKET));
    Record::remove(folder);
}

impl Server {
    fn storage(&self) -> &Storage {
        &self.settings.storages[self.storage]
    }

    fn serve(&mut self) {
        let mut next_second = Instant::now() + SECOND;
        let mut next_search = Instant::now();
        while !self.is_over {
            let now = Instant::now();
            let mut until = next_second;
            if self.state.is_starting() {
                until = until.min(now + START_INTERVAL);
            }
            if self.state.lost_compilers().next().is_some() {
                until = until.min(next_search);
            }
            until = self.kill_at.map_or(until, |kill_at| until.min(kill_at));
            let end = self.daemon.as_ref().and_then(Daemon::end);
            let received = self.connections.wait(end, until.saturating_duration_since(now));
            if received.daemon_ended {
                self.reap_daemon();
            }
            for input in received.inputs {
                self.receive(input);
            }
            let now = Instant::now();
            if self.state.is_starting() && self.daemon.as_mut().is_some_and(Daemon::looks_ready) {
                self.taken_ports = 0;
                self.is_repeated = false;
                if self.daemon.as_ref().is_some_and(Daemon::distributes) {
                    self.without_scheduler = None;
                    self.again = AGAIN;
                }
                self.write_record();
                self.handle(Event::Started);
            }
            self.start_without_scheduler();
            if self.kill_at.is_some_and(|kill_at| now >= kill_at) {
                self.kill_at = None;
                self.perform(Action::Kill);
            }
            if now >= next_search && self.state.lost_compilers().next().is_some() {
                next_search = now + SEARCH_INTERVAL;
                self.kill_lost_compilers();
            }
            if now >= next_second {
                next_second = now + SECOND;
                self.tick();
            }
        }
    }

    fn receive(&mut self, input: Input<Request>) {
        match input {
            Input::Message(client, Request::Hello(hello)) => {
                self.reap_daemon();
                match hello.want {
                    Want::Compile => {
                        self.watch.forget(client);
                        self.outcomes.begin(client, &hello.object);
                    }
                    Want::Start | Want::Stop | Want::Ping => {}
                }
                self.distribute_again(hello.want);
                self.handle(Event::Hello(client, hello));
            }
            Input::Message(client, Request::Finished { runs }) => {
                self.read_log();
                self.watch.forget(client);
                let Told { outcome, is_certain, reason, tier, placed } = self.outcomes.take(client, runs);
                self.connections.send(client, &Reply::Outcome { outcome, is_certain, reason, tier, placed });
                self.handle(Event::Done(client));
            }
            Input::Message(client, Request::Asked { answers }) => {
                if self.watch.told(client, answers) {
                    self.repeat_compilations(Event::Unanswered);
                }
            }
            Input::Message(client, Request::Done) => {
                self.watch.forget(client);
                self.outcomes.forget(client);
                self.handle(Event::Done(client));
            }
            Input::Message(client, Request::Failed) => {
                self.watch.forget(client);
                self.outcomes.forget(client);
                self.handle(Event::Failed(client));
            }
            Input::Disconnected(client) => {
                self.connections.remove(client);
                self.watch.forget(client);
                self.read_log();
                let is_remote = self.outcomes.is_remote(client);
                self.outcomes.forget(client);
                self.handle(Event::Disconnected(client));
                if is_remote {
                    // sccache cannot be told to end a compilation.
                    self.repeat_compilations(Event::Unwanted);
                }
                if self.state.lost_compilers().next().is_some() {
                    self.kill_lost_compilers();
                }
            }
        }
    }

    fn handle(&mut self, event: Event) {
        for action in self.state.handle(self.started_at.elapsed(), event) {
            self.perform(action);
        }
    }

    /// Checks whether the daemon has ended, and handles its end.
    fn reap_daemon(&mut self) {
        let Some(mut daemon) = self.daemon.take_if(|daemon| daemon.has_ended()) else { return };
        self.kill_at = None;
        daemon.finish_log(&mut self.outcomes);
        let without_port = daemon.port_was_taken().then(|| daemon.base_dirs().to_vec());
        daemon.clear_up(self.lock.is_same());
        if self.lock.is_same() {
            Record::remove(&self.folder);
        }
        if !self.state.is_starting() {
            return self.handle(Event::Ended);
        }
        if let Some(base_dirs) = without_port.filter(|_| self.taken_ports < PORTS) {
            self.taken_ports += 1;
            return self.start(&base_dirs);
        }
        self.taken_ports = 0;
        let log = self.log();
        self.handle(Event::NotStarted(log));
    }

    fn read_log(&mut self) {
        if let Some(daemon) = &mut self.daemon {
            daemon.read_log(&mut self.outcomes);
        }
    }

    /// The beginning of the log of the daemon, without credentials. This process has all of them in its environment.
    fn log(&self) -> String {
        const ENOUGH: u64 = 64 * 1024;
        let mut bytes = Vec::new();
        if let Ok(file) = File::open(self.folder.join(LOG)) {
            let _ = file.take(ENOUGH).read_to_end(&mut bytes);
        }
        let names: Vec<&str> = self.storage().secrets.iter().map(|secret| secret.name.as_str()).collect();
        let filter = Filter::of_variables(process::texts_of_environment(), &names);
        filter.bounded(String::from_utf8_lossy(&bytes).trim_end())
    }

    /// Replaces a daemon that waits for the scheduler by one that does not distribute.
    fn start_without_scheduler(&mut self) {
        let limit = if self.is_repeated { SCHEDULER_LIMITS.1 } else { SCHEDULER_LIMITS.0 };
        let Some(daemon) = self.daemon.as_ref().filter(|daemon| daemon.waits_for_scheduler(limit)) else {
            return;
        };
        if self.state.is_starting() {
            let base_dirs = daemon.base_dirs().to_vec();
            self.asks_scheduler = false;
            if self.without_scheduler.replace(Instant::now()).is_some() {
                self.again *= 2;
            }
            self.start(&base_dirs);
        }
    }

    /// Lets a daemon that distributes replace one that does not. A client that configures does not wait for the time.
    fn distribute_again(&mut self, want: Want) {
        let is_due = match (self.without_scheduler, want) {
            (None, _) | (Some(_), Want::Stop | Want::Ping) => false,
            (Some(_), Want::Start) => true,
            (Some(since), Want::Compile) => since.elapsed() >= self.again,
        };
        if is_due && !self.asks_scheduler && !self.state.is_starting() {
            self.asks_scheduler = true;
            self.state.replace_daemon(self.started_at.elapsed());
        }
    }

    /// All compilations are repeated with another daemon.
    fn repeat_compilations(&mut self, event: Event) {
        self.watch.reset();
        self.outcomes.forget_remote();
        self.is_repeated = event == Event::Unanswered;
        self.handle(event);
    }

    fn watch_servers(&mut self) {
        match self.watch.step(self.outcomes.remote()) {
            Some(Step::Ask(client)) => self.connections.send(client, &Reply::Doubt),
            Some(Step::GiveUp) => self.repeat_compilations(Event::Unanswered),
            None => {}
        }
    }

    /// The configuration of a daemon that distributes; `None` if it must not, or the scheduler does not answer.
    fn configuration(&self) -> Option<String> {
        let storage = self.storage();
        if !storage.distributes || (self.without_scheduler.is_some() && !self.asks_scheduler) {
            return None;
        }
        Servers::of(&self.settings)?.configuration(storage, &process::variable(TOKEN)?)
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Send(client, reply) => self.connections.send(client, &reply),
            Action::SendAddress(client) => {
                // CMake reads the log file after the start.
                self.read_log();
                let reply = match &self.daemon {
                    Some(daemon) => Reply::Use {
                        address: daemon.address(),
                        number: daemon.number(),
                        log: self.folder.join(LOG).to_string_lossy().into_owned(),
                        tells_outcomes: daemon.has_outcomes(),
                        distributes: daemon.distributes(),
                    },
                    None => Reply::Again,
                };
                self.connections.send(client, &reply);
            }
            Action::Start(base_dirs) => self.start(&base_dirs),
            Action::Stop => self.stop(),
            Action::Kill => {
                if let Some(daemon) = &mut self.daemon {
                    daemon.kill();
                }
                self.reap_daemon();
            }
            Action::Suspend => {
                if let Some(daemon) = &self.daemon {
                    daemon.suspend();
                }
            }
            Action::KillSoon => self.kill_at = Some(Instant::now() + GIVE_UP_TIME),
            Action::KillOrphans => {
                self.compilers().into_iter().for_each(process::kill);
            }
            Action::Hide => {
                self.endpoint.remove();
                self.guard_endpoint.remove();
            }
            Action::Exit => self.is_over = true,
        }
    }

    fn start(&mut self, base_dirs: &[String]) {
        // Build folders and environments in temporary folders would make the list too long for an environment variable.
        let (base_dirs, gone): (Vec<String>, Vec<String>) =
            base_dirs.iter().cloned().partition(|folder| Path::new(folder).is_dir());
        self.state.forget_base_dirs(&gone);
        let base_dirs = &base_dirs;
        if let Some(mut former) = self.daemon.take() {
            former.kill();
            former.finish_log(&mut self.outcomes);
            former.clear_up(self.lock.is_same());
        }
        if let Some(parent) = self.folder.parent() {
            files::write_base_dirs(&parent.join("base-dirs"), base_dirs);
        }
        self.daemons += 1;
        let configuration = self.configuration();
        self.watch.reset();
        self.outcomes.forget_remote();
        let started = Daemon::start(&Start {
            program: &self.settings.program,
            folder: &self.folder,
            number: self.daemons,
            needs_port: self.settings.needs_port(),
            base_dirs,
            directory: self.directory.as_ref().map(|(directory, _)| directory.as_path()),
            configuration: configuration.as_deref(),
        });
        match started {
            Ok(daemon) => self.daemon = Some(daemon),
            Err(error) => self.handle(Event::NotStarted(error.to_string())),
        }
    }

    fn stop(&mut self) {
        let Some(daemon) = &mut self.daemon else { return self.handle(Event::Ended) };
        // The socket at this path may belong to another supervisor now.
        let can_be_asked = self.lock.is_same() && daemon.looks_ready();
        let Settings { program, .. } = &self.settings;
        let version = self.settings.tool_version();
        let asked = if can_be_asked { daemon.ask_to_end(program, version).ok() } else { None };
        match asked {
            Some(command) => self.stop_commands.push(command),
            None => self.perform(Action::Kill),
        }
    }

    /// Writes the record for `toolchainkit server`.
    fn write_record(&self) {
        let Some(daemon) = &self.daemon else { return };
        let storage = self.storage();
        let mut record = Record {
            folder: self.folder.clone(),
            id: storage.id.clone(),
            program: self.settings.program.to_string_lossy().into_owned(),
            version: self.settings.tool_version_text().to_owned(),
            socket: daemon.address().to_string(),
            location: storage.location.clone(),
            project: self.settings.project.clone(),
            source_dirs: self.settings.base_dirs.clone(),
            supervisor: std::process::id(),
            ..Record::default()
        };
        record.set_daemon(daemon.process());
        // The record is only information for users.
        let _ = record.write();
    }

    /// The programs below the supervisor, without the daemon and the commands of the supervisor.
    fn compilers(&self) -> Vec<Process> {
        let is_ours = |process: &Process| {
            self.daemon.as_ref().is_some_and(|daemon| daemon.id() == process.id)
                || self.stop_commands.iter().any(|command| command.id() == process.id)
        };
        let mut programs = process::compilers_of_session();
        programs.retain(|process| !is_ours(process));
        programs
    }

    /// Kills the compilers of lost clients: those in the same folder that write the object, or that have lost their parent.
    fn kill_lost_compilers(&mut self) {
        let own = std::process::id();
        let programs = self.compilers();
        let mut found = Vec::new();
        let mut to_kill: Vec<Process> = Vec::new();
        for (folder, object) in self.state.lost_compilers() {
            let compiles_it = |process: &&Process| {
                process::folder_of(**process).is_some_and(|of| of.to_string_lossy() == folder)
                    && (process.parent == own || process::has_argument(**process, object))
            };
            let before = to_kill.len();
            to_kill.extend(programs.iter().filter(compiles_it));
            if to_kill.len() > before {
                found.push(Event::Found { folder: folder.to_owned(), object: object.to_owned() });
            }
        }
        for process in to_kill {
            let below = process::descendants(process.id);
            process::kill(process);
            below.into_iter().for_each(process::kill);
        }
        for event in found {
            self.handle(event);
        }
    }

    fn tick(&mut self) {
        self.reap_daemon();
        self.read_log();
        self.watch_servers();
        // A compilation on a server does not wait for the storage.
        let programs = match &self.daemon {
            Some(daemon) if self.state.is_busy() => daemon.programs().len() + self.outcomes.distributed(),
            _ => 0,
        };
        self.stop_commands.retain_mut(|command| matches!(command.try_wait(), Ok(None)));
        let known: Vec<u32> =
            self.daemon.iter().map(Daemon::id).chain(self.stop_commands.iter().map(Child::id)).collect();
        process::reap_orphans(&known);
        let is_complete = self.endpoint.is_same()
            && self.lock.is_same()
            && self.directory.as_ref().is_none_or(|(_, held)| held.is_same());
        if !is_complete {
            self.handle(Event::FilesLost);
        }
        if self.guard_is_used.swap(false, Ordering::Relaxed) {
            self.state.was_used(self.started_at.elapsed());
        }
        self.handle(Event::Tick { programs });
    }

    fn clear_up(&mut self) {
        self.endpoint.remove();
        self.guard_endpoint.remove();
        if self.lock.is_same() {
            Record::remove(&self.folder);
        }
        for command in &mut self.stop_commands {
            let _ = command.wait();
        }
    }
}
