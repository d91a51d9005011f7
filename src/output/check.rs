//! Compares the files on disk with the generated ones.

use camino::{Utf8Path, Utf8PathBuf};
use similar::TextDiff;

use super::{FileKind, FileSet, OutputError, marker, read};

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
/// [`OutputError::Io`] if a file exists and cannot be read.
pub fn compare(files: &FileSet, project: &Utf8Path) -> Result<Vec<Comparison>, OutputError> {
    let compare = |file: &super::RenderedFile| {
        let state = match read(&project.join(&file.path))? {
            None => State::Missing(diff(&file.path, "", &file.text)),
            Some(bytes) => {
                // git may check out files with CR LF.
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
