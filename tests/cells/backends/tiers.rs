//! The local cache in front of a remote, and several remotes as tiers.

use std::fs;

use serde_json::Value;

use super::{CCACHE_OF_SYSTEM, prove_hits_without_local_files, prove_round_trip, sccache};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::Tools;
use crate::support::removing::remove_folder;
use crate::support::servers::{Redis, WebDav};
use crate::support::{Run, versions};

tests![
    an_object_from_the_remote_is_also_stored_on_disk in [versions::sccache("0.15"), Tools::SCCACHE, Tools::NEWEST_SCCACHE].map(sccache),
    remote_only_stores_no_local_copy in [SCCACHE, CCACHE],
    objects_from_a_slow_remote_are_stored_in_the_fast_one in [sccache(versions::sccache("0.15")), SCCACHE, CCACHE],
    tools_without_tiers_use_the_local_cache_with_a_notice in [(sccache(versions::sccache("0.14")), "sccache 0.15"), (CCACHE_OF_SYSTEM, "ccache 4.13")],
    the_write_error_policy_determines_whether_a_dead_tier_is_an_error,
];

/// The levels of sccache, as (hits, writes).
fn levels(build: &Build) -> Vec<(u64, u64)> {
    let launcher = build.folder().join("toolchainkit/launcher");
    let stats = build.bare(launcher).args(["--show-stats", "--stats-format", "json"]).run();
    let stats: Value = serde_json::from_str(&stats.stdout).expect("JSON");
    let count = |level: &Value, name: &str| level[name].as_u64().expect("a count");
    let levels = stats["stats"]["multi_level"].as_array().cloned().unwrap_or_default();
    levels.iter().map(|level| (count(level, "hits"), count(level, "writes"))).collect()
}

fn rebuild(build: &Build) {
    remove_folder(&build.folder());
    build.configure();
    build.build();
}

fn an_object_from_the_remote_is_also_stored_on_disk(setup: Setup) {
    let Some(tools) = setup.tools(Redis::NEEDS) else { return };
    let server = Redis::start();
    let remote = format!("{{ type: redis, endpoint: \"redis://{}\" }}", server.server.address());
    let build = Build::new("levels", setup, &tools, &remote, Vec::new());
    let objects = build.project.objects();
    prove_round_trip(&build);
    assert_eq!(levels(&build), [(0, 0), (objects, 0)]);
    build.stop_daemon();
    rebuild(&build);
    assert_eq!(levels(&build), [(objects, 0), (0, 0)], "from the disk");
}

fn remote_only_stores_no_local_copy(setup: Setup) {
    let Some(tools) = setup.tools(Redis::NEEDS) else { return };
    let server = Redis::start();
    let remote =
        format!("{{ type: redis, endpoint: \"redis://{}\" }}\n  remote_only: true", server.server.address());
    let build = Build::new("remote-only", setup, &tools, &remote, Vec::new());
    prove_round_trip(&build);
    let local = build.sandbox.cache_home().join("toolchainkit/cache");
    assert_eq!(largest_below(&local), 0, "an object is on the disk");
}

/// The size of the largest object file of ccache.
fn largest_below(folder: &std::path::Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| {
        let name = entry.file_name();
        match entry.file_type().expect("a type").is_dir() {
            true => largest_below(&entry.path()),
            false if name == "stats" || name == "CACHEDIR.TAG" => 0,
            false => entry.metadata().expect("metadata").len(),
        }
    };
    entries.map(|entry| size(entry.expect("an entry"))).max().unwrap_or(0)
}

fn two_remotes(fast: &Redis, slow: &WebDav, more: &str) -> String {
    format!(
        "[{{ type: redis, endpoint: \"redis://{}\" }}, {{ type: http, endpoint: \"{}\" }}]{more}",
        fast.server.address(),
        slow.url()
    )
}

fn objects_from_a_slow_remote_are_stored_in_the_fast_one(setup: Setup) {
    let Some(tools) = setup.tools(&[Redis::NEEDS, WebDav::NEEDS].concat()) else { return };
    let (fast, slow) = (Redis::start(), WebDav::start(&tools));
    let build = Build::new("two", setup, &tools, &two_remotes(&fast, &slow, ""), Vec::new());
    let finished = prove_round_trip(&build);
    assert!(
        !finished.text().contains("environment"),
        "values of the presets were treated as settings of the user: {finished}"
    );
    assert!(fast.keys() >= build.project.objects());
    assert!(slow.objects() as u64 >= build.project.objects());
    // Remove all objects from the fast remote. The slow one still has them.
    fast.cli().arg("FLUSHALL").run();
    prove_hits_without_local_files(&build);
    if setup.is_sccache() {
        assert_eq!(levels(&build)[2].0, build.project.objects(), "hits from the slow remote");
    }
}

fn tools_without_tiers_use_the_local_cache_with_a_notice((setup, needed): (Setup, &'static str)) {
    let Some(tools) = setup.tools(&[Redis::NEEDS, WebDav::NEEDS].concat()) else { return };
    let (fast, slow) = (Redis::start(), WebDav::start(&tools));
    let build = Build::new("two-old", setup, &tools, &two_remotes(&fast, &slow, ""), Vec::new());
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains(&format!("needs {needed}")), "{configured}");
    build.build();
    build.assert_program_runs();
    assert_eq!(fast.keys(), 0);
}

fn the_write_error_policy_determines_whether_a_dead_tier_is_an_error() {
    let setup = sccache(Tools::NEWEST_SCCACHE);
    let Some(tools) = setup.tools(&[Redis::NEEDS, WebDav::NEEDS].concat()) else { return };
    for (policy, answer) in [("all", "local cache"), ("ignore", ", remote ")] {
        let (fast, mut slow) = (Redis::start(), WebDav::start(&tools));
        let more = format!("\n  write_error_policy: {policy}");
        let build = Build::new("policy", setup, &tools, &two_remotes(&fast, &slow, &more), Vec::new());
        slow.server.stop();
        build.toolchainkit(&["generate"]);
        let configured = build.configure();
        assert!(configured.text().contains(answer), "{policy}: {configured}");
        build.build();
        build.assert_program_runs();
        assert_eq!(fast.keys() >= build.project.objects(), policy == "ignore", "{policy}");
    }
}
