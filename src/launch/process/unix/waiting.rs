//! Waiting for a child process, and for input at the same time.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
#[cfg(target_os = "linux")]
use rustix::process::PidfdFlags;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};

use super::super::WaitOutcome;
use super::{Child, Connection, Output};

/// Waits for the end of a child process.
#[derive(Debug)]
pub struct Wait {
    handle: Option<OwnedFd>,
}

/// The interval for polling, on systems without process descriptors.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

impl Wait {
    /// Prepares to wait for the child.
    #[must_use]
    pub fn for_child(child: &Child) -> Self {
        #[cfg(target_os = "linux")]
        let handle = rustix::process::pidfd_open(child.pid(), PidfdFlags::empty()).ok();
        #[cfg(not(target_os = "linux"))]
        let handle = None;
        let _ = child;
        Self { handle }
    }

    /// Waits until the child ends or the supervisor sends a message.
    #[must_use]
    pub fn with_connection(&self, child: &Child, connection: &Connection) -> WaitOutcome {
        self.wait(child, Some(connection.as_fd()), None)
    }

    /// Waits until the child ends or writes output, for at most `most`.
    #[must_use]
    pub fn with_pipe(&self, child: &Child, pipe: Option<&Output>, most: Option<Duration>) -> WaitOutcome {
        self.wait(child, pipe.map(AsFd::as_fd), most)
    }

    fn wait(&self, child: &Child, other: Option<BorrowedFd<'_>>, most: Option<Duration>) -> WaitOutcome {
        let limit = if self.handle.is_some() {
            most
        } else {
            Some(most.map_or(POLL_INTERVAL, |most| most.min(POLL_INTERVAL)))
        };
        let timeout = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let mut polled: Vec<PollFd<'_>> = Vec::with_capacity(2);
        polled.extend(other.map(|other| PollFd::from_borrowed_fd(other, PollFlags::IN)));
        polled.extend(self.handle.as_ref().map(|handle| PollFd::new(handle, PollFlags::IN)));
        let _ = rustix::event::poll(&mut polled, timeout.as_ref());
        let is_ready = |fd: Option<&PollFd<'_>>| fd.is_some_and(|fd| !fd.revents().is_empty());
        let has_input = other.is_some() && is_ready(polled.first());
        let ended = match self.handle {
            Some(_) => is_ready(polled.last()) && (other.is_none() || polled.len() == 2),
            None => is_over(child.pid()),
        };
        WaitOutcome { ended, has_input }
    }
}

/// Whether the child has ended. It is not reaped.
#[must_use]
pub fn has_ended(child: &std::process::Child) -> bool {
    is_over(Pid::from_child(child))
}

fn is_over(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    !matches!(rustix::process::waitid(WaitId::Pid(pid), options), Ok(None))
}

/// A descriptor that is ready for reading when this child process has ended; `None` on systems without such
/// descriptors.
#[must_use]
pub fn exit_descriptor(child: u32) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    let handle = rustix::process::pidfd_open(Pid::from_raw(child.cast_signed())?, PidfdFlags::empty()).ok();
    #[cfg(not(target_os = "linux"))]
    let handle = None;
    let _ = child;
    handle
}

/// Waits until one of the descriptors is ready for reading, for at most `most`. Returns for each whether it is ready.
#[must_use]
pub fn wait_for_any(all: &[BorrowedFd<'_>], most: Duration) -> Vec<bool> {
    let timeout = Timespec::try_from(most).ok();
    let mut polled: Vec<PollFd<'_>> =
        all.iter().map(|descriptor| PollFd::from_borrowed_fd(*descriptor, PollFlags::IN)).collect();
    let _ = rustix::event::poll(&mut polled, timeout.as_ref());
    polled.iter().map(|polled| !polled.revents().is_empty()).collect()
}

/// Whether a signal has ended the process.
#[must_use]
pub fn has_crashed(status: ExitStatus) -> bool {
    status.code().is_none()
}

/// The status of a program with this exit code.
#[must_use]
pub fn status_of_code(code: i32) -> ExitStatus {
    ExitStatus::from_raw((code & 0xff) << 8)
}

/// Makes orphaned descendants children of this process, from now on.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Whether the process was ended by a signal that interrupts a build.
#[must_use]
pub fn was_interrupted(status: ExitStatus) -> bool {
    let by = [Signal::INT, Signal::TERM, Signal::HUP, Signal::QUIT, Signal::PIPE];
    status.signal().is_some_and(|signal| by.iter().any(|known| known.as_raw() == signal))
}

/// Ends this process with the exit code or the signal of a child.
#[must_use]
pub fn exit_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal() {
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = rustix::process::kill_process(rustix::process::getpid(), signal);
        }
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(u8::MAX))
}

/// Sets the mode of a file of the daemon according to the umask of this process.
pub fn apply_umask(path: &Path) {
    use rustix::fs::{FileType, Mode};
    // A mode has 32 bits on Linux and 16 on macOS.
    let Ok(found) = rustix::fs::lstat(path) else { return };
    let mask = rustix::process::umask(Mode::empty());
    rustix::process::umask(mask);
    let wanted = Mode::from_raw_mode(0o666) - mask;
    let present = Mode::from_raw_mode(found.st_mode) & Mode::from_raw_mode(0o777);
    if FileType::from_raw_mode(found.st_mode).is_file() && present != wanted {
        let _ = rustix::fs::chmod(path, wanted);
    }
}
