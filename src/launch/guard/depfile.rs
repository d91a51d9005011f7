//! The file with the names of the headers.

use std::collections::HashMap;

/// The prerequisites in the text of a depfile, which GCC, Clang and the tools write for `make`.
pub(in crate::launch) fn prerequisites(text: &[u8]) -> Vec<Vec<u8>> {
    let mut names = Vec::new();
    let mut name = Vec::new();
    let mut is_target = true;
    let mut bytes = text.iter().copied().peekable();
    let mut finish = |name: &mut Vec<u8>, is_target: bool| {
        if !is_target && !name.is_empty() {
            names.push(std::mem::take(name));
        }
        name.clear();
    };
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.peek() {
                Some(b'\n') => {
                    bytes.next();
                    finish(&mut name, is_target);
                }
                // The line break follows.
                Some(b'\r') => {
                    bytes.next();
                    bytes.next_if_eq(&b'\n');
                    finish(&mut name, is_target);
                }
                Some(b' ' | b'#' | b'\\' | b'\t' | b':') => name.extend(bytes.next()),
                _ => name.push(b'\\'),
            },
            b'$' if bytes.peek() == Some(&b'$') => {
                bytes.next();
                name.push(b'$');
            }
            b':' if is_target
                && bytes.peek().is_none_or(|next| next.is_ascii_whitespace() || *next == b'\\') =>
            {
                is_target = false;
                name.clear();
            }
            b'\n' => {
                finish(&mut name, is_target);
                is_target = true;
            }
            b' ' | b'\t' | b'\r' => finish(&mut name, is_target),
            _ => name.push(byte),
        }
    }
    finish(&mut name, is_target);
    names
}

/// A name, escaped for a depfile.
fn escaped(name: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(name.len());
    for byte in name {
        match byte {
            b' ' | b'#' | b'\t' => text.push(b'\\'),
            b'$' => text.push(b'$'),
            _ => {}
        }
        text.push(*byte);
    }
    text
}

/// Replaces the beginning `from/` of all prerequisites by `to/`.
pub(super) fn moved(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (from, to) = ([&escaped(from)[..], b"/"].concat(), [&escaped(to)[..], b"/"].concat());
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let is_begin = at == 0 || matches!(text[at - 1], b' ' | b'\t' | b'\n');
        if is_begin && text[at..].starts_with(&from) {
            result.extend_from_slice(&to);
            at += from.len();
        } else {
            result.push(text[at]);
            at += 1;
        }
    }
    result
}

/// Replaces prerequisites by others.
pub(super) fn renamed(text: &[u8], names: &HashMap<Vec<u8>, Vec<u8>>) -> Vec<u8> {
    let names: HashMap<Vec<u8>, Vec<u8>> =
        names.iter().map(|(from, to)| (escaped(from), escaped(to))).collect();
    let mut result = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let begin = at;
        while at < text.len() && !text[at].is_ascii_whitespace() {
            // The next byte belongs to the name, unless the line ends.
            let is_escape = text[at] == b'\\' && text.get(at + 1).is_some_and(|next| *next != b'\n');
            at += if is_escape { 2 } else { 1 };
        }
        let word = &text[begin..at.min(text.len())];
        // Each header may also be a target without prerequisites.
        let (name, end) = word.strip_suffix(b":").map_or((word, b"".as_slice()), |name| (name, b":"));
        match names.get(name) {
            Some(other) => result.extend([other, end].concat()),
            None => result.extend_from_slice(word),
        }
        if let Some(blank) = text.get(at) {
            result.push(*blank);
        }
        at += 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let names = prerequisites(text.as_bytes());
        names.into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn the_depfiles_of_all_tools_can_be_read() {
        assert_eq!(all("m.o: a.cpp \\\n b/c.h \\\r\n d.h\n"), ["a.cpp", "b/c.h", "d.h"]);
        assert_eq!(all("m.o m.d: a\\ b.c x\\#y $$z\nb.h:\nc.h:\n"), ["a b.c", "x#y", "$z"]);
        assert_eq!(all("m.o:\\\n a.c"), ["a.c"]);
        assert_eq!(all("m.o: C:/x/a.c D:\\b.h"), ["C:/x/a.c", "D:\\b.h"]);
        assert_eq!(all(""), [""; 0]);
    }

    #[test]
    fn prerequisites_are_renamed() {
        let text = b"m.o: /a/x.h \\\n /a/x.hpp\\\n /a/y\\ z.h\n\n/a/x.h:\n";
        let names = [("/a/x.h", "/b c/x.h"), ("/a/y z.h", "/d/y z.h")];
        let names = names.map(|(from, to)| (from.as_bytes().to_vec(), to.as_bytes().to_vec()));
        let expected = b"m.o: /b\\ c/x.h \\\n /a/x.hpp\\\n /d/y\\ z.h\n\n/b\\ c/x.h:\n";
        let renamed = renamed(text, &names.into());
        assert_eq!(String::from_utf8_lossy(&renamed), String::from_utf8_lossy(expected));
    }

    #[test]
    fn the_paths_of_another_checkout_are_replaced() {
        let text = b"m.o: /a/x/m.cpp \\\n /a/x y/n.h /a/x/n.h\n /usr/a/x/k.h";
        let expected: &[u8] = b"m.o: /b\\ c/m.cpp \\\n /a/x y/n.h /b\\ c/n.h\n /usr/a/x/k.h";
        assert_eq!(moved(text, b"/a/x", b"/b c"), expected);
    }
}
