//! The main task: from a configuration to a cached build, with real servers and the tools' own statistics.
//!
//! Each case generates, configures and builds. It deletes the build folder *and the local cache*, and builds again: every object
//! must come from the storage. Then it stops the daemon, and rebuilds with plain `ninja` or `make` in a shell without the
//! variables.

pub(crate) mod build;

use std::fs;

use self::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::Tools;
use crate::support::removing::remove_folder;
use crate::support::servers::{Gcs, Memcached, Redis, S3, WebDav};
use crate::support::{Run, versions};

tests![
    local_disk in local_disks(),
    s3_with_sccache in SCCACHE.cmake(versions::cmake("3.31")).each(),
    redis_with_sccache in SCCACHE.cmake(versions::cmake("3.21")).each(),
    redis_with_a_password_with_sccache in SCCACHE.make().clang().each(),
    redis_with_ccache in CCACHE.cmake(versions::cmake("3.31")).each(),
    redis_with_a_password_with_ccache in CCACHE.cmake(versions::cmake("3.15")).each(),
    memcached_with_sccache in SCCACHE.make().each(),
    memcached_uses_the_first_server_that_answers in SCCACHE.each(),
    webdav_with_sccache in SCCACHE.cmake(versions::cmake("3.25")).each(),
    http_with_ccache in CCACHE.make().each(),
    http_with_a_login_with_ccache in CCACHE.clang().each(),
    gcs_with_sccache in SCCACHE.each(),
];

const SECRET: &str = "open sesame: 100%@/?";

/// All steps for a remote storage. `location` is its name in the status line.
fn prove_remote(build: &Build, location: &str) {
    let objects = build.project.objects();
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains(&format!("remote {location}")), "{configured}");
    let cold = build.build();
    build.assert_program_runs();
    assert_eq!(build.hits_and_misses(), (0, objects), "cold\n{cold}");
    build.wait_until_stored();

    build.stop_daemon();
    build.forget();
    build.configure();
    let warm = build.build();
    build.assert_program_runs();
    assert_eq!(
        build.hits_and_misses(),
        (objects, 0),
        "warm, with the preset
{warm}"
    );

    build.stop_daemon();
    build.toolchainkit(&["stats"]);
    let local = build.sandbox.cache_home().join("toolchainkit/cache");
    if local.exists() {
        fs::remove_dir_all(local).expect("the local cache");
    }
    let plain = build.rebuild(build.command(build.build_tool()));
    build.assert_program_runs();
    assert_eq!(
        build.hits_and_misses(),
        (objects, 0),
        "warm, with the build tool alone
{plain}"
    );
    build.assert_no_secret_on_disk();
}

/// Without its secret and without a running daemon, a build does not use the remote, and names the variable.
fn prove_missing_secret(build: &Build, variable: &str) {
    build.stop_daemon();
    if build.setup.is_sccache() {
        let refused =
            build.bare(env!("CARGO_BIN_EXE_toolchainkit")).args(["server", "start"]).run_expecting(7);
        assert!(refused.stderr.contains(variable), "{refused}");
    }
    let without = build.rebuild(build.bare(build.build_tool()));
    build.assert_program_runs();
    let naming = without.text().lines().filter(|line| line.contains(variable)).count();
    assert_eq!(naming, 1, "one line names {variable}\n{without}");
}

/// Both caches with the oldest, the newest and some other CMake versions, or all combinations.
fn local_disks() -> Vec<Setup> {
    if Tools::full() {
        return [SCCACHE.each(), CCACHE.each()].concat();
    }
    vec![
        SCCACHE,
        SCCACHE.cmake(versions::cmake("3.15")).make(),
        SCCACHE.cmake(versions::cmake("3.21")).clang(),
        CCACHE.cmake(versions::cmake("3.31")),
        CCACHE.make().clang(),
        CCACHE.cmake(versions::cmake("3.15")),
        CCACHE.cmake(versions::cmake("3.25")).make(),
    ]
}

fn local_disk(setup: Setup) {
    let Some(tools) = setup.tools(&[]) else { return };
    let build = Build::new("local", setup, &tools, "", Vec::new());
    let objects = build.project.objects();
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert_eq!(build.hits_and_misses(), (0, 0), "configuring compiles through the cache\n{configured}");
    build.build();
    assert_eq!(build.hits_and_misses(), (0, objects));
    build.wait_until_stored();

    build.zero_counters();
    remove_folder(&build.folder());
    build.configure();
    let warm = build.build();
    build.assert_program_runs();
    assert_eq!(build.hits_and_misses(), (objects, 0), "{warm}");

    build.stop_daemon();
    if !setup.is_sccache() {
        build.zero_counters();
    }
    build.rebuild(build.bare(build.build_tool()));
    assert_eq!(build.hits_and_misses(), (objects, 0), "with the build tool alone");
}

fn s3_with_sccache(setup: Setup) {
    let Some(tools) = &setup.tools(S3::NEEDS) else { return };
    let server = S3::start(tools);
    let remote = format!(
        "{{ type: s3, bucket: {}, endpoint: \"{}\", prefix: team-a, \
     credentials: {{ access_key: \"${{CI_CACHE_KEY}}\", secret_key: \"${{CI_CACHE_SECRET}}\" }} }}",
        S3::BUCKET,
        server.endpoint()
    );
    let secrets =
        vec![("CI_CACHE_KEY", S3::ACCESS_KEY.to_owned()), ("CI_CACHE_SECRET", S3::SECRET_KEY.to_owned())];
    let build = Build::new("s3", setup, tools, &remote, secrets);
    prove_remote(&build, &format!("s3 {} at {}", S3::BUCKET, server.endpoint()));
    assert!(server.folder().join("team-a").is_dir(), "the prefix is on the server");
    prove_missing_secret(&build, "CI_CACHE_KEY");
}

fn redis_with_sccache(setup: Setup) {
    redis(setup);
}

fn redis_with_ccache(setup: Setup) {
    redis(setup);
}

fn redis(setup: Setup) {
    let Some(tools) = &setup.tools(Redis::NEEDS) else { return };
    let server = Redis::start();
    let remote = format!("{{ type: redis, endpoint: \"redis://{}\" }}", server.server.address());
    let build = Build::new("redis", setup, tools, &remote, Vec::new());
    prove_remote(&build, &format!("redis {}", server.server.address()));
    assert!(server.keys() >= build.project.objects());
}

fn redis_with_a_password_with_sccache(setup: Setup) {
    redis_with_a_password(setup, 0);
}

fn redis_with_a_password_with_ccache(setup: Setup) {
    redis_with_a_password(setup, 3);
}

fn redis_with_a_password(setup: Setup, db: u32) {
    let Some(tools) = &setup.tools(Redis::NEEDS) else { return };
    let server = Redis::start_with_password(SECRET);
    let remote = format!(
        "{{ type: redis, endpoint: \"redis://{}\", db: {db}, \
         credentials: {{ password: \"${{CACHE_PASSWORD}}\" }} }}",
        server.server.address()
    );
    let secrets = vec![("CACHE_PASSWORD", SECRET.to_owned())];
    let build = Build::new("redis-pw", setup, tools, &remote, secrets);
    prove_remote(&build, &format!("redis {}", server.server.address()));
    let in_db = server.cli().args(["-n", &db.to_string(), "DBSIZE"]).run();
    assert_ne!(in_db.stdout.trim(), "0", "{in_db}");
    prove_missing_secret(&build, "CACHE_PASSWORD");
}

fn memcached_with_sccache(setup: Setup) {
    let Some(tools) = &setup.tools(Memcached::NEEDS) else { return };
    let server = Memcached::start();
    let remote = format!("{{ type: memcached, endpoint: \"{}\" }}", server.server.address());
    let build = Build::new("memcached", setup, tools, &remote, Vec::new());
    prove_remote(&build, &format!("memcached {}", server.server.address()));
    assert!(server.items() >= build.project.objects());
}

fn memcached_uses_the_first_server_that_answers(setup: Setup) {
    let Some(tools) = &setup.tools(Memcached::NEEDS) else { return };
    let (mut down, up) = (Memcached::start(), Memcached::start());
    let (first, second) = (down.server.address(), up.server.address());
    down.server.stop();
    let remote = format!("{{ type: memcached, endpoint: \"{first},{second}\" }}");
    let build = Build::new("memcached", setup, tools, &remote, Vec::new());
    prove_remote(&build, "memcached ");
    assert!(up.items() >= build.project.objects());
}

fn webdav_with_sccache(setup: Setup) {
    let Some(tools) = &setup.tools(WebDav::NEEDS) else { return };
    let server = WebDav::start_with_login(tools, "builder", SECRET);
    server.make_folders("demo");
    let remote = format!(
        "{{ type: http, endpoint: \"{}\", prefix: demo, \
         credentials: {{ username: builder, password: \"${{CACHE_PASSWORD}}\" }} }}",
        server.url()
    );
    let secrets = vec![("CACHE_PASSWORD", SECRET.to_owned())];
    let build = Build::new("webdav", setup, tools, &remote, secrets);
    prove_remote(&build, &format!("http {}", server.url()));
    let below_prefix = server.objects_below("demo") as u64;
    assert!(below_prefix >= build.project.objects(), "{below_prefix} objects are below the prefix");
    prove_missing_secret(&build, "CACHE_PASSWORD");
}

fn http_with_ccache(setup: Setup) {
    let Some(tools) = &setup.tools(WebDav::NEEDS) else { return };
    let server = WebDav::start(tools);
    let remote = format!("{{ type: http, endpoint: \"{}\" }}", server.url());
    let build = Build::new("http", setup, tools, &remote, Vec::new());
    prove_remote(&build, &format!("http {}", server.url()));
    assert!(server.objects() >= 1);
}

fn http_with_a_login_with_ccache(setup: Setup) {
    let Some(tools) = &setup.tools(WebDav::NEEDS) else { return };
    let server = WebDav::start_with_login(tools, "builder", SECRET);
    let remote = format!(
        "{{ type: http, endpoint: \"{}\", \
         credentials: {{ username: \"${{CACHE_USER}}\", password: \"${{CACHE_PASSWORD}}\" }} }}",
        server.url()
    );
    let secrets = vec![("CACHE_USER", "builder".to_owned()), ("CACHE_PASSWORD", SECRET.to_owned())];
    let build = Build::new("http-login", setup, tools, &remote, secrets);
    prove_remote(&build, &format!("http {}", server.url()));
    prove_missing_secret(&build, "CACHE_USER");
}

fn gcs_with_sccache(setup: Setup) {
    let Some(tools) = &setup.tools(Gcs::NEEDS) else { return };
    let server = Gcs::start();
    let environment = server.env();
    let url = environment
        .iter()
        .find(|(name, _)| *name == "SCCACHE_GCS_CREDENTIALS_URL")
        .expect("a token server")
        .1
        .clone();
    let remote = format!("{{ type: gcs, bucket: {}, prefix: p, credentials_url: \"{url}\" }}", Gcs::BUCKET);
    // The proxy and the certificate are settings of the machine.
    let machine =
        environment.into_iter().filter(|(name, _)| *name != "SCCACHE_GCS_CREDENTIALS_URL").collect();
    let build = Build::new("gcs", setup, tools, &remote, machine);
    prove_gcs(&build, &server);
}

fn prove_gcs(build: &Build, server: &Gcs) {
    let objects = build.project.objects();
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains(&format!("remote gcs {}", Gcs::BUCKET)), "{configured}");
    build.build();
    assert_eq!(build.hits_and_misses(), (0, objects));
    build.wait_until_stored();
    build.stop_daemon();
    build.forget();
    build.configure();
    let warm = build.build();
    assert_eq!(build.hits_and_misses(), (objects, 0), "{warm}");
    build.stop_daemon();
    build.rebuild(build.command(build.build_tool()));
    assert_eq!(build.hits_and_misses(), (objects, 0));
    assert!(server.objects() >= objects);
}
