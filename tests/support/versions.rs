//! The versions in `tests/versions.sh`, which the scripts of the tests read, too.

const FILE: &str = include_str!("../versions.sh");

/// The CMake versions, oldest first. Presets need the third or newer.
pub(crate) const CMAKES: [&str; count("cmakes")] = words("cmakes");
/// The sccache versions, oldest first.
pub(crate) const SCCACHES: [&str; count("sccaches")] = words("sccaches");
/// The sccache of a test that is not about versions.
pub(crate) const SCCACHE: &str = value("sccache");
/// The ccache of a test that is not about versions.
pub(crate) const CCACHE: &str = value("ccache");

/// The CMake version that begins like this, such as 3.21.
pub(crate) const fn cmake(start: &str) -> &'static str {
    begins("cmakes", start)
}

/// The sccache version that begins like this, such as 0.15.
pub(crate) const fn sccache(start: &str) -> &'static str {
    begins("sccaches", start)
}

const fn begins(list: &str, start: &str) -> &'static str {
    let mut rest = value(list);
    while !rest.is_empty() {
        let (word, after) = first_word(rest);
        if is_at(word, 0, start) && (word.len() == start.len() || word.as_bytes()[start.len()] == b'.') {
            return word;
        }
        rest = after;
    }
    panic!("tests/versions.sh has no such version")
}

const fn words<const N: usize>(list: &str) -> [&'static str; N] {
    let (mut words, mut index, mut rest) = ([""; N], 0, value(list));
    while index < N {
        (words[index], rest) = first_word(rest);
        index += 1;
    }
    words
}

const fn count(list: &str) -> usize {
    let (mut count, mut rest) = (0, value(list));
    while !rest.is_empty() {
        (_, rest) = first_word(rest);
        count += 1;
    }
    count
}

const fn first_word(text: &'static str) -> (&'static str, &'static str) {
    let end = find(text, 0, b' ');
    let after = if end == text.len() { end } else { end + 1 };
    (text.split_at(end).0, text.split_at(after).1)
}

/// The text in the line `name="text"`.
const fn value(name: &str) -> &'static str {
    let mut start = 0;
    while start < FILE.len() {
        let quote = start + name.len() + 1;
        if is_at(FILE, start, name) && is_at(FILE, quote - 1, "=\"") {
            let end = find(FILE, quote + 1, b'"');
            return FILE.split_at(end).0.split_at(quote + 1).1;
        }
        start = find(FILE, start, b'\n') + 1;
    }
    panic!("tests/versions.sh has no such name")
}

const fn is_at(text: &str, at: usize, part: &str) -> bool {
    let mut index = 0;
    while index < part.len() {
        if at + index >= text.len() || text.as_bytes()[at + index] != part.as_bytes()[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The first position of this letter, or the end.
const fn find(text: &str, from: usize, letter: u8) -> usize {
    let mut at = from;
    while at < text.len() && text.as_bytes()[at] != letter {
        at += 1;
    }
    at
}
