//! Linux, macOS and the BSDs.

mod files;
mod inbox;
mod inheritance;
mod listing;
mod ownership;
mod starting;
mod table;
mod waiting;
#[cfg(target_os = "linux")]
mod watch;

#[cfg(not(target_os = "linux"))]
pub use super::unwatched::{Watch, WatchedFolder};
#[cfg(target_os = "linux")]
pub use watch::{Watch, WatchedFolder};

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{self, PipeReader, Read};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

pub use files::{
    appending, can_write, create_folder, create_private_file, disk_usage, folded_name, folded_path,
    free_space, is_executable, is_for_group, make_executable, make_link, make_writable, memory_file,
    new_file, new_program, open_at_once, program_at, read_at, read_part_at, release, write_at,
};
pub(super) use files::{named_file, shared_memory_file};
pub use inbox::Inbox;
pub use inheritance::{become_daemon, end_with_parent};
pub(super) use ownership::boot;
pub use ownership::{
    LONGEST_RUN_FOLDER, is_private_folder, is_run_folder, is_trusted_private_folder, make_private_folder,
    namespace, owner, peer, user_folders,
};
pub use starting::{Child, start};
pub(super) use table::Listing;
pub use table::{
    compilers_of_session, environment_of, folder_of, has_argument, kill, left_by_tool, parent_id,
    reap_orphans, started, stop, table,
};
pub use waiting::{
    Wait, adopt_orphans, apply_umask, exit_descriptor, exit_like, has_crashed, has_ended, status_of_code,
    wait_for_any, was_interrupted,
};

use super::Source;
use super::lock::{Lock, try_lock};

/// A connection between client and supervisor.
pub type Connection = std::os::unix::net::UnixStream;

/// The socket of the supervisor.
pub type Listener = std::os::unix::net::UnixListener;

/// An open file, pipe or process.
pub type Descriptor = OwnedFd;

/// Something to wait for.
pub type Waitable<'a> = BorrowedFd<'a>;

impl<T: AsFd> Source for T {
    fn waitable(&self) -> Waitable<'_> {
        self.as_fd()
    }
}

/// The file that is always empty, and discards what is written to it.
pub const DISCARD: &str = "/dev/null";

/// Separates the folders of a list in an environment variable.
pub const LIST_SEPARATOR: &str = ":";

/// Whether sccache supports no sockets on this system, so that its daemon always needs a port.
pub const NEEDS_PORT: bool = false;

/// Whether the names of files have no case.
pub const IGNORES_CASE: bool = false;

/// Whether a folder can be renamed while a file in it is open.
pub const RENAMES_FOLDERS_IN_USE: bool = true;

/// Whether parallel appends to a file do not mix, each of which is one call of the system. A network file system does not ensure it.
pub const APPENDS_AT_ONCE: bool = true;

/// Whether the launcher replaces placeholders in objects. It does so where a debugger was seen to find the sources then.
pub const HAS_PLACEHOLDERS: bool = true;

/// A text of the system with these bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

/// Identifies the processor model. `None`: the system has files and programs for that.
#[must_use]
pub const fn processor() -> Option<String> {
    None
}

/// The folder for programs that need none.
#[must_use]
pub fn root_folder() -> PathBuf {
    "/".into()
}

/// A path of this program. It works even after the file was removed.
#[must_use]
pub fn this_program() -> OsString {
    if cfg!(target_os = "linux") {
        return "/proc/self/exe".into();
    }
    std::env::current_exe().map_or_else(|_| OsString::new(), OsString::from)
}

/// The reading end of a pipe. A read does not wait.
#[derive(Debug)]
pub struct Output<T = PipeReader>(T);

impl<T: AsFd> Output<T> {
    /// Makes reads from `pipe` non-blocking.
    pub fn new(pipe: T) -> Self {
        let _ = rustix::io::ioctl_fionbio(&pipe, true);
        Self(pipe)
    }
}

impl<T: AsFd> AsFd for Output<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl<T: Read> Read for Output<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

/// Replaces this process by a program. Returns only if that fails.
///
/// # Errors
///
/// The reason.
pub fn replace_by(command: &mut Command) -> io::Result<ExitCode> {
    Err(command.exec())
}

/// Replaces this process by the program whose command line is that of this process without its first word. Returns only if that
/// fails.
///
/// # Errors
///
/// The reason.
pub fn run_unchanged(command: &mut Command) -> io::Result<ExitCode> {
    replace_by(command)
}

/// The command of the daemon: this process becomes `program`, and the kernel kills it together with its supervisor.
#[must_use]
pub fn command_of_daemon(stage: &str, program: &Path) -> Command {
    let mut command = super::command(this_program());
    command.args([stage, &std::process::id().to_string()]).arg(program);
    command
}

/// The right to start the supervisor of a run folder.
#[derive(Debug)]
pub struct StartLock(File);

/// Locks a run folder. The file at `lock` is locked while its supervisor starts or runs.
///
/// # Errors
///
/// [`TryLockError::WouldBlock`] if it is locked.
pub fn lock_to_start(lock: &Path) -> Result<StartLock, TryLockError> {
    Ok(StartLock(Lock::take(lock)?.into_file()))
}

/// Starts the supervisor. It inherits the lock, so that the folder is always locked.
///
/// # Errors
///
/// If it cannot be started.
pub fn start_supervisor(
    command: &mut Command,
    lock: StartLock,
) -> io::Result<(std::process::Child, Option<StartLock>)> {
    let child = command.stdin(Stdio::from(lock.0)).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    // Only the supervisor has the lock now.
    command.stdin(Stdio::null());
    Ok((child?, None))
}

/// The lock of this supervisor: its standard input.
///
/// # Errors
///
/// If another process holds it: there is another supervisor.
pub fn lock_of_supervisor(_lock: &Path) -> io::Result<File> {
    let file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    try_lock(&file)?;
    Ok(file)
}

/// Whether the system refuses such a long command line. The launcher was started with about the same one.
#[must_use]
pub const fn is_too_long(_command: &Command) -> bool {
    false
}

/// Lets other processes run before this thread. On other systems than Linux, this would concern the whole process.
pub fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        const NICE: i32 = 10;
        let _ = rustix::process::setpriority_process(None, NICE);
    }
}

/// The command of a program of the supervisor.
#[must_use]
pub fn command_in_background(program: &Path) -> Command {
    super::command(program)
}
