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
pub(super) use self::names::Folders;
pub(super) use self::note::{Ending, Note, now};
pub(super) use self::recorder::{Recorder, start};

/// If this variable is 1, the compilation is a trial of `doctor`, and has no entry.
pub const TRIAL: &str = "TOOLCHAINKIT_TRIAL";

/// The runs of `toolchainkit run` that a compilation belongs to; see [`crate::journal::Entry::run`].
pub const RUN: &str = "TOOLCHAINKIT_RUN";
