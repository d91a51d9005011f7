//! Diagnostics: errors and warnings about the user's file, each with its place and advice. The stages create
//! [`Diagnostic`]s and collect them in a [`Sink`]; [`Report`] turns them into text or JSON. This module does not print. Its
//! interface does not depend on the crate that draws the source excerpts.

mod code;
mod place;
mod report;
mod shortened;
mod sink;
mod suggest;

pub use self::code::Code;
pub use self::place::{Excerpt, Place};
pub(crate) use self::report::DiagnosticObject;
pub use self::report::{Report, Style};
pub use self::sink::Sink;
pub use self::suggest::{did_you_mean, list};

/// The severity of a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The configuration works, but probably not as intended.
    Warning,
    /// The configuration cannot work; nothing is generated.
    Error,
}

impl Severity {
    /// `warning` or `error`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One error or warning, with the information to show it and to fix it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code, for `toolchainkit explain`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// The message, as a sentence fragment. Never contains a secret.
    pub message: String,
    /// The place of the error.
    pub place: Place,
    /// A short label for the marked source.
    pub label: Option<String>,
    /// The advice to the user.
    pub help: Option<String>,
    /// Related places, each with a label.
    pub related: Vec<(Place, String)>,
}

impl Diagnostic {
    /// An error without a place yet.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            place: Place::default(),
            label: None,
            help: None,
            related: Vec::new(),
        }
    }

    /// Sets the severity.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// Sets the label for the marked source.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the help.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Sets the help, if there is one.
    #[must_use]
    pub fn with_optional_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds a related place.
    #[must_use]
    pub fn with_related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }
}
