//! The facts about trust in the writers of a remote, which `SECURITY.md` states.

use std::collections::BTreeSet;
use std::fs;

use crate::list::tests;
use crate::support::checkout::{CACHES, Checkout, tools_for};
use crate::support::servers::Redis;
use crate::support::{Run, Sandbox, Tool};

tests![a_writer_of_the_remote_decides_what_its_readers_link in CACHES];

/// No tool signs or checks its objects: whoever writes to the remote can exchange two of them, and readers link the wrong one.
fn a_writer_of_the_remote_decides_what_its_readers_link(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let sandbox = Sandbox::new("writers").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let redis = Redis::start();
    let port = redis.server.port();
    let call = format!(
        "toolchainkit_enable_cache(PROJECT writers DIRECT_MODE OFF REMOTE redis\n  \
         SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=redis://127.0.0.1:{port}\n  \
         CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://127.0.0.1:{port})"
    );
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call);
    let write = |answer: u32| {
        let main = format!("#include <stdio.h>\nint main(void) {{ return !printf(\"{answer}\\n\"); }}\n");
        fs::write(checkout.source.join("main.c"), main).expect("a source");
    };
    let lists =
        "cmake_minimum_required(VERSION 3.15...4.0)\nproject(writers C)\nadd_executable(writers main.c)\n";
    fs::write(checkout.source.join("CMakeLists.txt"), lists).expect("a project");
    let build = |answer: u32| {
        write(answer);
        if checkout.build_folder().exists() {
            checkout.wipe_local_cache();
        }
        checkout.configure();
        let before = checkout.stats();
        checkout.build();
        let after = checkout.stats();
        // sccache writes its objects before it stops.
        if matches!(cache, Tool::Sccache(_)) {
            checkout.ask(&["--stop-server"]);
        }
        let printed = checkout.command(checkout.build_folder().join("writers")).run().stdout;
        (printed.trim().to_owned(), after.hits - before.hits)
    };
    let keys = || {
        let listed = redis.cli().args(["KEYS", "*"]).run().stdout;
        let objects = listed.lines().filter(|key| !key.is_empty() && *key != ".sccache_check");
        objects.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    assert_eq!(build(1), ("1".to_owned(), 0));
    let first = keys();
    assert_eq!(build(2), ("2".to_owned(), 0));
    let second: Vec<String> = keys().difference(&first).cloned().collect();
    let first: Vec<String> = first.into_iter().collect();
    assert_eq!((first.len(), second.len()), (1, 1));
    redis.cli().args(["RENAME", &second[0], &first[0]]).run();
    assert_eq!(build(1), ("2".to_owned(), 1), "the object of the other source, without an error");
}
