//! Writes the journal of a build folder, see [`crate::journal`]: a line at the beginning and at the end of each compilation.
//!
//! ```text
//! note        the entry of this compilation
//! log         the file, which all launchers of a build append to
//! names       the names of the files of a compilation, and its language
//! build       the build that a compilation belongs to
//! ```
//!
//! An error of the journal never changes a build, and is not printed. Without the journal, the entry is missing.

mod build;
mod log;
mod names;
mod note;
mod store;

pub(super) use self::names::Folders;
pub(super) use self::note::{Ending, Note};

/// If this variable is 1, the compilation is a trial of `doctor`, and has no entry.
pub const TRIAL: &str = "TOOLCHAINKIT_TRIAL";
