//! Characters and words that a terminal or the runner of a CI would obey.

use std::borrow::Cow;

/// The text without them. Line feeds and tabs stay.
pub(super) fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut plain = String::with_capacity(text.len());
    let mut begins_line = true;
    for (at, letter) in text.char_indices() {
        let rest = &text[at..];
        if is_control(letter) || (begins_line && rest.starts_with("::")) || is_command(rest) {
            plain.extend(letter.escape_unicode());
        } else {
            plain.push(letter);
        }
        begins_line = letter == '\n' || (begins_line && letter.is_whitespace());
    }
    plain
}

/// JSON with escapes for the characters that a terminal would obey. serde_json escapes only those below U+0020.
#[must_use]
pub fn json_for_terminals(json: &str) -> Cow<'_, str> {
    // Outside of strings, JSON contains no such character except line feeds.
    let is_obeyed = |letter: char| is_control(letter) && letter != '\n';
    if !json.contains(is_obeyed) {
        return Cow::Borrowed(json);
    }
    let mut units = [0; 2];
    let mut escaped = String::with_capacity(json.len());
    for letter in json.chars() {
        if is_obeyed(letter) {
            for unit in letter.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal, an editor or a browser would obey this character instead of showing it.
const fn is_control(letter: char) -> bool {
    matches!(
        letter,
        '\0'..='\u{8}'
            | '\u{b}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// Whether a command such as `##[error]` or `##vso[task.setvariable]` begins here. The runners of GitHub and Azure accept these
/// within a line, and `::error::` only at the beginning of a line.
fn is_command(text: &str) -> bool {
    text.strip_prefix("##").is_some_and(|rest| {
        rest.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric()).starts_with('[')
    })
}
