//! The process of a server: starting, waiting until it listens, pausing, stopping.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::tools::system;

/// The time limit until a server listens, on a machine that is busy with compiling.
const START: Duration = Duration::from_secs(30);

/// An unused port.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A running server and its folder.
///
/// It ends with the thread that started it, even if the thread is killed: do not share a server between tests.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl ServerProcess {
    /// Starts `program` with the `arguments` for a port and a folder, and waits until it listens.
    pub(crate) fn start<A: AsRef<str>>(program: &Path, arguments: impl Fn(u16, &Path) -> Vec<A>) -> Self {
        let mut last_words = String::new();
        for _ in 0..5 {
            let port = free_port();
            let mut server = Self::spawn(program, port, &arguments);
            let mut ended = false;
            let child = &mut server.child;
            let settled = eventually(START, || {
                ended = child.try_wait().expect("a child of this process").is_some();
                ended || listens_on(child.id(), port)
            });
            assert!(settled, "{} does not listen\n{}", program.display(), server.log());
            if !ended {
                return server;
            }
            // Another process may have bound the port before the server did.
            last_words = server.log();
        }
        panic!("{} ends at its start\n{last_words}", program.display());
    }

    fn spawn<A: AsRef<str>>(program: &Path, port: u16, arguments: impl Fn(u16, &Path) -> Vec<A>) -> Self {
        let folder = tempfile::Builder::new().prefix("tk-server-").tempdir_in("/tmp").expect("a folder");
        let log = File::create(folder.path().join("log")).expect("a log");
        let arguments = arguments(port, folder.path());
        // The kernel kills the server at the end of the test, also if the test is killed and does not run destructors.
        let child = Command::new(system("setpriv"))
            .args(["--pdeathsig", "KILL", "--"])
            .arg(program)
            .args(arguments.iter().map(AsRef::as_ref))
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", folder.path())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        Self { child, port, folder }
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Its process ID.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its address as `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A path in its folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its output so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Pauses it: it accepts connections, but does not answer.
    pub(crate) fn pause(&self) {
        signal("STOP", &self.child.id().to_string());
    }

    /// Resumes it after a pause.
    pub(crate) fn resume(&self) {
        signal("CONT", &self.child.id().to_string());
    }

    /// Stops it: connections are refused.
    pub(crate) fn stop(&mut self) {
        // Both fail only if it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Whether the process `pid` listens on `port`, and not another process that was faster.
fn listens_on(pid: u32, port: u16) -> bool {
    let Some(inode) = listening_inode(port) else { return false };
    let link = format!("socket:[{inode}]");
    fs::read_dir(format!("/proc/{pid}/fd")).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| fs::read_link(entry.path()).is_ok_and(|to| to == *link))
    })
}

/// The inode of the socket that listens on 127.0.0.1 at `port`.
fn listening_inode(port: u16) -> Option<String> {
    let table = fs::read_to_string("/proc/net/tcp").expect("the table of sockets");
    let address = format!("0100007F:{port:04X}");
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listens = fields.get(1) == Some(&address.as_str()) && fields.get(3) == Some(&"0A");
        listens.then(|| fields.get(9).map(ToString::to_string)).flatten()
    })
}

/// The number of files below `folder`.
pub(super) fn count_files(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let paths = entries.filter_map(Result::ok).map(|entry| entry.path());
    paths.map(|path| if path.is_dir() { count_files(&path) } else { 1 }).sum()
}
