//! Diagnostics as text for people and as JSON for programs.

use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::shortened::Shortened;
use super::{Diagnostic, Excerpt, Place, Severity};

/// The layout of a report.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// The width of the terminal in columns.
    pub width: usize,
    /// Whether to use terminal colours.
    pub colour: bool,
    /// Whether the terminal supports box-drawing characters.
    pub unicode: bool,
}

impl Default for Style {
    /// Plain text of 100 columns, for files and logs.
    fn default() -> Self {
        Self { width: 100, colour: false, unicode: true }
    }
}

impl Style {
    fn handler(self) -> GraphicalReportHandler {
        let theme = match (self.unicode, self.colour) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::unicode_nocolor(),
            (false, true) => {
                GraphicalTheme { characters: miette::ThemeCharacters::ascii(), ..GraphicalTheme::unicode() }
            }
            (false, false) => GraphicalTheme::none(),
        };
        GraphicalReportHandler::new_themed(theme)
            .with_width(self.width)
            .with_links(false)
            .with_break_words(false)
            .without_syntax_highlighting()
    }
}

/// Diagnostics, and the source text that they refer to.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    excerpt: Option<&'a Excerpt>,
    diagnostics: &'a [Diagnostic],
}

impl<'a> Report<'a> {
    /// A report of `diagnostics`. Without an excerpt it shows no source and no line numbers.
    #[must_use]
    pub fn new(diagnostics: &'a [Diagnostic], excerpt: Option<&'a Excerpt>) -> Self {
        Self { excerpt, diagnostics }
    }

    /// Text for people: each diagnostic with its source lines, the marked place and the help. The last line contains the
    /// number of errors and warnings.
    #[must_use]
    pub fn to_text(&self, style: Style) -> String {
        let handler = style.handler();
        let mut text = String::new();
        for diagnostic in self.diagnostics {
            let place = diagnostic.place.span.as_ref().map(|span| span.start);
            let source = self.excerpt.map(|excerpt| Shortened::new(excerpt, place));
            let drawn = Drawn { diagnostic, source };
            if handler.render_report(&mut text, &drawn).is_err() {
                // This happens only for a place outside the text. Print the message without an excerpt.
                text.push_str(&drawn.to_string());
            }
            text.push('\n');
        }
        text + &self.summary()
    }

    /// JSON for programs: an array of objects with `code, severity, message, file, line, column, path, help`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.diagnostics.iter().map(|diagnostic| self.object(diagnostic)).collect()
    }

    fn object(&self, diagnostic: &'a Diagnostic) -> Value {
        let (line, column) = self.position(&diagnostic.place).unzip();
        let object = DiagnosticObject {
            code: diagnostic.code.as_str(),
            severity: diagnostic.severity.as_str(),
            message: &diagnostic.message,
            file: self.excerpt.map(Excerpt::name),
            line,
            column,
            path: (!diagnostic.place.path.is_empty()).then_some(&diagnostic.place.path),
            help: diagnostic.help.as_deref(),
        };
        // Texts and numbers are always valid.
        serde_json::to_value(object).unwrap_or_default()
    }

    fn position(&self, place: &Place) -> Option<(usize, usize)> {
        Some(self.excerpt?.position(place.span.as_ref()?.start))
    }

    fn summary(&self) -> String {
        let count = |severity, word: &str| {
            let number = self.diagnostics.iter().filter(|d| d.severity == severity).count();
            match number {
                0 => None,
                1 => Some(format!("1 {word}")),
                _ => Some(format!("{number} {word}s")),
            }
        };
        let counts = [count(Severity::Error, "error"), count(Severity::Warning, "warning")];
        let counts: Vec<String> = counts.into_iter().flatten().collect();
        if counts.is_empty() { String::new() } else { counts.join(", ") + "\n" }
    }
}

/// A diagnostic for programs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Diagnostic")]
pub(crate) struct DiagnosticObject<'a> {
    /// The code; `toolchainkit explain` describes it.
    code: &'a str,
    /// error or warning.
    severity: &'a str,
    /// What is wrong.
    message: &'a str,
    /// The file.
    file: Option<&'a str>,
    /// The line, from 1.
    line: Option<usize>,
    /// The column, from 1.
    column: Option<usize>,
    /// The key, such as cache.tool.
    path: Option<&'a str>,
    /// What to do.
    help: Option<&'a str>,
}

/// Adapts one diagnostic to miette.
#[derive(Debug)]
struct Drawn<'a> {
    diagnostic: &'a Diagnostic,
    source: Option<Shortened<'a>>,
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Diagnostic { place, message, .. } = self.diagnostic;
        if place.path.is_empty() { f.write_str(message) } else { write!(f, "{}: {message}", place.path) }
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let Diagnostic { severity, code, .. } = self.diagnostic;
        Some(Box::new(format!("{}[{code}]", severity.as_str())))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Warning => miette::Severity::Warning,
            Severity::Error => miette::Severity::Error,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let source = self.source.as_ref()?;
        let primary = self.diagnostic.place.span.as_ref().map(|span| {
            let label = self.diagnostic.label.clone().or(Some("here".into()));
            LabeledSpan::new_primary_with_span(label, source.span(span))
        });
        let related = self.diagnostic.related.iter().filter_map(|(place, label)| {
            Some(LabeledSpan::new_with_span(Some(label.clone()), source.span(place.span.as_ref()?)))
        });
        Some(Box::new(primary.into_iter().chain(related)))
    }
}
