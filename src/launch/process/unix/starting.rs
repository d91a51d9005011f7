//! Starts the tool so that it ends together with this process.
//!
//! If code must run between fork and exec, std forks. This copies all page tables of the process, and takes longer than
//! the rest of the launcher. Otherwise std shares the memory with the child until exec. This module does the same, and
//! also requests the parent-death signal in the child.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use rustix::process::{Pid, Signal, WaitOptions};

/// A started program. Unlike std's `Child`, it is identified only by its process ID.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    status: Option<ExitStatus>,
}

/// Starts the program of `command`, which must be a path, with its arguments and environment. Other settings of
/// `command` are ignored. `errors` replaces the standard error of the program.
///
/// When this process ends, the child gets SIGTERM, so it can end its own children first. A compiler that keeps running
/// would write an object that the next build considers up to date.
///
/// # Errors
///
/// If the program cannot be started.
#[cfg(target_os = "linux")]
pub fn start(command: &mut Command, errors: Option<&OwnedFd>) -> io::Result<Child> {
    shared::start(command, errors).map(|pid| Child { pid, status: None })
}

/// As on Linux, but without the parent-death signal, which other systems do not have.
///
/// # Errors
///
/// If the program cannot be started.
#[cfg(not(target_os = "linux"))]
pub fn start(command: &mut Command, errors: Option<&OwnedFd>) -> io::Result<Child> {
    if let Some(errors) = errors {
        command.stderr(errors.try_clone()?);
    }
    command.spawn().map(|child| Child { pid: Pid::from_child(&child), status: None })
}

impl Child {
    /// Its process ID.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().cast_unsigned()
    }

    pub(super) const fn pid(&self) -> Pid {
        self.pid
    }

    /// Kills it, unless it has been reaped.
    pub fn kill(&mut self) {
        if self.status.is_none() {
            let _ = rustix::process::kill_process(self.pid, Signal::KILL);
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// If it is no longer a child of this process.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        while self.status.is_none() {
            match rustix::process::waitpid(Some(self.pid), WaitOptions::empty()) {
                Ok(ended) => self.status = ended.map(|(_, status)| ExitStatus::from_raw(status.as_raw())),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.status.ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a child that shares the memory of its parent until exec")]
mod shared {
    use std::ffi::{CString, OsStr, OsString, c_char, c_int, c_void};
    use std::io;
    use std::os::fd::{AsRawFd, OwnedFd};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::process::Command;
    use std::ptr;

    use rustix::process::{Pid, Signal};

    // The declarations of the system's headers.
    unsafe extern "C" {
        fn clone(
            run: unsafe extern "C" fn(*mut c_void) -> c_int,
            stack: *mut c_void,
            flags: c_int,
            with: *mut c_void,
            ...
        ) -> c_int;
        fn dup2(from: c_int, to: c_int) -> c_int;
        fn execve(
            program: *const c_char,
            arguments: *const *const c_char,
            environment: *const *const c_char,
        ) -> c_int;
        fn signal(signal: c_int, handler: usize) -> usize;
    }

    /// The child shares the memory of this process, which waits until the child has called exec or has ended.
    const CLONE_VM: c_int = 0x100;
    const CLONE_VFORK: c_int = 0x4000;
    const SIG_DFL: usize = 0;
    /// Enough for a few system calls, also without optimisation.
    const STACK: usize = 64 * 1024;

    /// The data for the child, prepared before it starts.
    struct Plan {
        parent: Option<Pid>,
        errors: Option<c_int>,
        program: *const c_char,
        arguments: *const *const c_char,
        environment: *const *const c_char,
        /// The reason why the program could not be started.
        failure: Option<io::Error>,
    }

    pub(super) fn start(command: &Command, errors: Option<&OwnedFd>) -> io::Result<Pid> {
        let program = text(command.get_program().as_bytes().to_vec())?;
        let arguments = command.get_args().map(|argument| text(argument.as_bytes().to_vec()));
        let arguments =
            std::iter::once(Ok(program.clone())).chain(arguments).collect::<io::Result<Vec<_>>>()?;
        let environment = environment(command)?;
        let (arguments, environment) = (pointers(&arguments), pointers(&environment));
        let mut plan = Plan {
            parent: Some(rustix::process::getpid()),
            errors: errors.map(AsRawFd::as_raw_fd),
            program: program.as_ptr(),
            arguments: arguments.as_ptr(),
            environment: environment.as_ptr(),
            failure: None,
        };
        let mut stack = Vec::<u128>::with_capacity(STACK / size_of::<u128>());
        let flags = CLONE_VM | CLONE_VFORK | Signal::CHILD.as_raw();
        // SAFETY: `run` expects a pointer to a plan. No other code uses the plan meanwhile, because this thread is
        // stopped until the child has called exec or has ended (CLONE_VFORK). The pointers in the plan are valid until
        // the end of this function. The child has its own stack; `top` is its end, with the alignment that every system
        // requires. Other threads of this process run at the same time, as with std's spawn, so `run` takes no lock.
        let id = unsafe {
            let top = stack.as_mut_ptr().add(stack.capacity());
            clone(run, top.cast(), flags, ptr::from_mut(&mut plan).cast())
        };
        let Some(pid) = Pid::from_raw(id).filter(|_| id > 0) else { return Err(io::Error::last_os_error()) };
        match plan.failure {
            None => Ok(pid),
            Some(error) => {
                let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::empty());
                Err(error)
            }
        }
    }

    /// Runs in the child. It makes only system calls. In particular, it does not allocate memory.
    unsafe extern "C" fn run(plan: *mut c_void) -> c_int {
        // SAFETY: `start` passes a pointer to its plan.
        let plan = unsafe { &mut *plan.cast::<Plan>() };
        let asked = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
        // The parent may have ended before the request.
        if rustix::process::getppid() != plan.parent {
            return 127;
        }
        // SAFETY: the descriptor is open, and the strings end with NUL and the lists with a null pointer, as C
        // requires. The child has its own signal handlers (no CLONE_SIGHAND) and its own descriptors.
        let done = asked.is_ok()
            && unsafe {
                // std ignores SIGPIPE, and the program would inherit this.
                signal(Signal::PIPE.as_raw(), SIG_DFL);
                plan.errors.is_none_or(|errors| dup2(errors, 2) == 2)
                    && execve(plan.program, plan.arguments, plan.environment) == 0
            };
        if !done {
            plan.failure = Some(io::Error::last_os_error());
        }
        127
    }

    fn text(bytes: Vec<u8>) -> io::Result<CString> {
        CString::new(bytes).map_err(|_| io::ErrorKind::InvalidInput.into())
    }

    fn pointers(texts: &[CString]) -> Vec<*const c_char> {
        texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
    }

    /// The environment of this process, with the changes of the command.
    fn environment(command: &Command) -> io::Result<Vec<CString>> {
        let mut changes: Vec<(&OsStr, Option<&OsStr>)> = command.get_envs().collect();
        changes.sort_unstable();
        let is_changed = |name: &OsString| {
            changes.binary_search_by(|(changed, _)| (*changed).cmp(name.as_os_str())).is_ok()
        };
        let kept = crate::launch::process::environment().filter(|(name, _)| !is_changed(name));
        let kept = kept.map(|(name, value)| variable(name, &value));
        let set = changes.iter().filter_map(|(name, value)| Some(variable((*name).to_owned(), (*value)?)));
        kept.chain(set).collect()
    }

    fn variable(name: OsString, value: &OsStr) -> io::Result<CString> {
        let mut line = name.into_vec();
        line.reserve_exact(value.len() + 2);
        line.push(b'=');
        line.extend_from_slice(value.as_bytes());
        text(line)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn result_of(command: &mut Command) -> (ExitStatus, String) {
        let (mut reader, writer) = io::pipe().unwrap();
        let mut child = start(command, Some(&writer.into())).unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        (child.wait().unwrap(), text)
    }

    #[test]
    fn a_program_gets_its_arguments_and_environment_and_its_exit_code_is_returned() {
        let mut command = crate::launch::process::command("/bin/sh");
        command.args(["-c", "echo \"$0|$1|$TK_SET|${TK_UNSET-none}|$PATH\" >&2; exit 7", "a b", ""]);
        command.env("TK_SET", "x=\u{e9}").env_remove("TK_UNSET");
        let (status, text) = result_of(&mut command);
        let path = crate::launch::process::variable("PATH").unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(text, format!("a b||x=\u{e9}|none|{}\n", path.to_str().unwrap()));
        let mut command = crate::launch::process::command("/bin/sh");
        command.args(["-c", "env >&2"]).env_remove("PATH").env("TK_EMPTY", "");
        let (_, text) = result_of(&mut command);
        assert!(text.lines().any(|line| line == "TK_EMPTY="), "{text}");
        assert!(!text.contains("TK_UNSET"), "{text}");
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = start(&mut crate::launch::process::command("/not/there"), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn the_signal_of_a_killed_program_is_returned() {
        let mut child = start(crate::launch::process::command("/bin/sleep").arg("60"), None).unwrap();
        child.kill();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert_eq!(child.wait().unwrap().signal(), Some(9), "a second wait");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_does_not_ignore_sigpipe() {
        let mut command = crate::launch::process::command("/bin/sh");
        command.args(["-c", "sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status >&2"]);
        let (_, text) = result_of(&mut command);
        let ignored = u64::from_str_radix(text.trim(), 16).unwrap();
        assert_eq!(ignored & (1 << (Signal::PIPE.as_raw() - 1)), 0, "{text}");
    }
}
