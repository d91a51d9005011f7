//! Windows programs under Wine, in the lab that `tests/setup.sh windows` installs.
//!
//! Each test has its own prefix, so its own server of Wine, its own drive C: and its own registry. The files of Windows in it
//! are hard links to those of the lab. Drive W: contains the tools, and is the same for all tests.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::run::{Finished, Run, eventually};
use super::tools::{Tools, note_skip};

/// A command of Wine that runs longer hangs. A configuration takes up to 20 s on a machine that does nothing else.
const TIME_LIMIT: Duration = Duration::from_mins(4);

/// The tests use the lab if it has this file.
const COMPLETE: &str = "prefix/complete-1";

/// A Windows in which a test runs programs. At its end, it ends all of them.
#[derive(Debug)]
pub(crate) struct Wine {
    prefix: TempDir,
    environment: Vec<(String, String)>,
}

impl Wine {
    /// A new Windows, or `None` if the lab is not installed. In that case, the skip has been reported.
    ///
    /// In CI, this is no failure: the lab has more than 2 GB, and `tests/run.sh --full` installs it.
    pub(crate) fn start() -> Option<Self> {
        let lab = lab();
        if !lab.join(COMPLETE).is_file() {
            skip("the Windows lab is missing; tests/setup.sh windows installs it");
            return None;
        }
        // Hard links need the same file system.
        let folder = lab.join("running");
        fs::create_dir_all(&folder).expect("a folder in the lab");
        let mut prefix =
            tempfile::Builder::new().prefix("p").tempdir_in(folder).expect("a folder in the lab");
        prefix.disable_cleanup(env::var_os("TOOLCHAINKIT_TEST_KEEP").is_some());
        let original = lab.join("prefix");
        Command::new("cp").arg("-al").arg(original.join("drive_c")).arg(prefix.path()).run();
        for entry in fs::read_dir(&original).expect("the prefix of the lab") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                fs::copy(&path, prefix.path().join(path.file_name().expect("a name"))).expect("a copy");
            }
        }
        let drives = prefix.path().join("dosdevices");
        fs::create_dir(&drives).expect("a folder");
        symlink("../drive_c", drives.join("c:")).expect("drive C:");
        symlink(lab.join("programs"), drives.join("w:")).expect("drive W:");
        symlink("/", drives.join("z:")).expect("drive Z:");
        fs::create_dir(prefix.path().join("drive_c/t")).expect("a folder for projects");
        Some(Self { prefix, environment: Vec::new() })
    }

    /// Whether the file exists. If it does not, the skip has been reported, with `help`.
    pub(crate) fn require(path: &Path, help: &str) -> bool {
        let is_there = path.is_file();
        if !is_there {
            skip(&format!("{} is missing; {help}", path.display()));
        }
        is_there
    }

    /// Sets a variable for all commands.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Drive C:
    pub(crate) fn drive(&self) -> PathBuf {
        self.prefix.path().join("drive_c")
    }

    /// The file or folder with this path on drive C:, such as `t/project`.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.drive().join(below)
    }

    /// The user's folder for local data, such as caches.
    pub(crate) fn local_data(&self) -> PathBuf {
        let users = fs::read_dir(self.path("users")).expect("users").filter_map(Result::ok);
        let user = users.map(|entry| entry.path()).find(|path| !path.ends_with("Public"));
        user.expect("the user's folder").join("AppData/Local")
    }

    /// A command that starts `program`, a name in W:\bin or W:\cmake\bin, or a path of Windows.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = self.unix_command("wine");
        command.arg(program).current_dir(self.path("t"));
        command
    }

    /// Runs `program`, and panics with the transcript unless it succeeds.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Finished {
        self.run_in("t", program, arguments)
    }

    /// The same in a folder on drive C:.
    pub(crate) fn run_in(&self, folder: &str, program: &str, arguments: &[&str]) -> Finished {
        let finished = self.run_to_any_end(folder, program, arguments);
        assert!(finished.code() == Some(0), "{finished}");
        finished
    }

    /// The same with any exit code.
    pub(crate) fn run_to_any_end(&self, folder: &str, program: &str, arguments: &[&str]) -> Finished {
        self.command(program).args(arguments).current_dir(self.path(folder)).run_within(TIME_LIMIT)
    }

    /// Starts a command in a folder on drive C:, with the file `log` of drive C: as its output.
    pub(crate) fn start_in(&self, folder: &str, log: &str, program: &str, arguments: &[&str]) -> Child {
        let output = fs::File::create(self.path(log)).expect("a file for the output");
        let mut command = self.command(program);
        command.args(arguments).current_dir(self.path(folder)).stdin(Stdio::null());
        command.stdout(output.try_clone().expect("another handle")).stderr(output);
        command.spawn().expect("wine starts")
    }

    /// The processes of this Windows whose command line contains all of `words`. Each is a process of this machine, too.
    pub(crate) fn processes(&self, words: &[&str]) -> Vec<u32> {
        let mark = format!("WINEPREFIX={}", self.prefix.path().display());
        let is_ours = |pid: &u32| {
            let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            let line = String::from_utf8_lossy(&read("cmdline")).into_owned();
            words.iter().all(|word| line.contains(word))
                && read("environ").split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        let pids = entries.filter_map(|entry| entry.file_name().to_string_lossy().parse().ok());
        pids.filter(is_ours).collect()
    }

    /// Runs a script of sh on this machine, with the variables.
    pub(crate) fn shell(&self, script: &str, variables: &[(&str, PathBuf)]) -> Command {
        let mut command = self.unix_command("sh");
        command.args(["-e", "-c", script, "sh"]).current_dir(self.path("t"));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Ends all processes of this Windows. The next command starts new ones: in its own mount namespace, and with its rights.
    pub(crate) fn end_all(&self) {
        self.unix_command("wineserver").arg("-k").run_to_any_end();
        // Processes of Windows may still be writing.
        eventually(Duration::from_secs(10), || {
            self.unix_command("wineserver").arg("-k0").run_to_any_end().code() != Some(0)
        });
    }

    fn unix_command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.prefix.path())
            .env("LANG", "C.UTF-8")
            .env("WINEPREFIX", self.prefix.path())
            .env("WINEPATH", r"W:\bin;W:\cmake\bin")
            .env("WINEDEBUG", "-all")
            .env("DISPLAY", "")
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.end_all();
    }
}

/// Reports a skip, which is a failure only in a full run.
fn skip(message: &str) {
    assert!(!Tools::full(), "{message}");
    writeln!(io::stderr(), "SKIPPED: {message}").expect("standard error is open");
    note_skip(message);
}

fn lab() -> PathBuf {
    Tools::folder().join("windows")
}

/// The path of Windows for a path of this machine.
pub(crate) fn on_drive_z(path: &Path) -> String {
    format!("Z:{}", path.display())
}
