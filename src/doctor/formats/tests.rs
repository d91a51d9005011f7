use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use super::annotations::{Runner, commands};
use super::human::{Layout, text};
use super::{Strictness, junit, sarif};
use crate::doctor::chain::{Checked, Finding, State};

const LAX: Strictness = Strictness { is_strict: false };
const STRICT: Strictness = Strictness { is_strict: true };

fn report() -> Vec<Checked> {
    let finding = |about, state, text: &str, help: Option<&str>| Finding {
        about,
        state,
        text: text.to_owned(),
        help: help.map(str::to_owned),
    };
    let checked = |link, findings| Checked { link, findings, took: Duration::from_millis(120) };
    vec![
        checked("tool", vec![finding("tool", State::Fine, "sccache 0.16.0, /usr/bin/sccache", None)]),
        checked("daemon", vec![finding("daemon", State::Doubtful, "a note", Some("nothing"))]),
        checked(
            "remote",
            vec![finding(
                "remote",
                State::Degraded,
                "<b> & \"x\"\n::error::injected\r\n##vso[task.setvariable]x 100% — späť \u{1}",
                Some("do it"),
            )],
        ),
        checked(
            "disk",
            vec![finding(
                "disk",
                State::Broken,
                "the disk of the cache folder /home/someone/.cache/toolchainkit/cache/project/sccache is full",
                Some(
                    "free space on it, or set `cache.dir` to another disk (`toolchainkit cache` shows old caches)",
                ),
            )],
        ),
    ]
}

#[test]
fn lines_fit_into_80_columns_and_ascii() {
    let shown = text(&report(), Layout { columns: Some(80), is_ascii: true });
    assert!(shown.is_ascii(), "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() < 80), "{shown}");
    assert!(
        shown.contains("\n                      free space on it, or set `cache.dir` to another disk\n"),
        "{shown}"
    );
    assert!(shown.contains("sp\\u{e4}\\u{165}"), "{shown}");
    let plain = text(&report(), Layout::default());
    assert!(plain.contains("ok        tool        sccache 0.16.0, /usr/bin/sccache\n"), "{plain}");
    assert!(plain.contains("project/sccache is full\n                      free space on it"), "{plain}");
}

/// A strict parser of the XML that we write: the elements with their attributes, and the texts in them.
fn parse_xml(xml: &str) -> Vec<(String, BTreeMap<String, String>, String)> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (mut elements, mut open) = (Vec::new(), Vec::new());
    let unescape = |text: &str| {
        for reference in text.split('&').skip(1) {
            let known = ["amp;", "lt;", "gt;", "quot;", "apos;", "#10;", "#9;"];
            assert!(known.iter().any(|known| reference.starts_with(known)), "&{reference}");
        }
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        text.replace("&apos;", "'").replace("&#10;", "\n").replace("&#9;", "\t").replace("&amp;", "&")
    };
    while let Some((text, after)) = rest.split_once('<') {
        if let Some(index) = open.last() {
            let element: &mut (String, BTreeMap<String, String>, String) = &mut elements[*index];
            element.2 += &unescape(text);
        } else {
            assert_eq!(text.trim(), "");
        }
        let (tag, after) = after.split_once('>').expect("the end of a tag");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let index: usize = open.pop().expect("an open element");
            assert_eq!(elements[index].0, name);
            continue;
        }
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut found = BTreeMap::new();
        while !attributes.is_empty() {
            let (key, after) = attributes.split_once("=\"").expect("an attribute");
            let (value, after) = after.split_once('"').expect("the end of a value");
            assert!(found.insert(key.to_owned(), unescape(value)).is_none(), "{key} is there twice");
            attributes = after.trim_start();
        }
        open.push(elements.len());
        elements.push((name.to_owned(), found, String::new()));
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    elements
}

#[test]
fn junit_has_a_case_for_each_link() {
    for (strictness, failures) in [(LAX, "1"), (STRICT, "2")] {
        let elements = parse_xml(&junit::document(&report(), strictness));
        let suite = elements.iter().find(|(name, ..)| name == "testsuite").unwrap();
        assert_eq!((suite.1["tests"].as_str(), suite.1["failures"].as_str()), ("4", failures));
        let cases = elements.iter().filter(|(name, ..)| name == "testcase");
        assert_eq!(
            cases.map(|(_, at, _)| at["name"].clone()).collect::<Vec<_>>(),
            ["tool", "daemon", "remote", "disk"]
        );
        let failed = elements.iter().filter(|(name, ..)| name == "failure").collect::<Vec<_>>();
        assert_eq!(failed.len().to_string(), failures);
        assert!(
            failed.iter().all(|(_, at, text)| !at["message"].is_empty() && text.contains(&at["message"]))
        );
    }
    // A control character has no form in XML 1.0.
    assert!(!junit::document(&report(), LAX).contains('\u{1}'));
}

/// The part of SARIF 2.1.0 that we write. An unknown or missing member is an error.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Log {
    #[serde(rename = "$schema")]
    schema: String,
    version: String,
    runs: Vec<SarifRun>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SarifRun {
    tool: SarifTool,
    results: Vec<SarifResult>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SarifTool {
    driver: Driver,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Driver {
    name: String,
    version: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    id: String,
    short_description: Message,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SarifResult {
    rule_id: String,
    rule_index: usize,
    level: String,
    message: Message,
    locations: Vec<Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Location {
    physical_location: PhysicalLocation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArtifactLocation {
    uri: String,
}

#[test]
fn sarif_has_a_result_for_each_finding_that_is_not_fine() {
    let text = sarif::document(&report(), LAX, "sub folder/toolchainkit.yaml").to_string();
    let Log { schema, version, runs } = serde_json::from_str(&text).unwrap();
    assert_eq!((version.as_str(), runs.len()), ("2.1.0", 1));
    assert!(schema.ends_with("/sarif-schema-2.1.0.json"));
    let driver = &runs[0].tool.driver;
    assert!(!driver.name.is_empty() && !driver.version.is_empty());
    let levels = runs[0].results.iter().map(|result| result.level.as_str()).collect::<Vec<_>>();
    assert_eq!(levels, ["note", "warning", "error"]);
    for result in &runs[0].results {
        let rule = &driver.rules[result.rule_index];
        assert_eq!(rule.id, result.rule_id);
        assert!(!rule.short_description.text.is_empty() && !result.message.text.is_empty());
        let uri = &result.locations[0].physical_location.artifact_location.uri;
        assert_eq!(uri, "sub%20folder/toolchainkit.yaml");
    }
    let strict = sarif::document(&report(), STRICT, "toolchainkit.yaml").to_string();
    assert!(strict.matches("\"level\":\"error\"").count() == 2);
}

#[test]
fn an_annotation_is_one_command_for_each_link() {
    for (runner, begin) in [
        (Runner::GitHub, "::warning title=toolchainkit doctor::remote: "),
        (Runner::Azure, "##vso[task.logissue type=warning]remote: "),
    ] {
        let lines = commands(&report(), LAX, runner, 5);
        assert_eq!(lines.lines().count(), 2, "{lines}");
        assert!(lines.starts_with(begin), "{lines}");
        // Other commands would begin at the start of a line.
        assert!(lines.contains("%0A::error::injected"), "{lines}");
        assert!(!lines.contains('\r') && lines.contains("100%25") || lines.contains("100%AZP25"), "{lines}");
        assert!(commands(&report(), STRICT, runner, 5).lines().all(|line| line.contains("error")));
    }
    let section = commands(&report(), LAX, Runner::GitLab, 5);
    assert!(section.starts_with("\x1b[0Ksection_start:5:toolchainkit_doctor\r\x1b[0K"), "{section:?}");
    assert!(section.ends_with("\x1b[0Ksection_end:5:toolchainkit_doctor\r\x1b[0K\n"), "{section:?}");
    assert!(section.contains("\nwarning: remote: "), "{section}");
    assert_eq!(section.matches('\u{1b}').count(), 4, "{section:?}");
    assert_eq!(commands(&report()[..2], STRICT, Runner::GitLab, 5), "");
}

#[test]
fn the_runner_is_known_by_its_variables() {
    let of = |name: &'static str, value: &'static str| {
        Runner::detect(move |asked| (asked == name).then(|| value.to_owned()))
    };
    assert_eq!(of("GITHUB_ACTIONS", "true"), Some(Runner::GitHub));
    assert_eq!(of("GITLAB_CI", "true"), Some(Runner::GitLab));
    assert_eq!(of("TF_BUILD", "True"), Some(Runner::Azure));
    assert_eq!(of("CI", "true"), None);
    assert_eq!(of("TF_BUILD", ""), None);
}
