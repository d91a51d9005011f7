//! Other users of the machine. The tests run as root.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sandbox::{Sandbox, launch_program};
use super::tools::{Tool, Tools};

/// A user with a home folder in the sandbox.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) group: u32,
}

/// A sandbox that other users can enter, with tools that they can run.
pub(crate) fn open_sandbox(name: &str, tools: &Tools, used: &[Tool]) -> (Sandbox, Tools) {
    let sandbox = Sandbox::new(name);
    let folder = sandbox.root().join("tools");
    let tools = tools.for_all_users(used, &folder);
    fs::copy(launch_program(), folder.join("toolchainkit-launch")).expect("the launcher");
    fs::set_permissions(sandbox.root(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let sandbox = used
        .iter()
        .filter(|tool| !matches!(tool, Tool::CMake(_)))
        .fold(sandbox, |sandbox, tool| sandbox.on_path(&tools.path(*tool)));
    (sandbox, tools)
}

impl User {
    /// The home folder.
    pub(crate) fn home(self, sandbox: &Sandbox) -> PathBuf {
        sandbox.dir(&format!("user-{}", self.id))
    }

    /// Gives the folder with everything in it to this user.
    pub(crate) fn own(self, folder: &Path) {
        for path in walk(folder) {
            std::os::unix::fs::lchown(path, Some(self.id), Some(self.group)).expect("the tests run as root");
        }
    }

    /// A shell script of this user. `$CMAKE` is the path of CMake.
    pub(crate) fn script(self, sandbox: &Sandbox, tools: &Tools, script: &str) -> Command {
        let home = self.home(sandbox);
        let run = home.join("run");
        if !run.exists() {
            fs::create_dir_all(&run).expect("a folder");
            fs::set_permissions(&run, fs::Permissions::from_mode(0o700)).expect("a mode");
            for path in [&home, &run] {
                chown(path, Some(self.id), Some(self.group)).expect("the tests run as root");
            }
        }
        let mut command = sandbox.command(tools.path(Tool::System("setpriv")));
        command
            .args([format!("--reuid={}", self.id), format!("--regid={}", self.group)])
            .args(["--clear-groups", "sh", "-c", script])
            .current_dir(&home)
            .env("HOME", &home)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_RUNTIME_DIR", run)
            .env("TOOLCHAINKIT_LAUNCH", sandbox.root().join("tools/toolchainkit-launch"))
            .env("CMAKE", tools.cmake(Tools::CMAKE));
        command
    }
}

/// The folder and everything in it.
pub(crate) fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_path_buf()];
    let mut next = 0;
    while let Some(path) = found.get(next).cloned() {
        next += 1;
        if path.is_dir() && !path.is_symlink() {
            found.extend(path.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()));
        }
    }
    found
}
