//! A build on Windows goes on, and its objects are correct, although a server hangs or a process is killed.

use std::fs;
use std::process::Child;
use std::time::{Duration, Instant};

use super::programs::with_programs;
use super::project::{Project, call};
use crate::list::{self, pairs, tests};
use crate::support::checkout::CACHES;
use crate::support::run::eventually;
use crate::support::servers::Redis;
use crate::support::system::signal;
use crate::support::{Tool, Tools, Wine};

tests![
    a_hanging_server_does_not_stop_the_build in CACHES,
    a_build_that_starts_the_supervisor_ends in CACHES,
    a_killed_process_leaves_no_wrong_object in victims(),
    a_running_launcher_is_replaced,
    parallel_clients_start_one_supervisor in CACHES,
];

/// A build of three sources takes some seconds. A supervisor ends after ten minutes without a client, so a build that waits for it
/// takes longer than this.
const LIMIT: Duration = Duration::from_secs(150);

/// The compilation of this source takes some seconds.
const SLOW: &str = "constexpr int slow() { int s = 0; for (int i = 0; i < 600000; i++) s += i & 3; return s; }\n\
    static_assert(slow() > 0, \"\");\nint value() { return VALUE; }\n";

/// A process that a test kills while a compiler runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Daemon,
    Supervisor,
    Launcher,
    Ninja,
}

impl list::Cell for Victim {
    fn name(&self) -> String {
        match self {
            Self::Daemon => "daemon",
            Self::Supervisor => "supervisor",
            Self::Launcher => "launcher",
            Self::Ninja => "ninja",
        }
        .to_owned()
    }
}

fn victims() -> Vec<(Victim, Tool)> {
    let mut all = pairs([Victim::Daemon, Victim::Supervisor, Victim::Launcher, Victim::Ninja], CACHES);
    // ccache has no daemon.
    all.retain(|(victim, tool)| *victim != Victim::Daemon || matches!(tool, Tool::Sccache(_)));
    all
}

impl Victim {
    fn processes(self, wine: &Wine) -> Vec<u32> {
        match self {
            // A client has the command of the compiler in its command line.
            Self::Daemon => {
                let mut all = wine.processes(&["sccache.exe"]);
                all.retain(|pid| words(*pid).len() == 1);
                all
            }
            Self::Supervisor => wine.processes(&["launcher.exe", "--serve"]),
            Self::Launcher => wine.processes(&["launcher.exe", "slow.cpp"]),
            Self::Ninja => wine.processes(&["ninja.exe"]),
        }
    }
}

/// The command line of a process.
fn words(pid: u32) -> Vec<String> {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).trim().to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

/// The compilers themselves: the programs that the wrappers start.
fn compilers(wine: &Wine) -> Vec<u32> {
    let mut all = wine.processes(&["slow.cpp"]);
    all.retain(|pid| words(*pid).first().is_some_and(|program| program.ends_with("zig.exe")));
    all
}

/// Waits for the end of a build.
fn wait_for_build(mut build: Child, wine: &Wine) -> bool {
    let ended = eventually(LIMIT, || build.try_wait().expect("a child of this process").is_some());
    let log = fs::read_to_string(wine.path("t/build.log")).unwrap_or_default();
    // The drop of the Windows ends it.
    assert!(ended, "the build does not end\n{log}");
    build.wait().expect("a child of this process").success()
}

fn a_hanging_server_does_not_stop_the_build(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let Some(_tools) = Tools::require(Redis::NEEDS) else { return };
    let redis = Redis::start();
    let address = format!("redis://127.0.0.1:{}", redis.server.port());
    let settings = format!(
        "REMOTE redis SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT={address} CCACHE_SETTINGS CCACHE_REMOTE_STORAGE={address}"
    );
    let project = Project::of_c(&wine, "t/project", &call(tool, &settings));
    project.configure();
    project.build();
    redis.server.pause();
    project.write("shared.h", "#define SHARED 2\n");
    let begun = Instant::now();
    let built = project.build();
    assert!(begun.elapsed() < LIMIT, "{built}");
    assert!(project.output().starts_with("4 "), "{built}");
    assert_eq!(built.text().matches("toolchainkit: ").count(), 1, "one warning: {built}");
    redis.server.resume();
}

/// Ninja waits until nobody has its pipes open.
fn a_build_that_starts_the_supervisor_ends(tool: Tool) {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/project", &call(tool, ""));
    project.configure();
    wine.end_all();
    assert!(Victim::Supervisor.processes(&wine).is_empty());
    let begun = Instant::now();
    project.build();
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    assert_eq!(
        Victim::Supervisor.processes(&wine).len(),
        1,
        "it still runs, so the build has not waited for it"
    );
    assert!(project.output().starts_with("2 "));
}

fn a_killed_process_leaves_no_wrong_object((victim, tool): (Victim, Tool)) {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/project", &call(tool, ""));
    let lists = |value: u32| {
        format!(
            "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES C CXX)\n\
             add_executable(sample main.c slow.cpp)\ntarget_compile_definitions(sample PRIVATE VALUE={value})\n\
             set_source_files_properties(slow.cpp PROPERTIES COMPILE_OPTIONS -fconstexpr-steps=2000000000)\n"
        )
    };
    project.write("slow.cpp", &SLOW.replace("int value()", "extern \"C\" int value();\nint value()"));
    project.write(
        "main.c",
        "#include <stdio.h>\nint value(void);\nint main(void) { printf(\"%d\\n\", value()); return 0; }\n",
    );
    project.write("CMakeLists.txt", &lists(1));
    project.set_call("clang", &format!("set(CMAKE_CXX_COMPILER clang++)\n{}", call(tool, "")));
    project.configure();
    project.build();
    assert_eq!(project.output(), "1");

    project.write("CMakeLists.txt", &lists(2));
    project.configure();
    let build = wine.start_in("t/project", "t/build.log", "ninja", &["-C", "build"]);
    let log = || fs::read_to_string(wine.path("t/build.log")).unwrap_or_default();
    assert!(eventually(LIMIT, || !compilers(&wine).is_empty()), "the compiler does not start\n{}", log());
    assert!(!victim.processes(&wine).is_empty(), "nothing to kill\n{}", log());
    for pid in victim.processes(&wine) {
        signal("KILL", &pid.to_string());
    }
    if matches!(victim, Victim::Launcher | Victim::Ninja) {
        let quiet = eventually(Duration::from_secs(20), || compilers(&wine).is_empty());
        assert!(quiet, "the compiler still runs: {:?}", wine.processes(&["slow.cpp"]));
        // Whether the build fails is not seen here: under Wine, a killed process has the exit code 0 for its parent, also with `taskkill`.
        wait_for_build(build, &wine);
        if victim == Victim::Launcher {
            let _ = fs::remove_file(project.path("build/CMakeFiles/sample.dir/slow.cpp.obj"));
        }
        project.build();
    } else {
        assert!(wait_for_build(build, &wine), "{}", log());
    }
    assert_eq!(project.output(), "2");
    project.write("CMakeLists.txt", &lists(1));
    project.build();
    assert_eq!(project.output(), "1", "an object of before");
}

/// Windows does not overwrite the file of a program that runs.
fn a_running_launcher_is_replaced() {
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/project", &call(CACHES[1], ""));
    project.configure();
    let launcher = project.path("build/toolchainkit/launcher.exe");
    let before = fs::read(&launcher).expect("the launcher");
    let source = wine.path("t/bin/toolchainkit-launch.exe");
    let another = [before.as_slice(), b"another version"].concat();
    // It waits for its standard input, and so does the launcher.
    let running = wine.command(r"C:\t\project\build\toolchainkit\launcher.exe");
    let mut running = { running }
        .args(["clang", "-E", "-x", "c", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("wine starts");
    let runs = || !wine.processes(&["launcher.exe", "-E"]).is_empty();
    assert!(eventually(Duration::from_mins(1), runs), "the launcher does not run");
    fs::write(&source, &another).expect("another version of the program");
    project.configure();
    assert!(runs(), "the launcher has ended too early");
    assert!(fs::read(&launcher).expect("the launcher") == another, "the launcher is the old one");
    drop(running.stdin.take());
    assert!(running.wait().expect("a child of this process").success());
    project.build();
    assert!(project.output().starts_with("2 "));
}

fn parallel_clients_start_one_supervisor(tool: Tool) {
    const SOURCES: u64 = 16;
    let Some(wine) = with_programs() else { return };
    let project = Project::of_c(&wine, "t/project", &call(tool, ""));
    for index in 0..SOURCES {
        project.write(
            &format!("unit{index}.c"),
            &format!("int f{index}(void);\nint f{index}(void) {{ return {index}; }}\n"),
        );
    }
    project.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.15...3.31)\nproject(sample LANGUAGES C)\nfile(GLOB units unit*.c)\nadd_library(units OBJECT ${units})\n",
    );
    project.configure();
    wine.end_all();
    wine.run_in("t/project", "ninja", &["-C", "build", "-j16"]);
    assert_eq!(Victim::Supervisor.processes(&wine).len(), 1);
    if matches!(tool, Tool::Sccache(_)) {
        assert_eq!(Victim::Daemon.processes(&wine).len(), 1);
    }
    assert_eq!(project.stats().misses, SOURCES);
}
