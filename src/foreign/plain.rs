//! Characters and words that a terminal or the runner of a CI would obey.

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
