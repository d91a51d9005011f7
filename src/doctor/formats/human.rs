//! The report for people.

use crate::doctor::chain::{Checked, Finding, State};

/// The columns before a text.
const INDENT: usize = 22;

/// How to lay out the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// The width to which lines are wrapped; `None` does not wrap.
    pub columns: Option<usize>,
    /// Whether only ASCII can be shown. Other characters are then shown as escapes.
    pub is_ascii: bool,
}

/// One line for each finding, and a second one for what to do.
#[must_use]
pub fn text(checked: &[Checked], layout: Layout) -> String {
    checked.iter().flat_map(|checked| &checked.findings).map(|finding| entry(finding, layout)).collect()
}

const fn mark(state: State) -> &'static str {
    match state {
        State::Fine => "ok",
        State::Doubtful => "note",
        State::Degraded => "DEGRADED",
        State::Broken => "BROKEN",
    }
}

fn entry(finding: &Finding, layout: Layout) -> String {
    let Finding { about, state, text, help } = finding;
    let mut entry = format!("{:8}  {about:12}", mark(*state));
    entry += &paragraph(text, layout);
    if let Some(help) = help {
        entry += &format!("{:INDENT$}", "");
        entry += &paragraph(help, layout);
    }
    entry
}

/// The text with its line feeds, indented from the second line on.
fn paragraph(text: &str, layout: Layout) -> String {
    let shown = if layout.is_ascii { ascii(text) } else { text.to_owned() };
    let width = layout.columns.map_or(usize::MAX, |columns| columns.saturating_sub(INDENT + 1).max(20));
    let mut lines = Vec::new();
    for part in shown.trim_end().lines() {
        let mut line = String::new();
        for word in part.split_inclusive(' ') {
            let length = |text: &str| text.trim_end().chars().count();
            if !line.is_empty() && line.chars().count() + length(word) > width {
                lines.push(std::mem::take(&mut line));
            }
            line += word;
        }
        lines.push(line);
    }
    let lines = lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>();
    lines.join(&format!("\n{:INDENT$}", "")) + "\n"
}

/// The text with escapes for characters that an ASCII terminal cannot show.
fn ascii(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii() { shown.push(letter) } else { shown.extend(letter.escape_unicode()) }
    }
    shown
}
