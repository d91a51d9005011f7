//! The guard of the tools' direct mode.
//!
//! In direct mode, a tool takes an object from the cache if the headers that were once included are unchanged. It does not
//! notice a new header that comes earlier in the search path, nor the answer of `__has_include`. The guard makes exactly this a
//! part of the key of the direct mode: a fingerprint of all names in the directives of the source and of its headers, and of
//! the files with these names in the folders that the command searches. If a file appears or disappears that an include could
//! reach, the fingerprint is another one, the direct mode misses, and the tool compares the output of the preprocessor.
//!
//! ```text
//! question    what a command searches, from its arguments; which commands have no direct mode
//! scan        the names in the directives of a file
//! tree        which files exist, and what they name; remembered with stamps
//! folders     the folders that a compiler always searches
//! closure     all files that a command can read, and the fingerprint
//! depfile     the headers that the compiler or the tool reports
//! server      the thread in the supervisor that answers the clients
//! ```
//!
//! The superset of all directives is followed, without regard to conditions. So the fingerprint depends on more than the
//! compiler reads, but on nothing that no directive names: object files, editors' swap files and new sources do not matter.

mod closure;
mod depfile;
mod folders;
mod question;
mod scan;
mod server;
mod tree;

#[cfg(all(test, unix))]
mod tests;

pub use self::closure::{Answer, Guard, Permission, Reason, Verdict};
pub use self::question::{Command, Question};
pub(super) use self::server::{Ask, ENDPOINT, Told, serve};
