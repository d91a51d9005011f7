//! Files of another user are not believed: they are not executed, and they do not decide what is executed. The other user is
//! a real one; this user is root, unless a test needs another one.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::{pairs, tests};
use crate::support::{Finished, Run, Sandbox, Tool, Tools};

tests![
    a_file_for_nested_builds_from_another_user_is_not_run in pairs(["sticky", "open", "foreign", "planted"], CMAKES),
    a_launcher_of_another_user_is_not_run in ["named", "path", "store"],
    a_tool_of_another_user_is_not_run in ["named", "path", "store"],
    a_cache_json_of_a_clone_is_not_believed,
    a_build_folder_is_believed_only_where_it_was_configured,
    records_of_another_user_are_ignored_and_escape_sequences_are_shown,
    a_run_folder_below_a_folder_of_another_user_is_not_used in ["program", "script"],
    settings_of_another_user_are_not_used,
    with_a_umask_of_0_others_cannot_write in pairs(CACHES, ["program", "script"]),
    a_group_of_the_user_alone_may_write,
    root_builds_a_checkout_of_another_user in pairs(["all", "source"], CMAKES),
    a_build_folder_that_another_user_has_prepared_is_refused,
];

const CMAKES: [&str; 2] = [Tools::CMAKES[0], Tools::CMAKE];
const OTHER: &str = "65534";
const NEEDS: [Tool; 3] = [CACHES[0], CACHES[1], Tool::System("setpriv")];

/// A sandbox that other users can enter.
fn open_sandbox(tools: &Tools, name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name)
        .on_path(&tools.ninja())
        .on_path(&tools.path(CACHES[0]))
        .on_path(&tools.path(CACHES[1]));
    set_mode(sandbox.root(), 0o755);
    sandbox
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the mode can be set");
}

/// A folder to which every user can write.
fn shared(sandbox: &Sandbox, mode: u32) -> PathBuf {
    let folder = sandbox.dir("shared");
    set_mode(&folder, mode);
    folder
}

/// Runs a script as the other user. It gets `path` as `$1`, and `text` as `$2`.
fn as_other(sandbox: &Sandbox, script: &str, path: &Path, text: &str) {
    let mut command = sandbox.command("setpriv");
    command.args(["--reuid", OTHER, "--regid", OTHER, "--clear-groups", "sh", "-ec", script, "sh"]);
    // A mistake in a script must not reach anything outside of this sandbox.
    assert!(path.starts_with(sandbox.root()), "{}", path.display());
    command.arg(path).arg(text).current_dir(sandbox.root()).run();
}

const WRITE: &str = "mkdir -p \"$(dirname \"$1\")\"; printf '%s' \"$2\" >\"$1\"; chmod 755 \"$1\"";

/// A program of the other user that leaves a mark in a folder of this test.
fn evil(sandbox: &Sandbox, path: &Path, prints: &str) -> PathBuf {
    let mark = sandbox.dir("marks").join("was-run");
    as_other(sandbox, WRITE, path, &format!("#!/bin/sh\n: >'{}'\necho '{prints}'\n", mark.display()));
    mark
}

fn assert_works(checkout: &Checkout) {
    checkout.build();
    let printed = checkout.command(checkout.build_folder().join("sample")).run().stdout;
    assert!(!printed.is_empty());
}

fn a_file_for_nested_builds_from_another_user_is_not_run((place, cmake): (&'static str, &'static str)) {
    let Some(tools) = tools_for(&[&NEEDS[..], &[Tool::CMake(cmake)]].concat()) else { return };
    let sandbox = open_sandbox(&tools, "nested");
    let mark = sandbox.root().join("was-run");
    let folder = shared(&sandbox, if place == "sticky" { 0o1777 } else { 0o777 });
    let file = folder.join("toolchainkit/nested.cmake");
    as_other(&sandbox, WRITE, &file, &format!("file(WRITE \"{}\" \"\")\n", mark.display()));
    match place {
        "foreign" => {
            // The folder above belongs to the other user, and what is in it does not.
            for path in [file.parent().expect("a folder"), &file] {
                chown(path, Some(0), Some(0)).expect("root can");
            }
            chown(&folder, Some(65534), Some(65534)).expect("root can");
            set_mode(&folder, 0o755);
        }
        "planted" => {
            chown(file.parent().expect("a folder"), Some(0), Some(0)).expect("root can");
            set_mode(&folder, 0o755);
        }
        _ => {}
    }
    let call = "toolchainkit_enable_cache(PROJECT nested TOOL ccache)";
    let checkout = Checkout::sample(&sandbox, &tools, "shared/x", call).with_cmake(&tools, cmake);
    let configured = checkout.configure();
    assert!(!mark.exists(), "{configured}");
    let line = format!("toolchainkit: not using {}: ", file.display());
    assert_eq!(configured.stderr.matches(&line).count(), 1, "{configured}");
    assert!(
        configured.stderr.contains(" belongs to user 65534") || configured.stderr.contains(" can write to "),
        "{configured}"
    );
    assert_eq!(checkout.status_field("mode"), "local");
    assert_works(&checkout);
}

fn a_launcher_of_another_user_is_not_run(place: &'static str) {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let mut sandbox = open_sandbox(&tools, "launch");
    let folder = shared(&sandbox, 0o1777);
    let prints = "{\"protocol\": 999, \"rules\": 999}";
    let stored = format!("toolchainkit/tools/toolchainkit-launch-99.0-linux-{}", std::env::consts::ARCH);
    let program = folder.join(if place == "store" { &stored } else { "bin" }).join("toolchainkit-launch");
    let mark = evil(&sandbox, &program, prints);
    if place == "path" {
        sandbox.add_to_path(&program);
    }
    let call = "toolchainkit_enable_cache(TOOL ccache)";
    let named = if place == "named" { program.to_str().expect("a plain path") } else { "" };
    let checkout = Checkout::sample(&sandbox, &tools, "project", call).env("TOOLCHAINKIT_LAUNCH", named);
    let checkout = if place == "store" {
        checkout.env("XDG_CACHE_HOME", folder.to_str().expect("a plain path"))
    } else {
        checkout
    };
    let configured = checkout.configure();
    assert!(!mark.exists(), "{configured}");
    let words = format!("{} is not used: {}/", program.display(), folder.display());
    assert_eq!(configured.text().matches(&words).count(), 1, "{words}\n{configured}");
    assert_eq!(checkout.status_field("launch"), "script");
    assert_works(&checkout);
}

fn a_tool_of_another_user_is_not_run(place: &'static str) {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let mut sandbox = open_sandbox(&tools, "tool");
    let folder = shared(&sandbox, 0o1777);
    let program =
        folder.join(if place == "store" { "toolchainkit/tools/ccache-99.0" } else { "bin" }).join("ccache");
    let mark = evil(&sandbox, &program, "ccache version 99.0");
    if place == "path" {
        sandbox.add_to_path(&program);
    }
    let call = "toolchainkit_enable_cache(TOOL ccache MIN_VERSION 90.0)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    let checkout = match place {
        "named" => checkout.env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path")),
        "store" => checkout.env("XDG_CACHE_HOME", folder.to_str().expect("a plain path")),
        _ => checkout,
    };
    let configured = checkout.configure();
    assert!(!mark.exists(), "{configured}");
    let words = format!("{} is not used: {}/", program.display(), folder.display());
    assert_eq!(configured.text().matches(&words).count(), 1, "{configured}");
    let listed = toolchainkit(&checkout, &["install", "ccache", "--list"]).run_to_any_end();
    let offline =
        toolchainkit(&checkout, &["install", "ccache", "--version", "99.0", "--offline"]).run_to_any_end();
    assert!(!mark.exists(), "{listed}\n{offline}");
    assert!(!offline.text().contains("panicked"), "{offline}");
    checkout.build();
}

fn toolchainkit(checkout: &Checkout, arguments: &[&str]) -> Command {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.args(arguments);
    command
}

const COMMANDS: [&[&str]; 6] = [
    &["stats"],
    &["stats", "--zero"],
    &["doctor"],
    &["doctor", "--why", "c_0.c"],
    &["server", "start"],
    &["server", "stop"],
];

fn a_cache_json_of_a_clone_is_not_believed() {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "clone");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    fs::write(checkout.source.join("toolchainkit.yaml"), "cache: { tool: ccache }\n").expect("a file");
    let folder = checkout.build_folder().join("toolchainkit");
    fs::create_dir_all(&folder).expect("a folder");
    let mark = sandbox.root().join("was-run");
    let program = folder.join("launcher");
    fs::write(&program, format!("#!/bin/sh\n: >'{}'\n", mark.display())).expect("a file");
    set_mode(&program, 0o755);
    let json = serde_json::json!({
        "version": 1, "marker": "0123456789abcdef0123456789abcdef", "tool": "ccache", "tool_version": "4.14.2",
        "program": program, "launcher": program, "launch": "program", "mode": "local", "location": "\u{1b}]0;x\u{7}",
        "dir": "", "socket": "", "id": "", "project": "x", "profile": "", "reason": "",
    });
    fs::write(folder.join("cache.json"), json.to_string()).expect("a file");
    for arguments in COMMANDS {
        for place in [checkout.source.clone(), checkout.build_folder()] {
            let refused = toolchainkit(&checkout, arguments).current_dir(&place).run_expecting(5);
            assert!(
                refused
                    .stderr
                    .contains("cache.json names programs, but it was not written when you configured"),
                "{refused}"
            );
            assert!(!refused.text().contains('\u{1b}'), "{refused}");
            assert!(!mark.exists(), "{refused}");
        }
    }
    // A newer file of the clone does not hide a real build.
    let real = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL ccache)")
        .with_build_folder(checkout.source.join("real"));
    real.configure();
    fs::write(folder.join("cache.json"), json.to_string()).expect("a file");
    toolchainkit(&checkout, &["stats"]).run();
    assert!(!mark.exists());
}

fn a_build_folder_is_believed_only_where_it_was_configured() {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "bound");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL ccache)");
    let build = checkout.build_folder();
    let stats = |folder: &Path, code: i32| -> Finished {
        toolchainkit(&checkout, &["stats", "--build"]).arg(folder).run_expecting(code)
    };
    checkout.configure();
    checkout.build();
    stats(&build, 0);
    let copy = checkout.source.join("copy");
    checkout.command("cp").arg("-a").arg(&build).arg(&copy).run();
    stats(&copy, 5);
    let link = checkout.source.join("link");
    std::os::unix::fs::symlink(&build, &link).expect("a link");
    stats(&link, 0);
    let summary = build.join("toolchainkit/cache.json");
    let text = fs::read_to_string(&summary).expect("cache.json");
    fs::write(&summary, text.replace("\"launcher\"", "\"launcher\" ")).expect("cache.json");
    stats(&build, 5);
    fs::write(&summary, &text).expect("cache.json");
    stats(&build, 0);
    fs::remove_dir_all(sandbox.cache_home()).expect("the user's cache folder");
    stats(&build, 5);
    checkout.configure();
    stats(&build, 0);
    // An entry of another user does not count.
    let registry = sandbox.cache_home().join("toolchainkit/builds");
    for entry in registry.read_dir().expect("the registry").map(|entry| entry.expect("an entry").path()) {
        chown(&entry, Some(65534), Some(65534)).expect("root can");
    }
    stats(&build, 5);
    // Without a cache folder, the registry is in the folder of the run folders.
    let file = sandbox.root().join("file");
    fs::write(&file, "").expect("a file");
    let homeless =
        Checkout::sample(&sandbox, &tools, "homeless", "toolchainkit_enable_cache(TOOL ccache DIR cache)")
            .env("XDG_CACHE_HOME", file.join("cache").to_str().expect("a plain path"));
    homeless.configure();
    homeless.build();
    toolchainkit(&homeless, &["stats", "--build"]).arg(homeless.build_folder()).run();
    assert!(sandbox.runtime_dir().join("toolchainkit/builds").is_dir());
}

fn records_of_another_user_are_ignored_and_escape_sequences_are_shown() {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "records");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL sccache)");
    checkout.configure();
    let folder = PathBuf::from(checkout.status_field("socket")).with_file_name("");
    let record = fs::read_to_string(folder.join("server.json")).expect("a record");
    let mut record: Value = serde_json::from_str(&record).expect("JSON");
    record["location"] = "red \u{1b}[31m \u{9b}31m \u{202e}".into();
    fs::write(folder.join("server.json"), record.to_string()).expect("a record");
    // The record of the other user names a program.
    let runtime = shared(&sandbox, 0o1777);
    let program = runtime.join("bin/sccache");
    let mark = evil(&sandbox, &program, "");
    record["program"] = program.to_str().into();
    record["project"] = "of another user".into();
    let other = runtime.join("toolchainkit/0123456789abcdef/0123456789abcdef/server.json");
    as_other(&sandbox, &format!("umask 077; {WRITE}"), &other, &record.to_string());
    let run = |arguments: &[&str]| toolchainkit(&checkout, arguments).env("XDG_RUNTIME_DIR", &runtime).run();
    for arguments in
        [&["server", "status"][..], &["server", "status", "--format", "json"], &["server", "stop", "--all"]]
    {
        let shown = run(arguments);
        assert!(shown.text().contains("red "), "{shown}");
        for raw in ['\u{1b}', '\u{9b}', '\u{202e}'] {
            assert!(!shown.text().contains(raw), "{shown}");
        }
        assert!(!shown.text().contains("of another user"), "{shown}");
        assert!(!mark.exists(), "{shown}");
    }
}

fn a_run_folder_below_a_folder_of_another_user_is_not_used(kind: &'static str) {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "run");
    let folder = shared(&sandbox, 0o777);
    chown(&folder, Some(65534), Some(65534)).expect("root can");
    let call = "toolchainkit_enable_cache(TOOL sccache DIR cache)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call)
        .env("XDG_CACHE_HOME", folder.to_str().expect("a plain path"));
    let checkout = if kind == "script" { checkout.with_fallback() } else { checkout };
    checkout.configure();
    let socket = PathBuf::from(checkout.status_field("socket"));
    assert!(!socket.starts_with(&folder), "{}", socket.display());
    assert_works(&checkout);
    assert!(!folder.join("toolchainkit/run").exists());
    checkout.ask(&["--stop-server"]);
    // With a folder that others could write to, a link must not lead the log to another file.
    let precious = sandbox.root().join("precious");
    fs::write(&precious, "precious").expect("a file");
    let runtime = shared(&sandbox, 0o1777);
    chown(&runtime, Some(0), Some(0)).expect("root can");
    let checkout = checkout.env("XDG_RUNTIME_DIR", runtime.to_str().expect("a plain path"));
    let below = socket
        .strip_prefix(sandbox.runtime_dir())
        .or_else(|_| socket.strip_prefix("/tmp"))
        .expect("a socket");
    let planted = runtime.join(below).with_file_name("log");
    let script = "mkdir -p \"$(dirname \"$1\")\"; ln -s \"$2\" \"$1\"; chmod 777 \"$(dirname \"$1\")\"";
    as_other(&sandbox, script, &planted, precious.to_str().expect("a plain path"));
    let built = checkout.rebuild();
    assert_eq!(fs::read_to_string(&precious).expect("a file"), "precious", "{built}");
}

fn settings_of_another_user_are_not_used() {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "settings");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL ccache)");
    checkout.configure();
    let file = checkout.build_folder().join("toolchainkit/launcher.json");
    chown(&file, Some(65534), Some(65534)).expect("root can");
    let compile = || checkout.launcher().args(["/usr/bin/cc", "-c", "c_0.c", "-o", "c_0.o"]).run();
    let compiled = compile();
    assert!(compiled.stderr.contains("belongs to user 65534"), "{compiled}");
    chown(&file, Some(0), Some(0)).expect("root can");
    assert_eq!((checkout.stats().hits, checkout.stats().misses), (0, 0), "it was compiled without the cache");
    set_mode(&file, 0o666);
    fs::remove_file(checkout.build_folder().join("toolchainkit/warned")).expect("a file");
    let compiled = compile();
    assert!(compiled.stderr.contains("every user can write to "), "{compiled}");
    // A configuration replaces what others could have written.
    checkout.configure();
    assert_eq!(compile().text(), "");
    assert_eq!(checkout.counted(|| assert_works(&checkout)), (0, checkout.objects));
}

/// The files and folders below `folder` to which others can write.
fn open_paths(folder: &Path) -> Vec<PathBuf> {
    let found = fs::symlink_metadata(folder).expect("a file");
    let mut open = Vec::new();
    if (found.is_file() || found.is_dir()) && found.mode() & 0o022 != 0 {
        open.push(folder.to_path_buf());
    }
    if found.is_dir() {
        for entry in folder.read_dir().expect("a folder") {
            open.extend(open_paths(&entry.expect("an entry").path()));
        }
    }
    open
}

fn with_a_umask_of_0_others_cannot_write((cache, kind): (Tool, &'static str)) {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "umask");
    fs::remove_dir(sandbox.cache_home()).expect("an empty folder");
    let tool = if cache == CACHES[0] { "sccache" } else { "ccache" };
    // With the script, the cache is in a folder that the user has named.
    let named = sandbox.root().join("named");
    let place = if kind == "script" { format!(" DIR {}", named.display()) } else { String::new() };
    let call = format!("toolchainkit_enable_cache(TOOL {tool}{place})");
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call);
    let checkout = if kind == "script" { checkout.with_fallback() } else { checkout };
    let careless = |command: Command| {
        let mut shell = checkout.command("sh");
        shell.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(command.get_program()).args(command.get_args());
        shell.current_dir(command.get_current_dir().unwrap_or(Path::new("/"))).run()
    };
    for _ in 0..2 {
        careless(checkout.configuring());
        careless(checkout.building());
    }
    let (_, misses) = (checkout.stats().hits, checkout.stats().misses);
    assert_eq!(misses, checkout.objects, "the cache was used");
    let directory = PathBuf::from(checkout.status_field("dir"));
    assert_eq!(directory.starts_with(&named), kind == "script");
    assert_eq!(fs::metadata(&directory).expect("the cache").mode() & 0o002, 0, "{}", directory.display());
    assert_eq!(open_paths(&checkout.build_folder().join("toolchainkit")), Vec::<PathBuf>::new());
    let user = sandbox.cache_home().join("toolchainkit");
    assert_eq!(fs::metadata(sandbox.cache_home()).expect("a folder").mode() & 0o022, 0);
    for name in ["", "run", "builds", "cache"] {
        let folder = user.join(name);
        if folder.exists() {
            assert_eq!(fs::metadata(&folder).expect("a folder").mode() & 0o022, 0, "{}", folder.display());
        }
    }
    toolchainkit(&checkout, &["stats", "--build"]).arg(checkout.build_folder()).run();
    // The state of an older version is replaced, and the build still works.
    let folder = checkout.build_folder().join("toolchainkit");
    checkout.command("chmod").args(["-R", "go+w"]).arg(&folder).run();
    checkout.configure();
    checkout.rebuild();
    assert_eq!(open_paths(&folder), Vec::<PathBuf>::new());
}

/// As a user with umask 002, whose home folder and checkout are writable for a group of the same name.
fn a_group_of_the_user_alone_may_write() {
    const USER: &str = "123456";
    let Some(tools) = tools_for(&[&NEEDS[..], &[Tool::System("unshare"), Tool::System("mount")]].concat())
    else {
        return;
    };
    let sandbox = open_sandbox(&tools, "group");
    let call = "toolchainkit_enable_cache(TOOL ccache)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    fs::create_dir_all(checkout.build_folder()).expect("a build folder");
    // The tools may be in the home folder of root, which no other user can enter.
    let root = tools.path(Tool::Ninja).ancestors().nth(3).expect("a folder").to_path_buf();
    let mounted = sandbox.dir("tools");
    let at = |path: &Path| mounted.join(path.strip_prefix(&root).expect("a tool")).display().to_string();
    let program = sandbox.dir("bin").join("toolchainkit-launch");
    fs::copy(crate::support::sandbox::launch_program(), &program).expect("the program");
    let command_line = sandbox.dir("bin").join("toolchainkit");
    fs::copy(env!("CARGO_BIN_EXE_toolchainkit"), &command_line).expect("the program");
    for folder in [&checkout.source, &sandbox.home(), &sandbox.cache_home()] {
        checkout.command("chown").args(["-R", &format!("{USER}:{USER}")]).arg(folder).run();
        checkout.command("chmod").args(["-R", "ug+rwX,o+rX"]).arg(folder).run();
    }
    chown(sandbox.runtime_dir(), Some(123_456), Some(123_456)).expect("root can");
    let script = format!(
        "mount --bind '{root}' '{mounted}'
         exec setpriv --reuid {USER} --regid {USER} --clear-groups sh -ec '
         umask 002
         cd build
         \"$1\" -G Ninja -DCMAKE_MAKE_PROGRAM=\"$2\" -DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake ..
         \"$2\"
         \"$3\" stats' sh {} {} '{}'",
        at(&tools.cmake(Tools::CMAKE)),
        at(&tools.ninja()),
        command_line.display(),
        root = root.display(),
        mounted = mounted.display(),
    );
    let mut command = checkout.command("unshare");
    command.args(["--mount", "sh", "-ec", &script]);
    command.env("TOOLCHAINKIT_LAUNCH", &program).env("TOOLCHAINKIT_CACHE_TOOL", at(&tools.path(CACHES[1])));
    let done = command.run();
    assert!(done.stdout.contains(&format!("toolchainkit: ccache {}, local cache ", Tools::CCACHE)), "{done}");
    assert!(!done.text().contains("can write to") && !done.text().contains("script"), "{done}");
    let has_misses = |line: &str| line.split_whitespace().eq(["misses", &checkout.objects.to_string()]);
    assert!(done.stdout.lines().any(has_misses), "{done}");
}

fn root_builds_a_checkout_of_another_user((what, cmake): (&'static str, &'static str)) {
    let Some(tools) = tools_for(&[&NEEDS[..], &[Tool::CMake(cmake)]].concat()) else { return };
    let sandbox = open_sandbox(&tools, "container");
    let call = "toolchainkit_enable_cache(TOOL sccache)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call).with_cmake(&tools, cmake);
    let give = || checkout.command("chown").args(["-R", "1000:1000"]).arg(&checkout.source).run();
    if what == "all" {
        // The user has configured and built it before.
        checkout.configure();
    }
    give();
    let configured = checkout.configure();
    assert!(!configured.text().contains("belongs to"), "{configured}");
    assert_eq!(checkout.status_field("launch"), "program", "{configured}");
    assert_eq!(checkout.counted(|| assert_works(&checkout)), (0, checkout.objects));
    let inner = Checkout::sample(&sandbox, &tools, "project", call)
        .with_cmake(&tools, cmake)
        .with_build_folder(checkout.build_folder().join("inner"))
        .option("-DCMAKE_TOOLCHAIN_FILE=../../cmake/toolchain.cmake");
    give();
    let configured = inner.configure();
    assert!(configured.stdout.contains("toolchainkit: using the enclosing build's cache ("), "{configured}");
    // Whether the objects are hits depends on the paths in the commands of CMake.
    let (hits, misses) = checkout.counted(|| drop(inner.build()));
    assert_eq!(hits + misses, checkout.objects);
    toolchainkit(&checkout, &["stats", "--build"]).arg(checkout.build_folder()).run();
}

fn a_build_folder_that_another_user_has_prepared_is_refused() {
    let Some(tools) = tools_for(&NEEDS) else { return };
    let sandbox = open_sandbox(&tools, "prepared");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL ccache)");
    fs::create_dir_all(checkout.build_folder()).expect("a folder");
    set_mode(&checkout.build_folder(), 0o777);
    let folder = checkout.build_folder().join("toolchainkit");
    let mark = evil(&sandbox, &folder.join("launcher"), "{\"protocol\": 999, \"rules\": 999}");
    let configured = checkout.configure();
    let line = format!("toolchainkit: no cache: {} belongs to user 65534: remove ", folder.display());
    assert_eq!(configured.stderr.matches(&line).count(), 1, "{configured}");
    assert_works(&checkout);
    assert!(!mark.exists());
    // Nor is anything written through a link.
    fs::remove_dir_all(&folder).expect("root can");
    let elsewhere = sandbox.dir("elsewhere");
    std::os::unix::fs::symlink(&elsewhere, &folder).expect("a link");
    let configured = checkout.configure();
    assert!(configured.stderr.contains("toolchainkit is a link: remove "), "{configured}");
    assert_eq!(elsewhere.read_dir().expect("a folder").count(), 0);
}
