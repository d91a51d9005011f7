//! The entry of this compilation.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::super::arguments::Arguments;
use super::super::process::{self, Process};
use super::log::Log;
use super::names::{Folders, language};
use super::{RUN, TRIAL, build};
use crate::journal::{Line, LineId, Outcome, Placed, Tier};

/// The entry of this compilation.
#[derive(Debug)]
pub(in crate::launch) struct Note {
    /// `None` if there is no journal.
    log: Option<Log>,
    first: Line,
    begun: Instant,
    is_begun: AtomicBool,
    is_ended: AtomicBool,
}

/// The end of a compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::launch) struct Ending {
    pub(in crate::launch) outcome: Outcome,
    pub(in crate::launch) is_certain: bool,
    pub(in crate::launch) rule: Option<String>,
    pub(in crate::launch) reason: Option<String>,
    pub(in crate::launch) tier: Option<Tier>,
    pub(in crate::launch) inputs: Option<String>,
    pub(in crate::launch) placed: Option<Placed>,
}

impl Ending {
    pub(in crate::launch) const fn new(outcome: Outcome) -> Self {
        Self { outcome, is_certain: true, rule: None, reason: None, tier: None, inputs: None, placed: None }
    }

    /// The tool has failed for this reason, and the compiler runs instead.
    pub(in crate::launch) fn failed_over(reason: &str) -> Self {
        Self { reason: Some(reason.to_owned()), ..Self::new(Outcome::FailedOver) }
    }

    /// This rule, or another cause, runs the compiler without the tool.
    pub(in crate::launch) fn bypassed(rule: &str) -> Self {
        Self { rule: Some(rule.to_owned()), ..Self::new(Outcome::Bypassed) }
    }
}

/// The milliseconds since 1970.
pub(in crate::launch) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Note {
    /// An entry for a compilation that began at `begun`. Nothing is written yet.
    pub(in crate::launch) fn new(begun: Instant, folders: Folders<'_>, arguments: &Arguments) -> Self {
        let is_trial = process::variable(TRIAL).is_some_and(|value| value == "1");
        let log = if is_trial { None } else { Log::open(folders.build) };
        let mut first = Line::default();
        if log.is_some() {
            let at = now();
            first = Line {
                id: Some(LineId(std::process::id(), at)),
                at,
                build: build::of(process::parent_id(), Process::of),
                run: process::variable(RUN).and_then(|run| run.into_string().ok()).unwrap_or_default(),
                source: arguments.sources().first().map(|source| folders.source(source)).unwrap_or_default(),
                object: arguments.object().map(|object| folders.object(object)).unwrap_or_default(),
                language: language(arguments).to_owned(),
                ..Line::default()
            };
        }
        Self { log, first, begun, is_begun: AtomicBool::new(false), is_ended: AtomicBool::new(false) }
    }

    /// Whether the journal is written.
    pub(in crate::launch) const fn is_written(&self) -> bool {
        self.log.is_some()
    }

    /// The time since the beginning.
    pub(in crate::launch) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Writes the first line. If the launcher is killed, this line shows that the compilation was interrupted.
    pub(in crate::launch) fn begin(&self) {
        if let Some(log) = &self.log
            && !self.is_begun.swap(true, Ordering::Relaxed)
        {
            log.append(&self.first);
        }
    }

    /// Writes the end of the compilation. Only the first call has an effect.
    pub(in crate::launch) fn end(&self, ending: Ending) {
        let micros = u64::try_from(self.begun.elapsed().as_micros()).ok();
        self.write_end(ending, micros);
    }

    /// Writes the end of a compilation whose launcher is replaced by the compiler.
    pub(in crate::launch) fn end_before_exec(&self, ending: Ending) {
        self.write_end(ending, None);
    }

    fn write_end(&self, ending: Ending, micros: Option<u64>) {
        let Some(log) = &self.log else { return };
        if self.is_ended.swap(true, Ordering::Relaxed) {
            return;
        }
        let first = if self.is_begun.load(Ordering::Relaxed) {
            Line { id: self.first.id, ..Line::default() }
        } else {
            self.first.clone()
        };
        let Ending { outcome, is_certain, rule, reason, tier, inputs, placed } = ending;
        let outcome = Some(outcome);
        let is_doubtful = !is_certain;
        log.append(&Line {
            at: now(),
            outcome,
            is_doubtful,
            micros,
            rule,
            reason,
            tier,
            inputs,
            placed,
            ..first
        });
    }

    /// [`crate::journal::Entry::build`]
    pub(in crate::launch) fn build(&self) -> &str {
        &self.first.build
    }

    /// [`crate::journal::Entry::object`]
    pub(in crate::launch) fn object(&self) -> &str {
        &self.first.object
    }

    /// [`crate::journal::Entry::source`]
    pub(in crate::launch) fn source(&self) -> &str {
        &self.first.source
    }
}
