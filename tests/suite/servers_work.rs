//! Tests the test servers with the real tools: a second compilation without a local cache gets the object of the first
//! one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::support::run::eventually;
use crate::support::servers::{Gcs, Memcached, Redis, S3, WebDav};
use crate::support::{Finished, Run, Sandbox, Stats, Tool, Tools};

type Env = BTreeMap<&'static str, String>;

/// The tools for a test of sccache with `server`.
fn with_sccache(server: &[Tool]) -> Option<Tools> {
    Tools::require(&[&[Tool::Sccache(Tools::SCCACHE), Tool::System("gcc")], server].concat())
}

/// The tools for a test of ccache with `server`.
fn with_ccache(server: &[Tool]) -> Option<Tools> {
    Tools::require(&[&[Tool::Ccache(Tools::CCACHE), Tool::System("gcc")], server].concat())
}

/// One file, its object without a cache, and the tool that compiles it with one.
struct Compile {
    sandbox: Sandbox,
    tool: PathBuf,
    env: Env,
    expected: Vec<u8>,
}

impl Compile {
    fn new(name: &str, tool: PathBuf, env: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let sandbox = Sandbox::new(name).on_path(&tool);
        fs::write(sandbox.root().join("unit.c"), "int answer(void) { return 42; }\n")
            .expect("a file to compile");
        sandbox.command("gcc").args(["-c", "unit.c", "-o", "plain.o"]).run();
        let expected = fs::read(sandbox.root().join("plain.o")).expect("an object");
        Self { sandbox, tool, env: env.into_iter().collect(), expected }
    }

    fn command(&self) -> Command {
        let mut command = self.sandbox.command(&self.tool);
        command.envs(&self.env);
        command
    }

    /// Compiles through the cache, and compares the object with the one of an uncached compilation.
    fn compile(&self) -> Finished {
        let object = self.sandbox.root().join("unit.o");
        let finished = self.command().args(["gcc", "-c", "unit.c", "-o", "unit.o"]).run();
        assert_eq!(
            fs::read(&object).expect("an object"),
            self.expected,
            "the objects differ
{finished}"
        );
        fs::remove_file(object).expect("an object");
        finished
    }
}

fn sccache_stats(compile: &Compile) -> Stats {
    Stats::of_sccache(&compile.command().args(["--show-stats", "--stats-format", "json"]).run().stdout)
}

fn ccache_stats(compile: &Compile) -> Stats {
    Stats::of_ccache(&compile.command().args(["--print-stats", "--format=json"]).run().stdout)
}

/// The environment of an sccache with its own daemon.
fn sccache_env(sandbox: &Path, storage: impl IntoIterator<Item = (&'static str, String)>) -> Env {
    let socket = sandbox.join("run/sccache.sock").to_str().expect("a plain path").to_owned();
    storage.into_iter().chain([("SCCACHE_SERVER_UDS", socket)]).collect()
}

/// Compiles with sccache and `storage`, and stops the daemon with all its state. The next compilation must be a hit.
fn prove_sccache(tools: &Tools, name: &str, storage: impl IntoIterator<Item = (&'static str, String)>) {
    let mut compile = Compile::new(name, tools.sccache(Tools::SCCACHE), []);
    compile.env = sccache_env(compile.sandbox.root(), storage);

    compile.compile();
    let stored = eventually(Duration::from_secs(20), || sccache_stats(&compile).writes == 1);
    let cold = sccache_stats(&compile);
    assert!(stored, "nothing is stored: {cold:?}");
    assert_eq!(cold, Stats { misses: 1, writes: 1, ..Stats::default() });
    compile.command().arg("--stop-server").run();
    assert!(!compile.sandbox.cache_home().join("sccache").exists(), "the object is in the local cache");

    compile.compile();
    assert_eq!(sccache_stats(&compile), Stats { hits: 1, ..Stats::default() });
}

/// Compiles with ccache and the remote storage `url`, and removes the local storage. The next compilation must be a
/// hit.
fn prove_ccache(tools: &Tools, name: &str, url: &str) {
    let storage = format!("{url}|connect-timeout=5000");
    let mut compile = Compile::new(name, tools.ccache(Tools::CCACHE), [("CCACHE_REMOTE_STORAGE", storage)]);
    let local = compile.sandbox.dir("local");
    compile.env.insert("CCACHE_DIR", local.to_str().expect("a plain path").to_owned());

    compile.compile();
    let cold = ccache_stats(&compile);
    assert_eq!((cold.hits, cold.misses, cold.errors), (0, 1, 0), "{cold:?}");
    assert!(cold.writes > 0, "nothing is stored: {cold:?}");
    fs::remove_dir_all(&local).expect("the local cache");

    compile.compile();
    assert_eq!(ccache_stats(&compile), Stats { hits: 1, ..Stats::default() });
}

#[test]
fn redis_with_sccache() {
    let Some(tools) = with_sccache(Redis::NEEDS) else { return };
    let redis = Redis::start();
    prove_sccache(&tools, "redis", [("SCCACHE_REDIS_ENDPOINT", format!("tcp://{}", redis.server.address()))]);
    assert!(redis.keys() >= 1);
}

#[test]
fn redis_with_a_password_with_sccache() {
    let Some(tools) = with_sccache(Redis::NEEDS) else { return };
    let redis = Redis::start_with_password("open sesame");
    let storage = [
        ("SCCACHE_REDIS_ENDPOINT", format!("tcp://{}", redis.server.address())),
        ("SCCACHE_REDIS_PASSWORD", "open sesame".to_owned()),
    ];
    prove_sccache(&tools, "redis-pw", storage);
    assert!(redis.keys() >= 1);
    let stranger = redis.cli().env_remove("REDISCLI_AUTH").arg("DBSIZE").run();
    assert!(stranger.text().contains("NOAUTH"), "{stranger}");
}

#[test]
fn redis_with_ccache() {
    let Some(tools) = with_ccache(Redis::NEEDS) else { return };
    let redis = Redis::start();
    prove_ccache(&tools, "redis", &format!("redis://{}", redis.server.address()));
    assert!(redis.keys() >= 1);
}

#[test]
fn memcached_with_sccache() {
    let Some(tools) = with_sccache(Memcached::NEEDS) else { return };
    let memcached = Memcached::start();
    let endpoint = format!("tcp://{}", memcached.server.address());
    prove_sccache(&tools, "memcached", [("SCCACHE_MEMCACHED_ENDPOINT", endpoint)]);
    assert!(memcached.items() >= 1);
}

#[test]
fn s3_with_sccache() {
    let Some(tools) = with_sccache(S3::NEEDS) else { return };
    let s3 = S3::start(&tools);
    prove_sccache(&tools, "s3", s3_storage(&s3));
    assert!(s3.objects() >= 1);
}

#[test]
fn s3_refuses_a_wrong_secret() {
    let Some(tools) = with_sccache(S3::NEEDS) else { return };
    let s3 = S3::start(&tools);
    let mut compile = Compile::new("s3-wrong", tools.sccache(Tools::SCCACHE), []);
    compile.env = sccache_env(compile.sandbox.root(), s3_storage(&s3));
    compile.env.insert("AWS_SECRET_ACCESS_KEY", "a wrong secret".to_owned());
    let refused = compile.command().arg("--start-server").run_expecting(2);
    assert!(refused.text().contains("SignatureDoesNotMatch"), "{refused}");
}

fn s3_storage(s3: &S3) -> [(&'static str, String); 5] {
    [
        ("SCCACHE_BUCKET", S3::BUCKET.to_owned()),
        ("SCCACHE_REGION", S3::REGION.to_owned()),
        ("SCCACHE_ENDPOINT", s3.endpoint()),
        ("AWS_ACCESS_KEY_ID", S3::ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", S3::SECRET_KEY.to_owned()),
    ]
}

#[test]
fn webdav_with_sccache() {
    let Some(tools) = with_sccache(WebDav::NEEDS) else { return };
    let webdav = WebDav::start(&tools);
    prove_sccache(&tools, "webdav", [("SCCACHE_WEBDAV_ENDPOINT", webdav.url())]);
    assert!(webdav.objects() >= 1);
}

#[test]
fn webdav_with_a_login_with_sccache() {
    let Some(tools) = with_sccache(WebDav::NEEDS) else { return };
    let webdav = WebDav::start_with_login(&tools, "builder", "open sesame");
    let storage = [
        ("SCCACHE_WEBDAV_ENDPOINT", webdav.url()),
        ("SCCACHE_WEBDAV_USERNAME", "builder".to_owned()),
        ("SCCACHE_WEBDAV_PASSWORD", "open sesame".to_owned()),
    ];
    prove_sccache(&tools, "webdav-login", storage);
    assert!(webdav.objects() >= 1);
}

#[test]
fn http_with_ccache() {
    let Some(tools) = with_ccache(WebDav::NEEDS) else { return };
    let webdav = WebDav::start(&tools);
    prove_ccache(&tools, "http", &format!("{}|layout=flat", webdav.url()));
    assert!(webdav.objects() >= 1);
}

#[test]
fn gcs_with_sccache() {
    let Some(tools) = with_sccache(Gcs::NEEDS) else { return };
    let gcs = Gcs::start();
    let bucket =
        [("SCCACHE_GCS_BUCKET", Gcs::BUCKET.to_owned()), ("SCCACHE_GCS_RW_MODE", "READ_WRITE".to_owned())];
    prove_sccache(&tools, "gcs", bucket.into_iter().chain(gcs.env()));
    assert!(gcs.objects() >= 1);
}

#[test]
fn a_paused_server_does_not_answer_until_it_resumes() {
    let Some(_) = Tools::require(Redis::NEEDS) else { return };
    let redis = Redis::start();
    redis.server.pause();
    let mut impatient = redis.cli();
    impatient.args(["-t", "1", "PING"]);
    let silent = impatient.run_to_any_end();
    assert!(!silent.stdout.contains("PONG"), "{silent}");
    redis.server.resume();
    let answer = redis.cli().arg("PING").run();
    assert_eq!(answer.stdout, "PONG\n", "{answer}");
}

#[test]
fn a_stopped_server_refuses_connections() {
    let Some(_) = Tools::require(Redis::NEEDS) else { return };
    let mut redis = Redis::start();
    redis.server.stop();
    let refused = redis.cli().arg("PING").run_expecting(1);
    assert!(refused.text().contains("refused"), "{refused}");
}
