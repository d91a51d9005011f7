//! icecream, with a scheduler and daemons on machines of their own.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{append, count, first_or_all, incbin, objects, only_full};
use crate::list::tests;
use crate::support::checkout::{Checkout, tools_for};
use crate::support::run::eventually;
use crate::support::servers::{Icecream, Network, Worker};
use crate::support::{Run as _, Sandbox, Tool, Tools};

tests![
    icecream_compiles_misses_on_other_machines,
    icecream_loses_no_file,
    icecream_works_without_a_cache in only_full(),
    a_released_project_is_distributed in only_full(),
    a_build_continues_without_icecream in failures(),
];

const CALL: &str = "toolchainkit_enable_cache(TOOL ccache DISTRIBUTE icecream)";

/// The failures; without `--full`, the one in which icecream alone hangs for the longest time.
fn failures() -> Vec<&'static str> {
    first_or_all(&[
        "the-scheduler-is-frozen",
        "the-workers-are-frozen",
        "the-daemon-is-killed",
        "there-is-no-daemon",
        "the-daemon-is-frozen",
        "the-scheduler-is-killed",
        "the-workers-are-killed",
        "the-packets-are-lost",
        "the-packets-are-lost-later",
        "icecc-is-removed",
    ])
}

/// The tools, and a sandbox with them on PATH. Its own link to icecc can be removed.
fn start() -> Option<(Tools, Sandbox)> {
    let cache = Tool::Ccache(Tools::CCACHE);
    let tools = tools_for(&[&[cache], Icecream::NEEDS, Network::NEEDS].concat())?;
    let sandbox = Sandbox::new("icecream").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let link = sandbox.root().join("bin/icecc");
    fs::create_dir(sandbox.root().join("bin")).expect("a folder");
    std::os::unix::fs::symlink("/usr/bin/icecc", &link).expect("a link");
    Some((tools, sandbox.on_path(&link)))
}

/// The sample project, optimised and without debug information, in a build with more jobs than slots.
fn checkout<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, call: &str) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, folder, call).option("-DCMAKE_BUILD_TYPE=Release");
    checkout.env("CMAKE_BUILD_PARALLEL_LEVEL", "8")
}

/// Where the compilers of a build have run.
fn distributed(checkout: &Checkout<'_>) -> Value {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let stats = command.args(["stats", "--format", "json", "--build"]).arg(checkout.build_folder()).run();
    let stats: Value = serde_json::from_str(&stats.stdout).unwrap_or_else(|_| panic!("{stats}"));
    stats["compilations"]["distributed"].clone()
}

fn icecream_compiles_misses_on_other_machines() {
    let Some((tools, sandbox)) = start() else { return };
    let network = Icecream::start(2);
    // The scheduler may choose this machine, but not while its two slots are busy.
    let checkout = checkout(&sandbox, &tools, "project", CALL);
    let configured = checkout.configure();
    let log = network.scheduler().log();
    assert!(configured.stdout.contains("misses are distributed by icecream"), "{configured}\n{log}");
    let probes = network.compilations();
    assert!(probes > 1, "a trial for each language\n{configured}");
    let built = checkout.build();
    assert!(!built.text().contains("toolchainkit:"), "{built}");
    let compiled = network.compilations() - probes;
    let distributed = distributed(&checkout);
    assert_eq!(distributed["remote"], compiled, "{distributed}");
    assert!(compiled > 0, "{built}\n{}", network.scheduler().log());
    assert_eq!(distributed["here"], count(&checkout) - compiled, "{distributed}");
    let workers = distributed["workers"].as_object().expect("an object").keys();
    for worker in workers {
        assert!(network.workers.iter().any(|known| known.address() == *worker), "{distributed}");
    }
    let remote = objects(&checkout.build_folder());
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
    assert_eq!(network.compilations() - probes, compiled, "hits ask nobody");
    let doctor = {
        let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.args(["doctor", "--build"]).arg(checkout.build_folder()).run_to_any_end()
    };
    assert!(doctor.stdout.contains("icecream writes the same objects as"), "{doctor}");
    // The same project without distribution has other keys, and the same objects.
    let local = self::checkout(&sandbox, &tools, "local", "toolchainkit_enable_cache(TOOL ccache)");
    local.configure();
    assert_eq!(local.counted(|| drop(local.build())), (0, local.objects));
    assert_eq!(objects(&local.build_folder()), remote, "the workers write the same objects");
}

fn icecream_loses_no_file() {
    let Some((tools, sandbox)) = start() else { return };
    let network = Icecream::start(1);
    let checkout = checkout(&sandbox, &tools, "project", CALL).env("ICECC_PREFERRED_HOST", "w0");
    let lists = checkout.source.join("CMakeLists.txt");
    let mut text = fs::read_to_string(&lists).expect("the project");
    let profiles = sandbox.root().join("profiles");
    text.push_str(&format!(
        "set_source_files_properties(c_0.c PROPERTIES COMPILE_OPTIONS -fstack-usage)\n\
         set_source_files_properties(c_1.c PROPERTIES COMPILE_OPTIONS \"-fprofile-generate={}\")\n\
         set_source_files_properties(cxx_1.cpp PROPERTIES COMPILE_OPTIONS -save-temps=obj)\n\
         set_source_files_properties(cxx_2.cpp PROPERTIES COMPILE_OPTIONS \"-g;-gsplit-dwarf\")\n\
         target_link_options(sample PRIVATE -fprofile-generate)\n",
        profiles.display()
    ));
    fs::write(&lists, text).expect("the project");
    append(&checkout, "cxx_0.cpp", &incbin(&checkout));
    // GCC would have another value of this macro if macros were expanded on the worker.
    append(&checkout, "cxx_2.cpp", "extern const char *const base_file = __BASE_FILE__;\n");
    let configured = checkout.configure();
    let probes = network.compilations();
    let built = checkout.build();
    assert!(!built.text().contains("toolchainkit:"), "{built}");
    let folder = checkout.build_folder().join("CMakeFiles/sample.dir");
    let has = |end: &str| {
        let mut entries = fs::read_dir(&folder).expect("objects").filter_map(Result::ok);
        entries.any(|entry| entry.path().to_string_lossy().ends_with(end))
    };
    for end in [".su", ".s", ".dwo"] {
        assert!(has(end), "{end}\n{built}");
    }
    let object = |name: &str| fs::read(folder.join(name)).expect("an object");
    let contains = |object: &[u8], text: &str| object.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(contains(&object("c_1.c.o"), "c_1.c.gcda"), "the name of the profile");
    assert!(contains(&object("cxx_2.cpp.o"), "cxx_2.cpp\0"), "the name of the source");
    assert!(!contains(&object("cxx_2.cpp.o"), "<stdin>"), "the name of the source");
    assert_eq!(
        network.compilations() - probes,
        count(&checkout) - 4,
        "{configured}\n{}",
        network.workers[0].daemon.log()
    );
    let distributed = distributed(&checkout);
    assert_eq!(
        (&distributed["remote"], &distributed["retried"]),
        (&(count(&checkout) - 4).into(), &0.into())
    );
}

fn icecream_works_without_a_cache(_: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let mut network = Icecream::start(2);
    let call = "toolchainkit_enable_cache(TOOL none DISTRIBUTE icecream)";
    let checkout = checkout(&sandbox, &tools, "project", call);
    let configured = checkout.configure();
    assert!(configured.stdout.contains("compilations are distributed by icecream"), "{configured}");
    let mut remote = 0;
    for _ in 0..2 {
        let compiled = network.compilations();
        let built = checkout.rebuild();
        assert!(!built.text().contains("toolchainkit:"), "{built}");
        let distributed = distributed(&checkout);
        assert_eq!(distributed["remote"], network.compilations() - compiled, "{distributed}");
        remote += network.compilations() - compiled;
        let sum = distributed["remote"]
            .as_u64()
            .zip(distributed["here"].as_u64())
            .map(|(there, here)| there + here);
        assert_eq!(sum, Some(checkout.objects), "{distributed}");
    }
    assert!(remote > 0, "{}", network.scheduler().log());
    network.daemon.stop();
    let built = checkout.rebuild();
    assert_eq!(built.text().matches("toolchainkit:").count(), 1, "{built}");
}

/// Catch2, a library in C++.
fn a_released_project_is_distributed(_: &str) {
    const LIMIT: Duration = Duration::from_mins(20);
    let Some((tools, sandbox)) = start() else { return };
    let source = Tool::Source("catch2");
    let Some(_) = Tools::require(&[source]) else { return };
    let network = Icecream::start(2);
    let build = |folder: &str, call: &str| {
        let mut copy = sandbox.command("cp");
        let files = tools.path(source).parent().expect("a folder").join(".");
        copy.arg("-r").arg(files).arg(sandbox.dir(folder)).run();
        let checkout = Checkout::around(&sandbox, &tools, folder, call);
        let checkout = checkout.option("-DCMAKE_BUILD_TYPE=Release").env("CMAKE_BUILD_PARALLEL_LEVEL", "8");
        checkout.configure();
        let numbers = checkout.counted(|| assert_eq!(checkout.building().run_within(LIMIT).code(), Some(0)));
        (checkout, numbers)
    };
    let probes = || network.compilations();
    let before = probes();
    let (with, (hits, misses)) = build("with", CALL);
    let distributed = distributed(&with);
    assert_eq!(hits + misses, with.stats().hits + with.stats().misses);
    assert!(misses > 10 && distributed["remote"].as_u64() > Some(misses / 4), "{distributed}");
    assert!(probes() - before > usize::try_from(misses / 4).expect("a small number"));
    assert_eq!(distributed["retried"], 0, "{distributed}");
    let again =
        with.counted(|| assert_eq!(with.building().arg("--clean-first").run_within(LIMIT).code(), Some(0)));
    assert_eq!(again, (hits + misses, 0));
    let (without, _) = build("without", "toolchainkit_enable_cache(TOOL ccache)");
    let of = |checkout: &Checkout<'_>| super::objects_below(&checkout.build_folder());
    let (remote, local) = (of(&with), of(&without));
    assert!(remote.len() as u64 >= misses);
    for ((path, object), (same, other)) in remote.iter().zip(&local) {
        assert!(path == same && object == other, "{}", path.display());
    }
}

/// Files that take some seconds.
fn add_slow_source(checkout: &Checkout<'_>) {
    const SLOW: &str = "constexpr long slow() { long sum = 0; for (long i = 0; i < 1000000; i++) sum += i; return sum; }\n\
        extern const long slow_NAME = slow(); static_assert(slow() > 0, \"\");\n";
    let mut lists = fs::read_to_string(checkout.source.join("CMakeLists.txt")).expect("the project");
    lists.push_str(
        "set_source_files_properties(cxx_0.cpp cxx_1.cpp cxx_2.cpp PROPERTIES COMPILE_OPTIONS\n\
         \"-std=c++14;-fconstexpr-loop-limit=1000000000;-fconstexpr-ops-limit=1000000000\")\n",
    );
    fs::write(checkout.source.join("CMakeLists.txt"), lists).expect("the project");
    for name in ["cxx_0", "cxx_1", "cxx_2"] {
        let path = checkout.source.join(format!("{name}.cpp"));
        let text = fs::read_to_string(&path).expect("a source");
        fs::write(&path, text + &SLOW.replace("NAME", name)).expect("a source");
    }
}

/// Cuts off a worker while it compiles one of the slow files.
fn lose_packets_while_compiling(network: &Icecream) {
    let is_slow = |line: &str| line.contains("remote compile for file") && line.contains("cxx_");
    let busy = || network.workers.iter().any(|worker| worker.daemon.log().lines().any(is_slow));
    assert!(eventually(Duration::from_secs(30), busy), "{}", network.scheduler().log());
    std::thread::sleep(Duration::from_secs(1));
    network.workers.iter().for_each(Worker::lose_packets);
}

fn a_build_continues_without_icecream(failure: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let local = checkout(&sandbox, &tools, "local", "toolchainkit_enable_cache(TOOL ccache)");
    let slow = |checkout: &Checkout<'_>| {
        if failure == "the-packets-are-lost-later" {
            add_slow_source(checkout);
        }
    };
    slow(&local);
    local.configure();
    let begun = Instant::now();
    local.build();
    let local = begun.elapsed();
    let mut network = Icecream::start(2);
    let checkout = checkout(&sandbox, &tools, "project", CALL);
    slow(&checkout);
    if failure == "there-is-no-daemon" {
        network.daemon.stop();
        let configured = checkout.configure();
        let shown = "icecream is not used: no daemon of icecream (iceccd) runs on this machine";
        assert!(configured.stderr.contains(shown), "{configured}");
        assert!(configured.stderr.contains("all compilations run here"), "{configured}");
    } else {
        let configured = checkout.configure();
        assert!(configured.stdout.contains("misses are distributed by icecream"), "{configured}");
    }
    match failure {
        "the-daemon-is-killed" => network.daemon.stop(),
        "the-daemon-is-frozen" => network.daemon.pause(),
        "the-workers-are-frozen" => network.workers.iter().for_each(|worker| worker.daemon.pause()),
        "the-workers-are-killed" => network.workers.iter_mut().for_each(|worker| worker.daemon.stop()),
        "the-packets-are-lost" => network.workers.iter().for_each(Worker::lose_packets),
        "the-scheduler-is-killed" => network.stop_scheduler(),
        "the-scheduler-is-frozen" => network.scheduler().pause(),
        "icecc-is-removed" => fs::remove_file(sandbox.root().join("bin/icecc")).expect("the link"),
        _ => {}
    }
    let begun = Instant::now();
    let built = std::thread::scope(|scope| {
        if failure == "the-packets-are-lost-later" {
            scope.spawn(|| lose_packets_while_compiling(&network));
        }
        checkout.build()
    });
    let time = begun.elapsed();
    assert!(
        time < local.mul_f64(1.2) + Duration::from_secs(15),
        "{time:?}, and {local:?} on this machine\n{built}"
    );
    // The daemon compiles here without a warning if it knows no scheduler, or the scheduler no other machine.
    let must_warn =
        ["the-daemon-is-killed", "the-daemon-is-frozen", "the-scheduler-is-frozen"].contains(&failure);
    let warnings = built.text().matches("toolchainkit:").count();
    assert!((usize::from(must_warn)..=1).contains(&warnings), "{built}");
    assert_eq!(objects(&checkout.build_folder()).len(), count(&checkout));
}
