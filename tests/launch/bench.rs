//! A build folder with the launcher, in a temporary folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::versions;

/// A cache tool, as `tests/setup.sh` installs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Sccache(&'static str),
    Ccache(&'static str),
}

/// Debian's sccache, which does not support sockets.
pub(crate) const WITH_PORT: Tool = Tool::Sccache("debian");
pub(crate) const SCCACHES: [Tool; 2] =
    [Tool::Sccache(versions::SCCACHE), Tool::Sccache(versions::SCCACHES[versions::SCCACHES.len() - 1])];
pub(crate) const ALL: [Tool; 3] = [SCCACHES[0], SCCACHES[1], Tool::Ccache(versions::CCACHE)];

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sccache(_) => "sccache",
            Self::Ccache(_) => "ccache",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::Sccache("debian") => "0.4.0",
            Self::Sccache(version) | Self::Ccache(version) => version,
        }
    }

    /// Its path. `None`, with a notice, if it is not installed.
    pub(crate) fn program(self) -> Option<PathBuf> {
        let root = std::env::var_os("TOOLCHAINKIT_TEST_TOOLS").map_or_else(
            || {
                PathBuf::from(std::env::var_os("HOME").expect("HOME is set"))
                    .join(".cache/toolchainkit-tests")
            },
            PathBuf::from,
        );
        let program = match self {
            WITH_PORT => root.join("sccache-debian/usr/bin/sccache"),
            _ => root.join(format!("{}-{}/bin/{}", self.name(), self.version(), self.name())),
        };
        if program.is_file() {
            return Some(program);
        }
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{self:?} is missing: run tests/setup.sh");
        eprintln!("SKIPPED: {self:?} is missing; tests/setup.sh installs what the tests need");
        None
    }
}

/// The installed tools among `tools`.
pub(crate) fn installed(tools: &[Tool]) -> impl Iterator<Item = Tool> {
    tools.iter().copied().filter(|tool| tool.program().is_some())
}

/// A build folder. Others can share its cache: see [`Bench::another`].
pub(crate) struct Bench {
    root: std::sync::Arc<TempDir>,
    pub(crate) tool: Tool,
    name: String,
    pub(crate) settings: Value,
}

pub(crate) fn eventually(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) const SOME_SECONDS: Duration = Duration::from_secs(10);

impl Bench {
    pub(crate) fn new(tool: Tool) -> Self {
        let root = tempfile::Builder::new().prefix("tkl-").tempdir_in("/tmp").expect("a temporary folder");
        for folder in ["home", "run"] {
            fs::create_dir(root.path().join(folder)).expect("a folder");
        }
        Self::in_folder(root.into(), tool, "project")
    }

    fn in_folder(root: std::sync::Arc<TempDir>, tool: Tool, name: &str) -> Self {
        let source = root.path().join(name);
        let build = source.join("build");
        fs::create_dir_all(build.join("toolchainkit")).expect("a folder");
        fs::write(source.join("a.c"), "int answer(void) { return 42; }\n").expect("a source");
        // See `write_program`.
        let mut copying = Command::new("cp");
        copying.arg(env!("CARGO_BIN_EXE_toolchainkit-launch")).arg(build.join("toolchainkit/launcher"));
        assert!(copying.status().expect("cp").success());
        let store = root.path().join("home/cache/store");
        let environment = match tool {
            Tool::Sccache(_) => json!({"SCCACHE_DIR": store, "SCCACHE_DIRECT": "false"}),
            Tool::Ccache(_) => {
                json!({"CCACHE_DIR": store, "CCACHE_REMOTE_STORAGE": "", "CCACHE_NODIRECT": "1"})
            }
        };
        // Several tests may use the same run folder in /tmp.
        let marks = root.path().as_os_str().as_encoded_bytes().iter().rev().take(6);
        let id = marks.fold(String::from("0000"), |id, byte| id + &format!("{byte:02x}"));
        let settings = json!({
            "version": 1, "tool": tool.name(), "tool_version": tool.version(), "program": tool.program(),
            "project": name, "source": source, "build": build, "base_dirs": [source, build], "relocatable": true,
            "run_root": root.path().join("home/cache/run"), "clear": ["SCCACHE_DIR", "CCACHE_DIR"], "keep": [],
            "storages": [{"name": "local", "id": id, "location": "local", "directory": store,
                "environment": environment, "client": ["SCCACHE_DIRECT"], "unset": [], "secrets": []}],
            "breaker_seconds": 60, "idle_seconds": 600,
        });
        let bench = Self { root, tool, name: name.to_owned(), settings };
        bench.configure();
        bench
    }

    /// Another checkout with the same cache.
    pub(crate) fn another(&self, name: &str) -> Self {
        Self::in_folder(self.root.clone(), self.tool, name)
    }

    /// Writes the settings.
    pub(crate) fn configure(&self) {
        fs::write(self.folder().join("launcher.json"), self.settings.to_string()).expect("launcher.json");
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.root().join(&self.name)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.source().join("build/toolchainkit")
    }

    pub(crate) fn object(&self, name: &str) -> PathBuf {
        self.source().join(name)
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.root().join("home"))
            .env("XDG_RUNTIME_DIR", self.root().join("run"))
            .current_dir(self.source())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn launcher(&self) -> Command {
        self.command(self.folder().join("launcher"))
    }

    /// The command that compiles `a.c` to this object.
    pub(crate) fn compiling(&self, compiler: &Path, object: &str) -> Command {
        let mut command = self.launcher();
        command.arg(compiler).args(["-c", "a.c", "-o", object]);
        command
    }

    /// Compiles successfully. Returns the output.
    pub(crate) fn compile(&self, object: &str) -> String {
        output_of(self.compiling(Path::new("/usr/bin/cc"), object))
    }

    pub(crate) fn option(&self, options: &[&str]) -> Output {
        self.launcher().args(options).output().expect("it starts")
    }

    /// Hits and misses, by the tool's own statistics.
    pub(crate) fn counted(&self) -> (u64, u64) {
        let output = match self.tool {
            Tool::Sccache(_) => self.option(&["--show-stats", "--stats-format", "json"]),
            Tool::Ccache(_) => self.option(&["--print-stats", "--format=json"]),
        };
        let stats: Value = serde_json::from_slice(&output.stdout).expect("statistics");
        let number = |name: &str| stats[name].as_u64().unwrap_or_default();
        if matches!(self.tool, Tool::Ccache(_)) {
            return (number("direct_cache_hit") + number("preprocessed_cache_hit"), number("cache_miss"));
        }
        let sum = |name: &str| {
            let counts = stats["stats"][name]["counts"].as_object().expect("counts");
            counts.values().filter_map(Value::as_u64).sum()
        };
        (sum("cache_hits"), sum("cache_misses"))
    }

    /// Waits for these numbers, because sccache counts and stores after its answer.
    pub(crate) fn counts(&self, hits: u64, misses: u64) -> bool {
        eventually(SOME_SECONDS, || self.counted() == (hits, misses))
    }

    /// The processes of this test: ID and command line.
    pub(crate) fn processes(&self) -> Vec<(u32, String)> {
        let home = [b"HOME=", self.root().join("home").as_os_str().as_encoded_bytes()].concat();
        let is_ours = |environment: Vec<u8>| environment.split(|byte| *byte == 0).any(|entry| entry == home);
        let ids = fs::read_dir("/proc")
            .expect("/proc")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        ids.filter(|id: &u32| fs::read(format!("/proc/{id}/environ")).is_ok_and(is_ours))
            .map(|id| {
                (
                    id,
                    String::from_utf8_lossy(&fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default())
                        .replace('\0', " "),
                )
            })
            .collect()
    }

    fn processes_with(&self, matches: impl Fn(&str) -> bool) -> Vec<u32> {
        self.processes().into_iter().filter(|(_, line)| matches(line)).map(|(id, _)| id).collect()
    }

    pub(crate) fn daemons(&self) -> Vec<u32> {
        let line = format!("{} ", self.tool.program().expect("it is installed").display());
        self.processes_with(|other| other == line)
    }

    pub(crate) fn supervisors(&self) -> Vec<u32> {
        self.processes_with(|line| line.contains(" --serve "))
    }

    pub(crate) fn compilers(&self) -> Vec<u32> {
        self.processes_with(|line| {
            !line.contains("toolchainkit/launcher") && !line.contains("--serve") && line.contains("a.c")
        })
    }

    /// A compiler option that delays a compilation by this time.
    pub(crate) fn delay_option(&self, seconds: u32) -> String {
        let folder = self.root().join(format!("slow-{seconds}"));
        fs::create_dir_all(&folder).expect("a folder");
        let real = Command::new("/usr/bin/cc").arg("-print-prog-name=cc1").output().expect("cc").stdout;
        let wait = format!("case \" $* \" in *\" -E \"*) ;; *) sleep {seconds} ;; esac");
        let script = format!("#!/bin/sh\n{wait}\nexec {} \"$@\"\n", String::from_utf8_lossy(&real).trim());
        write_program(&folder.join("cc1"), &script);
        format!("-B{}/", folder.display())
    }

    /// Starts a compilation with this option, and waits until the compiler runs.
    pub(crate) fn begin(&self, delay: &str, object: &str) -> Child {
        let asleep = || self.processes_with(|line| line.starts_with("sleep ")).len();
        let before = asleep();
        let mut command = self.compiling(Path::new("/usr/bin/cc"), object);
        let child =
            command.arg(delay).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        assert!(eventually(SOME_SECONDS, || asleep() > before), "{:?}", self.processes());
        child
    }
}

/// Writes a program in a separate process. If this process wrote it, the file might still be open in a child process of
/// another test, and could not be executed.
pub(crate) fn write_program(path: &Path, text: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).arg(text);
    assert!(command.status().expect("sh").success());
}

/// Runs a command successfully. Returns its output.
pub(crate) fn output_of(mut command: Command) -> String {
    let output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{}: {text}", output.status);
    text
}

pub(crate) fn kill(id: u32) {
    let status = Command::new("kill").args(["-s", "KILL", &id.to_string()]).status().expect("kill");
    assert!(status.success(), "{id}");
}

/// Compares an object with the one that the compiler alone writes.
pub(crate) fn assert_correct_object(bench: &Bench, object: &str) {
    let plain = bench.object("plain.o");
    let status = bench.command("/usr/bin/cc").args(["-c", "a.c", "-o", "plain.o"]).status().expect("cc");
    assert!(status.success());
    let [is, expected] = [bench.object(object), plain].map(|path| fs::read(path).expect("an object"));
    assert!(is == expected, "{object} is not the object of the compiler");
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::sync::Arc::strong_count(&self.root) > 1 {
            return;
        }
        let _ = self.option(&["--stop-server"]);
        let ended = eventually(SOME_SECONDS, || {
            let left = self.processes();
            for (id, _) in &left {
                let _ =
                    Command::new("kill").args(["-s", "KILL", &id.to_string()]).stderr(Stdio::null()).status();
            }
            left.is_empty()
        });
        assert!(ended || thread::panicking(), "processes do not end: {:?}", self.processes());
    }
}

/// A file for the output of several processes.
pub(crate) fn shared_output(bench: &Bench) -> (PathBuf, File) {
    let path = bench.root().join("output");
    let file = File::create(&path).expect("a file");
    (path, file)
}
