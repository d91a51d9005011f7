//! Random texts, for the filter of texts of tools and servers and for escaping.

use std::io::Write as _;

/// Numbers that look random (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    /// Random numbers for a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number from 0 to `end`, without `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits") % end
    }

    /// One of the texts.
    pub(crate) fn of<T: AsRef<str>>(&mut self, all: &[T]) -> String {
        all[self.below(all.len())].as_ref().to_owned()
    }

    /// A text with such parts, and with `secret` in some of its spellings.
    pub(crate) fn text(&mut self, secret: &str) -> String {
        let mut text = String::new();
        for _ in 0..self.below(12) {
            text.push_str(&self.of(&PARTS));
            if self.below(6) == 0 {
                let json = serde_json::Value::from(secret).to_string();
                text.push_str(&self.of(&[secret.to_owned(), format!("{secret:?}"), json]));
            }
        }
        text
    }
}

/// Parts of texts that have a meaning for the filter, JSON, CMake, a terminal or the runner of a CI.
const PARTS: [&str; 48] = [
    "\u{1b}[31m",
    "\r",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{7f}",
    "\u{9b}",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "::error::",
    "##[group]",
    "##vso[x]",
    "Authorization: ",
    "authorization",
    "\": \"",
    "password=",
    "AccountKey=",
    "SharedAccessSignature=",
    "sig=",
    "Bearer ",
    "Basic ",
    "https://",
    "@",
    "A=\"b\" ",
    "-u X ",
    "(\"A\", \"b\"), ",
    "***",
    "\\u{1b}",
    "\\",
    "\"",
    "'",
    ";",
    "[",
    "]]",
    "$",
    "${X}",
    "@X@",
    "#",
    "é",
    "𝄞",
    " ",
    "a",
    "Z9",
    "/",
    "%41",
    "=",
];
/// Secrets with all kinds of special characters.
pub(crate) const SECRETS: [&str; 8] = [
    "hunter2!",
    "p\"w: 100%@/é\\'&end",
    "AKIA+x/y==",
    "a b c d e f",
    "\\u{1b}[",
    "key;with;parts=12345678",
    "::error::",
    "𝄞𝄞𝄞𝄞𝄞𝄞",
];

/// The number of random cases: `TOOLCHAINKIT_TEST_CASES`, or `usual`.
pub(crate) fn cases(usual: usize) -> usize {
    std::env::var("TOOLCHAINKIT_TEST_CASES").map_or(usual, |text| text.parse().expect("a number"))
}

/// The seed: `TOOLCHAINKIT_TEST_SEED`, or another one for each run. It is printed.
pub(crate) fn seed() -> u64 {
    let now = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time");
        now.as_secs() ^ u64::from(now.subsec_nanos()) << 32
    };
    let seed = std::env::var("TOOLCHAINKIT_TEST_SEED")
        .map_or_else(|_| now(), |text| text.parse().expect("a number"));
    let _ = writeln!(std::io::stderr(), "TOOLCHAINKIT_TEST_SEED={seed}");
    seed
}
