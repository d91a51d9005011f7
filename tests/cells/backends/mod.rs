//! Every kind of storage, each setting that affects the server, and every version of the tools, with real servers.

mod access;
mod names;
mod storages;
mod tiers;
mod trust;
mod unreachable;
mod versions;

use crate::end_to_end::build::{Build, SCCACHE, Setup};
use crate::list::List;
use crate::support::servers::S3;
use crate::support::{Finished, Tool};

pub(crate) fn tests(list: &mut List) {
    for add in [
        access::tests,
        names::tests,
        storages::tests,
        tiers::tests,
        trust::tests,
        unreachable::tests,
        versions::tests,
    ] {
        add(list);
    }
}

/// A password with special characters of shells, URLs and configuration files.
const SECRET: &str = "open sesame: 100%@/?";

const CCACHE_OF_SYSTEM: Setup = Setup { cache: Tool::System("ccache"), ..SCCACHE };

const fn sccache(version: &'static str) -> Setup {
    Setup { cache: Tool::Sccache(version), ..SCCACHE }
}

/// Proves misses, and hits after all local files were removed, with the tool's own statistics. Returns the first configuration.
fn prove_round_trip(build: &Build) -> Finished {
    let objects = build.project.objects();
    build.toolchainkit(&["generate"]);
    let configured = build.configure();
    assert!(configured.text().contains(", remote "), "{configured}");
    let cold = build.build();
    assert_eq!(build.hits_and_misses(), (0, objects), "cold\n{configured}\n{cold}");
    build.wait_until_stored();
    prove_hits_without_local_files(build);
    configured
}

/// Removes all local files, and proves that every object hits.
fn prove_hits_without_local_files(build: &Build) {
    build.stop_daemon();
    build.forget();
    let configured = build.configure();
    let warm = build.build();
    build.assert_program_runs();
    assert_eq!(build.hits_and_misses(), (build.project.objects(), 0), "warm\n{configured}\n{warm}");
    build.assert_no_secret_on_disk();
}

pub(crate) fn s3_remote(server: &S3, more: &str) -> String {
    format!(
        "{{ type: s3, bucket: {}, endpoint: \"{}\"{more}, \
         credentials: {{ access_key: \"${{CI_CACHE_KEY}}\", secret_key: \"${{CI_CACHE_SECRET}}\" }} }}",
        S3::BUCKET,
        server.endpoint()
    )
}

pub(crate) fn s3_secrets() -> Vec<(&'static str, String)> {
    vec![("CI_CACHE_KEY", S3::ACCESS_KEY.to_owned()), ("CI_CACHE_SECRET", S3::SECRET_KEY.to_owned())]
}
