//! Starts the tool so that it ends together with this process.

use std::ffi::OsString;
use std::io;
use std::os::windows::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::os::windows::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitCode, ExitStatus};

use super::super::command_line;
use super::api;

/// A started program.
#[derive(Debug)]
pub struct Child(std::process::Child);

/// Starts the program of `command`. `errors` replaces its standard error.
///
/// This process and the program are in a job that ends when this process ends, which it also does when its parent ends. A compiler that keeps running would write an object
/// that the next build considers up to date.
///
/// # Errors
///
/// If the program cannot be started.
pub fn start(command: &mut Command, errors: Option<&OwnedHandle>) -> io::Result<Child> {
    super::make_job();
    super::end_with_parent_of_launcher();
    if let Some(errors) = errors {
        command.stderr(errors.try_clone()?);
    }
    let child = command.spawn();
    // Close this copy.
    if errors.is_some() {
        command.stderr(std::process::Stdio::inherit());
    }
    child.map(Child)
}

impl Child {
    /// Its process ID.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Kills it.
    pub fn kill(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
    }

    /// Waits for its end.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }
}

impl AsHandle for Child {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.0.as_handle()
    }
}

/// Runs a program in place of this one: starts it, waits for it, and ends with its exit code. Returns only if it cannot be started.
///
/// # Errors
///
/// If it cannot be started.
pub fn replace_by(command: &mut Command) -> io::Result<ExitCode> {
    let status = start(command, None)?.wait()?;
    Ok(super::exit_like(status))
}

/// Runs the program of `command` in place of this one, with the command line of this process without its first word. The text of the
/// arguments stays as it is, whatever rules of quoting the program has.
///
/// # Errors
///
/// If it cannot be started.
pub fn run_unchanged(command: &mut Command) -> io::Result<ExitCode> {
    let line: Vec<u16> = api::command_line().encode_wide().collect();
    let mut unchanged = super::super::command(command.get_program());
    unchanged.raw_arg(OsString::from_wide(command_line::after_two_words(&line)));
    replace_by(&mut unchanged)
}

/// Whether Windows refuses such a long command line.
#[must_use]
pub fn is_too_long(command: &Command) -> bool {
    // Without the null at its end.
    const LONGEST: usize = 32_766;
    line_of(command).len() > LONGEST
}

/// The command line for a command.
pub(super) fn line_of(command: &Command) -> Vec<u16> {
    let mut line = Vec::new();
    command_line::add(&mut line, command.get_program().encode_wide());
    for argument in command.get_args() {
        command_line::add(&mut line, argument.encode_wide());
    }
    line
}

/// The environment of a command without that of this process: `NAME=VALUE`, each with a null at its end, in the order of names.
pub(super) fn environment_of(command: &Command) -> Vec<u16> {
    let mut variables: Vec<(String, Vec<u16>)> = command
        .get_envs()
        .filter_map(|(name, value)| {
            let text = name.encode_wide().chain([b'='.into()]).chain(value?.encode_wide()).chain([0]);
            Some((name.to_string_lossy().to_uppercase(), text.collect()))
        })
        .collect();
    variables.sort();
    variables.into_iter().flat_map(|(_, text)| text).collect()
}

/// A started supervisor.
#[derive(Debug)]
pub struct Started(pub(super) OwnedHandle);

impl Started {
    /// Its status, if it has ended.
    ///
    /// # Errors
    ///
    /// None.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        Ok(api::has_ended(self.0.as_handle()).then(|| ExitStatus::from_raw(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_code_with_32_bits_is_returned() {
        for code in [0_u32, 7, 255, 256, 0xc000_0005] {
            let mut command = crate::launch::process::command("cmd");
            command.args(["/c", "exit", &code.cast_signed().to_string()]);
            let status = start(&mut command, None).unwrap().wait().unwrap();
            assert_eq!(status.code(), Some(code.cast_signed()));
        }
    }

    #[test]
    fn the_environment_is_sorted_without_the_case_of_its_names() {
        let mut command = crate::launch::process::command("x");
        command.env_clear().env("b", "2").env("A", "1").env("C", "");
        let text = String::from_utf16(&environment_of(&command)).unwrap();
        assert_eq!(text, "A=1\0b=2\0C=\0");
    }

    #[test]
    fn a_missing_program_is_an_error() {
        let error = start(&mut crate::launch::process::command("C:\\not\\there.exe"), None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
