//! Trial compilations with icecream.

use std::path::Path;
use std::thread;
use std::time::Duration;

use super::super::probe::{Ended, Folder, LARGEST, SOON, add_arguments, wait};
use super::super::workers::{Language, State};
use super::super::{Distribution, folder};
use super::log::{Log, Stage};
use super::{LOG_FILE, peer, set_environment};
use crate::launch::process;
use crate::launch::reading::read;
use crate::launch::settings::Settings;

/// The limit of a trial for which nothing has to be packed. The packed compiler may be sent to another worker.
const LIMIT: Duration = Duration::from_secs(20);
/// The largest number of trials at the same time.
const MOST: usize = 40;

/// How a trial has ended.
enum Trial {
    /// Another machine has written this object.
    Remote(Vec<u8>),
    /// The scheduler has chosen this machine, or there is no scheduler.
    Here,
    Failed(String),
}

/// Whether another machine writes the same object as the compiler here. The daemon may pack the compiler for at most `patience`.
///
/// The scheduler often chooses the machine that has asked, unless that has more compilations than slots. So the number of trials at
/// the same time grows, until another machine has compiled one.
pub(in crate::launch::distribute) fn probe(
    distribution: &Distribution,
    compiler: &Path,
    language: Language,
    folder: &Path,
    expected: &[u8],
    patience: Duration,
) -> State {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let mut limit = patience;
    for round in [1, 1, 2, 4, (processors + 4).min(MOST)] {
        let trials = thread::scope(|scope| {
            let running: Vec<_> = (0..round)
                .map(|number| {
                    scope.spawn(move || trial(distribution, compiler, language, folder, number, limit))
                })
                .collect();
            let failed = || Trial::Failed("internal error".to_owned());
            running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| failed())).collect::<Vec<_>>()
        });
        for trial in trials {
            match trial {
                Trial::Remote(object) if object == expected => return State::Same,
                Trial::Remote(_) => return State::Different,
                Trial::Failed(reason) => return State::Failed(reason),
                Trial::Here => {}
            }
        }
        limit = patience.min(LIMIT);
    }
    State::Failed(
        "all trials were compiled on this machine: its daemon knows no scheduler, or the scheduler no other machine"
            .to_owned(),
    )
}

/// Whether icecream compiles a small file at the moment, on any machine.
pub(in crate::launch::distribute) fn answers(settings: &Settings, arguments: &[std::ffi::OsString]) -> bool {
    let (Some(distribution), Some(compiler)) = (settings.distribution.as_ref(), arguments.first()) else {
        return false;
    };
    let Some(folder) = Folder::new(&folder(settings), Language::C) else { return true };
    let trial = trial(distribution, compiler.as_ref(), Language::C, folder.path(), 0, SOON);
    !matches!(trial, Trial::Failed(_))
}

fn trial(
    distribution: &Distribution,
    compiler: &Path,
    language: Language,
    folder: &Path,
    number: usize,
    limit: Duration,
) -> Trial {
    let object = folder.join(format!("{number}.o"));
    let messages = folder.join(format!("{number}.log"));
    let _ = std::fs::remove_file(&messages);
    let mut command = process::command(&distribution.program);
    command.arg(compiler);
    add_arguments(&mut command, folder, &object, language);
    set_environment(&mut command, compiler.as_os_str());
    command.env(LOG_FILE, &messages);
    let ended = wait(&mut command, limit);
    let text = String::from_utf8_lossy(&read(&messages, LARGEST).unwrap_or_default()).into_owned();
    let log = Log::read(&text);
    let failed = |reason: &str| Trial::Failed(reason.to_owned());
    match (ended, log.failure, log.stage) {
        (_, Some(failure), _) => Trial::Failed(failure.reason),
        (Ended::Success, None, Stage::Remote(_)) => match read(&object, LARGEST) {
            Ok(object) => Trial::Remote(object),
            Err(error) => Trial::Failed(error.to_string()),
        },
        (Ended::Success, None, Stage::Here | Stage::Queued) => Trial::Here,
        (Ended::TooLate, None, Stage::Waiting(wait)) => failed(wait.reason()),
        (Ended::TooLate, None, Stage::Remote(worker)) => {
            Trial::Failed(format!("{} does not answer", peer::name(worker)))
        }
        (Ended::TooLate, None, Stage::Here | Stage::Queued) => failed("its daemon has no free slot"),
        (Ended::Success | Ended::Failure, None, _) => failed("icecc does not compile"),
    }
}
