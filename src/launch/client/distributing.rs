//! Compilations by sccache that its daemon may distribute.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::super::address::Address;
use super::super::distribute::{self, Language, Servers};
use super::super::process::{self, Connection, Source as _};
use super::super::protocol::{Reply, Request, Want};
use super::super::reading;
use super::super::settings::{Settings, Storage};
use super::super::stamp;
use super::request::{self, Response};
use super::{Compilation, connection, secrets};
use crate::foreign::is_credential;
use crate::journal::{Outcome, Placed};

/// sccache distributes no command with a variable that is not UTF-8: it cannot send it (`osstring_tuples_to_strings` in
/// `src/dist/mod.rs`, 0.2 to 0.19). The variable is no part of the key, so both kinds of compilations share their objects.
const HERE: &str = "TOOLCHAINKIT_HERE";
const NOT_UTF_8: &[u8] = b"\xff";

/// The longest time for a small file, if a compilation takes long or the servers were left out.
pub(super) const SMALL: Duration = Duration::from_secs(4);
/// The interval at which the time is checked.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// The largest object of a small file.
const LARGEST: u64 = 1 << 20;

/// Where the compiler of a miss runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The daemon does not distribute.
    AsSet,
    /// On this machine, because a rule or an unknown compiler keeps the compilation here.
    Kept,
    /// On this machine, because the servers do not answer.
    Here,
    /// On one of the servers.
    Servers,
}

impl Place {
    /// The place for this compilation. `distributes`: whether the daemon does.
    pub(super) fn of(compilation: &Compilation, storage: &Storage, distributes: bool) -> Self {
        let (settings, plan) = (&compilation.settings, &compilation.plan);
        if !storage.distributes {
            if let Some(servers) = Servers::of(settings).filter(|_| plan.distributed().is_some()) {
                compilation
                    .warn(&format!("{} is not set: nothing is distributed", servers.variables().join(", ")));
            }
            return Self::AsSet;
        }
        let Some((language, servers)) = plan.distributed().zip(Servers::of(settings)) else {
            return Self::Kept;
        };
        let answers = || answers(settings, storage, plan.compiler_path(), language);
        if distributes && servers.may_be_used(answers) { Self::Servers } else { Self::Here }
    }

    /// Sets the variables of a command of sccache's client.
    pub(super) fn set_environment(self, settings: &Settings, command: &mut Command) {
        match self {
            Self::AsSet => {}
            Self::Kept | Self::Here => {
                command.env(HERE, process::of_bytes(NOT_UTF_8));
            }
            // sccache sends all variables to the server.
            Self::Servers => {
                for name in credentials(settings) {
                    command.env_remove(name);
                }
            }
        }
    }
}

/// The variables of the environment with credentials.
fn credentials(settings: &Settings) -> Vec<OsString> {
    let known = secrets::names(settings);
    let names = process::environment().map(|(name, _)| name);
    names
        .filter(|name| name.to_str().is_some_and(|name| known.contains(&name) || is_credential(name)))
        .collect()
}

/// Whether a server compiles a small file now.
pub(super) fn answers(settings: &Settings, storage: &Storage, compiler: &Path, language: Language) -> bool {
    compile_small(settings, storage, compiler, language, SMALL)
        .is_ok_and(|small| matches!(small.placed, Some(Placed::Remote(_))))
}

/// A small file that was compiled.
#[derive(Debug)]
pub(super) struct Small {
    /// Where it was compiled, if the daemon has asked a server.
    pub(super) placed: Option<Placed>,
    /// The object; `None` if it was not compiled.
    pub(super) object: Option<Vec<u8>>,
    /// The object of the compiler on this machine; `None` if it was not compiled.
    pub(super) expected: Option<Vec<u8>>,
    /// The messages of sccache and the compiler.
    pub(super) messages: String,
}

/// Compiles a file that no cache has, and stores nothing. The error is the reason why this is not possible.
pub(super) fn compile_small(
    settings: &Settings,
    storage: &Storage,
    compiler: &Path,
    language: Language,
    limit: Duration,
) -> Result<Small, &'static str> {
    const NO_ANSWER: &str = "the daemon of sccache does not answer";
    let folder = Folder::new(settings).ok_or("the build folder cannot be written")?;
    let name = folder.name();
    let source = format!("{name}.{}", if language == Language::C { "c" } else { "cpp" });
    let object = folder.0.join(format!("{name}.o"));
    stamp::replace(&folder.0.join(&source), distribute::probe_source(&name).as_bytes());
    let arguments = ["-O2", "-c", &source, "-o"].map(OsStr::new).into_iter().chain([object.as_os_str()]);
    let begun = Instant::now();
    let left = || limit.saturating_sub(begun.elapsed());
    let mut supervised = connection::find_or_start(settings, storage).map_err(|_| NO_ANSWER)?;
    let asked = supervised.ask(settings, storage, Want::Compile, &object.to_string_lossy());
    let Ok(Reply::Use { address: Address::Socket(socket), .. }) = asked else { return Err(NO_ANSWER) };
    let mut connection = Connection::connect(&socket).map_err(|_| NO_ANSWER)?;
    process::peer(&connection).ok_or(NO_ANSWER)?;
    let removed = credentials(settings);
    let mut environment: Vec<(OsString, OsString)> =
        process::environment().filter(|(name, _)| !removed.contains(name)).collect();
    environment.extend([("SCCACHE_NO_CACHE".into(), "1".into()), ("SCCACHE_DIRECT".into(), "false".into())]);
    let request = request::compile(compiler.as_os_str(), folder.0.as_os_str(), arguments, &environment);
    connection.set_write_timeout(Some(SMALL)).map_err(|_| NO_ANSWER)?;
    connection.write_all(&request).map_err(|_| NO_ANSWER)?;
    let mut received = Vec::new();
    let messages = loop {
        if left().is_zero() {
            return Err("no server answers");
        }
        let both = [connection.waitable(), supervised.connection().waitable()];
        let ready = process::wait_for_any(&both, left().min(POLL_INTERVAL));
        if ready[1] {
            match supervised.listen() {
                // The limit of time is known here.
                Ok(Reply::Doubt) => {
                    supervised.send(&Request::Asked { answers: true }).map_err(|_| NO_ANSWER)?;
                }
                Ok(Reply::Repeat { .. }) => return Err("no server answers"),
                Ok(Reply::GiveUp { .. }) | Err(_) => return Err(NO_ANSWER),
                Ok(_) => {}
            }
        }
        if ready[0] {
            let mut part = [0; 16 * 1024];
            match connection.read(&mut part) {
                Ok(0) | Err(_) => return Err(NO_ANSWER),
                Ok(length) => received.extend_from_slice(&part[..length]),
            }
            match request::take(&mut received).map_err(|_| NO_ANSWER)? {
                None | Some(Response::Started) => {}
                Some(Response::Unhandled | Response::Unsupported(_)) => {
                    return Err("sccache does not know the compiler");
                }
                Some(Response::Finished(finished)) => {
                    break String::from_utf8_lossy(&finished.errors).into_owned();
                }
            }
        }
    };
    let object = reading::read(&object, LARGEST).ok();
    let told = supervised
        .send(&Request::Finished { runs: 1 })
        .and_then(|()| supervised.connection().set_read_timeout(Some(SMALL)))
        .and_then(|()| supervised.listen());
    let placed = match told {
        Ok(Reply::Outcome { placed, .. }) => placed,
        _ => None,
    };
    let expected = folder.compile_here(compiler, &source);
    Ok(Small { placed, object, expected, messages })
}

/// A folder for small files, which is removed again.
struct Folder(PathBuf);

impl Folder {
    fn new(settings: &Settings) -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Other build folders may use the same daemon, which does not tell objects with one name apart.
        let build = process::digest(settings.build.as_os_str().as_encoded_bytes());
        let name = format!("small_{}_{number}_{build}", std::process::id());
        let path = distribute::folder(settings).join(name);
        process::create_folder(&path).ok()?;
        Some(Self(path))
    }

    fn name(&self) -> String {
        self.0.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The object of the compiler on this machine.
    fn compile_here(&self, compiler: &Path, source: &str) -> Option<Vec<u8>> {
        let object = self.0.join("here.o");
        let mut command = process::command_in_background(compiler);
        command.args(["-O2", "-c", source, "-o"]).arg(&object).current_dir(&self.0);
        let ended = command.stdin(std::process::Stdio::null()).output().ok()?;
        ended.status.success().then(|| reading::read(&object, LARGEST).ok()).flatten()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _: io::Result<()> = fs::remove_dir_all(&self.0);
    }
}

/// Where the compiler ran, if sccache was asked at this place.
pub(super) fn placed(place: Place, outcome: Outcome, told: Option<Placed>) -> Option<Placed> {
    match place {
        Place::Servers => told,
        Place::Here if outcome == Outcome::Miss => Some(Placed::Here),
        Place::AsSet | Place::Kept | Place::Here => None,
    }
}
