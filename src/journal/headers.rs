//! The dictionary of headers.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// Identifies a header by its path and its content: the first 64 bits of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HeaderId(pub u64);

impl HeaderId {
    /// The ID of the header at `path` with this digest.
    #[must_use]
    pub fn of(path: &str, digest: &str) -> Self {
        let hash = Sha256::new().chain_update(path).chain_update([0]).chain_update(digest).finalize();
        Self(hash[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }
}

impl fmt::Display for HeaderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl serde::Serialize for HeaderId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for HeaderId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for HeaderId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// The digest of a header that has disappeared or changed before its content was read.
pub const UNKNOWN_CONTENT: &str = "00000000000000000000000000000000";

/// A header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its path, in the form of [`super::Entry::source`].
    pub path: String,
    /// [`super::content_digest`] of its content, or [`UNKNOWN_CONTENT`].
    pub digest: String,
}

impl Header {
    /// Its ID.
    #[must_use]
    pub fn id(&self) -> HeaderId {
        HeaderId::of(&self.path, &self.digest)
    }

    /// Its line in the dictionary, with the line feed at the end.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {} {}\n", self.id(), self.digest, self.path)
    }
}

/// The headers that the records name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    all: HashMap<HeaderId, Header>,
}

impl Headers {
    /// The dictionary with the lines of `text`. Damaged lines are skipped.
    #[must_use]
    pub fn from_lines(text: &str) -> Self {
        let mut headers = Self::default();
        headers.add(text);
        headers
    }

    /// The dictionary of these headers.
    pub(super) fn of(headers: impl IntoIterator<Item = Header>) -> Self {
        Self { all: headers.into_iter().map(|header| (header.id(), header)).collect() }
    }

    pub(super) fn add(&mut self, text: &str) {
        self.all.extend(text.lines().filter_map(|line| {
            let (id, rest) = line.split_once(' ')?;
            let (digest, path) = rest.split_once(' ')?;
            let is_digest = digest.len() == 32 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            let header = Header { path: path.to_owned(), digest: digest.to_owned() };
            // The ID also shows whether the line is complete.
            (is_digest && id.parse() == Ok(header.id())).then(|| (header.id(), header))
        }));
    }

    /// A header; `None` if the dictionary does not contain it any more.
    #[must_use]
    pub fn get(&self, id: HeaderId) -> Option<&Header> {
        self.all.get(&id)
    }

    /// The IDs of all headers.
    pub fn ids(&self) -> impl Iterator<Item = HeaderId> {
        self.all.keys().copied()
    }

    /// The number of headers.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::content_digest;

    #[test]
    fn a_damaged_line_is_no_header() {
        let header = Header { path: "/usr/include/a b.h".to_owned(), digest: content_digest(b"x") };
        let line = header.line();
        let headers = Headers::from_lines(&line);
        assert_eq!(headers.get(header.id()), Some(&header));
        for length in 0..line.len() - 1 {
            assert!(Headers::from_lines(&line[..length]).is_empty(), "{length}");
        }
        // Two lines that were written over each other.
        assert!(Headers::from_lines(&format!("{}{line}", &line[..20])).is_empty());
    }
}
