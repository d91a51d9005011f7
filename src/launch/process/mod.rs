//! All code that depends on the operating system: processes, inheritance and ownership.

mod inheritance;
mod ownership;
mod starting;
mod table;
mod waiting;
mod watch;

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

pub use inheritance::{become_daemon, end_with_parent};
pub use ownership::{
    Place, digest, is_private_folder, is_run_folder, is_trusted_private_folder, make_private_folder,
    namespace, owner, peer, user_folders,
};
pub use starting::{Child, start};
pub use table::{Process, descendants, folder_of, has_argument, kill, reap_orphans, stop, table};
pub use waiting::{
    Wait, WaitOutcome, adopt_orphans, apply_umask, exit_descriptor, exit_like, has_ended, wait_for_any,
    was_interrupted,
};

pub use watch::{Changes, Watch, WatchedFolder};

/// A connection between client and supervisor.
pub type Connection = std::os::unix::net::UnixStream;

/// The socket of the supervisor.
pub type Listener = std::os::unix::net::UnixListener;

/// Options to create a file in the build folder. With a umask of 0, others could write to it otherwise.
#[must_use]
pub fn new_file() -> std::fs::OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::File::options();
    options.create(true).mode(0o644);
    options
}

/// Creates a folder, and the folders above it, without permission for others to write.
///
/// # Errors
///
/// If it cannot be created.
pub fn create_folder(path: &std::path::Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o755).create(path)
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

/// A file in memory, for the output of a program. `None` if the system has no such files.
#[must_use]
pub fn memory_file() -> Option<std::fs::File> {
    #[cfg(target_os = "linux")]
    return rustix::fs::memfd_create("output", rustix::fs::MemfdFlags::CLOEXEC).ok().map(Into::into);
    #[cfg(not(target_os = "linux"))]
    None
}

/// Another descriptor of a file in memory, which appends to it.
///
/// # Errors
///
/// If the system does not support this.
pub fn appending(memory: &std::fs::File) -> io::Result<std::fs::File> {
    use std::os::fd::AsRawFd as _;
    std::fs::File::options().append(true).open(format!("/proc/self/fd/{}", memory.as_raw_fd()))
}

/// Gives back the memory of the first `length` bytes of a file in memory. Later bytes keep their positions.
pub fn release(memory: &std::fs::File, length: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::FallocateFlags;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = rustix::fs::fallocate(memory, flags, 0, length);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (memory, length);
}

/// A file in memory that child processes inherit, with the path at which they find it. `None` if the system has no such files.
#[must_use]
pub fn inherited_memory_file() -> Option<(std::fs::File, String)> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        let file = rustix::fs::memfd_create("log", rustix::fs::MemfdFlags::empty()).ok()?;
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        Some((file.into(), path))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// A path of this program. It works even after the file was removed.
#[must_use]
pub fn this_program() -> OsString {
    if cfg!(target_os = "linux") {
        return "/proc/self/exe".into();
    }
    std::env::current_exe().map_or_else(|_| OsString::new(), OsString::from)
}

/// Whether the user may execute the file.
#[must_use]
pub fn is_executable(path: &std::path::Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Whether the user may write to the folder; `None` if it does not exist.
#[must_use]
pub fn can_write(folder: &std::path::Path) -> Option<bool> {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    match rustix::fs::access(folder, access) {
        Ok(()) => Some(true),
        Err(rustix::io::Errno::NOENT) => None,
        Err(_) => Some(false),
    }
}

/// Makes reads from the pipe non-blocking.
pub fn set_nonblocking(pipe: &impl std::os::fd::AsFd) {
    let _ = rustix::io::ioctl_fionbio(pipe, true);
}

/// Replaces this process by a program. Returns only if that fails.
pub fn replace_by(command: &mut Command) -> io::Error {
    command.exec()
}
