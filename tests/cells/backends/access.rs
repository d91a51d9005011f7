//! With read-only access, nothing is written to the server, regardless of credentials and variables.

use std::fs;

use super::{CCACHE_OF_SYSTEM, s3_remote, s3_secrets, sccache};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::run::Run;
use crate::support::servers::{Nginx, Redis, S3};
use crate::support::{Finished, Tools, versions};

tests![
    a_fork_can_only_read_s3 in [Tools::SCCACHE, Tools::NEWEST_SCCACHE].map(sccache),
    a_fork_can_only_read_redis in [SCCACHE, CCACHE, CCACHE_OF_SYSTEM],
    an_sccache_without_read_only_mode_does_not_use_the_remote,
    a_server_that_refuses_writes_gives_a_notice,
];

const PROFILES: &str = "profiles:\n  fork-pr: { cache: { remote: { access: read-only } } }\n";

fn add_profiles(build: &Build) {
    let path = build.project.root().join("toolchainkit.yaml");
    let yaml = fs::read_to_string(&path).expect("the configuration");
    fs::write(path, yaml + PROFILES).expect("the configuration");
    build.toolchainkit(&["generate"]);
}

/// Builds like a pull request from a fork: with its profile, the credentials, and variables that request write access.
fn build_as_fork(build: &Build) -> Finished {
    let more = [
        ("SCCACHE_S3_RW_MODE", "READ_WRITE"),
        ("SCCACHE_REDIS_RW_MODE", "READ_WRITE"),
        ("CCACHE_RESHARE", "true"),
    ];
    let folder = build.folder();
    let mut configure = build.command("cmake");
    configure.args(["-S", ".", "-G", "Ninja", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"]);
    configure
        .args(["-DCMAKE_BUILD_TYPE=Release", "-DTOOLCHAINKIT_PROFILE=fork-pr"])
        .arg("-B")
        .arg(&folder)
        .envs(more);
    let configured = configure.run();
    build.command("ninja").arg("-C").arg(&folder).envs(more).run();
    configured
}

/// A trusted build fills the storage. A fork's build of a changed project then gets hits, and stores nothing.
/// `objects` counts the objects on the server.
fn prove_that_a_fork_can_only_read(build: &Build, objects: impl Fn() -> u64) {
    build.configure();
    build.build();
    build.wait_until_stored();
    build.stop_daemon();
    build.forget();
    let before = objects();
    assert!(before > 0);

    let configured = build_as_fork(build);
    assert!(configured.text().contains("[fork-pr] "), "{configured}");
    assert!(configured.text().contains(", remote "), "{configured}");
    assert_eq!(build.hits_and_misses(), (build.project.objects(), 0), "{configured}");
    build.project.set_shared_value(2);
    build_as_fork(build);
    let (_, misses) = build.hits_and_misses();
    assert!(misses >= build.project.objects(), "the changed project was compiled");
    build.stop_daemon();
    assert_eq!(objects(), before, "an object was written");
}

fn a_fork_can_only_read_s3(setup: Setup) {
    let Some(tools) = setup.tools(S3::NEEDS) else { return };
    let server = S3::start(&tools);
    let build = Build::new("fork-s3", setup, &tools, &s3_remote(&server, ""), s3_secrets());
    add_profiles(&build);
    prove_that_a_fork_can_only_read(&build, || server.objects() as u64);
}

fn a_fork_can_only_read_redis(setup: Setup) {
    let Some(tools) = setup.tools(Redis::NEEDS) else { return };
    let server = Redis::start_with_password("sesame");
    let remote = format!(
        "{{ type: redis, endpoint: \"redis://{}\", credentials: {{ password: \"${{PASSWORD}}\" }} }}",
        server.server.address()
    );
    let secrets = vec![("PASSWORD", "sesame".to_owned())];
    let build = Build::new("fork-redis", setup, &tools, &remote, secrets);
    add_profiles(&build);
    prove_that_a_fork_can_only_read(&build, || server.keys());
}

fn an_sccache_without_read_only_mode_does_not_use_the_remote() {
    let setup = Setup { cache: crate::support::Tool::Sccache(versions::sccache("0.15")), ..SCCACHE };
    let Some(tools) = setup.tools(S3::NEEDS) else { return };
    let server = S3::start(&tools);
    let build =
        Build::new("fork-old", setup, &tools, &s3_remote(&server, ", access: read-only"), s3_secrets());
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    let text = configured.text();
    assert!(text.contains("needs sccache 0.16.0 or newer for SCCACHE_S3_RW_MODE"), "{configured}");
    assert!(text.contains("local cache"), "{configured}");
    build.build();
    assert_eq!(build.hits_and_misses(), (0, build.project.objects()));
    build.stop_daemon();
    assert_eq!(server.objects(), 0);
}

/// sccache reports this only in its log.
fn a_server_that_refuses_writes_gives_a_notice() {
    let Some(tools) = SCCACHE.tools(Nginx::NEEDS) else { return };
    let server = Nginx::start("unused", "unused");
    // nginx does not support PROPFIND, which sccache uses before it writes.
    let remote = format!("{{ type: http, endpoint: \"{}\" }}", server.url("open"));
    let build = Build::new("refuses", SCCACHE, &tools, &remote, Vec::new());
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains("refuses writes"), "{configured}");
    build.build();
    build.assert_program_runs();
}
