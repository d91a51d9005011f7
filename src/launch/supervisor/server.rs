//! The supervisor's process: what [`super::state`] decides is done here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::daemon::{Daemon, Start};
use super::files::{self, ENDPOINT, Held, LOCK, LOG, SOCKET};
use super::record::Record;
use super::state::{Action, Client, Event, State};
use crate::launch::process::{self, Connection, Listener, Process};
use crate::launch::protocol::{self, Reply, Request};
use crate::launch::settings::{Settings, Storage};

/// `--serve STORAGE LAUNCHER.JSON`, in the supervisor's folder, with its lock as the standard input.
pub(in crate::launch) const SERVE: &str = "--serve";

const SECOND: Duration = Duration::from_secs(1);
/// How often it is looked whether a daemon answers by now.
const STARTING: Duration = Duration::from_millis(5);
/// How often compilers of clients that are gone are looked for.
const SEEKING: Duration = Duration::from_millis(100);
/// Those who are told to give up end their own part in it meanwhile.
const GIVING_UP: Duration = Duration::from_millis(300);
/// A client that does not read is none.
const WRITE: Duration = Duration::from_secs(2);
/// How often another port is tried where somebody else was faster.
const PORTS: u32 = 10;

enum Message {
    Connected(Client, Connection),
    Event(Event),
    DaemonEnded(u64),
}

struct Server {
    settings: Settings,
    storage: usize,
    folder: PathBuf,
    endpoint: Held,
    lock: Held,
    directory: Option<(PathBuf, Held)>,
    state: State,
    daemon: Option<Daemon>,
    daemons: u64,
    /// How many ports were taken one after the other.
    taken_ports: u32,
    /// Programs that end by themselves.
    errands: Vec<Child>,
    clients: BTreeMap<Client, Connection>,
    begun: Instant,
    kill_at: Option<Instant>,
    is_over: bool,
    sender: Sender<Message>,
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
    let index = settings.storages.iter().position(|known| known.name == storage);
    let storage = index.ok_or(io::ErrorKind::NotFound)?;
    let folder = std::env::current_dir()?;
    let lock_file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Whoever started us holds the lock; it is this one, or there is another supervisor.
    lock_file.try_lock()?;
    let lock = Held::of(folder.join(LOCK), Some(lock_file))?;
    if !lock.is_there() || !process::is_private_folder(&folder) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    end_predecessor(&folder);
    let (sender, receiver) = mpsc::channel();
    let address = folder.join(ENDPOINT);
    let _ = fs::remove_file(&address);
    let listener = Listener::bind(&address)?;
    let endpoint = Held::of(address, None)?;
    let for_clients = sender.clone();
    thread::Builder::new().spawn(move || accept(&listener, &for_clients))?;
    let Storage { environment, .. } = &settings.storages[storage];
    let directory = environment.get("SCCACHE_DIR").map(Path::new).filter(|directory| directory.is_absolute());
    let directory = directory.and_then(files::take_directory);
    let state = State::new(
        settings.digest(&settings.storages[storage]),
        Duration::from_secs(settings.breaker_seconds),
        Duration::from_secs(settings.idle_seconds),
        folder.parent().map(|parent| files::read_base_dirs(&parent.join("base-dirs"))).unwrap_or_default(),
    );
    let mut server = Server {
        settings,
        storage,
        folder,
        endpoint,
        lock,
        directory,
        state,
        daemon: None,
        daemons: 0,
        taken_ports: 0,
        errands: Vec::new(),
        clients: BTreeMap::new(),
        begun: Instant::now(),
        kill_at: None,
        is_over: false,
        sender,
    };
    server.serve(&receiver);
    server.clear_up();
    Ok(())
}

/// A supervisor that was killed takes its daemon with it, but that may take a moment.
fn end_predecessor(folder: &Path) {
    let begun = Instant::now();
    while let Some(daemon) = Record::read(folder).and_then(|record| record.living_daemon()) {
        process::descendants(daemon.id).into_iter().chain([daemon]).for_each(process::kill);
        if begun.elapsed() > 2 * SECOND {
            break;
        }
        thread::sleep(STARTING);
    }
    let _ = fs::remove_file(folder.join(SOCKET));
    Record::remove(folder);
}

fn accept(listener: &Listener, sender: &Sender<Message>) {
    for (client, connection) in listener.incoming().enumerate() {
        let Ok(connection) = connection else {
            // Too many descriptors are open.
            thread::sleep(STARTING);
            continue;
        };
        let client = client as Client;
        if process::peer(&connection).is_none() {
            continue;
        }
        let Ok(reading) = connection.try_clone() else { continue };
        let _ = connection.set_write_timeout(Some(WRITE));
        if sender.send(Message::Connected(client, connection)).is_err() {
            return;
        }
        let to_main = sender.clone();
        let spawned =
            thread::Builder::new().stack_size(128 * 1024).spawn(move || listen(client, reading, &to_main));
        if spawned.is_err() && sender.send(Message::Event(Event::Gone(client))).is_err() {
            return;
        }
    }
}

fn listen(client: Client, connection: Connection, sender: &Sender<Message>) {
    let mut reader = BufReader::new(connection);
    while let Ok(Some(request)) = protocol::receive(&mut reader) {
        let event = match request {
            Request::Hello(hello) => Event::Hello(client, hello),
            Request::Done => Event::Done(client),
            Request::Failed => Event::Failed(client),
        };
        if sender.send(Message::Event(event)).is_err() {
            return;
        }
    }
    let _ = sender.send(Message::Event(Event::Gone(client)));
}

impl Server {
    fn storage(&self) -> &Storage {
        &self.settings.storages[self.storage]
    }

    fn serve(&mut self, receiver: &Receiver<Message>) {
        let mut next_second = Instant::now() + SECOND;
        let mut next_search = Instant::now();
        while !self.is_over {
            let now = Instant::now();
            let mut until = next_second;
            if self.state.is_starting() {
                until = until.min(now + STARTING);
            }
            if self.state.sought().next().is_some() {
                until = until.min(next_search);
            }
            until = self.kill_at.map_or(until, |kill_at| until.min(kill_at));
            match receiver.recv_timeout(until.saturating_duration_since(now)) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = Instant::now();
            if self.state.is_starting() && self.daemon.as_mut().is_some_and(Daemon::looks_ready) {
                self.taken_ports = 0;
                self.note();
                self.happen(Event::Started);
            }
            if self.kill_at.is_some_and(|kill_at| now >= kill_at) {
                self.kill_at = None;
                self.perform(Action::Kill);
            }
            if now >= next_search && self.state.sought().next().is_some() {
                next_search = now + SEEKING;
                self.seek();
            }
            if now >= next_second {
                next_second = now + SECOND;
                self.second();
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Connected(client, connection) => {
                self.clients.insert(client, connection);
            }
            Message::DaemonEnded(number) => self.look_after_daemon(Some(number)),
            Message::Event(event) => {
                if matches!(event, Event::Hello(..)) {
                    self.look_after_daemon(None);
                }
                if let Event::Gone(client) = event {
                    self.clients.remove(&client);
                }
                let is_gone = matches!(event, Event::Gone(_));
                self.happen(event);
                if is_gone && self.state.sought().next().is_some() {
                    self.seek();
                }
            }
        }
    }

    fn happen(&mut self, event: Event) {
        for action in self.state.handle(self.begun.elapsed(), event) {
            self.perform(action);
        }
    }

    /// Takes note of the end of the daemon.
    fn look_after_daemon(&mut self, number: Option<u64>) {
        let has_ended =
            |daemon: &Daemon| number.is_none_or(|number| daemon.number() == number) && daemon.has_ended();
        let Some(mut daemon) = self.daemon.take_if(|daemon| has_ended(daemon)) else { return };
        self.kill_at = None;
        let without_port = daemon.port_was_taken().then(|| daemon.base_dirs().to_vec());
        daemon.clear_up(self.lock.is_there());
        if self.lock.is_there() {
            Record::remove(&self.folder);
        }
        if !self.state.is_starting() {
            return self.happen(Event::Ended);
        }
        if let Some(base_dirs) = without_port.filter(|_| self.taken_ports < PORTS) {
            self.taken_ports += 1;
            return self.start(&base_dirs);
        }
        self.taken_ports = 0;
        let log = self.log();
        self.happen(Event::NotStarted(log));
    }

    /// The beginning of what the daemon has said.
    fn log(&self) -> String {
        const ENOUGH: u64 = 4096;
        let mut bytes = Vec::new();
        if let Ok(file) = File::open(self.folder.join(LOG)) {
            let _ = file.take(ENOUGH).read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).trim_end().to_owned()
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Tell(client, reply) => self.tell(client, &reply),
            Action::TellAddress(client) => {
                let reply = match &self.daemon {
                    Some(daemon) => Reply::Use {
                        address: daemon.address(),
                        number: daemon.number(),
                        log: self.folder.join(LOG).to_string_lossy().into_owned(),
                    },
                    None => Reply::Again,
                };
                self.tell(client, &reply);
            }
            Action::Start(base_dirs) => self.start(&base_dirs),
            Action::Stop => self.stop(),
            Action::Kill => {
                if let Some(daemon) = &mut self.daemon {
                    daemon.kill();
                }
                self.look_after_daemon(None);
            }
            Action::CutOff => {
                if let Some(daemon) = &self.daemon {
                    daemon.cut_off();
                }
            }
            Action::KillSoon => self.kill_at = Some(Instant::now() + GIVING_UP),
            Action::KillOrphans => {
                self.programs().into_iter().for_each(process::kill);
            }
            Action::Hide => self.endpoint.remove(),
            Action::Exit => self.is_over = true,
        }
    }

    fn tell(&mut self, client: Client, reply: &Reply) {
        if let Some(connection) = self.clients.get_mut(&client) {
            // One that is gone says so by the end of its connection.
            let _ = protocol::send(connection, reply);
        }
    }

    fn start(&mut self, base_dirs: &[String]) {
        if let Some(mut former) = self.daemon.take() {
            former.kill();
            former.clear_up(self.lock.is_there());
        }
        if let Some(parent) = self.folder.parent() {
            files::write_base_dirs(&parent.join("base-dirs"), base_dirs);
        }
        self.daemons += 1;
        let started = Daemon::start(&Start {
            program: &self.settings.program,
            folder: &self.folder,
            number: self.daemons,
            needs_port: self.settings.needs_port(),
            base_dirs,
            directory: self.directory.as_ref().map(|(directory, _)| directory.as_path()),
        });
        match started {
            Ok(daemon) => {
                let (id, number, sender) = (daemon.id(), daemon.number(), self.sender.clone());
                // Without the thread, its end is seen a moment later.
                let _ = thread::Builder::new().stack_size(128 * 1024).spawn(move || {
                    process::wait_for_end(id);
                    let _ = sender.send(Message::DaemonEnded(number));
                });
                self.daemon = Some(daemon);
            }
            Err(error) => self.happen(Event::NotStarted(error.to_string())),
        }
    }

    fn stop(&mut self) {
        let Some(daemon) = &mut self.daemon else { return self.happen(Event::Ended) };
        // At that path there may be another supervisor's daemon by now.
        let can_be_asked = self.lock.is_there() && daemon.looks_ready();
        let asked = if can_be_asked { daemon.ask_to_end(&self.settings.program).ok() } else { None };
        match asked {
            Some(errand) => self.errands.push(errand),
            None => self.perform(Action::Kill),
        }
    }

    /// Writes down what there is, for `toolchainkit server`.
    fn note(&self) {
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
        record.note_daemon(daemon.process());
        // Only people look there.
        let _ = record.write();
    }

    /// What runs below the supervisor, but for the daemon and what the supervisor itself has started. Who has a session
    /// of its own is to stay: it is no compiler.
    fn programs(&self) -> Vec<Process> {
        let own = std::process::id();
        let is_known = |process: &Process| {
            self.daemon.as_ref().is_some_and(|daemon| daemon.id() == process.id)
                || self.errands.iter().any(|errand| errand.id() == process.id)
        };
        let mut programs = process::descendants(own);
        programs.retain(|process| process.session == own && !is_known(process));
        programs
    }

    /// Kills the compilers of those who are gone: what makes such an object, and what nobody waits for in that folder.
    fn seek(&mut self) {
        let own = std::process::id();
        let programs = self.programs();
        let mut found = Vec::new();
        let mut doomed: Vec<Process> = Vec::new();
        for (folder, object) in self.state.sought() {
            let makes_it = |process: &&Process| {
                process::folder_of(**process).is_some_and(|of| of.to_string_lossy() == folder)
                    && (process.parent == own || process::has_argument(**process, object))
            };
            let before = doomed.len();
            doomed.extend(programs.iter().filter(makes_it));
            if doomed.len() > before {
                found.push(Event::Found { folder: folder.to_owned(), object: object.to_owned() });
            }
        }
        for process in doomed {
            let below = process::descendants(process.id);
            process::kill(process);
            below.into_iter().for_each(process::kill);
        }
        for event in found {
            self.happen(event);
        }
    }

    fn second(&mut self) {
        self.look_after_daemon(None);
        let programs = match &self.daemon {
            Some(daemon) if self.state.is_busy() => daemon.programs().len(),
            _ => 0,
        };
        self.errands.retain_mut(|errand| matches!(errand.try_wait(), Ok(None)));
        let known: Vec<u32> =
            self.daemon.iter().map(Daemon::id).chain(self.errands.iter().map(Child::id)).collect();
        process::reap_orphans(&known);
        let is_there = self.endpoint.is_there()
            && self.lock.is_there()
            && self.directory.as_ref().is_none_or(|(_, held)| held.is_there());
        if !is_there {
            self.happen(Event::Displaced);
        }
        self.happen(Event::Second { programs });
    }

    fn clear_up(&mut self) {
        self.endpoint.remove();
        if self.lock.is_there() {
            Record::remove(&self.folder);
        }
        for errand in &mut self.errands {
            let _ = errand.wait();
        }
    }
}
