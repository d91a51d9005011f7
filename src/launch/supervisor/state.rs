//! The state machine of the supervisor. It does no I/O: it takes events with their times, and returns actions.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::launch::connections::Client;
use crate::launch::protocol::{Hello, PROTOCOL, Reply, Want};

/// The time since the start of the supervisor.
pub(super) type Time = Duration;

/// The time that new compilations wait for running ones before the daemon is replaced.
const DRAIN: Duration = Duration::from_secs(10);
/// The longest time for a daemon to start.
const START: Duration = Duration::from_secs(10);
/// The longest time for a daemon to stop: sccache waits up to 10 s for compilations.
const STOP: Duration = Duration::from_secs(12);
/// The time for compilations to finish after the run folder was removed. No client waits for the end of this supervisor.
const RETIRE: Duration = Duration::from_mins(1);
/// A compilation that runs for this long counts in the detection of a hang.
const STALL_WAIT: Duration = Duration::from_secs(4);
/// The number of consecutive seconds with stalled compilations after which the storage is considered hanging.
const STALL_SECONDS: u32 = 4;
/// The time for the search of the compiler of a lost client. The daemon may not have started it yet.
const SEARCH_TIME: Duration = Duration::from_secs(2);
/// The time that the next compilation of the same object waits for this search.
const HOLD_TIME: Duration = Duration::from_secs(1);
/// The time without a client after which a daemon with other settings may be replaced.
const UNUSED: Duration = Duration::from_secs(10);
/// The number of crashes of the daemon within a minute that opens the breaker.
const MAX_CRASHES: usize = 3;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Hello(Client, Hello),
    Done(Client),
    Failed(Client),
    Disconnected(Client),
    Started,
    NotStarted(String),
    /// The daemon has ended.
    Ended,
    /// The servers to which the daemon distributes compilations do not answer.
    Unanswered,
    /// A server compiles for a client that was lost, and would write the object later.
    Unwanted,
    /// A second has passed. The daemon runs this number of programs.
    Tick {
        programs: usize,
    },
    /// The compiler of a lost client was found and killed.
    Found {
        folder: String,
        object: String,
    },
    /// Files of the supervisor were removed or replaced.
    FilesLost,
}

/// An action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Send(Client, Reply),
    /// Sends the address of the daemon.
    SendAddress(Client),
    Start(Vec<String>),
    /// Asks the daemon to stop after its compilations.
    Stop,
    Kill,
    /// Stops the daemon (SIGSTOP), and kills the programs that it runs.
    Suspend,
    /// Kills the daemon after a short delay, so that clients that gave up can end their tools first.
    KillSoon,
    /// Kills the compilers of a daemon that has ended.
    KillOrphans,
    /// Removes the endpoint, so that no new client connects.
    Hide,
    Exit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Down,
    Starting { since: Time },
    Up,
    Stopping { since: Time },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Breaker {
    Closed,
    Open {
        since: Time,
    },
    /// One compilation tries the tool again.
    Trying {
        client: Option<Client>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Activity {
    /// Waits for a daemon.
    Waiting,
    /// Waits until the compiler of a lost client was found.
    Held {
        since: Time,
    },
    Compiling {
        since: Time,
    },
    /// Waits for the start of the daemon, also after a failure.
    Starting,
    /// Waits for the end of the supervisor.
    Stopping,
}

#[derive(Debug)]
struct Session {
    hello: Hello,
    activity: Activity,
}

#[derive(Debug)]
struct LostCompiler {
    folder: String,
    object: String,
    since: Time,
    found: bool,
}

/// The state of a supervisor.
#[derive(Debug)]
pub(super) struct State {
    settings: String,
    breaker_time: Duration,
    /// The time without a client after which the supervisor stops; zero is never.
    idle_time: Duration,
    phase: Phase,
    breaker: Breaker,
    is_reported: bool,
    sessions: BTreeMap<Client, Session>,
    base_dirs: Vec<String>,
    /// A base directory was added after the start of the daemon.
    is_outdated: bool,
    /// Until when compilations wait for a daemon with all base directories.
    drain_deadline: Option<Time>,
    /// Until when compilations may finish before this supervisor exits.
    shutdown_deadline: Option<Time>,
    last_used: Time,
    /// The time of the last connection of a client with the settings of this supervisor.
    last_client: Time,
    stalled: u32,
    most_programs: usize,
    lost: Vec<LostCompiler>,
    crashes: Vec<Time>,
    actions: Vec<Action>,
}

impl State {
    pub(super) fn new(
        settings: String,
        breaker_time: Duration,
        idle_time: Duration,
        base_dirs: Vec<String>,
    ) -> Self {
        Self {
            settings,
            breaker_time,
            idle_time,
            phase: Phase::Down,
            breaker: Breaker::Closed,
            is_reported: false,
            sessions: BTreeMap::new(),
            base_dirs,
            is_outdated: false,
            drain_deadline: None,
            shutdown_deadline: None,
            last_used: Time::ZERO,
            last_client: Time::ZERO,
            stalled: 0,
            most_programs: 1,
            lost: Vec::new(),
            crashes: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Handles an event.
    pub(super) fn handle(&mut self, now: Time, event: Event) -> Vec<Action> {
        match event {
            Event::Hello(client, hello) => self.register_client(now, client, hello),
            Event::Done(client) => self.done(now, client),
            Event::Failed(client) => self.failed(now, client),
            Event::Disconnected(client) => self.disconnected(now, client),
            Event::Started => self.started(now),
            Event::NotStarted(reason) => self.not_started(now, &reason),
            Event::Ended => self.ended(now),
            Event::Unanswered => self.repeat_compilations(now, true),
            Event::Unwanted => self.repeat_compilations(now, false),
            Event::Tick { programs } => self.tick(now, programs),
            Event::Found { folder, object } => self.found(now, &folder, &object),
            Event::FilesLost => self.shut_down(now, RETIRE),
        }
        self.advance(now);
        std::mem::take(&mut self.actions)
    }

    /// Records a use of the guard. For the idle time, it counts like a client.
    pub(super) fn was_used(&mut self, now: Time) {
        self.last_used = self.last_used.max(now);
    }

    /// The compilers of lost clients to search: folder and object.
    pub(super) fn lost_compilers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lost.iter().map(|lost| (lost.folder.as_str(), lost.object.as_str()))
    }

    /// Whether the daemon is starting.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. })
    }

    /// Whether a client compiles with the daemon.
    pub(super) fn is_busy(&self) -> bool {
        self.compiling().next().is_some()
    }

    fn compiling(&self) -> impl Iterator<Item = (Client, Time)> {
        self.sessions.iter().filter_map(|(client, session)| match session.activity {
            Activity::Compiling { since } => Some((*client, since)),
            _ => None,
        })
    }

    fn send(&mut self, client: Client, reply: Reply) {
        self.actions.push(Action::Send(client, reply));
    }

    fn bypass(&mut self, client: Client, message: Option<String>) {
        self.sessions.remove(&client);
        self.send(client, Reply::Without { message });
    }

    fn register_client(&mut self, now: Time, client: Client, hello: Hello) {
        // A client that repeats its request has finished the previous attempt.
        let is_trying = self.breaker == Breaker::Trying { client: Some(client) };
        self.sessions.remove(&client);
        match hello.want {
            Want::Ping => return self.send(client, Reply::Here),
            Want::Stop => {
                self.sessions.insert(client, Session { hello, activity: Activity::Stopping });
                return self.shut_down(now, DRAIN);
            }
            Want::Compile | Want::Start => self.last_used = now,
        }
        if self.shutdown_deadline.is_some() {
            return self.send(client, Reply::Again);
        }
        if hello.protocol != PROTOCOL || hello.settings != self.settings {
            let is_free = self.sessions.is_empty() && now >= self.last_client + UNUSED;
            if hello.want == Want::Start || is_free {
                self.shut_down(now, DRAIN);
                return self.send(client, Reply::Again);
            }
            return self.bypass(client, None);
        }
        self.last_client = now;
        self.add_base_dirs(now, &hello.base_dirs);
        if hello.want == Want::Start {
            self.breaker = Breaker::Closed;
            self.is_reported = false;
            self.sessions.insert(client, Session { hello, activity: Activity::Starting });
            return;
        }
        if let Some(lost) = self.lost_compiler_of(&hello) {
            if lost.found {
                return self.bypass(client, None);
            }
            self.sessions.insert(client, Session { hello, activity: Activity::Held { since: now } });
            return;
        }
        if !is_trying && !self.breaker_admits(now, client) {
            return self.bypass(client, None);
        }
        self.sessions.insert(client, Session { hello, activity: Activity::Waiting });
    }

    /// Whether the breaker lets this client use the tool.
    fn breaker_admits(&mut self, now: Time, client: Client) -> bool {
        match self.breaker {
            Breaker::Closed => true,
            Breaker::Open { since } if now < since + self.breaker_time => false,
            Breaker::Open { .. } | Breaker::Trying { client: None } => {
                let is_up = self.phase == Phase::Up;
                self.breaker = Breaker::Trying { client: is_up.then_some(client) };
                // No client waits for a daemon that has recently failed to start.
                if self.phase == Phase::Down {
                    self.start(now);
                }
                is_up
            }
            Breaker::Trying { client: Some(_) } => false,
        }
    }

    /// Removes base directories that no longer exist. If they appear again, their clients send them again.
    pub(super) fn forget_base_dirs(&mut self, folders: &[String]) {
        self.base_dirs.retain(|known| !folders.contains(known));
    }

    fn add_base_dirs(&mut self, now: Time, folders: &[String]) {
        let known = self.base_dirs.len();
        for folder in folders {
            if !self.base_dirs.contains(folder) {
                self.base_dirs.push(folder.clone());
            }
        }
        if self.base_dirs.len() > known && self.phase != Phase::Down {
            self.is_outdated = true;
            self.drain_deadline.get_or_insert(now + DRAIN);
        }
    }

    fn lost_compiler_of(&self, hello: &Hello) -> Option<&LostCompiler> {
        self.lost.iter().find(|one| one.folder == hello.folder && one.object == hello.object)
    }

    fn done(&mut self, now: Time, client: Client) {
        self.last_used = now;
        if self.breaker == (Breaker::Trying { client: Some(client) }) {
            self.breaker = Breaker::Closed;
            self.is_reported = false;
        }
        self.sessions.remove(&client);
    }

    fn failed(&mut self, now: Time, client: Client) {
        self.sessions.remove(&client);
        let message = self.open(now, "sccache fails: compiling without it for a minute");
        self.send(client, Reply::FailureRecorded { message });
    }

    /// Opens the breaker. Returns the message, but only once in an outage.
    fn open(&mut self, now: Time, message: &str) -> Option<String> {
        self.breaker = Breaker::Open { since: now };
        let is_new = !std::mem::replace(&mut self.is_reported, true);
        is_new.then(|| message.to_owned())
    }

    fn disconnected(&mut self, now: Time, client: Client) {
        if self.breaker == (Breaker::Trying { client: Some(client) }) {
            self.breaker = Breaker::Trying { client: None };
        }
        let Some(Session { hello, activity }) = self.sessions.remove(&client) else { return };
        self.last_used = now;
        if matches!(activity, Activity::Compiling { .. }) && !hello.object.is_empty() {
            let Hello { folder, object, .. } = hello;
            self.lost.push(LostCompiler { folder, object, since: now, found: false });
        }
    }

    fn found(&mut self, now: Time, folder: &str, object: &str) {
        for one in self.lost.iter_mut().filter(|one| one.folder == folder && one.object == object) {
            one.found = true;
        }
        self.release_held(now);
    }

    /// Answers the clients whose wait for a lost compiler is over.
    fn release_held(&mut self, now: Time) {
        let is_free = |session: &Session| match session.activity {
            Activity::Held { since } => {
                now >= since + HOLD_TIME
                    || self.lost_compiler_of(&session.hello).is_none_or(|lost| lost.found)
            }
            _ => false,
        };
        let free: Vec<Client> =
            self.sessions.iter().filter(|(_, session)| is_free(session)).map(|(client, _)| *client).collect();
        for client in free {
            self.bypass(client, None);
        }
    }

    fn start(&mut self, now: Time) {
        self.phase = Phase::Starting { since: now };
        self.is_outdated = false;
        self.drain_deadline = None;
        self.stalled = 0;
        self.actions.push(Action::Start(self.base_dirs.clone()));
    }

    fn stop(&mut self, now: Time) {
        self.phase = Phase::Stopping { since: now };
        self.actions.push(Action::Stop);
    }

    fn started(&mut self, now: Time) {
        if self.is_starting() {
            self.phase = Phase::Up;
            // The clients that connected during the start use this daemon for now.
            if self.is_outdated {
                self.drain_deadline = Some(now + DRAIN);
            }
        }
    }

    fn not_started(&mut self, now: Time, reason: &str) {
        self.phase = Phase::Down;
        let starters = self.all(&Activity::Starting);
        let waiting = self.all(&Activity::Waiting);
        // A client that configures prints the reason itself.
        self.is_reported |= !starters.is_empty();
        for client in starters {
            self.sessions.remove(&client);
            self.send(client, Reply::NotStarted { reason: reason.to_owned() });
        }
        let mut message = self.open(now, "sccache does not start: compiling without it for a minute");
        if waiting.is_empty() && message.is_some() {
            self.is_reported = false;
        }
        for client in waiting {
            self.bypass(client, message.take());
        }
    }

    fn all(&self, activity: &Activity) -> Vec<Client> {
        self.sessions
            .iter()
            .filter(|(_, session)| session.activity == *activity)
            .map(|(client, _)| *client)
            .collect()
    }

    fn ended(&mut self, now: Time) {
        match self.phase {
            Phase::Starting { .. } => return self.not_started(now, "sccache ended while it started"),
            Phase::Up => {
                self.actions.push(Action::KillOrphans);
                self.crashes.retain(|end| now < *end + Duration::from_mins(1));
                self.crashes.push(now);
                if self.crashes.len() >= MAX_CRASHES {
                    self.crashes.clear();
                    let mut message = self.open(now, "sccache fails: compiling without it for a minute");
                    for client in self.all(&Activity::Waiting) {
                        self.bypass(client, message.take());
                    }
                }
            }
            Phase::Down | Phase::Stopping { .. } => self.actions.push(Action::KillOrphans),
        }
        self.phase = Phase::Down;
    }

    /// Tells all clients to run the compiler themselves.
    fn give_up_compilations(&mut self, mut message: Option<String>) {
        self.actions.push(Action::Suspend);
        let compiling: Vec<Client> = self.compiling().map(|(client, _)| client).collect();
        for client in compiling {
            self.sessions.remove(&client);
            self.send(client, Reply::GiveUp { message: message.take() });
        }
        self.actions.push(Action::KillSoon);
    }

    /// Tells all clients to repeat their compilations with the next daemon.
    fn repeat_compilations(&mut self, now: Time, is_outage: bool) {
        if self.phase != Phase::Up {
            return;
        }
        self.actions.push(Action::Suspend);
        let compiling: Vec<Client> = self.compiling().map(|(client, _)| client).collect();
        for client in compiling {
            self.sessions.remove(&client);
            self.send(client, Reply::Repeat { is_outage });
        }
        self.actions.push(Action::KillSoon);
        self.phase = Phase::Stopping { since: now };
    }

    /// Replaces the daemon. New compilations wait for the running ones, but not for a long one.
    pub(super) fn replace_daemon(&mut self, now: Time) {
        if self.phase == Phase::Up {
            self.is_outdated = true;
            self.drain_deadline.get_or_insert(now + DRAIN);
        }
    }

    fn shut_down(&mut self, now: Time, most: Duration) {
        let by = now + most;
        if self.shutdown_deadline.is_none() {
            self.actions.push(Action::Hide);
        }
        self.shutdown_deadline = Some(self.shutdown_deadline.map_or(by, |known| known.min(by)));
        for client in [self.all(&Activity::Waiting), self.all(&Activity::Starting)].concat() {
            self.sessions.remove(&client);
            self.send(client, Reply::Again);
        }
    }

    fn tick(&mut self, now: Time, programs: usize) {
        self.lost.retain(|one| now < one.since + SEARCH_TIME);
        self.release_held(now);
        match self.phase {
            Phase::Starting { since } if now >= since + START => {
                self.actions.push(Action::Kill);
                return self.not_started(now, "no answer within 10 s");
            }
            Phase::Stopping { since } if now >= since + STOP => self.actions.push(Action::Kill),
            Phase::Up => self.detect_stall(now, programs),
            _ => {}
        }
        if self.shutdown_deadline.is_some_and(|by| now >= by) && self.is_busy() {
            self.give_up_compilations(None);
            self.phase = Phase::Stopping { since: now };
        }
        let is_idle = !self.idle_time.is_zero() && now >= self.last_used + self.idle_time;
        if is_idle && self.sessions.is_empty() && self.shutdown_deadline.is_none() {
            self.shut_down(now, DRAIN);
        }
        if !self.sessions.is_empty() {
            self.last_used = now;
        }
    }

    /// sccache waits for a hanging storage without a timeout. It hangs if, for some seconds, it has more compilations than
    /// programs, and runs fewer programs than before.
    fn detect_stall(&mut self, now: Time, programs: usize) {
        self.most_programs = self.most_programs.max(programs);
        let waiting = self.compiling().filter(|(_, since)| now >= *since + STALL_WAIT).count();
        let is_stalled = waiting > programs && programs < self.most_programs;
        self.stalled = if is_stalled { self.stalled + 1 } else { 0 };
        if self.stalled >= STALL_SECONDS {
            self.stalled = 0;
            let message = self
                .open(now, "the storage of sccache does not answer: compiling without sccache for a minute");
            self.give_up_compilations(message);
            self.phase = Phase::Stopping { since: now };
        }
    }

    /// Takes the next steps that are possible in the current state.
    fn advance(&mut self, now: Time) {
        if self.shutdown_deadline.is_some() {
            return self.advance_shutdown(now);
        }
        if self.phase == Phase::Up && self.is_outdated {
            if !self.is_busy() {
                return self.stop(now);
            }
            // A long compilation continues. The others use this daemon, with fewer hits, until it is not busy.
            if self.drain_deadline.is_none_or(|by| now < by) {
                return;
            }
        }
        let (starters, waiting) = (self.all(&Activity::Starting), self.all(&Activity::Waiting));
        match self.phase {
            Phase::Down if !starters.is_empty() || !waiting.is_empty() => self.start(now),
            Phase::Up => {
                for client in starters {
                    self.sessions.remove(&client);
                    self.actions.push(Action::SendAddress(client));
                }
                for client in waiting {
                    if let Some(session) = self.sessions.get_mut(&client) {
                        session.activity = Activity::Compiling { since: now };
                        self.actions.push(Action::SendAddress(client));
                    }
                }
            }
            _ => {}
        }
    }

    fn advance_shutdown(&mut self, now: Time) {
        match self.phase {
            Phase::Up | Phase::Starting { .. } if !self.is_busy() => self.stop(now),
            Phase::Down => {
                for client in self.all(&Activity::Stopping) {
                    self.sessions.remove(&client);
                    self.send(client, Reply::Stopped);
                }
                for client in std::mem::take(&mut self.sessions).into_keys() {
                    self.send(client, Reply::Again);
                }
                self.actions.push(Action::Exit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
