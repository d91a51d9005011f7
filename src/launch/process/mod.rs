//! All code that depends on the operating system: processes, connections, inheritance, ownership and the state of files.
//!
//! The modules `unix` and `windows` have the same functions and types. No other module of the launcher contains code for one
//! system only, except its tests.

#[cfg(any(windows, test))]
mod command_line;
mod lock;
mod shared_file;
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
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

pub use self::system::{
    APPENDS_AT_ONCE, Child, Connection, DISCARD, Descriptor, HAS_PLACEHOLDERS, IGNORES_CASE, Inbox,
    LIST_SEPARATOR, LONGEST_RUN_FOLDER, Listener, NEEDS_PORT, Output, RENAMES_FOLDERS_IN_USE, StartLock,
    Wait, Waitable, Watch, WatchedFolder, adopt_orphans, appending, apply_umask, become_daemon, can_write,
    command_in_background, command_of_daemon, compilers_of_session, create_folder, create_private_file,
    disk_usage, end_with_parent, environment_of, exit_descriptor, exit_like, folded_name, folded_path,
    folder_of, free_space, has_argument, has_crashed, has_ended, is_executable, is_for_group,
    is_private_folder, is_run_folder, is_too_long, is_trusted_private_folder, kill, left_by_tool,
    lock_of_supervisor, lock_to_start, lower_priority, make_executable, make_link, make_private_folder,
    make_writable, memory_file, namespace, new_file, new_program, of_bytes, open_at_once, owner, parent_id,
    peer, processor, program_at, read_at, read_part_at, reap_orphans, release, replace_by, root_folder,
    run_unchanged, start, start_supervisor, started, status_of_code, stop, table, this_program, user_folders,
    wait_for_any, was_interrupted, write_at,
};

pub use self::lock::Lock;
pub use self::shared_file::SharedFile;

/// The state of a file. If that of a path is unchanged, so is the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// The number of its file system or volume.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content was changed, in nanoseconds since 1970.
    pub modified: i128,
    /// When its content, its names, or its permissions or attributes were changed; 0 if the file system does not store this.
    pub changed: i128,
    /// The number of its names.
    pub links: u64,
}

impl FileState {
    /// Whether this is the same file, perhaps with another content.
    #[must_use]
    pub const fn is_same_file(&self, other: &Self) -> bool {
        self.device == other.device && self.inode == other.inode
    }
}

/// The free space of a file system for this user.
#[derive(Debug, Clone, Copy)]
pub struct FreeSpace {
    /// In bytes.
    pub bytes: u64,
    /// The number of further files; `None` if there is no limit.
    pub files: Option<u64>,
}

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

/// The bytes that a process of this user has read so far; `None` if the system does not tell it.
#[must_use]
pub fn bytes_read_by(id: u32) -> Option<u64> {
    let mut text = String::new();
    File::open(format!("/proc/{id}/io")).ok()?.read_to_string(&mut text).ok()?;
    text.lines().find_map(|line| line.strip_prefix("rchar: ")?.parse().ok())
}

/// The running descendants of `ancestor`, parents before their children.
#[must_use]
pub fn descendants(ancestor: u32) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut listing = system::Listing::default();
    let mut next = ancestor;
    let mut index = 0;
    loop {
        let is_new = |process: &Process| {
            process.id != ancestor && !found.iter().any(|known: &Process| known.id == process.id)
        };
        let children: Vec<Process> = listing.children(next).into_iter().filter(is_new).collect();
        found.extend(children);
        let Some(process) = found.get(index) else { break };
        next = process.id;
        index += 1;
    }
    found.retain(|process| !process.is_over);
    found
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

/// A path as CMake writes it. Only on Windows, a backslash separates folders.
#[must_use]
pub fn with_slashes(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
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
