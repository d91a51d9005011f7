//! All code that depends on the operating system: processes, connections, inheritance, ownership and the state of files.
//!
//! The modules `unix` and `windows` have the same functions and types. No other module of the launcher contains code for one
//! system only, except its tests.

#[cfg(any(windows, test))]
mod command_line;
#[cfg(unix)]
mod unix;
#[cfg(not(target_os = "linux"))]
mod unwatched;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use self::unix as system;
#[cfg(windows)]
use self::windows as system;

use std::ffi::{OsStr, OsString};
use std::process::Command;

pub use self::system::{
    Child, Connection, DISCARD, Descriptor, FileState, HAS_PLACEHOLDERS, IGNORES_CASE, Inbox, LIST_SEPARATOR,
    Listener, NEEDS_PORT, Output, RENAMES_FOLDERS_IN_USE, StartLock, Wait, Waitable, Watch, WatchedFolder,
    adopt_orphans, appending, apply_umask, become_daemon, can_write, command_in_background,
    command_of_daemon, compilers_of_session, create_folder, create_private_file, descendants, disk_usage,
    end_with_parent, exit_descriptor, exit_like, folded_name, folded_path, folder_of, has_argument,
    has_crashed, has_ended, is_executable, is_private_folder, is_run_folder, is_too_long,
    is_trusted_private_folder, kill, lock_of_supervisor, lock_to_start, make_link, make_private_folder,
    make_writable, memory_file, namespace, new_file, new_program, of_bytes, open_at_once, owner, peer,
    processor, program_at, read_at, reap_orphans, release, replace_by, root_folder, run_unchanged,
    shared_memory_file, start, start_supervisor, status_of_code, stop, table, this_program, user_folders,
    wait_for_any, was_interrupted, write_at,
};

/// The changes of watched folders since the last call.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The folders that contain a change.
    pub folders: Vec<WatchedFolder>,
    /// Files with these names have appeared or disappeared in these folders.
    pub names: Vec<(WatchedFolder, OsString)>,
    /// The folders that are no longer watched.
    pub ended: Vec<WatchedFolder>,
    /// Whether reports were lost. In that case, each folder may have changed.
    pub lost: bool,
}

/// A process. It is identified by its ID and its start time, so that a signal never reaches another process with a reused ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Process {
    /// Its ID.
    pub id: u32,
    /// The ID of its parent.
    pub parent: u32,
    /// The ID of its process group. Windows has none: 0.
    #[serde(skip)]
    pub group: u32,
    /// The ID of its session. Windows has none: 0.
    pub session: u32,
    /// Its start time: in ticks since the boot, or in units of the system.
    pub start: u64,
    /// Whether it is a zombie.
    pub is_over: bool,
    /// The beginning of its name.
    #[serde(skip)]
    name: Name,
}

/// The kernel stores this much of the name of a program.
type Name = [u8; 15];

impl Process {
    /// The first 15 bytes of the name of its program. Empty if the system does not tell it, or it is not UTF-8.
    #[must_use]
    pub fn name(&self) -> &str {
        std::str::from_utf8(&self.name).unwrap_or_default().trim_end_matches('\0')
    }

    #[cfg(test)]
    pub(in crate::launch) fn named(name: &str, id: u32, parent: u32, group: u32) -> Self {
        let name = short_name(name.as_bytes());
        Self { id, parent, group, session: 1, start: u64::from(id) * 10, is_over: false, name }
    }
}

fn short_name(name: &[u8]) -> Name {
    let mut short = Name::default();
    for (to, from) in short.iter_mut().zip(name) {
        *to = *from;
    }
    short
}

/// Identifies the boot and the namespace in which a process ID is valid.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Place {
    boot: String,
    namespace: String,
}

impl Place {
    /// The boot and the namespace of this process.
    #[must_use]
    pub fn current() -> Self {
        Self { boot: system::boot(), namespace: namespace("pid") }
    }
}

/// The reason why waiting has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitOutcome {
    /// The child has ended.
    pub ended: bool,
    /// The connection or the pipe has input, or was closed.
    pub has_input: bool,
}

impl WaitOutcome {
    /// Whether the time has elapsed without input and without the end of the child.
    #[must_use]
    pub fn timed_out(self) -> bool {
        !self.ended && !self.has_input
    }
}

/// Something that [`wait_for_any`] can wait for.
pub trait Source {
    /// Ready when there is input, or the end of the input.
    fn waitable(&self) -> Waitable<'_>;
}

/// A hash of `bytes` in 16 hexadecimal digits (FNV-1a).
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    format!("{:016x}", hash(bytes.iter().copied()))
}

/// The same hash (FNV-1a) as a number.
pub(crate) fn hash(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Whether two variables are the same.
#[must_use]
pub fn is_same_variable(one: &str, other: &str) -> bool {
    if IGNORES_CASE { one.eq_ignore_ascii_case(other) } else { one == other }
}

/// A variable of the environment.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the only code of the launcher that reads the environment")]
pub fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The whole environment.
#[expect(clippy::disallowed_methods, reason = "the only code of the launcher that reads the environment")]
pub fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The whole environment, for a search in texts.
pub fn texts_of_environment() -> impl Iterator<Item = (String, Vec<u8>)> {
    environment().map(|(name, value)| (name.to_string_lossy().into_owned(), value.into_encoded_bytes()))
}

/// A command, to be run as a child or in place of this program.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the purpose of the launcher is to run a program")]
pub fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}
