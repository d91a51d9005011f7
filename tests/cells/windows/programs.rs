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
    the_script_for_microsofts_compiler_passes_with_clang_cl in CACHES,
    long_commands_and_response_files_are_passed_on in CACHES,
    rules_of_the_launcher_apply in CACHES,
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
    if name == "sccache" {
        assert!(run(&["server", "status"]).stdout.starts_with("running  "));
        wine.end_all();
        let status = run(&["server", "status"]);
        assert!(status.stdout.starts_with("stopped  "), "{status}");
    }
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
    let (hits, _) = second.counted(|| drop(second.build()));
    assert_eq!(hits, OBJECTS);
    // main.c contains its path, which ccache makes relative. No option of Windows maps it for sccache; see cmake/README.md.
    if matches!(tool, Tool::Ccache(_)) {
        assert_eq!(second.output(), r"2 ..\main.c");
    } else {
        assert_eq!(second.output(), "2 C:/t/first/main.c");
    }
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

/// The release workflow runs this script with cl.exe.
fn the_script_for_microsofts_compiler_passes_with_clang_cl(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/windows/microsoft.cmake");
    let name = if matches!(tool, Tool::Sccache(_)) { "sccache" } else { "ccache" };
    let toolchain = "set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\nset(CMAKE_C_COMPILER_WORKS ON)\n\
        set(CMAKE_MT W:/bin/ninja.exe)\nset(CMAKE_RC_COMPILER W:/bin/ninja.exe)";
    let finished = wine.run(
        "cmake",
        &[
            "-DCOMPILER=clang-cl",
            &format!("-DTOOL={name}"),
            "-DPROGRAMS=C:/t/bin",
            "-DWORK=C:/t/work",
            &format!("-DTOOLCHAIN={toolchain}"),
            "-P",
            &crate::support::wine::on_drive_z(&script),
        ],
    );
    assert!(finished.text().contains("all builds are as expected"), "{finished}");
}

fn long_commands_and_response_files_are_passed_on(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/Pröjekt eins", &call(tool, ""));
    project.configure();
    let launcher = r"C:\t\Pröjekt eins\build\toolchainkit\launcher.exe";
    let object = |name: &str| fs::read(project.path(name)).expect("an object");
    let compile = |arguments: &[&str]| {
        let _ = fs::remove_file(project.path("v.o"));
        let words = [&["W:/bin/clang.exe", "-c", "v.c", "-o", "v.o"], arguments].concat();
        project.counted(|| drop(wine.run_in("t/Pröjekt eins", launcher, &words)))
    };
    project.write("v.c", "int v(void);\nint v(void) { return VALUE; }\n");
    // Windows accepts 32,767 characters.
    let path = format!("-I{}", "a-folder-with-a-long-name-".repeat(4));
    let mut long = vec!["-DVALUE=3"];
    long.resize((32_500 - 200) / (path.len() + 1), path.as_str());
    assert_eq!(compile(&long), (0, 1));
    let first = object("v.o");
    assert_eq!(compile(&long), (1, 0));
    assert!(object("v.o") == first, "a hit differs");

    // Build tools write response files in UTF-8 or, with a mark, in UTF-16.
    let utf16 = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    for (index, encode) in [&utf16 as &dyn Fn(&str) -> Vec<u8>, &|text| text.into()].into_iter().enumerate() {
        let respond = |value: usize| {
            let text = format!("-DVALUE={value} \"-Ia folder with Größe\"\r\n");
            fs::write(project.path("arguments.rsp"), encode(&text)).expect("a response file");
        };
        let value = 10 + index * 10;
        respond(value);
        compile(&["@arguments.rsp"]);
        let first = object("v.o");
        assert_eq!(compile(&["@arguments.rsp"]).1, 0, "the second compilation is no miss");
        assert!(object("v.o") == first, "a hit differs");
        respond(value + 1);
        compile(&["@arguments.rsp"]);
        assert!(object("v.o") != first, "the options in the response file have changed");
    }
}

/// Some rules of each kind: they decide that the compiler runs without the tool, and say why.
fn rules_of_the_launcher_apply(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/project", &call(tool, ""));
    project.configure();
    let launcher = r"C:\t\project\build\toolchainkit\launcher.exe";
    project.write("v.c", "int v(void);\nint v(void) { return 1; }\n");
    project.write("t.c", "const char *t(void);\nconst char *t(void) { return __TIME__; }\n");
    let run = |words: &[&str]| project.counted(|| drop(wine.run_in("t/project", launcher, words)));
    let compile = ["W:/bin/clang.exe", "-c", "v.c", "-o", "v.o"];
    assert_eq!(run(&compile), (0, 1));
    assert_eq!(run(&compile), (1, 0));
    // A file beside the object that the tool does not store.
    let beside = [&["-fstack-usage"][..], &["-ftime-trace"], &["-save-temps"]];
    // ccache stores those of the first option, and does not cache the others itself.
    for more in &beside[usize::from(matches!(tool, Tool::Ccache(_)))..] {
        let words = [&compile[..], *more].concat();
        assert_eq!((run(&words), run(&words)), ((0, 0), (0, 0)), "{more:?}");
    }
    let time = ["W:/bin/clang.exe", "-c", "t.c", "-o", "t.o"];
    run(&time);
    assert_eq!(run(&time).0, 0, "the time of day");
    // The exit code of the compiler, and what it prints.
    project.write("wrong.c", "#error wrong\n");
    let wrong =
        wine.run_to_any_end("t/project", launcher, &["W:/bin/clang.exe", "-c", "wrong.c", "-o", "w.o"]);
    assert_eq!(wrong.code(), Some(1), "{wrong}");
    assert!(wrong.text().contains("wrong.c:1:2: error: wrong"), "{wrong}");
    let mut bypass = wine.command(launcher);
    bypass.args(compile).current_dir(project.path("")).env("TOOLCHAINKIT_BYPASS", "1");
    assert_eq!(project.counted(|| drop(bypass.run())), (0, 0));
}
