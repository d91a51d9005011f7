//! The probe of the workers: each compiles a small file, and its object is compared with that of the compiler here. distcc
//! does not notice another compiler on a worker.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::super::settings::Settings;
use super::distcc::set_environment;
use super::workers::{Language, State, Worker, Workers};
use super::{Distribution, icecream};
use crate::caching::tool::Engine;
use crate::launch::process;
use crate::launch::reading::read;
use crate::launch::rules::{Facts, Machine, path_of_directory};
use crate::launch::stamp;

/// A worker that has not answered after this time cannot be used.
const LIMIT: Duration = Duration::from_secs(6);
/// The same for distcc itself, in seconds.
const IO_TIMEOUT: u64 = 5;
/// The same if a compilation takes long, and others wait for the answer.
const ALIVE: u64 = 3;
/// The time for icecream to pack the compiler while a compilation or `doctor` waits.
pub(super) const SOON: Duration = LIMIT;
/// The same while CMake configures: 6 to 24 s were measured.
pub(super) const LATER: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(5);
/// The largest object or log that is read.
pub(super) const LARGEST: u64 = 1 << 20;

/// It includes nothing, so that only the compiler decides about the object. GCC and Clang write their version into it.
const SOURCE: &str = "struct toolchainkit_probe { double weight; int parts[4]; };
double toolchainkit_probe_sum(const struct toolchainkit_probe *probe, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) {
    switch (probe[i].parts[i & 3]) {
      case 1: sum += probe[i].weight; break;
      case 7: sum -= probe[i].weight * 3; break;
      default: sum *= 1.5; break;
    }
  }
  return sum;
}
";

/// The source of the probe with a name in it, so that no cache has its object.
pub(in crate::launch) fn source(name: &str) -> String {
    SOURCE.replace("toolchainkit_probe", name)
}

/// Probes all workers at the same time. `None` if the compiler here does not compile the file.
/// icecream may pack the compiler for at most `patience`.
pub(super) fn probe(
    settings: &Settings,
    compiler: &Path,
    language: Language,
    patience: Duration,
) -> Option<Workers> {
    let distribution = settings.distribution.as_ref()?;
    let folder = Folder::new(&super::folder(settings), language)?;
    let here = folder.0.join("here.o");
    let mut command = process::command(compiler);
    add_arguments(&mut command, &folder.0, &here, language);
    if wait(&mut command, LIMIT) != Ended::Success {
        return None;
    }
    let expected = read(&here, LARGEST).ok()?;
    let object = process::digest(&expected);
    if distribution.engine == Engine::Icecream {
        let state = icecream::probe(distribution, compiler, language, &folder.0, &expected, patience);
        let worker = Worker { entry: icecream::ENTRY.to_owned(), state };
        return Some(Workers::new(compiler, language, object, vec![worker]));
    }
    let states = thread::scope(|scope| {
        let probing = distribution.hosts.iter().enumerate().map(|(number, entry)| {
            let (folder, expected) = (&folder.0, &expected);
            scope.spawn(move || {
                probe_one(distribution, compiler, language, folder, (entry, number), expected, IO_TIMEOUT)
            })
        });
        let probing: Vec<_> = probing.collect();
        probing
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| State::Failed("internal error".to_owned())))
            .collect::<Vec<_>>()
    });
    let workers = distribution.hosts.iter().zip(states);
    let workers = workers.map(|(entry, state)| Worker { entry: entry.clone(), state }).collect();
    Some(Workers::new(compiler, language, object, workers))
}

/// Whether the worker compiles the file at the moment.
pub(super) fn is_alive(settings: &Settings, compiler: &Path, language: Language, entry: &str) -> bool {
    let Some(distribution) = settings.distribution.as_ref() else { return false };
    let Some(folder) = Folder::new(&super::folder(settings), language) else { return true };
    probe_one(distribution, compiler, language, &folder.0, (entry, 0), &[], ALIVE) == State::Different
}

fn probe_one(
    distribution: &Distribution,
    compiler: &Path,
    language: Language,
    folder: &Path,
    (entry, number): (&str, usize),
    expected: &[u8],
    seconds: u64,
) -> State {
    let object = folder.join(format!("{number}.o"));
    let own = folder.join(number.to_string());
    if let Err(error) = process::create_folder(&own) {
        return State::Failed(error.to_string());
    }
    let mut command = process::command(&distribution.program);
    command.arg(compiler);
    add_arguments(&mut command, folder, &object, language);
    set_environment(&mut command, &own, entry, seconds);
    let messages = own.join("log");
    command.env("DISTCC_LOG", &messages).env("DISTCC_VERBOSE", "0");
    // distcc reports its own timeout.
    match wait(&mut command, Duration::from_secs(seconds + 1)) {
        Ended::Success => match read(&object, LARGEST) {
            Ok(object) if object == expected => State::Same,
            Ok(_) => State::Different,
            Err(error) => State::Failed(error.to_string()),
        },
        Ended::Failure => {
            State::Failed(reason(&String::from_utf8_lossy(&read(&messages, LARGEST).unwrap_or_default())))
        }
        Ended::TooLate => State::Failed("it does not answer".to_owned()),
    }
}

/// Causes in the messages of distcc, and words for them.
const CAUSES: [(&str, &str); 5] = [
    ("Connection refused", "the connection is refused"),
    ("failed to look up host", "its name is not known"),
    ("timed out", "it does not answer"),
    ("timeout", "it does not answer"),
    ("unexpected eof", "it ends the connection: it may not allow this machine"),
];

/// The cause in the log of distcc. Texts of other programs are not shown.
fn reason(log: &str) -> String {
    let known = CAUSES.iter().find(|(text, _)| log.contains(text));
    known.map_or("it does not compile: it may lack the compiler", |(_, words)| words).to_owned()
}

/// Adds the arguments of the compiler.
pub(super) fn add_arguments(command: &mut Command, folder: &Path, object: &Path, language: Language) {
    command.args(["-O2", "-c", language.source(), "-o"]).arg(object).current_dir(folder);
    command.env_remove(super::VARIABLE).env_remove("CCACHE_PREFIX");
}

/// How a process has ended.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::launch) enum Ended {
    Success,
    Failure,
    TooLate,
}

/// Runs it without output for at most this time.
pub(super) fn wait(command: &mut Command, limit: Duration) -> Ended {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.spawn().map_or(Ended::Failure, |child| wait_for(child, limit))
}

/// Waits for a process for at most this time. Then it ends it, and those that it has started.
pub(in crate::launch) fn wait_for(mut child: Child, limit: Duration) -> Ended {
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ended::Success,
            Ok(Some(_)) | Err(_) => return Ended::Failure,
            Ok(None) if begun.elapsed() < limit => thread::sleep(PAUSE),
            Ok(None) => {
                let below = process::descendants(child.id());
                let _ = child.kill();
                let _ = child.wait();
                below.into_iter().for_each(process::kill);
                return Ended::TooLate;
            }
        }
    }
}

/// A folder for one probe, which is removed again.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// `None` if it cannot be made in `parent`.
    pub(super) fn new(parent: &Path, language: Language) -> Option<Self> {
        let path = parent.join(format!("probe.{}.{}", std::process::id(), language.source()));
        process::create_folder(&path).ok()?;
        let folder = Self(path);
        stamp::replace(&folder.0.join(language.source()), SOURCE.as_bytes());
        Some(folder)
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Probes the workers for the compiler of a language, as in a command.
fn probe_compiler(settings: &Settings, language: &str, compiler: &str) -> Option<Workers> {
    let language = if language == Language::C.name() { Language::C } else { Language::Cxx };
    let checkout = settings.checkout();
    let directory = path_of_directory(&settings.build, &checkout, settings.tool);
    let variable = |name: &str| process::variable(name);
    let machine = Machine::new(settings.tool, &checkout, compiler.as_ref(), &directory, &variable);
    Workers::probe(settings, &Facts::compiler(&machine).path, language)
}

/// `launcher --probe-hosts C=COMPILER CXX=COMPILER`: probes the workers for these compilers, and prints a line of JSON.
#[must_use]
pub fn probe_hosts(settings: &Settings, compilers: &[std::ffi::OsString]) -> ExitCode {
    let (mut all, mut faults) = (Vec::<Worker>::new(), Vec::new());
    let named = compilers.iter().filter_map(|argument| argument.to_str()?.split_once('='));
    let probed: Vec<Option<Workers>> = thread::scope(|scope| {
        let probing: Vec<_> = named
            .clone()
            .map(|(name, compiler)| scope.spawn(move || probe_compiler(settings, name, compiler)))
            .collect();
        probing.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    for ((_, compiler), workers) in named.zip(probed) {
        let Some(workers) = workers else {
            faults.push(format!("{compiler} does not compile the file for the probe"));
            continue;
        };
        for worker in workers.all() {
            if let Some(fault) = worker.fault(compiler.as_ref(), workers.language) {
                faults.push(if worker.entry == icecream::ENTRY {
                    fault
                } else {
                    format!("{}: {fault}", worker.address())
                });
            }
            match all.iter_mut().find(|known| known.entry == worker.entry) {
                Some(known) if worker.state != State::Same => known.state = worker.state.clone(),
                Some(_) => {}
                None => all.push(worker.clone()),
            }
        }
    }
    // A worker that does not answer has the same fault for each compiler.
    let mut seen = std::collections::HashSet::new();
    faults.retain(|fault| seen.insert(fault.clone()));
    let usable: Vec<&str> =
        all.iter().filter(|worker| worker.state == State::Same).map(|worker| worker.entry.as_str()).collect();
    let slots: u32 = usable.iter().map(|entry| slots_of(entry)).sum();
    let line = serde_json::json!({
        "usable": usable.len(), "of": all.len(), "slots": slots, "faults": faults, "workers": all,
    });
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The slots of an entry: `host/8,lzo`.
fn slots_of(entry: &str) -> u32 {
    const DEFAULT: u32 = 4;
    let limit = entry.split('/').nth(1).and_then(|rest| rest.split(',').next());
    limit.and_then(|limit| limit.parse().ok()).unwrap_or(DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_four_slots_without_a_limit() {
        for (entry, slots) in [("a/8,lzo", 8), ("[::1]:3632/12", 12), ("build@a", 4), ("a,lzo", 4)] {
            assert_eq!(slots_of(entry), slots, "{entry}");
        }
    }

    #[test]
    fn only_known_causes_are_shown() {
        let log =
            "distcc[1] (dcc_connect_by_addr) ERROR: failed to connect to 10.0.0.9:3632: Connection refused\n";
        assert_eq!(reason(log), "the connection is refused");
        assert_eq!(reason("\u{1b}[31m"), "it does not compile: it may lack the compiler");
    }
}
