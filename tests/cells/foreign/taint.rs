//! Every kind of credential, with a server that repeats it: no command prints it, and no file contains it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use toolchainkit::caching::remote::{BACKENDS, Kind};

use super::{LAUNCHERS, assert_no_secret_below, assert_plain};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::{Cell, pairs, tests};
use crate::support::servers::Echo;
use crate::support::{Finished, Run as _, Tools};

tests![
    a_credential_is_printed_and_stored_nowhere in pairs(rows(), LAUNCHERS),
    every_secret_of_a_backend_has_a_row,
];

/// A storage. In `remote`, `{SERVER}` is the address of the server. The values of the variables contain `{SERVER}`, too.
#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    setup: Setup,
    remote: &'static str,
    variables: &'static [(&'static str, &'static str)],
}

impl Cell for Row {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

/// The newest sccache supports all kinds of storages.
const NEWEST: Setup = Setup { cache: crate::support::Tool::Sccache(Tools::NEWEST_SCCACHE), ..SCCACHE };

/// Each value contains `taint`, which no other text contains.
const ROWS: [Row; 12] = [
    row(
        "s3",
        SCCACHE,
        "{ type: s3, bucket: b, endpoint: \"http://{SERVER}\", region: r, credentials: \
         { access_key: \"${CI_A}\", secret_key: \"${CI_B}\", session_token: \"${CI_C}\" } }",
        &[("CI_A", "AKIAtaint1"), ("CI_B", "taint2/+'\"\\secret"), ("CI_C", "taint3==token")],
    ),
    row(
        "oss",
        SCCACHE,
        "{ type: oss, bucket: b, endpoint: \"http://{SERVER}\", credentials: \
         { access_key: \"${CI_A}\", secret_key: \"${CI_B}\", session_token: \"${CI_C}\" } }",
        &[("CI_A", "LTAItaint1"), ("CI_B", "taint2/secret"), ("CI_C", "taint3==token")],
    ),
    row(
        "cos",
        SCCACHE,
        "{ type: cos, bucket: b, endpoint: \"http://{SERVER}\", credentials: \
         { secret_id: \"${CI_A}\", secret_key: \"${CI_B}\", session_token: \"${CI_C}\" } }",
        &[("CI_A", "AKIDtaint1"), ("CI_B", "taint2/secret"), ("CI_C", "taint3==token")],
    ),
    row(
        "redis",
        SCCACHE,
        "{ type: redis, endpoint: \"redis://{SERVER}\", credentials: { password: \"${CI_A}\" } }",
        &[("CI_A", "taint1 p@ss/word")],
    ),
    row(
        "memcached",
        SCCACHE,
        "{ type: memcached, endpoint: \"{SERVER}\", credentials: { username: u, password: \"${CI_A}\" } }",
        &[("CI_A", "taint1 p@ss/word")],
    ),
    row(
        "http-token",
        SCCACHE,
        "{ type: http, endpoint: \"http://{SERVER}/c\", credentials: { token: \"${CI_A}\" } }",
        &[("CI_A", "taint1.abc-def")],
    ),
    row(
        "http-password",
        SCCACHE,
        "{ type: http, endpoint: \"http://{SERVER}/c\", credentials: { username: u, password: \"${CI_A}\" } }",
        &[("CI_A", "taint1 p@ss/word")],
    ),
    row(
        "azure",
        SCCACHE,
        "{ type: azure, container: c, credentials: { connection_string: \"${CI_A}\" } }",
        &[(
            "CI_A",
            "BlobEndpoint=http://{SERVER}/a;AccountName=a;AccountKey=dGFpbnRhaW50;SharedAccessSignature=sv=1&sig=taint1%2Fx",
        )],
    ),
    row(
        "azure-malformed",
        SCCACHE,
        "{ type: azure, container: c, credentials: { connection_string: \"${CI_A}\" } }",
        &[("CI_A", "AccountName=a;AccountKey:taint1key")],
    ),
    row(
        "azure-entra",
        NEWEST,
        "{ type: azure, container: c, storage_account: a, endpoint: \"http://{SERVER}\", credentials: \
         { tenant_id: t, client_id: i, client_secret: \"${CI_A}\" } }",
        &[("CI_A", "taint1~secret"), ("AZURE_AUTHORITY_HOST", "http://{SERVER}")],
    ),
    row(
        "gha",
        SCCACHE,
        "{ type: gha }",
        &[
            ("ACTIONS_RUNTIME_TOKEN", "taint1.jwt"),
            ("ACTIONS_RESULTS_URL", "http://{SERVER}/"),
            ("ACTIONS_CACHE_SERVICE_V2", "true"),
        ],
    ),
    row(
        "ccache-redis",
        CCACHE,
        "{ type: redis, endpoint: \"redis://{SERVER}\", credentials: { password: \"${CI_A}\" } }",
        &[("CI_A", "taint1 p@ss/word")],
    ),
];

/// All rows for the whole cross product, otherwise those of three different ways to repeat a credential.
fn rows() -> Vec<Row> {
    let is_usual = |row: &Row| Tools::full() || ["s3", "http-token", "azure-malformed"].contains(&row.name);
    ROWS.into_iter().filter(is_usual).collect()
}

const fn row(
    name: &'static str,
    setup: Setup,
    remote: &'static str,
    variables: &'static [(&'static str, &'static str)],
) -> Row {
    Row { name, setup, remote, variables }
}

/// The parts of a value that contain the mark.
fn parts(values: &[(&'static str, String)]) -> Vec<String> {
    let mut parts = Vec::new();
    for (_, value) in values {
        let at = value.match_indices("taint").map(|(at, _)| at);
        parts.extend(
            at.map(|at| value[at..].chars().take_while(char::is_ascii_alphanumeric).collect::<String>()),
        );
        if value.contains("dGFpbnRhaW50") {
            parts.push("dGFpbnRhaW50".to_owned());
        }
    }
    parts
}

/// Watches the arguments of all processes.
struct Watch {
    is_over: Arc<AtomicBool>,
    thread: thread::JoinHandle<BTreeSet<String>>,
}

impl Watch {
    fn start(secrets: &[&str]) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        let thread = thread::spawn(move || {
            let mut found = BTreeSet::new();
            while !ends.load(Ordering::Relaxed) {
                for entry in fs::read_dir("/proc").expect("the processes").flatten() {
                    let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
                    let line = String::from_utf8_lossy(&line).into_owned();
                    if secrets.iter().any(|secret| line.contains(secret.as_str())) {
                        found.insert(line);
                    }
                }
                thread::sleep(Duration::from_millis(4));
            }
            found
        });
        Self { is_over, thread }
    }

    fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        let found = self.thread.join().expect("the thread ends");
        assert!(found.is_empty(), "secrets in arguments: {found:?}");
    }
}

fn a_credential_is_printed_and_stored_nowhere((row, launcher): (Row, &'static str)) {
    let Some(tools) = row.setup.tools(&[]) else { return };
    let server = Echo::start();
    let with_server = |text: &str| text.replace("{SERVER}", &server.address());
    let mut variables: Vec<(&'static str, String)> =
        row.variables.iter().map(|(name, value)| (*name, with_server(value))).collect();
    let parts = parts(&variables);
    let secrets: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert!(!secrets.is_empty());
    if launcher == "script" {
        variables.push(("TOOLCHAINKIT_LAUNCH", "OFF".to_owned()));
    }
    let build = Build::new("taint", row.setup, &tools, &with_server(row.remote), variables);
    let watch = Watch::start(&secrets);
    let toolchainkit = |arguments: &str| {
        let mut command = build.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.args(arguments.split(' ')).run_to_any_end()
    };
    let mut all: Vec<Finished> =
        ["generate", "validate", "plan", "plan --format json", "env", "env --shell github"]
            .map(toolchainkit)
            .into();
    all.push(build.configure());
    let read = |path: &Path| fs::read(path).expect("a file");
    let summary = read(&build.folder().join("toolchainkit/cache.json"));
    let summary: serde_json::Value = serde_json::from_slice(&summary).expect("valid JSON");
    assert_eq!(summary["launch"], launcher);
    if row.setup.is_sccache() {
        assert_eq!(summary["mode"], "local", "{summary}");
        assert!(!summary["reason"].as_str().expect("a reason").is_empty());
    }
    all.push(build.command("cmake").args(["--build", "build/release", "-v"]).run());
    let why = "doctor --build build/release --why";
    let source = "c_0.c";
    for arguments in [
        "stats --build build/release",
        "stats --build build/release --format json",
        "doctor --build build/release",
        "doctor --build build/release --format json",
        &format!("{why} {source}"),
        "server status",
        "server status --format json",
        "server stop --build build/release",
        "server start --build build/release",
        "install --list",
    ] {
        all.push(toolchainkit(arguments));
    }
    if row.setup.is_sccache() {
        // Without the local cache, the launcher keeps the settings of the remote, and its own messages can be seen.
        let path = build.project.root().join("toolchainkit.yaml");
        let yaml = fs::read_to_string(&path).expect("the configuration");
        fs::write(&path, yaml.replace("cache:\n", "cache:\n  on_failure: fail\n"))
            .expect("the configuration");
        all.push(toolchainkit("generate"));
        let mut configure = build.command("cmake");
        configure.args(["-S", ".", "-B", "build/fail", "-G", "Ninja"]);
        all.push(configure.arg("-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake").run_expecting(1));
        let launcher = build.project.root().join("build/fail/toolchainkit/launcher");
        for arguments in ["--start-server", "--show-stats", "--stop-server", "gcc -c x.c -o x.o"] {
            fs::write(build.project.root().join("x.c"), "int x;\n").expect("a source");
            all.push(build.command(&launcher).args(arguments.split(' ')).run_to_any_end());
        }
    }
    watch.end();
    for finished in &all {
        assert_plain(finished, &secrets);
    }
    assert_no_secret_below(build.sandbox.root(), &secrets);
}

/// A new credential of a backend needs a row.
fn every_secret_of_a_backend_has_a_row() {
    for backend in BACKENDS {
        let secrets = backend.fields().iter().filter(|field| field.kind == Kind::Secret);
        for field in secrets {
            let has_row = ROWS.iter().any(|row| {
                row.remote.contains(&format!("type: {},", backend.name()))
                    && row.remote.contains(&format!("{}: \"${{", field.name))
            });
            assert!(has_row, "{}: {}", backend.name(), field.name);
        }
    }
}
