//! The remote, its credentials and the clock, with real servers and before a build is configured.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use super::{Report, doctor};
use crate::backends::{s3_remote, s3_secrets};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::servers::{Gcs, Redis, S3, WebDav, free_port};
use crate::support::{Run, Tools};

tests![
    an_object_is_written_and_read_back in [SCCACHE, CCACHE],
    faults_of_s3_are_named,
    faults_of_redis_are_named in [SCCACHE, CCACHE],
    faults_of_tls_and_proxies_are_named,
    faults_of_a_web_server_are_named in [SCCACHE, CCACHE],
    a_remote_that_refuses_writes_is_named,
    a_clock_that_is_wrong_is_named,
    a_remote_that_hangs_after_configuring_is_named,
];

/// The exit code if there is no build.
const NO_BUILD: i32 = 5;

fn redis_remote(address: &str) -> String {
    format!(
        "{{ type: redis, endpoint: \"redis://{address}\", credentials: {{ password: \"${{PASSWORD}}\" }} }}"
    )
}

fn gcs_remote(gcs: &Gcs) -> String {
    let url = format!("http://{}/token", gcs.server.address());
    format!("{{ type: gcs, bucket: {}, credentials_url: \"{url}\" }}", Gcs::BUCKET)
}

fn password(text: &str) -> Vec<(&'static str, String)> {
    vec![("PASSWORD", text.to_owned())]
}

/// The report about a remote, without a build.
fn examine(setup: Setup, tools: &Tools, remote: &str, secrets: Vec<(&'static str, String)>) -> Report {
    let build = Build::new("remote", setup, tools, remote, secrets);
    let report = Report::of(&mut doctor(&build), NO_BUILD);
    // The experiment leaves nothing: neither a process nor a folder.
    assert!(
        eventually(Duration::from_secs(10), || build.sandbox.processes().is_empty()),
        "processes are left: {:?}\n{}",
        build.sandbox.processes(),
        report.finished
    );
    report
}

fn assert_remote(report: &Report, text: &str, help: &str) {
    report.assert_has("remote", "degraded", text, help);
}

fn an_object_is_written_and_read_back(setup: Setup) {
    let Some(tools) = setup.tools(&[Redis::NEEDS, S3::NEEDS].concat()) else { return };
    let server = Redis::start_with_password("sesame");
    let remote = redis_remote(&server.server.address());
    let build = Build::new("well", setup, &tools, &remote, password("sesame"));
    for _ in 0..2 {
        let report = Report::of(&mut doctor(&build), NO_BUILD);
        report.assert_has("remote", "fine", "an object was written and read back in ", "");
        report.assert_fine("secrets");
    }
    // The objects of the second run have replaced those of the first one.
    let keys = server.keys();
    Report::of(&mut doctor(&build), NO_BUILD);
    assert_eq!(server.keys(), keys);
    assert!(keys <= 3, "{keys} objects");

    // Read-only: nothing is written.
    let server = Redis::start_with_password("sesame");
    let remote =
        redis_remote(&server.server.address()).replace("type: redis", "type: redis, access: read-only");
    let report = examine(setup, &tools, &remote, password("sesame"));
    report.assert_has("remote", "fine", "it answers; it is configured as read-only", "");
    assert_eq!(server.keys(), 0);

    // After configuring, with the settings of the build.
    let server = Redis::start_with_password("sesame");
    let build =
        Build::new("built", setup, &tools, &redis_remote(&server.server.address()), password("sesame"));
    build.toolchainkit(&["generate"]);
    build.configure();
    build.build();
    build.wait_until_stored();
    let (hits, misses) = build.hits_and_misses();
    let report = Report::of(&mut doctor(&build), 0);
    for link in ["config", "generated", "build", "cache", "tool", "launcher", "secrets", "folders", "remote"]
    {
        report.assert_fine(link);
    }
    report.assert_has("compilation", "fine", "a trial file was stored and then hit", "");
    report.assert_has("checkouts", "fine", "a checkout in another folder hits", "");
    // sccache counts the trial in the daemon of the build, and the report says so. ccache does not count it.
    let counted = u64::from(setup.is_sccache());
    assert_eq!(build.hits_and_misses(), (hits + counted, misses + counted));
    let said = report.of_link("compilation").any(|finding| {
        finding["text"].as_str().is_some_and(|text| text.contains("sccache also counts the miss and the hit"))
    });
    assert_eq!(said, setup.is_sccache());
}

fn faults_of_s3_are_named() {
    let Some(tools) = SCCACHE.tools(S3::NEEDS) else { return };
    let mut server = S3::start(&tools);
    let remote = s3_remote(&server, "");
    let examine = |remote: &str, secrets| examine(SCCACHE, &tools, remote, secrets);

    let bucket = remote.replace(S3::BUCKET, "another-bucket");
    assert_remote(&examine(&bucket, s3_secrets()), "does not have this bucket", "correct its name");

    let wrong = |index: usize| {
        let mut secrets = s3_secrets();
        "wrong".clone_into(&mut secrets[index].1);
        secrets
    };
    for index in [0, 1] {
        let report = examine(&remote, wrong(index));
        assert_remote(&report, "does not accept the credentials", "cache.remote.credentials");
        report.assert_fine("secrets");
    }

    let (name, _) = s3_secrets()[1];
    let report = examine(&remote, s3_secrets()[..1].to_vec());
    report.assert_has("secrets", "degraded", &format!("{name} is not set"), "secrets of the CI job");
    report.assert_has("remote", "doubtful", &format!("not checked: {name} is not set"), "set it");

    let unknown = remote.replace("127.0.0.1", "no-such-host.invalid");
    assert_remote(&examine(&unknown, s3_secrets()), "the name of the host is unknown", "DNS");

    let encrypted = remote.replace("http://", "https://");
    assert_remote(&examine(&encrypted, s3_secrets()), "does not use TLS as configured", "http or https");

    server.server.pause();
    assert_remote(&examine(&remote, s3_secrets()), "does not answer in time", "firewall");
    server.server.resume();
    server.server.stop();
    assert_remote(&examine(&remote, s3_secrets()), "nothing listens at its port", "start the server");

    // The answer of S3 in another region.
    let elsewhere = WebServer::start(
        "400 Bad Request",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization \
         header is malformed; the region 'us-east-1' is wrong; expecting 'eu-central-1'</Message><Region>eu-central-1</Region>\
         <RequestId>1</RequestId><HostId>1</HostId></Error>",
        None,
    );
    let remote = remote.replace(&server.server.address(), &elsewhere.address());
    assert_remote(&examine(&remote, s3_secrets()), "has another region", "cache.remote.region");
}

fn faults_of_redis_are_named(setup: Setup) {
    let Some(tools) = setup.tools(Redis::NEEDS) else { return };
    let mut server = Redis::start_with_password("sesame");
    let address = server.server.address();
    let examine = |remote: &str, secrets| examine(setup, &tools, remote, secrets);

    let report = examine(&redis_remote(&address), password("wrong"));
    assert_remote(&report, "does not accept the credentials", "cache.remote.credentials");

    // The name of the variable does not show that it is a secret.
    let remote = redis_remote(&address).replace("PASSWORD", "PHRASE");
    let report = examine(&remote, vec![("PHRASE", "open-barley".to_owned())]);
    assert_remote(&report, "does not accept the credentials", "cache.remote.credentials");
    assert!(!report.finished.text().contains("open-barley"), "{}", report.finished);

    let report = examine(&format!("{{ type: redis, endpoint: \"redis://{address}\" }}"), Vec::new());
    let words = if setup.is_sccache() { "requires a password" } else { "does not accept the credentials" };
    assert_remote(&report, words, "cache.remote.credentials");

    server.cli().args(["CONFIG", "SET", "maxmemory", "1"]).run();
    assert_remote(&examine(&redis_remote(&address), password("sesame")), "has no space left", "enlarge");
    server.cli().args(["CONFIG", "SET", "maxmemory", "0"]).run();

    server.server.pause();
    let report = examine(&redis_remote(&address), password("sesame"));
    assert_remote(&report, "does not answer in time", "firewall");
    server.server.resume();
    server.server.stop();
    let report = examine(&redis_remote(&address), password("sesame"));
    assert_remote(&report, "nothing listens at its port", "correct the port");
}

fn faults_of_tls_and_proxies_are_named() {
    let Some(tools) = SCCACHE.tools(&[Redis::NEEDS, Gcs::NEEDS].concat()) else { return };
    let server = Redis::start_with_tls();
    let remote = format!("{{ type: redis, endpoint: \"rediss://{}\" }}", server.server.address());
    let report = examine(SCCACHE, &tools, &remote, Vec::new());
    assert_remote(&report, "has a TLS certificate that this machine does not accept", "SSL_CERT_FILE");

    let plain = Redis::start();
    let remote = format!("{{ type: redis, endpoint: \"rediss://{}\" }}", plain.server.address());
    let report = examine(SCCACHE, &tools, &remote, Vec::new());
    assert_remote(&report, "does not use TLS as configured", "redis or rediss");

    // The real host is behind the proxy of the test server. Without its authority, the certificate is not accepted.
    let gcs = Gcs::start();
    let remote = gcs_remote(&gcs);
    let mut variables = gcs.env();
    let report = examine(SCCACHE, &tools, &remote, variables.clone());
    report.assert_has("remote", "fine", "an object was written and read back", "");
    variables.retain(|(name, _)| *name != "SSL_CERT_FILE");
    let report = examine(SCCACHE, &tools, &remote, variables.clone());
    assert_remote(&report, "has a TLS certificate that this machine does not accept", "SSL_CERT_FILE");
    let closed = format!("http://127.0.0.1:{}", free_port());
    variables
        .iter_mut()
        .filter(|(name, _)| *name == "HTTPS_PROXY")
        .for_each(|(_, value)| value.clone_from(&closed));
    let report = examine(SCCACHE, &tools, &remote, variables);
    assert_remote(&report, "HTTPS_PROXY is set", "");
}

fn faults_of_a_web_server_are_named(setup: Setup) {
    let Some(tools) = setup.tools(WebDav::NEEDS) else { return };
    let server = WebDav::start_with_login(&tools, "builder", "sesame");
    // ccache does not create it.
    server.make_folders("x");
    let remote = |url: &str| {
        format!(
            "{{ type: http, endpoint: \"{url}/x\", credentials: {{ username: builder, password: \"${{PASSWORD}}\" }} }}"
        )
    };
    let report = examine(setup, &tools, &remote(&server.url()), password("sesame"));
    report.assert_has("remote", "fine", "an object was written and read back", "");
    report.assert_fine("clock");
    let report = examine(setup, &tools, &remote(&server.url()), password("wrong"));
    assert_remote(&report, "does not accept the credentials", "cache.remote.credentials");

    for (status, words) in [
        ("403 Forbidden", "does not permit this access"),
        ("503 Service Unavailable", "has an error of its own"),
        ("507 Insufficient Storage", "has no space left"),
    ] {
        let broken = WebServer::start(status, "", None);
        let report =
            examine(setup, &tools, &remote(&format!("http://{}", broken.address())), password("sesame"));
        assert_remote(&report, words, "");
    }
}

fn a_remote_that_refuses_writes_is_named() {
    let Some(tools) = SCCACHE.tools(&[Redis::NEEDS, Gcs::NEEDS].concat()) else { return };
    let gcs = Gcs::start();
    gcs.fail(Some(403), true);
    let report = examine(SCCACHE, &tools, &gcs_remote(&gcs), gcs.env());
    assert_remote(&report, "does not permit this access", "access: read-only");

    let redis = Redis::start();
    redis
        .cli()
        .args([
            "ACL", "SETUSER", "default", "on", ">sesame", "~*", "-@all", "+get", "+exists", "+strlen",
            "+auth", "+select", "+ping", "+client", "+hello",
        ])
        .run();
    for setup in [SCCACHE, CCACHE] {
        let Some(tools) = setup.tools(&[]) else { return };
        let report = examine(setup, &tools, &redis_remote(&redis.server.address()), password("sesame"));
        assert_remote(&report, "does not permit this access", "access: read-only");
    }
}

fn a_clock_that_is_wrong_is_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let old = WebServer::start("401 Unauthorized", "", Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let remote = format!("{{ type: http, endpoint: \"http://{}/x\" }}", old.address());
    let report = examine(SCCACHE, &tools, &remote, Vec::new());
    let words = format!("days ahead of the one of {}", old.address());
    report.assert_has("clock", "degraded", &words, "NTP");

    let skewed = WebServer::start(
        "403 Forbidden",
        "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too \
         large.</Message></Error>",
        Some("Sun, 06 Nov 2044 08:49:37 GMT"),
    );
    let server = format!(
        "{{ type: s3, bucket: b, region: us-east-1, endpoint: \"http://{}\", credentials: {{ access_key: \"${{KEY}}\", secret_key: \"${{SECRET}}\" }} }}",
        skewed.address()
    );
    let secrets = vec![("KEY", "key of the test".to_owned()), ("SECRET", "secret of the test".to_owned())];
    let report = examine(SCCACHE, &tools, &server, secrets);
    report.assert_has("clock", "degraded", " behind the one of ", "NTP");
    assert_remote(&report, "because of the time of this machine", "NTP");
}

/// The build was configured with a remote that answered. Then it hangs, and then it is gone.
fn a_remote_that_hangs_after_configuring_is_named() {
    let Some(tools) = SCCACHE.tools(Redis::NEEDS) else { return };
    let mut server = Redis::start_with_password("sesame");
    let build =
        Build::new("hung", SCCACHE, &tools, &redis_remote(&server.server.address()), password("sesame"));
    build.toolchainkit(&["generate"]);
    build.configure();
    build.stop_daemon();
    server.server.pause();
    let report = Report::of(&mut doctor(&build), 8);
    assert_remote(&report, "does not answer in time", "firewall");
    report.assert_has("compilation", "broken", "", "");
    report.assert_fine("tool");
    server.server.resume();
    server.server.stop();
    let report = Report::of(&mut doctor(&build), 8);
    assert_remote(&report, "nothing listens at its port", "start the server");

    // Configured without the remote: the build works with a local cache.
    build.configure();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("cache", "degraded", "instead of the configured cache: remote redis", "configure");
    assert_remote(&report, "nothing listens at its port", "start the server");
    Report::of(doctor(&build).arg("--strict"), 8);
}

/// A web server that gives every request the same answer.
struct WebServer {
    port: u16,
}

impl WebServer {
    /// Starts one. Its thread ends with the process of the test.
    fn start(status: &'static str, body: &'static str, date: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in listener.incoming().filter_map(Result::ok) {
                thread::spawn(move || answer(client, status, body, date).ok());
            }
        });
        Self { port }
    }

    fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

fn answer(mut client: TcpStream, status: &str, body: &str, date: Option<&str>) -> std::io::Result<()> {
    client.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut part)? {
            0 => return Ok(()),
            length => request.extend_from_slice(&part[..length]),
        }
    }
    let date = date.map(|date| format!("Date: {date}\r\n")).unwrap_or_default();
    let body = if request.starts_with(b"HEAD") { "" } else { body };
    let length = body.len();
    write!(
        client,
        "HTTP/1.1 {status}\r\n{date}Content-Type: application/xml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )?;
    // Closing with unread data would reset the connection before the client has read the answer.
    thread::sleep(Duration::from_millis(50));
    Ok(())
}
