//! Whether a file may be believed: executed, read to decide what is executed, connected to, or written through.
//!
//! The rule is in ARCHITECTURE.md. On Unix, [`judge`] applies it to the metadata of a path, without I/O, and [`check`] reads the
//! metadata. `_toolchainkit_is_trusted` in the CMake module is the same rule. On Windows, the rule is about access lists.

#[cfg(any(windows, test))]
mod access_list;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

use std::fmt;
use std::io;
use std::path::PathBuf;

#[cfg(unix)]
pub use self::unix::{
    Part, People, check, check_open, check_program, judge, open_folder, open_itself, owner, user,
};
#[cfg(unix)]
pub(crate) use self::unix::{is_of_other_user, is_usual};
#[cfg(windows)]
pub use self::windows::{check, check_open, check_program, open_folder, open_itself, owner, user};
#[cfg(windows)]
pub(crate) use self::windows::{
    checked, copied, create_private_folder, is_of_other_user, is_private, is_usual, wide, with_descriptor,
};

/// The owner of a file: a number, and on Windows a SID.
#[cfg(unix)]
pub type Owner = u32;
/// The owner of a file: a number, and on Windows a SID.
#[cfg(windows)]
pub type Owner = String;

/// The use of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// State of this user, such as a run folder.
    State,
    /// A program that the user has selected, for example with PATH. The prefix of an administrator is accepted, too.
    Program,
}

/// The reason why a file is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It belongs to another user.
    Owner {
        /// The part of the path.
        path: PathBuf,
        /// Its owner.
        owner: Owner,
    },
    /// Other users can write to it.
    Writable {
        /// The part of the path.
        path: PathBuf,
        /// The group that can write to it; `None` if all users can.
        group: Option<u32>,
    },
    /// Its metadata cannot be read.
    Unknown {
        /// The path.
        path: PathBuf,
        /// The error.
        reason: String,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Owner { path, owner } => write!(f, "{} belongs to user {owner}", path.display()),
            Self::Writable { path, group: Some(group) } => {
                write!(f, "group {group} can write to {0} (chmod g-w {0})", path.display())
            }
            Self::Writable { path, group: None } => {
                write!(f, "every user can write to {0} (chmod o-w {0})", path.display())
            }
            Self::Unknown { path, reason } => write!(f, "{} cannot be checked ({reason})", path.display()),
        }
    }
}

impl std::error::Error for Doubt {}

impl From<Doubt> for io::Error {
    fn from(doubt: Doubt) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, doubt)
    }
}
