//! Windows.

mod api;
mod connection;
mod files;
mod inbox;
mod ownership;
mod starting;
mod table;
mod waiting;

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, PipeReader, Read};
use std::os::windows::ffi::OsStringExt as _;
use std::os::windows::io::{AsHandle, OwnedHandle};
use std::os::windows::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use self::api::Job;
pub use self::connection::{Connection, Listener, Waitable, peer};
pub use self::files::{
    appending, can_write, create_folder, create_private_file, disk_usage, folded_name, folded_path,
    free_space, is_executable, is_for_group, make_executable, make_link, make_writable, memory_file,
    new_file, new_program, open_at_once, program_at, read_at, read_part_at, release, write_at,
};
pub(super) use self::files::{named_file, shared_memory_file};
pub use self::inbox::Inbox;
pub(super) use self::ownership::boot;
pub use self::ownership::{
    LONGEST_RUN_FOLDER, is_private_folder, is_run_folder, is_trusted_private_folder, make_private_folder,
    namespace, owner, user_folders,
};
use self::starting::Started;
pub use self::starting::{Child, is_too_long, replace_by, run_unchanged, start};
pub(super) use self::table::Listing;
pub use self::table::{
    compilers_of_session, environment_of, folder_of, has_argument, kill, left_by_tool, parent_id,
    reap_orphans, started, stop, table,
};
pub use self::waiting::{
    Wait, adopt_orphans, apply_umask, exit_descriptor, exit_like, has_crashed, has_ended, status_of_code,
    wait_for_any, was_interrupted,
};
pub use super::unwatched::{Watch, WatchedFolder};
use super::{FileState, Lock};

/// An open file, pipe or process.
pub type Descriptor = OwnedHandle;

/// The file that is always empty, and discards what is written to it.
pub const DISCARD: &str = "NUL";

/// Separates the folders of a list in an environment variable.
pub const LIST_SEPARATOR: &str = ";";

/// Whether sccache supports no sockets on this system, so that its daemon always needs a port.
pub const NEEDS_PORT: bool = true;

/// The program has its own console, which nobody sees.
const CREATE_NO_WINDOW: u32 = windows_sys::Win32::System::Threading::CREATE_NO_WINDOW;

/// Whether the names of files have no case. A folder of Windows whose names have one is read in the same way.
pub const IGNORES_CASE: bool = true;

/// Whether a folder can be renamed while a file in it is open.
pub const RENAMES_FOLDERS_IN_USE: bool = false;

/// Whether parallel appends to a file do not mix, each of which is one call of the system. In folders of other machines and
/// below Wine, one of them can overwrite another.
pub const APPENDS_AT_ONCE: bool = false;

/// Whether the launcher replaces placeholders in objects. It does so where a debugger was seen to find the sources then.
pub const HAS_PLACEHOLDERS: bool = false;

/// A text of the system with these bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Identifies the processor model, and the features that the system has disabled on some machines.
#[must_use]
pub fn processor() -> Option<String> {
    let model = super::variable("PROCESSOR_IDENTIFIER").unwrap_or_default();
    let mut text = format!("{} {}", std::env::consts::ARCH, model.display());
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        macro_rules! features {
            ($($name:tt)*) => { [$(($name, std::arch::is_x86_feature_detected!($name))),*] };
        }
        let all = features!(
            "aes" "avx" "avx2" "avx512bw" "avx512cd" "avx512dq" "avx512f" "avx512ifma" "avx512vbmi" "avx512vl" "avx512vnni" "bmi1"
            "bmi2" "f16c" "fma" "gfni" "lzcnt" "movbe" "pclmulqdq" "popcnt" "sha" "sse4.1" "sse4.2" "sse4a" "tbm" "vaes" "vpclmulqdq"
        );
        for (name, _) in all.iter().filter(|(_, is_there)| *is_there) {
            text.push(' ');
            text.push_str(name);
        }
    }
    Some(text)
}

/// The folder for programs that need none.
#[must_use]
pub fn root_folder() -> PathBuf {
    let drive =
        super::variable("SystemDrive").filter(|drive| drive.len() == 2).unwrap_or_else(|| "C:".into());
    let mut folder = drive;
    folder.push("\\");
    folder.into()
}

/// The path of this program.
#[must_use]
pub fn this_program() -> OsString {
    std::env::current_exe().map_or_else(|_| OsString::new(), OsString::from)
}

/// The job of this process, if it is in one of its own.
static JOB: OnceLock<Option<Job>> = OnceLock::new();

fn job() -> Option<&'static Job> {
    JOB.get()?.as_ref()
}

/// Puts this process into a job that ends with it. Without one, a compiler may outlive a killed launcher.
fn make_job() {
    JOB.get_or_init(|| Job::of_this_process().ok());
}

/// Ends this process, and so its job, when the process that has started it ends. A build tool that is killed does not end its children.
fn end_with_parent_of_launcher() {
    static WATCHED: OnceLock<()> = OnceLock::new();
    WATCHED.get_or_init(|| {
        let Some(parent) = api::parent() else { return };
        // Without the thread, the compiler finishes its object.
        let _ = thread::Builder::new().name("parent".to_owned()).spawn(move || {
            while !api::wait_for_process(parent.as_handle(), Duration::from_hours(1)) {}
            #[expect(clippy::exit, reason = "the main thread waits for the compiler")]
            std::process::exit(1);
        });
    });
}

/// What the compiler has left on purpose continues after a normal end, such as the server of cl.exe for debug information.
fn release_job() {
    if let Some(job) = job() {
        job.release();
    }
}

/// Makes this process a daemon. It was started without inherited handles; its processes end together with it.
pub fn become_daemon() {
    make_job();
}

/// The system ends the daemon together with its supervisor by their job.
#[must_use]
pub const fn end_with_parent(_parent: u32) -> bool {
    false
}

/// The reading end of a pipe. A read does not wait.
#[derive(Debug)]
pub struct Output<T = PipeReader>(T);

impl<T: AsHandle> Output<T> {
    /// Reads from `pipe`.
    pub const fn new(pipe: T) -> Self {
        Self(pipe)
    }

    /// Whether there is output, or all of it was read and the pipe has ended.
    fn is_ready(&self) -> bool {
        api::available(&self.0).map_or(true, |bytes| bytes > 0)
    }
}

impl<T: AsHandle + Read> Read for Output<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match api::available(&self.0) {
            Ok(0) => Err(ErrorKind::WouldBlock.into()),
            Ok(_) => self.0.read(buffer),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// The command of the daemon. It is in the job of its supervisor, and so ends with it.
#[must_use]
pub fn command_of_daemon(_stage: &str, program: &Path) -> Command {
    let mut command = super::command(program);
    command.creation_flags(CREATE_NO_WINDOW);
    command
}

/// Lets other processes run before this thread.
pub fn lower_priority() {
    api::lower_priority();
}

/// The command of a program of the supervisor, without a window.
#[must_use]
pub fn command_in_background(program: &Path) -> Command {
    command_of_daemon("", program)
}

/// The right to start the supervisor of a run folder.
///
/// A process cannot give a lock to another one, so there are two locks: this one is held by the process that starts a supervisor.
#[derive(Debug)]
pub struct StartLock(#[expect(dead_code, reason = "the lock is held until this is dropped")] Lock);

/// Locks a run folder. The file at `lock` is locked while its supervisor runs.
///
/// # Errors
///
/// [`TryLockError::WouldBlock`] if it is locked.
pub fn lock_to_start(lock: &Path) -> Result<StartLock, TryLockError> {
    let starting = Lock::take(&lock.with_extension("starting"))?;
    // While this process holds the first lock, only a supervisor that runs has the second one.
    Lock::take(lock)?;
    Ok(StartLock(starting))
}

/// Starts the supervisor, from a copy of this program in its folder: Windows does not remove a running program, and nobody could
/// remove the build folder.
///
/// # Errors
///
/// If it cannot be started.
pub fn start_supervisor(command: &mut Command, lock: StartLock) -> io::Result<(Started, Option<StartLock>)> {
    let folder = command.get_current_dir().map(Path::to_path_buf).unwrap_or_default();
    let program = copy_beside(Path::new(command.get_program()), &folder)?;
    let line = OsString::from_wide(&starting::line_of(command));
    let process = api::start_detached(&program, &line, &starting::environment_of(command), &folder)?;
    Ok((Started(process), Some(lock)))
}

/// A copy of a program in a private folder.
fn copy_beside(program: &Path, folder: &Path) -> io::Result<PathBuf> {
    const BEGINNING: &str = "supervisor-";
    let state = FileState::of(program)?;
    let name = format!("{BEGINNING}{:x}-{:x}.exe", state.size, state.modified);
    let copy = folder.join(&name);
    if copy.metadata().is_ok_and(|found| found.len() == state.size) {
        return Ok(copy);
    }
    for entry in fs::read_dir(folder)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(BEGINNING) {
            // It may still be running.
            let _ = fs::remove_file(entry.path());
        }
    }
    let new = copy.with_extension("new");
    fs::copy(program, &new)?;
    fs::rename(&new, &copy)?;
    Ok(copy)
}

/// The lock of this supervisor.
///
/// # Errors
///
/// If another process holds it: there is another supervisor.
pub fn lock_of_supervisor(lock: &Path) -> io::Result<File> {
    const LONGEST: Duration = Duration::from_secs(1);
    // The process that has started this one looked whether the file is locked, and its own lock ends a moment later.
    let held = Lock::wait(lock, LONGEST).ok_or(io::ErrorKind::WouldBlock)?;
    Ok(held.into_file())
}
