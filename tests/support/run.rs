//! Runs programs to their end, and panics with the whole transcript if the result is unexpected.

use std::fmt;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::system::{kill_group, set_mode, signal_that_ended, start_in_group};

/// A program that runs longer than this hangs.
const TIME_LIMIT: Duration = Duration::from_mins(5);

/// The result of a program.
#[derive(Debug)]
pub(crate) struct Finished {
    command: String,
    status: ExitStatus,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
    /// Its duration.
    pub(crate) elapsed: Duration,
}

impl Finished {
    /// The exit code, or `None` if a signal ended it.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// Standard output followed by standard error, to search for a text that may be in either.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ {}", self.command)?;
        writeln!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)?;
        match (self.status.code(), signal_that_ended(self.status)) {
            (Some(code), _) => write!(f, "--- exit code {code}"),
            (_, signal) => write!(f, "--- ended by signal {}", signal.unwrap_or_default()),
        }?;
        write!(f, " after {:.3} s", self.elapsed.as_secs_f64())
    }
}

/// Running a [`Command`] to its end.
pub(crate) trait Run {
    /// Runs it, and panics with the transcript unless it succeeds.
    fn run(&mut self) -> Finished {
        self.run_expecting(0)
    }

    /// Runs it, and panics with the transcript unless it exits with `code`.
    fn run_expecting(&mut self, code: i32) -> Finished {
        let finished = self.run_to_any_end();
        assert!(finished.code() == Some(code), "expected exit code {code}\n{finished}");
        finished
    }

    /// Runs it, and accepts every exit code and signal.
    fn run_to_any_end(&mut self) -> Finished {
        self.run_within(TIME_LIMIT)
    }

    /// Runs it. If it takes longer than `limit`, kills it and panics with the transcript.
    fn run_within(&mut self, limit: Duration) -> Finished;
}

impl Run for Command {
    fn run_within(&mut self, limit: Duration) -> Finished {
        // Files instead of pipes: if a daemon inherits a pipe, its reader waits for the end of the daemon.
        let mut stdout = tempfile::tempfile().expect("a file for the output");
        let mut stderr = tempfile::tempfile().expect("a file for the output");
        self.stdin(Stdio::null())
            .stdout(stdout.try_clone().expect("a second handle"))
            .stderr(stderr.try_clone().expect("a second handle"));
        start_in_group(self);
        let start = Instant::now();
        let mut child = self.spawn().unwrap_or_else(|error| panic!("cannot run {self:?}: {error}"));
        let in_time = wait(&mut child, start + limit);
        let status = in_time.unwrap_or_else(|| {
            kill_group(&mut child);
            child.wait().expect("the killed program ends")
        });
        let finished = Finished {
            command: format!("{self:?}"),
            status,
            stdout: content(&mut stdout),
            stderr: content(&mut stderr),
            elapsed: start.elapsed(),
        };
        assert!(in_time.is_some(), "killed after {} s\n{finished}", limit.as_secs_f64());
        finished
    }
}

/// The exit status of `child`. `None` if it still runs at `deadline`.
fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().expect("a child of this process") {
            return Some(status);
        }
        if Instant::now() > deadline {
            return None;
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn content(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("the output can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes an executable shell script to `path`. Creates its folder if it is missing.
pub(crate) fn write_script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a script");
    set_mode(path, 0o755);
}

/// Whether `condition` becomes true within `limit`.
pub(crate) fn eventually(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if condition() {
            return true;
        }
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
