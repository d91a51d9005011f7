//! The names in the directives of a file.

use std::borrow::Cow;

use crate::launch::rules::{absolute_paths, hash};

/// A name in a directive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name {
    /// The text between the quotes or brackets.
    pub(super) text: Box<[u8]>,
    /// Whether the name is in quotes. If so, the folder of the file with the directive is searched first.
    pub(super) quoted: bool,
}

/// The name of a macro.
pub(super) type Macro = Box<[u8]>;

/// The names in the directives of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Scan {
    /// All names in `#include`, `#if` and `#elif`, without duplicates.
    pub(super) names: Vec<Name>,
    /// Macros in an `#include` or `__has_include`, in place of a file name.
    pub(super) computed: Vec<Macro>,
    /// Macros whose definition is a single name in quotes or brackets.
    pub(super) literal: Vec<(Macro, Name)>,
    /// The hashes of the names of other macros.
    pub(super) defined: Vec<u64>,
    /// Macros that pass an argument to `__has_include`.
    pub(super) wrappers: Vec<Macro>,
    /// Macros in `#if` and `#elif`, each with the macro in its argument; empty for any other argument.
    pub(super) calls: Vec<(Macro, Macro)>,
    /// The absolute paths in strings.
    pub(super) paths: Vec<Box<[u8]>>,
    /// The reason why some names are unknown.
    pub(super) opaque: Option<&'static str>,
}

impl Scan {
    /// The definitions on the command line, scanned like a file.
    pub(super) fn of_definitions(definitions: &[String]) -> Self {
        let mut text = String::new();
        for definition in definitions {
            let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
            text.push_str(&format!("#define {name} {value}\n"));
        }
        Self::of(text.as_bytes())
    }

    /// Scans the text of a file.
    pub(super) fn of(text: &[u8]) -> Self {
        let mut scan = Self { paths: absolute_paths(text), ..Self::default() };
        let text = unspliced(text);
        let mut at = 0;
        while let Some(next) = memchr::memchr3(b'#', b'%', b'?', &text[at..]) {
            let mark = at + next;
            at = mark + 1;
            let width = match &text[mark..] {
                [b'#', ..] => 1,
                [b'%', b':', ..] => 2,
                [b'?', b'?', b'=', ..] => 3,
                _ => continue,
            };
            if !begins_line(&text[..mark]) {
                continue;
            }
            let end = memchr::memchr(b'\n', &text[mark..]).map_or(text.len(), |end| mark + end);
            let mut one = Self::default();
            one.directive(&text[mark + width..end]);
            at = end;
            // Skip prose in a comment, such as "#include directives are …".
            if (one.opaque.is_some() || !one.computed.is_empty()) && is_in_comment(&text, mark) {
                continue;
            }
            scan.extend(one);
        }
        scan.names.sort_unstable();
        scan.names.dedup();
        scan
    }

    fn extend(&mut self, other: Self) {
        self.names.extend(other.names);
        self.computed.extend(other.computed);
        self.literal.extend(other.literal);
        self.defined.extend(other.defined);
        self.wrappers.extend(other.wrappers);
        self.calls.extend(other.calls);
        self.opaque = other.opaque.or(self.opaque);
    }

    fn directive(&mut self, line: &[u8]) {
        let line = without_blanks(line);
        let (keyword, rest) = word(line);
        let rest = without_blanks(rest);
        match keyword {
            b"include" | b"include_next" | b"import" => self.include(rest),
            b"define" => self.define(rest),
            b"if" | b"elif" => self.condition(rest),
            b"embed" => self.opaque = Some("a file has the directive #embed"),
            _ => {}
        }
    }

    fn include(&mut self, argument: &[u8]) {
        match literal(argument) {
            Some(name) => self.names.push(name),
            None => match macro_name(argument) {
                Some(name) => self.computed.push(name.into()),
                None => self.opaque = Some("the name in an #include is computed"),
            },
        }
    }

    fn define(&mut self, rest: &[u8]) {
        let (name, value) = word(rest);
        let is_function = value.first() == Some(&b'(');
        if is_function && arguments_of(value, HAS_INCLUDE).any(|argument| literal(argument).is_none()) {
            self.wrappers.push(name.into());
        }
        match literal(without_blanks(value)).filter(|_| !is_function) {
            Some(value) => self.literal.push((name.into(), value)),
            None => self.defined.push(hash(name.iter().copied())),
        }
    }

    fn condition(&mut self, rest: &[u8]) {
        self.all_names(rest);
        if find(rest, b"has_embed").is_some() {
            self.opaque = Some("a file uses __has_embed");
        }
        for argument in arguments_of(rest, HAS_INCLUDE).filter(|argument| literal(argument).is_none()) {
            match macro_name(argument) {
                Some(name) => self.computed.push(name.into()),
                None => self.opaque = Some("the name in a __has_include is computed"),
            }
        }
        let mut left = rest;
        while let Some(open) = left.iter().position(|byte| *byte == b'(') {
            let before = left[..open].trim_ascii_end();
            let begin = before.iter().rposition(|byte| !is_part(*byte)).map_or(0, |at| at + 1);
            let (name, argument) = (&before[begin..], without_blanks(&left[open + 1..]));
            if !name.is_empty() && name != b"defined" && literal(argument).is_none() {
                self.calls.push((name.into(), macro_name(argument).unwrap_or_default().into()));
            }
            left = &left[open + 1..];
        }
    }

    /// Adds all texts in brackets or quotes.
    fn all_names(&mut self, mut text: &[u8]) {
        while let Some(at) = text.iter().position(|byte| matches!(byte, b'<' | b'"')) {
            let close = if text[at] == b'"' { b'"' } else { b'>' };
            let rest = &text[at + 1..];
            let Some(length) = rest.iter().position(|byte| *byte == close) else { return };
            if length > 0 {
                self.names.push(Name { text: rest[..length].into(), quoted: close == b'"' });
            }
            // `a < b && c > d` is not a name, and a later one may begin inside it.
            text = if close == b'"' { &rest[length + 1..] } else { rest };
        }
    }
}

/// Whether the last line of `before` contains only blanks, or ends with a comment.
fn begins_line(before: &[u8]) -> bool {
    for (at, byte) in before.iter().enumerate().rev() {
        match byte {
            b'\n' => return true,
            // The last three bytes are the byte order mark at the beginning of a file.
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c | 0xbb | 0xbf | 0xef => {}
            // `*/ #include`, or `/* */ #include`
            b'/' => return before[..at].ends_with(b"*"),
            _ => return false,
        }
    }
    true
}

/// Whether the position is certainly in a comment of several lines.
fn is_in_comment(text: &[u8], at: usize) -> bool {
    let before = &text[..at];
    let Some(open) = before.windows(2).rposition(|window| window == b"/*") else { return false };
    let line = before[..open].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    // After one of these characters, `/*` may be part of a string or of another comment.
    let is_plain = !before[line..open].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'/'));
    is_plain && find(&before[open..], b"*/").is_none() && find(text, b"R\"").is_none()
}

/// The text without the blanks and comments at its beginning.
fn without_blanks(mut text: &[u8]) -> &[u8] {
    loop {
        match text {
            [b' ' | b'\t' | b'\r' | 0x0b | 0x0c, rest @ ..] => text = rest,
            [b'/', b'*', rest @ ..] => match find(rest, b"*/") {
                Some(end) => text = &rest[end + 2..],
                None => return &[],
            },
            _ => return text,
        }
    }
}

const HAS_INCLUDE: &[u8] = b"__has_include";

/// The text after the opening parenthesis of each call of `name`, up to the end of the line.
fn arguments_of<'a>(text: &'a [u8], name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut left = text;
    std::iter::from_fn(move || {
        loop {
            let at = find(left, name)?;
            let (_, after) = word(&left[at..]);
            left = after;
            if let Some(argument) = without_blanks(after).strip_prefix(b"(") {
                return Some(without_blanks(argument));
            }
        }
    })
}

/// The name in quotes or brackets at the beginning.
fn literal(text: &[u8]) -> Option<Name> {
    let close = match text.first()? {
        b'<' => b'>',
        b'"' => b'"',
        _ => return None,
    };
    let length = text[1..].iter().position(|byte| *byte == close)?;
    Some(Name { text: text[1..=length].into(), quoted: close == b'"' })
}

/// The macro at the beginning, if it has no arguments.
fn macro_name(text: &[u8]) -> Option<&[u8]> {
    let (name, rest) = word(text);
    (!name.is_empty() && without_blanks(rest).first() != Some(&b'(')).then_some(name)
}

/// The identifier at the beginning, and the rest.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !is_part(*byte)).unwrap_or(text.len());
    text.split_at(length)
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | 0x80..)
}

/// The text with lines joined that end with a backslash.
fn unspliced(text: &[u8]) -> Cow<'_, [u8]> {
    // GCC and Clang allow blanks after the backslash.
    let is_splice = |after: &[u8]| {
        let end = after.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c));
        end.filter(|end| after[*end] == b'\n')
    };
    let mut joined: Option<Vec<u8>> = None;
    let mut copied = 0;
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', &text[at..]) {
        let backslash = at + next;
        at = backslash + 1;
        if let Some(end) = is_splice(&text[at..]) {
            joined.get_or_insert_default().extend_from_slice(&text[copied..backslash]);
            at += end + 1;
            copied = at;
        }
    }
    match joined {
        None => Cow::Borrowed(text),
        Some(mut joined) => {
            joined.extend_from_slice(&text[copied..]);
            Cow::Owned(joined)
        }
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let scan = Scan::of(text.as_bytes());
        let show = |name: &Name| {
            let text = String::from_utf8_lossy(&name.text);
            if name.quoted { format!("\"{text}\"") } else { format!("<{text}>") }
        };
        scan.names.iter().map(show).collect()
    }

    #[test]
    fn every_form_of_an_include_is_found() {
        for text in [
            "#include <a.h>",
            "  #  include<a.h> // why",
            "x\n\t#\tinclude /* c */ <a.h>\n",
            "#include_next <a.h>",
            "#import <a.h>",
            "/* c */ #include <a.h>",
            "/* c\n*/#include <a.h>",
            "#/* c */include <a.h>",
            "#inc\\\nlude <a.h>",
            "#include \\  \n <a.h>\r\n",
            "%:include <a.h>",
            "??=include <a.h>",
            "\u{feff}#include <a.h>",
            "#if __has_include(<a.h>)",
            "#if defined(X) && \\\r\n __has_include ( <a.h> )",
            "#elif __has_include_next(<a.h>)",
            "#if 1 < 2 && HAS(<a.h>)",
        ] {
            assert!(names(text).contains(&"<a.h>".to_owned()), "{text:?}: {:?}", names(text));
        }
        assert_eq!(names("#include \"b/c.h\"\n#include \"b/c.h\"\n"), ["\"b/c.h\""]);
        assert_eq!(names("a # include <b>\nint c; // #include <d>\n * #include <e>\n"), [""; 0]);
    }

    #[test]
    fn macros_in_place_of_file_names_are_found() {
        let scan =
            Scan::of(b"#define A <x.h>\n#define B \"y.h\" // c\n#define C A\n#include A\n# include B\n");
        assert_eq!(scan.computed, [Box::from(*b"A"), Box::from(*b"B")]);
        let literal: Vec<&[u8]> = scan.literal.iter().map(|(name, _)| &**name).collect();
        assert_eq!(literal, [b"A", b"B"]);
        assert_eq!(
            (scan.defined, scan.opaque, scan.names.len()),
            (vec![hash(b"C".iter().copied())], None, 0)
        );
        assert!(Scan::of(b"#include STR(a.h)").opaque.is_some());
        assert!(Scan::of(b"#include").opaque.is_some());
        assert_eq!(Scan::of(b"#if __has_include(A)").computed, [Box::from(*b"A")]);
        assert!(Scan::of(b"#if __has_include(A(b))").opaque.is_some());
        assert!(Scan::of(b"#embed \"a\"").opaque.is_some());
        let scan = Scan::of(b"#define F(x) __has_include(x)\n#if F(A) && F ( B(1) ) || F(<c.h>)\n");
        assert_eq!((scan.computed.len(), scan.wrappers), (0, vec![Box::from(*b"F")]));
        let calls: Vec<(&[u8], &[u8])> = scan.calls.iter().map(|(name, of)| (&**name, &**of)).collect();
        assert_eq!(calls, [(&b"F"[..], &b"A"[..]), (b"F", b""), (b"B", b"1")]);
    }

    #[test]
    fn prose_in_a_comment_is_not_a_directive() {
        for text in ["/* The\n   #include's protect\n themselves. */\n", "int a; /*\n#include directives\n*/"]
        {
            assert_eq!(Scan::of(text.as_bytes()), Scan::default(), "{text}");
        }
        for text in [
            "/* a */\n#include NAME\n",
            "const char *s = \"/*\";\n#include NAME\n",
            "// see /*\n#include NAME\n",
            "auto s = R\"(\n/*\n)\";\n#include NAME\n",
            "/*\n*/ #include NAME\n",
        ] {
            assert_eq!(Scan::of(text.as_bytes()).computed, [Box::from(*b"NAME")], "{text}");
        }
    }

    #[test]
    fn any_text_can_be_scanned() {
        let mut state = 1_u64;
        for length in 0..3000 {
            let mut text = Vec::new();
            for _ in 0..length % 90 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                text.push(b"#<>\"\\\n /*()%:?=includefA_"[(state >> 33) as usize % 25]);
            }
            let _ = Scan::of(&text);
        }
    }
}
