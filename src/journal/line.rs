//! A line of the log.

use serde::{Deserialize, Serialize};

use super::entry::{Outcome, Placed, Tier};
use super::log::MarkKind;

/// The longest text of a member. A path that is longer is cut, so that a line has a few kilobytes at most.
const LONGEST_TEXT: usize = 1024;

/// Identifies a compilation: the launcher's process ID, and the time of its beginning in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct LineId(pub u32, pub u64);

/// A line: the beginning of a compilation, its end, both, or a mark. The names of the members are short, because there are up
/// to 50,000 lines.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Line {
    /// The compilation; not in a mark.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<LineId>,
    /// [`super::Entry::at`]
    #[serde(rename = "t")]
    pub at: u64,
    /// The kind of a mark.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<MarkKind>,
    /// [`super::Entry::build`], in the first line of a compilation.
    #[serde(rename = "b", default, skip_serializing_if = "String::is_empty")]
    pub build: String,
    /// [`super::Entry::run`], in the first line of a compilation.
    #[serde(rename = "p", default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// [`super::Entry::source`]
    #[serde(rename = "s", default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// [`super::Entry::object`]
    #[serde(rename = "o", default, skip_serializing_if = "String::is_empty")]
    pub object: String,
    /// [`super::Entry::language`]
    #[serde(rename = "l", default, skip_serializing_if = "String::is_empty")]
    pub language: String,
    /// [`super::Entry::outcome`], in the last line of a compilation.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether [`super::Entry::is_certain`] is false.
    #[serde(rename = "d", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_doubtful: bool,
    /// [`super::Entry::micros`]
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub micros: Option<u64>,
    /// [`super::Entry::rule`]
    #[serde(rename = "y", default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// [`super::Entry::reason`]
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// [`super::Entry::tier`]
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// [`super::Entry::inputs`]
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
    /// [`super::Entry::placed`]
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub placed: Option<Placed>,
}

impl Line {
    /// The text of the line, with the line feed at its end. Long texts are cut.
    #[must_use]
    pub fn text(&self) -> String {
        let mut line = self.clone();
        for text in [&mut line.build, &mut line.run, &mut line.source, &mut line.object, &mut line.language] {
            cut(text);
        }
        for text in [&mut line.rule, &mut line.reason, &mut line.inputs].into_iter().flatten() {
            cut(text);
        }
        // Nothing of this type can fail to be written as JSON.
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a line; `None` if it is damaged.
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Self>(text).ok().filter(|line| line.id.is_some() || line.mark.is_some())
    }
}

fn cut(text: &mut String) {
    if text.len() > LONGEST_TEXT {
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    }
}
