//! A round trip for each kind of storage and each kind of access, with the tools that support it.

use std::fs;

use super::{CCACHE_OF_SYSTEM, SECRET, prove_round_trip, sccache};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::run::Run;
use crate::support::servers::{Azurite, Memcached, Nginx, Redis, RedisCluster, S3};
use crate::support::{Tool, Tools};

tests![
    anonymous_s3_ignores_keys_in_the_environment,
    redis_with_password_database_prefix_and_expiry,
    redis_over_tls,
    redis_cluster,
    redis_on_a_socket in [SCCACHE, CCACHE, CCACHE_OF_SYSTEM],
    memcached_with_a_login,
    plain_http_with_sccache,
    plain_http_with_ccache in [CCACHE, CCACHE_OF_SYSTEM],
    an_additional_http_header_with_ccache,
    azure_with_a_connection_string,
    shared_folder_with_ccache in [CCACHE, CCACHE_OF_SYSTEM],
];

/// Runs `test` if its tools are installed. These tests do not run with all CMake versions, on which they do not depend.
fn with(setup: Setup, server: &[Tool], test: impl Fn(&Tools)) {
    if let Some(tools) = setup.tools(server) {
        test(&tools);
    }
}

fn anonymous_s3_ignores_keys_in_the_environment() {
    with(SCCACHE, S3::NEEDS, |tools| {
        let server = S3::start_for_everybody(tools);
        let remote = format!(
            "{{ type: s3, bucket: {}, endpoint: \"{}\", no_credentials: true }}",
            S3::BUCKET,
            server.endpoint()
        );
        // These variables have another purpose, and sccache rejects them together with this setting.
        let keys = vec![
            ("AWS_ACCESS_KEY_ID", "key-of-something-else".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret-of-something-else".to_owned()),
        ];
        prove_round_trip(&Build::new("s3-anon", SCCACHE, tools, &remote, keys));
        assert!(server.objects() > 0);
    });
}

fn redis_with_password_database_prefix_and_expiry() {
    with(SCCACHE, Redis::NEEDS, |tools| {
        let server = Redis::start_with_password(SECRET);
        let remote = format!(
            "{{ type: redis, endpoint: \"redis://{}\", db: 5, prefix: team/demo, ttl: 1234, \
             credentials: {{ username: default, password: \"${{CACHE_PASSWORD}}\" }} }}",
            server.server.address()
        );
        let secrets = vec![("CACHE_PASSWORD", SECRET.to_owned())];
        let build = Build::new("redis-all", SCCACHE, tools, &remote, secrets);
        prove_round_trip(&build);
        let ask = |words: &[&str]| server.cli().args(["-n", "5"]).args(words).run().stdout;
        let keys = ask(&["KEYS", "*"]);
        let of_objects: Vec<&str> = keys.lines().filter(|key| !key.contains(".sccache_check")).collect();
        assert_eq!(of_objects.len() as u64, build.project.objects(), "{keys}");
        for key in of_objects {
            assert!(key.contains("team/demo/"), "{key}");
            let seconds: i64 = ask(&["TTL", key]).trim().parse().expect("a number");
            assert!((1100..=1234).contains(&seconds), "{key} lives for {seconds} s");
        }
        assert_eq!(server.keys(), 0, "keys in the default database");
    });
}

fn redis_over_tls() {
    with(SCCACHE, Redis::NEEDS, |tools| {
        let server = Redis::start_with_tls();
        let remote = format!("{{ type: redis, endpoint: \"rediss://{}\" }}", server.server.address());
        // The trusted certificates are a setting of the machine, not of toolchainkit.
        let trust = vec![("SSL_CERT_FILE", server.authority())];
        prove_round_trip(&Build::new("redis-tls", SCCACHE, tools, &remote, trust));
    });
}

fn redis_cluster() {
    with(SCCACHE, RedisCluster::NEEDS, |tools| {
        let cluster = RedisCluster::start();
        let remote = format!("{{ type: redis, endpoint: \"{}\" }}", cluster.endpoint());
        let build = Build::new("redis-cluster", SCCACHE, tools, &remote, Vec::new());
        prove_round_trip(&build);
        let keys = cluster.keys();
        assert!(keys.iter().sum::<u64>() >= build.project.objects(), "{keys:?}");
        assert!(keys.iter().filter(|&&keys| keys > 0).count() > 1, "all keys are on one node: {keys:?}");
    });
}

fn redis_on_a_socket(setup: Setup) {
    with(setup, Redis::NEEDS, |tools| {
        let server = Redis::start_with_socket();
        let remote = format!("{{ type: redis, endpoint: \"redis+unix://{}\", db: 2 }}", server.socket());
        let build = Build::new("redis-unix", setup, tools, &remote, Vec::new());
        prove_round_trip(&build);
        let size = server.cli().args(["-n", "2", "DBSIZE"]).run();
        let keys: u64 = size.stdout.trim().parse().expect("a number");
        assert!(keys >= build.project.objects(), "{size}");
    });
}

fn memcached_with_a_login() {
    with(SCCACHE, Memcached::NEEDS_OF_LOGIN, |tools| {
        let server = Memcached::start_with_login(SECRET);
        let remote = |variable: &str| {
            format!(
                "{{ type: memcached, endpoint: \"{}\", prefix: demo, expiration: 3600, \
                 credentials: {{ username: {}, password: \"${{{variable}}}\" }} }}",
                server.server.address(),
                Memcached::USER
            )
        };
        let secrets = vec![("CACHE_PASSWORD", SECRET.to_owned())];
        prove_round_trip(&Build::new("mc-login", SCCACHE, tools, &remote("CACHE_PASSWORD"), secrets));
        let wrong = vec![("GUESS", "a wrong password".to_owned())];
        let stranger = Build::new("mc-guess", SCCACHE, tools, &remote("GUESS"), wrong);
        stranger.toolchainkit(&["generate"]);
        let refused = stranger.configure();
        assert!(refused.text().contains("local cache"), "{refused}");
    });
}

fn plain_http_with_sccache() {
    let setup = sccache(Tools::NEWEST_SCCACHE);
    with(setup, Nginx::NEEDS, |tools| {
        let server = Nginx::start(SECRET, "t0ken-of-the-test");
        for (storage, credentials) in [
            ("open", String::new()),
            (
                "basic",
                format!(", credentials: {{ username: {}, password: \"${{CACHE_SECRET}}\" }}", Nginx::USER),
            ),
            ("bearer", ", credentials: { token: \"${CACHE_SECRET}\" }".to_owned()),
        ] {
            let remote = format!(
                "{{ type: http, endpoint: \"{}\", prefix: demo, disable_create_dir: true{credentials} }}",
                server.url(storage)
            );
            let secret = if storage == "bearer" { "t0ken-of-the-test" } else { SECRET };
            let secrets = vec![("CACHE_SECRET", secret.to_owned())];
            prove_round_trip(&Build::new(storage, setup, tools, &remote, secrets));
            assert!(server.folder(storage).join("demo").is_dir(), "the prefix is on the server");
        }
    });
}

fn plain_http_with_ccache(setup: Setup) {
    with(setup, Nginx::NEEDS, |tools| {
        let server = Nginx::start(SECRET, "t0ken/of=the test");
        for (storage, more) in [
            ("open", ", layout: bazel, keep_alive: false, operation_timeout_ms: 5000".to_owned()),
            (
                "basic",
                format!(
                    ", layout: subdirs, credentials: {{ username: {}, password: \"${{CACHE_SECRET}}\" }}",
                    Nginx::USER
                ),
            ),
            ("bearer", ", prefix: demo, credentials: { token: \"${CACHE_SECRET}\" }".to_owned()),
        ] {
            let remote = format!("{{ type: http, endpoint: \"{}\"{more} }}", server.url(storage));
            let secret = if storage == "bearer" { "t0ken/of=the test" } else { SECRET };
            let secrets = vec![("CACHE_SECRET", secret.to_owned())];
            prove_round_trip(&Build::new(storage, setup, tools, &remote, secrets));
            assert!(server.objects(storage) > 0);
        }
    });
}

fn an_additional_http_header_with_ccache() {
    with(CCACHE, Nginx::NEEDS, |tools| {
        let server = Nginx::start(SECRET, "unused");
        let remote = format!(
            "{{ type: http, endpoint: \"{}\", header: \"X-Team={}\" }}",
            server.url("team"),
            Nginx::TEAM
        );
        prove_round_trip(&Build::new("header", CCACHE, tools, &remote, Vec::new()));
        assert!(server.objects("team") > 0);
    });
}

fn azure_with_a_connection_string() {
    with(SCCACHE, Azurite::NEEDS, |tools| {
        let server = Azurite::start(tools);
        let remote = format!(
            "{{ type: azure, container: {}, prefix: team/demo, \
             credentials: {{ connection_string: \"${{CACHE_CONNECTION}}\" }} }}",
            Azurite::CONTAINER
        );
        let secrets = vec![("CACHE_CONNECTION", server.connection_string())];
        let build = Build::new("azure", SCCACHE, tools, &remote, secrets);
        prove_round_trip(&build);
        let blobs = server.blobs();
        assert!(blobs.len() as u64 >= build.project.objects(), "{blobs:?}");
        assert!(blobs.iter().all(|name| name.starts_with("team/demo/")), "{blobs:?}");
        // The key, which is a part of the variable, is in no file, either.
        let key = Build { secrets: vec![("KEY", Azurite::KEY.to_owned())], ..build };
        key.assert_no_secret_on_disk();
    });
}

fn shared_folder_with_ccache(setup: Setup) {
    with(setup, &[], |tools| {
        let shared = tempfile::Builder::new().prefix("tk-nfs-").tempdir_in("/tmp").expect("a folder");
        for (folder, more) in [
            ("a b|ü%", ", layout: flat, umask: \"022\", update_mtime: true"),
            ("shard-*", ", shards: \"one,two(2)\""),
        ] {
            let path = shared.path().join(folder);
            let remote = format!("{{ type: file, path: \"{}\"{more} }}", path.display());
            prove_round_trip(&Build::new("file", setup, tools, &remote, Vec::new()));
        }
        let mut folders: Vec<String> = fs::read_dir(shared.path())
            .expect("the shared folder")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
            .collect();
        folders.sort();
        assert_eq!(folders, ["a b|ü%", "shard-one", "shard-two"]);
    });
}
