//! The messages of a compiler. sccache stores them with the object, so a hit may print the paths of another checkout. Messages of
//! the cache tool itself may contain credentials: if sccache cannot start a compiler, it prints the whole environment.

use std::borrow::Cow;

use crate::foreign::Filter;

/// Replaces the path of another checkout by `root`. `source` is the source of the compilation, relative to `root`: the messages
/// name it, and so the other checkout.
pub(super) fn of_this_checkout<'a>(text: &'a [u8], source: &[u8], root: &[u8]) -> Cow<'a, [u8]> {
    let name = [b"/", source].concat();
    let other = (0..text.len())
        .filter(|at| text[*at..].starts_with(&name))
        .filter(|at| text.get(at + name.len()).is_none_or(|next| !is_of_name(*next)))
        .find_map(|at| beginning(&text[..at]).filter(|path| !path.is_empty() && *path != root));
    let Some(other) = other else { return Cow::Borrowed(text) };
    let from = [other, b"/"].concat();
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(&from) && begins_path(&text[..at]) {
            result.extend_from_slice(root);
            at += other.len();
        } else {
            result.push(text[at]);
            at += 1;
        }
    }
    Cow::Owned(result)
}

/// Filters the messages of the cache tool itself: the lines that begin with `name` and a colon. If the tool `has_failed`, so do all
/// lines after the first one. The messages of the compiler do not change.
pub(super) fn with_filtered_lines<'a>(
    text: &'a [u8],
    name: &str,
    has_failed: bool,
    filter: impl FnOnce() -> Filter,
) -> Cow<'a, [u8]> {
    let beginning = format!("{name}: ");
    let is_of_tool = |line: &[u8]| line.starts_with(beginning.as_bytes());
    let lines = || text.split_inclusive(|byte| *byte == b'\n');
    if !lines().any(is_of_tool) {
        return Cow::Borrowed(text);
    }
    let filter = filter();
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (mut length, mut filters) = (0, false);
        // Several lines of the tool are one text.
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            let of_tool = is_of_tool(line) || (has_failed && filters);
            if length > 0 && of_tool != filters {
                break;
            }
            filters = of_tool;
            length += line.len();
        }
        let part = &rest[..length];
        if filters {
            result.extend_from_slice(filter.bounded(String::from_utf8_lossy(part).trim_end()).as_bytes());
            result.push(b'\n');
        } else {
            result.extend_from_slice(part);
        }
        rest = &rest[length..];
    }
    Cow::Owned(result)
}

/// The absolute path at the end of the text.
fn beginning(text: &[u8]) -> Option<&[u8]> {
    let line = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let begins = |at: &usize| text[*at] == b'/' && begins_path(&text[..*at]);
    (line..text.len()).rev().find(begins).map(|at| &text[at..])
}

/// Whether a path can begin after this text: at the beginning of a line, after a blank or an opening character, and after a
/// sequence that changes the colour.
fn begins_path(before: &[u8]) -> bool {
    match before.last() {
        None | Some(b'\n' | b' ' | b'\t' | b'"' | b'\'' | b'(' | b'<' | b'[') => true,
        Some(b'm' | b'K') => {
            let start =
                before[..before.len() - 1].iter().rposition(|byte| !matches!(byte, b'0'..=b'9' | b';'));
            start.is_some_and(|start| before[..=start].ends_with(b"\x1b["))
        }
        // ‘ of GCC
        Some(0x98) => before.ends_with("‘".as_bytes()),
        Some(_) => false,
    }
}

const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(text: &str) -> String {
        let text = of_this_checkout(text.as_bytes(), b"src/a.c", b"/home/me/second");
        String::from_utf8(text.into_owned()).unwrap()
    }

    #[test]
    fn only_messages_of_the_tool_are_filtered() {
        let filtered = |text: &str, has_failed| {
            let filter = || Filter::of_variables([("X_TOKEN", "s3cret!")], &[]);
            let text = with_filtered_lines(text.as_bytes(), "sccache", has_failed, filter).into_owned();
            String::from_utf8(text).unwrap()
        };
        let of_compiler = "a.c:1: \u{1b}[1merror:\u{1b}[m s3cret! sccache: x\r\n\u{202e}";
        assert_eq!(filtered(of_compiler, true), of_compiler);
        let text = format!("{of_compiler}\nsccache: error: s3cret!\n\u{1b}s3cret!\n");
        assert_eq!(filtered(&text, true), format!("{of_compiler}\nsccache: error: ***\n\\u{{1b}}***\n"));
        assert_eq!(filtered(&text, false), format!("{of_compiler}\nsccache: error: ***\n\u{1b}s3cret!\n"));
    }

    #[test]
    fn paths_of_another_checkout_are_replaced() {
        for text in [
            "/other/first/src/a.c:1:5: warning: unused\n/other/first/inc/x.h:2: note: here\n",
            "In file included from /other/first/inc/x.h:3,\n                 from /other/first/src/a.c:1:\n",
            "\u{1b}[01m\u{1b}[K/other/first/src/a.c:1:5:\u{1b}[m\u{1b}[K note: in ‘/other/first/x.h’\n",
            "\u{1b}[1m/other/first/src/a.c:1:5: warning: see (/other/first/y.h)\n",
            "warning: \"A\" redefined [/other/first/src/a.c]\n",
        ] {
            assert_eq!(moved(text), text.replace("/other/first", "/home/me/second"), "{text}");
        }
    }

    #[test]
    fn other_messages_stay() {
        for text in [
            "",
            "src/a.c:1: warning: relative\n",
            "/home/me/second/src/a.c:1: warning: unused\n/other/first/inc/x.h:1: note: here\n",
            "/usr/include/stdio.h:2: note: here\n",
            "/other/first/src/a.cpp:1: another source\n",
            "x/src/a.c:1: not absolute\n",
            "cc1: warning: /src/a.cc\n",
        ] {
            assert_eq!(moved(text), text);
        }
        assert_eq!(
            moved("/o/src/a.c:1: see /other/o/x.h /o/x.h\n"),
            "/home/me/second/src/a.c:1: see /other/o/x.h /home/me/second/x.h\n"
        );
    }
}
