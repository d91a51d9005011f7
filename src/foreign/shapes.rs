//! What looks like a credential, whatever its value.

use super::MASK;

/// Headers whose whole value is hidden. Between the words may also be an underscore or nothing.
const HEADERS: [&str; 9] = [
    "authorization",
    "proxy-authorization",
    "x-amz-security-token",
    "x-oss-security-token",
    "x-cos-security-token",
    "x-ms-encryption-key",
    "x-api-key",
    "set-cookie",
    "cookie",
];
/// The ends of keys whose values are hidden.
const KEYS: [&str; 19] = [
    "shared-access-signature",
    "connection-string",
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "access-key-id",
    "access-key",
    "account-key",
    "api-key",
    "private-key",
    "secret-key",
    "shared-key",
    "signature",
    "sig",
    "credentials",
    "credential",
];
/// The keys whose values may also follow `: `. Other words may precede a colon in a sentence.
const BEFORE_COLON: [&str; 6] =
    ["password", "passwd", "passphrase", "account-key", "secret-key", "client-secret"];
/// An environment has more entries than this.
const FEW: usize = 2;

/// Extended regular expressions for `HEADERS` and `KEYS`, in capital and small letters.
#[must_use]
pub fn key_patterns() -> [Vec<String>; 2] {
    let any_case = |letter: char| match letter {
        '-' => "[-_]?".to_owned(),
        letter => format!("[{}{letter}]", letter.to_ascii_uppercase()),
    };
    let pattern = |name: &&str| name.chars().map(any_case).collect();
    [HEADERS.iter().map(pattern).collect(), KEYS.iter().map(pattern).collect()]
}

/// `text` with [`MASK`] in the place of each of them.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    let mut before = ' ';
    while let Some(letter) = text[at..].chars().next() {
        let rest = &text[at..];
        let found = if letter == ':' {
            user_in_url(rest)
        } else if is_word(before) || before == '.' {
            None
        } else {
            environment(rest).or_else(|| value_of_key(rest, before)).or_else(|| login(rest))
        };
        match found {
            Some(Hidden { start, end }) if end > start => {
                masked.push_str(&rest[..start]);
                masked.push_str(MASK);
                at += end;
                before = '*';
            }
            _ => {
                masked.push(letter);
                at += letter.len_utf8();
                before = letter;
            }
        }
    }
    masked
}

/// The part of a text to hide.
struct Hidden {
    start: usize,
    end: usize,
}

const fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')
}

/// The length of the beginning of `text` with these letters.
fn span(text: &str, is_in: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !is_in(letter)).unwrap_or(text.len())
}

/// The length of a quote at the beginning of `text`, with the backslashes before it.
fn quote(text: &str) -> usize {
    let backslashes = span(text, |letter| letter == '\\');
    if text[backslashes..].starts_with(['"', '\'']) { backslashes + 1 } else { 0 }
}

/// The position of the end of a text in quotes of this kind.
fn end_of_quoted(text: &str, quote: &str) -> usize {
    let mark = quote.chars().next_back().unwrap_or('"');
    let level = quote.len() - 1;
    let mut backslashes = 0;
    for (at, letter) in text.char_indices() {
        // Within an escaped text, the quotes of an inner text have more backslashes.
        if letter == mark && backslashes <= level {
            return at - backslashes;
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
    }
    text.len()
}

fn letters(name: &str) -> impl DoubleEndedIterator<Item = char> {
    name.chars().filter(|letter| *letter != '-')
}

fn ends_with(name: &str, key: &str) -> bool {
    let mut end = name.chars().rev();
    letters(key).rev().all(|letter| end.next() == Some(letter))
}

/// `key=value`, `"key": "value"`, `Header: value`
fn value_of_key(text: &str, before: char) -> Option<Hidden> {
    let length = span(text, is_word);
    let name: String =
        text[..length].chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let is_header = HEADERS.iter().any(|header| letters(header).eq(name.chars()));
    let ends_with = |keys: &[&str]| keys.iter().any(|key| ends_with(&name, key));
    if !is_header && !ends_with(&KEYS) {
        return None;
    }
    let is_quoted = matches!(before, '"' | '\'') && quote(&text[length..]) > 0;
    let mut at = length + quote(&text[length..]);
    at += span(&text[at..], |letter| letter == ' ');
    let separator = text[at..].chars().next()?;
    match separator {
        '=' => {}
        ':' if is_header || is_quoted || ends_with(&BEFORE_COLON) => {}
        ':' if !text[at + 1..].starts_with([' ', ':']) => {}
        ',' if is_quoted => {}
        _ => return None,
    }
    at += 1;
    if text[at..].starts_with('>') {
        at += 1;
    }
    at += span(&text[at..], |letter| matches!(letter, ' ' | '\t'));
    // Debug representations of Rust.
    for word in ["Some(", "Ok("] {
        if text[at..].starts_with(word) {
            at += word.len();
        }
    }
    let quotes = quote(&text[at..]);
    let rest = &text[at + quotes..];
    let start = at + quotes;
    let length = if quotes > 0 {
        end_of_quoted(rest, &text[at..start])
    } else if is_header {
        span(rest, |letter| letter != '\n')
    } else if ends_with(&KEYS[..1]) {
        span(rest, |letter| !letter.is_whitespace() && !matches!(letter, ';' | '"' | '\''))
    } else {
        span(rest, |letter| !letter.is_whitespace() && !";&,\"'<>)}]".contains(letter))
    };
    Some(Hidden { start, end: start + length })
}

/// `Bearer value` and `Basic value`
fn login(text: &str) -> Option<Hidden> {
    let length = span(text, is_word);
    let is_basic = match text[..length].to_ascii_lowercase().as_str() {
        "basic" => true,
        "bearer" => false,
        _ => return None,
    };
    let blanks = span(&text[length..], |letter| letter == ' ');
    let start = length + blanks;
    let value = span(&text[start..], |letter| letter.is_ascii_alphanumeric() || "-._~+/=*".contains(letter));
    let word = &text[start..start + value];
    let looks_encoded =
        word.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=');
    let of_sentence =
        ["realm=", "error=", "scope=", "token", "auth"].iter().any(|word| text[start..].starts_with(word));
    let is_value = blanks > 0 && value >= super::SHORTEST && !of_sentence && (!is_basic || looks_encoded);
    is_value.then_some(Hidden { start, end: start + value })
}

/// The user in `scheme://user:password@host`. `text` begins with the colon.
fn user_in_url(text: &str) -> Option<Hidden> {
    let rest = text.strip_prefix("://")?;
    let all = &rest[..span(rest, |letter| !letter.is_whitespace() && !"\"'<>`\\".contains(letter))];
    let authority = &all[..span(all, |letter| !"/?#".contains(letter))];
    // Without an encoding, a password may contain these characters. Then the text before them does not end with a port.
    let has_port =
        authority.rsplit_once(':').is_none_or(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let length = authority.rfind('@').or_else(|| if has_port { None } else { all.rfind('@') })?;
    Some(Hidden { start: 3, end: 3 + length })
}

/// The variables of a command that sccache could not start: `env -u A B="c" D="e"` or `("B", "c"), ("D", "e")`.
fn environment(text: &str) -> Option<Hidden> {
    let mut at = if text.starts_with("env ") { 4 } else { 0 };
    let mut count = 0;
    let mut end = 0;
    while let Some(length) = assignment(&text[at..]).or_else(|| pair(&text[at..])) {
        count += 1;
        end = at + length;
        at = end + span(&text[end..], |letter| matches!(letter, ' ' | ','));
        if at == end {
            break;
        }
    }
    (count > FEW).then_some(Hidden { start: 0, end })
}

fn name(text: &str) -> usize {
    span(text, |letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The length of `NAME="value"`, `-u NAME` or `-i`.
fn assignment(text: &str) -> Option<usize> {
    if let Some(removed) = text.strip_prefix("-u ") {
        return Some(3 + span(removed, |letter| !letter.is_whitespace()));
    }
    if text.starts_with("-i ") {
        return Some(2);
    }
    let name = name(text);
    let start = name + 1;
    if name == 0 || !text[name..].starts_with('=') {
        return None;
    }
    quoted(&text[start..]).map(|length| start + length)
}

/// The length of `("NAME", "value")` or of `"NAME": Some("value")`.
fn pair(text: &str) -> Option<usize> {
    let open = usize::from(text.starts_with('('));
    let first = open + quoted(&text[open..])?;
    let between = span(&text[first..], |letter| matches!(letter, ',' | ':' | ' '));
    let mut at = first + between;
    if between == 0 {
        return None;
    }
    let some = text[at..].starts_with("Some(");
    at += if some { 5 } else { 0 };
    at += quoted(&text[at..])?;
    let closes = usize::from(open == 1 || some);
    (closes == 0 || text[at..].starts_with(')')).then_some(at + closes).filter(|_| closes == 1)
}

/// The length of a text in quotes, and of its quotes.
fn quoted(text: &str) -> Option<usize> {
    let length = quote(text);
    if length == 0 {
        return None;
    }
    let end = length + end_of_quoted(&text[length..], &text[..length]);
    let closing = quote(&text[end..]);
    Some(end + closing)
}
