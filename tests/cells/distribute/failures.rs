//! Each failure of a worker: the build succeeds, in about the time of a local one, with one warning.

use std::time::{Duration, Instant};

use super::{checkout, count, start};
use crate::list::tests;
use crate::support::Run as _;
use crate::support::servers::Distccd;

tests![
    a_build_continues_without_its_workers in ["closed", "frozen", "frozen-at-once", "closed-at-once"],
    a_fault_in_the_source_is_reported_once,
];

fn a_build_continues_without_its_workers(failure: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let local = checkout(&sandbox, &tools, "local", &[]);
    local.configure();
    let begun = Instant::now();
    local.build();
    let local = begun.elapsed();
    let mut workers = [Distccd::start(), Distccd::start()];
    let checkout = checkout(&sandbox, &tools, "project", &workers.each_ref());
    let mut fail = || {
        for worker in &mut workers {
            if failure.starts_with("frozen") {
                worker.server.pause();
            } else {
                worker.server.stop();
            }
        }
    };
    let begun = if failure.ends_with("at-once") {
        fail();
        let begun = Instant::now();
        let configured = checkout.configure();
        assert!(configured.stderr.contains("all compilations run here"), "{configured}");
        assert_eq!(configured.stderr.matches("a worker of distcc is not used").count(), 2, "{configured}");
        assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
        Instant::now()
    } else {
        checkout.configure();
        fail();
        Instant::now()
    };
    let built = checkout.build();
    let time = begun.elapsed();
    assert!(time < local.mul_f64(1.2) + Duration::from_secs(15), "{time:?}, and {local:?} on this machine");
    let warnings = usize::from(!failure.ends_with("at-once"));
    assert_eq!(
        built.stderr.matches("toolchainkit:").count() + built.stdout.matches("toolchainkit:").count(),
        warnings,
        "{built}"
    );
    assert_eq!(super::objects(&checkout.build_folder()).len(), count(&checkout));
}

fn a_fault_in_the_source_is_reported_once() {
    let Some((tools, sandbox)) = start() else { return };
    let worker = Distccd::start();
    let checkout = checkout(&sandbox, &tools, "project", &[&worker]);
    checkout.configure();
    std::fs::write(checkout.source.join("c_0.c"), "int c_0(void) { return fault; }\n").expect("a source");
    let built = checkout.building().run_to_any_end();
    assert_ne!(built.code(), Some(0), "{built}");
    let text = format!("{}{}", built.stdout, built.stderr);
    assert_eq!(
        text.matches("error: 'fault' undeclared").count() + text.matches("error: ‘fault’ undeclared").count(),
        1,
        "{built}"
    );
    assert!(!text.contains("toolchainkit:"), "{built}");
}
