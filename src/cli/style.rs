//! The look of texts for people: colours, and marks that every terminal can show.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use clap::builder::Styles;

use jiff::tz::TimeZone;

use crate::probe::environment;
use crate::stats;

/// The widest statistics: longer lines are hard to read.
const WIDEST: usize = 100;

/// The option `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set; everywhere if CLICOLOR_FORCE is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// The value of the option in arguments that may be invalid otherwise. The errors about them need it.
    pub(super) fn in_arguments(arguments: &[std::ffi::OsString]) -> Self {
        let mut words =
            arguments.iter().skip(1).map_while(|word| word.to_str()).take_while(|word| *word != "--");
        let mut color = None;
        while let Some(word) = words.next() {
            if let Some(rest) = word.strip_prefix("--color") {
                let value = if rest.is_empty() { words.next() } else { rest.strip_prefix('=') };
                color = value.and_then(|value| Self::from_str(value, false).ok()).or(color);
            }
        }
        color.unwrap_or_default()
    }

    /// For the parser of the command line.
    pub(super) const fn of_clap(self) -> clap::ColorChoice {
        match self {
            Self::Auto => clap::ColorChoice::Auto,
            Self::Always => clap::ColorChoice::Always,
            Self::Never => clap::ColorChoice::Never,
        }
    }

    /// The decision for a stream.
    fn choice(self, stream: &impl anstream::stream::RawStream) -> ColorChoice {
        match self {
            Self::Auto => AutoStream::choice(stream),
            Self::Always => ColorChoice::Always,
            Self::Never => ColorChoice::Never,
        }
    }
}

/// The styles of the help of each command.
pub(super) const HELP_STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default());

/// How to print to the terminal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// For standard output.
    pub(super) stdout: ColorChoice,
    /// For standard error.
    pub(super) stderr: ColorChoice,
    /// Whether the locale has characters beyond ASCII.
    pub(super) unicode: bool,
}

impl Look {
    /// The look for the streams and the locale of this process.
    pub(super) fn of_process(color: Color) -> Self {
        Self { stdout: color.choice(&io::stdout()), stderr: color.choice(&io::stderr()), unicode: is_utf8() }
    }

    /// The layout of diagnostics on standard error.
    pub(super) fn of_diagnostics(self) -> crate::diagnostics::Style {
        let default = crate::diagnostics::Style::default();
        let width = columns(&io::stderr()).map_or(default.width, |width| width.clamp(40, default.width));
        crate::diagnostics::Style { width, colour: self.stderr != ColorChoice::Never, unicode: self.unicode }
    }

    /// The layout of statistics on standard output: 80 columns without bars, unless it is a terminal.
    pub(super) fn of_statistics(self) -> stats::Look {
        let columns = columns(&io::stdout());
        let plain = stats::Look::plain(TimeZone::system());
        stats::Look {
            width: columns.unwrap_or(plain.width).min(WIDEST),
            unicode: self.unicode,
            bars: io::stdout().is_terminal(),
            colour: self.stdout != ColorChoice::Never,
            ..plain
        }
    }

    /// The text for this locale: without Unicode, the marks of our texts are written in ASCII.
    pub(super) fn marks(self, text: &str) -> String {
        if self.unicode || text.is_ascii() {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        for letter in text.chars() {
            match MARKS.iter().find(|(mark, _)| *mark == letter) {
                Some((_, ascii)) => plain.push_str(ascii),
                None => plain.push(letter),
            }
        }
        plain
    }
}

/// The marks of our texts. Names of files keep their characters.
const MARKS: [(char, &str); 9] = [
    ('…', "..."),
    ('→', "->"),
    ('×', "x"),
    ('±', "+-"),
    ('µ', "u"),
    ('·', "-"),
    ('█', "#"),
    ('▌', "#"),
    ('░', "."),
];

/// The width of the terminal that shows a stream, in columns.
#[cfg(unix)]
fn columns(stream: &impl std::os::fd::AsFd) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

/// The width of the terminal that shows a stream, in columns.
#[cfg(windows)]
fn columns(stream: &impl std::os::windows::io::AsHandle) -> Option<usize> {
    terminal_size::terminal_size_of(stream).map(|(width, _)| usize::from(width.0))
}

/// Whether the locale uses UTF-8. Without a locale, it is `C`, which has only ASCII.
fn is_utf8() -> bool {
    if cfg!(windows) {
        return true;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(environment::variable);
    locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// The meaning of a part of a text, which decides its colour. The text must be understandable without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    /// A title, or the most important part of a line.
    Strong,
    /// Details.
    Faint,
    /// Something works.
    Good,
    /// Something deserves attention, such as a warning.
    Doubtful,
    /// Something does not work.
    Bad,
    /// Advice.
    Help,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Faint => Style::new().dimmed(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Doubtful => AnsiColor::Yellow.on_default().bold(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Help => AnsiColor::Cyan.on_default(),
        }
    }
}

/// A text for people, whose parts have tones. The parts may contain texts of files and of other programs: the printer filters
/// them.
#[derive(Debug, Clone, Default)]
pub(super) struct Styled {
    parts: Vec<(Tone, String)>,
}

impl Styled {
    /// An empty text.
    pub(super) const fn new() -> Self {
        Self { parts: Vec::new() }
    }

    /// Adds a part.
    #[must_use]
    pub(super) fn with(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.parts.push((tone, text.into()));
        self
    }

    /// Adds a part without a tone.
    #[must_use]
    pub(super) fn text(self, text: impl Into<String>) -> Self {
        self.with(Tone::Plain, text)
    }

    /// The text with the codes for colours, each part changed by `shown`.
    pub(super) fn render(&self, shown: impl Fn(&str) -> String) -> String {
        let mut rendered = String::new();
        for (tone, text) in &self.parts {
            let (style, text) = (tone.style(), shown(text));
            // Codes around a line feed would colour the rest of a line in some terminals.
            for (number, line) in text.split('\n').enumerate() {
                if number > 0 {
                    rendered.push('\n');
                }
                if line.is_empty() || *tone == Tone::Plain {
                    rendered.push_str(line);
                } else {
                    let _ = write!(rendered, "{style}{line}{style:#}");
                }
            }
        }
        rendered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_color_of_errors_is_that_of_the_option() {
        for (line, expected) in [
            ("tk generate --color always --wrong", Color::Always),
            ("tk --color=never --color", Color::Never),
            ("tk --color=always --color=never", Color::Never),
            ("tk --color=blue", Color::Auto),
            ("tk run -- x --color=always", Color::Auto),
            ("tk", Color::Auto),
        ] {
            let words = line.split(' ').map(std::ffi::OsString::from).collect::<Vec<_>>();
            assert_eq!(Color::in_arguments(&words), expected, "{line}");
        }
    }

    #[test]
    fn only_parts_with_a_tone_have_codes_and_no_code_spans_lines() {
        let text = Styled::new().with(Tone::Bad, "error").text(": a ").with(Tone::Help, "b\nc\n");
        assert_eq!(
            text.render(str::to_uppercase),
            "\u{1b}[1m\u{1b}[31mERROR\u{1b}[0m: A \u{1b}[36mB\u{1b}[0m\n\u{1b}[36mC\u{1b}[0m\n"
        );
    }

    #[test]
    fn marks_are_ascii_without_unicode() {
        let look = Look { stdout: ColorChoice::Never, stderr: ColorChoice::Never, unicode: false };
        assert_eq!(look.marks("1.2× ± 3 µs …/ä"), "1.2x +- 3 us .../ä");
        assert_eq!(Look { unicode: true, ..look }.marks("×"), "×");
    }
}
