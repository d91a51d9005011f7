//! Waiting for a child process, and for input at the same time.

use std::os::windows::io::{AsHandle as _, BorrowedHandle, BorrowedSocket, OwnedHandle};
use std::os::windows::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use super::super::{Source as _, WaitOutcome};
use super::api::{self, Access};
use super::{Child, Connection, Output, Waitable};

/// The exit code of a program that Ctrl-C has ended.
const INTERRUPTED: u32 = 0xc000_013a;
/// Exit codes from this one on are those of crashes and other ends by the system.
const FIRST_OF_SYSTEM: u32 = 0xc000_0000;
/// The interval at which a pipe is examined: a program cannot wait for one.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Waits for the end of a child process.
#[derive(Debug)]
pub struct Wait;

impl Wait {
    /// Prepares to wait for the child.
    #[must_use]
    pub const fn for_child(_child: &Child) -> Self {
        Self
    }

    /// Waits until the child ends or the supervisor sends a message.
    #[must_use]
    pub fn with_connection(&self, child: &Child, connection: &Connection) -> WaitOutcome {
        let (input, ended) = wait(&[connection.waitable(), Waitable::Process(child.as_handle())], None);
        WaitOutcome { ended: ended == [true], has_input: input == [true] }
    }

    /// Waits until the child ends or writes output, for at most `most`.
    #[must_use]
    pub fn with_pipe(&self, child: &Child, pipe: Option<&Output>, most: Option<Duration>) -> WaitOutcome {
        let begun = Instant::now();
        loop {
            let has_input = pipe.is_some_and(Output::is_ready);
            let left = most.map(|most| most.saturating_sub(begun.elapsed()));
            let interval = match (pipe, left) {
                _ if has_input => Duration::ZERO,
                (Some(_), left) => left.unwrap_or(POLL_INTERVAL).min(POLL_INTERVAL),
                (None, left) => left.unwrap_or(Duration::from_hours(1)),
            };
            let ended = api::wait_for_process(child.as_handle(), interval);
            if ended || has_input || left == Some(Duration::ZERO) {
                return WaitOutcome { ended, has_input };
            }
        }
    }
}

/// The results for sockets, and for processes, each in their order.
fn wait(all: &[Waitable<'_>], most: Option<Duration>) -> (Vec<bool>, Vec<bool>) {
    let mut sockets: Vec<BorrowedSocket<'_>> = Vec::new();
    let mut blocking = Vec::new();
    let mut processes: Vec<BorrowedHandle<'_>> = Vec::new();
    for one in all {
        match one {
            Waitable::Socket { socket, is_blocking } => {
                sockets.push(*socket);
                blocking.push(*is_blocking);
            }
            Waitable::Process(process) => processes.push(*process),
        }
    }
    api::wait(&sockets, &blocking, &processes, most)
}

/// Waits until one of these is ready, for at most `most`. Returns for each whether it is ready.
#[must_use]
pub fn wait_for_any(all: &[Waitable<'_>], most: Duration) -> Vec<bool> {
    let (sockets, processes) = wait(all, Some(most));
    let (mut sockets, mut processes) = (sockets.into_iter(), processes.into_iter());
    let result = all.iter().map(|one| match one {
        Waitable::Socket { .. } => sockets.next() == Some(true),
        Waitable::Process(_) => processes.next() == Some(true),
    });
    result.collect()
}

/// Whether the child has ended.
#[must_use]
pub fn has_ended(child: &std::process::Child) -> bool {
    api::has_ended(child.as_handle())
}

/// A handle that is ready when this process has ended.
#[must_use]
pub fn exit_descriptor(process: u32) -> Option<OwnedHandle> {
    api::open_process(process, Access::Look).ok()
}

/// A process that has lost its parent stays in the job of this process.
pub const fn adopt_orphans() {}

/// Whether the process was ended by Ctrl-C.
#[must_use]
pub fn was_interrupted(status: ExitStatus) -> bool {
    status.code().map(i32::cast_unsigned) == Some(INTERRUPTED)
}

/// Whether the process has crashed, or was ended by the system.
#[must_use]
pub fn has_crashed(status: ExitStatus) -> bool {
    status.code().is_none_or(|code| code.cast_unsigned() >= FIRST_OF_SYSTEM)
}

/// The status of a program with this exit code.
#[must_use]
pub fn status_of_code(code: i32) -> ExitStatus {
    // sccache's client passes on the low bits of its own codes, and all bits of others.
    ExitStatus::from_raw(if code == -2 { 254 } else { code.cast_unsigned() })
}

/// Ends this process with the exit code of a child, which may have 32 bits.
#[must_use]
#[expect(clippy::exit, reason = "an `ExitCode` has 8 bits")]
pub fn exit_like(status: ExitStatus) -> ExitCode {
    super::release_job();
    match status.code() {
        Some(0) => ExitCode::SUCCESS,
        code => std::process::exit(code.unwrap_or(1)),
    }
}

/// Files inherit the access list of their folder, whoever writes them.
pub const fn apply_umask(_path: &Path) {}
