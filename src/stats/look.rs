//! The look of a text: width, characters and colours.

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What the reader of a text can see.
#[derive(Debug, Clone)]
pub struct Look {
    /// The longest line, in columns.
    pub width: usize,
    /// Whether the locale has characters outside of ASCII.
    pub unicode: bool,
    /// Whether to draw bars.
    pub bars: bool,
    /// Whether to use colours.
    pub colour: bool,
    /// The time zone of the times in the text.
    pub zone: TimeZone,
}

impl Look {
    /// The look of a file: 80 columns of ASCII without colours and bars.
    #[must_use]
    pub const fn plain(zone: TimeZone) -> Self {
        Self { width: 80, unicode: false, bars: false, colour: false, zone }
    }

    pub(super) fn paint(&self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// A bar of `cells` columns for a part of a whole in per cent; empty without bars.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a few columns"
    )]
    pub(super) fn bar(&self, percent: f64, cells: usize) -> String {
        const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
        if !self.bars || cells == 0 {
            return String::new();
        }
        let filled = percent.clamp(0.0, 100.0) / 100.0 * cells as f64;
        // A part of a hit must be visible, and only a rate of 100 % fills the bar.
        let text = if self.unicode {
            let eighths = ((filled * 8.0).floor() as usize).max(usize::from(percent > 0.0));
            let (whole, part) = (eighths / 8, PARTS[eighths % 8]);
            let used = whole + usize::from(!part.is_empty());
            format!("{}{part}{}", "█".repeat(whole), "░".repeat(cells - used))
        } else {
            let whole = (filled.floor() as usize).max(usize::from(percent > 0.0));
            format!("{}{}", "#".repeat(whole), ".".repeat(cells - whole))
        };
        self.paint(of_rate(percent), &text)
    }

    /// The text in at most `width` columns. A path is more telling at its end, so the beginning is removed.
    pub(super) fn shortened(&self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let mark = self.ellipsis();
        let mut left = width.saturating_sub(mark.width());
        let mut start = text.len();
        for (at, letter) in text.char_indices().rev() {
            let columns = letter.width().unwrap_or(0);
            if columns > left {
                break;
            }
            left -= columns;
            start = at;
        }
        format!("{mark}{}", &text[start..])
    }

    /// The beginning of a text in at most `width` columns.
    pub(super) fn cut(&self, text: &str, width: usize) -> String {
        if text.width() <= width {
            return text.to_owned();
        }
        let mark = self.ellipsis();
        let (begin, _) = split(text, width.saturating_sub(mark.width()));
        format!("{begin}{mark}")
    }

    const fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// The style for a hit rate in per cent.
pub(super) fn of_rate(percent: f64) -> Style {
    let colour = if percent >= 80.0 {
        AnsiColor::Green
    } else if percent >= 50.0 {
        AnsiColor::Yellow
    } else {
        AnsiColor::Red
    };
    colour.on_default()
}

/// The style for a fault.
pub(super) const FAULT: Style = AnsiColor::Red.on_default();
/// The style for a note.
pub(super) const NOTE: Style = AnsiColor::Yellow.on_default();
/// The style for a heading.
pub(super) const HEADING: Style = Style::new().bold();
/// The style for what is less important.
pub(super) const FAINT: Style = Style::new().dimmed();

/// The number of columns of a text without colours.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// Breaks a text into lines of at most `width` columns, between words if possible.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for mut word in text.split(' ').filter(|word| !word.is_empty()) {
        if !line.is_empty() && line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while word.width() > width {
            let (begin, rest) = split(word, width);
            lines.push(begin.to_owned());
            word = rest;
        }
        word.clone_into(&mut line);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Splits a text so that the first part has at most `width` columns, and at least one character.
fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, letter) in text.char_indices() {
        used += letter.width().unwrap_or(0);
        if used > width && at > 0 {
            return text.split_at(at);
        }
    }
    (text, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(unicode: bool) -> Look {
        Look { unicode, bars: true, ..Look::plain(TimeZone::UTC) }
    }

    #[test]
    fn a_bar_is_full_only_at_100_per_cent_and_empty_only_at_0() {
        for unicode in [true, false] {
            let look = look(unicode);
            let bars: Vec<_> = [0.0, 0.01, 50.0, 99.99, 100.0].map(|rate| look.bar(rate, 10)).into();
            assert!(bars.iter().all(|bar| columns(bar) == 10), "{bars:?}");
            let (full, empty) = if unicode { ('█', '░') } else { ('#', '.') };
            assert!(bars[0].chars().all(|cell| cell == empty), "{bars:?}");
            assert!(bars[1].chars().next().is_some_and(|cell| cell != empty), "{bars:?}");
            assert!(bars[3].chars().last().is_some_and(|cell| cell != full), "{bars:?}");
            assert!(bars[4].chars().all(|cell| cell == full), "{bars:?}");
        }
        assert_eq!(look(true).bar(25.0, 10), "██▌░░░░░░░");
        assert_eq!(Look::plain(TimeZone::UTC).bar(25.0, 10), "");
    }

    #[test]
    fn long_texts_are_shortened_by_columns() {
        let look = look(true);
        assert_eq!(look.shortened("src/parser.cpp", 20), "src/parser.cpp");
        assert_eq!(look.shortened("src/parser.cpp", 11), "…parser.cpp");
        assert_eq!(look.shortened("源/文件.cpp", 9), "…文件.cpp");
        assert_eq!(look.cut("a long sentence", 7), "a long…");
        assert_eq!(look.cut("源源源", 4), "源…");
    }

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrapped("", 4), Vec::<String>::new());
        assert_eq!(wrapped("源源源", 1), ["源", "源", "源"]);
    }
}
