//! Compilation of misses on other machines, with real workers on this one.

mod failures;
#[cfg(target_os = "linux")]
mod icecream;
mod keys;
#[cfg(target_os = "linux")]
mod network;
mod servers;
mod uncached;

use std::fs;
use std::path::{Path, PathBuf};

use crate::list::List;
use crate::support::checkout::{Checkout, tools_for};
use crate::support::servers::Distccd;
use crate::support::{Project, Sandbox, Tool, Tools};

pub(crate) fn tests(list: &mut List) {
    own::tests(list);
    failures::tests(list);
    #[cfg(target_os = "linux")]
    icecream::tests(list);
    keys::tests(list);
    #[cfg(target_os = "linux")]
    network::tests(list);
    servers::tests(list);
    uncached::tests(list);
}

/// One cell, in full runs only: these take long.
fn only_full() -> Vec<&'static str> {
    if Tools::full() { vec!["full"] } else { Vec::new() }
}

/// The tools, and a sandbox with them on PATH.
fn start() -> Option<(Tools, Sandbox)> {
    start_with(&[])
}

/// The same if there are also these tools.
fn start_with(more: &[Tool]) -> Option<(Tools, Sandbox)> {
    let cache = Tool::Ccache(Tools::CCACHE);
    let tools = tools_for(&[&[cache], Distccd::NEEDS, more].concat())?;
    let sandbox = Sandbox::new("distribute").on_path(&tools.ninja()).on_path(&tools.path(cache));
    Some((tools, sandbox))
}

/// The sample project with these workers, optimised and without debug information.
fn checkout<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, workers: &[&Distccd]) -> Checkout<'a> {
    checkout_with(sandbox, tools, folder, &workers.iter().map(|worker| worker.entry()).collect::<Vec<_>>())
}

/// The same with these entries of `DISTCC_HOSTS`.
fn checkout_with<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, hosts: &[String]) -> Checkout<'a> {
    let call = if hosts.is_empty() {
        "toolchainkit_enable_cache(TOOL ccache)".to_owned()
    } else {
        let hosts = hosts.join(" ");
        format!("toolchainkit_enable_cache(TOOL ccache DISTRIBUTE distcc DISTRIBUTE_HOSTS {hosts})")
    };
    Checkout::sample(sandbox, tools, folder, &call).option("-DCMAKE_BUILD_TYPE=Release")
}

/// A statement that includes a file by the assembler.
fn incbin(checkout: &Checkout<'_>) -> String {
    let file = checkout.source.join("data.bin");
    fs::write(&file, "data").expect("a file");
    format!("__asm__(\".section .rodata\\n.incbin \\\"{}\\\"\\n.text\\n\");\n", file.display())
}

/// Appends lines to a source.
fn append(checkout: &Checkout<'_>, source: &str, lines: &str) {
    let source = checkout.source.join(source);
    let text = fs::read_to_string(&source).expect("a source");
    fs::write(&source, format!("{text}\n{lines}")).expect("a source");
}

/// All of these cells in full runs, and otherwise the first one.
fn first_or_all(all: &[&'static str]) -> Vec<&'static str> {
    all.iter().copied().take(if Tools::full() { all.len() } else { 1 }).collect()
}

/// The objects of a build: the path of each below the build folder, and its content.
fn objects(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    objects_below(&folder.join("CMakeFiles/sample.dir"))
}

/// The objects below a folder.
fn objects_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of objects") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "o") {
                let content = fs::read(&path).expect("an object");
                found.push((path.strip_prefix(folder).expect("a path below").to_owned(), content));
            }
        }
    }
    found.sort();
    found
}

/// The number of objects as a number of files.
fn count(checkout: &Checkout<'_>) -> usize {
    usize::try_from(checkout.objects).expect("a small number")
}

mod own {
    use super::{Distccd, Project, Tools, append, checkout, count, fs, incbin, objects, start};
    use crate::list::tests;
    use crate::support::Run as _;

    tests![
        misses_are_compiled_by_the_workers in ["2", "3"],
        files_beside_the_object_are_written_here,
        without_the_program_a_machine_compiles_itself,
        presets_have_jobs_of_workers_and_pools_of_ninja,
        doctor_and_stats_tell_about_workers,
    ];

    fn misses_are_compiled_by_the_workers(number: &str) {
        let Some((tools, sandbox)) = start() else { return };
        let workers: Vec<Distccd> =
            (0..number.parse().expect("a number")).map(|_| Distccd::start()).collect();
        let workers: Vec<&Distccd> = workers.iter().collect();
        let compiled = || workers.iter().map(|worker| worker.compilations()).sum::<usize>();
        let checkout = checkout(&sandbox, &tools, "project", &workers);
        let configured = checkout.configure();
        let shown =
            format!("distributed by distcc: {number} of {number} workers, {} slots", 4 * workers.len());
        assert!(configured.stdout.contains(&shown), "{configured}");
        let probes = compiled();
        assert_eq!(probes, 2 * workers.len(), "each worker has compiled a file for each language");
        let built = checkout.build();
        assert_eq!(compiled() - probes, count(&checkout), "{built}");
        assert!(!built.stderr.contains("toolchainkit:"), "{built}");
        let remote = objects(&checkout.build_folder());
        assert_eq!(remote.len(), count(&checkout));
        // Hits ask no worker.
        assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
        assert_eq!(compiled() - probes, count(&checkout));
        let local = super::checkout(&sandbox, &tools, "local", &[]);
        local.configure();
        local.build();
        assert_eq!(objects(&local.build_folder()), remote, "the workers write the same objects");
    }

    fn files_beside_the_object_are_written_here() {
        let Some((tools, sandbox)) = start() else { return };
        let worker = Distccd::start();
        let checkout = checkout(&sandbox, &tools, "project", &[&worker]);
        let lists = checkout.source.join("CMakeLists.txt");
        let mut text = fs::read_to_string(&lists).expect("the project");
        text.push_str(
            "set_source_files_properties(c_0.c PROPERTIES COMPILE_OPTIONS \"-g;-gsplit-dwarf\")\n\
             set_source_files_properties(c_1.c PROPERTIES COMPILE_OPTIONS -fstack-usage)\n",
        );
        fs::write(&lists, text).expect("the project");
        append(&checkout, "cxx_0.cpp", &incbin(&checkout));
        checkout.configure();
        let probes = worker.compilations();
        let built = checkout.build();
        assert!(!built.stderr.contains("toolchainkit:"), "{built}");
        let folder = checkout.build_folder().join("CMakeFiles/sample.dir");
        let has = |end: &str| {
            let mut entries = fs::read_dir(&folder).expect("objects").filter_map(Result::ok);
            entries.any(|entry| entry.path().to_string_lossy().ends_with(end))
        };
        assert!(has(".dwo"), "{built}");
        assert!(has(".su"), "{built}");
        assert_eq!(worker.compilations() - probes, count(&checkout) - 3, "{}", worker.server.log());
        assert!(!worker.server.log().contains("COMPILE_ERROR"), "{}", worker.server.log());
    }

    fn without_the_program_a_machine_compiles_itself() {
        let Some((tools, sandbox)) = start() else { return };
        let worker = Distccd::start();
        let checkout = checkout(&sandbox, &tools, "project", &[&worker]).with_fallback();
        let configured = checkout.configure();
        let shown = "not distributed: it needs toolchainkit-launch";
        assert!(configured.stdout.contains(shown), "{configured}");
        checkout.build();
        assert_eq!(worker.compilations(), 0);
    }

    fn presets_have_jobs_of_workers_and_pools_of_ninja() {
        let Some((tools, sandbox)) = start() else { return };
        let worker = Distccd::start();
        let source = sandbox.root().join("project");
        let project = Project::write(&source, 1, 1);
        let lists = source.join("CMakeLists.txt");
        let text = fs::read_to_string(&lists).expect("the project");
        // Without the module, CMake would ignore CMAKE_JOB_POOLS, and Ninja would not know the pools.
        fs::write(&lists, format!("{text}set_property(GLOBAL PROPERTY JOB_POOLS own=1)\n"))
            .expect("the project");
        let yaml = format!(
            "version: 1\ncache: {{ tool: ccache }}\ndistribute:\n  engine: distcc\n  hosts: [{{ host: \"{}\", slots: 3 }}]\n  local: {{ slots: 2, links: 1 }}\n",
            worker.server.address()
        );
        fs::write(source.join("toolchainkit.yaml"), yaml).expect("the configuration");
        sandbox.command(env!("CARGO_BIN_EXE_toolchainkit")).current_dir(&source).arg("generate").run();
        let cmake = |arguments: &[&str]| {
            sandbox.command(tools.cmake(Tools::CMAKE)).current_dir(&source).args(arguments).run()
        };
        let configured = cmake(&["--preset", "release"]);
        assert!(configured.stdout.contains("1 of 1 workers, 3 slots"), "{configured}");
        let ninja = fs::read_to_string(source.join("build/release/build.ninja")).expect("build.ninja");
        assert!(ninja.contains("pool = tk_link"), "{ninja}");
        assert!(ninja.contains("pool = tk_compile"), "{ninja}");
        let presets = fs::read_to_string(source.join("CMakePresets.json")).expect("the presets");
        let presets: serde_json::Value = serde_json::from_str(&presets).expect("JSON");
        assert_eq!(presets["buildPresets"][0]["jobs"], 5);
        assert!(presets["testPresets"][0]["execution"].is_null(), "{presets}");
        let probes = worker.compilations();
        cmake(&["--build", "--preset", "release"]);
        assert_eq!(
            worker.compilations() - probes,
            usize::try_from(project.objects()).expect("a small number")
        );
    }

    fn doctor_and_stats_tell_about_workers() {
        let Some((tools, sandbox)) = start() else { return };
        let mut workers = [Distccd::start(), Distccd::start()];
        let checkout = checkout(&sandbox, &tools, "project", &workers.each_ref());
        checkout.configure();
        checkout.build();
        let folder = checkout.build_folder();
        let ask = |arguments: &[&str]| {
            let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
            command.args(arguments).arg("--build").arg(&folder).run_to_any_end()
        };
        let stats = ask(&["stats", "--format", "json"]);
        let stats: serde_json::Value =
            serde_json::from_str(&stats.stdout).unwrap_or_else(|_| panic!("{stats}"));
        let distributed = &stats["compilations"]["distributed"];
        assert_eq!(distributed["remote"], checkout.objects, "{distributed}");
        assert_eq!((&distributed["here"], &distributed["retried"]), (&0.into(), &0.into()), "{distributed}");
        let compiled = |index: usize| &distributed["workers"][workers[index].server.address()];
        let sum = [0, 1].map(|index| compiled(index).as_u64().unwrap_or(0)).iter().sum::<u64>();
        assert_eq!(sum, checkout.objects, "{distributed}");
        let text = ask(&["stats"]);
        assert!(text.stdout.contains(&format!("{} on ", checkout.objects)), "{text}");
        let healthy = ask(&["doctor"]);
        assert!(healthy.stdout.contains("2 of 2 write the same objects as"), "{healthy}");
        workers[1].server.stop();
        let ill = ask(&["doctor"]);
        let shown =
            format!("{}: the connection is refused, and the build uses it", workers[1].server.address());
        assert!(ill.stdout.contains(&shown), "{ill}");
    }
}
