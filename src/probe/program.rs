//! Finding and running programs.
#![expect(clippy::disallowed_methods, reason = "this is the place that runs programs")]

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::environment;

/// The output and the exit status of a program.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit status.
    pub(crate) status: ExitStatus,
    /// Its standard output; bytes that are not UTF-8 are replaced.
    pub(crate) stdout: String,
    /// Its standard error; bytes that are not UTF-8 are replaced.
    pub(crate) stderr: String,
}

impl Finished {
    /// Its message about a failure, without credentials, control characters and spaces around it.
    pub(crate) fn message(&self) -> String {
        environment::filter().bounded(self.stderr.trim())
    }
}

/// A program could not be run to its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The program could not be started.
    #[error("cannot run {}", super::path::shown(program))]
    Start {
        /// The program.
        program: Utf8PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The program did not end in time, and was killed.
    #[error("{} did not end within {} s", super::path::shown(program), .limit.as_secs())]
    TimedOut {
        /// The program.
        program: Utf8PathBuf,
        /// The time limit.
        limit: Duration,
    },
}

/// The program of this name on PATH.
#[must_use]
pub(crate) fn find(name: &str) -> Option<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(which::which(name).ok()?).ok()
}

/// The executable of this process, with its links resolved.
#[must_use]
pub(crate) fn own_executable() -> Option<Utf8PathBuf> {
    Utf8PathBuf::from_path_buf(std::env::current_exe().ok()?.canonicalize().ok()?).ok()
}

/// Runs `program` in the current folder, without standard input, and waits for at most `limit`.
///
/// # Errors
/// [`RunError`]; an exit status other than 0 is no error here.
pub(crate) fn run(
    program: &Utf8Path,
    arguments: &[&str],
    environment: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    limit: Duration,
) -> Result<Finished, RunError> {
    run_in(Utf8Path::new("."), program, arguments, environment, limit)
}

/// As [`run`], in `folder`.
///
/// # Errors
/// [`RunError`]
pub(crate) fn run_in(
    folder: &Utf8Path,
    program: &Utf8Path,
    arguments: &[impl AsRef<OsStr>],
    environment: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    limit: Duration,
) -> Result<Finished, RunError> {
    let start = |source| RunError::Start { program: program.to_owned(), source };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawn(&mut command).map_err(start)?;
    // Read both pipes at the same time. Otherwise, a program that fills one of them would wait forever.
    let stdout = child.stdout.take().map(|pipe| thread::spawn(move || drain(pipe)));
    let stderr = child.stderr.take().map(|pipe| thread::spawn(move || drain(pipe)));
    let deadline = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(start)? {
            break status;
        }
        if Instant::now() >= deadline {
            child.kill().and_then(|()| child.wait()).map_err(start)?;
            return Err(RunError::TimedOut { program: program.to_owned(), limit });
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |reader: Option<thread::JoinHandle<String>>| {
        reader.and_then(|thread| thread.join().ok()).unwrap_or_default()
    };
    Ok(Finished { status, stdout: text(stdout), stderr: text(stderr) })
}

/// Starts the program. If this process has just written it, another thread may have started a program in the meantime, which has
/// the file open for writing until its own program runs.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    const ATTEMPTS: usize = 100;
    for _ in 0..ATTEMPTS {
        match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
    command.spawn()
}

fn drain(mut pipe: impl std::io::Read) -> String {
    let mut bytes = Vec::new();
    // After an error, the result is the output so far.
    let _ = pipe.read_to_end(&mut bytes);
    // The output can have 100 MB, so it is not copied if it is valid.
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
