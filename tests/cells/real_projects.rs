//! Released projects of other authors: the second checkout gets all objects of the first one, and the built programs
//! pass the project's own tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::cmake_module::tools_for;
use crate::list::{self, tests};
use crate::support::{Finished, Run, Sandbox, Stats, Tool, Tools};

tests![trial in cells()];

/// A released project.
struct Released {
    /// The Debian package with its source.
    package: &'static str,
    /// Options of CMake that it needs.
    options: &'static [&'static str],
    /// The minimum number of objects.
    objects: u64,
    /// A test that fails with this compiler without any cache, too.
    failing: &'static str,
}

/// The date for the tests, because certificates in the project expire.
const DAY: &str = "2023-06-01 12:00:00";

static MBEDTLS: Released = Released {
    package: "mbedtls",
    options: &["-DCMAKE_POLICY_VERSION_MINIMUM=3.5"],
    objects: 280,
    failing: "none",
};
static GLM: Released = Released {
    package: "glm",
    options: &["-DCMAKE_POLICY_VERSION_MINIMUM=3.5", "-DGLM_TEST_ENABLE=ON"],
    objects: 180,
    failing: "test-core_func_integer",
};

/// The environment in which a tool builds a project.
struct Place<'a> {
    sandbox: Sandbox,
    tools: &'a Tools,
    tool: Tool,
}

impl Place<'_> {
    fn cmake(&self) -> Command {
        self.sandbox.command(self.tools.cmake(Tools::CMAKE))
    }

    /// Copies the unchanged released files to `folder`, and configures `build`.
    fn configured(&self, project: &Released, folder: &str, build: &str) -> PathBuf {
        let released = self.tools.path(Tool::Source(project.package));
        let source = self.sandbox.dir(folder);
        let files = released.parent().expect("a folder").join(".");
        self.sandbox.command("cp").arg("-r").arg(files).arg(&source).run();
        let build = self.sandbox.dir(build);
        let toolchain = self.sandbox.root().join("configuration/cmake/toolchain.cmake");
        let mut cmake = self.cmake();
        cmake.args(["-G", "Ninja"]).arg(format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
        cmake.args(project.options).arg("-S").arg(source).arg("-B").arg(&build).run();
        build
    }

    fn stats(&self, build: &Path) -> Stats {
        let mut launcher = self.sandbox.command(build.join("toolchainkit/launcher"));
        if matches!(self.tool, Tool::Sccache(_)) {
            Stats::of_sccache(&launcher.args(["--show-stats", "--stats-format", "json"]).run().stdout)
        } else {
            Stats::of_ccache(&launcher.args(["--print-stats", "--format=json"]).run().stdout)
        }
    }

    /// Builds everything, and returns the number of hits and misses.
    fn build(&self, build: &Path) -> (u64, u64) {
        let before = self.stats(build);
        finish(self.cmake().arg("--build").arg(build).arg("--clean-first"));
        let after = self.stats(build);
        assert_eq!(after.errors, 0);
        (after.hits - before.hits, after.misses - before.misses)
    }
}

/// Runs a command that may take long on a busy machine.
fn finish(command: &mut Command) -> Finished {
    let finished = command.run_within(Duration::from_mins(20));
    assert_eq!(finished.code(), Some(0), "{finished}");
    finished
}

/// A project with a cache.
#[derive(Clone, Copy)]
struct Cell {
    project: &'static Released,
    tool: Tool,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        (self.project.package, self.tool).name()
    }
}

/// The smaller project with one cache, or with `--full` both projects with both caches. The larger one takes a minute.
fn cells() -> Vec<Cell> {
    let caches = [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE)];
    if !Tools::full() {
        return vec![Cell { project: &MBEDTLS, tool: caches[0] }];
    }
    let of = |project| caches.map(|tool| Cell { project, tool });
    [of(&MBEDTLS), of(&GLM)].concat()
}

fn trial(Cell { project, tool }: Cell) {
    let needed = [tool, Tool::Source(project.package), Tool::System("faketime")];
    let Some(tools) = tools_for(&needed) else { return };
    let sandbox = Sandbox::new(project.package).on_path(&tools.ninja()).on_path(&tools.path(tool));
    let place = Place { sandbox, tools: &tools, tool };
    let configuration = place.sandbox.dir("configuration");
    let name = if matches!(tool, Tool::Sccache(_)) { "sccache" } else { "ccache" };
    std::fs::write(configuration.join("toolchainkit.yaml"), format!("cache: {{ tool: {name} }}\n")).unwrap();
    place
        .sandbox
        .command(env!("CARGO_BIN_EXE_toolchainkit"))
        .arg("generate")
        .current_dir(&configuration)
        .run();

    let first = place.configured(project, "first", "first/build");
    let (hits, misses) = place.build(&first);
    let objects = hits + misses;
    // Some projects compile a file several times in the same way.
    assert!(objects >= project.objects && hits < objects / 4, "{hits} hits, {misses} misses");
    assert_eq!(place.build(&first), (objects, 0), "{}, {tool}: again", project.package);
    // ccache makes paths relative to the build folder, so the second one needs the same position relative to the
    // sources.
    let build = if name == "sccache" { "build-of-second" } else { "elsewhere/second/another-build" };
    let second = place.configured(project, "elsewhere/second", build);
    assert_eq!(place.build(&second), (objects, 0), "{}, {tool}: second checkout", project.package);

    let ctest = tools.cmake(Tools::CMAKE).with_file_name("ctest");
    let mut tests = place.sandbox.command("faketime");
    // The tests run one after the other, because some of them share files.
    tests.arg(DAY).arg(ctest).args(["--output-on-failure", "-E", project.failing]).current_dir(&second);
    let tested = finish(&mut tests);
    assert!(tested.stdout.contains("100% tests passed"), "{tested}");
}
