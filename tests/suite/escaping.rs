//! Every text is read back unchanged from a generated file, by the programs that read these files.

use std::fs;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use toolchainkit::foreign::{Filter, LONGEST};
use toolchainkit::render::escape;

use crate::support::random::{Random, SECRETS, cases, seed};
use crate::support::{Run, Sandbox, Tool, Tools, versions};

/// Difficult cases, and random mixtures of the characters that are special in CMake, presets and shells.
fn texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        " ",
        "$",
        "$$",
        "${X}",
        "$ENV{HOME}",
        "@X@",
        "#",
        "[[",
        "]]",
        "#[[",
        ";",
        "a;b",
        "\\",
        "\\;",
        "\"",
        "'",
        "\n",
        "\r\n",
        "\t",
        "\u{1}",
        "\u{7f}",
        "ü€𝄞",
        "a\\",
        "$<CONFIG>",
        "%",
        "`id`",
        "!",
        "~",
        "*",
        "\u{2019}",
    ]
    .map(str::to_owned)
    .into();
    let token = prop_oneof![
        Just("$".to_owned()),
        Just("{".to_owned()),
        Just("}".to_owned()),
        Just("@".to_owned()),
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("'".to_owned()),
        Just(";".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("ENV".to_owned()),
        Just("[".to_owned()),
        Just("]=".to_owned()),
        "[a-z #()<>%`!]{1,3}",
        "\\PC",
    ];
    let mix = proptest::collection::vec(token, 1..12).prop_map(|tokens| tokens.concat());
    let mut runner = TestRunner::deterministic();
    texts.extend((0..400).map(|_| mix.new_tree(&mut runner).expect("a text").current()));
    texts
}

#[test]
fn cmake_reads_every_quoted_argument_unchanged() {
    let versions = [versions::cmake("3.15"), versions::cmake("3.21"), Tools::CMAKE];
    let Some(tools) = Tools::require(&versions.map(Tool::CMake)) else { return };
    let texts = texts();
    for version in versions {
        let sandbox = Sandbox::new("escape").on_path(&tools.cmake(version));
        let mut script = String::new();
        for (index, text) in texts.iter().enumerate() {
            let inside = escape::cmake_quoted_inside(text).expect("no NUL");
            script.push_str(&format!("file(WRITE \"out/{index}\" \"{inside}\")\n"));
        }
        fs::write(sandbox.root().join("script.cmake"), script).unwrap();
        sandbox.command("cmake").args(["-P", "script.cmake"]).run();
        for (index, text) in texts.iter().enumerate() {
            let read = fs::read_to_string(sandbox.root().join(format!("out/{index}"))).unwrap();
            assert_eq!(read, *text, "CMake {version}");
        }
    }
}

#[test]
fn cmake_splits_a_list_only_between_its_elements() {
    let versions = [versions::cmake("3.15"), Tools::CMAKE];
    let Some(tools) = Tools::require(&versions.map(Tool::CMake)) else { return };
    let texts = texts()
        .into_iter()
        .filter_map(|text| Some((escape::cmake_element(&text).ok()?, text)))
        .collect::<Vec<_>>();
    assert!(texts.len() > 100, "{}", texts.len());
    let mut script = String::from(
        "function(f)\n  cmake_parse_arguments(PARSE_ARGV 0 arg \"\" \"\" \"V\")\n  set(i 0)\n  foreach(v IN LISTS arg_V)\n    file(WRITE \"out/${i}\" \"${v}\")\n    math(EXPR i \"${i} + 1\")\n  endforeach()\nendfunction()\nf(V\n",
    );
    for (element, _) in &texts {
        script.push_str(&format!("  {element}\n"));
    }
    script.push_str(")\n");
    for version in versions {
        let sandbox = Sandbox::new("escape").on_path(&tools.cmake(version));
        fs::write(sandbox.root().join("script.cmake"), &script).unwrap();
        sandbox.command("cmake").args(["-P", "script.cmake"]).run();
        for (index, (_, text)) in texts.iter().enumerate() {
            let read = fs::read_to_string(sandbox.root().join(format!("out/{index}"))).unwrap();
            assert_eq!(read, *text, "CMake {version}");
        }
    }
}

#[cfg_attr(windows, ignore = "needs a shell of Unix")]
#[test]
fn a_shell_reads_every_word_unchanged() {
    let sandbox = Sandbox::new("escape");
    let texts = texts();
    let mut script = String::new();
    for (index, text) in texts.iter().enumerate() {
        script.push_str(&format!("printf %s {} >{index}\n", escape::sh_word(text).expect("no NUL")));
    }
    fs::write(sandbox.root().join("script.sh"), script).unwrap();
    sandbox.command("sh").arg("script.sh").run();
    for (index, text) in texts.iter().enumerate() {
        assert_eq!(fs::read_to_string(sandbox.root().join(index.to_string())).unwrap(), *text);
    }
}

#[test]
fn presets_pass_every_value_unchanged() {
    let versions = [versions::cmake("3.21"), Tools::CMAKE];
    let Some(tools) = Tools::require(&versions.map(Tool::CMake)) else { return };
    // CMake truncates a cache variable at a line break, and an environment variable cannot contain a NUL.
    let texts =
        texts().into_iter().filter(|text| !text.contains(char::is_control)).take(120).collect::<Vec<_>>();
    let environment = texts.iter().enumerate();
    let environment =
        environment.map(|(index, text)| (format!("V{index}"), escape::presets_literal(text).into()));
    let preset = serde_json::json!({
        "version": 3,
        "configurePresets": [{
            "name": "p", "generator": "Unix Makefiles", "binaryDir": "${sourceDir}/b",
            "environment": serde_json::Value::Object(environment.collect()),
        }],
    });
    for version in versions {
        let sandbox = Sandbox::new("escape").on_path(&tools.cmake(version));
        fs::write(sandbox.root().join("CMakePresets.json"), preset.to_string()).unwrap();
        let last = texts.len() - 1;
        let lists = format!(
            "cmake_minimum_required(VERSION 3.21)\nproject(p NONE)\nforeach(i RANGE {last})\n  \
             file(WRITE \"${{CMAKE_BINARY_DIR}}/out/${{i}}\" \"$ENV{{V${{i}}}}\")\nendforeach()\n"
        );
        fs::write(sandbox.root().join("CMakeLists.txt"), lists).unwrap();
        sandbox.command("cmake").args(["--preset", "p"]).run();
        for (index, text) in texts.iter().enumerate() {
            let read = fs::read_to_string(sandbox.root().join(format!("b/out/{index}"))).unwrap();
            assert_eq!(read, *text, "CMake {version}");
        }
    }
}

/// The text of a quoted argument of CMake.
fn without_escapes(quoted: &str) -> String {
    let mut letters = quoted.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next().expect("a letter follows") {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                letter if letter.is_ascii_alphanumeric() => panic!("\\{letter} in {quoted:?}"),
                letter => letter,
            },
            '"' | '$' => panic!("{letter} in {quoted:?}"),
            letter => letter,
        });
    }
    text
}

/// 1,000,000 cases: `TOOLCHAINKIT_TEST_CASES=1000000`
#[test]
fn random_texts_pass_the_filter_and_the_escaping() {
    let filters = SECRETS.map(|secret| Filter::of_variables([("CI_PASSWORD", secret)], &[]));
    let (seed, threads) = (seed(), std::thread::available_parallelism().map_or(1, usize::from));
    let check = |thread: usize| {
        let mut random = Random::new(seed.wrapping_add(thread as u64));
        for _ in 0..cases(30_000).div_ceil(threads) {
            let number = random.below(SECRETS.len());
            let (secret, filter) = (SECRETS[number], &filters[number]);
            let text = random.text(secret);
            let shown = filter.bounded(&text);
            assert!(shown.len() <= LONGEST, "{text:?}");
            assert!(!shown.contains(secret), "{text:?} is shown as {shown:?}");
            let is_obeyed =
                |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t') || letter == '\u{202e}';
            assert!(!shown.contains(is_obeyed), "{text:?} is shown as {shown:?}");
            let is_command = |line: &str| {
                line.trim_start().starts_with("::") || line.contains("##[") || line.contains("##vso[")
            };
            assert!(!shown.lines().any(is_command), "{text:?} is shown as {shown:?}");
            assert_eq!(filter.bounded(&shown), shown, "{text:?}");
            let json = serde_json::Value::from(text.as_str()).to_string();
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
            if let Ok(quoted) = escape::cmake_quoted_inside(&text) {
                assert_eq!(without_escapes(&quoted), text);
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|thread| drop(scope.spawn(move || check(thread)))));
}
