//! The programs on Windows, and the tests of this package that run there. `tests/windows/build.sh` builds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::project::{OBJECTS, Project, call};
use crate::list::tests;
use crate::support::checkout::CACHES;
use crate::support::{Run, Sandbox, Tool, Wine};

tests![
    the_unit_tests_pass,
    the_suite_passes,
    a_project_is_generated_built_and_examined in CACHES,
    checkouts_share_objects_and_a_killed_daemon_is_replaced in CACHES,
    clang_cl_is_cached_through_the_launcher in CACHES,
];

/// The program on drive C:, for the messages.
const PROGRAM: &str = r"C:\t\bin\toolchainkit.exe";

/// A Windows with both programs, or `None` if they are not built. In that case, the skip has been reported.
pub(crate) fn with_programs() -> Option<Wine> {
    let mut wine = Wine::start()?;
    let programs = ["toolchainkit.exe", "toolchainkit-launch.exe"].map(built);
    for path in programs {
        if !Wine::require(&path, "tests/windows/build.sh builds it") {
            return None;
        }
        fs::create_dir_all(wine.path("t/bin")).expect("a folder");
        let name = path.file_name().expect("a name").to_owned();
        fs::copy(&path, wine.path("t/bin").join(name)).expect("a copy of the program");
    }
    wine.set("WINEPATH", r"C:\t\bin;W:\bin;W:\cmake\bin");
    wine.set("CC", "clang");
    wine.set("CXX", "clang++");
    Some(wine)
}

fn built(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/windows").join(name)
}

fn the_unit_tests_pass() -> Result<String, String> {
    run_tests("unit-tests.exe", 300)
}

fn the_suite_passes() -> Result<String, String> {
    run_tests("suite.exe", 80)
}

/// Runs a test program on drive Z:, where the folders of this machine have the same names. At least `least` tests must pass.
fn run_tests(name: &str, least: usize) -> Result<String, String> {
    let Some(mut wine) = Wine::start() else { return Ok("skipped".to_owned()) };
    let program = built(name);
    if !Wine::require(&program, "tests/windows/build.sh builds it") {
        return Ok("skipped".to_owned());
    }
    let folder = wine.path("t/temporary");
    fs::create_dir(&folder).expect("a folder");
    wine.set("TEMP", &crate::support::wine::on_drive_z(&folder));
    wine.set("TMP", &crate::support::wine::on_drive_z(&folder));
    wine.set("INSTA_WORKSPACE_ROOT", env!("CARGO_MANIFEST_DIR"));
    wine.set("INSTA_UPDATE", "no");
    let mut command = wine.command(&crate::support::wine::on_drive_z(&program));
    let finished = command.current_dir(env!("CARGO_MANIFEST_DIR")).run_within(Duration::from_mins(8));
    let results = finished
        .stdout
        .lines()
        .filter(|line| line.starts_with("test result: "))
        .collect::<Vec<_>>()
        .join("; ");
    let skipped = finished
        .text()
        .lines()
        .filter(|line| line.contains("SKIPPED") || line.contains("... ignored"))
        .count();
    let passed =
        results.split(' ').nth(3).and_then(|number| number.parse::<usize>().ok()).unwrap_or_default();
    if finished.code() != Some(0) || passed < least {
        return Err(format!("{finished}"));
    }
    Ok(format!("{name} on Windows: {results}; {skipped} skipped or ignored"))
}

fn a_project_is_generated_built_and_examined(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let name = if matches!(tool, Tool::Sccache(_)) { "sccache" } else { "ccache" };
    let project = Project::of_c(&wine, "t/Pröjekt eins", "");
    fs::remove_dir_all(project.path("cmake")).expect("the toolchain file of other tests");
    let run = |arguments: &[&str]| {
        let finished = wine.run_in("t/Pröjekt eins", PROGRAM, arguments);
        let text = finished.text();
        // A command of a shell, and quotes in JSON.
        let rest = text.replace("tr -d '\\r'", "").replace("\\\"", "");
        assert!(!rest.contains('\\'), "only slashes in paths: {finished}");
        finished
    };
    run(&["init", "--yes"]);
    run(&["validate"]);
    project.write(
        "toolchainkit.yaml",
        &format!("cache: {{ tool: {name} }}\npresets: {{ build_types: [Release] }}\n"),
    );
    run(&["generate"]);
    run(&["generate", "--check"]);
    // The same bytes as on this system.
    let sandbox = Sandbox::new("windows");
    let here = sandbox.dir("here");
    fs::copy(project.path("toolchainkit.yaml"), here.join("toolchainkit.yaml")).expect("a copy");
    sandbox.command(env!("CARGO_BIN_EXE_toolchainkit")).current_dir(&here).arg("generate").run();
    for file in [
        "CMakePresets.json",
        "cmake/toolchain.cmake",
        "cmake/toolchainkit-cache.cmake",
        "cmake/ToolchainKit.cmake",
    ] {
        let read = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(read(&project.path(file)) == read(&here.join(file)), "{file}");
    }
    let presets = fs::read_to_string(project.path("CMakePresets.json")).expect("presets");
    let presets: serde_json::Value = serde_json::from_str(&presets).expect("JSON");
    let preset = presets["buildPresets"][0]["name"].as_str().expect("a preset").to_owned();
    let configure = || wine.run_in("t/Pröjekt eins", "cmake", &["--preset", &preset]).text();
    let build = || wine.run_in("t/Pröjekt eins", "cmake", &["--build", "--preset", &preset]);
    let configured = configure();
    assert!(
        configured.contains(&format!("toolchainkit: {name} ")) && !configured.contains("no launcher"),
        "{configured}"
    );
    build();
    let counted = || {
        let text = run(&["stats", "--format", "json"]).stdout;
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    };
    let numbers = |part: &serde_json::Value| {
        ["hits", "misses"].map(|name| part[name].as_u64().unwrap_or_else(|| panic!("no {name}: {part:#}")))
    };
    let first = counted();
    assert_eq!(numbers(&first["cache"]["counters"]), [0, OBJECTS], "{first:#}");
    assert_eq!(numbers(&first["compilations"]["total"]), [0, OBJECTS], "{first:#}");
    wine.run_in("t/Pröjekt eins", "cmake", &["--build", "--preset", &preset, "--clean-first"]);
    let second = counted();
    assert_eq!(numbers(&second["cache"]["counters"]), [OBJECTS, OBJECTS], "{second:#}");
    assert_eq!(numbers(&second["compilations"]["total"]), [OBJECTS, 0], "the last build: {second:#}");
    configure();
    assert!(build().stdout.contains("no work to do"));
    run(&["doctor"]);
    run(&["server", "status"]);
}

fn checkouts_share_objects_and_a_killed_daemon_is_replaced(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let first = Project::of_c(&wine, "t/first", &call(tool, "")).option("-DCMAKE_BUILD_TYPE=Release");
    first.configure();
    first.build();
    first.configure();
    assert!(first.build().stdout.contains("no work to do"), "the command is the same");
    // Clang writes letters that are not ASCII as octal numbers, and sccache then does not find the base directory.
    let folder = if matches!(tool, Tool::Sccache(_)) { "t/second checkout" } else { "t/zweites Gehäuse" };
    let second = Project::of_c(&wine, folder, &call(tool, "")).option("-DCMAKE_BUILD_TYPE=Release");
    second.configure();
    // main.c contains its path, so the object of the other checkout would be wrong unless the path was mapped.
    let (hits, _) = second.counted(|| drop(second.build()));
    assert!(hits >= OBJECTS - 1, "{hits} hits");
    assert!(!second.output().contains("first"), "{}", second.output());
    for image in ["sccache.exe", "launcher.exe"] {
        wine.run_to_any_end("t", "taskkill", &["/F", "/IM", image]);
    }
    second.write("shared.h", "#define SHARED 2\n");
    second.build();
    assert!(second.output().starts_with("4 "), "the build goes on");
}

fn clang_cl_is_cached_through_the_launcher(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_microsoft(&wine, "t/project", &call(tool, ""));
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (0, 2));
    project.remove_build_folder();
    project.configure();
    assert_eq!(project.counted(|| drop(project.build())), (2, 0));
    project.write("shared.h", "#define SHARED 2\n");
    assert_eq!(project.counted(|| drop(project.build())), (0, 2));
    assert!(project.build().stdout.contains("no work to do"));
}
