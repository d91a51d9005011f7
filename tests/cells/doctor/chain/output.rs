//! The formats of the report, annotations in CI, and the terminal.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::{LIMIT, Report, doctor};
use crate::end_to_end::build::{Build, CCACHE, SCCACHE};
use crate::list::tests;
use crate::support::servers::{Echo, free_port};
use crate::support::{Run, Tools};

tests![
    the_report_has_a_format_for_each_reader,
    a_degraded_cache_is_annotated_in_ci,
    strict_configurations_fail_in_ci_only,
    the_report_fits_the_terminal,
    the_texts_of_a_server_are_not_commands,
];

/// A build with a local cache in place of the configured remote.
fn degraded(tools: &Tools) -> Build {
    let remote = format!("{{ type: redis, endpoint: \"redis://127.0.0.1:{}\" }}", free_port());
    let build = Build::new("degraded", CCACHE, tools, &remote, Vec::new());
    build.toolchainkit(&["generate"]);
    build.configure();
    build
}

fn the_report_has_a_format_for_each_reader() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = degraded(&tools);
    let json = Report::of(&mut doctor(&build), 0);
    let links = json.findings.iter().map(|finding| finding["link"].as_str().unwrap()).collect::<Vec<_>>();
    for link in [
        "config",
        "generated",
        "build",
        "cache",
        "tool",
        "launcher",
        "folders",
        "disk",
        "clock",
        "remote",
        "compilation",
        "checkouts",
        "launchers",
    ] {
        assert!(links.contains(&link), "{link}\n{}", json.finished);
    }
    for finding in &json.findings {
        let members = finding.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(members, ["link", "about", "state", "text", "help", "seconds"]);
        assert!(["fine", "doubtful", "degraded", "broken"].contains(&finding["state"].as_str().unwrap()));
        assert_eq!(finding["help"].is_null(), finding["state"] == "fine", "{finding}");
    }

    let junit = doctor(&build).args(["--format", "junit"]).run().stdout;
    assert!(junit.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{junit}");
    assert!(junit.contains(" failures=\"0\" "), "{junit}");
    let junit = doctor(&build).args(["--format", "junit", "--strict"]).run_expecting(8).stdout;
    assert!(junit.contains("<failure message=\"") && junit.contains("type=\"degraded\""), "{junit}");

    let sarif = doctor(&build).args(["--format", "sarif"]).run().stdout;
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(
        results.iter().any(|result| result["ruleId"] == "doctor/remote" && result["level"] == "warning"),
        "{sarif:#}"
    );
    assert!(results.iter().all(|result| {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "toolchainkit.yaml"
    }));
    doctor(&build).args(["--format", "sarif", "--why", "main.c"]).run_expecting(2);
}

fn a_degraded_cache_is_annotated_in_ci() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = degraded(&tools);
    for (variable, kind, begin) in [
        ("GITHUB_ACTIONS", "warning", "::warning title=toolchainkit doctor::"),
        ("TF_BUILD", "warning", "##vso[task.logissue type=warning]"),
        ("GITLAB_CI", "warning", "\u{1b}[0Ksection_start:"),
    ] {
        let finished = doctor(&build).env("CI", "true").env(variable, "true").run();
        assert!(finished.stderr.contains(begin), "{finished}");
        assert!(finished.stderr.contains("cannot be reached: nothing listens at its port"), "{finished}");
        assert!(!finished.stdout.contains(begin), "{finished}");
        let strict = doctor(&build).arg("--strict").env("CI", "true").env(variable, "true").run_expecting(8);
        assert!(strict.stderr.contains(&begin.replace(kind, "error")), "{strict}");
    }
    let outside = doctor(&build).run();
    assert_eq!(outside.stderr, "", "{outside}");
    // A cache that works has no annotation.
    let well = Build::new("well", CCACHE, &tools, "", Vec::new());
    well.toolchainkit(&["generate"]);
    well.configure();
    let finished = doctor(&well).env("CI", "true").env("GITHUB_ACTIONS", "true").run();
    assert_eq!(finished.stderr, "", "{finished}");
}

fn strict_configurations_fail_in_ci_only() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = degraded(&tools);
    let path = build.project.root().join("toolchainkit.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    let set = |value: &str| {
        fs::write(&path, yaml.replace("cache:\n", &format!("cache:\n  on_failure: {value}\n"))).unwrap();
        build.toolchainkit(&["generate"]);
    };
    for value in ["fallback", "warn"] {
        set(value);
        build.configure();
        doctor(&build).env("CI", "true").run();
    }
    set("strict");
    build.configure();
    doctor(&build).run();
    let report = Report::of(doctor(&build).env("CI", "true"), 8);
    report.assert_has("remote", "broken", "nothing listens at its port", "start the server");
    let refused = build.configuring_by_file("cmake/toolchain.cmake").env("CI", "true").run_expecting(1);
    assert!(refused.stderr.contains("toolchainkit: remote redis"), "{refused}");
}

fn the_report_fits_the_terminal() {
    let Some(tools) = CCACHE.tools(&[]) else { return };
    let build = degraded(&tools);
    // `script` gives the program a terminal.
    let mut command = build.command("script");
    let line = format!("{} doctor", env!("CARGO_BIN_EXE_toolchainkit"));
    let shown = command.args(["-qec", &line, "/dev/null"]).run().stdout;
    assert!(shown.contains("DEGRADED  remote "), "{shown}");
    let longest = |line: &&str| line.split_whitespace().all(|word| word.len() < 57);
    for line in shown.lines().filter(longest) {
        assert!(line.trim_end().chars().count() <= 80, "{line}");
    }
    // Without a terminal, a finding is one line and its help another one.
    let plain = doctor(&build).run().stdout;
    assert!(plain.lines().any(|line| line.len() > 80), "{plain}");
    assert!(!plain.contains('\u{1b}'), "{plain}");

    // A name that the locale cannot show.
    let folder = build.project.root().join("größe");
    let mut configure = build.command("cmake");
    configure
        .args(["-S", ".", "-G", "Ninja", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake", "-B"])
        .arg(&folder)
        .run();
    let of = |locale: &str| doctor(&build).arg("--build").arg(&folder).env("LANG", locale).run().stdout;
    assert!(of("C.UTF-8").contains("größe"));
    let ascii = of("C");
    assert!(ascii.is_ascii() && ascii.contains("gr\\u{f6}\\u{df}e"), "{ascii}");
}

/// The answer of the server contains commands for runners and terminals.
fn the_texts_of_a_server_are_not_commands() {
    let Some(tools) = SCCACHE.tools(&[]) else { return };
    let server = Echo::start();
    let remote = format!("{{ type: http, endpoint: \"http://{}/x\" }}", server.address());
    let build = Build::new("echo", SCCACHE, &tools, &remote, Vec::new());
    for format in ["human", "json", "junit", "sarif"] {
        for variable in ["GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI"] {
            let mut command = doctor(&build);
            let finished =
                command.args(["--format", format]).env("CI", "true").env(variable, "true").run_expecting(5);
            assert!(finished.elapsed < LIMIT + Duration::from_secs(1), "{finished}");
            for stream in [&finished.stdout, &finished.stderr] {
                let own = ["::warning title=toolchainkit doctor::", "##vso[task.logissue type=warning]"];
                for line in stream.lines() {
                    let rest = own.iter().find_map(|own| line.strip_prefix(own)).unwrap_or(line);
                    assert!(!rest.trim_start().starts_with("::"), "{finished}");
                    assert!(!rest.contains("##["), "{finished}");
                }
            }
            let escapes = finished.text().matches('\u{1b}').count();
            assert!(escapes == 0 || variable == "GITLAB_CI" && escapes == 4, "{finished}");
        }
    }
}
