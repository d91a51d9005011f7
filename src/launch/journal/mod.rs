//! Writes the journal of a build folder, see [`crate::journal`]: a line at the beginning and at the end of each compilation.
//!
//! ```text
//! note        the entry of this compilation
//! inputs      what went into its key, if the compiler has run
//! recorder    a thread of the supervisor, which stores the inputs with the digests of the headers
//! log         the file, which all launchers of a build append to
//! names       the names of the files of a compilation, and its language
//! build       the build that a compilation belongs to
//! store       the bound of the size
//! ```
//!
//! An error of the journal never changes a build, and is not printed. Without the journal, the entry is missing.

mod build;
mod inputs;
mod log;
mod names;
mod note;
mod recorder;
mod store;

pub(super) use self::inputs::{Compiled, Recording};
pub use self::log::append_mark;
pub(super) use self::names::Folders;
pub(super) use self::note::{Ending, Note, now};
pub(super) use self::recorder::{Recorder, prepare, start};

use std::io;
use std::path::Path;

use super::process;
use crate::journal::{Journal, LineId};

/// If this variable is 1, the compilation is a trial of `doctor`, and has no entry.
pub const TRIAL: &str = "TOOLCHAINKIT_TRIAL";

/// The runs of `toolchainkit run` that a compilation belongs to; see [`crate::journal::Entry::run`].
pub const RUN: &str = "TOOLCHAINKIT_RUN";

/// Reads the journal of a build folder. A compilation without an end is running if its launcher is.
///
/// # Errors
///
/// [`io::ErrorKind::NotFound`] if there is no journal yet; otherwise the reason why it cannot be read or is not trusted.
pub fn read(build_folder: &Path) -> io::Result<Journal> {
    Journal::read(build_folder, is_running)
}

/// Whether the launcher of a compilation still runs. Another process may have its process ID since it has ended, so the times of
/// both must be near each other. A launcher in another container cannot be seen.
fn is_running(id: LineId) -> bool {
    const TOLERANCE: u64 = 10_000;
    process::started(id.0).is_some_and(|started| started.abs_diff(id.1) < TOLERANCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_process_is_running() {
        let own = std::process::id();
        // Tests of the same process may have run for a minute.
        let started = process::started(own).unwrap();
        assert!(now().abs_diff(started) < 600_000, "{started} is not {}", now());
        assert!(is_running(LineId(own, started)));
        assert!(!is_running(LineId(own, started - 3_600_000)));
        assert!(!is_running(LineId(u32::MAX, started)));
    }
}
