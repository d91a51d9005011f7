//! Each failure of a worker: the build succeeds, in about the time of a local one, with one warning.

use std::time::{Duration, Instant};

use super::{checkout, count, start};
use crate::list::tests;
use crate::support::checkout::Checkout;
use crate::support::servers::Distccd;
use crate::support::{Run as _, Sandbox, Tools};

tests![
    a_build_continues_without_its_workers in ["closed", "frozen", "frozen-at-once", "closed-at-once"],
    a_worker_loses_its_compilers in ["later", "at-once"],
    a_fault_in_the_source_is_reported_once,
];

/// Builds, and checks that this takes about the time of a local build, and prints this number of warnings.
pub(super) fn build(sandbox: &Sandbox, tools: &Tools, checkout: &Checkout<'_>, warnings: usize) {
    let local = super::checkout(sandbox, tools, "local", &[]);
    local.configure();
    let begun = Instant::now();
    local.build();
    let local = begun.elapsed();
    let begun = Instant::now();
    let built = checkout.build();
    let time = begun.elapsed();
    assert!(time < local.mul_f64(1.2) + Duration::from_secs(15), "{time:?}, and {local:?} on this machine");
    assert_eq!(built.text().matches("toolchainkit:").count(), warnings, "{built}");
    assert_eq!(super::objects(&checkout.build_folder()).len(), count(checkout));
}

/// Configures without a worker that can be used.
pub(super) fn configure(checkout: &Checkout<'_>, workers: usize) {
    let begun = Instant::now();
    let configured = checkout.configure();
    assert!(configured.stderr.contains("all compilations run here"), "{configured}");
    assert_eq!(configured.stderr.matches("a worker of distcc is not used").count(), workers, "{configured}");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}

fn a_build_continues_without_its_workers(failure: &str) {
    let Some((tools, sandbox)) = start() else { return };
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
    if failure.ends_with("at-once") {
        fail();
        configure(&checkout, 2);
        return build(&sandbox, &tools, &checkout, 0);
    }
    checkout.configure();
    fail();
    build(&sandbox, &tools, &checkout, 1);
}

fn a_worker_loses_its_compilers(when: &str) {
    let Some((tools, sandbox)) = start() else { return };
    let worker = Distccd::start();
    let checkout = checkout(&sandbox, &tools, "project", &[&worker]);
    if when == "at-once" {
        worker.remove_compilers();
        configure(&checkout, 1);
        return build(&sandbox, &tools, &checkout, 0);
    }
    let configured = checkout.configure();
    assert!(configured.stdout.contains("1 of 1 workers"), "{configured}");
    worker.remove_compilers();
    build(&sandbox, &tools, &checkout, 1);
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
