//! A sandbox for each test: its own folders and environment. At its end, it stops the processes of the test.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::run::{Run as _, eventually};
#[cfg(unix)]
use super::system::signal;
use super::system::{environment, set_mode, temporary_folder};

/// `toolchainkit-launch` without its debug information, which is most of the file: each build folder gets a copy.
///
/// The file is kept for the next process. Its name contains the time of the program. With `cargo test`, several threads of
/// this process need it at the same time, so only one of them creates it.
pub(crate) fn launch_program() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(strip_launch_program).clone()
}

fn strip_launch_program() -> PathBuf {
    if cfg!(windows) {
        return env!("CARGO_BIN_EXE_toolchainkit-launch").into();
    }
    let built = Path::new(env!("CARGO_BIN_EXE_toolchainkit-launch"));
    let modified = fs::metadata(built).and_then(|found| found.modified()).expect("the program was built");
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_nanos();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("toolchainkit-launch-{age}"));
    if !program.exists() {
        let unfinished = program.with_extension(std::process::id().to_string());
        Command::new("strip").arg("-o").arg(&unfinished).arg(built).run();
        fs::rename(&unfinished, &program).expect("the complete file gets its final name");
    }
    program
}

/// A temporary folder with its own home folder, and an environment without the caller's variables.
#[derive(Debug)]
pub(crate) struct Sandbox {
    root: TempDir,
    path: Vec<PathBuf>,
}

impl Sandbox {
    /// A sandbox. The name of its folder contains the first letters of `name`.
    ///
    /// `TOOLCHAINKIT_TEST_KEEP=1` keeps the folder for inspection.
    pub(crate) fn new(name: &str) -> Self {
        let short: String = name.chars().take(12).collect();
        let mut root = tempfile::Builder::new()
            .prefix(&format!("tk-{short}-"))
            .tempdir_in(temporary_folder())
            .expect("a temporary folder");
        root.disable_cleanup(env::var_os("TOOLCHAINKIT_TEST_KEEP").is_some());
        let sandbox = Self { root, path: Vec::new() };
        for folder in [sandbox.home(), sandbox.cache_home(), sandbox.config_home(), sandbox.runtime_dir()] {
            fs::create_dir(&folder).expect("a folder in the sandbox");
        }
        set_mode(&sandbox.runtime_dir(), 0o700);
        sandbox
    }

    /// Adds the folder of `program` to the front of `PATH`.
    pub(crate) fn on_path(mut self, program: &Path) -> Self {
        self.add_to_path(program);
        self
    }

    /// The same for an existing sandbox.
    pub(crate) fn add_to_path(&mut self, program: &Path) {
        let folder = program.parent().expect("a program is in a folder");
        self.path.insert(0, folder.to_path_buf());
    }

    /// The folder of the sandbox.
    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    /// `HOME`.
    pub(crate) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// `XDG_CACHE_HOME`.
    pub(crate) fn cache_home(&self) -> PathBuf {
        self.root().join("cache")
    }

    /// `XDG_CONFIG_HOME`.
    pub(crate) fn config_home(&self) -> PathBuf {
        self.root().join("config")
    }

    /// `XDG_RUNTIME_DIR`.
    pub(crate) fn runtime_dir(&self) -> PathBuf {
        self.root().join("run")
    }

    /// A folder in the sandbox. Creates it if it is missing.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let folder = self.root().join(name);
        fs::create_dir_all(&folder).expect("a folder in the sandbox");
        folder
    }

    /// A command that runs in the sandbox, with only its environment.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(self.resolve(program.as_ref()));
        command
            .current_dir(self.root())
            .env_clear()
            .envs(environment())
            .env("PATH", self.search_path())
            .env(if cfg!(windows) { "USERPROFILE" } else { "HOME" }, self.home())
            .env(if cfg!(windows) { "LOCALAPPDATA" } else { "XDG_CACHE_HOME" }, self.cache_home())
            .env("XDG_CONFIG_HOME", self.config_home())
            .env("XDG_RUNTIME_DIR", self.runtime_dir())
            .env("TOOLCHAINKIT_LAUNCH", launch_program())
            .env("LANG", "C.UTF-8");
        command
    }

    fn search_path(&self) -> String {
        let folders =
            self.path.iter().map(PathBuf::as_path).chain([Path::new("/usr/bin"), Path::new("/bin")]);
        env::join_paths(folders).ok().and_then(|path| path.into_string().ok()).expect("plain paths")
    }

    /// The full path of `program`, because [`Command`] would search the `PATH` of the test process.
    fn resolve(&self, program: &OsStr) -> PathBuf {
        self.path
            .iter()
            .map(|folder| folder.join(program))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| PathBuf::from(program))
    }

    /// The running processes of this sandbox: those with a `HOME` in its folder.
    #[cfg(unix)]
    pub(crate) fn processes(&self) -> Vec<u32> {
        let home = [b"HOME=", self.root().as_os_str().as_encoded_bytes(), b"/"].concat();
        let is_ours =
            |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|entry| entry.starts_with(&home));
        fs::read_dir("/proc")
            .expect("/proc can be listed")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid: &u32| fs::read(format!("/proc/{pid}/environ")).is_ok_and(is_ours))
            .collect()
    }
}

#[cfg(unix)]
impl Sandbox {
    /// Removes the run folders of daemons whose path in the sandbox was too long for a socket, or not trusted.
    fn remove_run_folders(&self) {
        let folders = |path: &Path| {
            let entries = path.read_dir().into_iter().flatten().filter_map(Result::ok);
            entries.map(|entry| entry.path()).collect::<Vec<_>>()
        };
        let roots = folders(Path::new("/tmp")).into_iter().filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("toolchainkit-"))
        });
        let root = self.root().to_str().expect("a plain path");
        for storage in roots.flat_map(|root| folders(&root)) {
            for run in folders(&storage) {
                if fs::read_to_string(run.join("server.json")).is_ok_and(|record| record.contains(root)) {
                    // Another test may use the folder of the storage.
                    let _ = fs::remove_dir_all(run);
                    let _ = fs::remove_dir(&storage);
                }
            }
        }
    }
}

#[cfg(unix)]
impl Drop for Sandbox {
    /// Kills the processes of this sandbox, repeatedly: when a daemon is killed, another one may just be starting.
    fn drop(&mut self) {
        let ended = eventually(Duration::from_secs(10), || {
            let left = self.processes();
            for pid in &left {
                signal("KILL", &pid.to_string());
            }
            left.is_empty()
        });
        self.remove_run_folders();
        assert!(ended || thread::panicking(), "processes do not end: {:?}", self.processes());
    }
}
