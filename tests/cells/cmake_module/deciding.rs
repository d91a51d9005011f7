//! The choice of the tool, its settings, and the messages.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use super::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::{Sandbox, Tool, Tools};

tests![
    without_a_tool_the_build_has_no_cache,
    an_old_or_broken_tool_is_skipped,
    an_sccache_that_needs_a_port_needs_the_program,
    tools_are_found_by_name_on_the_path_and_in_the_store,
    a_setting_that_the_tool_does_not_support_is_left_out_or_disables_the_remote,
    the_environment_overrides_single_settings_with_a_notice in [(CACHES[0], "SCCACHE_DIR", "SCCACHE_CACHE_SIZE"), (CACHES[1], "CCACHE_DIR", "CCACHE_MAXSIZE")],
    configuring_again_keeps_the_daemon_and_recompiles_nothing in CACHES,
    a_changed_size_or_program_gets_a_new_daemon,
];

fn without_a_tool_the_build_has_no_cache() {
    let Some(tools) = tools_for(&[]) else { return };
    let sandbox = Sandbox::new("missing").on_path(&tools.ninja());
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(TOOL sccache)");
    let configured = checkout.rebuild_from_scratch();
    assert!(
        configured.stderr.contains("toolchainkit: no cache: sccache was not found on PATH or in "),
        "{configured}"
    );
    assert_eq!(
        (checkout.status_field("mode"), checkout.status_field("launcher")),
        ("none".into(), String::new())
    );
}

fn an_old_or_broken_tool_is_skipped() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("old")
        .on_path(&tools.ninja())
        .on_path(&tools.path(CACHES[0]))
        .on_path(&tools.path(CACHES[1]));
    let call = "toolchainkit_enable_cache(TOOL sccache ccache MIN_VERSION 1.0)";
    let checkout = Checkout::sample(&sandbox, &tools, "newer", call);
    checkout.configure();
    assert_eq!(checkout.status_field("tool"), "ccache");

    let call = "toolchainkit_enable_cache(TOOL sccache MIN_VERSION 1.0)";
    let checkout = Checkout::sample(&sandbox, &tools, "none", call);
    let configured = checkout.configure();
    assert!(
        configured.stderr.contains(&format!("is sccache {}, but 1.0 or newer is required", Tools::SCCACHE)),
        "{configured}"
    );
    assert_eq!(checkout.status_field("mode"), "none");

    let checkout = Checkout::sample(&sandbox, &tools, "broken", "toolchainkit_enable_cache()")
        .env("TOOLCHAINKIT_CACHE_TOOL", "/bin/false");
    let configured = checkout.configure();
    assert!(configured.stderr.contains("/bin/false does not run"), "{configured}");
}

fn an_sccache_that_needs_a_port_needs_the_program() {
    let Some(tools) = tools_for(&[Tool::DebianSccache, CACHES[1]]) else { return };
    let sandbox = Sandbox::new("port").on_path(&tools.ninja()).on_path(&tools.path(Tool::DebianSccache));
    let call = "toolchainkit_enable_cache(TOOL sccache)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    checkout.configure();
    assert_eq!(
        (checkout.status_field("tool_version"), checkout.status_field("mode")),
        ("0.4.0".into(), "local".into())
    );
    assert!(checkout.status_field("socket").starts_with("127.0.0.1:"), "{}", checkout.status_field("socket"));
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));

    let with_script = Checkout::sample(&sandbox, &tools, "script", call).with_fallback();
    let configured = with_script.configure();
    let word = "is sccache 0.4.0, but without toolchainkit-launch (run `toolchainkit install`) 0.9 or newer is required";
    assert!(configured.stderr.contains(word), "{configured}");
    assert_eq!(with_script.status_field("mode"), "none");

    // Another tool is used if there is one.
    let sandbox = Sandbox::new("other")
        .on_path(&tools.ninja())
        .on_path(&tools.path(Tool::DebianSccache))
        .on_path(&tools.path(CACHES[1]));
    let other = Checkout::sample(&sandbox, &tools, "other", "toolchainkit_enable_cache()").with_fallback();
    other.configure();
    assert_eq!(other.status_field("tool"), "ccache");
}

fn tools_are_found_by_name_on_the_path_and_in_the_store() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("finding").on_path(&tools.ninja());
    let newest = format!("ccache-{}", Tools::CCACHE);
    // The newest one in the store; a folder without a version is ignored.
    for folder in ["ccache-4.9", &newest, "ccache-old"] {
        let folder = sandbox.cache_home().join("toolchainkit/tools").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        symlink(tools.path(CACHES[1]), folder.join("ccache")).expect("a link");
    }
    // The system may have its own ccache on PATH.
    let call = format!("toolchainkit_enable_cache(TOOL ccache MIN_VERSION {})", Tools::CCACHE);
    let checkout = Checkout::sample(&sandbox, &tools, "store", &call);
    checkout.configure();
    assert!(
        checkout.status_field("program").ends_with(&format!("/tools/{newest}/ccache")),
        "{}",
        checkout.summary()
    );

    // A given path has priority, and does not stay in the CMake cache.
    let sccache = tools.path(CACHES[0]);
    let call = "toolchainkit_enable_cache()";
    let by_hand = Checkout::sample(&sandbox, &tools, "store", call)
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", sccache.display()));
    by_hand.configure();
    assert_eq!(Path::new(&by_hand.status_field("program")), sccache);
    let cache = fs::read_to_string(by_hand.build_folder().join("CMakeCache.txt")).expect("the CMake cache");
    assert!(!cache.contains("_toolchainkit"), "{cache}");
}

fn a_setting_that_the_tool_does_not_support_is_left_out_or_disables_the_remote() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("since").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    // No WebDAV server is needed: with the disk as storage, only the settings matter.
    let settings = "SCCACHE_SETTINGS SCCACHE_LOCAL_RW_MODE=READ_WRITE SCCACHE_CACHE_ZSTD_LEVEL=4";
    let call = format!(
        "toolchainkit_enable_cache(REMOTE disk {settings} SCCACHE_SINCE SCCACHE_CACHE_ZSTD_LEVEL=99.1 SCCACHE_LOCAL_RW_MODE=0.7.7)"
    );
    let since = Checkout::sample(&sandbox, &tools, "since", &call);
    let configured = since.configure();
    assert!(
        configured.stdout.contains("left out: SCCACHE_CACHE_ZSTD_LEVEL (needs sccache 99.1)"),
        "{configured}"
    );
    assert_eq!(since.status_field("mode"), "remote");
    let launcher =
        fs::read_to_string(since.build_folder().join("toolchainkit/launcher.json")).expect("the settings");
    assert!(
        launcher.contains("\"SCCACHE_LOCAL_RW_MODE\": \"READ_WRITE\"")
            && !launcher.contains("\"SCCACHE_CACHE_ZSTD_LEVEL\": ")
    );

    let call = format!(
        "toolchainkit_enable_cache(REMOTE disk {settings} SCCACHE_REQUIRES SCCACHE_LOCAL_RW_MODE=99.1)"
    );
    let requires = Checkout::sample(&sandbox, &tools, "requires", &call);
    let configured = requires.configure();
    assert!(
        configured.stderr.contains("remote disk needs sccache 99.1 or newer for SCCACHE_LOCAL_RW_MODE"),
        "{configured}"
    );
    assert_eq!(requires.status_field("mode"), "local");
    assert_eq!(requires.counted(|| drop(requires.build())), (0, requires.objects));
}

fn the_environment_overrides_single_settings_with_a_notice(
    (cache, folder, size): (Tool, &'static str, &'static str),
) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("override").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let mine = sandbox.dir("mine");
    let mine = mine.to_str().expect("a plain path");
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .env(folder, mine)
        .env(size, "3G");
    let configured = checkout.configure();
    assert!(
        configured.stdout.contains(&format!("; {folder}={mine} from the environment; {size}=3G from")),
        "{configured}"
    );
    assert_eq!(checkout.status_field("dir"), mine);
    // The decision is made now: a build in any shell uses it.
    let checkout = checkout.without_env();
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    assert!(fs::read_dir(mine).expect("the folder").next().is_some());
}

fn configuring_again_keeps_the_daemon_and_recompiles_nothing(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("again").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    checkout.rebuild_from_scratch();
    let daemon = || (cache == CACHES[0]).then(|| checkout.daemon());
    let before = daemon();
    let again = checkout.configure();
    assert!(again.elapsed < Duration::from_secs(2), "{again}");
    assert_eq!(daemon(), before);
    let built = checkout.build();
    assert!(built.stdout.contains("no work to do"), "{built}");
}

fn a_changed_size_or_program_gets_a_new_daemon() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("changed").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    checkout.configure();
    let first = checkout.daemon();
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(SIZE_GB 3)");
    checkout.configure();
    assert_ne!(checkout.daemon(), first);
    let stats = checkout.ask(&["--show-stats", "--stats-format", "json"]).stdout;
    assert!(stats.contains(&format!("\"max_cache_size\":{}", 3_u64 << 30)), "{stats}");
    let ended = || !sandbox.processes().contains(&first);
    assert!(eventually(Duration::from_secs(10), ended), "the daemon with the old size has ended");

    let other = sandbox.dir("other").join("sccache");
    symlink(tools.path(CACHES[0]), &other).expect("a link");
    let second = checkout.daemon();
    let checkout = checkout.env("TOOLCHAINKIT_CACHE_TOOL", other.to_str().expect("a plain path"));
    checkout.configure();
    assert_ne!(checkout.daemon(), second);
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
}
