//! sccache-dist with a real scheduler and real servers.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{append, count, first_or_all, incbin, objects, objects_below, only_full};
use crate::list::tests;
use crate::support::checkout::{Checkout, tools_for};
use crate::support::run::eventually;
use crate::support::servers::{CompileServer, DIST_TOKEN, SCCACHE_DIST, Scheduler, free_port};
use crate::support::system::signal;
use crate::support::{Finished, Run as _, Sandbox, Tool, Tools};

tests![
    servers_compile_misses,
    what_servers_lose_is_compiled_here,
    a_build_continues_without_its_servers in failures(),
    a_machine_without_the_token_compiles_itself,
    a_daemon_without_distribution_is_another_one,
    servers_that_are_back_compile_again in only_full(),
    servers_of_an_older_version_are_not_used in only_full(),
    an_interrupted_build_writes_nothing_later in only_full(),
    a_real_project_is_compiled_by_servers in only_full(),
];

/// What happens to the scheduler and the servers: `at-once` is before the configuration, and otherwise it is after it. Without
/// `--full`, only the first one.
fn failures() -> Vec<&'static str> {
    first_or_all(&[
        "servers-frozen",
        "token-at-once",
        "servers-closed",
        "scheduler-closed",
        "scheduler-frozen",
        "scheduler-frozen-at-once",
        "scheduler-closed-at-once",
        "no-servers-at-once",
        "packets-lost-at-once",
    ])
}

/// The tools, and a sandbox with them on PATH.
fn start() -> Option<(Tools, Sandbox)> {
    let tools = tools_for(SCCACHE_DIST)?;
    let sandbox =
        Sandbox::new("servers").on_path(&tools.ninja()).on_path(&tools.path(Tool::Sccache(Tools::SCCACHE)));
    Some((tools, sandbox))
}

/// The sample project, whose misses go to this scheduler.
fn checkout<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, url: Option<&str>) -> Checkout<'a> {
    let distribute = url.map_or_else(String::new, |url| {
        format!(" DISTRIBUTE sccache-dist DISTRIBUTE_SCHEDULER {url} DISTRIBUTE_TOKEN {{MY_DIST_TOKEN}}")
    });
    let call = format!("toolchainkit_enable_cache(TOOL sccache{distribute})");
    Checkout::sample(sandbox, tools, folder, &call)
        .option("-DCMAKE_BUILD_TYPE=Release")
        .env("MY_DIST_TOKEN", DIST_TOKEN)
}

/// The files below `folder` that contain the token.
fn with_token(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Ok(content) = fs::read(&path)
                && content.windows(DIST_TOKEN.len()).any(|part| part == DIST_TOKEN.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Asserts that nothing has shown or stored the token.
fn assert_secret(sandbox: &Sandbox, checkout: &Checkout<'_>, outputs: &[&Finished]) {
    assert_eq!(with_token(sandbox.root()), Vec::<String>::new());
    for output in outputs {
        // The text of the output has the environment, too.
        assert!(!output.stdout.contains(DIST_TOKEN) && !output.stderr.contains(DIST_TOKEN), "{output}");
    }
    for name in ["environ", "cmdline"] {
        let read = fs::read(format!("/proc/{}/{name}", checkout.daemon())).expect("the daemon runs");
        assert!(!read.windows(DIST_TOKEN.len()).any(|part| part == DIST_TOKEN.as_bytes()), "{name}");
    }
}

fn stats(checkout: &Checkout<'_>) -> serde_json::Value {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let stats =
        command.args(["stats", "--format", "json", "--build"]).arg(checkout.build_folder()).run_to_any_end();
    serde_json::from_str(&stats.stdout).unwrap_or_else(|_| panic!("{stats}"))
}

fn servers_compile_misses() {
    let Some((tools, sandbox)) = start() else { return };
    let scheduler = Scheduler::start(&tools);
    let servers = [scheduler.add_server(), scheduler.add_server()];
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    let configured = checkout.configure();
    assert!(configured.stdout.contains("distributed by sccache-dist: 2 servers"), "{configured}");
    let tried = scheduler.compilations();
    assert!(tried >= 4, "two compilers on two servers: {}", scheduler.server.log());
    let built = checkout.build();
    assert_eq!(scheduler.compilations() - tried, count(&checkout), "{built}");
    for server in &servers {
        assert!(scheduler.given_to(server) > 0, "{}", scheduler.server.log());
    }
    assert!(!built.stderr.contains("toolchainkit:"), "{built}");
    let remote = objects(&checkout.build_folder());
    assert_eq!(remote.len(), count(&checkout));
    let distributed = &stats(&checkout)["compilations"]["distributed"];
    assert_eq!(distributed["remote"], checkout.objects, "{distributed}");
    assert_eq!((&distributed["here"], &distributed["retried"]), (&0.into(), &0.into()), "{distributed}");
    // Hits ask no server.
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
    assert_eq!(scheduler.compilations() - tried, count(&checkout));
    let mut doctor = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let healthy = doctor.args(["doctor", "--build"]).arg(checkout.build_folder()).run_to_any_end();
    assert!(healthy.stdout.contains("2 servers with"), "{healthy}");
    assert_secret(&sandbox, &checkout, &[&configured, &built, &healthy]);
    checkout.ask(&["--stop-server"]);
    let local = super::servers::checkout(&sandbox, &tools, "local", None);
    local.configure();
    local.build();
    assert_eq!(objects(&local.build_folder()), remote, "the servers write the same objects");
}

fn what_servers_lose_is_compiled_here() {
    let Some((tools, sandbox)) = start() else { return };
    let scheduler = Scheduler::start(&tools);
    let _server = scheduler.add_server();
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    let lists = checkout.source.join("CMakeLists.txt");
    let mut text = fs::read_to_string(&lists).expect("the project");
    text.push_str(
        "set_source_files_properties(c_0.c PROPERTIES COMPILE_OPTIONS -march=native)\n\
         set_source_files_properties(c_1.c PROPERTIES COMPILE_OPTIONS -fstack-usage)\n\
         set_source_files_properties(cxx_1.cpp PROPERTIES COMPILE_OPTIONS -fprofile-use=none.gcda)\n",
    );
    fs::write(&lists, text).expect("the project");
    let included = incbin(&checkout);
    append(&checkout, "cxx_0.cpp", &included);
    // The rule does not see the header, so a server fails.
    fs::write(checkout.source.join("asset.h"), included).expect("a header");
    append(&checkout, "cxx_2.cpp", "#include \"asset.h\"\n");
    checkout.configure();
    let tried = scheduler.compilations();
    let built = checkout.build();
    let printed = format!("{}{}", built.stdout, built.stderr);
    let warning = "toolchainkit: sccache-dist: a server has not compiled: compiling here";
    assert_eq!(
        (printed.matches("toolchainkit:").count(), printed.matches(warning).count()),
        (1, 1),
        "{built}"
    );
    assert!(!printed.contains("Assembler messages"), "{built}");
    assert_eq!(scheduler.compilations() - tried, count(&checkout) - 4, "{}", scheduler.server.log());
    let folder = checkout.build_folder().join("CMakeFiles/sample.dir");
    let mut entries = fs::read_dir(&folder).expect("objects").filter_map(Result::ok);
    assert!(entries.any(|entry| entry.path().to_string_lossy().ends_with(".su")), "{built}");
    let distributed = &stats(&checkout)["compilations"]["distributed"];
    assert_eq!((&distributed["retried"], &distributed["here"]), (&1.into(), &0.into()), "{distributed}");
    // All of them were stored, except for what sccache does not cache.
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects - 3, 0));
    a_fault_in_the_source_is_reported_once(&checkout);
}

fn a_fault_in_the_source_is_reported_once(checkout: &Checkout<'_>) {
    fs::write(checkout.source.join("cxx_2.cpp"), "int cxx_2() { return fault; }\n").expect("a source");
    let built = checkout.building().run_to_any_end();
    assert_ne!(built.code(), Some(0), "{built}");
    let text = format!("{}{}", built.stdout, built.stderr);
    let messages = ["error: 'fault' was not declared", "error: ‘fault’ was not declared"];
    assert_eq!(messages.map(|message| text.matches(message).count()).iter().sum::<usize>(), 1, "{built}");
    // A server shows the preprocessed text.
    assert!(text.contains("int cxx_2() { return fault; }"), "{built}");
    assert!(!text.contains("toolchainkit:") && !text.contains("on server"), "{built}");
}

/// What a test fails, in the order of [`FAILURES`].
fn fail(failure: &str, scheduler: &mut Scheduler, servers: &mut [CompileServer]) {
    match failure.trim_end_matches("-at-once") {
        "servers-frozen" => servers.iter().for_each(|server| server.server.pause()),
        "servers-closed" => servers.iter_mut().for_each(|server| server.server.stop()),
        "scheduler-closed" => scheduler.server.stop(),
        "scheduler-frozen" => scheduler.server.pause(),
        "token" | "no-servers" | "packets-lost" => {}
        other => panic!("{other} is not known"),
    }
}

/// Each failure: the build succeeds, in about the time of a local one, with one warning, and the cache is used.
fn a_build_continues_without_its_servers(failure: &'static str) {
    let Some((tools, sandbox)) = start() else { return };
    let local = checkout(&sandbox, &tools, "local", None);
    local.configure();
    let begun = Instant::now();
    local.build();
    let local = begun.elapsed();
    sandbox_stop(&sandbox, &tools);
    let mut scheduler = Scheduler::start(&tools);
    let mut servers = Vec::new();
    if failure != "no-servers-at-once" {
        servers.extend([scheduler.add_server(), scheduler.add_server()]);
    }
    let lost = (failure == "packets-lost-at-once").then(Lost::new);
    let url = lost.as_ref().map_or_else(|| scheduler.url(), Lost::url);
    let mut checkout = checkout(&sandbox, &tools, "project", Some(&url));
    if failure.starts_with("token") {
        checkout = checkout.env("MY_DIST_TOKEN", "another-token-43");
    }
    let is_at_once = failure.ends_with("at-once");
    if is_at_once {
        fail(failure, &mut scheduler, &mut servers);
    }
    let begun = Instant::now();
    let configured = checkout.configure();
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    if is_at_once {
        let shown = match failure {
            "token-at-once" => "not distributed: the scheduler refuses the token; all compilations run here",
            "no-servers-at-once" => "has no servers; all compilations run here",
            "scheduler-closed-at-once" => "cannot be reached; all compilations run here",
            _ => "does not answer; all compilations run here",
        };
        assert!(configured.stderr.contains(shown), "{configured}");
    } else {
        assert!(configured.stdout.contains("2 servers"), "{configured}");
        fail(failure, &mut scheduler, &mut servers);
    }
    let begun = Instant::now();
    let built = checkout.build();
    let time = begun.elapsed();
    assert!(time < local.mul_f64(1.2) + Duration::from_secs(15), "{time:?}, and {local:?} on this machine");
    let warned =
        built.stderr.matches("toolchainkit:").count() + built.stdout.matches("toolchainkit:").count();
    assert_eq!(warned, usize::from(!is_at_once), "{built}");
    assert_eq!(objects(&checkout.build_folder()).len(), count(&checkout));
    let entries = stats(&checkout);
    let distributed = &entries["compilations"]["distributed"];
    if is_at_once {
        assert!(distributed.is_null(), "{distributed}");
    } else {
        assert_eq!(distributed["remote"], 0, "{distributed}");
        let retried = distributed["retried"].as_u64().expect("a number");
        assert!(retried > 0, "{entries}");
    }
    assert_eq!(entries["compilations"]["total"]["failed_over"], 0, "the cache is used: {entries}");
    // The objects were stored.
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
    assert_secret(&sandbox, &checkout, &[&configured, &built]);
}

/// Stops the daemon of the build without distribution, whose local cache the other one would not share at the same time.
fn sandbox_stop(sandbox: &Sandbox, tools: &Tools) {
    checkout(sandbox, tools, "local", None).ask(&["--stop-server"]);
    // Its objects must not be hits of the other build.
    let _ = fs::remove_dir_all(sandbox.cache_home().join("toolchainkit/cache"));
}

/// An address that answers nothing, not even to a request for a connection: its queue is full, so the kernel drops further packets.
struct Lost {
    listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Lost {
    fn new() -> Self {
        const MOST: usize = 10_000;
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_secs(1)).ok();
        let queue: Vec<TcpStream> = (0..MOST).map_while(|_| connect()).collect();
        assert!(queue.len() < MOST, "the queue is full");
        Self { listener, _queue: queue }
    }

    fn url(&self) -> String {
        format!("http://{}", self.listener.local_addr().expect("an address"))
    }
}

fn a_machine_without_the_token_compiles_itself() {
    let Some((tools, sandbox)) = start() else { return };
    let url = format!("http://127.0.0.1:{}", free_port());
    let checkout = checkout(&sandbox, &tools, "project", Some(&url)).without_env();
    let configured = checkout.configure();
    assert!(configured.stderr.contains("not distributed: MY_DIST_TOKEN is not set"), "{configured}");
    let built = checkout.build();
    assert!(!built.stderr.contains("toolchainkit:"), "{built}");
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
}

/// A scheduler that accepts and never answers: the daemon waits for it, so its configuration with the token can be seen.
fn a_daemon_without_distribution_is_another_one() {
    let Some((tools, sandbox)) = start() else { return };
    let scheduler = Scheduler::start(&tools);
    scheduler.server.pause();
    let plain = checkout(&sandbox, &tools, "plain", None);
    plain.configure();
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    let seen = std::thread::scope(|scope| {
        let configuring = scope.spawn(|| checkout.configure());
        let mut seen = Vec::new();
        while !configuring.is_finished() {
            for path in
                with_token(&sandbox.runtime_dir()).into_iter().chain(with_token(&sandbox.cache_home()))
            {
                let Ok(found) = fs::metadata(&path) else { continue };
                seen.push((path, found.permissions().mode() & 0o777));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        seen
    });
    assert!(!seen.is_empty(), "the daemon reads a file with the token");
    for (path, mode) in &seen {
        assert!(path.ends_with("/sccache.toml") && *mode == 0o600, "{path}: {mode:o}");
    }
    assert_eq!(with_token(sandbox.root()), Vec::<String>::new());
    assert_ne!(checkout.daemon(), plain.daemon());
    assert_ne!(checkout.status_field("socket"), plain.status_field("socket"));
}

/// A client 0.19 refuses the certificates of servers 0.16, and says so nowhere but in its log.
fn servers_of_an_older_version_are_not_used(_: &str) {
    let newest = Tool::Sccache(Tools::NEWEST_SCCACHE);
    let Some(tools) = tools_for(&[SCCACHE_DIST, &[newest]].concat()) else { return };
    let sandbox = Sandbox::new("servers").on_path(&tools.ninja()).on_path(&tools.path(newest));
    let scheduler = Scheduler::start(&tools);
    let _server = scheduler.add_server();
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    let configured = checkout.configure();
    let shown = "not distributed: a server is of another version than sccache; all compilations run here";
    assert!(configured.stderr.contains(shown), "{configured}");
    let built = checkout.build();
    assert!(!built.stderr.contains("toolchainkit:"), "{built}");
    assert_eq!(objects(&checkout.build_folder()).len(), count(&checkout));
}

/// Catch2, which has about a hundred sources in C++, by a generated toolchain file.
fn a_real_project_is_compiled_by_servers(_: &str) {
    let source = Tool::Source("catch2");
    let Some(tools) = tools_for(&[SCCACHE_DIST, &[source]].concat()) else { return };
    let sandbox =
        Sandbox::new("catch2").on_path(&tools.ninja()).on_path(&tools.path(Tool::Sccache(Tools::SCCACHE)));
    let scheduler = Scheduler::start(&tools);
    let servers = [scheduler.add_server(), scheduler.add_server()];
    let text = format!(
        "version: 1\ncache: {{ tool: sccache }}\ndistribute:\n  engine: sccache-dist\n  scheduler: {}\n  credentials: {{ token: \"${{MY_DIST_TOKEN}}\" }}\n",
        scheduler.url()
    );
    let source = tools.path(source);
    let source = source.parent().expect("a folder");
    // Each has a cache of its own. Without optimisation, GCC writes a `nop` more or less for a preprocessed source, which has other
    // columns for macros.
    let build = |name: &str, yaml: &str| {
        let folder = sandbox.dir(name);
        fs::write(folder.join("toolchainkit.yaml"), yaml).expect("a configuration");
        let command = |program: &Path| {
            let mut command = sandbox.command(program);
            command.current_dir(&folder).env("MY_DIST_TOKEN", DIST_TOKEN);
            command.env("XDG_CACHE_HOME", sandbox.dir(&format!("cache-of-{name}")));
            command
        };
        command(Path::new(env!("CARGO_BIN_EXE_toolchainkit"))).arg("generate").run();
        let cmake = tools.cmake(Tools::CMAKE);
        let options = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-B", "build"];
        let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}", folder.join("cmake/toolchain.cmake").display());
        let configured = command(&cmake).args(options).arg(toolchain).arg("-S").arg(source).run();
        let tried = scheduler.compilations();
        let built = command(&cmake).args(["--build", "build"]).run_within(Duration::from_mins(10));
        assert_eq!(built.code(), Some(0), "{built}");
        let mut stats = command(Path::new(env!("CARGO_BIN_EXE_toolchainkit")));
        let stats = stats.args(["stats", "--format", "json", "--build", "build"]).run();
        let stats: serde_json::Value = serde_json::from_str(&stats.stdout).expect("JSON");
        let distributed = stats["compilations"]["distributed"].clone();
        let remote = scheduler.compilations() - tried;
        let again = command(&cmake).args(["--build", "build", "--clean-first"]).run();
        assert_eq!(scheduler.compilations() - tried, remote, "the second build has hits only: {again}");
        (objects_below(&folder.join("build")), remote, configured, distributed)
    };
    let (remote, compiled, configured, distributed) = build("remote", &text);
    assert!(configured.stdout.contains("2 servers"), "{configured}");
    // A compilation that takes long lets a client ask the servers by a small file.
    assert!(remote.len() > 90 && compiled >= remote.len(), "{compiled} of {}", remote.len());
    for server in &servers {
        assert!(scheduler.given_to(server) > 3, "{}", scheduler.server.log());
    }
    assert_eq!(distributed["remote"], remote.len(), "{distributed}");
    assert_eq!((&distributed["retried"], &distributed["here"]), (&0.into(), &0.into()), "{distributed}");
    let (local, compiled, _, _) = build("local", "version: 1\ncache: { tool: sccache }\n");
    assert_eq!(compiled, 0);
    let names = |all: &[(PathBuf, Vec<u8>)]| all.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&local), names(&remote));
    for ((path, local), (_, remote)) in local.iter().zip(&remote) {
        assert!(local == remote, "{} differs", path.display());
    }
}

/// sccache cannot be told to end a compilation on a server, and would write the object when the server answers: perhaps over that of
/// the next build.
fn an_interrupted_build_writes_nothing_later(_: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let scheduler = Scheduler::start(&tools);
    let server = scheduler.add_server();
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    checkout.configure();
    let daemon = checkout.daemon();
    server.server.pause();
    let given = scheduler.given_to(&server);
    let mut building = checkout.building();
    let mut child =
        building.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a build");
    let is_sent = eventually(Duration::from_secs(4), || scheduler.given_to(&server) > given);
    assert!(is_sent, "{}", scheduler.server.log());
    // Ninja passes it on to the launchers.
    signal("INT", &format!("-{}", child.id()));
    let _ = child.wait();
    let ends = eventually(Duration::from_secs(4), || fs::metadata(format!("/proc/{daemon}")).is_err());
    assert!(ends, "the daemon is replaced");
    server.server.resume();
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(objects(&checkout.build_folder()), []);
    checkout.build();
    assert_eq!(objects(&checkout.build_folder()).len(), count(&checkout));
}

/// Without another configuration: a minute after the outage, one compilation asks. The scheduler keeps the lost compilations for up to
/// 90 s, in which a server may have no capacity.
fn servers_that_are_back_compile_again(_: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let scheduler = Scheduler::start(&tools);
    let server = scheduler.add_server();
    let checkout = checkout(&sandbox, &tools, "project", Some(&scheduler.url()));
    checkout.configure();
    server.server.pause();
    checkout.build();
    server.server.resume();
    let compiled = scheduler.compilations();
    let source = checkout.source.join("c_0.c");
    let begun = Instant::now();
    let mut builds = 0;
    while scheduler.compilations() == compiled {
        assert!(begun.elapsed() < Duration::from_secs(200), "{}", scheduler.server.log());
        std::thread::sleep(Duration::from_secs(10));
        builds += 1;
        let text = fs::read_to_string(&source).expect("a source");
        fs::write(&source, format!("{text}\nint back_{builds};\n")).expect("a source");
        let built = checkout.build();
        assert!(!built.stderr.contains("toolchainkit:"), "{built}");
    }
    assert!(begun.elapsed() > Duration::from_secs(50), "nothing is sent for a minute: {builds} builds");
}
