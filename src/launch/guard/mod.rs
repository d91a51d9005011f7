//! The guard of the tools' direct mode.
//!
//! In direct mode, a tool takes an object from the cache if the headers that it included are unchanged. The tool does not
//! detect a new header that is earlier in the search path, or another result of `__has_include`. The guard adds a
//! fingerprint to the key of the direct mode. The fingerprint depends on all names in the directives of the source and of
//! its headers, and on the files with these names in the folders that the command searches. If a file appears or
//! disappears that an include could reach, the fingerprint changes, direct mode misses, and the tool compares the output
//! of the preprocessor.
//!
//! ```text
//! question    the search path of a command, from its arguments; the commands that have no direct mode
//! scan        the names in the directives of a file
//! tree        the known folders and files with the names in their directives, stored with stamps
//! folders     the folders that a compiler always searches
//! closure     all files that a command can read, and the fingerprint
//! depfile     the text of the list of headers that the compiler or the tool writes
//! headers     the check of this list
//! server      the thread in the supervisor that answers the clients
//! ```
//!
//! The guard follows all directives, and ignores their conditions. So the fingerprint depends on more files than the compiler
//! reads, but only on files that a directive names. Object files, swap files of editors and new sources have no effect.

mod closure;
mod depfile;
mod folders;
mod headers;
mod question;
mod scan;
mod server;
mod tree;

#[cfg(unix)]
#[cfg(test)]
mod tests;

pub use self::closure::{Answer, Guard, Permission, Reason, Verdict};
pub(super) use self::depfile::prerequisites;
pub use self::question::{Command, Question};
pub(super) use self::server::{ENDPOINT, GuardReply, GuardRequest, serve};
