//! Runs a program of the user in place of this one: it gets the standard streams, the terminal and the signals, and this process
//! ends as the program does.
#![expect(clippy::disallowed_methods, reason = "this is the place that runs programs")]

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::{Command, ExitCode, ExitStatus};

/// Runs `program` to its end, with the standard streams of this process. Until then, this process does not obey the signals that
/// end programs.
///
/// - A key such as Ctrl-C reaches the program from the terminal. All other signals are passed on.
/// - The program gets the signal handling that this process was started with: `nohup` still works.
///
/// # Errors
/// If the program cannot be started.
pub(crate) fn run(
    program: &OsStr,
    arguments: &[OsString],
    environment: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
) -> io::Result<ExitStatus> {
    let mut command = Command::new(program);
    command.args(arguments).envs(environment);
    system::run(&mut command)
}

/// Ends this process as the program has ended: with the same exit code, or by the same signal. Returns only if there is an exit
/// code.
pub(crate) fn end_like(status: ExitStatus) -> ExitCode {
    system::end_like(status)
}

/// Whether a signal has ended the program.
pub(crate) fn was_ended_by_signal(status: ExitStatus) -> bool {
    // A process that was ended by a signal has no exit code.
    status.code().is_none()
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command, ExitCode, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use rustix::process::{Pid, Resource, Rlimit, Signal, WaitId, WaitIdOptions};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    use signal_hook::iterator::Signals;

    /// The signals that people and other programs send to a build.
    const PASSED_ON: [i32; 6] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2];

    pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
        // The program inherits which signals are ignored, so it is started before this process handles them.
        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let has_ended = Arc::new(AtomicBool::new(false));
        for signal in PASSED_ON {
            // After the end of the program, signals end this process as usual.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&has_ended))?;
        }
        let mut signals = Signals::new(PASSED_ON)?;
        let handle = signals.handle();
        let passing = thread::spawn(move || {
            for signal in &mut signals {
                pass_on(signal, pid);
            }
        });
        wait_for(&child);
        // Until `wait`, the process ID belongs to the program. So no signal reaches another process.
        handle.close();
        // A panic there has been printed.
        let _ = passing.join();
        has_ended.store(true, Ordering::SeqCst);
        child.wait()
    }

    /// Waits for the end of the child, without reaping it.
    fn wait_for(child: &Child) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let id = WaitId::Pid(Pid::from_child(child));
        while matches!(rustix::process::waitid(id.clone(), options), Err(rustix::io::Errno::INTR)) {}
    }

    fn pass_on(signal: i32, pid: Pid) {
        let is_of_keyboard = signal == SIGINT || signal == SIGQUIT;
        if is_of_keyboard && is_in_foreground() {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(signal) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }

    /// Whether the terminal sends the signals of its keys to the process group of this process, and so to the program.
    fn is_in_foreground() -> bool {
        let Ok(terminal) = File::open("/dev/tty") else { return false };
        rustix::termios::tcgetpgrp(&terminal).is_ok_and(|group| group == rustix::process::getpgrp())
    }

    pub(super) fn end_like(status: ExitStatus) -> ExitCode {
        if let Some(signal) = status.signal() {
            // The program has written the core dump.
            let none = Rlimit { current: Some(0), maximum: Some(0) };
            let _ = rustix::process::setrlimit(Resource::Core, none);
            let _ = signal_hook::low_level::emulate_default_handler(signal);
            return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
        }
        ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(u8::MAX))
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::{Command, ExitCode, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    pub(super) fn run(command: &mut Command) -> io::Result<ExitStatus> {
        let mut child = command.spawn()?;
        // The console sends Ctrl-C to both processes. This one waits for the program.
        signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::new(AtomicBool::new(false)))?;
        child.wait()
    }

    #[expect(
        clippy::exit,
        clippy::disallowed_methods,
        reason = "an ExitCode has 8 bits, and an exit code of Windows 32"
    )]
    pub(super) fn end_like(status: ExitStatus) -> ExitCode {
        std::process::exit(status.code().unwrap_or(1))
    }
}
