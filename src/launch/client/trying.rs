//! `launcher --try-servers`: the trial of sccache-dist when the build is configured. `sccache --dist-status` alone says neither that
//! the token is wrong, nor that the servers cannot compile. The trial also packs the compilers, and sends them to the servers.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::super::distribute::{self, Ended, Language, Servers};
use super::super::process;
use super::super::protocol::{Reply, Request, Want};
use super::super::rules::{Facts, Machine, path_of_directory};
use super::super::settings::{Settings, Storage};
use super::connection::{self, Missing};
use super::distributing::compile_small;
use super::environment::Environment;
use super::secrets;
use crate::caching::tool::{Tool, Version};
use crate::journal::Placed;

/// The longest time for one compilation, which packs the compiler and sends it to a server.
const LIMIT: Duration = Duration::from_secs(100);
/// The longest time for the state of the scheduler.
const STATE_LIMIT: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);
/// Compilations at the same time, so that several servers get the compiler.
const MOST: u64 = 8;
/// The first version that was tried.
const FIRST: Version = Version::new(0, 10, 0);

/// What the servers can do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// The number of servers that the scheduler knows.
    pub servers: u64,
    /// The number of their processors.
    pub processors: u64,
    /// The compilers with which a server writes the same object as this machine.
    pub compilers: Vec<PathBuf>,
    /// The reasons why not all compilations can be distributed.
    pub faults: Vec<String>,
}

impl Trial {
    fn failed(fault: String) -> Self {
        Self { faults: vec![fault], ..Self::default() }
    }
}

/// `launcher --try-servers C=COMPILER CXX=COMPILER`: tries the servers with these compilers, and prints a line of JSON. Without an
/// argument, with those that were tried before.
pub(in crate::launch) fn try_servers(arguments: &[OsString]) -> ExitCode {
    let settings = match super::settings() {
        Ok(settings) => settings,
        Err(unreadable) => {
            return super::super::print_error(&format!("toolchainkit: {}\n", unreadable.reason));
        }
    };
    let compilers: Vec<(Language, PathBuf)> = arguments
        .iter()
        .filter_map(|argument| argument.to_str()?.split_once('='))
        .filter_map(|(name, compiler)| {
            let language = Language::ALL.into_iter().find(|language| language.name() == name)?;
            Some((language, compiler_of(&settings, compiler)))
        })
        .collect();
    if arguments.is_empty() {
        let tried = Servers::of(&settings).map(|servers| servers.tried()).unwrap_or_default();
        return print(&try_with(&settings, &tried, Want::Compile));
    }
    let trial = try_with(&settings, &compilers, Want::Start);
    if let Some(servers) = Servers::of(&settings) {
        for (language, compiler) in compilers.iter().filter(|(_, of)| trial.compilers.contains(of)) {
            servers.remember(compiler, *language);
        }
    }
    print(&trial)
}

fn print(trial: &Trial) -> ExitCode {
    let line = serde_json::json!(trial);
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The path of a compiler, as sccache gets it.
fn compiler_of(settings: &Settings, compiler: &str) -> PathBuf {
    let checkout = settings.checkout();
    let directory = path_of_directory(&settings.build, &checkout, settings.tool);
    let variable = |name: &str| process::variable(name);
    Facts::compiler(&Machine::new(settings.tool, &checkout, compiler.as_ref(), &directory, &variable)).path
}

fn try_with(settings: &Settings, compilers: &[(Language, PathBuf)], want: Want) -> Trial {
    let Some(servers) = Servers::of(settings) else {
        return Trial::failed("launcher.json contains no scheduler".to_owned());
    };
    let version = settings.tool_version();
    if settings.tool != Tool::Sccache || !version.at_least(FIRST) || !super::request::is_known(version) {
        return Trial::failed(format!("it needs sccache {FIRST} to 0.19, not {version}"));
    }
    let Some(storage) = settings.storages.first().filter(|storage| storage.distributes) else {
        return Trial::failed(format!("{} is not set", servers.variables().join(", ")));
    };
    let scheduler = servers.scheduler();
    let address = match start(settings, storage, want) {
        Ok(Some(address)) => address,
        Ok(None) => return Trial::failed(format!("{scheduler} does not answer")),
        Err(fault) => return Trial::failed(fault),
    };
    let Some((count, processors)) = state(settings, storage, &address) else {
        return Trial::failed(format!("the scheduler {scheduler} cannot be reached"));
    };
    if count == 0 {
        return Trial::failed(format!("the scheduler {scheduler} has no servers"));
    }
    let (mut known, mut faults) = (Vec::new(), BTreeSet::new());
    for (language, compiler) in compilers {
        match try_compiler(settings, storage, compiler, *language, count) {
            Ok(()) => known.push(compiler.clone()),
            Err(fault) => drop(faults.insert(fault)),
        }
    }
    Trial { servers: count, processors, compilers: known, faults: faults.into_iter().collect() }
}

/// Starts the daemon. `Ok(None)` if it runs, but does not distribute, because the scheduler has not answered.
fn start(
    settings: &Settings,
    storage: &Storage,
    want: Want,
) -> Result<Option<super::super::address::Address>, String> {
    const UNKNOWN: &str = "the daemon of sccache does not start";
    let begun = Instant::now();
    loop {
        let mut supervised = match connection::find_or_start(settings, storage) {
            Ok(supervised) => supervised,
            Err(Missing::Secret(name)) => return Err(format!("{name} is not set")),
            Err(Missing::Folder(reason)) => return Err(reason.to_string()),
        };
        match supervised.ask(settings, storage, want, "") {
            Ok(Reply::Use { address, distributes, .. }) => {
                let _ = supervised.send(&Request::Done);
                return Ok(distributes.then_some(address));
            }
            Ok(Reply::NotStarted { .. } | Reply::Without { .. }) => return Err(UNKNOWN.to_owned()),
            _ if begun.elapsed() < LIMIT => thread::sleep(2 * PAUSE),
            _ => return Err(UNKNOWN.to_owned()),
        }
    }
}

/// The numbers of servers and processors. `None` if the daemon cannot reach the scheduler.
fn state(
    settings: &Settings,
    storage: &Storage,
    address: &super::super::address::Address,
) -> Option<(u64, u64)> {
    let mut file = process::memory_file()?;
    let mut command = process::command_in_background(&settings.program);
    command.arg("--dist-status");
    Environment::of_client(settings, storage, address).apply(&mut command);
    command.stdin(Stdio::null()).stderr(Stdio::null()).stdout(file.try_clone().ok()?);
    match distribute::wait_for(command.spawn().ok()?, STATE_LIMIT) {
        Ended::TooLate => None,
        Ended::Success | Ended::Failure => read_state(&mut file),
    }
}

fn read_state(file: &mut File) -> Option<(u64, u64)> {
    const LARGEST: u64 = 64 * 1024;
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(LARGEST).read_to_string(&mut text).ok()?;
    let state: serde_json::Value = serde_json::from_str(text.trim()).ok()?;
    let state = &state["SchedulerStatus"][1];
    Some((state["num_servers"].as_u64()?, state["num_cpus"].as_u64()?))
}

fn try_compiler(
    settings: &Settings,
    storage: &Storage,
    compiler: &Path,
    language: Language,
    servers: u64,
) -> Result<(), String> {
    let compile = || compile_small(settings, storage, compiler, language, LIMIT);
    let check = |small: Result<super::distributing::Small, &'static str>| {
        let small = small.map_err(str::to_owned)?;
        let about = compiler.display();
        match (&small.placed, &small.object, &small.expected) {
            (_, _, None) => Err(format!("{about} does not compile the file for the trial")),
            (Some(Placed::Remote(_)), Some(object), Some(expected)) if object == expected => Ok(()),
            (Some(Placed::Remote(_)), Some(_), Some(_)) => {
                Err(format!("a server writes another object than {about}"))
            }
            (Some(Placed::Retried(reason)), _, _) => Err(reason.clone()),
            (Some(_), None, _) => {
                let filter = secrets::filter(settings);
                Err(distribute::words(&filter.bounded(&small.messages)).to_owned())
            }
            (Some(Placed::Here) | None, _, _) => Err("sccache does not distribute".to_owned()),
        }
    };
    // The first one packs the compiler.
    check(compile())?;
    // The scheduler gives each the server with the smallest load, so that most servers get the compiler now.
    thread::scope(|scope| {
        let more: Vec<_> = (1..servers.min(MOST)).map(|_| scope.spawn(compile)).collect();
        more.into_iter().filter_map(|thread| thread.join().ok()).try_for_each(check)
    })
}
