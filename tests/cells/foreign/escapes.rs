//! Random texts through the module and the launchers.

use std::fs;

use toolchainkit::render::escape;

use super::LAUNCHERS;
use crate::cmake_module::{Checkout, tools_for};
use crate::list::{CMake, tests};
use crate::support::random::{Random, SECRETS, cases, seed};
use crate::support::{Run, Sandbox, Tool, Tools, versions, write_script};

tests![
    the_module_filters_and_stores_random_texts in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
    the_tool_gets_every_setting_unchanged in LAUNCHERS,
];

const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cmake/ToolchainKit.cmake");

fn the_module_filters_and_stores_random_texts(CMake(version): CMake) {
    let Some(tools) = Tools::require(&[Tool::CMake(version)]) else { return };
    let sandbox = Sandbox::new("random").on_path(&tools.cmake(version));
    let mut random = Random::new(seed());
    // The module does not search again for values that consist of its own escapes. Each value takes time.
    let secrets: Vec<String> = std::iter::repeat_with(|| random.of(&SECRETS))
        .filter(|secret| secret.is_ascii() && !secret.contains("\\u{"))
        .take(2)
        .collect();
    let mut script =
        format!("include({MODULE})\n_toolchainkit_derived()\nset(texts \"\")\nset(shown \"\")\n");
    let mut texts = Vec::new();
    while texts.len() < cases(2500) {
        let text = {
            let secret = random.of(&secrets);
            random.text(&secret)
        };
        let Ok(quoted) = escape::cmake_quoted_inside(&text) else { continue };
        script += &format!(
            "set(text \"{quoted}\")\n_toolchainkit_json_text(json \"${{text}}\")\nstring(APPEND texts \"${{json}}\\n\")\n\
             _toolchainkit_foreign(text \"${{text}}\")\n_toolchainkit_json_text(json \"${{text}}\")\nstring(APPEND shown \"${{json}}\\n\")\n"
        );
        texts.push(text);
    }
    script += "file(WRITE texts \"${texts}\")\nfile(WRITE shown \"${shown}\")\n";
    fs::write(sandbox.root().join("script.cmake"), script).expect("a script");
    let names: Vec<String> = (0..secrets.len()).map(|number| format!("CI_PASSWORD_{number}_KEY")).collect();
    let variables = names.iter().zip(&secrets);
    sandbox.command("cmake").args(["-P", "script.cmake"]).envs(variables).run();
    let read = |name: &str| {
        let lines = fs::read_to_string(sandbox.root().join(name)).expect("UTF-8");
        let parsed = lines.lines().map(|line| {
            serde_json::from_str::<String>(line).unwrap_or_else(|error| panic!("{error} in {line}"))
        });
        parsed.collect::<Vec<_>>()
    };
    assert_eq!(read("texts"), texts);
    let shown = read("shown");
    assert_eq!(shown.len(), texts.len());
    for (shown, text) in shown.iter().zip(&texts) {
        let secret = secrets.iter().find(|secret| shown.contains(secret.as_str()));
        assert_eq!(secret, None, "{text:?} is shown as {shown:?}");
        assert!(shown.len() <= 1000, "{text:?}");
        let is_obeyed = |letter: char| letter.is_control() || ('\u{202a}'..='\u{202e}').contains(&letter);
        assert!(!shown.contains(is_obeyed), "{text:?} is shown as {shown:?}");
        let is_command = shown.starts_with("::") || shown.contains("##[") || shown.contains("##vso[");
        assert!(!is_command, "{text:?} is shown as {shown:?}");
    }
}

/// From the call of the module, through its files, to the environment of the tool.
fn the_tool_gets_every_setting_unchanged(launcher: &'static str) {
    let Some(tools) = tools_for(&[Tool::Ccache(Tools::CCACHE)]) else { return };
    let sandbox = Sandbox::new("settings").on_path(&tools.ninja());
    let program = sandbox.dir("scripts").join("ccache");
    let real = tools.ccache(Tools::CCACHE);
    write_script(&program, &format!("[ \"$1\" != -show ] || exec env -0\nexec {} \"$@\"", real.display()));
    let mut random = Random::new(seed());
    let mut settings = String::new();
    let mut texts = Vec::new();
    while texts.len() < cases(2500) {
        let text = {
            let secret = random.of(&SECRETS);
            random.text(&secret)
        };
        let Ok(element) = escape::cmake_element(&format!("V{}={text}", texts.len())) else { continue };
        settings += &format!("\n  {element}");
        texts.push(text);
    }
    let call = format!(
        "toolchainkit_enable_cache(REMOTE r CCACHE_SETTINGS CCACHE_REMOTE_STORAGE=file:/tmp/none{settings})"
    );
    let mut checkout = Checkout::sample(&sandbox, &tools, "project", &call)
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"));
    if launcher == "script" {
        checkout = checkout.with_fallback();
    }
    let configured = checkout.configure();
    assert_eq!(checkout.status_field("launch"), launcher, "{configured}");
    let shown = checkout.launcher().arg("-show").run().stdout;
    let variables: std::collections::BTreeMap<&str, &str> =
        shown.split('\0').filter_map(|entry| entry.split_once('=')).collect();
    for (number, text) in texts.iter().enumerate() {
        // ccache expands variables in its settings.
        let expected = text.replace('$', "$$");
        assert_eq!(variables.get(format!("V{number}").as_str()), Some(&expected.as_str()), "{text:?}");
    }
}
