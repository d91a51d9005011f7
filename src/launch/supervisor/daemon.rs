//! sccache's daemon, a child process of the supervisor.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};

use super::files::{LOG, SOCKET};
use crate::launch::process::{self, Connection, Process};

/// `--stage PARENT PROGRAM`: becomes the daemon, which the kernel kills when its supervisor ends.
pub(in crate::launch) const STAGE: &str = "--stage";

/// A client that finds no daemon would start one. With these variables it fails instead.
pub(in crate::launch) const NO_DAEMON: [(&str, &str); 2] =
    [("SCCACHE_CONF", "/dev/null"), ("SCCACHE_MEMCACHED_ENDPOINT", "tcp://no-daemon")];

/// A daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    process: Process,
    address: PathBuf,
    socket: PathBuf,
    is_ready: bool,
    end: Option<OwnedFd>,
}

/// The settings of a daemon, in addition to the environment of the supervisor.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) program: &'a Path,
    pub(super) folder: &'a Path,
    pub(super) number: u64,
    pub(super) base_dirs: &'a [String],
    pub(super) directory: Option<&'a Path>,
}

impl Daemon {
    /// Starts the daemon. Only the main thread may call this: the kernel kills the daemon when the calling thread ends.
    pub(super) fn start(start: &Start<'_>) -> io::Result<Self> {
        let Start { program, folder, number, base_dirs, directory } = *start;
        let address = folder.join(format!("new.{number}"));
        let _ = fs::remove_file(&address);
        let log = File::create(folder.join(LOG))?;
        let mut command = process::command(process::this_program());
        command
            .args([STAGE, &std::process::id().to_string()])
            .arg(program)
            .env("SCCACHE_CONF", "/dev/null")
            .env("SCCACHE_SERVER_UDS", &address)
            .env("SCCACHE_START_SERVER", "1")
            .env("SCCACHE_NO_DAEMON", "1")
            // sccache counts from the last request, so it would end during a long compilation.
            .env("SCCACHE_IDLE_TIMEOUT", "0")
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if !base_dirs.is_empty() {
            command.env("SCCACHE_BASEDIRS", base_dirs.join(":"));
        }
        if let Some(directory) = directory {
            command.env("SCCACHE_DIR", directory);
        }
        let child = command.spawn()?;
        let process = Process::of(child.id()).ok_or(io::ErrorKind::NotFound)?;
        // Without it, its end is seen a moment later.
        let end = process::end_of(child.id());
        Ok(Self { child, process, address, socket: folder.join(SOCKET), is_ready: false, end })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn process(&self) -> Process {
        self.process
    }

    /// Ready when it has ended.
    pub(super) fn end(&self) -> Option<BorrowedFd<'_>> {
        self.end.as_ref().map(AsFd::as_fd)
    }

    pub(super) fn has_ended(&self) -> bool {
        process::has_ended(&self.child)
    }

    /// Whether the daemon answers. Only then, its socket gets the final name: it exists before the daemon listens.
    pub(super) fn looks_ready(&mut self) -> bool {
        if !self.is_ready && Connection::connect(&self.address).is_ok() {
            self.is_ready = fs::rename(&self.address, &self.socket).is_ok();
        }
        self.is_ready
    }

    /// The programs that the daemon runs.
    pub(super) fn programs(&self) -> Vec<Process> {
        process::descendants(self.id())
    }

    /// Stops the daemon (SIGSTOP), and kills the programs that it runs.
    pub(super) fn cut_off(&self) {
        process::stop(self.process);
        self.programs().into_iter().for_each(process::kill);
    }

    /// Kills the daemon.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Removes the files of a daemon that has ended, if the folder still belongs to this supervisor.
    pub(super) fn clear_up(mut self, is_ours: bool) {
        let _ = self.child.wait();
        if !is_ours {
            return;
        }
        let _ = fs::remove_file(&self.address);
        if self.is_ready {
            let _ = fs::remove_file(&self.socket);
        }
    }

    /// Asks the daemon to stop after its compilations. Returns the process that asks.
    pub(super) fn ask_to_end(&self, program: &Path) -> io::Result<Child> {
        process::command(program)
            .arg("--stop-server")
            .envs(NO_DAEMON)
            .env("SCCACHE_SERVER_UDS", &self.socket)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
    }
}

/// See [`STAGE`].
pub(super) fn stage(arguments: &[OsString]) -> ExitCode {
    let [parent, program] = arguments else { return ExitCode::FAILURE };
    let Some(parent) = parent.to_str().and_then(|parent| parent.parse().ok()) else {
        return ExitCode::FAILURE;
    };
    if process::end_with_parent(parent) {
        let _ = process::replace_by(&mut process::command(program));
    }
    ExitCode::FAILURE
}
