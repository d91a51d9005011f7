//! All that the tests need of the operating system. Tests of modes, owners, links and signals exist on Unix only.

use std::path::Path;
use std::process::{Child, Command, ExitStatus};

#[cfg(unix)]
mod unix {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, ExitStatus, Stdio};

    pub(super) fn set_mode(path: &Path, mode: u32) {
        set_permissions(path, Permissions::from_mode(mode)).expect("a mode");
    }

    pub(super) fn start_in_group(command: &mut Command) {
        command.process_group(0);
    }

    pub(super) fn kill_group(child: &mut Child) {
        signal("KILL", &format!("-{}", child.id()));
    }

    pub(super) fn signal_that_ended(status: ExitStatus) -> Option<i32> {
        status.signal()
    }

    /// Sends the signal `name` to `target`, a process or (with a minus sign) a process group, which may have ended.
    pub(crate) fn signal(name: &str, target: &str) {
        // The shell's built-in kill, because not every machine has the package with the program `kill`.
        Command::new("/bin/sh")
            .args(["-c", r#"kill -s "$1" -- "$2""#, "kill", name, target])
            .stderr(Stdio::null())
            .status()
            .expect("kill runs");
    }

    pub(super) fn temporary_folder() -> PathBuf {
        // A short path: the socket of a daemon is deep in this folder, and its path may have at most 107 bytes.
        "/tmp".into()
    }

    pub(super) fn environment() -> Vec<(String, String)> {
        Vec::new()
    }
}

#[cfg(windows)]
mod windows {
    use std::env;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, ExitStatus};

    pub(super) fn set_mode(_path: &Path, _mode: u32) {
        // The rights of a folder are inherited, and those of a program depend on its name.
    }

    pub(super) fn start_in_group(_command: &mut Command) {}

    pub(super) fn kill_group(child: &mut Child) {
        child.kill().expect("a child of this process");
    }

    pub(super) fn signal_that_ended(_status: ExitStatus) -> Option<i32> {
        None
    }

    pub(super) fn temporary_folder() -> PathBuf {
        env::temp_dir()
    }

    pub(super) fn environment() -> Vec<(String, String)> {
        // Without these, programs cannot load the libraries of the system or create temporary files.
        let names =
            ["SystemRoot", "SystemDrive", "TEMP", "TMP", "ComSpec", "PATHEXT", "NUMBER_OF_PROCESSORS"];
        names.into_iter().filter_map(|name| Some((name.to_owned(), env::var(name).ok()?))).collect()
    }
}

#[cfg(unix)]
use self::unix as this;
#[cfg(unix)]
pub(crate) use self::unix::signal;
#[cfg(windows)]
use self::windows as this;

/// Sets the mode of a file. Does nothing on Windows.
pub(crate) fn set_mode(path: &Path, mode: u32) {
    this::set_mode(path, mode);
}

/// Lets [`kill_group`] end the processes that the command starts, too. On Windows, it ends only the command.
pub(super) fn start_in_group(command: &mut Command) {
    this::start_in_group(command);
}

/// Kills a command that was started with [`start_in_group`].
pub(super) fn kill_group(child: &mut Child) {
    this::kill_group(child);
}

/// The number of the signal that has ended the command.
pub(super) fn signal_that_ended(status: ExitStatus) -> Option<i32> {
    this::signal_that_ended(status)
}

/// The folder for the folders of tests.
pub(super) fn temporary_folder() -> std::path::PathBuf {
    std::path::absolute(this::temporary_folder()).expect("an absolute path")
}

/// The variables that every program on this system needs.
pub(super) fn environment() -> Vec<(String, String)> {
    this::environment()
}
