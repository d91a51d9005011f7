//! Reads the file. No other code of this stage does I/O.

use camino::Utf8Path;

use super::SourceFile;
use crate::diagnostics::{Code, Diagnostic};

impl SourceFile {
    /// Reads `path`.
    ///
    /// # Errors
    /// If it cannot be read (`unreadable-config`) or is not UTF-8 (`config-not-utf8`).
    #[expect(clippy::result_large_err, reason = "called once in a run")]
    pub fn read(path: &Utf8Path) -> Result<Self, Diagnostic> {
        let bytes = fs_err::read(path).map_err(|error| unreadable(&error))?;
        let text = String::from_utf8(bytes).map_err(|error| not_utf8(path, &error.utf8_error()))?;
        Ok(Self::new(path.as_str(), text))
    }
}

fn unreadable(error: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Code::UnreadableConfig, error.to_string()).with_help(
        "run `toolchainkit init` to write a configuration, or name another file with `--config PATH`",
    )
}

fn not_utf8(path: &Utf8Path, error: &std::str::Utf8Error) -> Diagnostic {
    let message = format!("{path} is not UTF-8: byte {} is not part of a character", error.valid_up_to());
    Diagnostic::error(Code::ConfigNotUtf8, message).with_help("save the file as UTF-8")
}
