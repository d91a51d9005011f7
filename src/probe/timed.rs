//! Runs programs and measures their time. An interruption ends them, and is left to the caller.
#![expect(clippy::disallowed_methods, reason = "this is the place that runs programs")]

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

/// A program to run.
#[derive(Debug, Clone)]
pub(crate) struct Task<'a> {
    /// The working folder.
    pub(crate) folder: &'a Utf8Path,
    /// The program.
    pub(crate) program: &'a Utf8Path,
    /// Its arguments.
    pub(crate) arguments: &'a [String],
    /// Variables to set.
    pub(crate) set: &'a [(String, String)],
    /// Variables to remove. Those in `set` stay.
    pub(crate) unset: &'a [String],
}

/// The result of a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// Its duration.
    pub(crate) wall: Duration,
    /// The processor time of the program and of the programs that it has waited for; `None` if the system does not tell.
    pub(crate) cpu: Option<Duration>,
}

/// Runs one program after another. From its creation on, signals end only the running program.
pub(crate) struct Runner(system::Signals);

impl Runner {
    /// A runner, which handles the signals that end programs.
    ///
    /// # Errors
    /// If the system refuses it.
    pub(crate) fn new() -> io::Result<Self> {
        system::Signals::new().map(Self)
    }

    /// The signal that has interrupted this process.
    pub(crate) fn interruption(&self) -> Option<i32> {
        self.0.interruption()
    }

    /// Forgets an interruption, so that the programs that clean up are not ended.
    pub(crate) fn forget_interruption(&self) {
        self.0.forget();
    }

    /// Runs a program to its end, without input. Both of its outputs go to `output`: a pipe would need a reader, which takes
    /// processor time.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn run(&self, task: &Task<'_>, output: &File) -> io::Result<Ended> {
        let mut command = Command::new(task.program);
        command.args(task.arguments).current_dir(task.folder);
        for name in task.unset {
            command.env_remove(name);
        }
        command.envs(task.set.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output.try_clone()?);
        let before = own_children();
        let start = Instant::now();
        let status = self.0.run(&mut command)?;
        let wall = start.elapsed();
        let cpu = before.and_then(|before| own_children()?.checked_sub(before));
        Ok(Ended { status, wall, cpu })
    }
}

/// Ends this process by the signal that has interrupted it.
pub(crate) fn end_by(signal: i32) {
    system::end_by(signal);
}

/// The processor time of the children that this process has waited for.
fn own_children() -> Option<Duration> {
    // Fields 16 and 17 of the file, and the program's name is the second one.
    times(Path::new("/proc/self/stat")).map(|[_, _, user, system]| user + system)
}

/// The processor time of processes that run in the background, such as daemons, with that of the programs that they have waited
/// for; `None` if the system does not tell. These are the processes in whose environment `mark` is.
pub(crate) fn of_background(mark: &str) -> Option<Duration> {
    let entries = fs_err::read_dir("/proc").ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let is_ours = |folder: &Path| {
        let environment = fs_err::read(folder.join("environ")).unwrap_or_default();
        folder.file_name().is_some_and(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit))
            && environment.windows(mark.len()).any(|part| part == mark.as_bytes())
    };
    let ours = entries.filter(|folder| is_ours(folder));
    Some(ours.filter_map(|folder| times(&folder.join("stat"))).flatten().sum())
}

/// User and system time of a process, and those of its children.
#[cfg(target_os = "linux")]
fn times(path: &Path) -> Option<[Duration; 4]> {
    let text = fs_err::read_to_string(path).ok()?;
    // The name can contain spaces and parentheses.
    let (_, fields) = text.rsplit_once(')')?;
    let ticks = rustix::param::clock_ticks_per_second().max(1);
    let mut numbers = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let mut next = || {
        let number = numbers.next()?.ok()?;
        Some(Duration::from_micros(number.saturating_mul(1_000_000) / ticks))
    };
    Some([next()?, next()?, next()?, next()?])
}

#[cfg(not(target_os = "linux"))]
fn times(_: &Path) -> Option<[Duration; 4]> {
    None
}

/// The signals that this process ignores, as a set of bits; none on systems that do not tell.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or_default()
}

/// The free space of the file system of a folder, in bytes; `None` if it is not known.
pub(crate) fn free_space(folder: &Utf8Path) -> Option<u64> {
    #[cfg(unix)]
    return rustix::fs::statvfs(folder.as_std_path())
        .ok()
        .map(|found| found.f_bavail.saturating_mul(found.f_frsize));
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// The names of all variables of the environment.
pub(crate) fn variable_names() -> Vec<String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
}

/// The folder for temporary files.
pub(crate) fn temporary_folder() -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(std::env::temp_dir()).unwrap_or_else(|_| "/tmp".into())
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI32, Ordering};
    use std::thread;

    use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};

    /// What the thread for signals and the runner share.
    #[derive(Default)]
    struct Shared {
        interruption: AtomicI32,
        /// The process group of the running program, or 0.
        group: AtomicI32,
    }

    pub(super) struct Signals(Arc<Shared>);

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            let shared = Arc::new(Shared::default());
            // Below `nohup`, for example, this process goes on after a signal.
            let ignored = super::ignored_signals();
            let obeyed = [SIGHUP, SIGINT, SIGQUIT, SIGTERM]
                .into_iter()
                .filter(|signal| ignored & (1 << (signal - 1)) == 0);
            let mut signals = signal_hook::iterator::Signals::new(obeyed)?;
            let of_thread = Arc::clone(&shared);
            thread::spawn(move || {
                for signal in &mut signals {
                    let is_again = of_thread.interruption.swap(signal, Ordering::SeqCst) != 0;
                    let signal = if is_again {
                        Signal::KILL
                    } else {
                        Signal::from_named_raw(signal).unwrap_or(Signal::TERM)
                    };
                    if let Some(group) = Pid::from_raw(of_thread.group.load(Ordering::SeqCst)) {
                        let _ = rustix::process::kill_process_group(group, signal);
                    }
                }
            });
            Ok(Self(shared))
        }

        pub(super) fn interruption(&self) -> Option<i32> {
            Some(self.0.interruption.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
        }

        pub(super) fn forget(&self) {
            self.0.interruption.store(0, Ordering::SeqCst);
        }

        pub(super) fn run(&self, command: &mut Command) -> io::Result<ExitStatus> {
            // The program gets no signal from the terminal, so it is ended exactly once.
            let mut child = command.process_group(0).spawn()?;
            let pid = Pid::from_child(&child);
            self.0.group.store(pid.as_raw_nonzero().get(), Ordering::SeqCst);
            if let Some(signal) = self.interruption().and_then(Signal::from_named_raw) {
                let _ = rustix::process::kill_process_group(pid, signal);
            }
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while matches!(rustix::process::waitid(WaitId::Pid(pid), options), Err(rustix::io::Errno::INTR)) {
            }
            // Until `wait`, no other process has this ID.
            self.0.group.store(0, Ordering::SeqCst);
            child.wait()
        }
    }

    pub(super) fn end_by(signal: i32) {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;
    use std::process::{Command, ExitStatus};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(super) struct Signals(Arc<AtomicBool>);

    impl Signals {
        pub(super) fn new() -> io::Result<Self> {
            let interrupted = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&interrupted))?;
            Ok(Self(interrupted))
        }

        pub(super) fn interruption(&self) -> Option<i32> {
            self.0.load(Ordering::SeqCst).then_some(signal_hook::consts::SIGINT)
        }

        pub(super) fn forget(&self) {
            self.0.store(false, Ordering::SeqCst);
        }

        pub(super) fn run(&self, command: &mut Command) -> io::Result<ExitStatus> {
            command.spawn()?.wait()
        }
    }

    pub(super) fn end_by(signal: i32) {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
}
