//! Reads the file. No other code of this stage does I/O.

use camino::Utf8Path;

use super::SourceFile;
use super::parse::MAX_BYTES;
use crate::diagnostics::{Code, Diagnostic};
use crate::probe::file::{self, ReadError};

impl SourceFile {
    /// Reads `path`.
    ///
    /// # Errors
    /// If it cannot be read or is not a regular file (`unreadable-config`), is too large (`config-too-large`), or is not
    /// UTF-8 (`config-not-utf8`).
    #[expect(clippy::result_large_err, reason = "called once in a run")]
    pub fn read(path: &Utf8Path) -> Result<Self, Diagnostic> {
        let bytes = file::read(path, MAX_BYTES as u64).map_err(|error| unreadable(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error.utf8_error()))?;
        Ok(Self::new(path.as_str(), text))
    }
}

fn unreadable(error: &ReadError) -> Diagnostic {
    if let ReadError::TooLarge { .. } = error {
        return too_large(error.to_string());
    }
    Diagnostic::error(Code::UnreadableConfig, error.to_string()).with_help(
        "run `toolchainkit init` to write a configuration, or name another file with `--config PATH`",
    )
}

/// The error for a file that is larger than the limit.
pub(super) fn too_large(message: String) -> Diagnostic {
    let help = "check that the path leads to the configuration and not to another file";
    Diagnostic::error(Code::ConfigTooLarge, message).with_help(help)
}

fn not_utf8(path: &Utf8Path, error: &std::str::Utf8Error) -> Diagnostic {
    let message = format!("{path} is not UTF-8: byte {} is not part of a character", error.valid_up_to());
    Diagnostic::error(Code::ConfigNotUtf8, message).with_help("save the file as UTF-8")
}
