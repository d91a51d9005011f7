//! Other toolchain files as the base of ours (`toolchain.base`), or including ours. Each keeps the settings of the
//! other. The files of vcpkg, the Android NDK and Emscripten are not available to the tests. The files in
//! `tests/cmake/bases` affect a build in the same way.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::setups;
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::{Cell as _, tests};
use crate::support::removing::remove_folder;
use crate::support::{Finished, Run, Tool, versions};

tests![
    the_ndk_as_base_keeps_all_flags in setups(0),
    flags_of_the_user_override_the_configuration_with_a_base_too,
    variables_that_a_base_overwrites_are_restored in [SCCACHE.cmake(versions::cmake("3.15")), SCCACHE],
    a_launcher_of_the_base_is_kept,
    an_old_emscripten_file_as_base_works_with_every_cmake in emscripten_setups(),
    vcpkg_can_be_the_base_or_chain_load_our_file in setups(3),
    cache_settings_do_not_change_the_file_that_vcpkg_hashes,
    a_profile_reaches_try_compile_through_a_wrapper in setups(1),
    a_missing_base_is_reported,
];

const BASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmake/bases");
const CROSS: &[Tool] = &[Tool::System("aarch64-linux-gnu-g++"), Tool::System("qemu-aarch64")];

/// A build whose configuration has these sections.
fn build(name: &str, setup: Setup, needs: &[Tool], more: &str) -> Option<Build> {
    let tools = setup.tools(needs)?;
    let build = Build::with_yaml(name, setup, &tools, "", Vec::new(), more);
    build.toolchainkit(&["generate"]);
    Some(build)
}

fn base(path: &str) -> PathBuf {
    PathBuf::from(BASES).join(path)
}

/// Configures with `toolchain` and builds twice, with an empty and a filled cache, with `options` and `environment`.
fn prove(build: &Build, toolchain: &str, options: &[&str], environment: &[(&str, &str)]) -> Finished {
    let objects = build.project.objects();
    let configure = || {
        let mut command = build.configuring_by_file(toolchain);
        command
            .args(options)
            .arg("-DCMAKE_EXPORT_COMPILE_COMMANDS=ON")
            .envs(environment.iter().copied())
            .run()
    };
    let configured = configure();
    assert_eq!(build.hits_and_misses(), (0, 0), "{configured}");
    let cold = build.command("cmake").args(["--build", "build/release"]).run();
    assert_eq!(build.hits_and_misses(), (0, objects), "cold\n{configured}\n{cold}");
    build.wait_until_stored();
    build.stop_daemon();
    remove_folder(&build.folder());
    configure();
    let before = build.hits_and_misses();
    let warm = build.command("cmake").args(["--build", "build/release"]).run();
    let after = build.hits_and_misses();
    assert_eq!((after.0 - before.0, after.1 - before.1), (objects, 0), "warm\n{configured}\n{warm}");
    configured
}

/// The command that compiles `main.c`.
fn command_of_main(build: &Build) -> String {
    let text = fs::read_to_string(build.folder().join("compile_commands.json")).expect("the commands");
    let commands: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let is_main = |entry: &&Value| entry["file"].as_str().is_some_and(|file| file.ends_with("/main.c"));
    commands.iter().find(is_main).expect("main.c")["command"].as_str().expect("text").to_owned()
}

/// Running CMake again, also in a shell without the variables, changes no command, so nothing is compiled.
fn assert_settled(build: &Build) {
    let before = command_of_main(build);
    fs::write(build.folder().join("CMakeFiles/cmake.check_cache"), "").expect("the stamp");
    build.bare("touch").arg("CMakeLists.txt").run();
    let again = build.bare("ninja").args(["-C", "build/release", "-v"]).run();
    assert_eq!(command_of_main(build), before, "{again}");
    assert!(!again.stdout.contains(" -c "), "{again}");
}

fn the_ndk_as_base_keeps_all_flags(setup: Setup) {
    let more = "toolchain:\n  base: \"${ANDROID_NDK}/android.toolchain.cmake\"\n  \
        flags: { c: \"-DOURS=1 -fno-plt\", cxx: -DOURS=1, linker: \"-Wl,--as-needed\" }\n";
    let Some(build) = build("ndk", setup, CROSS, more) else { return };
    let ndk = base("ndk");
    let environment = [("ANDROID_NDK", ndk.to_str().expect("a plain path"))];
    prove(&build, "cmake/toolchain.cmake", &["-DANDROID_ABI=arm64-v8a"], &environment);
    let command = command_of_main(&build);
    for flag in [" -DANDROID ", " -O3 ", " -DOURS=1 ", " -fno-plt "] {
        assert_eq!(command.matches(flag).count(), 1, "{flag} in {command}");
    }
    let ninja = fs::read_to_string(build.folder().join("build.ninja")).expect("build.ninja");
    assert!(ninja.contains("-Wl,--gc-sections") && ninja.contains("-Wl,--as-needed"), "linker flags");
    assert_settled(&build);
}

fn flags_of_the_user_override_the_configuration_with_a_base_too() {
    let more = "toolchain:\n  base: \"${ANDROID_NDK}/android.toolchain.cmake\"\n  flags: { c: -DOURS=1 }\n";
    let Some(build) = build("ndk-user", SCCACHE, CROSS, more) else { return };
    let mut configure = build.configuring_by_file("cmake/toolchain.cmake");
    let options =
        ["-DANDROID_ABI=arm64-v8a", "-DCMAKE_C_FLAGS=-DTHEIRS=1", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"];
    configure.args(options).env("ANDROID_NDK", base("ndk")).run();
    let command = command_of_main(&build);
    assert!(command.contains("-DTHEIRS=1") && command.contains("-DANDROID"), "{command}");
    assert!(!command.contains("-DOURS=1"), "{command}");
}

fn variables_that_a_base_overwrites_are_restored(setup: Setup) {
    let Some(build) = build("ndk-anew", setup, CROSS, "toolchain:\n  base: base.cmake\n") else { return };
    // A variable that the user passes to try_compile, and a base that records what it gets.
    let base = "include(\"$ENV{ANDROID_NDK}/android.toolchain.cmake\")\n\
        file(APPEND \"$ENV{SEEN}\" \"[${MINE}]\\n\")\n";
    fs::write(build.project.root().join("base.cmake"), base).expect("a base");
    let lists = "cmake_minimum_required(VERSION 3.15)\nproject(sample C)\n\
        message(STATUS \"asks for ${CMAKE_MINIMUM_REQUIRED_VERSION}\")\nadd_executable(sample main.c)\n";
    fs::write(build.project.root().join("CMakeLists.txt"), lists).expect("a project");
    let seen = build.sandbox.root().join("seen");
    let mut configure = build.configuring_by_file("cmake/toolchain.cmake");
    configure.args(["-DANDROID_ABI=arm64-v8a", "-DMINE=1", "-DCMAKE_TRY_COMPILE_PLATFORM_VARIABLES=MINE"]);
    let configured = configure.env("ANDROID_NDK", BASES.to_owned() + "/ndk").env("SEEN", &seen).run();
    assert!(configured.stdout.contains("-- asks for 3.15\n"), "{configured}");
    let seen = fs::read_to_string(seen).expect("the record of the base");
    assert!(seen.lines().count() >= 2 && seen.lines().all(|line| line == "[1]"), "{seen}");
}

fn a_launcher_of_the_base_is_kept() {
    let more = "toolchain:\n  base: \"${ANDROID_NDK}/android.toolchain.cmake\"\n";
    let Some(build) = build("ndk-own", CCACHE, CROSS, more) else { return };
    let mut configure = build.configuring_by_file("cmake/toolchain.cmake");
    let options = ["-DANDROID_ABI=arm64-v8a", "-DANDROID_CCACHE=/usr/bin/env"];
    let configured = configure.args(options).env("ANDROID_NDK", base("ndk")).run();
    let ninja = fs::read_to_string(build.folder().join("build.ninja")).expect("build.ninja");
    assert!(ninja.contains("LAUNCHER = /usr/bin/env"), "{configured}");
}

/// The setups of other tests, and the first CMake 4.
fn emscripten_setups() -> Vec<Setup> {
    let mut all = setups(2);
    let first = SCCACHE.cmake(versions::cmake("4.0"));
    if !all.iter().any(|setup| setup.name() == first.name()) {
        all.push(first);
    }
    all
}

fn an_old_emscripten_file_as_base_works_with_every_cmake(setup: Setup) {
    let more =
        "toolchain:\n  base: \"${EMSCRIPTEN}/Modules/Platform/Emscripten.cmake\"\n  flags: { c: -DOURS=1 }\n";
    let Some(build) = build("emscripten", setup, &[], more) else { return };
    let root = base("emscripten");
    prove(&build, "cmake/toolchain.cmake", &[], &[("EMSCRIPTEN", root.to_str().expect("a plain path"))]);
    assert!(build.folder().join("sample.js").is_file(), "the base determines the name of the program");
    assert!(command_of_main(&build).contains(" -DOURS=1 "));
    assert_settled(&build);
}

fn vcpkg_can_be_the_base_or_chain_load_our_file(setup: Setup) {
    let vcpkg = base("vcpkg/vcpkg.cmake");
    let more = format!("toolchain:\n  base: {}\n  flags: {{ c: -DOURS=1 }}\n", vcpkg.display());
    let Some(wrapping) = build("vcpkg-base", setup, &[], &more) else { return };
    prove(&wrapping, "cmake/toolchain.cmake", &["-DVCPKG_TARGET_TRIPLET=x64-linux"], &[]);
    assert!(command_of_main(&wrapping).contains(" -DOURS=1 "));
    assert_settled(&wrapping);

    let more = "toolchain:\n  compilers: { c: aarch64-linux-gnu-gcc, cxx: aarch64-linux-gnu-g++ }\n  \
        target: { system: Linux, processor: aarch64 }\n  flags: { c: -DOURS=1 }\n";
    let Some(chained) = build("vcpkg-chain", setup, CROSS, more) else { return };
    let ours = chained.project.root().join("cmake/toolchain.cmake");
    let chain = format!("-DVCPKG_CHAINLOAD_TOOLCHAIN_FILE={}", ours.display());
    let options = ["-DVCPKG_TARGET_TRIPLET=arm64-linux", &chain];
    prove(&chained, vcpkg.to_str().expect("a plain path"), &options, &[]);
    let command = command_of_main(&chained);
    assert!(
        command.contains("aarch64-linux-gnu-gcc") && command.matches(" -DOURS=1 ").count() == 1,
        "{command}"
    );
    assert_settled(&chained);
}

fn cache_settings_do_not_change_the_file_that_vcpkg_hashes() {
    let toolchain = "toolchain:\n  flags: { c: -Wall }\n";
    let Some(build) = build("vcpkg-hash", SCCACHE, &[], toolchain) else { return };
    let hashed = || fs::read(build.project.root().join("cmake/toolchain.cmake")).expect("the toolchain");
    let before = hashed();
    for cache in [
        "cache: { tool: ccache, size_gb: 99 }\n",
        "cache: { enabled: false }\n",
        "cache: { remote: { type: redis, endpoint: \"redis://cache.example:6379\" } }\n",
        "project: { name: other }\nprofiles: { ci: { cache: { size_gb: 3 } }, local: { cache: { enabled: false } } }\n",
    ] {
        fs::write(build.project.root().join("toolchainkit.yaml"), format!("{cache}{toolchain}"))
            .expect("YAML");
        build.toolchainkit(&["generate"]);
        assert!(hashed() == before, "{cache}");
    }
    fs::write(build.project.root().join("toolchainkit.yaml"), "toolchain: { flags: { c: -Wextra } }\n")
        .expect("YAML");
    build.toolchainkit(&["generate"]);
    assert!(hashed() != before, "a changed flag changes the hash");
}

fn a_profile_reaches_try_compile_through_a_wrapper(setup: Setup) {
    let more = "profiles:\n  arm:\n    toolchain:\n      \
        compilers: { c: aarch64-linux-gnu-gcc, cxx: aarch64-linux-gnu-g++ }\n      \
        target: { system: Linux, processor: aarch64 }\n";
    let Some(build) = build("wrapper", setup, CROSS, more) else { return };
    // A wrapper of the Android NDK may do this.
    let wrapper = "include(\"${CMAKE_CURRENT_LIST_DIR}/cmake/toolchain.cmake\")\n\
        set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SOMETHING_ELSE)\n\
        file(APPEND \"$ENV{SEEN}\" \"${CMAKE_SYSTEM_PROCESSOR}\\n\")\n";
    fs::write(build.project.root().join("wrapper.cmake"), wrapper).expect("a toolchain");
    let seen = build.sandbox.root().join("seen");
    let environment = [("SEEN", seen.to_str().expect("a plain path"))];
    prove(&build, "wrapper.cmake", &["-DTOOLCHAINKIT_PROFILE=arm"], &environment);
    let seen = fs::read_to_string(seen).expect("the record of the toolchain file");
    assert!(seen.lines().count() >= 8 && seen.lines().all(|line| line == "aarch64"), "{seen}");
}

fn a_missing_base_is_reported() {
    for (base, word) in [
        ("cmake/gone.cmake", "cmake/gone.cmake (toolchain.base in toolchainkit.yaml) does not exist"),
        ("\"${TK_NO_SUCH_VARIABLE}/x.cmake\"", "TK_NO_SUCH_VARIABLE, which is not set"),
    ] {
        let Some(build) = build("no-base", SCCACHE, &[], &format!("toolchain: {{ base: {base} }}\n")) else {
            return;
        };
        let failed = build.configuring_by_file("cmake/toolchain.cmake").run_expecting(1);
        let words = failed.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(word), "{failed}");
    }
}
