//! Machines and users that are not those of the developer: containers with one home folder, builds by root, homes that cannot
//! be written; and what a build hands to others: its launcher, its descriptors, its umask.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::{pairs, tests};
use crate::support::users::{User, open_sandbox, walk};
use crate::support::{Project, Run, Sandbox, Tool, Tools};

tests![
    the_launcher_can_be_handed_on in [pairs(CACHES, pairs(WAYS.map(|(name, _)| name), ["program"])), pairs(CACHES, [("external project", "script")])].concat(),
    containers_with_one_home_have_a_daemon_each in ["program", "script"],
    a_build_by_root_does_not_stop_the_user in pairs(CACHES, ["program", "script"]),
    a_home_that_cannot_be_written_is_not_needed in pairs(CACHES, ["program", "script"]),
    objects_have_the_umask_of_the_build in pairs(CACHES, ["program", "script"]),
    a_full_disk_does_not_stop_the_configuration in pairs(CACHES, ["program", "script"]),
];

const USER: User = User { id: 1001, group: 1001 };
const CONFIGURE: &str =
    "\"$CMAKE\" -S project -B build -G Ninja -DCMAKE_TOOLCHAIN_FILE=../project/cmake/toolchain.cmake";

/// Ways in which projects pass `CMAKE_<LANG>_COMPILER_LAUNCHER` on.
const WAYS: [(&str, &str); 5] = [
    (
        "external project",
        "include(ExternalProject)\nExternalProject_Add(part SOURCE_DIR ${CMAKE_SOURCE_DIR}/part INSTALL_COMMAND \"\"\n  \
         CMAKE_ARGS -DCMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER})\n",
    ),
    (
        "initial cache",
        "include(ExternalProject)\nExternalProject_Add(part SOURCE_DIR ${CMAKE_SOURCE_DIR}/part INSTALL_COMMAND \"\"\n  \
         CMAKE_CACHE_ARGS \"-DCMAKE_C_COMPILER_LAUNCHER:STRING=${CMAKE_C_COMPILER_LAUNCHER}\")\n",
    ),
    (
        "custom command",
        "add_custom_target(part ALL COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${CMAKE_C_COMPILER}\n  \
         -c ${CMAKE_SOURCE_DIR}/part/part.c -o part.o)\n",
    ),
    (
        "environment",
        "add_custom_target(part ALL COMMAND ${CMAKE_COMMAND} -E env\n  \
         \"CC=${CMAKE_C_COMPILER_LAUNCHER} ${CMAKE_C_COMPILER}\"\n  \
         sh -c \"$CC -c '${CMAKE_SOURCE_DIR}/part/part.c' -o part.o\" VERBATIM)\n",
    ),
    (
        "configuration",
        "execute_process(COMMAND ${CMAKE_C_COMPILER_LAUNCHER} ${CMAKE_C_COMPILER}\n  \
         -c ${CMAKE_SOURCE_DIR}/part/part.c -o part.o RESULT_VARIABLE result)\n\
         if(NOT result EQUAL 0)\n  message(FATAL_ERROR \"${result}\")\nendif()\n",
    ),
];

fn with_kind<'a>(checkout: Checkout<'a>, kind: &str) -> Checkout<'a> {
    if kind == "script" { checkout.with_fallback() } else { checkout }
}

fn the_launcher_can_be_handed_on((cache, (way, kind)): (Tool, (&'static str, &'static str))) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("handed").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout =
        with_kind(Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()"), kind);
    let part = checkout.source.join("part");
    fs::create_dir(&part).expect("a folder");
    fs::write(part.join("part.c"), "int part(void);\nint part(void) { return 1; }\n").expect("a source");
    let lists =
        "cmake_minimum_required(VERSION 3.15...4.0)\nproject(part C)\nadd_library(part STATIC part.c)\n";
    fs::write(part.join("CMakeLists.txt"), lists).expect("a project");
    let (_, code) = WAYS.into_iter().find(|(name, _)| *name == way).expect("a way");
    let path = checkout.source.join("CMakeLists.txt");
    let lists = fs::read_to_string(&path).expect("the project");
    fs::write(path, format!("{lists}{code}")).expect("the project");
    checkout.configure();
    checkout.build();
    let (hits, misses) = checkout.counted(|| drop(checkout.rebuild()));
    assert_eq!(misses, 0);
    // An external project is not cleaned.
    let is_run_again = ["custom command", "environment"].contains(&way);
    assert_eq!(hits, checkout.objects + u64::from(is_run_again));
}

/// Process IDs of another container say nothing about its processes.
fn containers_with_one_home_have_a_daemon_each(kind: &'static str) {
    const ROUNDS: u32 = 3;
    let sccache = CACHES[0];
    let Some(tools) = tools_for(&[sccache, Tool::System("unshare")]) else { return };
    let sandbox = Sandbox::new("pids").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let folders = ["a", "b"];
    let checkouts = folders.map(|folder| {
        with_kind(Checkout::sample(&sandbox, &tools, folder, "toolchainkit_enable_cache(PROJECT pids)"), kind)
    });
    let script = format!(
        "cd \"$1\" && mkdir build && cd build && \"$2\" -G Ninja -DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake .. >/dev/null
         for round in $(seq {ROUNDS}); do
           for source in ../*.c; do echo \"extern int added_$round;\" >>\"$source\"; done
           \"$2\" --build . 2>&1 | grep -E 'sccache: error|toolchainkit:|FAILED'
         done
         daemons=0
         for program in /proc/[0-9]*/exe; do
           case $(readlink \"$program\") in */sccache) daemons=$((daemons + 1)) ;; esac
         done
         echo \"daemons: $daemons\""
    );
    std::thread::scope(|scope| {
        for checkout in &checkouts {
            let (tools, script) = (&tools, &script);
            scope.spawn(move || {
                let mut command = checkout.command("unshare");
                command.args(["--pid", "--fork", "--mount-proc", "bash", "-c", script, "bash"]);
                let done = command.arg(&checkout.source).arg(tools.cmake(Tools::CMAKE)).run();
                assert_eq!(done.stdout, "daemons: 1\n", "{done}");
                assert!(checkout.build_folder().join("sample").is_file(), "{done}");
            });
        }
    });
}

/// `cmake -B build && sudo ninja install`: the files of root must not stop the later builds of the user.
fn a_build_by_root_does_not_stop_the_user((cache, kind): (Tool, &'static str)) {
    let Some(tools) = tools_for(&[cache, Tool::System("setpriv")]) else { return };
    let used = [Tool::CMake(Tools::CMAKE), Tool::Ninja, cache];
    let (sandbox, tools) = open_sandbox("sudo", &tools, &used);
    let home = USER.home(&sandbox);
    let project = write_project(&sandbox, &tools, "toolchainkit_enable_cache()");
    let launcher = if kind == "script" { "export TOOLCHAINKIT_LAUNCH=OFF; " } else { "" };
    let as_user = |script: &str| USER.script(&sandbox, &tools, &format!("{launcher}{script}")).run();
    as_user(CONFIGURE);
    let root = User { id: 0, group: 0 };
    let mut sudo = root.script(
        &sandbox,
        &tools,
        &format!("{launcher}cd '{0}' && \"$CMAKE\" --build build", home.display()),
    );
    // sudo keeps HOME on some systems.
    sudo.env("HOME", &home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_RUNTIME_DIR", home.join("run"));
    sudo.run();
    // The build folder is given back, and the cache is not.
    USER.own(&home.join("build"));
    project.set_shared_value(2);
    as_user("\"$CMAKE\" --build build");
    as_user(CONFIGURE);
    project.set_shared_value(3);
    as_user("\"$CMAKE\" --build build");
    let printed = sandbox.command(home.join("build/sample")).run().stdout;
    assert_eq!(printed, project.output(3), "the objects are those of the sources");
}

/// In a container with any user ID, HOME is often `/`.
fn a_home_that_cannot_be_written_is_not_needed((cache, kind): (Tool, &'static str)) {
    let Some(tools) = tools_for(&[cache, Tool::System("setpriv")]) else { return };
    let used = [Tool::CMake(Tools::CMAKE), Tool::Ninja, cache];
    let (sandbox, tools) = open_sandbox("home", &tools, &used);
    let volume = sandbox.dir("volume");
    chown(&volume, Some(USER.id), Some(USER.group)).expect("the tests run as root");
    write_project(&sandbox, &tools, &format!("toolchainkit_enable_cache(DIR \"{}\")", volume.display()));
    let launcher = if kind == "script" { "export TOOLCHAINKIT_LAUNCH=OFF; " } else { "" };
    let script = format!(
        "export HOME=/; unset XDG_CACHE_HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME; {launcher}{CONFIGURE} && \"$CMAKE\" --build build &&
         \"$CMAKE\" --build build --clean-first && build/toolchainkit/launcher --stop-server >&2; :"
    );
    let built = USER.script(&sandbox, &tools, &script).run();
    let location = format!("local cache {}", volume.display());
    assert!(built.stdout.contains(&location), "{built}");
    assert!(!built.text().contains("no cache") && !built.text().contains("compiling without"), "{built}");
    let stored = walk(&volume).into_iter().filter(|path| path.is_file()).count();
    assert!(stored > 4, "{stored} files in the cache");
}

/// The daemon of sccache writes the objects of hits, and another build may have started it.
fn objects_have_the_umask_of_the_build((cache, kind): (Tool, &'static str)) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("umask").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout =
        with_kind(Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()"), kind);
    let object = checkout.build_folder().join("umask.o");
    fs::create_dir_all(checkout.build_folder()).expect("a folder");
    fs::write(checkout.source.join("umask.c"), "int umasked;\n").expect("a source");
    let configure = |umask: &str| {
        let script = format!("umask {umask}; exec \"$@\"");
        let configuring = checkout.configuring();
        let mut command = checkout.command("sh");
        command.args(["-c", &script, "sh"]).arg(configuring.get_program()).args(configuring.get_args());
        command.current_dir(checkout.build_folder()).run();
    };
    configure("000");
    for umask in [0o022, 0o077, 0o000, 0o027] {
        let _ = fs::remove_file(&object);
        let script = format!("umask {umask:03o}; exec \"$@\"");
        let mut command = checkout.command("sh");
        command.args(["-c", &script, "sh"]).arg(checkout.build_folder().join("toolchainkit/launcher"));
        command.args(["cc", "-c", "umask.c", "-o"]).arg(&object).run();
        assert_eq!(mode(&object), 0o666 & !umask, "umask {umask:03o}");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("an object").mode() & 0o777
}

/// The disk has room for the files of CMake, and not for the launcher, or for fewer of its files.
fn a_full_disk_does_not_stop_the_configuration((cache, kind): (Tool, &'static str)) {
    let needs = [cache, Tool::System("unshare"), Tool::System("mount")];
    let Some(tools) = tools_for(&needs) else { return };
    let sandbox = Sandbox::new("full").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout =
        with_kind(Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()"), kind);
    fs::create_dir_all(checkout.build_folder()).expect("a folder");
    for size in ["1200k", "700k", "500k"] {
        // Without a cache, this build takes 400 KB.
        let script = format!(
            "mount -t tmpfs -o size={size} none \"$1\" && cd \"$1\" && \"$2\" -G Ninja \
             -DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake .. && \"$2\" --build . && ./sample"
        );
        let mut command = checkout.command("unshare");
        command.args(["--mount", "sh", "-c", &script, "sh"]).arg(checkout.build_folder());
        let built = command.arg(tools.cmake(Tools::CMAKE)).run();
        assert!(!built.text().contains("CMake Error"), "{built}");
        if !built.stdout.contains("local cache") {
            let text = built.text();
            assert!(
                text.contains("toolchainkit: no cache: ") && text.contains("cannot write to "),
                "{built}"
            );
        }
    }
}

/// The sample project of the user.
fn write_project(sandbox: &Sandbox, tools: &Tools, call: &str) -> Project {
    let checkout = Checkout::sample(sandbox, tools, &format!("user-{}/project", USER.id), call);
    let project = Project::write(&checkout.source, 2, 3);
    USER.own(&USER.home(sandbox));
    project
}
