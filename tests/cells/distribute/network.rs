//! Workers of distcc on machines whose network fails: the build succeeds, in about the time of a local one.

use super::failures::{build, configure};
use super::{checkout_with, first_or_all, start_with};
use crate::list::tests;
use crate::support::servers::{DistantDistccd, Network};

tests![a_build_continues_on_a_broken_network in failures()];

/// The failures; without `--full`, the one in the middle of a build.
fn failures() -> Vec<&'static str> {
    first_or_all(&["packets-are-lost-later", "packets-are-lost-at-once", "no-such-machines"])
}

fn a_build_continues_on_a_broken_network(failure: &str) {
    let Some((tools, sandbox)) = start_with(Network::NEEDS) else { return };
    let mut network = Network::start();
    if failure == "no-such-machines" {
        let checkout = checkout_with(
            &sandbox,
            &tools,
            "project",
            &["10.77.0.98/4".to_owned(), "10.77.0.99/4".to_owned()],
        );
        configure(&checkout, 2);
        return build(&sandbox, &tools, &checkout, 0);
    }
    let workers = [DistantDistccd::start(&mut network), DistantDistccd::start(&mut network)];
    let checkout = checkout_with(&sandbox, &tools, "project", &workers.each_ref().map(DistantDistccd::entry));
    let fail = || workers.iter().for_each(DistantDistccd::lose_packets);
    if failure == "packets-are-lost-at-once" {
        fail();
        configure(&checkout, 2);
        return build(&sandbox, &tools, &checkout, 0);
    }
    let configured = checkout.configure();
    assert!(configured.stdout.contains("2 of 2 workers"), "{configured}");
    fail();
    build(&sandbox, &tools, &checkout, 1);
}
