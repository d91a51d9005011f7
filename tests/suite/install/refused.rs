//! Installations that are rejected: each with its own message, and without leaving files behind.

use std::fs;
use std::time::Duration;

use super::{Bench, FOLDER, names};
use crate::support::servers::Releases;
use crate::support::{Run, Tool, Tools};

/// The behaviour of the server, and the expected part of the error message.
const BAD_SERVERS: &[(&str, &str)] = &[
    ("flipped", "was not opened: its SHA-256 is"),
    ("truncated", "was cut off after"),
    ("short", "was not opened: its SHA-256 is"),
    ("long", "was cut off after"),
    ("endless", "larger than the limit of 67108864 bytes"),
    ("huge", "larger than the limit of 67108864 bytes"),
    ("forbidden", "answered with status 403"),
    ("broken", "answered with status 500"),
    ("to-http", "need https"),
    ("loop", "redirects more than 10 times"),
];

#[test]
fn responses_of_broken_servers_are_rejected() {
    let Some(bench) = Bench::start() else { return };
    for (how, words) in BAD_SERVERS {
        let refused = bench.install(how).run_expecting(5);
        assert!(refused.stderr.contains(words), "{how}: {refused}");
        assert!(!refused.text().contains("hunter2"), "{how}: {refused}");
        assert_eq!(refused.stdout, "", "{how}");
        bench.assert_nothing_left();
    }
    // A wrong file is not requested again; after a possible network error, it is.
    let asked = |how: &str| bench.releases.requests().iter().filter(|line| line.starts_with(how)).count();
    let counts = ["flipped", "forbidden", "endless", "truncated", "broken"].map(asked);
    assert_eq!(counts, [1, 1, 1, 4, 4]);
    bench.install("plain").run();
    bench.assert_installed();
}

#[test]
fn a_slow_or_silent_server_is_rejected() {
    let Some(bench) = Bench::start() else { return };
    for how in ["drip", "silent"] {
        let refused = bench.install(how).args(["--timeout", "2"]).run_expecting(5);
        assert!(refused.stderr.contains("2 s") || refused.stderr.contains("timeout"), "{how}: {refused}");
        assert!(refused.elapsed < Duration::from_secs(10), "{refused}");
        bench.assert_nothing_left();
    }
}

#[test]
fn the_archive_of_another_version_is_rejected() {
    let Some(bench) = Bench::start() else { return };
    // The digest of 4.14.1 is known, and the server sends the archive of 4.14.2.
    let known = format!("ccache-4.14.1-linux-{}-musl-static.tar.gz", std::env::consts::ARCH);
    bench.releases.put(&known, &super::good_archive(&bench.executable));
    let mirror = bench.releases.url("plain");
    let install = ["install", "ccache", "--version", "4.14.1", "--mirror", &mirror];
    let refused = bench.command(&install).run_expecting(5);
    assert!(refused.stderr.contains("was not opened"), "{refused}");
    bench.assert_nothing_left();
    // With a matching digest, the check after running the executable finds it.
    let refused = bench.command(&[&install[..], &["--sha256", &bench.sha256]].concat()).run_expecting(5);
    assert!(refused.stderr.contains("version 4.14.2, not 4.14.1"), "{refused}");
    bench.assert_nothing_left();
}

#[test]
fn a_version_without_digest_and_signature_is_rejected() {
    let Some(bench) = Bench::start() else { return };
    let mirror = bench.releases.url("plain");
    let refused =
        bench.command(&["install", "sccache", "--version", "0.99.0", "--mirror", &mirror]).run_expecting(5);
    assert!(refused.stderr.contains("--sha256"), "{refused}");
    assert_eq!(bench.releases.requests().len(), 0);
    bench.assert_nothing_left();
}

#[test]
fn a_signature_by_another_key_is_rejected() {
    let Some(_) = Tools::require(&[Tool::System("minisign")]) else { return };
    let Some(bench) = Bench::start() else { return };
    let install =
        ["install", "ccache", "--version", super::VERSION, "--mirror", &bench.releases.url("plain")];
    let refused = bench.command(&install).run_expecting(5);
    assert!(
        refused.stderr.contains(".minisig cannot be downloaded: the server answered with status 404"),
        "{refused}"
    );
    bench.assert_nothing_left();

    let folder = bench.sandbox.dir("signing");
    let asset = super::asset();
    fs::write(folder.join(&asset), super::good_archive(&bench.executable)).unwrap();
    for arguments in
        [&["-G", "-W", "-p", "key.pub", "-s", "key.sec"][..], &["-S", "-s", "key.sec", "-m", &asset]]
    {
        bench.sandbox.command("minisign").current_dir(&folder).args(arguments).run();
    }
    let name = format!("{asset}.minisig");
    bench.releases.put(&name, &fs::read(folder.join(&name)).unwrap());
    let refused = bench.command(&install).run_expecting(5);
    assert!(refused.stderr.contains("cannot be verified and was not opened"), "{refused}");
    assert!(refused.stderr.contains("different key"), "{refused}");
    bench.assert_nothing_left();
}

#[test]
fn an_unknown_certificate_is_rejected() {
    let Some(bench) = Bench::start_on(Releases::start_with_tls) else { return };
    let refused = bench.install("plain").run_expecting(5);
    assert!(refused.stderr.contains("SSL_CERT_FILE"), "the help names the variable: {refused}");
    assert!(refused.elapsed < Duration::from_secs(3), "no retry: {refused}");
    bench.assert_nothing_left();
    let empty = bench.sandbox.root().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let refused = bench.install("plain").env("SSL_CERT_FILE", &empty).run_expecting(5);
    assert!(refused.stderr.contains("empty.pem"), "{refused}");
    assert_eq!(bench.releases.requests().len(), 0);

    bench.install("plain").env("SSL_CERT_FILE", bench.releases.ca()).run();
    bench.assert_installed();
}

#[test]
fn an_insecure_mirror_is_rejected() {
    let Some(bench) = Bench::start() else { return };
    for mirror in [
        "http://mirror.example",
        "https://me:hunter2@mirror.example",
        "ftp://127.0.0.1",
        "mirror",
        "https://m/?a=hunter2",
    ] {
        let install =
            ["install", "ccache", "--version", super::VERSION, "--sha256", &bench.sha256, "--mirror", mirror];
        let refused = bench.command(&install).run_expecting(2);
        assert!(!refused.text().contains("hunter2"), "{refused}");
        bench.assert_nothing_left();
    }
}

#[test]
fn a_foreign_folder_at_the_path_of_the_tool_is_not_replaced() {
    let Some(bench) = Bench::start() else { return };
    let mine = bench.store().join(&*FOLDER);
    fs::create_dir_all(&mine).unwrap();
    fs::write(mine.join("mine"), "precious").unwrap();
    for force in [&[][..], &["--force"]] {
        let refused = bench.install("plain").args(force).run_expecting(6);
        assert!(refused.stderr.contains("already exists and is not replaced"), "{refused}");
        assert_eq!(names(&mine), ["mine"]);
        assert_eq!(names(&bench.store()), [".lock", &FOLDER]);
    }
    assert_eq!(bench.releases.requests().len(), 0, "no download before the check");
}

#[test]
fn a_store_that_is_not_a_folder_or_is_writable_by_others_is_rejected() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(bench) = Bench::start() else { return };
    fs::create_dir_all(bench.store()).unwrap();
    fs::set_permissions(bench.store(), fs::Permissions::from_mode(0o777)).unwrap();
    let refused = bench.install("plain").run_expecting(1);
    assert!(refused.stderr.contains("is writable by other users"), "{refused}");
    bench.assert_nothing_left();

    // With a umask of 0, an installation creates a store that only the user can write to.
    fs::remove_dir_all(bench.store()).unwrap();
    let install = bench.install("plain");
    let mut careless = bench.sandbox.command("sh");
    careless
        .args(["-c", "umask 0; exec \"$@\"", "sh"])
        .arg(install.get_program())
        .args(install.get_args())
        .run();
    bench.assert_installed();
    for path in [bench.store(), bench.store().join(&*FOLDER), bench.installed()] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755, "{}", path.display());
    }

    fs::remove_dir_all(bench.store()).unwrap();
    fs::write(bench.store(), "").unwrap();
    let refused = bench.install("plain").run_expecting(1);
    assert!(refused.stderr.contains("cannot be stored in"), "{refused}");
    assert_eq!(fs::read(bench.store()).unwrap(), b"");
}

/// Runs the installation with the store on a separate disk with these mount `options`, and lists the files that it
/// leaves there.
fn install_on_separate_disk(bench: &Bench, options: &str) -> crate::support::Finished {
    let script = r#"
        mount -t tmpfs -o "$1" tmpfs "$XDG_CACHE_HOME" || exit 99
        shift
        "$@"; code=$?
        find "$XDG_CACHE_HOME" -type f ! -name .lock
        exit $code"#;
    let install = bench.install("plain");
    let mut command = bench.sandbox.command("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", options]);
    command.arg(install.get_program()).args(install.get_args()).run_expecting(1)
}

#[test]
fn a_full_or_read_only_disk_leaves_no_files() {
    let Some(_) = Tools::require(&[Tool::System("unshare"), Tool::System("mount")]) else { return };
    let Some(bench) = Bench::start() else { return };
    let archive = super::good_archive(&bench.executable).len();
    // Full in the middle of the download, and in the middle of unpacking.
    for size in [archive / 2, bench.executable.len() * 3 / 4] {
        let full = install_on_separate_disk(&bench, &format!("size={size}"));
        assert!(full.stderr.contains("No space left on device"), "{full}");
        assert_eq!(full.stdout, "", "no file is left: {full}");
    }
    let read_only = install_on_separate_disk(&bench, "ro");
    assert!(read_only.stderr.contains("Read-only file system"), "{read_only}");
    assert_eq!(read_only.stdout, "", "{read_only}");
}
