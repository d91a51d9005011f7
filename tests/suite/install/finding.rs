//! Installed tools: how they are found, compared, listed, verified and removed.

use std::fs;
use std::os::unix::fs::symlink;

use camino::Utf8PathBuf;
use serde_json::Value;
use toolchainkit::caching::detection::{BuildCacheManager, DetectionError};
use toolchainkit::caching::tool::{Tool as CacheTool, Version};
use toolchainkit::install::{InstallOptions, Store};

use super::{Bench, FOLDER, add, names, tar_gz};
use crate::support::servers::Releases;
use crate::support::{Project, Run, Sandbox, Tool, Tools, write_script};

#[test]
fn the_first_use_installs_and_the_next_finds_the_tool() {
    let Some(bench) = Bench::start() else { return };
    let path = |path: std::path::PathBuf| Utf8PathBuf::from_path_buf(path).unwrap();
    let options = InstallOptions {
        version: Some(Version::new(4, 14, 2)),
        sha256: Some(bench.sha256.parse().unwrap()),
        mirror: Some(bench.releases.url("plain")),
        ..InstallOptions::default()
    };
    let manager = BuildCacheManager::new()
        .tools([CacheTool::Ccache])
        .search_path(false)
        .store(Store::at(path(bench.store())))
        .cache_dir(path(bench.sandbox.dir("objects")));
    let refused = manager.clone().install(None).get_or_install().unwrap_err();
    assert!(matches!(refused, DetectionError::NotFound { .. }), "{refused}");
    let first = manager.clone().install(options).get_or_install().unwrap();
    assert_eq!(first.tool.path, path(bench.installed()));
    bench.assert_installed();
    let second = manager.install(None).get_or_install().unwrap();
    assert_eq!(second, first);
    assert_eq!(bench.releases.requests().len(), 1);
}

#[test]
fn cmake_finds_the_installed_tool_without_path() {
    let needed = [Tool::CMake(Tools::CMAKE), Tool::Ninja, Tool::Sccache(Tools::SCCACHE)];
    let Some(tools) = Tools::require(&[&needed, Releases::NEEDS].concat()) else { return };
    let arch = std::env::consts::ARCH;
    let top = format!("sccache-v{}-{arch}-unknown-linux-musl", Tools::SCCACHE);
    let executable = fs::read(tools.sccache(Tools::SCCACHE)).unwrap();
    let archive = tar_gz(|tar| add(tar, &format!("{top}/sccache"), &executable));
    let releases = Releases::start();
    releases.put(&format!("{top}.tar.gz"), &archive);
    let sandbox = Sandbox::new("first-use").on_path(&tools.cmake(Tools::CMAKE)).on_path(&tools.ninja());
    let project = Project::write(&sandbox.root().join("project"), 2, 2);
    let mirror = releases.url("plain");
    let yaml = format!(
        "cache:\n  tool: sccache\n  install: {{ version: \"{}\", mirror: \"{mirror}\" }}\n",
        Tools::SCCACHE
    );
    fs::write(project.root().join("toolchainkit.yaml"), yaml).unwrap();
    let command = |program: &str, arguments: &[&str]| {
        let mut command = sandbox.command(program);
        command.current_dir(project.root()).args(arguments);
        command
    };
    let toolchainkit = env!("CARGO_BIN_EXE_toolchainkit");
    command(toolchainkit, &["generate"]).run();
    let installed = command(toolchainkit, &["install", "--sha256", &super::sha256(&archive)]).run();
    assert!(
        installed.stdout.trim().ends_with(&format!("/toolchainkit/tools/sccache-{}/sccache", Tools::SCCACHE)),
        "{installed}"
    );

    let configured = command("cmake", &["--preset", "debug"]).run();
    assert!(configured.stdout.contains(&format!("sccache {}", Tools::SCCACHE)), "{configured}");
    for _ in 0..2 {
        command("cmake", &["--build", "--preset", "debug", "--clean-first"]).run();
    }
    let launcher = ["stats", "--format", "json"];
    let stats: Value = serde_json::from_str(&command(toolchainkit, &launcher).run().stdout).unwrap();
    assert_eq!(stats["cache"]["counters"]["hits"], project.objects(), "{stats}");
    let printed = command(project.root().join("build/debug/sample").to_str().unwrap(), &[]).run();
    assert_eq!(printed.stdout, project.output(1));
}

#[test]
fn an_installed_tool_needs_no_network() {
    let Some(bench) = Bench::start() else { return };
    bench.install("plain").run();
    bench.install("forbidden").run();
    assert_eq!(bench.releases.requests().len(), 1);
}

/// A program in a folder for PATH that prints this text.
fn program(sandbox: &Sandbox, name: &str, prints: &str) -> std::path::PathBuf {
    let path = sandbox.dir("bin").join(name);
    write_script(&path, &format!("cat <<'END'\n{prints}\nEND"));
    path
}

#[test]
fn a_tool_on_path_is_used_if_it_is_new_enough_and_supports_the_backends() {
    let Some(bench) = Bench::start() else { return };
    let old = program(&bench.sandbox, "ccache", "ccache version 3.7.12");
    let path = format!("{}:/usr/bin:/bin", old.parent().unwrap().display());
    let listed = |yaml: &str| {
        fs::write(bench.sandbox.root().join("toolchainkit.yaml"), yaml).unwrap();
        let mut command = bench.command(&["install", "--list", "--format", "json"]);
        let listed = command.env("PATH", &path).run();
        serde_json::from_str::<Value>(&listed.stdout).unwrap()["tools"][0].clone()
    };
    let too_old = listed("cache: { tool: ccache }\n");
    assert_eq!((too_old["version"].as_str(), too_old["chosen"].as_bool()), (Some("3.7.12"), Some(false)));
    assert!(too_old["objection"].as_str().unwrap().contains("4.0.0 or newer is required"), "{too_old}");
    assert_eq!(listed("cache: { tool: ccache, min_version: \"3.7\" }\n")["chosen"], true);

    program(&bench.sandbox, "ccache", "ccache version 4.9\nFeatures: file-storage http-storage");
    assert_eq!(listed("cache: { tool: ccache }\n")["chosen"], true);
    assert_eq!(listed("cache: { tool: ccache }\n")["backends"], serde_json::json!(["file", "http"]));
    let unable = listed("cache: { tool: ccache, remote: { type: redis, endpoint: \"redis://h\" } }\n");
    assert_eq!(unable["objection"], "it was built without support for redis", "{unable}");
    assert!(listed("cache: { tool: ccache, min_version: \"4.10\" }\n")["objection"].is_string());

    let shown = bench.command(&["install", "--list"]).env("PATH", &path).run();
    assert!(shown.stderr.contains("would install ccache 4.14.1"), "{shown}");
    let new = "cache: { tool: sccache, min_version: \"7.7\" }\n";
    fs::write(bench.sandbox.root().join("toolchainkit.yaml"), new).unwrap();
    let refused = bench.command(&["install"]).run_expecting(5);
    assert!(refused.stderr.contains("sccache 7.7.0 cannot be verified: no SHA-256"), "{refused}");
    bench.assert_nothing_left();
    let bad = "cache: { install: { mirror: \"http://mirror.example\", version: newest } }\n";
    fs::write(bench.sandbox.root().join("toolchainkit.yaml"), bad).unwrap();
    let refused = bench.command(&["install"]).run_expecting(3);
    assert!(refused.stderr.contains("need https") && refused.stderr.contains("`newest`"), "{refused}");

    // So a tool is installed, unless this is disabled.
    let yaml = "cache: { tool: ccache, min_version: \"4.10\", install: { never: true } }\n";
    fs::write(bench.sandbox.root().join("toolchainkit.yaml"), yaml).unwrap();
    let refused = bench.command(&["install"]).env("PATH", &path).run_expecting(5);
    assert!(
        refused.stderr.contains("ccache: it is version 4.9.0, but version 4.10.0 or newer is required"),
        "{refused}"
    );
    fs::write(bench.sandbox.root().join("toolchainkit.yaml"), yaml.replace("true", "false")).unwrap();
    let installed = bench.install("plain").env("PATH", &path).run();
    assert_eq!(installed.stdout.trim(), bench.installed().to_str().unwrap());
}

#[test]
fn a_tool_in_the_environment_variable_is_used_or_rejected() {
    let Some(tools) = Tools::require(&[Tool::Ccache(Tools::CCACHE)]) else { return };
    let sandbox = Sandbox::new("named");
    let install = |named: &std::path::Path| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.args(["install", "--offline"]).env("TOOLCHAINKIT_CACHE_TOOL", named);
        command
    };
    let ccache = tools.ccache(Tools::CCACHE);
    assert_eq!(install(&ccache).run().stdout.trim(), ccache.to_str().unwrap());
    let refused = install(std::path::Path::new("/bin/sh")).run_expecting(5);
    assert!(refused.stderr.contains("neither sccache nor ccache"), "{refused}");
    // A plain name sets the preferred tool, which is the only one on this PATH.
    let folder = sandbox.dir("only");
    symlink(&ccache, folder.join("ccache")).unwrap();
    let mut command = install(std::path::Path::new("ccache"));
    assert!(command.env("PATH", &folder).run().stdout.trim().ends_with("only/ccache"));
}

#[test]
fn verify_detects_a_change_and_force_repairs_it() {
    let Some(bench) = Bench::start() else { return };
    bench.install("plain").run();
    let good = bench.command(&["install", "--verify"]).run();
    assert!(good.stdout.starts_with("good"), "{good}");
    let receipt: Value =
        serde_json::from_slice(&fs::read(bench.store().join(&*FOLDER).join("receipt.json")).unwrap())
            .unwrap();
    assert_eq!(receipt["archive_sha256"], bench.sha256);
    assert_eq!(receipt["executable_sha256"], super::sha256(&bench.executable));

    let mut changed = bench.executable.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::remove_file(bench.installed()).unwrap();
    fs::write(bench.installed(), changed).unwrap();
    let bad = bench.command(&["install", "--verify"]).run_expecting(5);
    assert!(bad.stdout.starts_with("BAD") && bad.stderr.contains("--force"), "{bad}");
    bench.install("plain").arg("--force").run();
    bench.assert_installed();

    // A truncated executable is detected without --verify.
    fs::write(bench.installed(), b"#!/bin/sh\n").unwrap();
    bench.install("plain").run();
    bench.assert_installed();
}

#[test]
fn old_versions_are_removed_on_request() {
    let Some(bench) = Bench::start() else { return };
    bench.install("plain").run();
    let old = bench.store().join("ccache-4.13.0");
    fs::rename(bench.store().join(&*FOLDER), &old).unwrap();
    fs::write(old.join("ccache"), "#!/bin/sh\necho ccache version 4.13.0\n").unwrap();
    let foreign = bench.store().join("ccache-4.12.0");
    fs::create_dir(&foreign).unwrap();
    bench.install("plain").run();
    assert!(old.exists());
    let removed = bench.install("plain").arg("--remove-old").run();
    assert!(removed.stderr.contains("removed ccache 4.13.0"), "{removed}");
    assert_eq!(names(&bench.store()), [".lock", "ccache-4.12.0", &FOLDER]);
}

#[test]
fn a_tool_can_be_installed_into_another_folder() {
    let Some(bench) = Bench::start() else { return };
    let elsewhere = bench.sandbox.root().join("elsewhere");
    let installed = bench.install("plain").arg("--dir").arg(&elsewhere).run();
    assert_eq!(installed.stdout.trim(), elsewhere.join(&*FOLDER).join("ccache").to_str().unwrap());
    assert!(installed.stderr.contains("TOOLCHAINKIT_CACHE_TOOL"), "{installed}");
    bench.assert_nothing_left();
}
