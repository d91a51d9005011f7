//! A place of its own for each test: its folders, its environment, and the end of what it leaves running.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::run::{Run as _, eventually, signal};

/// `toolchainkit-launch` without what a debugger needs, which is most of it: each build folder gets a copy.
///
/// Each test is a process of its own, so the file is kept for the next one, by the time of the program.
pub(crate) fn launch_program() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_toolchainkit-launch"));
    let modified = fs::metadata(built).and_then(|found| found.modified()).expect("the program was built");
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_nanos();
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("toolchainkit-launch-{age}"));
    if !program.exists() {
        let unfinished = program.with_extension(std::process::id().to_string());
        Command::new("strip").arg("-o").arg(&unfinished).arg(built).run();
        fs::rename(&unfinished, &program).expect("it gets its name when it is whole");
    }
    program
}

/// A temporary folder with an own home, and an environment in which nothing of the caller's remains.
#[derive(Debug)]
pub(crate) struct Sandbox {
    root: TempDir,
    path: Vec<PathBuf>,
}

impl Sandbox {
    /// A sandbox whose folder shows the first letters of `name`.
    ///
    /// `TOOLCHAINKIT_TEST_KEEP=1` keeps the folder for inspection.
    pub(crate) fn new(name: &str) -> Self {
        // A daemon's socket lies deep in here, and the path of a socket is limited to 107 bytes.
        let short: String = name.chars().take(12).collect();
        let mut root = tempfile::Builder::new()
            .prefix(&format!("tk-{short}-"))
            .tempdir_in("/tmp")
            .expect("a temporary folder");
        root.disable_cleanup(env::var_os("TOOLCHAINKIT_TEST_KEEP").is_some());
        let sandbox = Self { root, path: Vec::new() };
        for folder in [sandbox.home(), sandbox.cache_home(), sandbox.config_home(), sandbox.runtime_dir()] {
            fs::create_dir(&folder).expect("a folder in the sandbox");
        }
        fs::set_permissions(sandbox.runtime_dir(), fs::Permissions::from_mode(0o700))
            .expect("a private folder");
        sandbox
    }

    /// Puts the folder of `program` on the `PATH`, before what is there.
    pub(crate) fn on_path(mut self, program: &Path) -> Self {
        self.add_to_path(program);
        self
    }

    /// The same for a sandbox in use.
    pub(crate) fn add_to_path(&mut self, program: &Path) {
        let folder = program.parent().expect("a program lies in a folder");
        self.path.insert(0, folder.to_path_buf());
    }

    /// The sandbox itself.
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

    /// A folder in the sandbox, made if need be.
    pub(crate) fn dir(&self, name: &str) -> PathBuf {
        let folder = self.root().join(name);
        fs::create_dir_all(&folder).expect("a folder in the sandbox");
        folder
    }

    /// A command that runs in the sandbox and sees nothing else.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(self.resolve(program.as_ref()));
        command
            .current_dir(self.root())
            .env_clear()
            .env("PATH", self.search_path())
            .env("HOME", self.home())
            .env("XDG_CACHE_HOME", self.cache_home())
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

    /// The full path of `program`: [`Command`] itself would search the `PATH` of the test's own process.
    fn resolve(&self, program: &OsStr) -> PathBuf {
        self.path
            .iter()
            .map(|folder| folder.join(program))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| PathBuf::from(program))
    }

    /// The processes that were started in here and still run: those with this `HOME`.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let home = [b"HOME=", self.home().as_os_str().as_encoded_bytes()].concat();
        let is_ours = |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|entry| entry == home);
        fs::read_dir("/proc")
            .expect("/proc can be listed")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|pid: &u32| fs::read(format!("/proc/{pid}/environ")).is_ok_and(is_ours))
            .collect()
    }
}

impl Drop for Sandbox {
    /// Ends what was started in here; a killed daemon may leave a successor that was just starting.
    fn drop(&mut self) {
        let ended = eventually(Duration::from_secs(10), || {
            let left = self.processes();
            for pid in &left {
                signal("KILL", &pid.to_string());
            }
            left.is_empty()
        });
        assert!(ended || thread::panicking(), "processes do not end: {:?}", self.processes());
    }
}
