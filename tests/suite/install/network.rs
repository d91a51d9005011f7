//! Network failures, proxies, and no network at all.

use std::fs;

use super::{Bench, asset, good_archive};
use crate::support::servers::{Proxy, Releases};
use crate::support::{Run, Tool, Tools};

#[test]
fn an_interrupted_download_resumes() {
    let Some(bench) = Bench::start() else { return };
    let archive = good_archive(&bench.executable).len();
    let finished = bench.install("cut").run();
    bench.assert_installed();
    let half = archive / 2;
    let quarter = half + (archive - half) / 2;
    let ranges = ["-".to_owned(), format!("bytes={half}-"), format!("bytes={quarter}-")];
    let expected = ranges.map(|range| format!("cut {} {range}", asset()));
    assert_eq!(bench.releases.requests(), expected, "{finished}");
    assert!(finished.stderr.contains("retrying"), "{finished}");
}

#[test]
fn a_server_without_ranges_sends_the_whole_file_again() {
    let Some(bench) = Bench::start() else { return };
    bench.install("cut-whole").run();
    bench.assert_installed();
    assert_eq!(bench.releases.requests().len(), 3);
}

#[test]
fn a_busy_server_is_retried_and_a_redirect_is_followed() {
    let Some(bench) = Bench::start() else { return };
    let finished = bench.install("busy").run();
    bench.assert_installed();
    assert!(finished.stderr.contains("status 429; retrying in 1.0 s"), "{finished}");
    assert_eq!(bench.releases.requests().len(), 3);
    bench.install("elsewhere").arg("--force").run();
    bench.assert_installed();
}

#[test]
fn a_terminal_shows_a_bar_and_a_log_shows_lines() {
    let Some(_) = Tools::require(&[Tool::System("script")]) else { return };
    let Some(bench) = Bench::start() else { return };
    let install = bench.install("slow");
    let words = std::iter::once(install.get_program()).chain(install.get_args());
    let line = words.map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ");
    let terminal =
        bench.sandbox.command("script").args(["-qec", &line, "/dev/null"]).env("TERM", "xterm").run();
    assert!(terminal.stdout.contains("iB/s"), "{terminal}");
    bench.assert_installed();
    let log = bench.install("slow").arg("--force").run();
    assert_eq!(log.stdout.lines().count(), 1, "{log}");
    assert!(!log.stderr.contains("iB/s") && !log.stderr.contains('\r'), "{log}");
    // The lines for the download, the tool, and the missing launcher.
    assert_eq!(log.stderr.lines().count(), 3, "{log}");
    let quiet = bench.install("plain").args(["--force", "--quiet"]).run();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn downloads_use_the_configured_proxy() {
    let Some(_) = Tools::require(Proxy::NEEDS) else { return };
    for start in [Releases::start, Releases::start_with_tls] {
        let Some(bench) = Bench::start_on(start) else { return };
        let proxy = Proxy::start();
        let is_tls = bench.releases.url("").starts_with("https");
        let variable = if is_tls { "HTTPS_PROXY" } else { "http_proxy" };
        let install = || {
            let mut command = bench.install("plain");
            command.env("SSL_CERT_FILE", bench.releases.ca()).arg("--force");
            if !is_tls {
                command.env_remove("SSL_CERT_FILE");
            }
            command
        };
        install().env(variable, proxy.url()).run();
        bench.assert_installed();
        let through = proxy.server.log().matches("Established connection").count();
        assert_eq!(through, 1, "{}", proxy.server.log());

        install().env("ALL_PROXY", proxy.url()).env("NO_PROXY", "example.org,127.0.0.1").run();
        install().run();
        assert_eq!(
            proxy.server.log().matches("Established connection").count(),
            1,
            "these two requests used the proxy"
        );

        let refused = install().env(variable, "http://me:hunter2@127.0.0.1:1").run_expecting(5);
        assert!(!refused.text().contains("hunter2"), "{refused}");
        bench.assert_installed();
    }
}

#[test]
fn offline_reports_which_file_to_get_and_where_to_put_it() {
    let Some(bench) = Bench::start() else { return };
    let refused = bench.install("plain").arg("--offline").run_expecting(5);
    assert_eq!(bench.releases.requests().len(), 0);
    bench.assert_nothing_left();
    let url = format!("{}/ccache/ccache/releases/download/v4.14.2/{}", bench.releases.url("plain"), asset());
    let path = bench.downloads().join(asset());
    for needed in [&url, &bench.sha256, path.to_str().unwrap()] {
        assert!(refused.stderr.contains(needed), "{needed}: {refused}");
    }

    fs::write(&path, b"something else").unwrap();
    let refused = bench.install("plain").arg("--offline").run_expecting(5);
    assert!(refused.stderr.contains("was not opened"), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"something else", "a file of the user is not removed");

    fs::write(&path, good_archive(&bench.executable)).unwrap();
    bench.install("plain").arg("--offline").run();
    assert_eq!(bench.releases.requests().len(), 0);
    assert!(path.exists());
    fs::remove_dir_all(bench.downloads()).unwrap();
    bench.assert_installed();
}
