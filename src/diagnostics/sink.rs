//! Collects diagnostics, so that one run tells of every fault.

use std::collections::HashSet;

use super::{Diagnostic, Severity};

/// Diagnostics in the making.
#[derive(Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
    seen: HashSet<Diagnostic>,
}

impl Sink {
    /// Takes in a diagnostic, unless the same is there already: a fault in a setting that several profiles share is
    /// found once for each of them.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.seen.insert(diagnostic.clone()) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether an error is among them.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them, in the order of the text.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.place.span.as_ref().map(|span| span.start));
        self.diagnostics
    }
}
