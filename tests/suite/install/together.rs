//! Parallel installations, which may be killed at any moment.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Bench, FOLDER, asset, names};
use crate::support::Run;

fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("toolchainkit runs")
}

#[test]
fn twenty_parallel_installations_download_once_and_succeed() {
    let Some(bench) = Bench::start() else { return };
    let mut all: Vec<Child> = (0..20).map(|_| spawn(&mut bench.install("slow"))).collect();
    for child in &mut all {
        assert!(child.wait().expect("a child of this process").success());
    }
    bench.assert_installed();
    assert_eq!(bench.releases.requests(), [format!("slow {} -", asset())]);
}

#[test]
fn twenty_parallel_forced_installations_succeed() {
    let Some(bench) = Bench::start() else { return };
    let mut all: Vec<Child> = (0..20).map(|_| spawn(bench.install("plain").arg("--force"))).collect();
    for child in &mut all {
        assert!(child.wait().expect("a child of this process").success());
    }
    bench.assert_installed();
    assert_eq!(bench.releases.requests().len(), 20);
}

#[test]
fn a_killed_installation_leaves_no_usable_partial_tool() {
    let Some(bench) = Bench::start() else { return };
    let start = Instant::now();
    bench.install("slow").run();
    let whole = start.elapsed();
    let mut unfinished = 0;
    for moment in 0..50 {
        fs::remove_dir_all(bench.store()).expect("the store");
        let mut child = spawn(&mut bench.install("slow"));
        thread::sleep(whole * moment / 50 + Duration::from_millis(u64::from(moment % 7)));
        child.kill().expect("a child of this process");
        child.wait().expect("a child of this process");
        // A file with its final name is complete; the executable of an unfinished installation is in a temporary
        // folder.
        if names(&bench.store()).contains(&FOLDER) {
            assert!(fs::read(bench.installed()).unwrap() == bench.executable, "partial after {moment}");
        } else {
            unfinished += 1;
            let listed = bench.command(&["install", "ccache", "--list"]).run();
            assert!(!listed.stdout.contains("installed by toolchainkit"), "{listed}");
        }
        bench.install("plain").run();
        bench.assert_installed();
    }
    assert!(unfinished >= 25, "only {unfinished} of 50 were killed during the installation");
    let resumed = bench.releases.requests().iter().any(|line| line.contains("bytes="));
    assert!(resumed, "no download of a killed installation was resumed");
}

#[test]
fn the_next_installation_removes_the_files_of_a_killed_one() {
    let Some(bench) = Bench::start() else { return };
    bench.install("plain").run();
    for left in [".staging-a", ".replaced-b"] {
        fs::create_dir_all(bench.store().join(left).join("result")).expect("a folder");
    }
    bench.install("plain").run();
    bench.assert_installed();
    assert_eq!(bench.releases.requests().len(), 1, "the file was in the downloads folder");
}
