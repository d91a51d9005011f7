//! A project on drive C:, configured and built with the module.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::support::run::eventually;
use crate::support::{Finished, Stats, Tool, Wine};

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cmake/ToolchainKit.cmake");

/// The number of objects of [`Project::of_c`].
pub(crate) const OBJECTS: u64 = 3;

/// The call of the module that selects the tool.
pub(crate) fn call(tool: Tool, more: &str) -> String {
    let name = if matches!(tool, Tool::Sccache(_)) { "sccache" } else { "ccache" };
    format!("toolchainkit_enable_cache(TOOL {name} {more})")
}

/// A project in C, because each language takes CMake five seconds more.
pub(crate) struct Project<'a> {
    pub(crate) wine: &'a Wine,
    /// The path on drive C:.
    folder: String,
    options: Vec<String>,
}

impl<'a> Project<'a> {
    /// A program of three sources that prints the value in its header and the name of its own source file. `call` is at the
    /// end of the toolchain file.
    pub(crate) fn of_c(wine: &'a Wine, folder: &str, call: &str) -> Self {
        let project = Self { wine, folder: folder.to_owned(), options: Vec::new() };
        project.write(
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES C)\nadd_executable(sample main.c a.c b.c)\n",
        );
        project.write("shared.h", "#define SHARED 1\n");
        for name in ["a", "b"] {
            let text =
                format!("#include \"shared.h\"\nint {name}(void);\nint {name}(void) {{ return SHARED; }}\n");
            project.write(&format!("{name}.c"), &text);
        }
        project.write(
            "main.c",
            "#include <stdio.h>\nint a(void);\nint b(void);\n\
             int main(void) { printf(\"%d %s\\n\", a() + b(), __FILE__); return 0; }\n",
        );
        project.set_call("clang", call);
        project
    }

    /// A library for clang-cl, with debug information. There are no libraries of Microsoft, so nothing is linked.
    pub(crate) fn of_microsoft(wine: &'a Wine, folder: &str, call: &str) -> Self {
        let project = Self::of_c(wine, folder, "").option("-DCMAKE_BUILD_TYPE=Debug");
        project.write(
            "CMakeLists.txt",
            "cmake_minimum_required(VERSION 3.25...3.31)\nproject(sample LANGUAGES C)\nadd_library(sample OBJECT a.c b.c)\n",
        );
        let nothing_is_linked = "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\nset(CMAKE_C_COMPILER_WORKS ON)\n\
            set(CMAKE_MT W:/bin/ninja.exe)\nset(CMAKE_RC_COMPILER W:/bin/ninja.exe)\n";
        project.set_call("clang-cl", &format!("{nothing_is_linked}{call}"));
        project
    }

    /// The compiler, and the code at the end of the toolchain file.
    pub(crate) fn set_call(&self, compiler: &str, call: &str) {
        fs::create_dir_all(self.path("cmake")).expect("a folder");
        fs::copy(MODULE, self.path("cmake/ToolchainKit.cmake")).expect("the module");
        let text = format!(
            "set(CMAKE_C_COMPILER {compiler})\ninclude(\"${{CMAKE_CURRENT_LIST_DIR}}/ToolchainKit.cmake\")\n{call}\n"
        );
        self.write("cmake/toolchain.cmake", &text);
    }

    pub(crate) fn option(mut self, option: &str) -> Self {
        self.options.push(option.to_owned());
        self
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.wine.path(&self.folder).join(below)
    }

    pub(crate) fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file of the project");
    }

    /// The output of `cmake`, without its colours and line ends.
    pub(crate) fn configure(&self) -> String {
        let toolchain = "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
        let mut arguments = vec!["-S", ".", "-B", "build", "-G", "Ninja", toolchain, "--no-warn-unused-cli"];
        arguments.extend(self.options.iter().map(String::as_str));
        let finished = self.wine.run_in(&self.folder, "cmake", &arguments);
        let text = finished.text().replace('\r', "");
        assert!(!text.contains("no cache"), "{finished}");
        text
    }

    /// Configures the project, and expects that it is built without a cache. Returns the output.
    pub(crate) fn configure_without_cache(&self) -> String {
        let toolchain = "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
        let mut arguments = vec!["-S", ".", "-B", "build", "-G", "Ninja", toolchain];
        arguments.extend(self.options.iter().map(String::as_str));
        let text = self.wine.run_in(&self.folder, "cmake", &arguments).text().replace('\r', "");
        assert!(text.contains("toolchainkit: no cache"), "{text}");
        text
    }

    pub(crate) fn build(&self) -> Finished {
        self.wine.run_in(&self.folder, "cmake", &["--build", "build"])
    }

    pub(crate) fn remove_build_folder(&self) {
        fs::remove_dir_all(self.path("build")).expect("the build folder can be removed");
    }

    /// Removes the local cache and the build folder, and configures again.
    pub(crate) fn on_another_machine(&self) {
        if self.summary()["tool"] == "sccache" {
            // sccache stores objects after it has answered.
            let written = eventually(Duration::from_secs(20), || self.stats().writes == OBJECTS);
            assert!(written, "{:?}", self.stats());
            self.ask(&["--stop-server"]);
        }
        self.remove_build_folder();
        fs::remove_dir_all(self.wine.local_data().join("toolchainkit/cache")).expect("the local cache");
        self.configure();
    }

    /// The output of the built program.
    pub(crate) fn output(&self) -> String {
        self.wine.run_in(&self.folder, r"build\sample.exe", &[]).stdout.trim().to_owned()
    }

    pub(crate) fn summary(&self) -> Value {
        let text = fs::read_to_string(self.path("build/toolchainkit/cache.json")).expect("cache.json");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Runs the launcher of the build with options of the tool.
    pub(crate) fn ask(&self, options: &[&str]) -> Finished {
        let launcher = self.summary()["launcher"].as_str().expect("a launcher").replace('/', "\\");
        self.wine.run_in(&self.folder, &launcher, options)
    }

    pub(crate) fn stats(&self) -> Stats {
        if self.summary()["tool"] == "sccache" {
            Stats::of_sccache(&self.ask(&["--show-stats", "--stats-format", "json"]).stdout)
        } else {
            Stats::of_ccache(&self.ask(&["--print-stats", "--format=json"]).stdout)
        }
    }

    /// The number of hits and misses during `action`.
    pub(crate) fn counted(&self, action: impl FnOnce()) -> (u64, u64) {
        let before = self.stats();
        action();
        let after = self.stats();
        (after.hits - before.hits, after.misses - before.misses)
    }
}
