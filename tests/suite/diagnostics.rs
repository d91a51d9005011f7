//! The diagnostics of the configuration. `tests/diagnostics` has a file for each kind of error, named after the code
//! (`<code>.yaml` or `<code>.<case>.yaml`), and a snapshot of the report for each.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use toolchainkit::config::{Config, SourceFile, json_schema, load};
use toolchainkit::diagnostics::{Code, Diagnostic, Report, Severity, Style};

/// The literal secret in all of the files.
const SECRET: &str = "hunter2";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

/// Name and text of the YAML files in `folder`.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder is part of the repository")
        .map(|entry| entry.expect("a folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .map(|path| {
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("names are ASCII").to_owned();
            (name, std::fs::read_to_string(path).expect("files are UTF-8"))
        })
        .collect();
    files.sort();
    files
}

fn bad_files() -> Vec<(String, String)> {
    let files = files(&folder());
    assert!(files.len() >= 80, "only {} files", files.len());
    files
}

fn good_files() -> Vec<(String, String)> {
    let files = files(&folder().join("good"));
    assert!(files.len() >= 13, "only {} files", files.len());
    files
}

fn source(text: &str) -> SourceFile {
    SourceFile::new("toolchainkit.yaml", text)
}

/// The errors, or the warnings if there are no errors.
fn diagnostics(text: &str) -> Vec<Diagnostic> {
    match load(&source(text)) {
        Ok(loaded) => loaded.warnings,
        Err(diagnostics) => diagnostics,
    }
}

fn config(text: &str) -> Config {
    match load(&source(text)) {
        Ok(loaded) => loaded.config,
        Err(diagnostics) => panic!("{}", report(text, &diagnostics)),
    }
}

fn codes(text: &str) -> Vec<Code> {
    diagnostics(text).iter().map(|diagnostic| diagnostic.code).collect()
}

fn report(text: &str, diagnostics: &[Diagnostic]) -> String {
    Report::new(diagnostics, Some(&source(text).excerpt())).to_text(Style::default())
}

fn lines(number: usize, line: impl Fn(usize) -> String) -> String {
    (0..number).map(line).collect()
}

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder().join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn reports_of_the_invalid_files() {
    snapshots().bind(|| {
        for (name, text) in bad_files() {
            insta::assert_snapshot!(name.as_str(), report(&text, &diagnostics(&text)));
        }
    });
}

#[test]
fn each_invalid_file_has_only_the_error_in_its_name() {
    for (name, text) in bad_files() {
        let expected = Code::from_name(name.split('.').next().unwrap()).unwrap_or_else(|| panic!("{name}"));
        let found = codes(&text);
        assert!(!found.is_empty() && found.iter().all(|code| *code == expected), "{name}: {found:?}");
    }
}

#[test]
fn every_code_occurs() {
    let mut found: BTreeSet<Code> = bad_files().iter().flat_map(|(_, text)| codes(text)).collect();
    found.extend(codes(&"# more than 64 KiB\n".repeat(4 * 1024)));
    found.extend(codes(&lines(200, |number| format!("key{number}:\n"))));
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap().join("toolchainkit.yaml");
    found.insert(SourceFile::read(&path).unwrap_err().code);
    std::fs::write(&path, b"project: { name: Pr\xfcfung }\n").unwrap();
    found.insert(SourceFile::read(&path).unwrap_err().code);
    // Needs template files; `an_invalid_template_is_reported_with_its_line` tests it.
    found.insert(Code::BadTemplate);
    assert_eq!(found, Code::ALL.iter().copied().collect());
}

#[test]
fn an_unreadable_file_is_reported_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(folder.path()).unwrap();
    let error = SourceFile::read(&folder.join("absent.yaml")).unwrap_err();
    assert_eq!(error.code, Code::UnreadableConfig);
    assert!(error.message.contains("absent.yaml"), "{}", error.message);
    assert_eq!(SourceFile::read(folder).unwrap_err().code, Code::UnreadableConfig, "a folder");

    let path = folder.join("latin1.yaml");
    std::fs::write(&path, b"project: { name: Pr\xfcfung }\n").unwrap();
    let error = SourceFile::read(&path).unwrap_err();
    assert_eq!(error.code, Code::ConfigNotUtf8);
    assert!(error.message.contains("byte 19"), "{}", error.message);
    let text = Report::new(&[error], None).to_text(Style::default());
    assert!(text.contains("save the file as UTF-8"), "{text}");
}

#[test]
fn no_report_contains_a_secret() {
    let mut with_secret = 0;
    for (name, text) in bad_files() {
        with_secret += usize::from(text.contains(SECRET));
        let diagnostics = diagnostics(&text);
        let json = Report::new(&diagnostics, Some(&source(&text).excerpt())).to_json().to_string();
        for shown in [report(&text, &diagnostics), json, format!("{diagnostics:?} {:?}", source(&text))] {
            assert!(!shown.contains(SECRET), "{name}: {shown}");
        }
    }
    assert!(with_secret >= 8, "only {with_secret} files contain the secret");
}

#[test]
fn all_errors_of_a_file_are_reported_in_the_order_of_the_text() {
    let text = "\
version: 3
cache:
  tool: scache
  size_gb: 10GB
  colour: red
  remote:
    type: s3
    credentials: { access_key: hunter2, secret_kei: \"${X}\" }
    access: readonly
toolchain:
  linker: fast
presets:
  binary_dir: ${presetname}
  build_types: [Debug, debug, \"a b\"]
profiles:
  c i:
    cache: { size_gb: -1 }
output:
  toolchain: /a.cmake
";
    let found: Vec<(Code, String)> =
        diagnostics(text).into_iter().map(|diagnostic| (diagnostic.code, diagnostic.place.path)).collect();
    let expected = [
        (Code::UnsupportedVersion, "version"),
        (Code::UnknownValue, "cache.tool"),
        (Code::WrongType, "cache.size_gb"),
        (Code::UnknownKey, "cache.colour"),
        (Code::MissingSetting, "cache.remote.bucket"),
        (Code::SecretInConfig, "cache.remote.credentials.access_key"),
        (Code::UnknownKey, "cache.remote.credentials.secret_kei"),
        (Code::UnknownValue, "cache.remote.access"),
        (Code::UnknownValue, "toolchain.linker"),
        (Code::UnknownMacro, "presets.binary_dir"),
        (Code::DuplicateName, "presets.build_types[1]"),
        (Code::BadName, "presets.build_types[2]"),
        (Code::BadName, "profiles.c i"),
        (Code::BadValue, "profiles.c i.cache.size_gb"),
        (Code::BadPath, "output.toolchain"),
    ];
    assert_eq!(found, expected.map(|(code, path)| (code, path.to_owned())));
    snapshots().bind(|| insta::assert_snapshot!("all-at-once", report(text, &diagnostics(text))));
}

#[test]
fn json_lines_and_columns_count_characters() {
    let text = "project: { name: \"Größe\", nome: x }\n";
    let diagnostics = diagnostics(text);
    let json = Report::new(&diagnostics, Some(&source(text).excerpt())).to_json();
    let expected = serde_json::json!([{
        "code": "unknown-key",
        "severity": "error",
        "message": "there is no setting `nome` here",
        "file": "toolchainkit.yaml",
        "line": 1,
        "column": 27,
        "path": "project.nome",
        "help": "did you mean `name`?",
    }]);
    assert_eq!(json, expected);
    let without_text = Report::new(&diagnostics, None).to_json();
    assert_eq!(without_text[0]["line"], serde_json::Value::Null);
}

#[test]
fn the_style_controls_colours_and_characters() {
    let text = "cashe: {}\n";
    let excerpt = source(text).excerpt();
    let diagnostics = diagnostics(text);
    let draw = |colour, unicode| {
        Report::new(&diagnostics, Some(&excerpt)).to_text(Style { width: 80, colour, unicode })
    };
    assert!(draw(true, true).contains("\u{1b}["));
    assert!(!draw(false, true).contains('\u{1b}'));
    assert!(draw(false, false).is_ascii());
    assert!(draw(true, false).is_ascii() && draw(true, false).contains("\u{1b}["));
}

#[test]
fn a_malicious_file_is_rejected_quickly() {
    let keys = (0..6000).map(|number| format!("key{number}:")).collect::<Vec<_>>().join("\n");
    let texts = [
        "[".repeat(1 << 20),
        "[".repeat(60_000),
        "{a: ".repeat(15_000),
        "- ".repeat(30_000),
        "a:\n".repeat(20_000),
        keys,
    ];
    for text in texts {
        let start = Instant::now();
        let found = diagnostics(&text);
        assert!(!found.is_empty());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?} took {:?}", &text[..4], start.elapsed());
        assert!(found.len() <= 101, "{} errors", found.len());
        assert!(report(&text, &found).len() < 200_000, "{:?}", &text[..4]);
    }
}

#[test]
fn a_report_shows_the_first_100_errors() {
    let text = lines(200, |number| format!("key{number}:\n"));
    let found = diagnostics(&text);
    assert_eq!(found.len(), 101);
    assert_eq!(found[100].code, Code::TooManyErrors);
    assert!(report(&text, &found).contains("101 errors"), "{}", report(&text, &found));
}

#[test]
fn long_lines_are_cut_around_the_error() {
    let filler = "x".repeat(20_000);
    let text = format!("project: {{ name: {filler}, nome: é, size: {filler} }} # {filler}\nversion: 1\n");
    let found = diagnostics(&text);
    assert_eq!(found.len(), 2, "{found:?}");
    let shown = report(&text, &found);
    assert!(shown.len() < 3000, "{} bytes: {shown}", shown.len());
    let column = text.find("nome").unwrap() + 1;
    assert!(shown.contains(&format!("toolchainkit.yaml:1:{column}")), "{shown}");
    assert!(shown.contains("x, nome: é, size: x"), "{shown}");
    assert!(shown.contains("version: 1"), "{shown}");
}

#[test]
fn combinations_are_limited_before_they_are_merged() {
    let names = |letter: char, number: usize| lines(number, |index| format!("  {letter}{index}: {{}}\n"));
    let text = |profiles, toolchains, rest: &str| {
        format!("{rest}profiles:\n{}toolchains:\n{}", names('p', profiles), names('t', toolchains))
    };
    let one = "presets: { build_types: [Debug] }\n";
    let kept = "presets: { build_types: [Debug], matrix: { include: [{ profile: default }] } }\n";
    let long = format!("toolchain: {{ flags: {{ c: \"{}\" }} }}\n{one}", "x".repeat(20_000));
    let rows = "{ profile: p1 }, ".repeat(600);
    let rows = format!("presets: {{ build_types: [Debug], matrix: {{ exclude: [{rows}] }} }}\n");
    let cases = [
        (text(30, 30, one), None),
        (text(31, 31, one), Some("more than 1000 presets")),
        (text(31, 31, kept), None),
        (text(90, 110, kept), Some("10101 combinations")),
        (text(251, 1, kept), Some("251 profiles")),
        (text(1, 251, kept), Some("251 toolchains")),
        (text(20, 20, &long), Some("settings in all combinations")),
        (text(2, 2, &rows), Some("rows and names")),
        (text(400, 400, one), Some("400 profiles")),
    ];
    for (text, expected) in cases {
        let found = diagnostics(&text);
        match expected {
            None => assert!(found.is_empty(), "{found:?}"),
            Some(message) => {
                assert_eq!(found.len(), 1, "{found:?}");
                assert_eq!(found[0].code, Code::TooManyCombinations);
                assert!(found[0].message.contains(message), "{}", found[0].message);
            }
        }
    }
}

#[test]
fn configurations_of_the_valid_files() {
    snapshots().bind(|| {
        for (name, text) in good_files() {
            let loaded =
                load(&source(&text)).unwrap_or_else(|faults| panic!("{name}: {}", report(&text, &faults)));
            assert!(loaded.warnings.is_empty(), "{name}");
            insta::assert_debug_snapshot!(format!("good.{name}"), loaded.config);
        }
    });
}

#[test]
fn a_byte_order_mark_and_crlf_are_accepted() {
    let config = config("\u{feff}version: 1\r\nproject:\r\n  name: demo\r\ncache:\r\n  size_gb: 3\r\n");
    assert_eq!((config.project.as_deref(), config.variants[0].cache.size_gb), (Some("demo"), 3));
    // The byte order mark is part of the text, so positions after it must include it.
    assert_eq!(diagnostics("\u{feff}cashe: 1\r\n")[0].place.span, Some(3..8));
    let later = "version: 1\r\n# ü\r\ncashe: 1\r\n";
    assert_eq!(diagnostics(later)[0].place.span.clone().map(|span| &later[span]), Some("cashe"));
}

proptest::proptest! {
    /// A file with random edits: the reader must not panic, and every reported position must be inside the text.
    #[test]
    fn random_edits_do_not_crash_the_reader(
        file in 0_usize..1000,
        position in 0.0_f64..1.0,
        deleted in 0_usize..12,
        inserted in "[ \t\n\r:{}\\[\\],\"'#&*!|>%@`?ä\u{1F600}\\-a0~\\\\$]{0,6}",
    ) {
        let files: Vec<String> = bad_files().into_iter().chain(good_files()).map(|(_, text)| text).collect();
        let mut letters: Vec<char> = files[file % files.len()].chars().collect();
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an approximate position in a short text is sufficient"
        )]
        let start = (position * letters.len() as f64) as usize;
        let end = (start + deleted).min(letters.len());
        letters.splice(start..end, inserted.chars());
        let text: String = letters.into_iter().collect();
        let found = diagnostics(&text);
        for diagnostic in &found {
            let places = diagnostic.related.iter().map(|(place, _)| place).chain([&diagnostic.place]);
            for span in places.filter_map(|place| place.span.clone()) {
                proptest::prop_assert!(text.get(span.clone()).is_some(), "{span:?} in {text:?}");
            }
        }
        let shown = report(&text, &found);
        proptest::prop_assert!(found.is_empty() || shown.contains(found[0].code.as_str()));
        proptest::prop_assert_eq!(source(&text).excerpt().text().len(), text.len());
    }

    /// A misspelling in or near the key of a secret must not reveal the secret.
    #[test]
    fn the_secret_of_a_misspelt_key_is_masked(
        file in 0_usize..1000,
        position in 0_usize..1000,
        deleted in 0_usize..3,
        inserted in "[a-z_>`\"]{0,2}",
    ) {
        // In the other files, the secret is part of a URL; an edit can turn that into ordinary text.
        let files: Vec<String> =
            bad_files().into_iter().map(|(_, text)| text).filter(|text| text.contains(SECRET) && !text.contains('@')).collect();
        let text = &files[file % files.len()];
        let start = position % text.len();
        let end = (start + deleted).min(text.len());
        let text = format!("{}{inserted}{}", &text[..start], &text[end..]);
        let shown = report(&text, &diagnostics(&text));
        proptest::prop_assert!(!shown.contains(SECRET), "{}\n{}", text, shown);
    }
}

#[test]
fn a_profile_overrides_key_by_key_and_a_list_replaces() {
    let config = config(
        "cache: { size_gb: 5, languages: [c, cxx], remote: { type: s3, bucket: b, prefix: p } }\n\
         profiles:\n  ci: { cache: { languages: [c], remote: { access: read-only, prefix: q } } }\n",
    );
    let [base, ci] = config.variants.as_slice() else { panic!("{config:?}") };
    assert_eq!(ci.profile.as_deref(), Some("ci"));
    assert_eq!((base.cache.size_gb, ci.cache.size_gb), (5, 5));
    assert_eq!((base.cache.languages.len(), ci.cache.languages.len()), (2, 1));
    assert_eq!(ci.cache.remote[0].get("bucket"), Some("b"));
    assert_eq!(ci.cache.remote[0].get("prefix"), Some("q"));
    assert_eq!(base.cache.remote[0].get("prefix"), Some("p"));
    assert_ne!(base.cache.remote[0].access, ci.cache.remote[0].access);
}

#[test]
fn an_error_that_several_profiles_share_is_reported_once() {
    let text = "cache: { size_gb: 0 }\nprofiles: { a: {}, b: {}, c: {} }\n";
    assert_eq!(codes(text), [Code::BadValue]);
}

#[test]
fn a_file_with_warnings_only_is_loaded() {
    let text = "cache: { remote: { type: memcached, endpoint: 'a.example:1,b.example:2' } }\n";
    let loaded = load(&source(text)).unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(loaded.warnings[0].severity, Severity::Warning);
}

#[test]
fn the_checked_in_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("toolchainkit.schema.json");
    let schema = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let checked_in = std::fs::read_to_string(&path).unwrap();
    assert!(
        checked_in == schema,
        "run `UPDATE_SCHEMA=1 cargo test the_checked_in_schema` and commit the result"
    );
}

/// Errors that a schema cannot find: errors in the text, and invalid combinations of values.
const BEYOND_THE_SCHEMA: &[Code] = &[
    Code::EmptyConfig,
    Code::YamlSyntax,
    Code::SeveralDocuments,
    Code::YamlAlias,
    Code::YamlTag,
    Code::DuplicateKey,
    Code::ControlCharacter,
    Code::BadName,
    Code::DuplicateName,
    Code::BadPath,
    Code::SamePath,
    Code::UnknownMacro,
    Code::UnsupportedGenerator,
    Code::NotRepresentable,
    Code::BadEndpoint,
    Code::ConflictingSettings,
    Code::UnsupportedByTool,
    Code::UnsupportedByCompiler,
    Code::UnsupportedByCMake,
    Code::DuplicateBackend,
    Code::SeveralServers,
    Code::UnprotectedNetwork,
    Code::RequiredVersion,
    Code::TooManyCombinations,
];

/// Errors in single values that a schema could only find by repeating the checks.
const ALSO_BEYOND: &[&str] = &[
    "bad-value.min-version",
    "bad-value.empty-text",
    "bad-value.required-version",
    "bad-value.variable-in-remote",
    "unknown-value.generator",
    "unknown-value.compilers",
    "unknown-value.compilers-of-cxx",
    "unknown-value.standard",
    "unknown-value.matrix",
    "unknown-key.matrix-in-profile",
    "bad-value.matrix",
    "bad-value.kinds",
    "bad-value.worker",
    "missing-setting.workers",
    "missing-setting.scheduler",
    "secret-in-config.endpoint",
    "missing-setting.password",
    "missing-setting.azure",
    "missing-setting.tiers-in-profile",
    // For the schema, `toolchain:` might set it.
    "missing-setting.system-of-toolchain",
    // For the schema, an empty value is `null`, which is valid there.
    "wrong-type.no-value-in-toolchain",
];

/// Editors show it instead of the pattern.
#[test]
fn every_pattern_of_the_schema_has_a_message() {
    fn check(schema: &serde_json::Value, count: &mut usize) {
        if schema["pattern"].is_string() {
            *count += 1;
            assert!(
                schema["patternErrorMessage"].as_str().is_some_and(|text| text.ends_with('.')),
                "{schema}"
            );
        }
        match schema {
            serde_json::Value::Object(members) => members.values().for_each(|inner| check(inner, count)),
            serde_json::Value::Array(items) => items.iter().for_each(|inner| check(inner, count)),
            _ => {}
        }
    }
    let mut count = 0;
    check(&json_schema(), &mut count);
    assert!(count > 10, "{count}");
}

#[test]
fn the_schema_and_the_reader_agree() {
    let validator = jsonschema::draft7::new(&json_schema()).unwrap();
    let instance =
        |text: &str| serde_yaml::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}')).ok();
    for (name, text) in good_files() {
        let instance = instance(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&instance).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
    }
    for (name, text) in bad_files() {
        let code = Code::from_name(name.split('.').next().unwrap()).unwrap();
        if BEYOND_THE_SCHEMA.contains(&code) || ALSO_BEYOND.contains(&name.as_str()) {
            continue;
        }
        assert!(instance(&text).is_none_or(|instance| !validator.is_valid(&instance)), "{name}");
    }
}
