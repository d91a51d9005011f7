//! Compares the files on disk with the generated ones.

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use super::place::{Place, Present, places};
use super::{FileKind, FileSet, OutputError, leftover};

/// The size from which a diff is not printed. It would take seconds.
const LARGEST_DIFF: usize = 1 << 20;

/// The comparison of a file on disk with its generated text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The kind of file.
    pub kind: FileKind,
    /// The path, relative to the project.
    pub path: Utf8PathBuf,
    /// The difference.
    pub state: State,
}

/// The difference between a file on disk and its generated text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No difference; line endings are ignored.
    Same,
    /// The file does not exist; the text is the diff against an empty file.
    Missing(String),
    /// The file is an older or edited version of a generated file; the text is the diff.
    Changed(String),
    /// toolchainkit did not write the file.
    NotOurs,
}

impl State {
    /// The unified diff, if there is one.
    #[must_use]
    pub fn diff(&self) -> Option<&str> {
        match self {
            Self::Missing(diff) | Self::Changed(diff) => Some(diff),
            Self::Same | Self::NotOurs => None,
        }
    }
}

/// Compares every file of `files` with the file in `project`.
///
/// # Errors
/// [`OutputError::InTheWay`] and [`OutputError::Outside`]; [`OutputError::Io`] if a file exists and cannot be read.
pub fn compare(files: &FileSet, project: &Utf8Path) -> Result<Vec<Comparison>, OutputError> {
    let compare = |Place { file, present, .. }| {
        let state = match present {
            Present::Missing => State::Missing(diff(&file.path, "", &file.text)),
            Present::Same => State::Same,
            Present::Ours(bytes) => {
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                State::Changed(diff(&file.path, &text, &file.text))
            }
            Present::Foreign => State::NotOurs,
        };
        Comparison { kind: file.kind, path: file.path.clone(), state }
    };
    Ok(places(files, project)?.into_iter().map(compare).collect())
}

/// Whether an earlier call of [`write`](super::write) was killed, or is still running. If it was killed, some files may be new
/// and others old.
///
/// # Errors
/// Like [`compare`].
pub fn was_interrupted(files: &FileSet, project: &Utf8Path) -> Result<bool, OutputError> {
    let places = places(files, project)?;
    Ok(places.iter().any(|place| !leftover::find(leftover::folder_of(&place.path)).is_empty()))
}

fn diff(path: &Utf8Path, old: &str, new: &str) -> String {
    let (old_name, new_name) = (format!("{path} (on disk)"), format!("{path} (generated)"));
    if old.len().max(new.len()) > LARGEST_DIFF {
        return format!("--- {old_name}\n+++ {new_name}\nthe files differ, and are too large for a diff\n");
    }
    TextDiff::from_lines(old, new).unified_diff().header(&old_name, &new_name).to_string()
}
