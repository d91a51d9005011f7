//! The bracket or quote that a text with a syntax error does not close. The parser stops where the text can no longer be
//! valid, which may be many lines below, or at the end of the file.

use std::ops::Range;

/// A bracket or quote without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    /// The byte of the bracket or quote.
    pub(super) at: usize,
    /// The bracket or quote.
    pub(super) mark: char,
    /// The bracket that would close it.
    pub(super) end: char,
}

impl Unclosed {
    pub(super) const fn span(&self) -> Range<usize> {
        self.at..self.at + 1
    }
}

/// The innermost bracket or quote in `text` that is not closed, or that another kind of bracket closes.
pub(super) fn find(text: &str) -> Option<Unclosed> {
    let mut open: Vec<Unclosed> = Vec::new();
    // Whether a value or key may start here. Elsewhere in plain text, quotes have no meaning, and brackets only in other
    // brackets.
    let mut is_start = true;
    let mut before = '\n';
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let at = text.len() - rest.len();
        let mut length = letter.len_utf8();
        match letter {
            '#' if before.is_whitespace() => length = rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' if is_start => match end_of_quoted(rest, letter) {
                Some(end) => {
                    length = end;
                    is_start = false;
                }
                None => return Some(Unclosed { at, mark: letter, end: letter }),
            },
            '|' | '>' if is_start && open.is_empty() => {
                length = end_of_block(text, at) - at;
                is_start = true;
            }
            '{' | '[' if is_start || !open.is_empty() => {
                open.push(Unclosed { at, mark: letter, end: if letter == '{' { '}' } else { ']' } });
                is_start = true;
            }
            '}' | ']' if !open.is_empty() => {
                let closed = open.pop()?;
                if closed.end != letter {
                    return Some(closed);
                }
                is_start = false;
            }
            ',' if !open.is_empty() => is_start = true,
            '\n' => is_start = true,
            letter if letter.is_whitespace() => is_start |= matches!(before, ':' | '-' | '?'),
            _ => is_start = false,
        }
        before = rest[..length].chars().next_back().unwrap_or(letter);
        rest = &rest[length..];
    }
    open.pop()
}

/// The length of the quoted text at the start of `text`.
fn end_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if quote == '"' && letter == '\\' {
            letters.next();
        } else if letter == quote {
            // In single quotes, two quotes are one.
            if quote == '\'' && letters.next_if(|(_, next)| *next == quote).is_some() {
                continue;
            }
            return Some(at + 1);
        }
    }
    None
}

/// The end of the block of text whose mark is at `at`: the next line that is not indented more than its own line.
fn end_of_block(text: &str, at: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let own = indent(&text[start..at]);
    let mut end = at;
    for (index, line) in text[at..].split_inclusive('\n').enumerate() {
        if index > 0 && !line.trim().is_empty() && indent(line) <= own {
            break;
        }
        end += line.len();
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_that_is_not_closed_is_found() {
        let cases = [
            ("a: {", Some(3)),
            ("a: [b, c\nd: [e]\n", Some(3)),
            ("a: { b: [c }", Some(8)),
            ("a: { b: { c: d }\ne: f\n", Some(3)),
            ("a: \"b", Some(3)),
            ("- 'it''s", Some(2)),
            ("# it's {\na: b", None),
            ("a: it's {x} \"y\"", None),
            ("a: b#{\nc: {}", None),
            ("a: |\n  {[\"\n  '\nb: {}", None),
            ("a: |\n  {[\nb: {", Some(13)),
            ("a: \"{\\\"\"\nb: '['", None),
            ("a: [\"x\", 'y', {z: [1]}]", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(find(text).map(|found| found.at), expected, "{text:?}");
        }
    }
}
