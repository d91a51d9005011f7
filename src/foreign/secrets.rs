//! The variables that hold credentials, and the ways in which a text may contain their values.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A shorter value is not searched for, because it is a part of too many other texts. The module `shapes` hides it in the usual
/// places.
pub const SHORTEST: usize = 6;

/// Parts of the names of variables that hold credentials. A test checks that they match the variables of all backends.
const PARTS: [&str; 9] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "CONNECTION_STRING",
    "APIKEY",
    "ACCESS_KEY",
];
/// The last words of such names.
const LAST: [&str; 6] = ["KEY", "AUTH", "PASS", "PAT", "PW", "SAS"];
/// Words that may follow them.
const FORMATS: [&str; 5] = ["ID", "BASE64", "B64", "PEM", "JSON"];
/// The last words of the names of other settings.
const OTHER: [&str; 10] = ["FILE", "PATH", "DIR", "PREFIX", "TYPE", "SOCK", "NAME", "URL", "URI", "ENDPOINT"];

/// Extended regular expressions for names in capital letters: those of credentials, and those that are none although they match
/// the first one. They have the meaning of [`is_credential`].
#[must_use]
pub fn name_patterns() -> [String; 2] {
    [
        format!("{}|(^|_)({})(_({}))*$", PARTS.join("|"), LAST.join("|"), FORMATS.join("|")),
        format!("(^|_)({})$", OTHER.join("|")),
    ]
}

/// Whether a variable of this name usually holds a credential.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let mut words = name.rsplit('_').peekable();
    if words.peek().is_some_and(|last| OTHER.contains(last)) {
        return false;
    }
    PARTS.iter().any(|part| name.contains(part))
        || words.find(|word| !FORMATS.contains(word)).is_some_and(|word| LAST.contains(&word))
}

/// All texts that stand for these values, the longest first.
pub(super) fn spellings<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Vec<String> {
    let mut found = BTreeSet::new();
    for value in values {
        for part in parts(&String::from_utf8_lossy(value.as_ref())) {
            add_spellings(&part, &mut found);
        }
    }
    let mut found: Vec<String> = found
        .into_iter()
        .filter(|text| text.chars().count() >= SHORTEST && text.chars().any(|letter| letter != '*'))
        .collect();
    found.sort_by_key(|text| std::cmp::Reverse(text.len()));
    found
}

/// The value, its lines, and the keys in a connection string. A message may contain only one of them.
fn parts(value: &str) -> Vec<String> {
    let trimmed = value.trim();
    let mut parts = vec![value.to_owned(), trimmed.to_owned()];
    if trimmed.contains('\n') {
        parts.extend(
            trimmed.lines().map(|line| line.trim().to_owned()).filter(|line| line.len() >= 2 * SHORTEST),
        );
    }
    if trimmed.contains(';') {
        for entry in trimmed.split(';') {
            let (name, text) = entry.split_once('=').unwrap_or(("", entry));
            let name = name.to_ascii_lowercase();
            if !["endpoint", "endpointsuffix", "endpointsprotocol", "accountname"]
                .iter()
                .any(|end| name.ends_with(end))
            {
                parts.push(text.to_owned());
                // What follows a wrong separator.
                parts.extend(entry.split_once(':').map(|(_, text)| text.trim().to_owned()));
            }
        }
    }
    parts.retain(|part| part.chars().count() >= SHORTEST);
    parts.dedup();
    parts
}

fn add_spellings(text: &str, found: &mut BTreeSet<String>) {
    let quoted = debug(text);
    let json = serde_json::Value::from(text).to_string();
    let json = json[1..json.len() - 1].to_owned();
    found.extend([debug(&quoted), quoted, json.replace('\\', "\\\\").replace('"', "\\\""), json]);
    found.insert(text.replace('\'', "'\\''"));
    found.insert(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"));
    for kept in [&b"-._~"[..], b"-._~!$&'()*+,;=:@/", b"-._*", b"/-._~", b"-_.!~*'()", b""] {
        let encoded = percent_encode(text, kept);
        found.insert(lower_case_escapes(&encoded));
        found.insert(encoded.replace("%20", "+"));
        found.insert(encoded);
    }
    let everything: String = text.bytes().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "%{byte:02x}");
        all
    });
    found.insert(everything.to_ascii_uppercase());
    found.insert(everything);
    for before in 0..3 {
        let encoded = base64(text.as_bytes(), before);
        if encoded.len() >= SHORTEST {
            found.insert(encoded.replace('+', "-").replace('/', "_"));
            found.insert(encoded);
        }
    }
    found.insert(text.to_owned());
}

/// The text within quotes, as programs in Rust print it.
fn debug(text: &str) -> String {
    let quoted = format!("{text:?}");
    quoted[1..quoted.len() - 1].to_owned()
}

fn percent_encode(text: &str, kept: &[u8]) -> String {
    text.bytes().fold(String::new(), |mut all, byte| {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            all.push(char::from(byte));
        } else {
            let _ = write!(all, "%{byte:02X}");
        }
        all
    })
}

fn lower_case_escapes(encoded: &str) -> String {
    let mut after = usize::MAX;
    let lower = |letter: char| {
        after = if letter == '%' { 0 } else { after.saturating_add(1) };
        if after <= 2 { letter.to_ascii_lowercase() } else { letter }
    };
    encoded.chars().map(lower).collect()
}

/// The characters that Base64 has for `bytes` after a multiple of three and `before` other bytes, whatever is around them.
fn base64(bytes: &[u8], before: usize) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let all: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let bit = |at: usize| usize::from(all[at / 8] >> (7 - at % 8) & 1);
    let digit = |index: usize| (0..6).fold(0, |number, place| number << 1 | bit(index * 6 + place));
    let first = (before * 8).div_ceil(6);
    (first..all.len() * 8 / 6).map(|index| char::from(DIGITS[digit(index)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_found_at_every_offset() {
        assert_eq!(base64(b"hunter2!", 0), "aHVudGVyMi");
        // `printf a:hunter2!bc | base64` and `printf x:hunter2!bc | base64`
        assert!("YTpodW50ZXIyIWJj".contains(&base64(b"hunter2!", 2)));
        assert!("eGh1bnRlcjIhYmM=".contains(&base64(b"hunter2!", 1)));
    }

    #[test]
    fn usual_names_of_credentials_are_known() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "GITHUB_TOKEN",
            "ACTIONS_RUNTIME_TOKEN",
            "NPM_AUTH",
            "DB_PASSWORD",
            "deploy_key",
            "GOOGLE_APPLICATION_CREDENTIALS_JSON",
            "SSH_PRIVATE_KEY",
            "AZURE_STORAGE_SAS",
        ] {
            assert!(is_credential(name), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "PWD",
            "SSH_AUTH_SOCK",
            "SCCACHE_S3_KEY_PREFIX",
            "GIT_CONFIG_KEY_0",
            "XDG_RUNTIME_DIR",
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "SCCACHE_GCS_CREDENTIALS_URL",
            "KEYBOARD",
            "XAUTHORITY",
        ] {
            assert!(!is_credential(name), "{name}");
        }
    }
}
