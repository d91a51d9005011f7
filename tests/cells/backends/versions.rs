//! One configuration with every version of the tools: each build works, and uses the remote if the tool supports it.

use std::fs;

use toolchainkit::caching::detection::{BuildCacheConfig, identify};
use toolchainkit::caching::remote::{RemoteCacheConfig, RemoteCacheConfigurator};
use toolchainkit::caching::tool::Tool as CacheToolKind;

use super::{CCACHE_OF_SYSTEM, prove_round_trip, s3_remote, s3_secrets, sccache};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::{Sccache, tests};
use crate::support::servers::{Nginx, Redis, S3, WebDav};
use crate::support::{Run, Tool, Tools, versions};

tests![
    every_sccache_uses_the_same_remotes in Tools::SCCACHES.map(Sccache),
    every_ccache_uses_the_same_remotes in [CCACHE, CCACHE_OF_SYSTEM],
    a_missing_feature_that_the_remote_needs_is_named,
    a_tool_without_the_storage_gives_a_notice,
    a_ccache_without_the_storage_gives_a_notice,
];

fn every_sccache_uses_the_same_remotes(Sccache(version): Sccache) {
    let setup = sccache(version);
    let Some(tools) = setup.tools(&[Redis::NEEDS, S3::NEEDS].concat()) else { return };
    let redis = Redis::start();
    let remote = format!(
        "{{ type: redis, endpoint: \"redis://{}\", db: 1, prefix: p, ttl: 600 }}",
        redis.server.address()
    );
    let finished = prove_round_trip(&Build::new("redis", setup, &tools, &remote, Vec::new()));
    let has_levels = ![versions::sccache("0.10"), versions::sccache("0.14")].contains(&version);
    assert_eq!(
        finished.text().contains("left out: SCCACHE_MULTILEVEL_CHAIN"),
        !has_levels,
        "{version}: {finished}"
    );
    let s3 = S3::start(&tools);
    prove_round_trip(&Build::new("s3", setup, &tools, &s3_remote(&s3, ", prefix: p"), s3_secrets()));
    assert!(s3.folder().join("p").is_dir());
}

fn every_ccache_uses_the_same_remotes(setup: Setup) {
    let Some(tools) = setup.tools(&[Redis::NEEDS, WebDav::NEEDS].concat()) else { return };
    let redis = Redis::start_with_password("a:b@c%d");
    let remote = format!(
        "{{ type: redis, endpoint: \"redis://{}/4\", credentials: {{ password: \"${{PASSWORD}}\" }} }}",
        redis.server.address()
    );
    let secrets = vec![("PASSWORD", "a:b@c%d".to_owned())];
    prove_round_trip(&Build::new("redis", setup, &tools, &remote, secrets));
    let webdav = WebDav::start(&tools);
    let remote = format!("{{ type: http, endpoint: \"{}\" }}", webdav.url());
    prove_round_trip(&Build::new("http", setup, &tools, &remote, Vec::new()));
}

/// Proves that the build uses the local cache, prints the reason, and does not change the remote.
fn prove_that_the_remote_is_not_used(
    setup: Setup,
    tools: &Tools,
    remote: &str,
    secrets: Vec<(&'static str, String)>,
    why: &str,
) {
    let build = Build::new("refused", setup, tools, remote, secrets);
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains(why), "{configured}");
    assert!(configured.text().contains("local cache"), "{configured}");
    build.build();
    build.assert_program_runs();
    assert_eq!(build.hits_and_misses(), (0, build.project.objects()));
}

fn a_missing_feature_that_the_remote_needs_is_named() {
    let Some(tools) = SCCACHE.tools(&[Nginx::NEEDS, S3::NEEDS].concat()) else { return };
    let nginx = Nginx::start("unused", "unused");
    let plain_put =
        format!("{{ type: http, endpoint: \"{}\", disable_create_dir: true }}", nginx.url("open"));
    prove_that_the_remote_is_not_used(
        SCCACHE,
        &tools,
        &plain_put,
        Vec::new(),
        "needs sccache 0.19.0 or newer for SCCACHE_WEBDAV",
    );
    assert_eq!(nginx.objects("open"), 0);
    let s3 = S3::start(&tools);
    let encrypted = s3_remote(&s3, ", sse_kms: true");
    prove_that_the_remote_is_not_used(
        SCCACHE,
        &tools,
        &encrypted,
        s3_secrets(),
        "needs sccache 0.17.0 or newer for SCCACHE_S3",
    );
    assert_eq!(s3.objects(), 0);
    let Some(tools) = CCACHE_OF_SYSTEM.tools(&[]) else { return };
    let header = format!("{{ type: http, endpoint: \"{}\", header: X-Team=a }}", nginx.url("open"));
    prove_that_the_remote_is_not_used(
        CCACHE_OF_SYSTEM,
        &tools,
        &header,
        Vec::new(),
        "needs ccache 4.11.0 or newer",
    );
}

/// Debian's sccache was built without remote storages.
fn a_tool_without_the_storage_gives_a_notice() {
    let setup = Setup { cache: Tool::DebianSccache, ..SCCACHE };
    let Some(tools) = setup.tools(S3::NEEDS) else { return };
    let s3 = S3::start(&tools);
    let build = Build::new("debian", setup, &tools, &s3_remote(&s3, ""), s3_secrets());
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains("was built without it"), "{configured}");
    build.build();
    build.assert_program_runs();

    let path = tools.path(Tool::DebianSccache);
    let path = path.to_str().expect("a plain path");
    let tool = identify(CacheToolKind::Sccache, path.into()).expect("it prints its version");
    let cache = BuildCacheConfig { tool, cache_dir: "/nowhere".into(), max_size_gb: 1 };
    let config = RemoteCacheConfig { bucket: Some("b".into()), ..RemoteCacheConfig::new("s3") };
    let issues = RemoteCacheConfigurator::new(cache).validate(&config);
    assert!(issues.iter().any(|issue| issue.message.contains("was built without s3")), "{issues:?}");
}

/// There is no package of ccache without Redis, so a script changes the output of --version.
fn a_ccache_without_the_storage_gives_a_notice() {
    let Some(tools) = CCACHE.tools(Redis::NEEDS) else { return };
    let redis = Redis::start();
    let remote = format!("{{ type: redis, endpoint: \"redis://{}\" }}", redis.server.address());
    let build = Build::new("no-redis", CCACHE, &tools, &remote, Vec::new());
    let denying = build.sandbox.dir("denying").join("ccache");
    let real = tools.ccache(Tools::CCACHE);
    let script = format!(
        "#!/bin/sh\n[ \"$1\" != --version ] || {{ {0} \"$@\" | sed 's/redis[^ ]*-storage//g'; exit; }}\nexec {0} \"$@\"\n",
        real.display()
    );
    fs::write(&denying, script).expect("a script");
    build.bare("chmod").arg("+x").arg(&denying).run();
    build.toolchainkit(&["generate"]);
    let mut configure = build.command("cmake");
    let configured = configure.args(["--preset", "release"]).env("TOOLCHAINKIT_CACHE_TOOL", &denying).run();
    assert!(configured.text().contains("was built without redis storage"), "{configured}");
    build.build();
    build.assert_program_runs();
    assert_eq!(redis.keys(), 0);
}
