//! Storages without a test server: the real sccache accepts the environment, and fails only because of the network.

use super::sccache;
use crate::end_to_end::build::Build;
use crate::list::{Sccache, tests};
use crate::support::servers::free_port;
use crate::support::{Run, Tools};

tests![
    github_actions in VERSIONS,
    alibaba_oss in VERSIONS,
    tencent_cos in VERSIONS,
    azure_with_entra_id,
];

/// The message of sccache when it starts with the remote; `variables` are those of the machine.
fn answer(version: &'static str, remote: &str, variables: Vec<(&'static str, String)>) -> Option<String> {
    let setup = sccache(version);
    let tools = setup.tools(&[])?;
    let build = Build::new("unreachable", setup, &tools, remote, variables);
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    // The same storage without the module, because the module would check the server first.
    let text = build.command(env!("CARGO_BIN_EXE_toolchainkit")).args(["env", "--with-secrets"]).run().stdout;
    let script = format!(
        "{text}\nexport SCCACHE_SERVER_UDS=\"$PWD/s\" SCCACHE_CONF=/dev/null\nsccache --start-server"
    );
    let refused = build.command("sh").args(["-c", &script]).run_expecting(2);
    build.build();
    build.assert_program_runs();
    assert!(configured.text().contains("local cache"), "{configured}");
    Some(format!("{configured}{refused}"))
}

fn assert_has(answer: &str, words: &[&str]) {
    for word in words {
        assert!(answer.contains(word), "{word} in\n{answer}");
    }
}

const VERSIONS: [Sccache; 2] = [Sccache(Tools::SCCACHE), Sccache(Tools::NEWEST_SCCACHE)];

fn github_actions(Sccache(version): Sccache) {
    let port = free_port();
    let runner = vec![
        ("ACTIONS_RUNTIME_TOKEN", "token".to_owned()),
        ("ACTIONS_RESULTS_URL", format!("http://127.0.0.1:{port}/")),
        ("ACTIONS_CACHE_SERVICE_V2", "true".to_owned()),
    ];
    let Some(inside) = answer(version, "{ type: gha, version: \"7\" }", runner) else { return };
    assert_has(&inside, &["service: ghac", "Connection refused", "api.v1.CacheService"]);
    let Some(outside) = answer(version, "{ type: gha }", Vec::new()) else { return };
    assert_has(&outside, &["cache url for ghac not found"]);
}

fn alibaba_oss(Sccache(version): Sccache) {
    let endpoint = format!("http://localhost:{}", free_port());
    let remote = format!(
        "{{ type: oss, bucket: builds, endpoint: \"{endpoint}\", prefix: p, \
         credentials: {{ access_key: \"${{KEY}}\", secret_key: \"${{SECRET}}\" }} }}"
    );
    let keys = vec![("KEY", "key".to_owned()), ("SECRET", "secret of the key".to_owned())];
    let Some(text) = answer(version, &remote, keys) else { return };
    // The bucket is part of the host name.
    assert_has(&text, &["service: oss", "builds.localhost", "error sending request"]);
    let anonymous =
        format!("{{ type: oss, bucket: builds, endpoint: \"{endpoint}\", no_credentials: true }}");
    let Some(text) = answer(version, &anonymous, Vec::new()) else { return };
    assert_has(&text, &["service: oss", "error sending request"]);
}

fn tencent_cos(Sccache(version): Sccache) {
    let remote = "{ type: cos, bucket: builds-1, endpoint: \"http://cos.invalid\", prefix: p, \
                  credentials: { secret_id: \"${ID}\", secret_key: \"${SECRET}\" } }";
    let keys = vec![("ID", "id".to_owned()), ("SECRET", "secret of the id".to_owned())];
    let Some(text) = answer(version, remote, keys) else { return };
    assert_has(&text, &["service: cos", "builds-1.cos.invalid", "error sending request"]);
}

fn azure_with_entra_id() {
    let remote = "{ type: azure, container: builds, storage_account: nobody, \
                  credentials: { tenant_id: t, client_id: c, client_secret: \"${SECRET}\" } }";
    let secret = || vec![("SECRET", "secret of the application".to_owned())];
    let Some(text) = answer(Tools::NEWEST_SCCACHE, remote, secret()) else { return };
    // It requests a token from a Microsoft server, which is unreachable or refuses.
    assert_has(&text, &["service: azblob", "reqsign::Sign"]);
}
