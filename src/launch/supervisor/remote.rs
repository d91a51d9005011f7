//! Compilations that sccache's daemon distributes. It waits up to 20 minutes for a server, and half a minute for a scheduler whose
//! servers do not answer, so the supervisor looks after them.

use std::time::{Duration, Instant};

use crate::launch::connections::Client;

/// The name of all servers in the journal. The daemon does not say in its log which server has compiled.
pub(super) const SERVERS: &str = "sccache-dist";

/// The longest time for the scheduler to name a server. Usually this takes some milliseconds.
const ALLOCATION: Duration = Duration::from_secs(5);
/// After this time on a server, a client asks whether the servers compile a small file.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same after they have compiled it.
const LONGER_PATIENCE: Duration = Duration::from_secs(20);
/// The longest time for the answer of the client.
const ANSWER: Duration = Duration::from_secs(8);

/// What happens to a compilation that is distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The daemon packs the compiler, unless it is packed.
    Packing,
    /// The daemon asks the scheduler for a server.
    Allocating,
    /// The daemon sends the compiler to the server.
    Sending,
    /// The server compiles.
    Running,
}

impl Phase {
    /// The phase that begins with this message of the daemon.
    pub(super) fn of(message: &str) -> Option<Self> {
        const BEGINNINGS: [(&str, Phase); 4] = [
            ("Attempting distributed compilation", Phase::Packing),
            ("Requesting allocation", Phase::Allocating),
            ("Sending toolchain ", Phase::Sending),
            ("Running job", Phase::Running),
        ];
        BEGINNINGS.iter().find(|(beginning, _)| message.starts_with(beginning)).map(|(_, phase)| *phase)
    }
}

/// A compilation that is distributed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Remote {
    pub(super) phase: Phase,
    pub(super) begun: Instant,
    /// The time at which the phase has begun.
    pub(super) since: Instant,
}

/// What to do about compilations that are distributed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// This client has to ask the servers.
    Ask(Client),
    /// The servers do not answer.
    GiveUp,
}

/// Looks after the compilations that are distributed.
#[derive(Debug)]
pub(super) struct Watch {
    /// The longest time of a compilation on a server.
    timeout: Duration,
    asked: Option<(Client, Instant)>,
    /// The last time at which the servers have answered.
    answered: Option<Instant>,
}

impl Watch {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, asked: None, answered: None }
    }

    /// The next step, by the compilations that are distributed now: client, phase, the time since it began, and the time since the phase
    /// began.
    pub(super) fn step(
        &mut self,
        remote: impl Iterator<Item = (Client, Phase, Duration, Duration)>,
    ) -> Option<Step> {
        let mut slow = None;
        for (client, phase, total, of_phase) in remote {
            if total >= self.timeout || (phase == Phase::Allocating && of_phase >= ALLOCATION) {
                return Some(Step::GiveUp);
            }
            if phase == Phase::Running && of_phase >= PATIENCE {
                slow = Some(client);
            }
        }
        if let Some((_, since)) = self.asked {
            return (since.elapsed() >= ANSWER).then_some(Step::GiveUp);
        }
        let client = slow.filter(|_| self.answered.is_none_or(|at| at.elapsed() >= LONGER_PATIENCE))?;
        self.asked = Some((client, Instant::now()));
        Some(Step::Ask(client))
    }

    /// The servers have answered this client or not. Returns whether the compilations have to be repeated.
    pub(super) fn told(&mut self, client: Client, answers: bool) -> bool {
        if self.asked.take_if(|(asked, _)| *asked == client).is_none() {
            return false;
        }
        self.answered = Some(Instant::now());
        !answers
    }

    /// This client has ended.
    pub(super) fn forget(&mut self, client: Client) {
        self.asked.take_if(|(asked, _)| *asked == client);
    }

    /// Another daemon starts.
    pub(super) fn reset(&mut self) {
        self.asked = None;
        self.answered = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn watch() -> Watch {
        Watch::new(seconds(120))
    }

    #[test]
    fn a_client_with_a_slow_compilation_asks_once() {
        let mut watch = watch();
        let slow = [(1, Phase::Running, seconds(9), seconds(6)), (2, Phase::Running, seconds(6), seconds(2))];
        assert_eq!(watch.step([slow[1]].into_iter()), None);
        assert_eq!(watch.step(slow.into_iter()), Some(Step::Ask(1)));
        assert_eq!(watch.step(slow.into_iter()), None);
        assert!(!watch.told(2, false), "another client");
        assert!(!watch.told(1, true));
        assert_eq!(watch.step(slow.into_iter()), None, "the servers have just answered");
        watch.reset();
        assert_eq!(watch.step(slow.into_iter()), Some(Step::Ask(1)));
        assert!(watch.told(1, false));
    }

    #[test]
    fn a_client_that_has_ended_is_not_waited_for() {
        let mut watch = watch();
        let slow = [(1, Phase::Running, seconds(9), seconds(6))];
        assert_eq!(watch.step(slow.into_iter()), Some(Step::Ask(1)));
        watch.forget(1);
        assert_eq!(watch.step(slow.into_iter()), Some(Step::Ask(1)));
    }

    #[test]
    fn a_scheduler_that_names_no_server_is_given_up() {
        let of = |phase, total, of_phase| {
            watch().step([(1, phase, seconds(total), seconds(of_phase))].into_iter())
        };
        assert_eq!(of(Phase::Allocating, 20, 5), Some(Step::GiveUp));
        assert_eq!(of(Phase::Allocating, 20, 4), None);
        assert_eq!(of(Phase::Packing, 100, 100), None, "to pack a compiler takes long");
        assert_eq!(of(Phase::Sending, 100, 100), None);
        assert_eq!(of(Phase::Sending, 120, 20), Some(Step::GiveUp));
    }

    #[test]
    fn the_phases_are_known() {
        for (message, phase) in [
            ("Attempting distributed compilation", Some(Phase::Packing)),
            ("Sending toolchain 1f for job 3", Some(Phase::Sending)),
            ("Running job", Some(Phase::Running)),
            ("Compiled in 1 s, storing in cache", None),
        ] {
            assert_eq!(Phase::of(message), phase);
        }
    }
}
