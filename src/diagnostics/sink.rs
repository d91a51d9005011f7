//! Collects diagnostics, so that one run reports every error, up to a limit.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Code, Diagnostic, Severity};

/// The largest number of diagnostics in a report. A file with more of them is probably not a configuration.
const MOST: usize = 100;
/// The longest message or help, in characters. They can contain texts of the file and lists of its names.
const LONGEST: usize = 2000;

/// The diagnostics found so far.
#[derive(Debug, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
    /// The hashes of all diagnostics, also of those that are left out.
    seen: HashSet<u64>,
    has_errors: bool,
}

impl Sink {
    /// Adds a diagnostic unless it is a duplicate. Each profile reports an error in a setting that several profiles share.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.has_errors |= diagnostic.severity == Severity::Error;
        let mut hasher = DefaultHasher::new();
        diagnostic.hash(&mut hasher);
        if self.seen.insert(hasher.finish()) && self.diagnostics.len() < MOST {
            self.diagnostics.push(Diagnostic {
                message: cut(diagnostic.message),
                help: diagnostic.help.map(cut),
                ..diagnostic
            });
        }
    }

    /// Whether further errors would be left out, so that there is no need to search for them.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.seen.len() > MOST
    }

    /// Whether there is at least one error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.has_errors
    }

    /// The diagnostics in the order of the text. The last one tells whether others are left out.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by_key(|diagnostic| diagnostic.place.span.as_ref().map(|span| span.start));
        if self.is_full() {
            let message = format!("there are more errors than these {MOST}");
            let last = Diagnostic::error(Code::TooManyErrors, message);
            let help =
                "correct these first; if most of them are unexpected, check that the file is a configuration";
            let severity = if self.has_errors { Severity::Error } else { Severity::Warning };
            self.diagnostics.push(last.with_help(help).with_severity(severity));
        }
        self.diagnostics
    }
}

/// The text, cut after [`LONGEST`] characters.
fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_errors_are_counted_but_not_kept() {
        let mut sink = Sink::default();
        for number in 0..10_000 {
            sink.push(Diagnostic::error(Code::UnknownKey, format!("{number}{}", "x".repeat(5000))));
            assert_eq!(sink.is_full(), number >= MOST);
        }
        assert!(sink.has_errors());
        let diagnostics = sink.into_sorted();
        assert_eq!(diagnostics.len(), MOST + 1);
        assert!(diagnostics.iter().all(|diagnostic| diagnostic.message.chars().count() <= LONGEST + 1));
        assert_eq!(diagnostics[MOST].code, Code::TooManyErrors);
    }

    #[test]
    fn an_error_after_many_warnings_is_an_error() {
        let mut sink = Sink::default();
        for number in 0..=MOST {
            let warning = Diagnostic::error(Code::UnknownKey, number.to_string());
            sink.push(warning.with_severity(Severity::Warning));
        }
        assert!(!sink.has_errors());
        sink.push(Diagnostic::error(Code::UnknownKey, "an error"));
        assert!(sink.has_errors());
        assert_eq!(sink.into_sorted()[MOST].severity, Severity::Error);
    }
}
