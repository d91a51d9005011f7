//! The records of supervisors, for `toolchainkit server`.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::launch::address::Address;
use crate::launch::local_caches::entries;
use crate::launch::process::{self, Connection, Place, Process};
use crate::launch::protocol::{self, Hello, PROTOCOL, Reply, Request, Want};

/// `server.json` in the run folder of a supervisor. Paths in it are never executed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// The folder of the record.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Identifies the storage.
    pub id: String,
    /// The path of the cache tool.
    pub program: String,
    /// Its version.
    pub version: String,
    /// The address of the daemon: the path of a socket, or `127.0.0.1:PORT`.
    pub socket: String,
    /// A description of the storage.
    pub location: String,
    /// The project that started the supervisor.
    pub project: String,
    /// The base directories of that project.
    #[serde(default)]
    pub source_dirs: Vec<String>,
    /// The process ID of the daemon.
    #[serde(default)]
    pub daemon: u32,
    /// The process ID of the supervisor.
    #[serde(default)]
    pub supervisor: u32,
    #[serde(default)]
    pub(super) start: u64,
    #[serde(default)]
    pub(super) place: Place,
}

/// The longest time for a daemon to stop: it finishes its compilations.
const STOP: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(2);
const FILE: &str = "server.json";

impl Record {
    pub(super) fn set_daemon(&mut self, process: Process) {
        self.daemon = process.id;
        self.start = process.start;
        self.place = Place::current();
    }

    /// The address of the daemon.
    pub(in crate::launch) fn address(&self) -> Option<Address> {
        self.socket.clone().try_into().ok()
    }

    /// The process of the daemon, if it still runs.
    pub(super) fn living_daemon(&self) -> Option<Process> {
        (self.place == Place::current())
            .then(|| Process::of(self.daemon))?
            .filter(|process| process.start == self.start && !process.is_over)
    }

    pub(super) fn write(&self) -> io::Result<()> {
        let path = self.folder.join(FILE);
        let new = self.folder.join("server.new");
        serde_json::to_writer(super::files::create(&new)?, self)?;
        fs::rename(new, path)
    }

    pub(super) fn remove(folder: &Path) {
        let _ = fs::remove_file(folder.join(FILE));
    }

    /// Reads the record of a private folder.
    pub(in crate::launch) fn read(folder: &Path) -> Option<Self> {
        const LONGEST: u64 = 1 << 20;
        if !process::is_run_folder(folder) {
            return None;
        }
        let mut text = String::new();
        File::open(folder.join(FILE)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let record: Self = serde_json::from_str(&text).ok()?;
        Some(Self { folder: folder.to_path_buf(), ..record })
    }
}

/// The records of this user below these folders. A supervisor removes its record when it exits.
#[must_use]
pub fn list(run_roots: &[PathBuf]) -> Vec<Record> {
    let ours = run_roots.iter().filter(|root| process::is_trusted_private_folder(root));
    let storages = ours.flat_map(|root| entries(root));
    storages.flat_map(|storage| entries(&storage)).filter_map(|folder| Record::read(&folder)).collect()
}

/// The record in a run folder of this user.
#[must_use]
pub fn read(folder: &Path) -> Option<Record> {
    Record::read(folder)
}

/// Whether the supervisor answers.
#[must_use]
pub fn is_running(record: &Record) -> bool {
    ask(record, Want::Ping, ANSWER).is_ok_and(|reply| reply == Reply::Here)
}

/// Stops a supervisor and its daemon after the running compilations.
///
/// # Errors
///
/// If no supervisor runs, or it does not stop.
pub fn stop(record: &Record) -> io::Result<()> {
    match ask(record, Want::Stop, STOP)? {
        Reply::Stopped => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn ask(record: &Record, want: Want, most: Duration) -> io::Result<Reply> {
    let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
    if !process::is_run_folder(&record.folder) {
        return Err(refused());
    }
    let mut connection = Connection::connect(record.folder.join(super::files::ENDPOINT))?;
    process::peer(&connection).ok_or_else(refused)?;
    connection.set_read_timeout(Some(most))?;
    let hello = Hello {
        protocol: PROTOCOL,
        want,
        settings: String::new(),
        base_dirs: Vec::new(),
        folder: String::new(),
        object: String::new(),
    };
    protocol::send(&mut connection, &Request::Hello(hello))?;
    protocol::receive(&mut BufReader::new(connection))?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
