//! Diagnostics: what is wrong with the user's file, where, and what to do.
//!
//! The stages make [`Diagnostic`]s and collect them in a [`Sink`]; [`Report`] turns them into text or JSON. Nothing
//! here prints, and nothing outside knows which crate draws the source excerpts.

mod code;
mod place;
mod report;
mod sink;
mod suggest;

pub use self::code::Code;
pub use self::place::{Excerpt, Place};
pub use self::report::{Report, Style};
pub use self::sink::Sink;
pub use self::suggest::{did_you_mean, list};

/// How much is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Works, but probably not as meant.
    Warning,
    /// Cannot work; nothing is generated.
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

/// One fault, with all that is needed to show and to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// The stable code, for `toolchainkit explain`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, as a sentence fragment; never holds a secret.
    pub message: String,
    /// Where it is.
    pub place: Place,
    /// A word or two beside the marked source.
    pub label: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have to do with it.
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

    /// The same as a warning.
    #[must_use]
    pub fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same at `place`.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// The same with a word beside the marked source.
    #[must_use]
    pub fn with_label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with advice, if there is some.
    #[must_use]
    pub fn with_optional_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// The same with another place that has to do with it.
    #[must_use]
    pub fn with_related(mut self, place: Place, label: impl Into<String>) -> Self {
        self.related.push((place, label.into()));
        self
    }
}
