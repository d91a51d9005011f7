//! A project with a configuration, built with real tools in its own sandbox.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::list::{CMake, Cell};
use crate::support::removing::remove_folder;
use crate::support::run::eventually;
use crate::support::{
    Finished, Project, Run, Sandbox, Stats, Tool, Tools, known_compilers, search, versions, write_script,
};

/// The tools of a case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setup {
    pub(crate) cache: Tool,
    pub(crate) cmake: &'static str,
    pub(crate) generator: &'static str,
    pub(crate) compilers: Option<(&'static str, &'static str)>,
}

pub(crate) const SCCACHE: Setup =
    Setup { cache: Tool::Sccache(Tools::SCCACHE), cmake: Tools::CMAKE, generator: "Ninja", compilers: None };
pub(crate) const CCACHE: Setup = Setup { cache: Tool::Ccache(Tools::CCACHE), ..SCCACHE };

impl Setup {
    pub(crate) const fn cmake(self, cmake: &'static str) -> Self {
        Self { cmake, ..self }
    }

    pub(crate) const fn make(self) -> Self {
        Self { generator: "Unix Makefiles", ..self }
    }

    pub(crate) const fn clang(self) -> Self {
        Self { compilers: Some(("clang", "clang++")), ..self }
    }

    /// This setup, or, for the whole cross product, every CMake, generator and compiler with its cache.
    pub(crate) fn each(self) -> Vec<Self> {
        if !Tools::full() {
            return vec![self];
        }
        let mut all = Vec::new();
        for cmake in Tools::CMAKES {
            for generator in ["Ninja", "Unix Makefiles"] {
                for compilers in [None, Some(("clang", "clang++"))] {
                    all.push(Self { cmake, generator, compilers, ..self });
                }
            }
        }
        all
    }

    pub(crate) fn tools(self, server: &[Tool]) -> Option<Tools> {
        let own = [
            self.cache,
            Tool::CMake(self.cmake),
            Tool::Ninja,
            Tool::System("gcc"),
            Tool::System("g++"),
            Tool::System("clang"),
        ];
        Tools::require(&[&own, server].concat())
    }

    pub(crate) fn is_sccache(self) -> bool {
        matches!(self.cache, Tool::Sccache(_) | Tool::DebianSccache)
    }
}

impl Cell for Setup {
    fn name(&self) -> String {
        let mut name = (self.cache, CMake(self.cmake)).name();
        if self.generator != SCCACHE.generator {
            name += "::make";
        }
        if let Some((compiler, _)) = self.compilers {
            name += &format!("::{compiler}");
        }
        name
    }
}

/// A project with its configuration, in its own sandbox.
pub(crate) struct Build {
    pub(crate) sandbox: Sandbox,
    pub(crate) project: Project,
    pub(crate) setup: Setup,
    /// Variables that are set only in the user's shell: secrets.
    pub(crate) secrets: Vec<(&'static str, String)>,
}

impl Build {
    /// `remote` is the YAML below `cache.remote`, in flow form; empty for a local cache.
    pub(crate) fn new(
        name: &str,
        setup: Setup,
        tools: &Tools,
        remote: &str,
        secrets: Vec<(&'static str, String)>,
    ) -> Self {
        let compilers = setup
            .compilers
            .map_or(String::new(), |(c, cxx)| format!("toolchain:\n  compilers: {{ c: {c}, cxx: {cxx} }}\n"));
        Self::with_yaml(name, setup, tools, remote, secrets, &compilers)
    }

    /// The same with `more` sections of YAML in place of the setup's compilers.
    pub(crate) fn with_yaml(
        name: &str,
        setup: Setup,
        tools: &Tools,
        remote: &str,
        secrets: Vec<(&'static str, String)>,
        more: &str,
    ) -> Self {
        let sandbox = Sandbox::new(name)
            .on_path(&tools.path(setup.cache))
            .on_path(&tools.ninja())
            .on_path(&tools.cmake(setup.cmake));
        let project = Project::write(&sandbox.root().join("src"), 3, 3);
        let tool = if setup.is_sccache() { "sccache" } else { "ccache" };
        let remote = if remote.is_empty() { String::new() } else { format!("  remote: {remote}\n") };
        let generator = setup.generator;
        let yaml = format!(
            "version: 1\nproject: {{ name: demo }}\ncache:\n  tool: {tool}\n{remote}{more}presets:\n  generator: {generator}\n"
        );
        fs::write(project.root().join("toolchainkit.yaml"), yaml).expect("the configuration");
        Self { sandbox, project, setup, secrets }
    }

    /// Puts a script on the `PATH`.
    pub(crate) fn script(&mut self, name: &str, text: &str) {
        let path = self.sandbox.dir("scripts").join(name);
        write_script(&path, text);
        self.sandbox.add_to_path(&path);
    }

    /// A command in the project, without any variable of the cache.
    pub(crate) fn bare(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(self.project.root());
        command
    }

    /// A command in the project, with the secrets.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = self.bare(program);
        command.envs(self.secrets.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    pub(crate) fn toolchainkit(&self, arguments: &[&str]) -> Finished {
        self.bare(env!("CARGO_BIN_EXE_toolchainkit")).args(arguments).run()
    }

    pub(crate) fn has_presets(&self) -> bool {
        !versions::CMAKES[..2].contains(&self.setup.cmake)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.project.root().join("build/release")
    }

    pub(crate) fn configure(&self) -> Finished {
        if self.has_presets() {
            let mut cmake = self.command("cmake");
            cmake.args(["--preset", "release"]);
            self.give_known_compilers(&mut cmake);
            cmake.run()
        } else {
            self.configuring_by_file("cmake/toolchain.cmake").run()
        }
    }

    fn give_known_compilers(&self, cmake: &mut Command) {
        let files = ["CMakeLists.txt", "CMakePresets.json", "cmake/toolchain.cmake"];
        let files = files.map(|file| self.project.root().join(file));
        known_compilers::give(cmake, &files, &self.folder());
    }

    /// Configures the folder of the preset without the preset.
    pub(crate) fn configuring_by_file(&self, toolchain: &str) -> Command {
        let mut cmake = self.command("cmake");
        cmake.args(["-S", ".", "-B", "build/release", "-DCMAKE_BUILD_TYPE=Release"]);
        cmake.args(["-G", self.setup.generator]).arg(format!("-DCMAKE_TOOLCHAIN_FILE={toolchain}"));
        self.give_known_compilers(&mut cmake);
        cmake
    }

    pub(crate) fn build(&self) -> Finished {
        let preset: &[&str] = if self.has_presets() { &["--preset", "release"] } else { &["build/release"] };
        self.command("cmake").arg("--build").args(preset).run()
    }

    /// Rebuilds all objects with `ninja` or `make` alone.
    pub(crate) fn rebuild(&self, mut command: Command) -> Finished {
        command.arg("-C").arg(self.folder());
        self.clean();
        command.run()
    }

    pub(crate) fn clean(&self) {
        let build_tool = self.build_tool();
        self.bare(build_tool).arg("-C").arg(self.folder()).arg("clean").run();
    }

    pub(crate) fn build_tool(&self) -> &'static str {
        if self.setup.generator == "Ninja" { "ninja" } else { "make" }
    }

    pub(crate) fn stats(&self) -> Value {
        let finished = self.toolchainkit(&["stats", "--format", "json"]);
        serde_json::from_str(&finished.stdout).expect("JSON")
    }

    /// The tool's own counters. Without a daemon, there are none.
    pub(crate) fn hits_and_misses(&self) -> (u64, u64) {
        let stats = self.stats();
        let counter = |name: &str| stats["cache"]["counters"][name].as_u64().unwrap_or(0);
        (counter("hits"), counter("misses"))
    }

    /// Sets the tool's own counters to zero.
    pub(crate) fn zero_counters(&self) {
        self.bare(self.folder().join("toolchainkit/launcher")).arg("--zero-stats").run();
    }

    /// Waits until the daemon has stored every object: sccache does it after the compiler's answer.
    pub(crate) fn wait_until_stored(&self) {
        if !self.setup.is_sccache() {
            return;
        }
        let launcher = self.folder().join("toolchainkit/launcher");
        let stats = || self.bare(&launcher).args(["--show-stats", "--stats-format", "json"]).run().stdout;
        let writes = || Stats::of_sccache(&stats()).writes;
        let stored = eventually(Duration::from_secs(30), || writes() == self.project.objects());
        assert!(stored, "not {} objects are stored: {}", self.project.objects(), stats());
    }

    pub(crate) fn stop_daemon(&self) {
        if self.setup.is_sccache() {
            let stopped = self.toolchainkit(&["server", "stop"]);
            assert!(stopped.stderr.contains("stopped: "), "{stopped}");
        }
    }

    /// Removes all local files of the first build, except for the run folder.
    pub(crate) fn forget(&self) {
        remove_folder(&self.folder());
        let local = self.sandbox.cache_home().join("toolchainkit/cache");
        if local.exists() {
            fs::remove_dir_all(local).expect("the local cache");
        }
    }

    /// Checks that the program works.
    pub(crate) fn assert_program_runs(&self) {
        let finished = self.bare(self.folder().join("sample")).run();
        assert_eq!(finished.stdout, self.project.output(1));
    }

    /// Checks that no file in the build folder, the project or the user's folders contains a secret.
    pub(crate) fn assert_no_secret_on_disk(&self) {
        for path in search::files(self.sandbox.root()) {
            let bytes = fs::read(&path).expect("a file");
            for (name, secret) in &self.secrets {
                assert!(!search::contains(&bytes, secret), "{name} is in {}", path.display());
            }
        }
    }
}
