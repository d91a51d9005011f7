//! sccache's daemon, a child process of the supervisor.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitCode, Stdio};
use std::time::{Duration, Instant};

use super::files::{self, CONFIGURATION, LOG, SOCKET};
use super::log::{self, DaemonLog};
use super::outcomes::Outcomes;
use super::port::Port;
use crate::caching::tool::Version;
use crate::launch::address::Address;
use crate::launch::distribute::TOKEN;
use crate::launch::process::{self, Connection, Descriptor, Process, Source as _, Waitable};

/// `--stage PARENT PROGRAM`: becomes the daemon, which the kernel kills when its supervisor ends.
pub(in crate::launch) const STAGE: &str = "--stage";

/// A daemon.
#[derive(Debug)]
pub(super) struct Daemon {
    child: Child,
    process: Process,
    number: u64,
    base_dirs: Vec<String>,
    place: Place,
    is_ready: bool,
    distributes: bool,
    end: Option<Descriptor>,
    log: Option<DaemonLog>,
    configuration: Option<Configuration>,
    started: Instant,
}

/// The file with the settings of the distribution and the token. The daemon reads it only when it starts.
#[derive(Debug)]
struct Configuration {
    path: PathBuf,
}

impl Configuration {
    fn write(path: PathBuf, text: &str) -> io::Result<Self> {
        files::create(&path)?.write_all(text.as_bytes())?;
        Ok(Self { path })
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The address of a daemon.
#[derive(Debug)]
enum Place {
    Socket {
        /// The path before the daemon listens.
        new: PathBuf,
        socket: PathBuf,
    },
    Port(Port),
}

impl Place {
    /// The address in the environment of the daemon.
    fn first_address(&self) -> Address {
        match self {
            Self::Socket { new, .. } => Address::Socket(new.clone()),
            Self::Port(port) => Address::Port(port.number()),
        }
    }
}

/// The settings for the start of a daemon, in addition to the environment of the supervisor.
#[derive(Debug)]
pub(super) struct Start<'a> {
    pub(super) program: &'a Path,
    pub(super) folder: &'a Path,
    pub(super) number: u64,
    pub(super) needs_port: bool,
    pub(super) base_dirs: &'a [String],
    pub(super) directory: Option<&'a Path>,
    /// The configuration of a daemon that distributes.
    pub(super) configuration: Option<&'a str>,
}

impl Daemon {
    /// Starts the daemon. Only the main thread may call this: the kernel kills the daemon when the calling thread ends.
    pub(super) fn start(start: &Start<'_>) -> io::Result<Self> {
        let Start { program, folder, number, needs_port, base_dirs, directory, configuration } = *start;
        let new = folder.join(format!("new.{number}"));
        let _ = fs::remove_file(&new);
        let place = if needs_port {
            Place::Port(Port::choose(&new)?)
        } else {
            Place::Socket { new, socket: folder.join(SOCKET) }
        };
        let file = files::create(&folder.join(LOG))?;
        let of_user = process::variable(log::VARIABLE);
        let of_user = of_user.as_ref().map(|value| value.to_string_lossy());
        let log = DaemonLog::new(file.try_clone()?, of_user.as_deref());
        let (log, output) = match log.and_then(|log| log.writer().ok().map(|writer| (log, writer))) {
            Some((log, writer)) => (Some(log), writer),
            None => (None, file),
        };
        let file_of = |text: &str| Configuration::write(folder.join(CONFIGURATION), text);
        let configuration = configuration.map(file_of).transpose()?;
        let path = configuration.as_ref().map_or(Path::new(process::DISCARD), |file| &file.path);
        let mut command = process::command_of_daemon(STAGE, program);
        command
            .env("SCCACHE_CONF", path)
            .env_remove(TOKEN)
            .env("SCCACHE_START_SERVER", "1")
            .env("SCCACHE_NO_DAEMON", "1")
            // sccache counts from the last request, so it would end during a long compilation.
            .env("SCCACHE_IDLE_TIMEOUT", "0")
            // For universal binaries of macOS. With an older sccache, which would return wrong objects, a rule runs the compiler.
            .env("SCCACHE_CACHE_MULTIARCH", "1")
            .current_dir(process::root_folder())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        if let Some(log) = &log {
            command.env(log::VARIABLE, log.value());
        }
        place.first_address().set_environment(&mut command);
        if let Place::Port(port) = &place {
            command.env("SCCACHE_STARTUP_NOTIFY", port.address());
        }
        if !base_dirs.is_empty() {
            command.env("SCCACHE_BASEDIRS", base_dirs.join(process::LIST_SEPARATOR));
        }
        if let Some(directory) = directory {
            command.env("SCCACHE_DIR", directory);
        }
        let child = command.spawn()?;
        let process = Process::of(child.id()).ok_or(io::ErrorKind::NotFound)?;
        // Without the descriptor, the supervisor notices the end up to a second later.
        let end = process::exit_descriptor(child.id());
        Ok(Self {
            child,
            process,
            number,
            base_dirs: base_dirs.to_vec(),
            place,
            is_ready: false,
            end,
            log,
            distributes: configuration.is_some(),
            configuration,
            started: Instant::now(),
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn process(&self) -> Process {
        self.process
    }

    /// A descriptor that is ready for reading when the daemon has ended.
    pub(super) fn end(&self) -> Option<Waitable<'_>> {
        self.end.as_ref().map(|end| end.waitable())
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn base_dirs(&self) -> &[String] {
        &self.base_dirs
    }

    /// The address at which it listens when it is ready.
    pub(super) fn address(&self) -> Address {
        match &self.place {
            Place::Socket { socket, .. } => Address::Socket(socket.clone()),
            Place::Port(port) => Address::Port(port.number()),
        }
    }

    /// Reads what the daemon has written to its log, and writes what the user wants to see to the log file.
    pub(super) fn read_log(&mut self, outcomes: &mut Outcomes) {
        if let Some(log) = &mut self.log {
            log.read(outcomes);
        }
    }

    /// The same after the end of the daemon.
    pub(super) fn finish_log(&mut self, outcomes: &mut Outcomes) {
        if let Some(log) = &mut self.log {
            log.finish(outcomes);
        }
    }

    /// Whether the log has the outcomes of compilations.
    pub(super) const fn has_outcomes(&self) -> bool {
        self.log.is_some()
    }

    pub(super) fn has_ended(&self) -> bool {
        process::has_ended(&self.child)
    }

    /// Whether the daemon answers. If it does, its socket gets the final name. The socket exists before the daemon listens.
    pub(super) fn looks_ready(&mut self) -> bool {
        if self.is_ready {
            return true;
        }
        let id = self.child.id();
        self.is_ready = match &mut self.place {
            Place::Socket { new, socket } => {
                Connection::connect(&*new).is_ok() && fs::rename(new, socket).is_ok()
            }
            Place::Port(port) => port.is_listening(id),
        };
        if self.is_ready {
            self.configuration = None;
        }
        self.is_ready
    }

    /// Whether the daemon distributes compilations.
    pub(super) const fn distributes(&self) -> bool {
        self.distributes
    }

    /// Whether a daemon that distributes needs too long to start. It asks the scheduler first, and ends after 10 s without an answer.
    pub(super) fn waits_for_scheduler(&self, most: Duration) -> bool {
        self.distributes && !self.is_ready && self.started.elapsed() >= most
    }

    /// Whether the daemon could not listen because another process uses its port.
    pub(super) fn port_was_taken(&mut self) -> bool {
        let id = self.child.id();
        match &mut self.place {
            Place::Socket { .. } => false,
            Place::Port(port) => port.is_taken(id),
        }
    }

    /// The programs that the daemon runs.
    pub(super) fn programs(&self) -> Vec<Process> {
        process::descendants(self.id())
    }

    /// Stops the daemon (SIGSTOP), and kills the programs that it runs.
    pub(super) fn suspend(&self) {
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
        match &self.place {
            Place::Socket { socket, .. } if self.is_ready => drop(fs::remove_file(socket)),
            Place::Socket { new, .. } => drop(fs::remove_file(new)),
            Place::Port(port) => port.clear_up(),
        }
    }

    /// Asks the daemon to stop after its compilations. Returns the process that asks.
    pub(super) fn ask_to_end(&self, program: &Path, version: Version) -> io::Result<Child> {
        let address = self.address();
        process::command_in_background(program)
            .arg("--stop-server")
            .env_remove(address.other_variable())
            .envs(address.of_client(version))
            .current_dir(process::root_folder())
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
    if process::end_with_parent(parent)
        && let Ok(code) = process::replace_by(&mut process::command(program))
    {
        return code;
    }
    ExitCode::FAILURE
}
