//! `toolchainkit install` also installs `toolchainkit-launch`.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::PathBuf;

use serde_json::Value;

use super::{Bench, FOLDER, names};
use crate::support::{Run, write_script};

/// The name of its folder on this machine.
fn folder() -> String {
    format!(
        "toolchainkit-launch-{}-{}-{}",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

impl Bench {
    /// Puts a stand-in for the program beside toolchainkit, like a package, and returns its path.
    fn put_beside(&self, text: &str) -> PathBuf {
        let path = self.toolchainkit.with_file_name("toolchainkit-launch");
        write_script(&path, text);
        path
    }

    fn launch_program(&self) -> PathBuf {
        self.store().join(folder()).join("toolchainkit-launch")
    }
}

#[test]
fn the_launcher_is_installed_with_the_tool_and_not_written_again() {
    let Some(bench) = Bench::start() else { return };
    let beside = bench.put_beside("echo first");
    let installed = bench.install("plain").run();
    assert!(installed.stderr.contains("toolchainkit-launch "), "{installed}");
    assert_eq!(installed.stdout, format!("{}\n", bench.installed().display()));
    assert_eq!(names(&bench.store()), [".lock", &FOLDER, &folder()]);
    assert_eq!(names(&bench.store().join(folder())), ["receipt.json", "toolchainkit-launch"]);
    let program = bench.launch_program();
    assert_eq!(fs::read(&program).unwrap(), fs::read(&beside).unwrap());
    let data = fs::symlink_metadata(&program).unwrap();
    assert!(data.is_file(), "not a copy, but a link");
    assert_eq!(data.permissions().mode() & 0o7777, 0o755);

    let again = bench.install("plain").run();
    assert!(!again.stderr.contains("toolchainkit-launch"), "{again}");
    assert_eq!(fs::metadata(&program).unwrap().ino(), data.ino(), "it was written again");
    assert!(bench.command(&["install", "--verify"]).run().stdout.contains("part of toolchainkit"));
}

#[test]
fn the_launcher_is_installed_and_updated_if_the_tool_exists() {
    let Some(bench) = Bench::start() else { return };
    let without = bench.install("plain").run();
    assert!(without.stderr.contains("`cargo install toolchainkit` installs both"), "{without}");
    assert_eq!(names(&bench.store()), [".lock", &FOLDER]);
    bench.put_beside("echo first");
    bench.install("plain").run();
    assert_eq!(bench.sandbox.command(bench.launch_program()).run().stdout, "first\n");

    bench.put_beside("echo the second");
    let mut json = bench.install("plain");
    let answer: Value = serde_json::from_str(&json.args(["--format", "json"]).run().stdout).unwrap();
    assert_eq!(answer["launch"].as_str(), bench.launch_program().to_str(), "{answer}");
    assert_eq!(bench.sandbox.command(bench.launch_program()).run().stdout, "the second\n");
    assert_eq!(names(&bench.store()), [".lock", &FOLDER, &folder()]);
}

/// A package may contain the programs in a separate folder, and a link on PATH.
#[test]
fn the_launcher_is_found_beside_the_target_of_a_link() {
    let Some(bench) = Bench::start() else { return };
    bench.put_beside("echo first");
    let link = bench.sandbox.dir("links").join("toolchainkit");
    symlink(&bench.toolchainkit, &link).unwrap();
    bench.install_by(&link, "plain").run();
    assert!(bench.launch_program().is_file());
}

#[test]
fn older_launchers_are_removed_and_others_are_kept() {
    let Some(bench) = Bench::start() else { return };
    bench.put_beside("echo first");
    bench.install("plain").run();
    let here = bench.store().join(folder());
    let of = |version: &str, machine: &str| format!("toolchainkit-launch-{version}-{machine}");
    let machine = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    let older = [of("0.0.1", &machine), of("0.0.2", &machine)];
    let others = [of("0.0.1", "linux-other"), of("99.0.0", &machine)];
    for name in older.iter().chain(&others) {
        let folder = bench.store().join(name);
        fs::create_dir(&folder).unwrap();
        fs::copy(here.join("toolchainkit-launch"), folder.join("toolchainkit-launch")).unwrap();
        fs::copy(here.join("receipt.json"), folder.join("receipt.json")).unwrap();
    }
    // A folder without a receipt was not written by toolchainkit, so it is kept.
    fs::remove_file(bench.store().join(&older[1]).join("receipt.json")).unwrap();
    bench.put_beside("echo the second");
    bench.install("plain").run();
    let left = names(&bench.store());
    assert!(!left.contains(&older[0]), "{left:?}");
    assert!(left.contains(&older[1]) && others.iter().all(|name| left.contains(name)), "{left:?}");
}

#[test]
fn a_foreign_file_at_the_path_of_the_launcher_is_not_replaced() {
    let Some(bench) = Bench::start() else { return };
    bench.put_beside("echo first");
    fs::create_dir_all(bench.store().join(folder())).unwrap();
    fs::write(bench.launch_program(), "mine").unwrap();
    let refused = bench.install("plain").run_expecting(6);
    assert!(refused.stderr.contains("already exists and is not replaced"), "{refused}");
    assert_eq!(fs::read(bench.launch_program()).unwrap(), b"mine");
}
