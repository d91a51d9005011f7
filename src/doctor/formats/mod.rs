//! The report of [`chain`](super::chain) for other readers: JUnit for the test views of CI systems, SARIF for code scanning, and
//! annotations in the logs of CI runners. Pure: texts in, texts out. The texts must be filtered before.

pub mod annotations;
pub mod human;
pub mod junit;
pub mod sarif;

#[cfg(test)]
mod tests;

use super::chain::State;

/// The levels of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    /// Whether a degraded cache is an error.
    pub is_strict: bool,
}

impl Strictness {
    /// Whether this state is an error.
    #[must_use]
    pub const fn is_error(self, state: State) -> bool {
        match state {
            State::Broken => true,
            State::Degraded => self.is_strict,
            State::Fine | State::Doubtful => false,
        }
    }
}
