//! The outcomes of compilations, from the log of sccache's daemon. sccache tells its client only the exit code.
//!
//! The daemon writes all lines about a compilation before it answers the client (0.10 to 0.19):
//!
//! ```text
//! [TIME TRACE sccache::compiler::c] [a.cpp.o]: Preprocessor output is 17911 bytes         not in direct mode
//! [TIME DEBUG sccache::cache::multilevel] Cache hit at level 1 in 1ms                     without the name of the object
//! [TIME DEBUG sccache::compiler::compiler] [a.cpp.o]: Cache hit in 0.001 s
//! [TIME DEBUG sccache::compiler::compiler] [a.cpp.o]: Compiled in 0.1 s, but not cacheable
//! [TIME DEBUG sccache::server] parse_arguments: CannotCache(-E): ["-E", "a.cpp", "-o", "a.i"]
//! ```
//!
//! It names only the file name of the object. If several compilations of files with one name run at the same time, and their
//! outcomes differ, it is not known which of them had which one. Each outcome is told once, so their number is right.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use super::remote::{Phase, Remote};
use crate::journal::{Outcome, Placed, Tier};
use crate::launch::connections::Client;
use crate::launch::distribute::words;

/// What is known about the end of a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) outcome: Outcome,
    pub(super) is_certain: bool,
    pub(super) reason: Option<String>,
    pub(super) tier: Option<Tier>,
    /// Where the compiler ran, if the daemon has asked a server.
    pub(super) placed: Option<Placed>,
}

impl Told {
    const UNKNOWN: Self =
        Self { outcome: Outcome::Unknown, is_certain: true, reason: None, tier: None, placed: None };
}

/// The end of one run of the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    outcome: Outcome,
    reason: Option<String>,
    tier: Option<Tier>,
    placed: Option<Placed>,
}

/// The compilations of objects with one file name.
#[derive(Debug, Default)]
struct Named {
    /// The clients that compile such an object now.
    running: Vec<Client>,
    /// The ends of runs that no client was told yet.
    events: Vec<Event>,
    /// The runs that use the preprocessor, and whose end is not known yet.
    preprocessed: usize,
    /// Those that the daemon distributes now.
    remote: Vec<Remote>,
    /// An event was told to one of several clients, and another one may be its own.
    is_mixed: bool,
}

/// The outcomes of the compilations that run.
#[derive(Debug, Default)]
pub(super) struct Outcomes {
    names: HashMap<String, Named>,
    /// The objects of the clients, as in their commands.
    clients: BTreeMap<Client, String>,
    /// The levels of hits whose object was not named yet.
    levels: Vec<usize>,
    /// Whether different levels were among them since it was empty.
    has_mixed_levels: bool,
}

impl Outcomes {
    /// A client compiles this object from now on.
    pub(super) fn begin(&mut self, client: Client, object: &str) {
        self.remove(client);
        if self.clients.is_empty() {
            self.levels.clear();
        }
        if object.is_empty() {
            return;
        }
        let named = self.names.entry(file_name(object).to_owned()).or_default();
        if named.running.is_empty() {
            // The ends of compilations whose clients were lost.
            *named = Named::default();
        }
        named.running.push(client);
        self.clients.insert(client, object.to_owned());
    }

    /// A client does not compile any more, and nothing is told about its compilation.
    pub(super) fn forget(&mut self, client: Client) {
        if let Some(named) =
            self.clients.get(&client).and_then(|object| self.names.get_mut(file_name(object)))
        {
            // Its events may be taken for those of the others.
            named.is_mixed = true;
        }
        self.remove(client);
    }

    fn remove(&mut self, client: Client) {
        let Some(object) = self.clients.remove(&client) else { return };
        let name = file_name(&object);
        if let Some(named) = self.names.get_mut(name) {
            named.running.retain(|running| *running != client);
            // The daemon does not say that a distributed compilation has ended before it answers.
            named.remote.truncate(named.running.len());
            if named.running.is_empty() {
                self.names.remove(name);
            }
        }
    }

    /// The outcome of the last of the `runs` of this client, which has ended.
    pub(super) fn take(&mut self, client: Client, runs: usize) -> Told {
        let told = self.told(client, runs);
        self.remove(client);
        told.unwrap_or(Told::UNKNOWN)
    }

    fn told(&mut self, client: Client, runs: usize) -> Option<Told> {
        let object = self.clients.get(&client)?;
        let named = self.names.get_mut(file_name(object))?;
        let is_alone = named.running.len() == 1 && !named.is_mixed;
        if is_alone {
            // Further events are of clients that were lost.
            let Event { outcome, reason, tier, placed } = named.events.pop()?;
            return Some(Told { outcome, is_certain: true, reason, tier, placed });
        }
        let is_uniform = named.events.windows(2).all(|two| two[0] == two[1]);
        let is_certain = is_uniform && !named.is_mixed;
        named.is_mixed |= !is_uniform;
        let taken = runs.clamp(1, named.events.len().max(1));
        let Event { outcome, reason, tier, placed } =
            named.events.drain(..taken.min(named.events.len())).next_back()?;
        Some(Told { outcome, is_certain, reason, tier, placed })
    }

    /// The number of compilations that the daemon distributes now.
    pub(super) fn distributed(&self) -> usize {
        self.names.values().map(|named| named.remote.len()).sum()
    }

    /// The client, the phase and the times of the compilations that the daemon distributes: since it began, and since its phase
    /// began. With several clients of one name, it is one of them.
    pub(super) fn remote(&self) -> impl Iterator<Item = (Client, Phase, Duration, Duration)> {
        let all = self.names.values().flat_map(|named| named.remote.iter().zip(&named.running));
        all.map(|(remote, client)| (*client, remote.phase, remote.begun.elapsed(), remote.since.elapsed()))
    }

    /// Whether the daemon distributes a compilation of an object with the name of this client's.
    pub(super) fn is_remote(&self, client: Client) -> bool {
        let named = self.clients.get(&client).and_then(|object| self.names.get(file_name(object)));
        named.is_some_and(|named| !named.remote.is_empty())
    }

    /// Forgets what a daemon that was killed distributed.
    pub(super) fn forget_remote(&mut self) {
        for named in self.names.values_mut() {
            named.remote.clear();
        }
    }

    /// Reads the message of a line of the log.
    pub(super) fn read(&mut self, message: &str) {
        if let Some(rest) = message.strip_prefix("Cache hit at level ") {
            self.levels.extend(rest.split(' ').next().and_then(|level| level.parse::<usize>().ok()));
            return;
        }
        if let Some(rest) = message.strip_prefix("parse_arguments: ") {
            return self.read_uncacheable(rest);
        }
        let Some((name, text)) = message.strip_prefix('[').and_then(|rest| rest.rsplit_once("]: ")) else {
            return;
        };
        let is_hit = text.starts_with("Cache hit in ");
        let tier = if is_hit { self.tier() } else { None };
        let Some(named) = self.names.get_mut(name) else { return };
        let event = |outcome| Event { outcome, reason: None, tier: None, placed: None };
        if let Some(phase) = Phase::of(text) {
            return named.has_begun(phase);
        }
        if let Some(reason) =
            text.strip_prefix("Could not perform distributed compile, falling back to local: ")
        {
            return named.has_failed(reason);
        }
        if text.starts_with("Preprocessor output is ") {
            named.preprocessed += 1;
        } else if is_hit {
            let is_direct = named.preprocessed == 0;
            named.preprocessed = named.preprocessed.saturating_sub(1);
            let outcome = if is_direct { Outcome::DirectHit } else { Outcome::Hit };
            named.events.push(Event { tier, ..event(outcome) });
        } else if let Some(how) = text.strip_prefix("Cache ") {
            named.preprocessed = named.preprocessed.saturating_sub(1);
            let is_known = |event: &Event| {
                event.outcome == Outcome::Miss && event.reason.is_none() && event.placed.is_none()
            };
            if how.starts_with("recache ") && named.events.last().is_some_and(is_known) {
                // sccache needs the preprocessed source of a miss in direct mode, if it distributes.
                return;
            }
            let reason = match how.split(" in ").next().unwrap_or(how) {
                "miss" => None,
                "recache" => Some("SCCACHE_RECACHE is set".to_owned()),
                "none" => Some("SCCACHE_NO_CACHE is set".to_owned()),
                timed_out if timed_out.starts_with("timed out") => {
                    Some("the cache does not answer".to_owned())
                }
                read_error if read_error.starts_with("read error") => {
                    Some("an entry of the cache cannot be read".to_owned())
                }
                _ => return,
            };
            named.events.push(Event { reason, ..event(Outcome::Miss) });
        } else if text.starts_with("preprocessor returned error") {
            named.events.push(event(Outcome::CompileError));
        } else if text == "Failed to decompress object" {
            let reason = Some("an entry of the cache is damaged".to_owned());
            if let Some(last) = named.events.iter_mut().rev().find(|event| event.outcome.is_hit()) {
                *last = Event { reason, ..event(Outcome::Miss) };
            }
        } else if text.contains(", but not cach") {
            let reason = Some("sccache does not store the result".to_owned());
            if let Some(last) = named.events.iter_mut().rev().find(|event| event.outcome == Outcome::Miss) {
                let reason = last.reason.take().or(reason);
                let placed = last.placed.take();
                *last = Event { reason, placed, ..event(Outcome::Uncacheable) };
            }
        }
    }

    /// A command that sccache does not cache: the reason, and the arguments.
    fn read_uncacheable(&mut self, text: &str) {
        let reason = match text.strip_prefix("CannotCache(") {
            Some(rest) => rest.rsplit_once("): [").map(|(reason, _)| reason),
            None => text.starts_with("NotCompilation").then_some("not a compilation"),
        };
        let Some(reason) = reason else { return };
        let has_object = |object: &&String| text.contains(&format!("{object:?}"));
        let Some(object) = self.clients.values().find(has_object) else { return };
        if let Some(named) = self.names.get_mut(file_name(object)) {
            let reason = Some(reason.to_owned());
            named.events.push(Event { outcome: Outcome::Uncacheable, reason, tier: None, placed: None });
        }
    }

    /// The level of the hit that is named now. Several hits may have their levels before their names.
    fn tier(&mut self) -> Option<Tier> {
        let level = self.levels.first().copied()?;
        self.has_mixed_levels |= self.levels.iter().any(|other| *other != level);
        self.levels.remove(0);
        let tier = if level == 0 { Tier::Local } else { Tier::Remote };
        let is_known = !self.has_mixed_levels;
        self.has_mixed_levels &= !self.levels.is_empty();
        is_known.then_some(tier)
    }
}

impl Named {
    /// The daemon distributes a compilation, which is now in this phase.
    fn has_begun(&mut self, phase: Phase) {
        let now = Instant::now();
        match self.remote.last_mut() {
            Some(last) if phase != Phase::Packing => *last = Remote { phase, since: now, ..*last },
            _ => {
                self.remote.push(Remote { phase, begun: now, since: now });
                let compiled = self.events.iter_mut().rev().find(|event| event.placed.is_none());
                if let Some(event) = compiled {
                    event.placed = Some(Placed::Remote(super::remote::SERVERS.to_owned()));
                }
            }
        }
    }

    /// No server has compiled, and the daemon compiles here.
    fn has_failed(&mut self, reason: &str) {
        if !self.remote.is_empty() {
            self.remote.remove(0);
        }
        let is_remote = |event: &&mut Event| matches!(event.placed, Some(Placed::Remote(_)));
        if let Some(event) = self.events.iter_mut().rev().find(is_remote) {
            event.placed = Some(Placed::Retried(words(reason).to_owned()));
        }
    }
}

fn file_name(object: &str) -> &str {
    object.rsplit('/').next().unwrap_or(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes for the messages, each of which may have a client in front that ends after the line before.
    fn outcomes(objects: &[&str], messages: &[&str]) -> Vec<(Outcome, bool)> {
        let mut outcomes = Outcomes::default();
        for (client, object) in objects.iter().enumerate() {
            outcomes.begin(client as Client, object);
        }
        for message in messages {
            outcomes.read(message);
        }
        let ended = (0..objects.len()).map(|client| outcomes.take(client as Client, 1));
        let ended = ended.map(|told| (told.outcome, told.is_certain)).collect();
        assert!(outcomes.names.is_empty() && outcomes.clients.is_empty());
        ended
    }

    #[test]
    fn each_outcome_is_read() {
        const PREPROCESSED: &str = "[a b.o]: Preprocessor output is 12 bytes";
        for (messages, outcome) in [
            (&["[a b.o]: Cache hit in 0.000 s"][..], Outcome::DirectHit),
            (&[PREPROCESSED, "[a b.o]: Cache hit in 0.000 s"], Outcome::Hit),
            (&[PREPROCESSED, "[a b.o]: Cache miss in 0.000 s"], Outcome::Miss),
            (&[PREPROCESSED, "[a b.o]: Cache timed out 60 s"], Outcome::Miss),
            (
                &[PREPROCESSED, "[a b.o]: Cache hit in 0 s", "[a b.o]: Failed to decompress object"],
                Outcome::Miss,
            ),
            (
                &[
                    PREPROCESSED,
                    "[a b.o]: Cache none in 0.000 s",
                    "[a b.o]: Compiled in 1 s, but not caching",
                ],
                Outcome::Uncacheable,
            ),
            (&["[a b.o]: preprocessor returned error status Some(1)"], Outcome::CompileError),
            (&["parse_arguments: CannotCache(-M): [\"-M\", \"-o\", \"x/a b.o\"]"], Outcome::Uncacheable),
            (&["parse_arguments: NotCompilation: [\"-o\", \"x/a b.o\"]"], Outcome::Uncacheable),
            (&["parse_arguments: CannotCache(-M): [\"-M\", \"-o\", \"y/a b.o\"]"], Outcome::Unknown),
            (&["[b.o]: Cache miss in 0.000 s", "nonsense", "[", "[a b.o]: Cache of hats"], Outcome::Unknown),
        ] {
            assert_eq!(outcomes(&["x/a b.o"], messages), [(outcome, true)], "{messages:?}");
        }
    }

    #[test]
    fn the_reason_of_sccache_is_told() {
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "a.o");
        outcomes
            .read("parse_arguments: CannotCache(multiple input files, [\"b.c\"]): [\"-c\", \"-o\", \"a.o\"]");
        assert_eq!(outcomes.take(1, 1).reason.as_deref(), Some("multiple input files, [\"b.c\"]"));
    }

    #[test]
    fn equal_names_are_told_apart_only_if_their_outcomes_are_equal() {
        let hit = "[a.o]: Cache hit in 0.000 s";
        let miss = "[a.o]: Cache miss in 0.000 s";
        assert_eq!(outcomes(&["x/a.o", "y/a.o"], &[hit, hit]), [(Outcome::DirectHit, true); 2]);
        assert_eq!(
            outcomes(&["x/a.o", "y/a.o", "z/a.o"], &[hit, miss, hit]),
            [(Outcome::DirectHit, false), (Outcome::Miss, false), (Outcome::DirectHit, false)]
        );
        assert_eq!(
            outcomes(&["a.o", "b.o"], &[hit, "[b.o]: Cache miss in 0.000 s"]),
            [(Outcome::DirectHit, true), (Outcome::Miss, true)]
        );
    }

    #[test]
    fn the_only_event_is_that_of_the_client_that_has_ended() {
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "x/a.o");
        outcomes.begin(2, "y/a.o");
        outcomes.read("[a.o]: Cache hit in 0.000 s");
        assert!(outcomes.take(2, 1).is_certain);
        outcomes.read("[a.o]: Preprocessor output is 12 bytes");
        outcomes.read("[a.o]: Cache miss in 0.000 s");
        let told = outcomes.take(1, 1);
        assert_eq!((told.outcome, told.is_certain), (Outcome::Miss, true));
    }

    #[test]
    fn only_the_last_run_of_a_client_counts() {
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "x/a.o");
        outcomes.begin(2, "y/a.o");
        outcomes.read("[a.o]: Cache hit in 0.000 s");
        outcomes.read("[a.o]: Cache miss in 0.000 s");
        assert_eq!(outcomes.take(1, 2).outcome, Outcome::Miss);
        assert_eq!(outcomes.take(2, 1).outcome, Outcome::Unknown);
    }

    #[test]
    fn the_events_of_lost_clients_are_not_told_to_others() {
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "x/a.o");
        outcomes.read("[a.o]: Cache hit in 0.000 s");
        outcomes.forget(1);
        outcomes.begin(2, "x/a.o");
        assert_eq!(outcomes.take(2, 1), Told::UNKNOWN);
        assert_eq!(outcomes.take(7, 1), Told::UNKNOWN);
    }

    #[test]
    fn a_compilation_is_on_a_server_from_its_attempt_until_its_failure_or_end() {
        const ATTEMPT: &str = "[a.o]: Attempting distributed compilation";
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "x/a.o");
        outcomes.read("[a.o]: Cache miss in 0 s");
        assert!(!outcomes.is_remote(1));
        outcomes.read(ATTEMPT);
        outcomes.read("[a.o]: Requesting allocation");
        outcomes.read("[a.o]: Running job");
        assert_eq!(
            outcomes.remote().map(|(client, phase, ..)| (client, phase)).next(),
            Some((1, Phase::Running))
        );
        assert!(outcomes.is_remote(1) && outcomes.distributed() == 1);
        let told = outcomes.take(1, 1);
        assert_eq!((told.outcome, told.placed), (Outcome::Miss, Some(Placed::Remote("sccache-dist".into()))));
        assert_eq!(outcomes.distributed(), 0);
        outcomes.begin(2, "x/a.o");
        outcomes.read("[a.o]: Cache miss in 0 s");
        outcomes.read(ATTEMPT);
        outcomes
            .read("[a.o]: Could not perform distributed compile, falling back to local: Error 401: secret");
        assert!(!outcomes.is_remote(2));
        let placed = Some(Placed::Retried("the scheduler refuses the token".into()));
        assert_eq!(outcomes.take(2, 1).placed, placed);
        outcomes.begin(3, "x/a.o");
        outcomes.read("[a.o]: Cache none in 0 s");
        outcomes.read(ATTEMPT);
        outcomes.read("[a.o]: Compiled in 1 s, but not caching");
        assert!(matches!(outcomes.take(3, 1).placed, Some(Placed::Remote(_))));
    }

    #[test]
    fn a_miss_in_direct_mode_is_preprocessed_for_the_servers() {
        let mut outcomes = Outcomes::default();
        outcomes.begin(1, "x/a.o");
        for line in ["Cache miss in 0 s", "Preprocessor output is 9 bytes", "Cache recache in 0 s"] {
            outcomes.read(&format!("[a.o]: {line}"));
        }
        let told = outcomes.take(1, 1);
        assert_eq!((told.outcome, told.reason), (Outcome::Miss, None));
    }

    #[test]
    fn the_level_of_a_hit_is_its_tier() {
        let mut outcomes = Outcomes::default();
        let levels = |outcomes: &mut Outcomes, levels: &[usize]| {
            for client in 0..levels.len() {
                outcomes.begin(client as Client, &format!("{client}.o"));
            }
            for level in levels {
                outcomes.read(&format!("Cache hit at level {level} in 1ms"));
            }
            for client in 0..levels.len() {
                outcomes.read(&format!("[{client}.o]: Cache hit in 0.001 s"));
            }
            (0..levels.len()).map(|client| outcomes.take(client as Client, 1).tier).collect::<Vec<_>>()
        };
        assert_eq!(levels(&mut outcomes, &[0]), [Some(Tier::Local)]);
        assert_eq!(levels(&mut outcomes, &[1]), [Some(Tier::Remote)]);
        assert_eq!(levels(&mut outcomes, &[1, 1]), [Some(Tier::Remote); 2]);
        assert_eq!(levels(&mut outcomes, &[0, 1]), [None, None]);
        assert_eq!(levels(&mut outcomes, &[0]), [Some(Tier::Local)]);
    }
}
