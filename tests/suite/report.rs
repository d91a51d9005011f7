//! `report.html`: well-formed, complete for screen readers, without anything to load, and the same bytes for the same input.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use roxmltree::{Document, Node, ParsingOptions};
use toolchainkit::caching::tool::Tool as CacheTool;
use toolchainkit::foreign::Filter;
use toolchainkit::journal::summary::Summary;
use toolchainkit::journal::{Entry, Outcome, Tier};
use toolchainkit::launch::rules;
use toolchainkit::report::{Bench, Cache, Cause, Folder, Input, html, is_ours};

use crate::support::{Run, Sandbox, Tool, Tools};

/// 1 Nov 2026, 08:00 UTC
const FIRST: u64 = 1_793_520_000_000;
const DAY: u64 = 86_400_000;

/// Names that a page must show as they are, and that would do something else without escaping.
pub(crate) const DIFFICULT: [&str; 12] = [
    "<script>alert(1)</script>.cpp",
    "\"><img src=x onerror=alert(1)>.c",
    "' onmouseover='alert(1).c",
    "{{ 7 * 7 }}{% raw %}.cpp",
    "&amp;&lt;b&gt;&#60;.cpp",
    "]]><!-- --></style></svg>.cpp",
    "right\u{202e}ppc.exe",
    "שלום/مرحبا.cpp",
    "not-utf8-\u{fffd}.cpp",
    "line\nbreak\u{1b}[31m.cpp",
    "javascript:alert(1)",
    "https://example.invalid/x.css",
];

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn entry(target: &str, source: &str, outcome: Outcome, at: u64, micros: u64) -> Entry {
    Entry {
        at,
        build: String::new(),
        run: String::new(),
        source: source.to_owned(),
        object: format!("CMakeFiles/{target}.dir/{source}.o"),
        language: if source.rsplit('.').next() == Some("c") { "C" } else { "CXX" }.to_owned(),
        outcome,
        is_certain: true,
        micros: Some(micros),
        rule: None,
        reason: None,
        tier: None,
        inputs: None,
    }
}

/// The journal of a project of some 200 files over `builds` days: a cold build, then rebuilds with more and less hits.
fn entries(builds: u64, seed: u64) -> Vec<Entry> {
    let mut numbers = Numbers(seed);
    let mut all = Vec::new();
    let targets = [
        ("core", 70, "cpp"),
        ("renderer", 55, "cpp"),
        ("network", 34, "cpp"),
        ("compression", 26, "c"),
        ("tests", 24, "cpp"),
        ("tools", 7, "cpp"),
    ];
    for build in 0..builds {
        let mut at = FIRST + build * 2 * DAY + numbers.below(DAY / 3);
        let missed = match build {
            0 => 100,
            4 => 46,
            _ => 2 + numbers.below(14),
        };
        for (target, files, extension) in targets {
            for file in 0..files {
                let source = format!(
                    "src/{target}/{}{file:02}.{extension}",
                    ["mesh_", "buffer_", "node_", "table_"][file % 4]
                );
                let cost = 600_000 + (Numbers(file as u64 * 7 + target.len() as u64).below(1000)).pow(2) * 9;
                let mut entry = if numbers.below(100) < missed {
                    entry(target, &source, Outcome::Miss, 0, cost)
                } else {
                    let outcome = if numbers.below(100) < 96 { Outcome::DirectHit } else { Outcome::Hit };
                    let mut hit = entry(target, &source, outcome, 0, 9_000 + numbers.below(20_000));
                    hit.tier = Some(if numbers.below(100) < 70 { Tier::Local } else { Tier::Remote });
                    hit
                };
                if target == "tests" && file < 3 {
                    (entry.outcome, entry.rule) =
                        (Outcome::Bypassed, Some("files beside the object".to_owned()));
                }
                if target == "tools" && file == 6 {
                    (entry.outcome, entry.reason) =
                        (Outcome::Uncacheable, Some("unsupported_code_directive".to_owned()));
                }
                if build == 6 && target == "core" && file == 11 {
                    entry.outcome = Outcome::CompileError;
                }
                at += entry.micros.unwrap_or(0) / 6000;
                (entry.at, entry.build) = (at, format!("build-{build}"));
                all.push(entry);
            }
        }
    }
    all
}

fn cache() -> Cache {
    Cache {
        tool: Some(CacheTool::Ccache),
        version: "4.14.2".to_owned(),
        location: "remote: http cache.example.com:8080, local: /home/user/.cache/ccache".to_owned(),
        reason: String::new(),
    }
}

fn causes() -> Vec<Cause> {
    let cause = |sentence: &str, advice: &str, files: u64, examples: &[&str]| Cause {
        sentence: sentence.to_owned(),
        advice: advice.to_owned(),
        files,
        of: 96,
        examples: examples.iter().map(|&name| name.to_owned()).collect(),
    };
    vec![
        cause(
            "the macro `GIT_SHA` changed",
            "set it only for the source that needs it, with set_source_files_properties(… COMPILE_DEFINITIONS …)",
            71,
            &["src/core/mesh_00.cpp", "src/core/buffer_01.cpp", "src/core/node_02.cpp"],
        ),
        cause("src/core/types.h was edited", "no action is needed", 19, &["src/renderer/mesh_04.cpp"]),
        cause("there is no earlier compilation of this object", "no action is needed", 6, &[]),
    ]
}

/// A project that uses its cache well.
pub(crate) fn usual() -> Input {
    let entries = entries(12, 1);
    Input {
        project: "lighthouse".to_owned(),
        folders: vec![Folder {
            path: "build/release".to_owned(),
            cache: cache(),
            summary: Summary::new(&entries, &entries),
            causes: causes(),
            damaged: 0,
        }],
        bench: None,
        made: FIRST + 24 * DAY,
        zone: TimeZone::UTC,
    }
}

/// Two folders, one of them without its cache, and names that are difficult to show.
pub(crate) fn difficult() -> Input {
    let mut hostile = entries(3, 5);
    for (at, name) in (0..).zip(DIFFICULT) {
        let mut entry = entry(name, name, Outcome::Miss, FIRST + at, 90_000_000 + at);
        name.clone_into(&mut entry.language);
        hostile.push(entry.clone());
        for (outcome, rule) in
            [(Outcome::Bypassed, name), (Outcome::Uncacheable, name), (Outcome::FailedOver, name)]
        {
            hostile.push(Entry {
                outcome,
                rule: Some(rule.to_owned()),
                reason: Some(rule.to_owned()),
                ..entry.clone()
            });
        }
    }
    let long = format!("src/{}.cpp", "a_very_long_name_".repeat(40));
    hostile.push(entry("long", &long, Outcome::Miss, FIRST, 95_000_000));
    hostile.push(Entry { is_certain: false, ..entry("core", "src/a.cpp", Outcome::Interrupted, FIRST, 5) });
    hostile.push(Entry { micros: None, ..entry("core", "src/b.cpp", Outcome::Hit, FIRST, 5) });
    hostile.sort_by_key(|entry| entry.at);
    let other = entries(2, 9);
    let causes = DIFFICULT.map(|name| Cause {
        sentence: format!("{name} was edited"),
        advice: name.to_owned(),
        files: 3,
        of: 9,
        examples: vec![name.to_owned(); 2],
    });
    Input {
        project: DIFFICULT[0].to_owned(),
        folders: vec![
            Folder {
                path: DIFFICULT[1].to_owned(),
                cache: Cache {
                    location: DIFFICULT[0].to_owned(),
                    reason: DIFFICULT[2].to_owned(),
                    ..cache()
                },
                summary: Summary::new(&hostile, &hostile),
                causes: causes.to_vec(),
                damaged: 2,
            },
            Folder {
                path: "build/debug".to_owned(),
                cache: Cache { tool: None, reason: "no cache tool was found".to_owned(), ..Cache::default() },
                summary: Summary::new(&other, &other),
                causes: Vec::new(),
                damaged: 0,
            },
        ],
        bench: None,
        made: FIRST + 24 * DAY,
        zone: TimeZone::UTC,
    }
}

/// The first build of a project.
pub(crate) fn first() -> Input {
    let entries = entries(1, 3);
    let mut input = usual();
    input.folders[0].summary = Summary::new(&entries, &entries);
    input.folders[0].causes = Vec::new();
    input
}

/// A report with the result of a benchmark, one cell of which has failed.
fn with_benchmark() -> Input {
    let cell = |scenario: &str, variant: &str, wall: f64, hits: Option<u64>| {
        let misses = hits.map(|hits| 212 - hits);
        serde_json::json!({
            "scenario": scenario, "variant": variant, "failure": null,
            "samples": [{ "wall_s": wall, "cpu_s": wall * 1.9, "hits": hits, "misses": misses }],
            "summary": { "wall_s": wall, "cpu_s": wall * 1.9, "spread_percent": 2.0 },
        })
    };
    let mut failed = cell("second_checkout", "tool", 0.0, None);
    failed["summary"] = serde_json::Value::Null;
    failed["failure"] = DIFFICULT[0].into();
    let json = serde_json::json!({
        "schema_version": 1, "project": "lighthouse", "tool": "ccache", "tool_version": "4.14.2", "processors": 8,
        "objects": 212, "rounds": 3, "notes": [DIFFICULT[1]], "cells": [
            cell("uncached", "none", 96.4, None),
            cell("cold", "tool", 99.1, Some(0)),
            cell("cold", "toolchainkit", 98.0, Some(0)),
            cell("warm", "tool", 4.2, Some(212)),
            cell("warm", "toolchainkit", 3.1, Some(212)),
            failed,
            cell("second_checkout", "toolchainkit", 3.4, Some(212)),
        ],
    });
    Input { bench: Some(Bench::parse(json.to_string().as_bytes()).unwrap()), ..usual() }
}

/// All pages with their names.
pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let empty = Input {
        project: "empty".to_owned(),
        folders: vec![Folder::default()],
        bench: None,
        made: FIRST,
        zone: TimeZone::UTC,
    };
    let inputs = [
        ("usual", usual()),
        ("difficult", difficult()),
        ("first", first()),
        ("empty", empty),
        ("bench", with_benchmark()),
    ];
    inputs.map(|(name, input)| (name, html(&input, &Filter::default()).unwrap())).to_vec()
}

fn parsed(page: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(page, options).unwrap_or_else(|error| panic!("{error}\n{page}"))
}

fn elements<'a>(document: &'a Document<'_>, name: &str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.tag_name().name() == name).collect()
}

fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect::<String>()
        .trim()
        .to_owned()
}

#[test]
fn the_page_of_a_usual_project() {
    let page = html(&usual(), &Filter::default()).unwrap();
    insta::with_settings!({ snapshot_path => "../report", prepend_module_to_snapshot => false, omit_expression => true, filters => vec![
        (concat!("toolchainkit ", env!("CARGO_PKG_VERSION")), "toolchainkit VERSION"),
        (r"(?s)<style>.*</style>", "<style>…</style>"),
        (r"sha256-[A-Za-z0-9+/=]{44}", "sha256-…"),
    ] }, {
        insta::assert_snapshot!("usual", page);
    });
}

/// The page is also well-formed XML, so a text that is not escaped, or an element that is not closed, is found.
#[test]
fn every_page_is_well_formed() {
    for (name, page) in pages() {
        let document = parsed(&page);
        let mut ids = BTreeSet::new();
        for node in document.descendants().filter(Node::is_element) {
            if let Some(id) = node.attribute("id") {
                assert!(
                    !id.contains(char::is_whitespace) && ids.insert(id.to_owned()),
                    "{name}: the ID {id:?}"
                );
            }
        }
        for node in document.descendants() {
            for reference in ["aria-labelledby", "aria-describedby"] {
                for id in node.attribute(reference).unwrap_or_default().split_whitespace() {
                    assert!(ids.contains(id), "{name}: no element has the ID {id}");
                }
            }
        }
        assert_eq!(elements(&document, "html")[0].attribute("lang"), Some("en"));
        for one in ["h1", "main", "header", "footer", "title"] {
            // A drawing has a title as well.
            let found = elements(&document, one)
                .into_iter()
                .filter(|node| node.parent_element().is_none_or(|parent| parent.tag_name().name() != "svg"));
            assert_eq!(found.count(), 1, "{name}: {one}");
        }
        for section in elements(&document, "section") {
            assert!(section.attribute("aria-labelledby").is_some(), "{name}: a section without a heading");
        }
    }
}

#[test]
fn every_drawing_and_table_has_words() {
    for (name, page) in pages() {
        let document = parsed(&page);
        for drawing in elements(&document, "svg") {
            if drawing.attribute("aria-hidden") == Some("true") {
                continue;
            }
            assert_eq!(drawing.attribute("role"), Some("img"), "{name}");
            let part = |part: &str| {
                let node = drawing
                    .children()
                    .find(|node| node.tag_name().name() == part)
                    .expect("a title and a text");
                text(node)
            };
            assert!(!part("title").is_empty() && part("desc").contains("table"), "{name}");
        }
        for table in elements(&document, "table") {
            let caption = table.children().find(Node::is_element).expect("a caption");
            assert!(caption.tag_name().name() == "caption" && !text(caption).is_empty(), "{name}");
            for head in table.descendants().filter(|node| node.tag_name().name() == "th") {
                assert!(matches!(head.attribute("scope"), Some("row" | "col" | "rowgroup")), "{name}");
            }
        }
    }
    // The charts and the tables with the same numbers are there.
    let usual = html(&usual(), &Filter::default()).unwrap();
    let document = parsed(&usual);
    let drawings = elements(&document, "svg").into_iter().filter(|node| node.attribute("role").is_some());
    assert_eq!(drawings.count(), 4, "two charts for two widths");
    assert_eq!(elements(&document, "table").len(), 4);
}

#[test]
fn nothing_is_loaded_and_nothing_is_run() {
    const LOADING: [&str; 12] = [
        "src",
        "href",
        "srcset",
        "action",
        "data",
        "poster",
        "background",
        "style",
        "xlink:href",
        "ping",
        "formaction",
        "cite",
    ];
    for (name, page) in pages() {
        let document = parsed(&page);
        for node in document.descendants().filter(Node::is_element) {
            let element = node.tag_name().name();
            assert!(
                ![
                    "script",
                    "link",
                    "img",
                    "iframe",
                    "object",
                    "embed",
                    "base",
                    "a",
                    "form",
                    "use",
                    "image",
                    "foreignObject"
                ]
                .contains(&element),
                "{name}: {element}"
            );
            for attribute in node.attributes() {
                let attribute = attribute.name();
                assert!(
                    !LOADING.contains(&attribute) && !attribute.starts_with("on"),
                    "{name}: {attribute} of {element}"
                );
            }
        }
        let style = text(elements(&document, "style")[0]);
        assert!(!style.contains("@import") && !style.contains("http"), "{name}");
        assert_eq!(style.matches("url(").count(), style.matches("url(#stripes)").count(), "{name}");
        let policies = elements(&document, "meta")
            .into_iter()
            .filter(|meta| meta.attribute("http-equiv") == Some("Content-Security-Policy"));
        let policies: Vec<&str> = policies.filter_map(|meta| meta.attribute("content")).collect();
        assert!(
            policies.len() == 1 && policies[0].starts_with("default-src 'none'; style-src 'sha256-"),
            "{name}: {policies:?}"
        );
    }
}

#[test]
fn a_difficult_name_is_shown_as_it_is() {
    let page = html(&difficult(), &Filter::default()).unwrap();
    let document = parsed(&page);
    let names: Vec<String> = elements(&document, "bdi").into_iter().map(text).collect();
    for name in DIFFICULT {
        // Characters that a browser would obey are shown as escapes.
        let shown = name.replace('\u{202e}', "\\u{202e}").replace('\u{1b}', "\\u{1b}");
        assert!(names.contains(&shown), "{shown}: {names:#?}");
    }
    assert_eq!(text(elements(&document, "title")[0]).matches("<script>").count(), 1);
    assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
}

/// A rule says in its own words why it applies and what the user can do.
#[test]
fn a_bypass_has_the_words_of_its_rule() {
    let page = html(&usual(), &Filter::default()).unwrap();
    let document = parsed(&page);
    let rule = rules::find("files beside the object").unwrap();
    let paragraphs: Vec<String> =
        elements(&document, "p").into_iter().map(|node| text(node).to_lowercase()).collect();
    for words in [rule.because, rule.help] {
        assert!(paragraphs.contains(&format!("{}.", words.to_lowercase())), "{words}");
    }
    assert!(paragraphs.iter().any(|text| text.contains(".incbin")), "the reason of ccache");
}

#[test]
fn numbers_on_the_page_are_those_of_the_summary() {
    let input = usual();
    let page = html(&input, &Filter::default()).unwrap();
    let document = parsed(&page);
    let counts = input.folders[0].summary.total.counts;
    let rate = counts.rate().unwrap().round();
    assert_eq!(
        text(elements(&document, "h1")[0]).split_whitespace().next(),
        Some(format!("{rate}").as_str())
    );
    let rows = |table: usize| {
        let table = elements(&document, "table")[table];
        table.descendants().filter(|node| node.tag_name().name() == "tr").count() - 1
    };
    let summary = &input.folders[0].summary;
    assert_eq!(
        (rows(0), rows(2), rows(3)),
        (summary.builds.len(), summary.targets.len(), summary.languages.len())
    );
}

#[test]
fn a_benchmark_is_a_part_of_the_page() {
    let page = html(&with_benchmark(), &Filter::default()).unwrap();
    let document = parsed(&page);
    let table = elements(&document, "table")
        .into_iter()
        .find(|table| text(*table).contains("212\u{a0}objects"))
        .unwrap();
    let rows: Vec<String> =
        table.descendants().filter(|node| node.tag_name().name() == "tr").map(text).collect();
    assert_eq!(rows.len(), 12, "a head, four states of the cache and seven cells: {rows:?}");
    let warm = rows.iter().position(|row| row == "Full cache").unwrap();
    assert!(rows[warm + 2].starts_with("toolchainkit3.1\u{a0}s"), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains(&format!("failed: {}", DIFFICULT[0]))), "{rows:?}");
}

#[test]
fn a_report_is_recognised() {
    for (name, page) in pages() {
        assert!(is_ours(page.as_bytes()), "{name}");
    }
    assert!(is_ours(b"") && is_ours(b"\n"));
    for other in
        ["<!DOCTYPE html><title>toolchainkit</title>", "<meta name=\"generator\" content=\"other\">", "notes"]
    {
        assert!(!is_ours(other.as_bytes()), "{other}");
    }
    let late = format!("{}<meta name=\"generator\" content=\"toolchainkit", "x".repeat(2000));
    assert!(!is_ours(late.as_bytes()));
}

/// The page in Chromium, in light and dark, at the widths of a screen and of a phone: nothing is loaded, no message appears in the
/// console, every text of a drawing is legible, and axe-core finds nothing serious. Only with TOOLCHAINKIT_TEST_FULL=1, unless
/// Chromium is installed: it has 300 MB.
#[test]
fn every_page_in_a_browser() {
    const NEEDS: [Tool; 2] = [Tool::Browser, Tool::System("chromium")];
    let Some(tools) = Tools::require_if_full(&NEEDS) else { return };
    let sandbox = Sandbox::new("report");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/report.js");
    let examine = |names: &[PathBuf]| {
        let mut command = sandbox.command(tools.path(Tool::System("node")));
        let modules = tools.path(Tool::Browser).ancestors().nth(3).unwrap().to_owned();
        command.arg(script).arg(modules).arg(tools.path(Tool::System("chromium"))).args(names);
        command
    };
    let mut names = Vec::new();
    for (name, page) in pages() {
        names.push(sandbox.root().join(format!("{name}.html")));
        fs::write(names.last().unwrap(), page).unwrap();
    }
    examine(&names).run();
    // Each check can fail.
    let bad = sandbox.root().join("bad.html");
    let page = "<!DOCTYPE html><html><title>bad</title><body style='background: #eee'><p style='color: #ddd; width: 2000px'>a pale text</p>\
                <img src='missing.png'><script>console.log('seen')</script><svg class='chart' viewBox='0 0 2000 10'>\
                <text>small</text></svg>";
    fs::write(&bad, page).unwrap();
    let failed = examine(&[bad]).run_expecting(1);
    for check in [
        "console: seen",
        "request: ",
        "width: ",
        "scheme: ",
        "charts: ",
        "text: ",
        "elements: ",
        "color-contrast",
        "accessibility: ",
    ] {
        assert!(failed.stdout.contains(check), "{check}: {failed}");
    }
}

/// For looking at the pages: `TOOLCHAINKIT_REPORT_PAGES=FOLDER cargo test --test suite report::pages_to_look_at`.
#[test]
fn pages_to_look_at() {
    let Some(folder) = std::env::var_os("TOOLCHAINKIT_REPORT_PAGES") else { return };
    for (name, page) in pages() {
        fs::write(Path::new(&folder).join(format!("{name}.html")), page).unwrap();
    }
}
