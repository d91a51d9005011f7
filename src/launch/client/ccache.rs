//! A compilation by ccache.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use std::time::{Duration, Instant};

use super::super::distribute::Outer;
use super::super::journal::Ending;
use super::super::process::{self, Child, Descriptor, Output, Wait};
use super::super::settings::{Settings, Storage};
use super::broken::{Breaker, Way};
use super::environment::Environment;
use super::guarded::{self, Mode};
use super::stats_log::StatsLog;
use super::{Compilation, connection, failing, messages, secrets};
use crate::journal::Placed;

/// The variable that says how ccache identifies the compiler.
const COMPILER_CHECK: &str = "CCACHE_COMPILERCHECK";
/// The variable that names the folders whose paths become relative.
pub(super) const BASE_DIRECTORIES: &str = "CCACHE_BASEDIR";
/// The variable that names a remote storage.
const REMOTE: &str = "CCACHE_REMOTE_STORAGE";
/// A ccache that has no child process for this time waits for the remote.
const WAITED: Duration = Duration::from_secs(8);
/// The interval at which the launcher checks for child processes.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The launcher holds back up to this much output, until it is known whether ccache or the compiler wrote it.
const HELD_BACK: usize = 64 * 1024;

pub(super) fn compile(compilation: &Compilation) -> ExitCode {
    let settings = &compilation.settings;
    let mut storages = settings.storages.iter();
    let Some((storage, environment)) =
        storages.find_map(|storage| match Environment::of_tool(settings, storage) {
            Ok(environment) => Some((storage, environment)),
            Err(name) => {
                compilation.warn(&format!("{name} is not set: using the local cache"));
                None
            }
        })
    else {
        return compilation.run_compiler(Ending::failed_over("a secret is not set"));
    };
    let mut mode = guarded::mode(compilation, true, || connection::guard(settings, storage));
    let remote = environment.value(REMOTE).filter(|value| !value.is_empty());
    let is_malformed = remote.is_some_and(|value| !is_address(&value.to_string_lossy()));
    if is_malformed {
        // ccache would fail and print it with its password. On a terminal, the launcher does not read its output.
        compilation.warn("the address of the remote cache is malformed: using the local cache");
        return compile_with(compilation, storage, &without_remote(environment), None, &mut mode);
    }
    if remote.is_none() {
        return compile_with(compilation, storage, &environment, None, &mut mode);
    }
    let breaker = Breaker::of(&settings.folder(), Duration::from_secs(settings.breaker_seconds));
    match breaker.way() {
        Way::Local => compile_with(compilation, storage, &without_remote(environment), None, &mut mode),
        way => compile_with(compilation, storage, &environment, Some((&breaker, way)), &mut mode),
    }
}

/// A value of [`COMPILER_CHECK`] that has the effect of `content`. With `content`, ccache would read the compiler for each
/// compilation, which takes 1.2 ms for a driver of 1.3 MB (ccache 4.14.2).
fn compiler_check(compilation: &Compilation, environment: &Environment) -> Option<String> {
    let is_content = environment.value(COMPILER_CHECK).is_some_and(|value| value == "content");
    let content = compilation.plan.content_of_compiler().filter(|_| is_content)?;
    Some(format!("string:{content}"))
}

/// Whether ccache can parse the address of a remote storage, which may be followed by attributes.
fn is_address(remote: &str) -> bool {
    let address = remote.split([' ', '|']).next().unwrap_or_default();
    let Some((scheme, rest)) = address.split_once(':') else { return false };
    let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    let authority =
        rest.strip_prefix("//").map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let host = authority.rsplit('@').next().unwrap_or_default();
    let port = host.rsplit(']').next().and_then(|host| host.split_once(':')).map_or("", |(_, port)| port);
    !scheme.is_empty() && scheme.chars().all(is_scheme) && port.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_remote(mut environment: Environment) -> Environment {
    environment.force(REMOTE, "");
    environment
}

/// The result of ccache.
enum End {
    Status(ExitStatus),
    /// ccache itself has failed.
    Failed,
    /// The remote does not answer.
    Stalled,
}

fn compile_with(
    compilation: &Compilation,
    storage: &Storage,
    environment: &Environment,
    breaker: Option<(&Breaker, Way)>,
    mode: &mut Mode,
) -> ExitCode {
    let mut command = compilation.tool(environment, mode);
    if let Some(check) = compiler_check(compilation, environment) {
        command.env(COMPILER_CHECK, check);
    }
    let configured = environment.value(BASE_DIRECTORIES);
    let version = compilation.settings.tool_version();
    if let Some(folders) = configured.and_then(|folders| compilation.plan.base_directories(folders, version))
    {
        command.env(BASE_DIRECTORIES, folders);
    }
    let is_noted = compilation.note.is_written();
    let log = if is_noted { StatsLog::set(version, environment, &mut command) } else { None };
    let outer = compilation
        .plan
        .workers()
        .and_then(|workers| Outer::set(&compilation.settings, workers, &mut command));
    let not_started = || compilation.run_compiler(Ending::failed_over("ccache cannot be started"));
    let end = match start(command) {
        Ok(running) => running.wait(&compilation.settings, breaker.is_some()),
        Err(_) => return not_started(),
    };
    let status = match end {
        Ok(End::Status(status)) => status,
        Ok(End::Stalled) => {
            if breaker.is_some_and(|(breaker, _)| breaker.open()) {
                compilation.warn("the remote cache does not answer: using the local cache for a minute");
            }
            let mut local = Environment::default();
            if let Ok(environment) = Environment::of_tool(&compilation.settings, storage) {
                local = environment;
            }
            return compile_with(compilation, storage, &without_remote(local), None, mode);
        }
        Ok(End::Failed) => return without_ccache(compilation, storage),
        Err(_) => return not_started(),
    };
    if process::was_interrupted(status) {
        return compilation.end_interrupted(status);
    }
    let was_killed = process::has_crashed(status);
    let may_have_failed = status.code() == Some(1) && io::stderr().is_terminal();
    if was_killed || (may_have_failed && !is_writable(&storage.directory)) {
        return without_ccache(compilation, storage);
    }
    if let Some((breaker, Way::Try)) = breaker {
        breaker.close();
    }
    if status.success() && compilation.plan.restore_depfile().is_err() {
        return compilation.run_compiler(Ending::failed_over("the depfile cannot be restored"));
    }
    if status.success() && !mode.is_valid() {
        return compile_with(compilation, storage, environment, None, &mut Mode::Off);
    }
    let placed = outer.and_then(|outer| outer.placed());
    if let Some(Placed::Retried(reason)) = &placed {
        compilation.warn(&format!("{reason}: compiling here"));
    }
    let ending = Ending { placed, ..StatsLog::ending(log, status.success()) };
    compilation.end_like(status, ending)
}

fn without_ccache(compilation: &Compilation, storage: &Storage) -> ExitCode {
    let directory = storage.directory.display();
    let reason = if is_writable(&storage.directory) {
        compilation.warn("ccache fails: compiling without it");
        "ccache fails"
    } else {
        compilation.warn(&format!("ccache cannot write to {directory}: compiling without it"));
        "ccache cannot write to its folder"
    };
    compilation.run_compiler(Ending::failed_over(reason))
}

/// Whether ccache can write to its folder and to the two levels of folders in it.
fn is_writable(directory: &Path) -> bool {
    const DIGITS: &str = "0123456789abcdef";
    let below =
        |folder: &Path| DIGITS.chars().map(|digit| folder.join(digit.to_string())).collect::<Vec<_>>();
    let first = below(directory);
    let second = first.iter().flat_map(|folder| below(folder));
    let all = std::iter::once(directory.to_path_buf()).chain(first.clone()).chain(second);
    // ccache creates missing folders.
    all.into_iter().all(|folder| process::can_write(&folder).unwrap_or(true))
}

struct Running {
    child: Child,
    pipe: Option<Output>,
    /// The writing end of the pipe. It stays open while the launcher waits. Otherwise the end of ccache would cause two
    /// events: the end of the pipe, and the end of the process.
    _errors: Option<Descriptor>,
}

/// Starts ccache. Unless the standard error is a terminal, the launcher reads it through a pipe.
fn start(mut command: Command) -> io::Result<Running> {
    if io::stderr().is_terminal() {
        return Ok(Running { child: process::start(&mut command, None)?, pipe: None, _errors: None });
    }
    let (pipe, errors) = io::pipe()?;
    let pipe = Output::new(pipe);
    let errors = Descriptor::from(errors);
    Ok(Running {
        child: process::start(&mut command, Some(&errors))?,
        pipe: Some(pipe),
        _errors: Some(errors),
    })
}

impl Running {
    fn wait(mut self, settings: &Settings, has_remote: bool) -> io::Result<End> {
        let wait = Wait::for_child(&self.child);
        let mut output = ErrorOutput::default();
        let mut idle_since = Instant::now();
        loop {
            let outcome =
                wait.with_pipe(&self.child, self.pipe.as_ref(), has_remote.then_some(POLL_INTERVAL));
            if outcome.has_input
                && let Some(pipe) = &mut self.pipe
                && output.take_from(pipe)
            {
                self.pipe = None;
            }
            if outcome.ended {
                let status = self.child.wait()?;
                if let Some(pipe) = &mut self.pipe {
                    while !output.take_from(pipe) && output.has_more {}
                }
                if status.code() == Some(1) && output.is_failure_of_ccache() {
                    return Ok(End::Failed);
                }
                output.filter(settings);
                output.pass_on();
                return Ok(End::Status(status));
            }
            if has_remote && outcome.timed_out() {
                if !process::descendants(self.child.id()).is_empty() {
                    idle_since = Instant::now();
                } else if idle_since.elapsed() >= WAITED {
                    failing::end(&mut self.child);
                    return Ok(End::Stalled);
                }
            }
        }
    }
}

/// The output of ccache and the compiler to standard error.
#[derive(Default)]
struct ErrorOutput {
    bytes: Vec<u8>,
    is_passed_on: bool,
    has_more: bool,
}

impl ErrorOutput {
    /// Reads the available output. Returns whether the pipe has ended.
    fn take_from(&mut self, pipe: &mut impl Read) -> bool {
        let mut part = [0; 4096];
        self.has_more = false;
        match pipe.read(&mut part) {
            Ok(0) => return true,
            Ok(length) => {
                self.has_more = true;
                self.bytes.extend_from_slice(&part[..length]);
            }
            Err(error) => {
                return !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted);
            }
        }
        if self.is_passed_on || self.bytes.len() > HELD_BACK {
            self.pass_on();
        }
        false
    }

    /// Filters the messages of ccache itself, such as those about an invalid address with a password.
    fn filter(&mut self, settings: &Settings) {
        let filter = || secrets::filter(settings);
        if let Cow::Owned(filtered) = messages::with_filtered_lines(&self.bytes, "ccache", false, filter) {
            self.bytes = filtered;
        }
    }

    fn pass_on(&mut self) {
        self.is_passed_on = true;
        let _ = io::stderr().write_all(&self.bytes);
        self.bytes.clear();
    }

    /// Whether ccache itself has failed. It then prints a line that begins with `ccache: error:`.
    fn is_failure_of_ccache(&self) -> bool {
        let mut lines = self.bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        !self.is_passed_on && lines.any(|line| line.starts_with(b"ccache: error:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_ccache_cannot_parse_are_known() {
        for remote in [
            "redis://u:p@h:6379/1",
            "http://[::1]:80/x attr=a:b",
            "file:/tmp/x",
            "redis+unix:///run/x?db=1",
            "https://u:a%3Ab@h|layout=flat",
            "crsh:/x:y",
        ] {
            assert!(is_address(remote), "{remote}");
        }
        for remote in ["secret", "redis://u:p@h:xx", "redis://u:p/w@h", "|x", "://h"] {
            assert!(!is_address(remote), "{remote}");
        }
    }

    #[test]
    fn only_an_error_line_of_ccache_is_a_failure_of_ccache() {
        let is_failure = |text: &str| {
            let mut output = ErrorOutput::default();
            assert!(!output.take_from(&mut text.as_bytes()));
            output.is_failure_of_ccache()
        };
        assert!(is_failure("ccache: error: failed to create temporary file for /x: Read-only file system\n"));
        assert!(!is_failure("a.c:1:1: error: ccache: error: is not C\n"));
        assert!(!is_failure("ccache: warning: something\n"));
    }
}
