//! Masks every possible secret in a text before it is shown. Each byte is replaced by one byte, so that positions stay
//! valid. An excerpt shows the lines around *any* error, so hiding the value that `secret-in-config` reports is not
//! enough. A text with a syntax error has no tree to search, so masking works on lines. In case of doubt it masks: it hides
//! everything after a key that may hold a secret, except references (`${NAME}`) and known keys.

use std::collections::{BTreeSet, HashSet};

use crate::caching::remote::{BACKENDS, Field, Kind, Section};
use crate::caching::secret::Credential;
use crate::diagnostics::did_you_mean;

const SECTION: &str = "credentials";
/// Parts of key names that suggest a secret: names used by other programs, and misspellings.
const SUSPICIOUS: [&str; 5] = ["pass", "secret", "token", "credential", "key"];
/// Never masked: otherwise the excerpt would hide the syntax error that it shows.
const PUNCTUATION: &str = "{}:,\"'";

/// `text` with each letter of a possible secret replaced by `*`.
pub(super) fn mask(text: &str) -> String {
    let names = Names::collect();
    let mut masked = String::with_capacity(text.len());
    let mut region: Option<Region> = None;
    for line in text.split_inclusive('\n') {
        region = region.filter(|region| region.reaches(line));
        let hidden_from = match &region {
            Some(_) => 0,
            None => names.end_of_key(line).unwrap_or(line.len()),
        };
        let (shown, hidden) = line.split_at(hidden_from);
        if !hidden.is_empty() {
            region.get_or_insert(Region { indent: indent(line), brackets: 0 }).enter(hidden);
        }
        mask_user_in_url(shown, &mut masked);
        names.mask_all(hidden, &mut masked);
    }
    masked
}

/// The lines that belong to a key: those indented more, and those within the brackets that it opens.
struct Region {
    indent: usize,
    brackets: i32,
}

impl Region {
    fn reaches(&self, line: &str) -> bool {
        self.brackets > 0 || line.trim().is_empty() || indent(line) > self.indent
    }

    fn enter(&mut self, hidden: &str) {
        let text = without_references(hidden);
        let count = |letters: [char; 2]| i32::try_from(text.matches(letters).count()).unwrap_or(i32::MAX);
        self.brackets += count(['{', '[']) - count(['}', ']']);
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// The known keys, grouped by whether their values may be secret.
struct Names {
    secrets: Vec<&'static str>,
    /// The letters of their names.
    letters_of_secrets: Vec<String>,
    letters_of_harmless: HashSet<String>,
    credentials: Vec<&'static str>,
}

impl Names {
    fn collect() -> Self {
        let fields = || BACKENDS.iter().flat_map(|backend| backend.fields());
        let names =
            |wanted: fn(&Field) -> bool| fields().filter(move |field| wanted(field)).map(|field| field.name);
        let secrets = names(|field| field.kind == Kind::Secret).chain([SECTION]).collect::<BTreeSet<_>>();
        let harmless = names(|field| field.section != Section::Credentials).chain(["access"]);
        Self {
            letters_of_secrets: secrets.iter().map(|name| letters(name)).collect(),
            letters_of_harmless: harmless.map(letters).collect(),
            secrets: secrets.into_iter().collect(),
            credentials: names(|field| field.section == Section::Credentials).collect(),
        }
    }

    /// The position after the first key in `line` whose value may be a secret.
    fn end_of_key(&self, line: &str) -> Option<usize> {
        let mut start = 0;
        for (end, mark) in line.match_indices(['{', '[', ',', ':']) {
            if mark == ":" && self.may_be_secret(&line[start..end]) {
                return Some(end);
            }
            start = end + 1;
        }
        // A key may lack its colon, or the space before its value.
        let text = line.trim_start_matches([' ', '\t', '-', '#', '"', '\'']);
        let word = text.find([' ', '\t', '\n', '{']).unwrap_or(text.len());
        let name = self.secrets.iter().find(|&&name| text.starts_with(name)).map(|name| name.len());
        let end = name.or_else(|| self.may_be_secret(&text[..word]).then_some(word))?;
        Some(line.len() - text.len() + end)
    }

    /// Whether the value of `key` may be a secret. Also true for misspelt names of secrets.
    fn may_be_secret(&self, key: &str) -> bool {
        let letters = letters(key);
        !self.letters_of_harmless.contains(&letters)
            && (SUSPICIOUS.iter().any(|part| letters.contains(part))
                || did_you_mean(&letters, self.letters_of_secrets.iter().map(String::as_str)).is_some())
    }

    fn mask_all(&self, text: &str, masked: &mut String) {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let kept = match reference(rest).or_else(|| self.known_key(rest)) {
                Some(length) => length,
                None if letter.is_whitespace() || PUNCTUATION.contains(letter) => letter.len_utf8(),
                None => 0,
            };
            if kept > 0 {
                masked.push_str(&rest[..kept]);
                rest = &rest[kept..];
                continue;
            }
            // Mask the whole word: its end could look like a known key.
            let word =
                rest.find(|letter: char| !is_word(letter)).unwrap_or(rest.len()).max(letter.len_utf8());
            masked.extend(std::iter::repeat_n('*', word));
            rest = &rest[word..];
        }
    }

    /// The length of the credential name at the start of `text`, if a key follows there.
    fn known_key(&self, text: &str) -> Option<usize> {
        let end = text.find(|letter: char| !is_word(letter))?;
        (self.credentials.contains(&&text[..end]) && text[end..].starts_with([':', '"', '\''])).then_some(end)
    }
}

/// The length of the `${NAME}` at the start of `text`.
fn reference(text: &str) -> Option<usize> {
    if !text.starts_with("${") {
        return None;
    }
    let end = text.find(|letter: char| !(letter.is_ascii_alphanumeric() || "${_".contains(letter)))?;
    let end = end + text[end..].starts_with('}').then_some(1)?;
    Credential::variable_name(&text[..end]).map(|_| end)
}

fn without_references(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let skipped = reference(rest).unwrap_or_else(|| {
            result.push(letter);
            letter.len_utf8()
        });
        rest = &rest[skipped..];
    }
    result
}

fn letters(key: &str) -> String {
    key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '-'
}

/// Masks the text between `://` and `@`.
fn mask_user_in_url(text: &str, masked: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find("://").map(|scheme| scheme + 3) {
        let end =
            rest[start..].find([' ', '\t', '\n', '"', '\'']).map_or(rest.len(), |length| start + length);
        let user = rest[start..end].rfind('@').unwrap_or(0);
        masked.push_str(&rest[..start]);
        masked.extend(std::iter::repeat_n('*', user));
        masked.push_str(&rest[start + user..end]);
        rest = &rest[end..];
    }
    masked.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUTS: &[&str] = &[
        "credentials: { password: SECRET }",
        "credentials: {password: 'SECRET', access_key: \"${KEY}\"}",
        "credentials:\n  password: SECRET\n",
        "credentials:\n\n  password: >\n    SECRET\n    SECRET\n\nbucket: b\n",
        "credentials: {\npassword:\n\"SECRET\"}",
        "credentials: SECRET",
        "credentials: [SECRET, ${A}, SECRET]",
        "credentials:\n  - SECRET",
        "credentials:\n  unheard_of: SECRET",
        "{\"cache\": {\"remote\": {\"credentials\": {\"password\": \"SECRET\"}}}}",
        "password: SECRET",
        "passwrd: SECRET",
        "AWS_ACCESS_KEY: SECRET",
        "pass>word: SECRET",
        "password SECRET",
        "  - secret_keySECRET",
        "credentails: { x: SECRET }",
        "  secret_key: \"SECRET",
        "# token: SECRET",
        "password:\n    SECRET",
        "endpoint: redis://user:SECRET@host:6379/x",
        "endpoint: 'http://SECRET@host'",
        "credentials: {password: ${A}SECRET}",
    ];

    #[test]
    fn masks_a_secret_in_every_layout() {
        for layout in LAYOUTS {
            for secret in ["hunter2", "pä$$wörd", "a@b/c", "AKIA+x=y", "passwordhunter2"] {
                let text = layout.replace("SECRET", secret);
                let masked = mask(&text);
                assert!(!masked.contains(secret), "{text:?} is shown as {masked:?}");
                assert_eq!(masked.len(), text.len(), "{text:?}");
                let lines = |text: &str| text.split('\n').map(str::len).collect::<Vec<_>>();
                assert_eq!(lines(&masked), lines(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn shows_everything_else() {
        let text = "remote:\n  type: s3 # ä\n  credentials: { access_key: \"${A}\", secret_key: ${B} }\n  bucket: b\n";
        assert_eq!(mask(text), text);
        let text = "credentials:\n  password: \"${PW}\"\nendpoint: https://host/a@b\n";
        assert_eq!(mask(text).replace("******", "host/a"), text);
    }
}
