//! Starting, replacing and stopping the daemon: one for each storage, also with many parallel clients. None stays
//! running.

use std::fs::{self, File};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::servers::Redis;
use crate::support::system::signal;
use crate::support::{Run, Sandbox, Stats, Tool, Tools, write_script};

tests![
    sixty_four_first_compilations_start_one_daemon in VERSIONS,
    no_client_connects_before_the_daemon_listens in VERSIONS,
    a_daemon_is_replaced_during_a_build_without_a_failure in VERSIONS,
    the_next_compilation_restarts_a_missing_daemon in VERSIONS,
    five_checkouts_that_build_in_parallel_share_all_objects in CACHES,
    an_idle_daemon_stops_but_not_during_a_compilation in VERSIONS,
    a_build_works_without_a_writable_home_folder in CACHES,
];

/// sccache counts after its answer, so the last compilation may not be counted yet.
const COUNTED: Duration = Duration::from_secs(5);
const VERSIONS: [Tool; 2] = [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE)];
const LOCAL: &str = "toolchainkit_enable_cache(PROJECT shared TOOL sccache)";

/// The daemons in `sandbox`: the processes of the program without arguments.
fn daemons(sandbox: &Sandbox, program: &Path) -> Vec<u32> {
    let line = [program.as_os_str().as_encoded_bytes(), b"\0"].concat();
    let is_daemon = |pid: &u32| fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|of| of == line);
    sandbox.processes().into_iter().filter(is_daemon).collect()
}

/// Runs `count` compilations in parallel, which must all succeed. Returns their output.
fn compile_in_parallel(checkout: &Checkout<'_>, count: usize) -> String {
    let path = checkout.sandbox.root().join("output");
    let output = File::create(&path).expect("a file");
    let another = || output.try_clone().expect("another handle");
    let compile = |index: usize| {
        let mut command = checkout.launcher();
        command.args(["/usr/bin/cc", "-c", "c_0.c", "-o"]).arg(format!("object-{index}.o"));
        command.stdin(Stdio::null()).stdout(another()).stderr(another()).spawn().expect("it starts")
    };
    let children: Vec<Child> = (0..count).map(compile).collect();
    for mut child in children {
        assert!(child.wait().expect("a child of this process").success());
    }
    fs::read_to_string(path).expect("a file")
}

/// The number of compilations that the daemon has counted. Waits for `expected`.
fn counted(checkout: &Checkout<'_>, expected: u64) -> u64 {
    let counted = || checkout.stats().hits + checkout.stats().misses;
    eventually(COUNTED, || counted() == expected);
    counted()
}

/// A compiler that takes `seconds` longer than the real one, except when it is identified.
fn slow_compiler(sandbox: &Sandbox, seconds: &str) -> PathBuf {
    let compiler = sandbox.dir("slow").join("cc");
    let wait = format!("case \" $* \" in *\" -E \"* | *\" -### \"*) ;; *\" -c \"*) sleep {seconds} ;; esac");
    write_script(&compiler, &format!("{wait}\nexec /usr/bin/cc \"$@\""));
    compiler
}

fn sixty_four_first_compilations_start_one_daemon(sccache: Tool) {
    let Some(tools) = tools_for(&[sccache]) else { return };
    let repeats = if Tools::full() { 20 } else { 3 };
    let sandbox = Sandbox::new("first").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
    checkout.configure();
    for repeat in 0..repeats {
        checkout.ask(&["--stop-server"]);
        assert!(daemons(&sandbox, &tools.path(sccache)).is_empty(), "{sccache}: stopped");
        let output = compile_in_parallel(&checkout, 64);
        assert_eq!(daemons(&sandbox, &tools.path(sccache)), [checkout.daemon()], "{sccache}, {repeat}");
        assert_eq!(counted(&checkout, 64), 64, "{sccache}, {repeat}: all by the same daemon\n{output}");
        assert_eq!(output, "", "{sccache}, {repeat}");
    }
}

/// On a busy machine, other processes run between the two system calls with which a daemon opens its socket.
fn no_client_connects_before_the_daemon_listens(sccache: Tool) {
    let Some(tools) = tools_for(&[sccache, Tool::System("python3")]) else { return };
    let sandbox = Sandbox::new("listen");
    let real = tools.path(sccache);
    let bind = r#"import os, socket; socket.socket(socket.AF_UNIX).bind(os.environ["SCCACHE_SERVER_UDS"])"#;
    let first = format!("[ -z \"$SCCACHE_NO_DAEMON\" ] || {{ python3 -c '{bind}' && sleep 1; }}");
    let program = sandbox.dir("late").join("sccache");
    write_script(&program, &format!("{first}\nexec '{}' \"$@\"", real.display()));
    let sandbox = sandbox.on_path(&tools.ninja()).on_path(&program);
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
    checkout.configure();
    checkout.ask(&["--stop-server"]);
    assert_eq!(compile_in_parallel(&checkout, 8), "", "{sccache}");
    assert_eq!(counted(&checkout, 8), 8, "{sccache}");
}

/// Another checkout has another base directory, which the daemon reads only at its start.
fn a_daemon_is_replaced_during_a_build_without_a_failure(sccache: Tool) {
    const WORKERS: usize = 3;
    const OBJECTS: usize = 24;
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("replaced").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let sample = |folder: &str| Checkout::sample(&sandbox, &tools, folder, LOCAL);
    let [building, second, third] = ["building", "second", "third"].map(sample);
    building.configure();
    let compiler = slow_compiler(&sandbox, "0.7");
    let compile = |index: usize| {
        let [name, object] = [format!("-DOBJECT=object_{index}"), format!("object-{index}.o")];
        let finished = building.launcher().arg(&compiler).args([&name, "-c", "c_0.c", "-o", &object]).run();
        // On a busy machine, a compilation may still reach the old daemon after its end. sccache then prints a message,
        // and the launcher repeats the compilation.
        assert!(!finished.text().contains("toolchainkit:"), "{sccache}: {finished}");
    };
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            scope.spawn(move || (worker..OBJECTS).step_by(WORKERS).for_each(compile));
        }
        for another in [&second, &third] {
            let daemon = building.daemon();
            thread::sleep(Duration::from_millis(1500));
            another.configure();
            assert_ne!(building.daemon(), daemon, "{sccache}");
        }
    });
    // sccache stores objects after its answer.
    thread::sleep(Duration::from_secs(1));
    let (hits, misses) = building.counted(|| (0..OBJECTS).for_each(compile));
    assert_eq!((hits, misses), (OBJECTS as u64, 0), "{sccache}");
}

fn the_next_compilation_restarts_a_missing_daemon(sccache: Tool) {
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("gone").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
    checkout.configure();
    let compile = || {
        let finished = checkout.launcher().args(["/usr/bin/cc", "-c", "c_0.c", "-o", "object.o"]).run();
        assert_eq!(counted(&checkout, 1), 1, "{sccache}");
        finished.text()
    };
    signal("KILL", &checkout.daemon().to_string());
    assert_eq!(compile(), "", "{sccache}");
    // The state after a restart of the machine: another program has the process ID.
    let socket = PathBuf::from(checkout.status_field("socket"));
    let record = socket.with_file_name("server.json");
    let former = fs::read_to_string(&record).expect("the record of the supervisor");
    let former: Value = serde_json::from_str(&former).expect("JSON");
    checkout.ask(&["--stop-server"]);
    let mut another = Command::new("sleep").arg("60").spawn().expect("it starts");
    let leave_files_of_a_dead_daemon = || {
        for name in ["socket", "endpoint"] {
            let _ = fs::remove_file(socket.with_file_name(name));
            drop(UnixListener::bind(socket.with_file_name(name)).expect("a socket"));
        }
        let mut record_of_another = former.clone();
        record_of_another["daemon"] = another.id().into();
        record_of_another["supervisor"] = another.id().into();
        fs::write(&record, record_of_another.to_string()).expect("a file");
    };
    leave_files_of_a_dead_daemon();
    assert_eq!(compile(), "", "{sccache}");
    checkout.ask(&["--stop-server"]);
    leave_files_of_a_dead_daemon();
    checkout.launcher().arg("--stop-server").run_expecting(2);
    assert_eq!(compile(), "", "{sccache}");
    assert!(
        another.try_wait().expect("a child of this process").is_none(),
        "{sccache}: an unrelated process was killed"
    );
    another.kill().and_then(|()| another.wait()).expect("it ends");
}

fn five_checkouts_that_build_in_parallel_share_all_objects(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start();
    let sandbox = Sandbox::new("five").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let tool = if matches!(cache, Tool::Ccache(_)) { "ccache" } else { "sccache" };
    let call = format!(
        "toolchainkit_enable_cache(PROJECT shared TOOL {tool} REMOTE redis SERVERS 127.0.0.1:{}\n  \
         SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}})",
        redis.server.port()
    );
    let checkouts: Vec<_> =
        (0..5).map(|index| Checkout::sample(&sandbox, &tools, &format!("checkout-{index}"), &call)).collect();
    // Configure one after the other, so the last daemon has the base directories of all checkouts.
    for checkout in &checkouts {
        checkout.configure();
    }
    for round in 0..2 {
        let before = checkouts[0].stats();
        thread::scope(|scope| {
            for checkout in &checkouts {
                scope.spawn(|| checkout.rebuild());
            }
        });
        let all: u64 = checkouts.iter().map(|checkout| checkout.objects).sum();
        let counted = || {
            let Stats { hits, misses, .. } = checkouts[0].stats();
            (hits - before.hits, misses - before.misses)
        };
        let is_counted = || counted().0 + counted().1 == all;
        assert!(eventually(COUNTED, is_counted), "{cache}, round {round}: {:?} of {all}", counted());
        if round == 1 {
            assert_eq!(counted(), (all, 0), "{cache}: the second builds hit");
        }
        // sccache stores objects after its answer.
        thread::sleep(Duration::from_secs(2));
    }
}

fn an_idle_daemon_stops_but_not_during_a_compilation(sccache: Tool) {
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("idle").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL).env("SCCACHE_IDLE_TIMEOUT", "4");
    checkout.configure();
    // A compiler that takes longer than the idle timeout.
    let compiler = slow_compiler(&sandbox, "9");
    let daemon = checkout.daemon();
    let begun = Instant::now();
    let finished = checkout.launcher().arg(&compiler).args(["-c", "c_0.c", "-o", "slow.o"]).run();
    assert!(begun.elapsed() > Duration::from_secs(8), "{finished}");
    assert!(finished.text().is_empty(), "{sccache}: {finished}");
    assert_eq!(daemons(&sandbox, &tools.path(sccache)), [daemon], "{sccache}: the daemon was not idle");
    let ends = || sandbox.processes().is_empty();
    assert!(eventually(Duration::from_secs(30), ends), "{sccache}: {:?}", sandbox.processes());
    // The next compilation starts it again.
    checkout.launcher().args(["/usr/bin/cc", "-c", "c_0.c", "-o", "fast.o"]).run();
    assert_ne!(checkout.daemon(), daemon);
}

fn a_build_works_without_a_writable_home_folder(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("homeless").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = "toolchainkit_enable_cache(PROJECT shared)";
    let checkout = Checkout::sample(&sandbox, &tools, "homeless", call);
    let homeless = |mut command: Command| {
        // The sandbox identifies its processes by HOME, so this daemon must stop by itself.
        command.env("XDG_CACHE_HOME", "").env("HOME", sandbox.root().join("nowhere"));
        command.run()
    };
    homeless(checkout.configuring());
    homeless(checkout.building());
    assert!(
        checkout.status_field("dir").starts_with(checkout.build_folder().to_str().expect("a plain path"))
    );
    if matches!(cache, Tool::Sccache(_)) {
        let mut stop = checkout.launcher();
        stop.arg("--stop-server");
        homeless(stop);
    }
    // Not even root can write below a file.
    let file = sandbox.root().join("file");
    fs::write(&file, "").expect("a file");
    let checkout = Checkout::sample(&sandbox, &tools, "read-only", call)
        .env("XDG_CACHE_HOME", file.join("cache").to_str().expect("a plain path"));
    let configured = checkout.configure();
    assert!(configured.stderr.contains("toolchainkit: no cache: "), "{configured}");
    assert!(configured.stderr.contains("cannot write to "), "{configured}");
    checkout.build();
}
