//! What is on disk, compared with what would be generated.

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use super::{FileKind, FileSet, OutputError, marker, read};

/// One file on disk against its rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// What it is.
    pub kind: FileKind,
    /// Where it is, relative to the project.
    pub path: Utf8PathBuf,
    /// How the two differ.
    pub state: State,
}

/// How a file on disk differs from its rendered text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not at all; other line endings do not count.
    Same,
    /// It is not there; the text is the diff from nothing.
    Missing(String),
    /// It is an older or edited version of ours; the text is the diff.
    Changed(String),
    /// Somebody else's file.
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

/// Compares every file of `files` with what is in `project`.
///
/// # Errors
/// [`OutputError::Io`] if a file is there and cannot be read.
pub fn compare(files: &FileSet, project: &Utf8Path) -> Result<Vec<Comparison>, OutputError> {
    let compare = |file: &super::RenderedFile| {
        let state = match read(&project.join(&file.path))? {
            None => State::Missing(diff(&file.path, "", &file.text)),
            Some(bytes) => {
                // git may check out with CR LF.
                let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
                if text == file.text {
                    State::Same
                } else if marker::is_ours(file.kind, &bytes) {
                    State::Changed(diff(&file.path, &text, &file.text))
                } else {
                    State::NotOurs
                }
            }
        };
        Ok(Comparison { kind: file.kind, path: file.path.clone(), state })
    };
    files.iter().map(compare).collect()
}

fn diff(path: &Utf8Path, old: &str, new: &str) -> String {
    let (old_name, new_name) = (format!("{path} (on disk)"), format!("{path} (generated)"));
    TextDiff::from_lines(old, new).unified_diff().header(&old_name, &new_name).to_string()
}
