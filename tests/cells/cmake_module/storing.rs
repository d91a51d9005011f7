//! The places of objects: the local cache, the remote and the daemon, and what happens if one of them is missing.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{CACHES, Checkout, tools_for};
use crate::list::{Sccache, tests};
use crate::support::servers::{Redis, free_port};
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    a_second_checkout_hits_for_every_object_of_the_first in CACHES,
    an_unreachable_remote_is_replaced_by_the_local_cache_quickly in CACHES,
    a_hanging_remote_is_replaced_after_a_timeout,
    the_first_server_that_answers_is_used,
    the_message_of_the_tool_about_a_failing_remote_is_printed,
    a_stopped_or_killed_daemon_is_started_once_with_the_same_storage in [Tools::SCCACHE, Tools::NEWEST_SCCACHE].map(Sccache),
    a_plain_build_from_any_shell_uses_the_configured_cache,
    the_folder_of_the_daemon_is_private,
    a_long_path_of_the_home_folder_moves_the_socket,
    a_cache_folder_that_cannot_be_written_gives_a_notice in CACHES,
];

/// A call for a Redis server without a password.
fn remote(port: u16) -> String {
    format!(
        "toolchainkit_enable_cache(PROJECT shared REMOTE \"redis {{SERVER}}\" SERVERS 127.0.0.1:{port}\n  \
         SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} SCCACHE_REDIS_KEY_PREFIX=team\n  \
         CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=redis://{{SERVER}})"
    )
}

const LOCAL: &str = "toolchainkit_enable_cache(PROJECT shared)";

fn a_second_checkout_hits_for_every_object_of_the_first(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start();
    for (call, is_remote) in [(LOCAL.to_owned(), false), (remote(redis.server.port()), true)] {
        for build_type in ["Release", "Debug"] {
            let option = format!("-DCMAKE_BUILD_TYPE={build_type}");
            let sandbox = Sandbox::new("second").on_path(&tools.ninja()).on_path(&tools.path(cache));
            let first = Checkout::sample(&sandbox, &tools, "first", &call).option(&option);
            first.rebuild_from_scratch();
            if is_remote {
                first.wipe_local_cache();
            }
            let second = Checkout::sample(&sandbox, &tools, "elsewhere/second", &call).option(&option);
            second.configure();
            let counts = second.counted(|| drop(second.build()));
            assert_eq!(counts, (second.objects, 0), "{cache}, remote {is_remote}, {build_type}");
            // The first checkout still hits.
            first.configure();
            assert_eq!(first.counted(|| drop(first.rebuild())), (first.objects, 0));
        }
    }
}

fn an_unreachable_remote_is_replaced_by_the_local_cache_quickly(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let port = free_port();
    let sandbox = Sandbox::new("dead").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &remote(port));
    let configured = checkout.configure();
    assert!(configured.elapsed < Duration::from_secs(5), "{configured}");
    let words =
        format!("; remote redis 127.0.0.1:{port} does not answer (no server listens at 127.0.0.1:{port})");
    assert!(configured.stderr.contains(&words), "{configured}");
    assert_eq!(checkout.status_field("mode"), "local");
    // The environment of the presets still contains the unreachable remote. It must not enable it.
    let endpoint = format!("tcp://127.0.0.1:{port}");
    let checkout = checkout
        .env("SCCACHE_REDIS_ENDPOINT", &endpoint)
        .env("SCCACHE_REDIS_KEY_PREFIX", "team")
        .env("CCACHE_REMOTE_STORAGE", &format!("redis://127.0.0.1:{port}"));
    if cache == CACHES[0] {
        checkout.ask(&["--stop-server"]);
    }
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
    assert_eq!(checkout.stats().errors, 0);
}

fn a_hanging_remote_is_replaced_after_a_timeout() {
    let Some(tools) = tools_for(&[&[CACHES[0]], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start();
    redis.server.pause();
    let sandbox = Sandbox::new("hung").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &remote(redis.server.port()));
    let uncached = Checkout::sample(&sandbox, &tools, "uncached", "set(TOOLCHAINKIT_CACHE OFF)").configure();
    let configured = checkout.configure();
    assert!(configured.elapsed < uncached.elapsed + Duration::from_secs(4), "{uncached}\n{configured}");
    assert!(configured.stderr.contains("no answer from 127.0.0.1:"), "{configured}");
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    redis.server.resume();
    // When it works again, the next configuration uses it, and recompiles nothing.
    checkout.configure();
    assert_eq!(checkout.status_field("mode"), "remote");
    assert!(checkout.build().stdout.contains("no work to do"));
}

fn the_first_server_that_answers_is_used() {
    let Some(tools) = tools_for(&[&[CACHES[0]], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start();
    let (dead, alive) = (free_port(), redis.server.port());
    let sandbox = Sandbox::new("servers").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let call = remote(alive).replace("SERVERS ", &format!("SERVERS 127.0.0.1:{dead} "));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call);
    let configured = checkout.rebuild_from_scratch();
    assert!(configured.stdout.contains(&format!("remote redis 127.0.0.1:{alive}")), "{configured}");
    assert!(redis.keys() >= checkout.objects);
}

fn the_message_of_the_tool_about_a_failing_remote_is_printed() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("refused").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    // Without SERVERS, only the start of the daemon shows it.
    let call = "toolchainkit_enable_cache(REMOTE webdav SCCACHE_SETTINGS SCCACHE_WEBDAV_ENDPOINT=http://127.0.0.1:1/)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    let configured = checkout.configure();
    assert!(
        configured.stderr.contains("remote webdav does not answer (cache storage failed to read"),
        "{configured}"
    );
    assert!(configured.stderr.contains("Connection refused"), "{configured}");
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
}

fn a_stopped_or_killed_daemon_is_started_once_with_the_same_storage(Sccache(version): Sccache) {
    let sccache = Tool::Sccache(version);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("daemon").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
    checkout.rebuild_from_scratch();
    for kill in [false, true] {
        let old = checkout.daemon();
        if kill {
            checkout.command("/bin/kill").args(["-s", "KILL", &old.to_string()]).run();
        } else {
            checkout.ask(&["--stop-server"]);
        }
        checkout.building().args(["--clean-first", "--", "-j8"]).run();
        assert_eq!(checkout.stats().hits, checkout.objects, "{version}: all by one daemon");
        let is_daemon = |pid: &u32| {
            fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
                line == [tools.path(sccache).as_os_str().as_encoded_bytes(), b"\0"].concat()
            })
        };
        let daemons = sandbox.processes().iter().filter(|pid| is_daemon(pid)).count();
        assert_eq!(daemons, 1, "{version}");
        assert_ne!(checkout.daemon(), old);
    }
}

fn a_plain_build_from_any_shell_uses_the_configured_cache() {
    let Some(tools) = tools_for(&[&[CACHES[0]], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start();
    let sandbox = Sandbox::new("plain").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &remote(redis.server.port()));
    checkout.configure();
    checkout.ask(&["--stop-server"]);
    // The environment contains settings of another project, and the user has a configuration file.
    let config = sandbox.config_home().join("sccache");
    fs::create_dir_all(&config).expect("a folder");
    fs::write(config.join("config"), "[cache.disk]\ndir = \"/nonexistent\"\n").expect("a configuration file");
    let mut ninja = checkout.command("ninja");
    ninja.arg("-C").arg(checkout.build_folder());
    ninja.env("SCCACHE_BUCKET", "other").env("SCCACHE_DIR", "/nonexistent").env("SCCACHE_BASEDIRS", "/other");
    ninja.run();
    assert!(redis.keys() >= checkout.objects, "{} keys", redis.keys());
}

fn the_folder_of_the_daemon_is_private() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("private").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL);
    checkout.configure();
    let run = PathBuf::from(checkout.status_field("socket")).parent().expect("a folder").to_path_buf();
    let metadata = fs::metadata(&run).expect("the folder");
    assert_eq!(metadata.permissions().mode() & 0o777, 0o700);
    checkout.ask(&["--stop-server"]);

    // A link may lead to a folder of another user, and only root can change an owner. The daemon uses another folder.
    let root = sandbox.cache_home().join("toolchainkit/run");
    let elsewhere = |checkout: &Checkout<'_>| {
        checkout.configure();
        assert_eq!(checkout.status_field("mode"), "local");
        let socket = PathBuf::from(checkout.status_field("socket"));
        assert!(!socket.starts_with(&root), "{}", socket.display());
        checkout.rebuild();
        checkout.ask(&["--stop-server"]);
    };
    for checkout in [checkout, Checkout::sample(&sandbox, &tools, "project", LOCAL).with_fallback()] {
        fs::remove_dir_all(&root).expect("the folder can be removed");
        symlink(sandbox.dir("trap"), &root).expect("a link");
        elsewhere(&checkout);
        fs::remove_file(&root).expect("the link can be removed");
        fs::create_dir(&root).expect("a folder");
        if metadata.uid() == 0 {
            std::os::unix::fs::chown(&root, Some(65534), None).expect("root may");
            elsewhere(&checkout);
        }
    }
}

fn a_long_path_of_the_home_folder_moves_the_socket() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("deep").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let deep = sandbox.dir(&format!("{0}/{0}", "d".repeat(40)));
    let checkout = Checkout::sample(&sandbox, &tools, "project", LOCAL)
        .env("XDG_CACHE_HOME", deep.to_str().expect("a plain path"));
    checkout.configure();
    let socket = checkout.status_field("socket");
    let runtime_dir = sandbox.runtime_dir();
    assert!(Path::new(&socket).starts_with(runtime_dir) && socket.len() < 100, "{socket}");
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    checkout.ask(&["--stop-server"]);
    fs::remove_dir_all(Path::new(&socket).parent().expect("a folder")).expect("the folder can be removed");
}

fn a_cache_folder_that_cannot_be_written_gives_a_notice(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("readonly").on_path(&tools.ninja()).on_path(&tools.path(cache));
    // Not even root can create a folder below a file.
    let checkout =
        Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(DIR main.c/cache)");
    let configured = checkout.rebuild_from_scratch();
    assert!(configured.stderr.contains("cannot write to "), "{configured}");
    assert_eq!(checkout.status_field("mode"), "none");
}
