//! A program that distributes, while it runs.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use super::super::process::{self, Child, Descriptor, SharedFile, Wait};
use crate::journal::Placed;

/// The interval at which its log is read.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The largest log that is read.
const LARGEST: u64 = 1 << 20;

/// What the program has done with a compilation.
pub(super) enum Attempt {
    /// It has compiled.
    Compiled(Ended),
    /// The compiler must run here; after a failure, for this reason.
    Here(Option<String>),
    /// The process that waits for the object was killed.
    Abandoned,
}

/// The end of a compilation.
pub(in crate::launch) struct Ended {
    /// Its status.
    pub(in crate::launch) status: ExitStatus,
    /// Where it has run.
    pub(in crate::launch) placed: Placed,
    /// What the compiler has printed, if that was not passed on.
    pub(in crate::launch) errors: Vec<u8>,
}

/// The state after a moment.
pub(super) enum Step {
    Runs,
    Ended(ExitStatus),
    /// The parent has ended: nobody waits for the object, and the build may write it again.
    Abandoned,
}

/// The running program.
pub(super) struct Running {
    child: Child,
    wait: Wait,
    errors: Descriptor,
    log: SharedFile,
    parent: u32,
}

impl Running {
    /// Starts it. The variable with this name gets the path of its log. Its standard error is stored.
    pub(super) fn start(command: &mut Command, variable: &str) -> io::Result<Self> {
        let missing = || io::Error::from(io::ErrorKind::Unsupported);
        let log = SharedFile::new().ok_or_else(missing)?;
        let errors = Descriptor::from(process::memory_file().ok_or_else(missing)?);
        command.env(variable, log.path());
        let child = process::start(command, Some(&errors))?;
        Ok(Self { wait: Wait::for_child(&child), child, errors, log, parent: process::parent_id() })
    }

    /// Waits for a moment.
    pub(super) fn step(&mut self) -> io::Result<Step> {
        if self.wait.with_pipe(&self.child, None, Some(POLL_INTERVAL)).ended {
            return self.child.wait().map(Step::Ended);
        }
        Ok(if process::parent_id() == self.parent { Step::Runs } else { Step::Abandoned })
    }

    /// The bytes that it has read; `None` if the system does not tell it.
    pub(super) fn bytes_read(&self) -> Option<u64> {
        process::bytes_read_by(self.child.id())
    }

    /// Its log so far.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&self.log.read(LARGEST)).into_owned()
    }

    /// Kills it with its children.
    pub(super) fn kill(mut self) {
        let below = process::descendants(self.child.id());
        self.child.kill();
        let _ = self.child.wait();
        below.into_iter().for_each(process::kill);
    }

    /// What it has printed to its standard error.
    pub(super) fn into_errors(self) -> Vec<u8> {
        let (mut file, mut text) = (File::from(self.errors), Vec::new());
        let _ = file.rewind().and_then(|()| file.read_to_end(&mut text));
        text
    }
}
