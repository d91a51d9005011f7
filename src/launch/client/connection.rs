//! Connecting to the supervisor, and starting it if necessary.

use std::io::{self, BufReader};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::super::address::Address;
use super::super::guard::ENDPOINT as GUARD;
use super::super::process::{self, Connection};
use super::super::protocol::{self, Hello, PROTOCOL, Reply, Request, Want};
use super::super::settings::{Settings, Storage};
use super::super::supervisor::{ENDPOINT, LOCK, Record, SERVE, SOCKET};
use super::environment::Environment;
use crate::caching::tool::Tool;

/// The longest wait for a supervisor. The previous one may still wait for its compilations.
const TIMEOUT: Duration = Duration::from_secs(40);
/// The longest time for a new supervisor to start.
const START: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(3);

/// A connection to the supervisor. While it is open, the supervisor counts the client.
#[derive(Debug)]
pub(super) struct Supervised {
    reader: BufReader<Connection>,
    process: u32,
}

/// The reason why there is no supervisor.
#[derive(Debug)]
pub(super) enum Missing {
    /// This variable is not set.
    Secret(String),
    /// None of the possible run folders can be used. The error is that of the first one.
    Folder(io::Error),
}

/// The guard in the supervisor of this storage. Starts a supervisor, if none runs.
pub(super) fn guard(settings: &Settings, storage: &Storage) -> Option<Connection> {
    let find = || running_guard(settings, storage);
    find().or_else(|| find_or_start(settings, storage).ok().and_then(|_| find()))
}

/// The guard in the supervisor of this storage, if it runs.
pub(super) fn running_guard(settings: &Settings, storage: &Storage) -> Option<Connection> {
    let owner = process::owner();
    let roots = process::user_folders(&settings.run_root);
    let found = roots.iter().find_map(|root| reach(&root.join(&storage.id).join(&owner), GUARD));
    found.map(|(connection, _)| connection)
}

/// The supervisor of this storage, if it runs.
pub(super) fn find(settings: &Settings, storage: &Storage) -> Option<Supervised> {
    let owner = process::owner();
    let roots = process::user_folders(&settings.run_root);
    roots.iter().find_map(|root| connect(&root.join(&storage.id).join(&owner)))
}

/// The address of the daemon of this storage, whether it runs or not. `None` if it would use any port.
pub(super) fn address(settings: &Settings, storage: &Storage) -> Option<Address> {
    let owner = process::owner();
    let folders = process::user_folders(&settings.run_root);
    let mut folders = folders.iter().map(|root| root.join(&storage.id).join(&owner));
    if settings.needs_port() {
        // After the end of a daemon, another process may listen on its port. So require a running supervisor.
        return folders.find_map(|folder| connect(&folder).and_then(|_| Record::read(&folder)?.address()));
    }
    let first = folders.clone().next().unwrap_or_default();
    let folder = folders.find(|folder| folder.join(SOCKET).exists()).unwrap_or(first);
    Some(Address::Socket(folder.join(SOCKET)))
}

/// A connection to a socket in a private folder, and the process ID of the other end.
fn reach(folder: &Path, socket: &str) -> Option<(Connection, u32)> {
    if !process::is_run_folder(folder) {
        return None;
    }
    let connection = Connection::connect(folder.join(socket)).ok()?;
    let process = process::peer(&connection)?;
    Some((connection, process))
}

fn connect(folder: &Path) -> Option<Supervised> {
    let (connection, process) = reach(folder, ENDPOINT)?;
    Some(Supervised { reader: BufReader::with_capacity(1024, connection), process })
}

/// The supervisor of this storage. If none runs, one of several clients starts it.
pub(super) fn find_or_start(settings: &Settings, storage: &Storage) -> Result<Supervised, Missing> {
    if let Some(supervised) = find(settings, storage) {
        return Ok(supervised);
    }
    let environment = match settings.tool {
        Tool::Sccache => Environment::of_supervisor(settings, storage).map_err(Missing::Secret)?,
        // The supervisor has no daemon for ccache, so it does not need the settings and the secrets.
        Tool::Ccache => Environment::of_guard(settings),
    };
    let owner = process::owner();
    let mut reason = io::Error::from(io::ErrorKind::NotFound);
    for root in process::user_folders(&settings.run_root) {
        let started = process::make_private_folder(&root, &storage.id, &owner)
            .and_then(|_| start(settings, storage, &root, &owner, &environment));
        match started {
            Ok(supervised) => return Ok(supervised),
            // Report the error of the first folder, because users know this one.
            Err(error) if reason.kind() == io::ErrorKind::NotFound => reason = error,
            Err(_) => {}
        }
    }
    Err(Missing::Folder(reason))
}

type Variables = [(std::ffi::OsString, std::ffi::OsString)];

fn start(
    settings: &Settings,
    storage: &Storage,
    root: &Path,
    owner: &str,
    environment: &Variables,
) -> io::Result<Supervised> {
    let begun = Instant::now();
    let mut attempts = 0;
    loop {
        // The folder may be removed at any time.
        let folder = process::make_private_folder(root, &storage.id, owner)?;
        if let Some(supervised) = connect(&folder) {
            return Ok(supervised);
        }
        match process::lock_to_start(&folder.join(LOCK)) {
            Ok(lock) => {
                attempts += 1;
                if attempts > 3 {
                    return Err(io::Error::other("the supervisor does not start"));
                }
                let mut command = process::command(process::this_program());
                command
                    .args([SERVE, &storage.id])
                    .arg(settings.folder().join("launcher.json"))
                    .env_clear()
                    .envs(environment.iter().map(|(name, value)| (name, value)))
                    .current_dir(&folder);
                let (mut child, _lock) = process::start_supervisor(&mut command, lock)?;
                let started = Instant::now();
                while started.elapsed() < START && !matches!(child.try_wait(), Ok(Some(_))) {
                    if let Some(supervised) = connect(&folder) {
                        return Ok(supervised);
                    }
                    thread::sleep(PAUSE);
                }
            }
            Err(std::fs::TryLockError::WouldBlock) if begun.elapsed() < TIMEOUT => thread::sleep(PAUSE),
            Err(std::fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::TimedOut.into()),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

impl Supervised {
    /// Sends a request, and waits for the answer. This may take as long as the daemon needs to stop and start.
    pub(super) fn ask(
        &mut self,
        settings: &Settings,
        storage: &Storage,
        want: Want,
        object: &str,
    ) -> io::Result<Reply> {
        let folder = std::env::current_dir().map(|folder| folder.to_string_lossy().into_owned());
        let mut base_dirs = if settings.relocatable { settings.all_base_dirs() } else { Vec::new() };
        // The daemon would be replaced again and again for one that does not exist.
        base_dirs.retain(|folder| Path::new(folder).is_dir());
        let hello = Hello {
            protocol: PROTOCOL,
            want,
            settings: settings.digest(storage),
            base_dirs,
            folder: folder.unwrap_or_default(),
            object: object.to_owned(),
        };
        self.send(&Request::Hello(hello))?;
        self.connection().set_read_timeout(Some(TIMEOUT))?;
        self.listen()
    }

    pub(super) fn send(&mut self, request: &Request) -> io::Result<()> {
        protocol::send(self.reader.get_mut(), request)
    }

    /// The next message of the supervisor.
    pub(super) fn listen(&mut self) -> io::Result<Reply> {
        protocol::receive(&mut self.reader)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    pub(super) fn connection(&self) -> &Connection {
        self.reader.get_ref()
    }

    /// The process ID of the supervisor, which is also the session ID of its processes.
    pub(super) fn process(&self) -> u32 {
        self.process
    }
}
