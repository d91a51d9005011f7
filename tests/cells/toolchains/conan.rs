//! Conan: our toolchain in the builds of its packages, included by its toolchain file, and with that file as base.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::removing::remove_folder;
use crate::support::{Finished, Run, Stats, Tool, Tools, versions};

tests![
    a_package_that_conan_builds_is_cached in conan_setups(),
    conans_toolchain_file_as_base in [SCCACHE.cmake(versions::cmake("3.18")), CCACHE.cmake(versions::cmake("4.0")), SCCACHE.cmake(versions::cmake("3.25"))],
];

/// The number of objects of the library; the program that uses it has one.
const OBJECTS: u64 = 3;

const RECIPE: &str = r#"from conan import ConanFile
from conan.tools.cmake import CMake, cmake_layout


class Part(ConanFile):
    name = "part"
    version = "1.0"
    settings = "os", "compiler", "build_type", "arch"
    generators = "CMakeToolchain", "CMakeDeps"
    exports_sources = "*"

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["part"]
"#;

const PART: &str = "cmake_minimum_required(VERSION 3.15...3.31)
project(part CXX)
add_library(part a.cpp b.cpp c.cpp)
install(TARGETS part ARCHIVE DESTINATION lib)
install(FILES part.h DESTINATION include)
";

const CONSUMER: &str = "cmake_minimum_required(VERSION 3.15...3.31)
project(consumer CXX)
find_package(part REQUIRED)
add_executable(sample main.cpp)
target_link_libraries(sample part::part)
";

struct Scene {
    build: Build,
    tools: Tools,
}

impl Scene {
    /// A project that needs the package `part`, with a separate Conan home.
    fn new(name: &str, setup: Setup, more: &str) -> Option<Self> {
        let tools = setup.tools(&[Tool::Conan, Tool::System("python3")])?;
        let scene = Self { build: Build::with_yaml(name, setup, &tools, "", Vec::new(), more), tools };
        for (file, text) in [
            ("part/conanfile.py", RECIPE),
            ("part/CMakeLists.txt", PART),
            ("part/part.h", "int a();\nint b();\nint c();\n"),
            ("part/a.cpp", "#include \"part.h\"\nint a() { return 1; }\n"),
            ("part/b.cpp", "#include \"part.h\"\nint b() { return 2; }\n"),
            ("part/c.cpp", "#include \"part.h\"\nint c() { return 4; }\n"),
            ("CMakeLists.txt", CONSUMER),
            (
                "main.cpp",
                "#include <cstdio>\n#include \"part.h\"\nint main() { std::printf(\"%d\\n\", a() + b() + c()); }\n",
            ),
            (
                "conanfile.txt",
                "[requires]\npart/1.0\n[generators]\nCMakeToolchain\nCMakeDeps\n[layout]\ncmake_layout\n",
            ),
        ] {
            let path = scene.build.project.root().join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        // Without a name in the configuration, the builds of the packages must determine the project of the cache.
        let config = scene.build.project.root().join("toolchainkit.yaml");
        let text = fs::read_to_string(&config).expect("the configuration");
        fs::write(config, text.replace("project: { name: demo }\n", "")).expect("the configuration");
        scene.build.toolchainkit(&["generate"]);
        scene.conan(&["profile", "detect"]);
        scene.conan(&["export", "part"]);
        Some(scene)
    }

    fn home(&self) -> PathBuf {
        self.build.sandbox.root().join("conan")
    }

    fn conan(&self, arguments: &[&str]) -> Finished {
        let conan = self.tools.path(Tool::Conan);
        let packages = conan.parent().and_then(Path::parent).expect("the folder of the packages");
        let mut command: Command = self.build.bare("python3");
        command.arg(&conan).args(arguments).env("PYTHONPATH", packages).env("CONAN_HOME", self.home()).run()
    }

    /// Builds the package with our toolchain, even if it exists.
    fn install(&self) -> Finished {
        let toolchain = self.build.project.root().join("cmake/toolchain.cmake");
        let toolchain = format!("tools.cmake.cmaketoolchain:user_toolchain=[\"{}\"]", toolchain.display());
        let generator = "tools.cmake.cmaketoolchain:generator=Ninja";
        self.conan(&["install", ".", "-nr", "--build=part/1.0", "-c", &toolchain, "-c", generator])
    }

    /// The launcher of the package's build.
    fn launcher(&self) -> PathBuf {
        let mut launchers = Vec::new();
        find(&self.home().join("p"), "launcher", &mut launchers);
        assert_eq!(launchers.len(), 1, "one build of the package");
        launchers.remove(0)
    }

    /// The statistics of the cache that the build of the package uses.
    fn stats_of_package(&self) -> Stats {
        let launcher = self.launcher();
        if self.build.setup.is_sccache() {
            Stats::of_sccache(
                &self.build.bare(launcher).args(["--show-stats", "--stats-format", "json"]).run().stdout,
            )
        } else {
            Stats::of_ccache(&self.build.bare(launcher).args(["--print-stats", "--format=json"]).run().stdout)
        }
    }

    fn assert_program_runs(&self, folder: &str) {
        let printed = self.build.bare(self.build.project.root().join(folder).join("sample")).run().stdout;
        assert_eq!(printed, "7\n");
    }
}

/// Every file of this name in a folder `toolchainkit`.
fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            find(&path, name, found);
        } else if path.ends_with(Path::new("toolchainkit").join(name)) {
            found.push(path);
        }
    }
}

/// Every CMake with both caches, or three of these.
fn conan_setups() -> Vec<Setup> {
    if Tools::full() {
        Tools::CMAKES.into_iter().flat_map(|cmake| [SCCACHE.cmake(cmake), CCACHE.cmake(cmake)]).collect()
    } else {
        vec![SCCACHE.cmake(versions::cmake("3.15")), CCACHE.cmake(versions::cmake("3.28")), SCCACHE]
    }
}

fn a_package_that_conan_builds_is_cached(setup: Setup) {
    let more = "toolchain:\n  flags: { cxx: -DOURS=1 }\n";
    let Some(scene) = Scene::new("conan", setup, more) else { return };
    let installed = scene.install();
    let cold = scene.stats_of_package();
    assert_eq!((cold.hits, cold.misses), (0, OBJECTS), "{installed}");
    if setup.is_sccache() {
        let stored = || scene.stats_of_package().writes == OBJECTS;
        assert!(crate::support::run::eventually(std::time::Duration::from_secs(30), stored), "stored");
    }

    // Conan uses another folder when it rebuilds the package.
    scene.conan(&["remove", "part/1.0:*", "-c"]);
    let installed = scene.install();
    let warm = scene.stats_of_package();
    let before = if setup.is_sccache() { Stats::default() } else { cold };
    assert_eq!((warm.hits - before.hits, warm.misses - before.misses), (OBJECTS, 0), "{installed}");

    // The project uses Conan's toolchain file, which includes ours.
    let mut configure = scene.build.configuring_by_file("build/Release/generators/conan_toolchain.cmake");
    let configured = configure.arg("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON").run();
    assert!(configured.stdout.contains("-- toolchainkit: "), "{configured}");
    let place = |folder: &Path| {
        let text = fs::read_to_string(folder.join("cache.json")).expect("cache.json");
        let summary: Value = serde_json::from_str(&text).expect("JSON");
        summary["dir"].as_str().expect("a folder").to_owned()
    };
    let of_package = place(scene.launcher().parent().expect("a folder"));
    assert_eq!(of_package, place(&scene.build.folder().join("toolchainkit")), "one cache for both");
    let before = scene.build.hits_and_misses();
    scene.build.command("cmake").args(["--build", "build/release"]).run();
    let after = scene.build.hits_and_misses();
    assert_eq!((after.0 - before.0, after.1 - before.1), (0, 1));
    scene.assert_program_runs("build/release");
    let commands = fs::read_to_string(scene.build.folder().join("compile_commands.json")).expect("commands");
    assert_eq!(commands.matches("-DOURS=1").count(), 1, "{commands}");
}

fn conans_toolchain_file_as_base(setup: Setup) {
    // The presets that Conan writes need CMake 3.23; an older CMake fails if it reads any presets.
    let more =
        "toolchain:\n  base: build/Release/generators/conan_toolchain.cmake\n  flags: { cxx: -DOURS=1 }\n";
    let Some(scene) = Scene::new("conan-base", setup, more) else { return };
    // Packages are built without our toolchain, which would search for the base.
    scene.conan(&[
        "install",
        ".",
        "-nr",
        "--build=missing",
        "-c",
        "tools.cmake.cmaketoolchain:generator=Ninja",
    ]);
    for expected in [(0, 1), (1, 0)] {
        let configured = scene.build.configure();
        let before = scene.build.hits_and_misses();
        scene.build.build();
        let after = scene.build.hits_and_misses();
        assert_eq!((after.0 - before.0, after.1 - before.1), expected, "{configured}");
        scene.assert_program_runs("build/release");
        let ninja = fs::read_to_string(scene.build.folder().join("build.ninja")).expect("build.ninja");
        assert!(ninja.contains("-DOURS=1") && ninja.contains("-m64"), "flags of both");
        remove_folder(&scene.build.folder());
    }
}
