//! Reads the presets of a project. No other code of this module does I/O.

use camino::Utf8Path;

use super::{Presets, Surroundings, Text};
use crate::probe::environment;
use crate::probe::file::{self, ReadError};
use crate::probe::path::shown;

/// The largest file that is read. Usual ones have less than 100 KiB.
const LARGEST: u64 = 1 << 20;

impl Surroundings<'static> {
    /// Those of this process, for the project in `folder`, which is empty for the current folder.
    #[must_use]
    pub fn of_process(folder: &Utf8Path) -> Self {
        let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
        Self {
            // The path of a folder above the project need not be UTF-8.
            source_dir: shown(&folder.canonicalize_utf8().unwrap_or_else(|_| folder.to_owned())),
            host_system_name: match std::env::consts::OS {
                "linux" => "Linux",
                "macos" => "Darwin",
                "windows" => "Windows",
                "freebsd" => "FreeBSD",
                "netbsd" => "NetBSD",
                "openbsd" => "OpenBSD",
                other => other,
            },
            environment: &environment::variable,
        }
    }
}

/// Reads all presets of the project.
#[must_use]
pub fn read(surroundings: &Surroundings<'_>) -> Presets {
    Presets::load(surroundings, text)
}

/// Reads a presets file, or another text of a project.
#[must_use]
pub fn text(path: &Utf8Path) -> Text {
    match file::read(path, LARGEST) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Text::Present(text),
            Err(_) => Text::Unreadable("it is not UTF-8 text".to_owned()),
        },
        Err(ReadError::Io(error))
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Text::Missing
        }
        Err(error) => Text::Unreadable(error.to_string()),
    }
}
