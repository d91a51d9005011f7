//! What went into the key of a compilation.

use serde::{Deserialize, Serialize};

use super::entry::Outcome;
use super::headers::HeaderId;

/// The largest number of records of one object.
pub const MOST_RECORDS: usize = 3;
/// The largest number of headers of one record.
pub const MOST_HEADERS: usize = 20_000;

/// The inputs of a compilation that ran the compiler. There is no secret in them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The end of the compilation, in milliseconds since 1970.
    pub at: u64,
    /// [`super::Entry::build`]
    pub build: String,
    /// [`super::Entry::outcome`]
    pub outcome: Outcome,
    /// [`super::Entry::object`]
    pub object: String,
    /// The tool and its version, such as `ccache 4.14.2`.
    pub tool: String,
    /// The compiler.
    pub compiler: CompilerInput,
    /// The source folder, the build folder and the working directory, for a comparison of the paths in other parts.
    pub folders: [String; 3],
    /// The arguments of the compiler in their order, with those that the launcher adds, without the source and the object. The value
    /// of a macro is its digest, as in `-DNAME=#0123456789abcdef`, and a secret is `***`.
    pub options: Vec<String>,
    /// The macros of `-D` and `-U` with the digests of their values, in their order. The value is `-U` for a macro that is
    /// removed.
    pub macros: Vec<(String, String)>,
    /// The source, and the digest of its content. The digest is empty if the source is too large.
    pub source: (String, String),
    /// The variables of the environment that may be a part of the key, sorted by name. The value is the digest of a value that
    /// may be a secret.
    pub environment: Vec<(String, String)>,
    /// The names of the rules of the launcher that were applied.
    pub rules: Vec<String>,
    /// The settings of the tool that count, and what the rules have set. Sorted by name.
    pub settings: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderInputs,
    /// The key in the cache, if the tool tells it.
    pub key: Option<String>,
}

/// The compiler of a compilation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CompilerInput {
    /// Its path.
    pub path: String,
    /// The SHA-256 of its content; for a script, a digest of its content. What the script runs is among the settings.
    pub identity: String,
    /// The first line of its output for `--version`, if it is known.
    pub version: Option<String>,
}

/// The headers of a compilation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderInputs {
    /// The headers, in the order of the list of the compiler, each once.
    Known(Vec<HeaderId>),
    /// The reason why they are not known.
    Unknown(String),
}

impl Inputs {
    /// The digest of all parts that do not depend on the folders, except for the headers, the key, the time, and the version of the
    /// compiler, which its identity implies. Equal digests mean equal parts.
    #[must_use]
    pub fn digest(&self) -> String {
        let parts = (
            (&self.tool, &self.compiler.path, &self.compiler.identity, &self.options, &self.macros),
            (&self.source, &self.environment, &self.rules, &self.settings),
        );
        // Nothing of this type can fail to be written as JSON.
        super::short_digest(&serde_json::to_vec(&parts).unwrap_or_default())
    }

    /// The records of an object, from the text of its file: the newest first. Empty if the text is damaged.
    #[must_use]
    pub fn from_text(text: &str) -> Vec<Self> {
        let Ok(stored) = serde_json::from_str::<Vec<Stored>>(text) else { return Vec::new() };
        let mut records: Vec<Self> = Vec::with_capacity(stored.len());
        for Stored { mut inputs, headers } in stored.into_iter().take(MOST_RECORDS) {
            let newer = records.last().map(|newer| &newer.headers);
            let Some(headers) = headers.restore(newer) else { break };
            inputs.headers = headers;
            records.push(inputs);
        }
        records
    }

    /// The text of a file with these records, the newest first.
    #[must_use]
    pub fn to_text(records: &[Self]) -> String {
        let records = &records[..records.len().min(MOST_RECORDS)];
        let stored: Vec<_> = records
            .iter()
            .enumerate()
            .map(|(index, inputs)| {
                let newer = index.checked_sub(1).and_then(|index| records.get(index));
                let headers = StoredHeaders::of(&inputs.headers, newer.map(|newer| &newer.headers));
                let inputs = Self { headers: HeaderInputs::Known(Vec::new()), ..inputs.clone() };
                Stored { inputs, headers }
            })
            .collect();
        serde_json::to_string(&stored).unwrap_or_default()
    }
}

#[cfg(test)]
impl Inputs {
    /// A record of a miss without options and headers.
    pub(crate) fn of_test(at: u64, object: &str, source: &str) -> Self {
        Self {
            at,
            build: "1-1".to_owned(),
            outcome: Outcome::Miss,
            object: object.to_owned(),
            tool: "ccache 4.14.2".to_owned(),
            compiler: CompilerInput::default(),
            folders: [const { String::new() }; 3],
            options: Vec::new(),
            macros: Vec::new(),
            source: (source.to_owned(), "0".to_owned()),
            environment: Vec::new(),
            rules: Vec::new(),
            settings: Vec::new(),
            headers: HeaderInputs::Known(Vec::new()),
            key: None,
        }
    }
}

/// A record in a file: the headers are beside the other parts.
#[derive(Serialize, Deserialize)]
struct Stored {
    inputs: Inputs,
    headers: StoredHeaders,
}

/// The headers in a file. Of an older record, only the difference to the newer one is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredHeaders {
    /// All IDs.
    All(String),
    /// The IDs that only the newer record has, and those that only this one has.
    Difference(String, String),
    Unknown(String),
}

impl StoredHeaders {
    fn of(headers: &HeaderInputs, newer: Option<&HeaderInputs>) -> Self {
        match (headers, newer) {
            (HeaderInputs::Unknown(reason), _) => Self::Unknown(reason.clone()),
            (HeaderInputs::Known(these), Some(HeaderInputs::Known(newer))) => {
                let without = |all: &[HeaderId], others: &[HeaderId]| {
                    let others: std::collections::HashSet<_> = others.iter().collect();
                    join(all.iter().filter(|id| !others.contains(id)))
                };
                Self::Difference(without(newer, these), without(these, newer))
            }
            (HeaderInputs::Known(these), _) => Self::All(join(these)),
        }
    }

    /// `None` if it is damaged.
    fn restore(self, newer: Option<&HeaderInputs>) -> Option<HeaderInputs> {
        Some(match (self, newer) {
            (Self::Unknown(reason), _) => HeaderInputs::Unknown(reason),
            (Self::All(ids), _) => HeaderInputs::Known(split(&ids)?),
            (Self::Difference(removed, added), Some(HeaderInputs::Known(newer))) => {
                let removed: std::collections::HashSet<_> = split(&removed)?.into_iter().collect();
                let kept = newer.iter().filter(|id| !removed.contains(id)).copied();
                HeaderInputs::Known(kept.chain(split(&added)?).collect())
            }
            (Self::Difference(..), _) => return None,
        })
    }
}

fn join<'a>(ids: impl IntoIterator<Item = &'a HeaderId>) -> String {
    ids.into_iter().fold(String::new(), |text, id| text + &id.to_string())
}

fn split(ids: &str) -> Option<Vec<HeaderId>> {
    let (ids, rest) = ids.as_bytes().as_chunks::<16>();
    if !rest.is_empty() || ids.len() > MOST_HEADERS {
        return None;
    }
    ids.iter().map(|id| str::from_utf8(id).ok()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn record(at: u64, headers: HeaderInputs) -> Inputs {
        Inputs {
            folders: ["/a", "/a/b", "/a/b"].map(str::to_owned),
            options: vec!["-O2".to_owned()],
            macros: vec![("A".to_owned(), "0123456789abcdef".to_owned())],
            headers,
            ..Inputs::of_test(at, "CMakeFiles/a.dir/a.cpp.o", "a.cpp")
        }
    }

    fn known(ids: &[u64]) -> HeaderInputs {
        HeaderInputs::Known(ids.iter().copied().map(HeaderId).collect())
    }

    #[test]
    fn older_records_are_stored_as_differences() {
        let many: Vec<u64> = (0..1000).collect();
        let records = [
            record(3, known(&[&[7777], &many[1..]].concat())),
            record(2, known(&many)),
            record(1, HeaderInputs::Unknown("no depfile".to_owned())),
        ];
        let text = Inputs::to_text(&records);
        assert!(text.len() < 18_000, "{}", text.len());
        let read = Inputs::from_text(&text);
        let sorted = |headers: &HeaderInputs| match headers {
            HeaderInputs::Known(ids) => {
                let mut ids = ids.clone();
                ids.sort_unstable();
                ids
            }
            HeaderInputs::Unknown(_) => Vec::new(),
        };
        assert_eq!(read[0], records[0]);
        assert_eq!(sorted(&read[1].headers), sorted(&records[1].headers));
        assert_eq!(read[2], records[2]);
        let four: Vec<_> = (0..4).map(|at| record(at, known(&[]))).collect();
        assert_eq!(Inputs::from_text(&Inputs::to_text(&four)).len(), MOST_RECORDS);
    }

    #[test]
    fn a_damaged_file_has_no_records() {
        let text = Inputs::to_text(&[record(1, known(&[1, 2]))]);
        for length in 0..text.len() {
            assert_eq!(Inputs::from_text(&text[..length]), [], "{length}");
        }
        let damaged = text.replace("00000000000000010000000000000002", "0001");
        assert_ne!(damaged, text);
        assert_eq!(Inputs::from_text(&damaged), []);
    }

    #[test]
    fn the_digest_depends_on_the_parts_only() {
        let first = record(1, known(&[1]));
        let later = record(2, HeaderInputs::Unknown(String::new()));
        assert_eq!(first.digest(), later.digest());
        let other = Inputs { options: vec!["-O3".to_owned()], ..first.clone() };
        assert_ne!(first.digest(), other.digest());
    }
}
