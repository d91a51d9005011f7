//! The build folder, the launcher, the folders, the disk and the daemon of a configured build. The tests share a build for faults
//! that can be undone.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Report, doctor};
use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::run::write_script;
use crate::support::system::signal;
use crate::support::users::{User, open_sandbox};
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    a_launcher_that_cannot_be_used_is_named,
    a_folder_that_cannot_be_used_is_named in [SCCACHE, CCACHE],
    a_disk_that_is_full_is_named in [SCCACHE, CCACHE],
    a_quota_that_is_used_up_is_named in with_full(),
    a_folder_of_another_user_is_named,
    a_run_folder_that_cannot_be_used_is_named,
    a_daemon_with_other_settings_is_named,
    a_build_folder_that_cannot_be_used_is_named,
    a_compiler_that_does_not_exist_is_named,
    a_build_without_a_cache_is_named,
    another_launcher_is_named,
    a_checkout_that_does_not_share_is_named in [SCCACHE, CCACHE],
];

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A configured build.
fn configured(name: &str, setup: Setup, tools: &Tools) -> Build {
    let build = Build::new(name, setup, tools, "", Vec::new());
    build.toolchainkit(&["generate"]);
    build.configure();
    build
}

fn own(build: &Build, name: &str) -> PathBuf {
    build.folder().join("toolchainkit").join(name)
}

fn summary(build: &Build, member: &str) -> String {
    let text = fs::read_to_string(own(build, "cache.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    summary[member].as_str().unwrap().to_owned()
}

fn a_launcher_that_cannot_be_used_is_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let build = configured("launcher", SCCACHE, &tools);
    let (launcher, json) = (own(&build, "launcher"), own(&build, "launcher.json"));
    let (program, settings) = (fs::read(&launcher).unwrap(), fs::read_to_string(&json).unwrap());
    let restore = || {
        // Not into the running program.
        let _ = fs::remove_file(&launcher);
        fs::write(&launcher, &program).unwrap();
        mode(&launcher, 0o755);
        fs::write(&json, &settings).unwrap();
    };
    let broken = |text: &str| {
        let report = Report::of(&mut doctor(&build), 8);
        report.assert_has("launcher", "broken", text, "configure the build again");
        report.assert_fine("tool");
        restore();
    };
    fs::remove_file(&launcher).unwrap();
    broken("toolchainkit/launcher does not exist");
    mode(&launcher, 0o644);
    broken("is not executable");
    fs::write(&launcher, &program[..program.len() / 2]).unwrap();
    broken("is damaged");
    write_script(&launcher, "exit 3");
    broken("is damaged: it ends with code 3");
    fs::write(&json, &settings[..settings.len() / 2]).unwrap();
    broken("launcher.json cannot be read");
    fs::remove_file(&json).unwrap();
    broken("launcher.json cannot be read");
    let folder = build.folder();
    fs::write(&json, settings.replace(folder.to_str().unwrap(), "/elsewhere")).unwrap();
    broken("is for another build folder, /elsewhere");
    fs::write(&json, settings.replace("bin/sccache", "bin/another")).unwrap();
    broken("bin/another, and cache.json names");
    Report::of(&mut doctor(&build), 0).assert_fine("launcher");

    // The script.
    let script = Build::new("script", SCCACHE, &tools, "", Vec::new());
    script.toolchainkit(&["generate"]);
    script.configuring_by_file("cmake/toolchain.cmake").env("TOOLCHAINKIT_LAUNCH", "OFF").run();
    let report = Report::of(&mut doctor(&script), 0);
    report.assert_has("launcher", "doubtful", "is the script", "toolchainkit install");
    report.assert_has("compilation", "fine", "a trial file was stored and then hit", "");
}

fn a_folder_that_cannot_be_used_is_named(setup: Setup) {
    let Some(tools) = setup.tools(&[]) else { return };
    let build = configured("folders", setup, &tools);
    build.build();
    let cache = PathBuf::from(summary(&build, "dir"));
    if setup.is_sccache() {
        build.stop_daemon();
    }

    fs::remove_dir_all(&cache).unwrap();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("folders", "doubtful", &format!("{} does not exist", cache.display()), "removes it");

    let _ = fs::remove_dir_all(&cache);
    fs::write(&cache, "").unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has(
        "folders",
        "broken",
        &format!("{} is a file, not a folder", cache.display()),
        "remove it",
    );
    fs::remove_file(&cache).unwrap();

    symlink("/nowhere", &cache).unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("folders", "broken", "is a link to a path that does not exist", "remove the link");
    fs::remove_file(&cache).unwrap();
    build.configure();
    Report::of(&mut doctor(&build), 0).assert_fine("folders");
}

/// `doctor` with a file system mounted at the cache folder.
fn with_mount(build: &Build, options: &str) -> Command {
    let mut command = build.command("unshare");
    let script = format!("mount -t tmpfs -o {options} none \"$CACHE\"; exec \"$@\"");
    command.args(["--mount", "sh", "-e", "-c", &script, "sh", env!("CARGO_BIN_EXE_toolchainkit"), "doctor"]);
    command.env("CACHE", summary(build, "dir"));
    command
}

fn a_disk_that_is_full_is_named(setup: Setup) {
    let Some(tools) = setup.tools(&[Tool::System("unshare"), Tool::System("mount")]) else { return };
    let build = configured("disk", setup, &tools);
    if setup.is_sccache() {
        build.stop_daemon();
    }
    let report = Report::of(&mut with_mount(&build, "size=16k"), 8);
    report.assert_has("disk", "broken", "the disk of the cache folder", "free space");
    let report = Report::of(&mut with_mount(&build, "ro"), 8);
    report.assert_has("disk", "broken", "is read-only", "write access");
    let report = Report::of(&mut with_mount(&build, "size=20m"), 0);
    report.assert_has("disk", "degraded", "is nearly full", "cache.dir");
    let report = Report::of(&mut with_mount(&build, "size=1g,nr_inodes=500"), 0);
    report.assert_has("disk", "degraded", "has no room for more than", "remove files");
    let report = Report::of(&mut with_mount(&build, "size=1g"), 0);
    report.assert_has("disk", "doubtful", "the cache may grow to 10 GiB", "cache.size_gb");
}

/// The tools for btrfs are only installed for `--full`.
fn with_full() -> Vec<Setup> {
    if Tools::full() { vec![CCACHE] } else { Vec::new() }
}

/// With a quota of btrfs: the kernel need not support those of other file systems.
fn a_quota_that_is_used_up_is_named(setup: Setup) {
    let needed = ["unshare", "mount", "mkfs.btrfs", "btrfs"].map(Tool::System);
    let Some(tools) = setup.tools(&needed) else { return };
    let build = configured("quota", setup, &tools);
    let script = "\"$MKFS\" -q \"$IMAGE\" >/dev/null; mkdir \"$IMAGE.d\"; mount -o loop \"$IMAGE\" \"$IMAGE.d\"; \
                  { btrfs quota enable \"$IMAGE.d\"; btrfs subvolume create \"$IMAGE.d/cache\"; \
                  btrfs qgroup limit 200K \"$IMAGE.d/cache\"; } >/dev/null; mount --bind \"$IMAGE.d/cache\" \"$CACHE\"; \
                  ! head -c 1M /dev/urandom >\"$CACHE/large\" || exit 99; exec \"$@\"";
    let image = build.sandbox.root().join("image");
    fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();
    let mut command = build.command("unshare");
    command.args(["--mount", "sh", "-e", "-c", script, "sh", env!("CARGO_BIN_EXE_toolchainkit"), "doctor"]);
    command.env("CACHE", summary(&build, "dir")).env("IMAGE", &image).env("MKFS", tools.path(needed[2]));
    let report = Report::of(&mut command, 8);
    report.assert_has("disk", "broken", "the quota for the disk of the cache folder", "remove files");
}

const USER: User = User { id: 54321, group: 54321 };

fn a_folder_of_another_user_is_named() {
    let used = [CACHES[0], Tool::CMake(Tools::CMAKE), Tool::Ninja];
    let Some(tools) = tools_for(&[&used[..], &[Tool::System("setpriv")]].concat()) else { return };
    let (sandbox, tools) = open_sandbox("foreign", &tools, &used);
    let checkout = Checkout::sample(
        &sandbox,
        &tools,
        &format!("user-{}/project", USER.id),
        "toolchainkit_enable_cache()",
    );
    USER.own(&USER.home(&sandbox));
    let program = sandbox.root().join("tools/toolchainkit");
    fs::copy(env!("CARGO_BIN_EXE_toolchainkit"), &program).unwrap();
    mode(&program, 0o755);
    let run = |script: &str| USER.script(&sandbox, &tools, script);
    run("mkdir project/build && cd project/build && \"$CMAKE\" -G Ninja -DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake ..").run();
    let examine = |code: i32| {
        Report::of(
            run(&format!("exec {} doctor --build project/build \"$@\"", program.display())).arg("sh"),
            code,
        )
    };
    Report::of(run(&format!("exec {} doctor --build project/build \"$@\"", program.display())).arg("sh"), 0)
        .assert_fine("folders");
    run("project/build/toolchainkit/launcher --stop-server").run();

    let cache = PathBuf::from(checkout.status_field("dir"));
    chown(&cache, Some(0), Some(0)).unwrap();
    mode(&cache, 0o755);
    let report = examine(8);
    let words = format!("is not writable for user {}, and belongs to user 0", USER.id);
    report.assert_has("folders", "broken", &words, "change its owner");
    // Writable, but foreign.
    mode(&cache, 0o777);
    let report = examine(0);
    report.assert_has("folders", "doubtful", "belongs to user 0", "of your own");
    chown(&cache, Some(USER.id), Some(USER.group)).unwrap();
    mode(&cache, 0o755);

    // Root looks at the build of the user.
    let mut as_root = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let report = Report::of(as_root.args(["doctor", "--build"]).arg(checkout.build_folder()), 5);
    report.assert_has("build", "broken", "it was not written when you configured this folder", "");
}

fn a_run_folder_that_cannot_be_used_is_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let build = configured("run", SCCACHE, &tools);
    build.stop_daemon();
    let run = build.sandbox.cache_home().join("toolchainkit/run");
    chown(&run, Some(54321), None).unwrap();
    let report = Report::of(&mut doctor(&build), 0);
    let words = format!("the run folder {} is not used", run.display());
    report.assert_has("folders", "degraded", &words, "remove it");
    report.assert_broken_only(&[]);
    fs::remove_dir_all(&run).unwrap();
    fs::write(&run, "").unwrap();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("folders", "degraded", "it is not a folder", "remove it");
    fs::remove_file(&run).unwrap();

    let long = build.sandbox.dir(&"a".repeat(80));
    build.configuring_by_file("cmake/toolchain.cmake").env("XDG_CACHE_HOME", &long).run();
    let report = Report::of(doctor(&build).env("XDG_CACHE_HOME", &long), 0);
    report.assert_has("folders", "doubtful", "is too long for a socket", "shorter path");
    report.assert_has("compilation", "fine", "a trial file was stored and then hit", "");
}

fn a_daemon_with_other_settings_is_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let build = configured("daemon", SCCACHE, &tools);
    Report::of(&mut doctor(&build), 0).assert_fine("daemon");
    let json = own(&build, "launcher.json");
    let settings = fs::read_to_string(&json).unwrap();
    assert!(settings.contains("\"10G\""), "{settings}");

    // It was started with the settings before this change.
    fs::write(&json, settings.replace("\"10G\"", "\"4G\"")).unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    let words = "running with other settings: SCCACHE_CACHE_SIZE is 10G there, and 4G in this build";
    report.assert_has("daemon", "broken", words, "toolchainkit server stop");
    fs::write(&json, &settings).unwrap();
    build.configure();

    // It hangs.
    let record =
        fs::read_to_string(Path::new(&summary(&build, "socket")).with_file_name("server.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    let daemon = record["daemon"].to_string();
    signal("STOP", &daemon);
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("daemon", "broken", "running, but it does not answer", "toolchainkit server stop");
    signal("CONT", &daemon);
    Report::of(&mut doctor(&build), 0).assert_fine("daemon");

    // Another program listens at its socket.
    build.stop_daemon();
    let socket = PathBuf::from(summary(&build, "socket"));
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has(
        "daemon",
        "broken",
        "a program that is not the daemon of this build listens",
        "end this program",
    );
    drop(listener);
    let _ = fs::remove_file(&socket);
    Report::of(&mut doctor(&build), 0).assert_has("daemon", "fine", "not running", "");
}

fn a_build_folder_that_cannot_be_used_is_named() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = Build::new("folder", CCACHE, &tools, "", Vec::new());
    build.toolchainkit(&["generate"]);
    let compiler = build.sandbox.dir("compiler").join("cc");
    symlink("/usr/bin/cc", &compiler).unwrap();
    build.configuring_by_file("cmake/toolchain.cmake").env("CC", &compiler).run();
    Report::of(&mut doctor(&build), 0).assert_fine("build");

    // The compiler was removed.
    fs::remove_file(&compiler).unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has(
        "build",
        "broken",
        &format!("the compiler {} does not exist", compiler.display()),
        "new build folder",
    );
    symlink("/usr/bin/cc", &compiler).unwrap();

    // cache.json was changed.
    let json = own(&build, "cache.json");
    let text = fs::read_to_string(&json).unwrap();
    fs::write(&json, format!("{text} ")).unwrap();
    let report = Report::of(doctor(&build).arg("--build").arg(build.folder()), 5);
    report.assert_has(
        "build",
        "broken",
        "was not written when you configured this folder, or has been changed",
        "",
    );
    fs::write(&json, &text).unwrap();

    // The folder was moved.
    let moved = build.project.root().join("build/moved");
    fs::rename(build.folder(), &moved).unwrap();
    let report = Report::of(doctor(&build).arg("--build").arg(&moved), 5);
    let words = format!("was moved from {}", build.folder().display());
    report.assert_has("build", "broken", &words, "remove the folder");
    fs::rename(&moved, build.folder()).unwrap();

    // A folder without a build, and one of another project.
    let report = Report::of(doctor(&build).arg("--build").arg(build.sandbox.dir("empty")), 5);
    report.assert_has("build", "broken", "no configured build", "toolchain file");

    // CMake has found no compiler when the folder was configured again.
    let other = build.project.root().join("build/other");
    let configure = || {
        let mut configure = build.command("cmake");
        configure.args(["-S", ".", "-G", "Ninja", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake", "-B"]);
        configure.arg(&other).arg(format!("-DCMAKE_MAKE_PROGRAM={}", tools.ninja().display()));
        configure
    };
    configure().run();
    fs::remove_file(other.join("CMakeCache.txt")).unwrap();
    configure().env("PATH", build.sandbox.root()).run_expecting(1);
    let report = Report::of(doctor(&build).arg("--build").arg(&other), 8);
    report.assert_has("build", "broken", "CMake has not found", "CC, CXX");
}

/// CMake writes nothing about such a compiler into its cache.
fn a_compiler_that_does_not_exist_is_named() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = Build::new("compiler", CCACHE, &tools, "", Vec::new());
    build.toolchainkit(&["generate"]);
    let root = build.project.root();
    let ninja = format!("-DCMAKE_MAKE_PROGRAM={}", tools.ninja().display());
    let configure = |folder: &str, options: &[&str]| {
        let mut command = build.command("cmake");
        command.args(["-G", "Ninja", &ninja, "-S", ".", "-B", folder]).args(options);
        command
    };
    let ours = "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
    let assert_named = |folder: &str, variable: Option<(&str, &str)>, text: &str, help: &str| {
        let mut command = doctor(&build);
        command.args(["--build", folder]).envs(variable);
        let report = Report::of(&mut command, 8);
        report.assert_has("build", "broken", text, help);
        assert_eq!(report.of_link("build").count(), 1, "{}", report.finished);
        report.assert_broken_only(&["build"]);
    };

    let variable = ("CXX", "/no/such/g++ -m64");
    configure("by-variable", &[ours]).envs([variable]).run_expecting(1);
    let text = "CXX in the environment names the compiler `/no/such/g++ -m64`, which was not found";
    assert_named("by-variable", Some(variable), text, "correct CXX in the environment");
    // In another shell, the cause is not known.
    let text = "CMake has not completed the configuration of by-variable";
    assert_named("by-variable", None, text, "the first error that CMake prints");

    configure("by-option", &[ours, "-DCMAKE_C_COMPILER=no-such-gcc"]).run_expecting(1);
    let text = "CMAKE_C_COMPILER in the CMake cache names the compiler `no-such-gcc`";
    assert_named("by-option", None, text, "install this compiler");

    let toolchain =
        "set(CMAKE_C_COMPILER no-such-clang)\ninclude(\"${CMAKE_CURRENT_LIST_DIR}/cmake/toolchain.cmake\")\n";
    fs::write(root.join("mine.cmake"), toolchain).unwrap();
    configure("by-file", &["-DCMAKE_TOOLCHAIN_FILE=mine.cmake"]).run_expecting(1);
    let text = "mine.cmake names the compiler `no-such-clang`";
    assert_named("by-file", None, text, "install this compiler");

    let presets = r#"{ "version": 3, "configurePresets": [{ "name": "mine", "inherits": "debug",
        "binaryDir": "${sourceDir}/by-preset", "environment": { "CC": "no-such-cc" } }] }"#;
    fs::write(root.join("CMakeUserPresets.json"), presets).unwrap();
    build.command("cmake").args(["--preset", "mine", &ninja]).run_expecting(1);
    let text = "CC in the preset mine (CMakeUserPresets.json) names the compiler `no-such-cc`";
    assert_named("by-preset", None, text, "correct CC in the preset mine");
}

fn a_build_without_a_cache_is_named() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("none").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let examine = |checkout: &Checkout, code: i32| {
        let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        Report::of(command.arg("doctor").arg("--build").arg(checkout.build_folder()), code)
    };
    let sample = |folder: &str, call: &str| Checkout::sample(&sandbox, &tools, folder, call);

    let off = sample("off", "toolchainkit_enable_cache()").option("-DTOOLCHAINKIT_CACHE=OFF");
    off.configure();
    examine(&off, 8).assert_has("cache", "broken", "switched off by TOOLCHAINKIT_CACHE=OFF", "configure");

    let file = sandbox.root().join("file");
    fs::write(&file, "").unwrap();
    let unwritable =
        sample("unwritable", &format!("toolchainkit_enable_cache(DIR \"{}/cache\")", file.display()));
    unwritable.configure();
    let report = examine(&unwritable, 8);
    report.assert_has("cache", "broken", "cannot write to", "other lines of this report");
    report.assert_has(
        "folders",
        "broken",
        &format!("{} is a file, not a folder", file.display()),
        "remove this file",
    );

    let old = sample("old", "toolchainkit_enable_cache(TOOL sccache MIN_VERSION 99)");
    old.configure();
    examine(&old, 8).assert_has("cache", "broken", "but 99 or newer is required", "configure");

    let missing = sample("missing", "toolchainkit_enable_cache(TOOL ccache)");
    missing.command("cmake");
    let missing = missing.option("-DTOOLCHAINKIT_CACHE_TOOL=no-such-tool");
    missing.configure();
    examine(&missing, 8).assert_has("cache", "broken", "no-such-tool was not found", "configure");

    // The generator uses no launchers.
    let call =
        "set(CMAKE_GENERATOR \"Green Hills MULTI\")\ntoolchainkit_enable_cache()\nunset(CMAKE_GENERATOR)";
    let other = sample("generator", call);
    other.configure();
    let report = examine(&other, 8);
    report.assert_has(
        "cache",
        "broken",
        "the generator Green Hills MULTI does not use compiler launchers",
        "configure",
    );

    let unwritable = sample(
        "read-only",
        "toolchainkit_enable_cache(TOOL sccache REMOTE disk SCCACHE_SETTINGS SCCACHE_LOCAL_RW_MODE=READ_ONLY)",
    );
    unwritable.configure();
    let report = examine(&unwritable, 8);
    report.assert_has("compilation", "broken", "the storage did not accept the object", "read-only access");
}

/// `cmake_module::launchers` has all ways; here are those of each kind.
fn another_launcher_is_named() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("launchers")
        .on_path(&tools.ninja())
        .on_path(&tools.path(CACHES[1]))
        .on_path(&tools.path(CACHES[0]));
    let call = "toolchainkit_enable_cache()";
    let lists = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(p LANGUAGES C)\n";
    for (name, text, option, words) in [
        (
            "variable",
            "set(CMAKE_C_COMPILER_LAUNCHER ccache)\nadd_library(l c_0.c)\n",
            "",
            "CMAKE_C_COMPILER_LAUNCHER is set in CMakeLists.txt:3",
        ),
        (
            "property",
            "add_library(l c_0.c)\nset_target_properties(l PROPERTIES C_COMPILER_LAUNCHER ccache)\n",
            "",
            "the target property C_COMPILER_LAUNCHER is set in CMakeLists.txt:4",
        ),
        (
            "rule",
            "set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)\nadd_library(l c_0.c)\n",
            "",
            "RULE_LAUNCH_COMPILE is set in CMakeLists.txt:3",
        ),
        (
            "option",
            "add_library(l c_0.c)\n",
            "-DCMAKE_C_COMPILER_LAUNCHER=ccache",
            "from -D, a preset or the environment",
        ),
    ] {
        let checkout = Checkout::sample(&sandbox, &tools, name, call);
        fs::write(checkout.source.join("CMakeLists.txt"), format!("{lists}{text}")).unwrap();
        let checkout = if option.is_empty() { checkout } else { checkout.option(option) };
        checkout.configure();
        let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        let report = Report::of(command.arg("doctor").arg("--build").arg(checkout.build_folder()), 8);
        report.assert_has("launchers", "broken", words, "remove this setting");
    }
    // One of two languages.
    let checkout = Checkout::sample(&sandbox, &tools, "language", call);
    let text = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(p LANGUAGES C CXX)\n\
                set(CMAKE_CXX_COMPILER_LAUNCHER \"\")\nadd_library(l c_0.c cxx_0.cpp)\n";
    fs::write(checkout.source.join("CMakeLists.txt"), text).unwrap();
    fs::write(checkout.source.join("cxx_0.cpp"), "int cxx_0;\n").unwrap();
    checkout.configure();
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let report = Report::of(command.arg("doctor").arg("--build").arg(checkout.build_folder()), 0);
    let words = "1 of 2 compilations use this cache; 1 in CXX run the compiler without a launcher: CMAKE_CXX_COMPILER_LAUNCHER";
    report.assert_has("launchers", "degraded", words, "remove this setting");
}

fn a_checkout_that_does_not_share_is_named(setup: Setup) {
    let Some(tools) = setup.tools(&[]) else { return };
    let build = Build::new("share", setup, &tools, "", Vec::new());
    build.toolchainkit(&["generate"]);
    build.configuring_by_file("cmake/toolchain.cmake").arg("-DCMAKE_C_FLAGS=-g -gz").run();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("checkouts", "doubtful", "a checkout in another folder does not hit, because", "");
    report.assert_has("compilation", "fine", "a trial file was stored", "");
    build.configuring_by_file("cmake/toolchain.cmake").arg("-DCMAKE_C_FLAGS=-g").run();
    Report::of(&mut doctor(&build), 0).assert_fine("checkouts");

    let yaml = build.project.root().join("toolchainkit.yaml");
    let text = fs::read_to_string(&yaml).unwrap();
    fs::write(&yaml, text.replace("cache:\n", "cache:\n  relocatable: false\n")).unwrap();
    build.toolchainkit(&["generate"]);
    build.configure();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("checkouts", "doubtful", "because `cache.relocatable` is false", "remove it");
}
