//! What is known of supervisors by their files, for `toolchainkit server`.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::launch::address::Address;
use crate::launch::process::{self, Connection, Place, Process};
use crate::launch::protocol::{self, Hello, PROTOCOL, Reply, Request, Want};

/// `server.json` in the folder of a supervisor. Nothing that it names is ever run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Record {
    /// The folder in which it was found.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Names the storage.
    pub id: String,
    /// The cache tool's program.
    pub program: String,
    /// Its version.
    pub version: String,
    /// Where the daemon listens: the path of a socket, or `127.0.0.1:PORT`.
    pub socket: String,
    /// The storage in words.
    pub location: String,
    /// The project that was built first with it.
    pub project: String,
    /// The base directories that the daemon knows.
    #[serde(default)]
    pub source_dirs: Vec<String>,
    /// The daemon's process.
    #[serde(default)]
    pub daemon: u32,
    /// The supervisor's process.
    #[serde(default)]
    pub supervisor: u32,
    #[serde(default)]
    pub(super) start: u64,
    #[serde(default)]
    pub(super) place: Place,
}

/// The longest that the end of a daemon takes: it finishes what it compiles.
const STOP: Duration = Duration::from_secs(30);
const ANSWER: Duration = Duration::from_secs(2);
const FILE: &str = "server.json";

impl Record {
    pub(super) fn note_daemon(&mut self, process: Process) {
        self.daemon = process.id;
        self.start = process.start;
        self.place = Place::here();
    }

    /// Where the daemon listens.
    pub(in crate::launch) fn address(&self) -> Option<Address> {
        self.socket.clone().try_into().ok()
    }

    /// The daemon's process, if it is still there.
    pub(super) fn living_daemon(&self) -> Option<Process> {
        (self.place == Place::here())
            .then(|| Process::of(self.daemon))?
            .filter(|process| process.start == self.start && !process.is_over)
    }

    pub(super) fn write(&self) -> io::Result<()> {
        let path = self.folder.join(FILE);
        let new = self.folder.join("server.new");
        serde_json::to_writer(File::create(&new)?, self)?;
        fs::rename(new, path)
    }

    pub(super) fn remove(folder: &Path) {
        let _ = fs::remove_file(folder.join(FILE));
    }

    /// The record of a folder that is ours.
    pub(in crate::launch) fn read(folder: &Path) -> Option<Self> {
        const LONGEST: u64 = 1 << 20;
        if !process::is_private_folder(folder) {
            return None;
        }
        let mut text = String::new();
        File::open(folder.join(FILE)).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
        let record: Self = serde_json::from_str(&text).ok()?;
        Some(Self { folder: folder.to_path_buf(), ..record })
    }
}

/// The supervisors of this user below these folders that were started and have not ended in order.
#[must_use]
pub fn list(run_roots: &[PathBuf]) -> Vec<Record> {
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())));
        let mut folders: Vec<PathBuf> = entries.map(Iterator::collect).unwrap_or_default();
        folders.sort();
        folders
    };
    let ours = run_roots.iter().filter(|root| process::is_private_folder(root));
    let storages = ours.flat_map(|root| folders(root));
    storages.flat_map(|storage| folders(&storage)).filter_map(|folder| Record::read(&folder)).collect()
}

/// Whether it answers.
#[must_use]
pub fn is_running(record: &Record) -> bool {
    ask(record, Want::Ping, ANSWER).is_ok_and(|reply| reply == Reply::Here)
}

/// Ends a supervisor and its daemon, which finishes what it compiles.
///
/// # Errors
///
/// Where none runs, or it does not end.
pub fn stop(record: &Record) -> io::Result<()> {
    match ask(record, Want::Stop, STOP)? {
        Reply::Stopped => Ok(()),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

fn ask(record: &Record, want: Want, most: Duration) -> io::Result<Reply> {
    let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
    if !process::is_private_folder(&record.folder) {
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
