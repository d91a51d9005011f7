//! Distribution without a cache: the launcher runs the program that distributes for each compilation.

use std::fs;

use serde_json::Value;

use super::{checkout, count, objects, start};
use crate::list::tests;
use crate::support::Run as _;
use crate::support::checkout::Checkout;
use crate::support::servers::Distccd;

tests![
    all_compilations_are_distributed_without_a_cache,
    a_machine_without_the_launcher_needs_no_cache_either,
];

/// What `toolchainkit stats` says about the last build.
fn stats(checkout: &Checkout<'_>) -> Value {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let stats = command.args(["stats", "--format", "json", "--build"]).arg(checkout.build_folder()).run();
    serde_json::from_str(&stats.stdout).unwrap_or_else(|_| panic!("{stats}"))
}

fn all_compilations_are_distributed_without_a_cache() {
    let Some((tools, sandbox)) = start() else { return };
    let mut worker = Distccd::start();
    let with = checkout(&sandbox, &tools, "project", &[&worker]);
    let yaml = format!(
        "version: 1\ncache: {{ enabled: false }}\ndistribute:\n  engine: distcc\n  hosts: [{{ host: \"{}\", slots: 4 }}]\n",
        worker.server.address()
    );
    fs::write(with.source.join("toolchainkit.yaml"), yaml).expect("the configuration");
    // The generated files take the place of the toolchain file of the sample.
    fs::remove_dir_all(with.source.join("cmake")).expect("the files of the sample");
    let mut generate = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
    generate.current_dir(&with.source).arg("generate").run();
    let configured = with.configure();
    assert!(configured.stdout.contains("no cache; compilations are distributed by distcc"), "{configured}");
    assert!(
        configured.stdout.contains("compilations are distributed by distcc: 1 of 1 workers, 4 slots"),
        "{configured}"
    );
    let probes = worker.compilations();
    for round in 1..3 {
        let built = with.rebuild();
        assert!(!built.text().contains("toolchainkit:"), "{built}");
        assert_eq!(worker.compilations() - probes, round * count(&with), "{built}\n{}", worker.server.log());
    }
    let numbers = stats(&with);
    assert_eq!(numbers["cache"]["tool"], "none", "{numbers}");
    let distributed = &numbers["compilations"]["distributed"];
    assert_eq!(
        (&distributed["remote"], &distributed["here"]),
        (&with.objects.into(), &0.into()),
        "{numbers}"
    );
    let remote = objects(&with.build_folder());
    let local = checkout(&sandbox, &tools, "local", &[]);
    local.configure();
    local.build();
    assert_eq!(objects(&local.build_folder()), remote, "the workers write the same objects");
    let doctor = {
        let mut command = with.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.args(["doctor", "--build"]).arg(with.build_folder()).run_to_any_end()
    };
    assert!(doctor.stdout.contains("1 of 1 write the same objects as"), "{doctor}");
    worker.server.stop();
    let built = with.rebuild();
    assert_eq!(built.text().matches("toolchainkit:").count(), 1, "{built}");
    assert!(built.text().contains("compiling here"), "{built}");
    assert_eq!(objects(&with.build_folder()), remote);
    // A fault in the source is reported once, and ends the build.
    fs::write(with.source.join("c_0.c"), "int c_0(void) { return fault; }\n").expect("a source");
    let failed = with.building().run_to_any_end();
    assert_ne!(failed.code(), Some(0), "{failed}");
    assert_eq!(failed.text().matches("undeclared (first use").count(), 1, "{failed}");
}

fn a_machine_without_the_launcher_needs_no_cache_either() {
    let Some((tools, sandbox)) = start() else { return };
    let call = "toolchainkit_enable_cache(TOOL none DISTRIBUTE distcc DISTRIBUTE_HOSTS 127.0.0.1/4)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call).with_fallback();
    let configured = checkout.configure();
    let shown = "no cache: switched off by TOOL none; not distributed: it needs toolchainkit-launch";
    assert!(configured.stderr.contains(shown), "{configured}");
    checkout.build();
    assert!(!checkout.build_folder().join("toolchainkit/launcher").exists());
    let ninja = fs::read_to_string(checkout.build_folder().join("build.ninja")).expect("build.ninja");
    assert!(!ninja.contains("toolchainkit/launcher"), "{ninja}");
}
