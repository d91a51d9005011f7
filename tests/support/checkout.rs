//! A project in a sandbox, configured and built with the module.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::known_compilers;
use super::removing::remove_folder;
use super::{Finished, Project, Run, Sandbox, Stats, Tool, Tools};

/// The caches that the module can use, each in the version that most tests use.
pub(crate) const CACHES: [Tool; 2] = [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)];

/// The module under test.
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cmake/ToolchainKit.cmake");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmake");

/// The tools that every test needs, and `more`.
pub(crate) fn tools_for(more: &[Tool]) -> Option<Tools> {
    let basis = [
        Tool::CMake(Tools::CMAKE),
        Tool::Ninja,
        Tool::System("gcc"),
        Tool::System("g++"),
        Tool::System("make"),
    ];
    Tools::require(&[&basis, more].concat())
}

/// A quoted argument in the language of `CMake`.
pub(crate) fn setting(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$"))
}

/// One checkout with one build folder.
pub(crate) struct Checkout<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) source: PathBuf,
    pub(crate) objects: u64,
    cmake: PathBuf,
    generator: &'static str,
    build_folder: PathBuf,
    options: Vec<String>,
    environment: Vec<(String, String)>,
}

impl<'a> Checkout<'a> {
    /// The sample project in `folder`. Its `CMakeLists.txt` does not use the module; its toolchain file contains
    /// `call`.
    pub(crate) fn sample(sandbox: &'a Sandbox, tools: &Tools, folder: &str, call: &str) -> Self {
        let source = sandbox.root().join(folder);
        let objects = Project::write(&source, 2, 3).objects();
        let toolchain = format!("include(\"${{CMAKE_CURRENT_LIST_DIR}}/ToolchainKit.cmake\")\n{call}\n");
        fs::create_dir_all(source.join("cmake")).expect("a folder");
        fs::write(source.join("cmake/toolchain.cmake"), toolchain).expect("a toolchain file");
        Self::new(sandbox, tools, source, objects).option("-DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake")
    }

    /// The project in `folder`, with a toolchain file that contains `call`.
    pub(crate) fn around(sandbox: &'a Sandbox, tools: &Tools, folder: &str, call: &str) -> Self {
        let source = sandbox.root().join(folder);
        fs::create_dir_all(source.join("cmake")).expect("a folder");
        let toolchain = format!("include(\"${{CMAKE_CURRENT_LIST_DIR}}/ToolchainKit.cmake\")\n{call}\n");
        fs::write(source.join("cmake/toolchain.cmake"), toolchain).expect("a toolchain file");
        Self::new(sandbox, tools, source, 0).option("-DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake")
    }

    /// The project `tests/cmake/<case>`, in a folder of that name.
    pub(crate) fn case(sandbox: &'a Sandbox, tools: &Tools, case: &str) -> Self {
        Self::case_in(sandbox, tools, case, case)
    }

    /// The project `tests/cmake/<case>` in `folder`.
    pub(crate) fn case_in(sandbox: &'a Sandbox, tools: &Tools, case: &str, folder: &str) -> Self {
        let source = sandbox.root().join(folder);
        copy(&Path::new(CASES).join(case), &source);
        Self::new(sandbox, tools, source, 1)
    }

    fn new(sandbox: &'a Sandbox, tools: &Tools, source: PathBuf, objects: u64) -> Self {
        fs::create_dir_all(source.join("cmake")).expect("a folder");
        fs::copy(MODULE, source.join("cmake/ToolchainKit.cmake")).expect("the module");
        Self {
            sandbox,
            build_folder: source.join("build"),
            source,
            objects,
            cmake: tools.cmake(Tools::CMAKE),
            generator: "Ninja",
            options: Vec::new(),
            environment: Vec::new(),
        }
    }

    /// Uses the module's script as the launcher instead of the program.
    pub(crate) fn with_fallback(self) -> Self {
        self.env("TOOLCHAINKIT_LAUNCH", "OFF")
    }

    pub(crate) fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without_env(mut self) -> Self {
        self.environment.clear();
        self
    }

    pub(crate) fn with_cmake(mut self, tools: &Tools, version: &'static str) -> Self {
        self.cmake = tools.cmake(version);
        self
    }

    pub(crate) fn with_generator(mut self, generator: &'static str) -> Self {
        self.generator = generator;
        self
    }

    pub(crate) fn with_build_folder(mut self, folder: PathBuf) -> Self {
        self.build_folder = folder;
        self
    }

    pub(crate) fn build_folder(&self) -> PathBuf {
        self.build_folder.clone()
    }

    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(&self.source).envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    pub(crate) fn configuring(&self) -> Command {
        let mut command = self.command(&self.cmake);
        fs::create_dir_all(self.build_folder()).expect("a build folder");
        command
            .args(["-G", self.generator])
            .args(&self.options)
            .arg(&self.source)
            .current_dir(self.build_folder());
        known_compilers::give(&mut command, &self.files(), &self.build_folder);
        command
    }

    /// The CMake files that can select compilers.
    fn files(&self) -> Vec<PathBuf> {
        let folder = self.source.join("cmake").read_dir().into_iter().flatten().filter_map(Result::ok);
        let files = folder.map(|entry| entry.path()).filter(|path| !path.ends_with("ToolchainKit.cmake"));
        files.chain([self.source.join("CMakeLists.txt")]).collect()
    }

    pub(crate) fn configure(&self) -> Finished {
        self.configuring().run()
    }

    pub(crate) fn building(&self) -> Command {
        let mut command = self.command(&self.cmake);
        command.arg("--build").arg(self.build_folder());
        command
    }

    pub(crate) fn build(&self) -> Finished {
        self.building().run()
    }

    pub(crate) fn rebuild(&self) -> Finished {
        self.building().arg("--clean-first").run()
    }

    /// Configures and builds in an empty build folder.
    pub(crate) fn rebuild_from_scratch(&self) -> Finished {
        if self.build_folder().exists() {
            remove_folder(&self.build_folder());
        }
        let configured = self.configure();
        self.build();
        configured
    }

    pub(crate) fn launcher(&self) -> Command {
        self.command(self.build_folder().join("toolchainkit/launcher"))
    }

    /// Runs the launcher as the commands of toolchainkit do.
    pub(crate) fn ask(&self, options: &[&str]) -> Finished {
        self.launcher().args(options).run()
    }

    /// Sets the time of the program's breaker in the configured build folder.
    pub(crate) fn set_breaker_seconds(&self, seconds: u64) {
        let path = self.build_folder().join("toolchainkit/launcher.json");
        let text = fs::read_to_string(&path).expect("launcher.json");
        let changed = text.replace("\"breaker_seconds\": 60", &format!("\"breaker_seconds\": {seconds}"));
        assert!(changed != text, "{text}");
        fs::write(&path, changed).expect("launcher.json");
        // The supervisor reads this file only when it starts.
        self.ask(&["--stop-server"]);
        self.ask(&["--start-server"]);
    }

    pub(crate) fn summary(&self) -> Value {
        let text =
            fs::read_to_string(self.build_folder().join("toolchainkit/cache.json")).expect("cache.json");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// One text of `cache.json`.
    pub(crate) fn status_field(&self, name: &str) -> String {
        self.summary()[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned()
    }

    pub(crate) fn stats(&self) -> Stats {
        if self.status_field("tool") == "sccache" {
            Stats::of_sccache(&self.ask(&["--show-stats", "--stats-format", "json"]).stdout)
        } else {
            // ccache before 4.10 prints no JSON.
            let json = self.launcher().args(["--print-stats", "--format=json"]).run_to_any_end();
            if json.code() == Some(0) {
                Stats::of_ccache(&json.stdout)
            } else {
                Stats::of_ccache_lines(&self.ask(&["--print-stats"]).stdout)
            }
        }
    }

    /// The number of hits and misses during `action`.
    pub(crate) fn counted(&self, action: impl FnOnce()) -> (u64, u64) {
        let before = self.stats();
        action();
        let after = self.stats();
        (after.hits - before.hits, after.misses - before.misses)
    }

    /// The daemon's process: sccache without arguments, and with an address in the folder of its socket.
    #[cfg(unix)]
    pub(crate) fn daemon(&self) -> u32 {
        let socket = PathBuf::from(self.status_field("socket"));
        let folder = socket.parent().expect("the socket is in a folder");
        let address = format!("SCCACHE_SERVER_UDS={}/", folder.display());
        let program = format!("{}\0", self.status_field("program"));
        let is_daemon = |pid: &u32| {
            let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap_or_default();
            read("cmdline") == program.as_bytes()
                && read("environ").split(|byte| *byte == 0).any(|entry| entry.starts_with(address.as_bytes()))
        };
        let mut daemons: Vec<u32> = self.sandbox.processes().into_iter().filter(is_daemon).collect();
        // A child that the daemon has just forked looks like the daemon until it executes the compiler.
        let parent = |pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let words = stat.rsplit_once(')').map(|(_, words)| words.to_owned()).unwrap_or_default();
            words.split_whitespace().nth(1).and_then(|parent| parent.parse().ok()).unwrap_or(0)
        };
        let found = daemons.clone();
        daemons.retain(|pid| fs::metadata(format!("/proc/{pid}")).is_ok() && !found.contains(&parent(*pid)));
        assert_eq!(daemons.len(), 1, "the daemons at {}: {daemons:?}", folder.display());
        daemons[0]
    }

    /// Removes the objects of the local cache, and stops the daemon. This is the state on another machine.
    pub(crate) fn wipe_local_cache(&self) {
        self.launcher().arg("--stop-server").run_to_any_end();
        let cache = self.sandbox.cache_home().join("toolchainkit/cache");
        if cache.exists() {
            fs::remove_dir_all(cache).expect("the cache can be removed");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a case") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a file of the case");
        }
    }
}
