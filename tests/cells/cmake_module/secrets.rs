//! Secrets: correct expansion, clear messages if they are missing, and no copies in files.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::servers::Redis;
use crate::support::{Finished, Run, Sandbox, Tool, Tools, search};

tests![
    a_secret_is_used_but_never_written_or_printed in CACHES,
    a_missing_secret_is_named_at_configure_time in CACHES,
    a_build_without_the_secret_uses_a_running_daemon_or_the_local_cache,
    every_byte_of_a_secret_is_percent_encoded_correctly,
];

/// Characters that are special in sh, `CMake`, ninja, URLs or ccache.
const SECRET: &str = "pw:7f3a d@/é%\"$x'`;&<>#?\\[{}*~";

/// A call for a Redis server with a password in the variable `CACHE_PASSWORD`.
fn call(redis: &Redis) -> String {
    format!(
        "toolchainkit_enable_cache(REMOTE \"redis {{SERVER}}\" SERVERS 127.0.0.1:{}\n  \
         SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{{SERVER}} SCCACHE_SECRETS SCCACHE_REDIS_PASSWORD={{CACHE_PASSWORD}}\n  \
         CCACHE_SECRETS CCACHE_REMOTE_STORAGE=redis://default:%{{CACHE_PASSWORD}}@{{SERVER}})",
        redis.server.port()
    )
}

/// The files below `folder` that contain `needle`.
fn containing(folder: &Path, needle: &str) -> Vec<PathBuf> {
    let mut found = search::files(folder);
    found.retain(|path| search::contains(&fs::read(path).expect("a file"), needle));
    found
}

fn a_secret_is_used_but_never_written_or_printed(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start_with_password(SECRET);
    let sandbox = Sandbox::new("secret").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call(&redis)).env("CACHE_PASSWORD", SECRET);
    let mut outputs: Vec<Finished> = vec![checkout.configure()];
    assert_eq!(checkout.status_field("mode"), "remote", "{}", outputs[0]);
    outputs.push(checkout.building().arg("--").arg("-v").run());
    assert!(redis.keys() >= checkout.objects, "{} keys", redis.keys());
    checkout.wipe_local_cache();
    assert_eq!(checkout.counted(|| outputs.push(checkout.rebuild())), (checkout.objects, 0), "{cache}");

    // A part without special characters, so quoting does not change it.
    for folder in [checkout.source.as_path(), &sandbox.cache_home(), &sandbox.home()] {
        assert_eq!(containing(folder, "7f3a"), Vec::<PathBuf>::new());
    }
    for finished in outputs {
        assert!(!finished.text().contains("7f3a"), "{finished}");
    }
}

fn a_missing_secret_is_named_at_configure_time(cache: Tool) {
    let Some(tools) = tools_for(&[&[cache], Redis::NEEDS].concat()) else { return };
    let redis = Redis::start_with_password(SECRET);
    let sandbox = Sandbox::new("missing").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call(&redis));
    let configured = checkout.configure();
    assert!(
        configured.stderr.contains("cannot be used (CACHE_PASSWORD is not set)"),
        "{cache}: {configured}"
    );
    assert_eq!(checkout.status_field("mode"), "local");
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, checkout.objects));
    assert_eq!(redis.keys(), 0);
}

fn a_build_without_the_secret_uses_a_running_daemon_or_the_local_cache() {
    let Some(tools) = tools_for(&[&CACHES, Redis::NEEDS].concat()) else { return };
    let redis = Redis::start_with_password(SECRET);
    let sandbox = Sandbox::new("later").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call(&redis)).env("CACHE_PASSWORD", SECRET);
    checkout.configure();
    let checkout = checkout.without_env();
    let built = checkout.build();
    assert!(!built.text().contains("toolchainkit:"), "{built}");
    assert!(redis.keys() >= checkout.objects);

    checkout.ask(&["--stop-server"]);
    let built = checkout.rebuild();
    assert_eq!(
        built.text().matches("CACHE_PASSWORD is not set: using the local cache").count(),
        1,
        "{built}"
    );
    let refused = checkout.launcher().arg("--start-server").run_expecting(3);
    assert!(refused.stderr.contains("CACHE_PASSWORD is not set"), "{refused}");
    // The local cache works.
    let ninja_again = checkout.rebuild();
    assert!(!ninja_again.text().contains("toolchainkit:"), "a second notice within a minute\n{ninja_again}");

    let sandbox = Sandbox::new("later").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", &call(&redis)).env("CACHE_PASSWORD", SECRET);
    checkout.configure();
    let checkout = checkout.without_env();
    let built = checkout.build();
    assert_eq!(built.text().matches("CACHE_PASSWORD is not set").count(), 1, "{built}");
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
}

fn every_byte_of_a_secret_is_percent_encoded_correctly() {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("encoding").on_path(&tools.ninja());
    // Replaces ccache, and prints its environment.
    let folder = sandbox.dir("scripts");
    let program = folder.join("ccache");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" != show ] || {{ printf %s \"$CCACHE_REMOTE_STORAGE\"; exit; }}\nexec {} \"$@\"\n",
        tools.ccache(Tools::CCACHE).display()
    );
    fs::write(&program, text).expect("a program");
    sandbox.command("chmod").arg("755").arg(&program).run();
    let call = "toolchainkit_enable_cache(REMOTE r CCACHE_SECRETS \"CCACHE_REMOTE_STORAGE=http://%{USER_NAME}:%{PASS_WORD}@h/{PLAIN_PART}'s\")";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call)
        .with_fallback()
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"))
        .env("USER_NAME", "plain-Name_0.9~")
        .env("PLAIN_PART", "a b'c\"d");
    let checkout = checkout.env("PASS_WORD", "x");
    checkout.configure();
    let bytes: Vec<u8> = (1..=255).collect();
    // The script encodes each byte, which means the same.
    let encode = |bytes: &[u8]| bytes.iter().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
    let launcher = checkout.build_folder().join("toolchainkit/launcher");
    for shell in ["sh", "bash"] {
        for locale in ["C", "C.UTF-8"] {
            let finished = checkout
                .command(shell)
                .arg(&launcher)
                .arg("show")
                .env("PASS_WORD", OsString::from_vec(bytes.clone()))
                .env("LC_ALL", locale)
                .run();
            assert_eq!(
                finished.stdout,
                format!("http://{}:{}@h/a b'c\"d's", encode(b"plain-Name_0.9~"), encode(&bytes)),
                "{shell} {locale}"
            );
        }
    }
}
