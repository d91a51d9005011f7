//! A worker with another compiler: the probe finds it, and nobody without distribution gets its objects.

use super::{checkout, count, objects, start};
use crate::list::tests;
use crate::support::servers::Distccd;

tests![another_compiler_on_a_worker_is_found, a_worker_that_changes_after_the_probe_reaches_nobody_else,];

fn another_compiler_on_a_worker_is_found() {
    let Some((tools, sandbox)) = start() else { return };
    let (good, other) = (Distccd::start(), Distccd::start());
    other.change_compiler();
    let checkout = checkout(&sandbox, &tools, "project", &[&good, &other]);
    let configured = checkout.configure();
    let shown = format!("a worker of distcc is not used: {}: its CXX compiler", other.server.address());
    assert!(configured.stderr.contains(&shown), "{configured}");
    assert!(configured.stdout.contains("1 of 2 workers, 4 slots"), "{configured}");
    let (of_good, of_other) = (good.compilations(), other.compilations());
    checkout.build();
    let cxx = 3;
    // The C compiler of the other worker is the same.
    let remote = good.compilations() - of_good + other.compilations() - of_other;
    assert_eq!(remote, count(&checkout));
    assert!(good.compilations() - of_good >= cxx, "{}", other.server.log());
    let log = other.server.log();
    assert_eq!(log.matches(".cpp").count(), log.matches("probe.cpp").count(), "{log}");
}

fn a_worker_that_changes_after_the_probe_reaches_nobody_else() {
    let Some((tools, sandbox)) = start() else { return };
    let worker = Distccd::start();
    let with = checkout(&sandbox, &tools, "with", &[&worker]);
    let configured = with.configure();
    assert!(configured.stdout.contains("1 of 1 workers"), "{configured}");
    worker.change_compiler();
    with.build();
    let wrong = objects(&with.build_folder());
    let without = checkout(&sandbox, &tools, "without", &[]);
    without.configure();
    without.build();
    let right = objects(&without.build_folder());
    assert_ne!(wrong, right, "clang writes other objects");
    // Both use the same cache: the same project name, in another folder.
    let again = checkout(&sandbox, &tools, "again", &[]);
    again.configure();
    assert_eq!(again.counted(|| drop(again.build())), (again.objects, 0));
    assert_eq!(objects(&again.build_folder()), right);
    let namespaced = checkout(&sandbox, &tools, "namespaced", &[&worker]);
    let configured = namespaced.configure();
    assert!(configured.stderr.contains("its CXX compiler writes other objects"), "{configured}");
}
