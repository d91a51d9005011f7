//! What the supervisor decides. No I/O: events go in with their time, actions come out.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::launch::protocol::{Hello, PROTOCOL, Reply, Want};

/// A connection.
pub(super) type Client = u64;

/// Time since the supervisor began.
pub(super) type Time = Duration;

/// The longest that compilations wait for others to end, so that the daemon can be replaced.
const DRAIN: Duration = Duration::from_secs(10);
/// The longest that a daemon takes to start.
const START: Duration = Duration::from_secs(10);
/// The longest that a daemon takes to end: sccache itself waits for 10 s.
const STOP: Duration = Duration::from_secs(12);
/// How long compilations may go on when the folder of the supervisor is gone, where nobody waits for its end.
const RETIRE: Duration = Duration::from_mins(1);
/// Who has waited for so long may be stalled.
const WAITED: Duration = Duration::from_secs(4);
/// For so many seconds one after the other.
const STALLED: u32 = 4;
/// How long a compiler of a client that is gone is looked for; it may be about to be started.
const SOUGHT: Duration = Duration::from_secs(2);
/// How long the next compilation of the same object waits for it to be found.
const HELD: Duration = Duration::from_secs(1);
/// A daemon that was started with something else is replaced when its last client was there so long ago.
const OTHERS: Duration = Duration::from_secs(10);
/// So many ends of the daemon within a minute are a failure.
const ENDS: usize = 3;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Event {
    Hello(Client, Hello),
    Done(Client),
    Failed(Client),
    Gone(Client),
    Started,
    NotStarted(String),
    /// The daemon has ended.
    Ended,
    /// A second has passed, and the daemon runs so many programs.
    Second {
        programs: usize,
    },
    /// The compiler of this object was found and killed.
    Found {
        folder: String,
        object: String,
    },
    /// Files of the supervisor are gone, or others have taken their place.
    Displaced,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    Tell(Client, Reply),
    /// Tells where the daemon listens.
    TellAddress(Client),
    Start(Vec<String>),
    /// Lets it finish what it has begun.
    Stop,
    Kill,
    /// Stops the daemon from going on, and kills the programs that it runs.
    CutOff,
    /// Kills the daemon when those who were told to give up have had a moment.
    KillSoon,
    /// Kills the compilers that a daemon left behind.
    KillOrphans,
    /// No client finds this supervisor any more.
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
    /// One compilation tries.
    Trying {
        client: Option<Client>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Doing {
    /// Waits for a daemon.
    Waiting,
    /// Waits for the compiler that an earlier client left to be found.
    Held {
        since: Time,
    },
    Compiling {
        since: Time,
    },
    /// Wants a daemon, whatever failed before.
    Starting,
    /// Wants the end.
    Stopping,
}

#[derive(Debug)]
struct Guest {
    hello: Hello,
    doing: Doing,
}

#[derive(Debug)]
struct Abandoned {
    folder: String,
    object: String,
    since: Time,
    found: bool,
}

/// The supervisor's memory.
#[derive(Debug)]
pub(super) struct State {
    settings: String,
    breaker_time: Duration,
    /// Zero means for ever.
    idle_time: Duration,
    phase: Phase,
    breaker: Breaker,
    told: bool,
    guests: BTreeMap<Client, Guest>,
    base_dirs: Vec<String>,
    /// The daemon does not know of all base directories.
    is_outdated: bool,
    /// Until when compilations wait for a daemon that knows of them.
    drained_by: Option<Time>,
    /// Until when others may finish before this supervisor ends.
    leaving_by: Option<Time>,
    last_used: Time,
    /// When somebody last came for this daemon.
    last_client: Time,
    stalled: u32,
    most_programs: usize,
    abandoned: Vec<Abandoned>,
    ends: Vec<Time>,
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
            told: false,
            guests: BTreeMap::new(),
            base_dirs,
            is_outdated: false,
            drained_by: None,
            leaving_by: None,
            last_used: Time::ZERO,
            last_client: Time::ZERO,
            stalled: 0,
            most_programs: 1,
            abandoned: Vec::new(),
            ends: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Takes note of an event.
    pub(super) fn handle(&mut self, now: Time, event: Event) -> Vec<Action> {
        match event {
            Event::Hello(client, hello) => self.welcome(now, client, hello),
            Event::Done(client) => self.done(now, client),
            Event::Failed(client) => self.failed(now, client),
            Event::Gone(client) => self.gone(now, client),
            Event::Started => self.started(now),
            Event::NotStarted(reason) => self.not_started(now, &reason),
            Event::Ended => self.ended(now),
            Event::Second { programs } => self.second(now, programs),
            Event::Found { folder, object } => self.found(now, &folder, &object),
            Event::Displaced => self.leave(now, RETIRE),
        }
        self.proceed(now);
        std::mem::take(&mut self.actions)
    }

    /// The compilers that are looked for: folder and object.
    pub(super) fn sought(&self) -> impl Iterator<Item = (&str, &str)> {
        self.abandoned.iter().map(|abandoned| (abandoned.folder.as_str(), abandoned.object.as_str()))
    }

    /// Whether the daemon is being started.
    pub(super) fn is_starting(&self) -> bool {
        matches!(self.phase, Phase::Starting { .. })
    }

    /// Whether somebody compiles with the daemon.
    pub(super) fn is_busy(&self) -> bool {
        self.compiling().next().is_some()
    }

    fn compiling(&self) -> impl Iterator<Item = (Client, Time)> {
        self.guests.iter().filter_map(|(client, guest)| match guest.doing {
            Doing::Compiling { since } => Some((*client, since)),
            _ => None,
        })
    }

    fn tell(&mut self, client: Client, reply: Reply) {
        self.actions.push(Action::Tell(client, reply));
    }

    fn tell_without(&mut self, client: Client, say: Option<String>) {
        self.guests.remove(&client);
        self.tell(client, Reply::Without { say });
    }

    fn welcome(&mut self, now: Time, client: Client, hello: Hello) {
        // The former attempt of a client that comes again is over.
        let is_trying = self.breaker == Breaker::Trying { client: Some(client) };
        self.guests.remove(&client);
        match hello.want {
            Want::Ping => return self.tell(client, Reply::Here),
            Want::Stop => {
                self.guests.insert(client, Guest { hello, doing: Doing::Stopping });
                return self.leave(now, DRAIN);
            }
            Want::Compile | Want::Start => self.last_used = now,
        }
        if self.leaving_by.is_some() {
            return self.tell(client, Reply::Again);
        }
        if hello.protocol != PROTOCOL || hello.settings != self.settings {
            let is_free = self.guests.is_empty() && now >= self.last_client + OTHERS;
            if hello.want == Want::Start || is_free {
                self.leave(now, DRAIN);
                return self.tell(client, Reply::Again);
            }
            return self.tell_without(client, None);
        }
        self.last_client = now;
        self.learn(now, &hello.base_dirs);
        if hello.want == Want::Start {
            self.breaker = Breaker::Closed;
            self.told = false;
            self.guests.insert(client, Guest { hello, doing: Doing::Starting });
            return;
        }
        if let Some(abandoned) = self.abandoned(&hello) {
            if abandoned.found {
                return self.tell_without(client, None);
            }
            self.guests.insert(client, Guest { hello, doing: Doing::Held { since: now } });
            return;
        }
        if !is_trying && !self.may_try(now, client) {
            return self.tell_without(client, None);
        }
        self.guests.insert(client, Guest { hello, doing: Doing::Waiting });
    }

    /// Whether the breaker lets this client through.
    fn may_try(&mut self, now: Time, client: Client) -> bool {
        match self.breaker {
            Breaker::Closed => true,
            Breaker::Open { since } if now < since + self.breaker_time => false,
            Breaker::Open { .. } | Breaker::Trying { client: None } => {
                let is_up = self.phase == Phase::Up;
                self.breaker = Breaker::Trying { client: is_up.then_some(client) };
                // Nobody waits for a daemon that did not start a moment ago.
                if self.phase == Phase::Down {
                    self.start(now);
                }
                is_up
            }
            Breaker::Trying { client: Some(_) } => false,
        }
    }

    fn learn(&mut self, now: Time, folders: &[String]) {
        let known = self.base_dirs.len();
        for folder in folders {
            if !self.base_dirs.contains(folder) {
                self.base_dirs.push(folder.clone());
            }
        }
        if self.base_dirs.len() > known && self.phase != Phase::Down {
            self.is_outdated = true;
            self.drained_by.get_or_insert(now + DRAIN);
        }
    }

    fn abandoned(&self, hello: &Hello) -> Option<&Abandoned> {
        self.abandoned.iter().find(|one| one.folder == hello.folder && one.object == hello.object)
    }

    fn done(&mut self, now: Time, client: Client) {
        self.last_used = now;
        if self.breaker == (Breaker::Trying { client: Some(client) }) {
            self.breaker = Breaker::Closed;
            self.told = false;
        }
        self.guests.remove(&client);
    }

    fn failed(&mut self, now: Time, client: Client) {
        self.guests.remove(&client);
        let say = self.open(now, "sccache fails: compiling without it for a minute");
        self.tell(client, Reply::Said { say });
    }

    /// Opens the breaker. Gives what people are to know, once in an outage.
    fn open(&mut self, now: Time, say: &str) -> Option<String> {
        self.breaker = Breaker::Open { since: now };
        let is_new = !std::mem::replace(&mut self.told, true);
        is_new.then(|| say.to_owned())
    }

    fn gone(&mut self, now: Time, client: Client) {
        if self.breaker == (Breaker::Trying { client: Some(client) }) {
            self.breaker = Breaker::Trying { client: None };
        }
        let Some(Guest { hello, doing }) = self.guests.remove(&client) else { return };
        self.last_used = now;
        if matches!(doing, Doing::Compiling { .. }) && !hello.object.is_empty() {
            let Hello { folder, object, .. } = hello;
            self.abandoned.push(Abandoned { folder, object, since: now, found: false });
        }
    }

    fn found(&mut self, now: Time, folder: &str, object: &str) {
        for one in self.abandoned.iter_mut().filter(|one| one.folder == folder && one.object == object) {
            one.found = true;
        }
        self.release(now);
    }

    /// Lets those go who waited for a compiler to be found.
    fn release(&mut self, now: Time) {
        let is_free = |guest: &Guest| match guest.doing {
            Doing::Held { since } => {
                now >= since + HELD || self.abandoned(&guest.hello).is_none_or(|abandoned| abandoned.found)
            }
            _ => false,
        };
        let free: Vec<Client> =
            self.guests.iter().filter(|(_, guest)| is_free(guest)).map(|(client, _)| *client).collect();
        for client in free {
            self.tell_without(client, None);
        }
    }

    fn start(&mut self, now: Time) {
        self.phase = Phase::Starting { since: now };
        self.is_outdated = false;
        self.drained_by = None;
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
            // Who has come while it started has waited for long enough.
            if self.is_outdated {
                self.drained_by = Some(now + DRAIN);
            }
        }
    }

    fn not_started(&mut self, now: Time, reason: &str) {
        self.phase = Phase::Down;
        let starters = self.all(&Doing::Starting);
        let waiting = self.all(&Doing::Waiting);
        // Who configures is told more.
        self.told |= !starters.is_empty();
        for client in starters {
            self.guests.remove(&client);
            self.tell(client, Reply::NotStarted { reason: reason.to_owned() });
        }
        let mut say = self.open(now, "sccache does not start: compiling without it for a minute");
        if waiting.is_empty() && say.is_some() {
            self.told = false;
        }
        for client in waiting {
            self.tell_without(client, say.take());
        }
    }

    fn all(&self, doing: &Doing) -> Vec<Client> {
        self.guests.iter().filter(|(_, guest)| guest.doing == *doing).map(|(client, _)| *client).collect()
    }

    fn ended(&mut self, now: Time) {
        match self.phase {
            Phase::Starting { .. } => return self.not_started(now, "sccache ended while it started"),
            Phase::Up => {
                self.actions.push(Action::KillOrphans);
                self.ends.retain(|end| now < *end + Duration::from_mins(1));
                self.ends.push(now);
                if self.ends.len() >= ENDS {
                    self.ends.clear();
                    let mut say = self.open(now, "sccache fails: compiling without it for a minute");
                    for client in self.all(&Doing::Waiting) {
                        self.tell_without(client, say.take());
                    }
                }
            }
            Phase::Down | Phase::Stopping { .. } => self.actions.push(Action::KillOrphans),
        }
        self.phase = Phase::Down;
    }

    /// Those who compile run the compiler themselves.
    fn cut_off(&mut self, mut say: Option<String>) {
        self.actions.push(Action::CutOff);
        let compiling: Vec<Client> = self.compiling().map(|(client, _)| client).collect();
        for client in compiling {
            self.guests.remove(&client);
            self.tell(client, Reply::GiveUp { say: say.take() });
        }
        self.actions.push(Action::KillSoon);
    }

    fn leave(&mut self, now: Time, most: Duration) {
        let by = now + most;
        if self.leaving_by.is_none() {
            self.actions.push(Action::Hide);
        }
        self.leaving_by = Some(self.leaving_by.map_or(by, |known| known.min(by)));
        for client in [self.all(&Doing::Waiting), self.all(&Doing::Starting)].concat() {
            self.guests.remove(&client);
            self.tell(client, Reply::Again);
        }
    }

    fn second(&mut self, now: Time, programs: usize) {
        self.abandoned.retain(|one| now < one.since + SOUGHT);
        self.release(now);
        match self.phase {
            Phase::Starting { since } if now >= since + START => {
                self.actions.push(Action::Kill);
                return self.not_started(now, "no answer within 10 s");
            }
            Phase::Stopping { since } if now >= since + STOP => self.actions.push(Action::Kill),
            Phase::Up => self.look_for_a_stall(now, programs),
            _ => {}
        }
        if self.leaving_by.is_some_and(|by| now >= by) && self.is_busy() {
            self.cut_off(None);
            self.phase = Phase::Stopping { since: now };
        }
        let is_idle = !self.idle_time.is_zero() && now >= self.last_used + self.idle_time;
        if is_idle && self.guests.is_empty() && self.leaving_by.is_none() {
            self.leave(now, DRAIN);
        }
        if !self.guests.is_empty() {
            self.last_used = now;
        }
    }

    /// sccache waits for its storage without end or word. It is stalled if compilations wait, and yet it runs fewer
    /// programs than it could, for some seconds.
    fn look_for_a_stall(&mut self, now: Time, programs: usize) {
        self.most_programs = self.most_programs.max(programs);
        let waiting = self.compiling().filter(|(_, since)| now >= *since + WAITED).count();
        let is_stalled = waiting > programs && programs < self.most_programs;
        self.stalled = if is_stalled { self.stalled + 1 } else { 0 };
        if self.stalled >= STALLED {
            self.stalled = 0;
            let say =
                self.open(now, "the remote cache does not answer: compiling without sccache for a minute");
            self.cut_off(say);
            self.phase = Phase::Stopping { since: now };
        }
    }

    /// What follows from how things are now.
    fn proceed(&mut self, now: Time) {
        if self.leaving_by.is_some() {
            return self.proceed_to_the_end(now);
        }
        if self.phase == Phase::Up && self.is_outdated {
            if !self.is_busy() {
                return self.stop(now);
            }
            // What takes long goes on, and the others with it: they hit less, until there is a pause.
            if self.drained_by.is_none_or(|by| now < by) {
                return;
            }
        }
        let (starters, waiting) = (self.all(&Doing::Starting), self.all(&Doing::Waiting));
        match self.phase {
            Phase::Down if !starters.is_empty() || !waiting.is_empty() => self.start(now),
            Phase::Up => {
                for client in starters {
                    self.guests.remove(&client);
                    self.actions.push(Action::TellAddress(client));
                }
                for client in waiting {
                    if let Some(guest) = self.guests.get_mut(&client) {
                        guest.doing = Doing::Compiling { since: now };
                        self.actions.push(Action::TellAddress(client));
                    }
                }
            }
            _ => {}
        }
    }

    fn proceed_to_the_end(&mut self, now: Time) {
        match self.phase {
            Phase::Up | Phase::Starting { .. } if !self.is_busy() => self.stop(now),
            Phase::Down => {
                for client in self.all(&Doing::Stopping) {
                    self.guests.remove(&client);
                    self.tell(client, Reply::Stopped);
                }
                for client in std::mem::take(&mut self.guests).into_keys() {
                    self.tell(client, Reply::Again);
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
