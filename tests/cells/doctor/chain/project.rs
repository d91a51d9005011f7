//! The configuration, the generated files and the tool, before and after the first configuration of a build.

use std::fs;

use super::{Report, doctor};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE};
use crate::list::tests;
use crate::support::run::write_script;
use crate::support::{Run, Sandbox, Tool, versions};

tests![
    a_configuration_that_cannot_be_used_is_named,
    generated_files_that_differ_are_named,
    a_tool_that_cannot_be_used_is_named_before_a_build,
    a_configuration_that_changed_after_configuring_is_named,
    a_tool_that_changed_after_configuring_is_named,
];

/// The exit code if there is no build.
const NO_BUILD: i32 = 5;

fn set(build: &Build, from: &str, to: &str) {
    let path = build.project.root().join("toolchainkit.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    assert!(yaml.contains(from), "{from} in\n{yaml}");
    fs::write(&path, yaml.replace(from, to)).unwrap();
}

fn a_configuration_that_cannot_be_used_is_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let build = Build::new("config", SCCACHE, &tools, "", Vec::new());
    for (invalid, words) in [
        ("cache: {", "error"),
        ("cache: { tool: scache }", "scache"),
        ("toolchainkit: { required_version: \">=99\" }", "99"),
    ] {
        fs::write(build.project.root().join("toolchainkit.yaml"), format!("{invalid}\n")).unwrap();
        let report = Report::of(&mut doctor(&build), 3);
        let words = if words == "error" { "toolchainkit.yaml cannot be used" } else { words };
        report.assert_has("config", "broken", words, "toolchainkit validate");
    }
}

fn generated_files_that_differ_are_named() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let build = Build::new("generated", SCCACHE, &tools, "", Vec::new());
    let report = Report::of(&mut doctor(&build), NO_BUILD);
    report.assert_has(
        "generated",
        "degraded",
        "do not exist: cmake/toolchain.cmake",
        "toolchainkit generate",
    );
    report.assert_has("build", "doubtful", "no build of this project is configured", "cmake --preset debug");
    report.assert_fine("tool");
    build.toolchainkit(&["generate"]);
    let report = Report::of(&mut doctor(&build), NO_BUILD);
    for link in ["config", "generated", "tool", "folders", "disk", "clock"] {
        report.assert_fine(link);
    }

    set(&build, "tool: sccache", "tool: sccache\n  size_gb: 7");
    let report = Report::of(&mut doctor(&build), NO_BUILD);
    report.assert_has("generated", "degraded", "cmake/toolchainkit-cache.cmake", "toolchainkit generate");
    // With --strict, the degraded link is an error.
    let report = Report::of(doctor(&build).arg("--strict"), 8);
    report.assert_has("generated", "degraded", "do not match the configuration", "configure the build again");

    fs::write(build.project.root().join("cmake/toolchain.cmake"), "# mine\n").unwrap();
    let report = Report::of(&mut doctor(&build), NO_BUILD);
    report.assert_has(
        "generated",
        "degraded",
        "toolchainkit did not write these files: cmake/toolchain.cmake",
        "move these",
    );
}

fn a_tool_that_cannot_be_used_is_named_before_a_build() {
    let Some(tools) = SCCACHE.tools(&[Tool::DebianSccache]) else { return };
    let mut build =
        Build::new("tool", SCCACHE, &tools, "{ type: redis, endpoint: \"redis://127.0.0.1:1\" }", Vec::new());

    // Built without the storage: the answers of the real tool, with one feature switched off.
    let real = tools.path(SCCACHE.cache);
    let real = real.to_str().unwrap();
    build.script(
        "sccache",
        &format!(
            "[ \"$1\" = --help ] || exec {real} \"$@\"\n{real} --help | sed 's/\\(Redis:  *\\)true/\\1false/'"
        ),
    );
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "it was built without support for redis", "toolchainkit install");

    // Too old.
    set(&build, "tool: sccache", "tool: sccache\n  min_version: \"99\"");
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "version 99.0.0 or newer is required", "toolchainkit install");
    set(&build, "min_version: \"99\"", "enabled: true");

    // A pre-release of a distribution.
    build.script("sccache", &format!("exec {} \"$@\"", tools.path(Tool::DebianSccache).display()));
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "or newer is required", "toolchainkit install");

    // None.
    let empty = Sandbox::new("no-tool");
    fs::copy(build.project.root().join("toolchainkit.yaml"), empty.root().join("toolchainkit.yaml")).unwrap();
    let report = Report::of(empty.command(env!("CARGO_BIN_EXE_toolchainkit")).arg("doctor"), 8);
    report.assert_has("tool", "broken", "no usable sccache was found on PATH", "toolchainkit install");

    // The named one is another program.
    let mut named = doctor(&build);
    let report = Report::of(named.env("TOOLCHAINKIT_CACHE_TOOL", "/bin/true"), 8);
    report.assert_has("tool", "broken", "it is neither sccache nor ccache", "toolchainkit install");
}

fn a_configuration_that_changed_after_configuring_is_named() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = Build::new("changed", CCACHE, &tools, "", Vec::new());
    set(&build, "tool: ccache", "tool: ccache\n  size_gb: 7");
    build.toolchainkit(&["generate"]);
    build.configure();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_fine("cache");

    set(&build, "size_gb: 7", "size_gb: 8");
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has(
        "cache",
        "degraded",
        "`size_gb: 7`, and toolchainkit.yaml has 8",
        "toolchainkit generate",
    );
    Report::of(doctor(&build).arg("--strict"), 8);
    set(&build, "size_gb: 8", "size_gb: 7\n  remote: { type: redis, endpoint: \"redis://127.0.0.1:1\" }");
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has(
        "cache",
        "degraded",
        "the build uses a local cache, and toolchainkit.yaml names redis",
        "configure",
    );
    set(&build, "tool: ccache", "tool: sccache");
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has(
        "tool",
        "degraded",
        "uses ccache, which toolchainkit.yaml does not allow",
        "configure the build again",
    );
    set(&build, "tool: sccache", "enabled: false");
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has("config", "doubtful", "`cache.enabled` is false", "remove it");

    // The profile of the build was removed.
    let build = Build::new("profile", CCACHE, &tools, "", Vec::new());
    let path = build.project.root().join("toolchainkit.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{yaml}profiles: {{ ci: {{}} }}\n")).unwrap();
    build.toolchainkit(&["generate"]);
    build.configuring_by_file("cmake/toolchain.cmake").arg("-DTOOLCHAINKIT_PROFILE=ci").run();
    fs::write(&path, yaml).unwrap();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has(
        "config",
        "degraded",
        "no longer contains the profile of this build",
        "a profile of this file",
    );
}

fn a_tool_that_changed_after_configuring_is_named() {
    let older = versions::sccache("0.15");
    let Some(tools) = SCCACHE.tools(&[Tool::Sccache(older)]) else { return };
    let build = Build::new("other-tool", SCCACHE, &tools, "", Vec::new());
    build.toolchainkit(&["generate"]);
    let own = build.sandbox.dir("own").join("sccache");
    fs::copy(tools.path(SCCACHE.cache), &own).unwrap();
    let configure = || {
        let mut configure = build.configuring_by_file("cmake/toolchain.cmake");
        configure.env("TOOLCHAINKIT_CACHE_TOOL", &own).run()
    };
    configure();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_fine("tool");
    build.stop_daemon();

    fs::remove_file(&own).unwrap();
    fs::copy(tools.path(Tool::Sccache(older)), &own).unwrap();
    let report = Report::of(&mut doctor(&build), 0);
    report.assert_has(
        "tool",
        "doubtful",
        &format!("is version {older}, but the build was configured"),
        "configure",
    );

    write_script(&own, "sleep 60");
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "does not print its version within 4 s", "install the tool again");

    write_script(&own, "exit 1");
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "cannot be run, or is not sccache", "configure the build again");

    fs::remove_file(&own).unwrap();
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "cannot be run: it does not exist", "toolchainkit install");

    // Others can change the program.
    fs::copy(tools.path(SCCACHE.cache), &own).unwrap();
    let mode = |mode| fs::set_permissions(&own, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o777);
    let report = Report::of(&mut doctor(&build), 8);
    report.assert_has("tool", "broken", "is not trusted", "change the permissions");
    mode(0o755);
    configure();
    Report::of(&mut doctor(&build), 0).assert_fine("tool");
}
