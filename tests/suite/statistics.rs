//! The formats of `toolchainkit stats`, from fixed journals.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use toolchainkit::caching::statistics::CacheStats;
use toolchainkit::caching::tool::{TierStats, Tool, ToolStats, Version};
use toolchainkit::journal::summary::Summary;
use toolchainkit::journal::{Entry, Journal, Mark, MarkKind, Outcome, Tier};
use toolchainkit::stats::{
    CacheOfBuild, Compilations, KeepsMissing, Look, MissCause, Origin, Running, Scope, Selection, Since,
    Statistics, Verdict, human, json_schema, live, live_line, markdown, prometheus, running_build,
};

/// 2026-11-28 07:00:00 UTC in milliseconds since 1970.
const SEVEN: u64 = 1_795_849_200_000;

fn entry(build: u32, seconds: u64, object: &str, outcome: Outcome, micros: u64) -> Entry {
    let (folder, file) = object.rsplit_once(".dir/").unwrap_or(("", object));
    let source = format!("src/{}", file.trim_end_matches(".o"));
    let at = SEVEN + u64::from(build) * 600_000 + seconds * 1000;
    let language = if source.strip_suffix(".c").is_some() { "C" } else { "CXX" };
    let object =
        if folder.is_empty() { file.to_owned() } else { format!("CMakeFiles/{folder}.dir/{file}.o") };
    let entry = Entry::new(at, &source, &object, language, outcome);
    Entry { build: format!("{build}-1"), micros: Some(micros), ..entry }
}

/// Two builds with each result.
fn journal() -> Journal {
    let mut entries = Vec::new();
    for (index, name) in ["lexer", "parser", "scheduler", "main"].into_iter().enumerate() {
        let second = index as u64;
        entries.push(entry(
            0,
            second,
            &format!("core.dir/{name}.cpp"),
            Outcome::Miss,
            2_000_000 + second * 3_500_000,
        ));
        let mut hit = entry(1, second, &format!("core.dir/{name}.cpp"), Outcome::DirectHit, 12_000);
        hit.tier = Some(if index == 3 { Tier::Remote } else { Tier::Local });
        entries.push(hit);
    }
    entries.push(entry(1, 5, "app.dir/window.cpp", Outcome::Hit, 60_000));
    entries.push(entry(1, 5, "app.dir/table.c", Outcome::DirectHit, 9_000));
    entries.push(entry(1, 6, "app.dir/menu.cpp", Outcome::Miss, 7_250_000));
    let mut failed = entry(1, 6, "app.dir/dialog.cpp", Outcome::FailedOver, 8_000_000);
    failed.reason = Some("the daemon did not answer within 10 s".to_owned());
    entries.push(failed);
    for (name, rule) in
        [("a", "on request"), ("b", "on request"), ("c", "coverage report of a newer version")]
    {
        let mut bypassed = entry(1, 7, &format!("app.dir/{name}.cpp"), Outcome::Bypassed, 0);
        bypassed.micros = None;
        bypassed.rule = Some(rule.to_owned());
        entries.push(bypassed);
    }
    for (name, reason) in [("d", Some("-save-temps")), ("e", None)] {
        let mut uncacheable = entry(1, 8, &format!("app.dir/{name}.cpp"), Outcome::Uncacheable, 500_000);
        uncacheable.reason = reason.map(str::to_owned);
        entries.push(uncacheable);
    }
    entries.push(entry(1, 9, "app.dir/broken.cpp", Outcome::CompileError, 300_000));
    entries.push(entry(1, 9, "app.dir/killed.cpp", Outcome::Interrupted, 0));
    entries.push(entry(1, 9, "app.dir/odd.cpp", Outcome::Unknown, 100_000));
    let mut twin = entry(1, 10, "version.cpp", Outcome::DirectHit, 8_000);
    twin.is_certain = false;
    entries.push(twin);
    entries.sort_by_key(|entry| entry.at);
    let running = vec![entry(1, 11, "app.dir/late.cpp", Outcome::Unknown, 0)];
    Journal { entries, running, marks: Vec::new(), damaged: 1 }
}

/// Names with characters that mean something in one of the formats.
fn difficult() -> Journal {
    let long = format!("app.dir/{}/a.cpp", "deep".repeat(40));
    let mut entries = vec![
        entry(0, 0, "a|b.dir/x|y``z.cpp", Outcome::Miss, 1_000_000),
        entry(0, 1, "quo\"te.dir/back\\slash.cpp", Outcome::Miss, 900_000),
        entry(0, 1, "源代码.dir/文件.cpp", Outcome::Miss, 800_000),
        entry(0, 2, &long, Outcome::Miss, 700_000),
        entry(0, 2, &format!("{}.dir/b.cpp", "target".repeat(30)), Outcome::Miss, 600_000),
        entry(0, 3, "c.dir/<img src=x>.cpp", Outcome::Miss, 500_000),
    ];
    let mut bypassed = entry(0, 4, "c.dir/new\nline.cpp", Outcome::Bypassed, 0);
    bypassed.rule = Some("::error::*rule* <b>\u{1b}[31m".to_owned());
    entries.push(bypassed);
    for index in 0..30 {
        entries.push(entry(1, index, &format!("target-{index}.dir/a.cpp"), Outcome::DirectHit, 1000));
    }
    Journal { entries, running: Vec::new(), marks: Vec::new(), damaged: 0 }
}

fn cache(tool: Tool) -> CacheOfBuild {
    let tier = |name: &str, hits, misses| TierStats { name: name.to_owned(), hits, misses };
    let stats = ToolStats {
        hits: 132,
        misses: 8,
        errors: 1,
        uncacheable: 2,
        size_bytes: Some(1_288_490_189),
        max_size_bytes: Some(10 << 30),
        location: Some("redis, name: 127.0.0.1:6379".to_owned()),
        servers: std::collections::BTreeMap::new(),
        tiers: vec![tier("L0 (disk)", 120, 20), tier("L1 (redis)", 12, 8)],
    };
    let mut cache = CacheOfBuild::new(&CacheStats::new(tool, Version::new(0, 16, 0), "", &stats), true);
    cache.daemon_running = (tool == Tool::Sccache).then_some(true);
    cache
}

fn of(journal: &Journal, selection: &Selection) -> Statistics {
    let mut statistics =
        Statistics::new("build/release".to_owned(), Origin::Journal, selection.scope(), cache(Tool::Sccache));
    let summary = Summary::new(selection.of(journal), &journal.entries);
    statistics.compilations =
        Some(Compilations::new(&summary, journal.running.len(), journal.damaged).explained(Tool::Sccache));
    statistics.cleaned(&|text| text.replace('\u{1b}', "\\u{1b}"))
}

fn cases() -> BTreeMap<&'static str, Statistics> {
    let mut last = of(&journal(), &Selection::LastBuilds(1));
    last.other_build_folders = vec!["build/debug".to_owned(), "build/asan".to_owned()];
    last.cache.degraded = Some("remote redis does not answer".to_owned());
    last.notes = vec!["CCACHE_SLOPPINESS is not used, because with it a hit may be wrong".to_owned()];
    last.limit = Some(Verdict::new(&last, 80.0));
    let cause = |sentence: &str, advice: &str, files, seconds| MissCause {
        sentence: sentence.to_owned(),
        advice: advice.to_owned(),
        files,
        of: 1230,
        seconds,
    };
    last.causes = vec![
        cause("the macro GIT_SHA changed", "set it only for the source that needs it", 1212, 125.0),
        cause("src/a.h was edited", "no action is needed", 18, 0.0),
    ];
    last.keep_missing =
        vec![KeepsMissing { source: "src/e.cpp".to_owned(), object: "e.o".to_owned(), builds: 5 }];
    let mut none = of(&Journal::default(), &Selection::Since(Since::Time(SEVEN)));
    none.cache.counters = None;
    none.cache.daemon_running = Some(false);
    none.limit = Some(Verdict::new(&none, 80.0));
    let mut script =
        Statistics::new("build".to_owned(), Origin::ToolCounters, Scope::ToolCounters, cache(Tool::Ccache));
    script.notes =
        vec!["the launcher of this build is the script, which keeps no journal of compilations".to_owned()];
    script.limit = Some(Verdict::new(&script, 95.0));
    BTreeMap::from([
        ("all-builds", of(&journal(), &Selection::All)),
        ("difficult-names", of(&difficult(), &Selection::All)),
        ("last-build", last),
        ("no-compilation", none),
        ("script", script),
    ])
}

fn plain() -> Look {
    Look::plain(TimeZone::UTC)
}

fn terminal() -> Look {
    Look { unicode: true, bars: true, colour: true, ..plain() }
}

fn compare(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../golden/stats", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text);
    });
}

/// The text without the colours.
fn uncoloured(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').expect("a colour").1)
}

#[test]
fn each_format_has_the_expected_text() {
    for (name, statistics) in cases() {
        let json = serde_json::to_value(&statistics).unwrap();
        let bars = Look { colour: false, ..terminal() };
        let texts = [
            ("plain", human(&statistics, &plain())),
            ("terminal", human(&statistics, &bars)),
            ("json", format!("{json:#}\n")),
            ("markdown", markdown(&statistics, &plain())),
            ("prometheus", prometheus(&statistics)),
        ];
        let text: String = texts
            .iter()
            .fold(String::new(), |all, (format, text)| all + "===== " + format + "\n" + text + "\n");
        compare(name, &text);
    }
}

#[test]
fn a_text_for_people_fits_in_80_columns_and_has_colours_only_on_a_terminal() {
    for (name, statistics) in cases() {
        for look in
            [plain(), terminal(), Look { unicode: false, ..terminal() }, Look { width: 72, ..terminal() }]
        {
            let text = human(&statistics, &look);
            assert_eq!(text.contains('\u{1b}'), look.colour, "{name}");
            let text = uncoloured(&text);
            for line in text.lines() {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                assert!(columns <= look.width, "{name}: {columns} columns: {line}");
                assert_eq!(line, line.trim_end(), "{name}");
            }
            if !look.unicode && name != "difficult-names" {
                assert!(text.is_ascii(), "{name}: {text}");
            }
            let uncoloured_look = Look { colour: false, ..look };
            assert_eq!(text, human(&statistics, &uncoloured_look), "{name}: colours change the text");
        }
    }
}

#[test]
fn the_running_build_fits_into_a_small_terminal() {
    let journal = journal();
    let summary = Summary::new(running_build(&journal), &journal.entries);
    let mut statistics = Statistics::new(
        "build/release".to_owned(),
        Origin::Journal,
        Scope::LastBuilds { number: 1 },
        cache(Tool::Ccache),
    );
    assert!(live(&statistics, &[], &plain())[0].contains("waiting for the first compilation"));
    statistics.compilations = Some(Compilations::new(&summary, journal.running.len(), 0));
    let cause = |sentence: &str, files| MissCause {
        sentence: sentence.to_owned(),
        advice: String::new(),
        files,
        of: 20,
        seconds: 1.0,
    };
    statistics.causes = vec![
        cause("the macro GIT_SHA has another value", 12),
        cause("the header src/version.h was edited", 1),
        cause("the compiler was updated", 1),
    ];
    let run = |source: &str, seconds| Running { source: source.to_owned(), seconds };
    let running =
        [run("src/generated/tables.cpp", 83.4), run("src/lexer.cpp", 2.0), run("src/menu.cpp", 0.1)];
    for width in [20, 40, 79] {
        let look = Look { width, ..terminal() };
        let lines = live(&statistics, &running, &look);
        assert!(lines.len() <= 12, "{lines:?}");
        for line in &lines {
            let columns = unicode_width::UnicodeWidthStr::width(&*uncoloured(line));
            assert!(columns <= width, "{columns} columns: {line}");
        }
    }
    let look = Look { colour: false, ..terminal() };
    compare(
        "live",
        &(live(&statistics, &running, &look).join("\n") + "\n\n" + &live_line(&statistics, &plain())),
    );
}

#[test]
fn the_json_is_valid_according_to_its_schema() {
    let validator = jsonschema::draft7::new(&json_schema()).unwrap();
    for (name, statistics) in cases() {
        let mut json = serde_json::to_value(&statistics).unwrap();
        let errors: Vec<_> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        json["scope"]["kind"] = "yesterday".into();
        assert!(!validator.is_valid(&json), "{name}");
    }
}

/// A sample of the text format of Prometheus: name, labels and value.
type Sample = (String, Vec<(String, String)>, f64);

/// Reads a line as the parser of Prometheus does, and panics if it is not valid.
fn sample(line: &str) -> Sample {
    let is_name = |name: &str| {
        let letters = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        name.starts_with(|first: char| first.is_ascii_lowercase()) && name.chars().all(letters)
    };
    let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("no labels: {line}"));
    assert!(is_name(name), "{line}");
    let mut labels = Vec::new();
    let mut letters = rest.chars();
    loop {
        let label: String = letters.by_ref().take_while(|letter| *letter != '=').collect();
        assert!(is_name(&label) && !label.starts_with("__"), "{label} in {line}");
        assert_eq!(letters.next(), Some('"'), "{line}");
        let mut value = String::new();
        loop {
            match letters.next().unwrap_or_else(|| panic!("an open quote: {line}")) {
                '"' => break,
                '\\' => value.push(match letters.next() {
                    Some('\\') => '\\',
                    Some('"') => '"',
                    Some('n') => '\n',
                    other => panic!("the escape {other:?} in {line}"),
                }),
                letter => value.push(letter),
            }
        }
        labels.push((label, value));
        match letters.next() {
            Some(',') => {}
            Some('}') => break,
            other => panic!("{other:?} after a label in {line}"),
        }
    }
    let value = letters.as_str().strip_prefix(' ').and_then(|value| value.parse().ok());
    (name.to_owned(), labels, value.unwrap_or_else(|| panic!("no value: {line}")))
}

/// The rules of the format, and those of `promtool check metrics`.
fn samples(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'));
    let mut families: BTreeSet<String> = BTreeSet::new();
    let mut current = String::new();
    let mut samples: Vec<Sample> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(families.insert(name.to_owned()), "{name} is not in one block");
            assert!(help.ends_with('.') && !help.contains('\n'), "{line}");
            assert_eq!(lines.next(), Some(&*format!("# TYPE {name} gauge")));
            // A counter ends with _total, and a gauge does not. Units are base units.
            for wrong in
                ["_total", "_count", "_bucket", "_milliseconds", "_percent", "_minutes", "_kibibytes"]
            {
                assert!(!name.ends_with(wrong), "{name}");
            }
            name.clone_into(&mut current);
            continue;
        }
        let sample = sample(line);
        assert_eq!(sample.0, current, "{line} is not in the block of its family");
        let same = samples.iter().any(|(name, labels, _)| *name == sample.0 && *labels == sample.1);
        assert!(!same, "two samples have the same labels: {line}");
        samples.push(sample);
    }
    for family in families {
        assert!(samples.iter().any(|(name, ..)| *name == family), "{family} has no sample");
    }
    samples
}

#[test]
fn the_metrics_have_the_format_of_prometheus() {
    for (name, statistics) in cases() {
        let samples = samples(&prometheus(&statistics));
        let sum = |of: &str| -> f64 {
            samples
                .iter()
                .filter(|(name, ..)| *name == format!("toolchainkit_{of}"))
                .map(|(.., value)| value)
                .sum()
        };
        let Some(all) = &statistics.compilations else { continue };
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let count = all.total.compilations as f64;
        for family in ["compilations", "target_compilations", "language_compilations"] {
            assert!((sum(family) - count).abs() < 0.1, "{name}: {family}: {} of {count}", sum(family));
        }
        if name == "difficult-names" {
            let has = |text: &str| {
                samples.iter().any(|(_, labels, _)| labels.iter().any(|(_, value)| value == text))
            };
            assert!(has("quo\"te") && has("a|b") && has("源代码"), "{samples:?}");
        }
    }
}

#[test]
fn tables_in_markdown_have_the_same_number_of_cells_in_each_row() {
    for (name, statistics) in cases() {
        let text = markdown(&statistics, &plain());
        let mut cells = None;
        for line in text.lines() {
            if !line.starts_with('|') {
                cells = None;
                continue;
            }
            let number = line.replace("\\|", "").matches('|').count();
            assert_eq!(*cells.get_or_insert(number), number, "{name}: {line}");
        }
        // In code, HTML has no meaning.
        let outside: String = text.split('`').step_by(2).collect();
        assert!(!outside.contains("<img") && !outside.contains("<b>"), "{name}: {text}");
        assert!(!text.lines().any(|line| line.starts_with("::")), "{name}");
    }
}

#[test]
fn compilations_before_zero_count_only_with_all() {
    let mut journal = journal();
    let count = |journal: &Journal, selection: Selection| selection.of(journal).len();
    let (all, last) = (journal.entries.len(), count(&journal, Selection::LastBuilds(1)));
    assert_eq!((all - last, count(&journal, Selection::LastBuilds(2))), (4, all));
    let at = SEVEN + 600_000 + 9500;
    journal.marks.push(Mark { at, kind: MarkKind::Zero });
    assert_eq!(count(&journal, Selection::All), all);
    for selection in [
        Selection::LastBuilds(1),
        Selection::LastBuilds(9),
        Selection::Since(Since::Configure),
        Selection::Since(Since::Time(0)),
    ] {
        assert_eq!(count(&journal, selection), 1);
    }
    journal.marks.push(Mark { at: at + 60_000, kind: MarkKind::Zero });
    assert_eq!(count(&journal, Selection::LastBuilds(1)), 0);
    let configured =
        Journal { marks: vec![Mark { at: SEVEN + 300_000, kind: MarkKind::Configured }], ..journal };
    assert_eq!(count(&configured, Selection::Since(Since::Configure)), last);
}

#[test]
fn the_limit_is_compared_without_rounding() {
    let with = |hits: u64, misses: u64, unknown: u64| {
        let of = |outcome, number| (0..number).map(move |index| entry(0, index, "a.dir/a.c", outcome, 10));
        let entries =
            of(Outcome::Hit, hits).chain(of(Outcome::Miss, misses)).chain(of(Outcome::Unknown, unknown));
        let journal = Journal { entries: entries.collect(), ..Journal::default() };
        of_all(&journal)
    };
    let is_below = |statistics: &Statistics, limit: f64| Verdict::new(statistics, limit).is_below;
    assert!(!is_below(&with(4, 1, 0), 80.0) && is_below(&with(4, 1, 0), 80.01));
    let near = Verdict::new(&with(7999, 2001, 0), 80.0);
    assert!(near.is_below && near.sentence().contains("79.990 %"), "{}", near.sentence());
    assert!(!is_below(&with(0, 0, 0), 80.0), "no compilation");
    assert!(is_below(&with(0, 0, 3), 80.0), "only unknown results");
    assert!(!is_below(&with(0, 5, 0), 0.0));
    assert!(is_below(&with(99, 1, 0), 100.0));
    // The counters of the tool are not those of this build folder.
    let mut without = with(0, 0, 0);
    without.compilations = None;
    assert_eq!(Verdict::new(&without, 80.0).cacheable, 0);
}

fn of_all(journal: &Journal) -> Statistics {
    of(journal, &Selection::All)
}
