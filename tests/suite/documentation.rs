//! The README's tables, which are generated from the data that the code uses. `UPDATE_DOCS=1` writes them.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use toolchainkit::caching::remote::{
    Access, BACKENDS, Backend, Field, Kind, RemoteFields, Section, Setting, Support,
};
use toolchainkit::caching::tool::Tool;

const START: &str = "<!-- backends: made from the code by a test -->\n";
const END: &str = "<!-- end of backends -->\n";

fn since(backend: &dyn Backend, tool: Tool) -> String {
    match backend.support(tool) {
        Support::Since(version) => format!("{version}"),
        Support::No(_) => "no".to_owned(),
    }
}

/// A configuration with the required settings of the backend.
fn minimal(backend: &dyn Backend) -> RemoteFields {
    let mut config = RemoteFields::new(backend.name());
    for field in backend.fields().iter().filter(|field| field.required) {
        set(&mut config, field);
    }
    config
}

fn set(config: &mut RemoteFields, field: &Field) {
    let value = match (field.name, field.kind) {
        ("endpoint", _) => "redis://h:1",
        ("header", _) => "A=b",
        (_, Kind::Bool) => "true",
        (_, Kind::Integer { .. }) => "1",
        (_, Kind::Secret) => "${X}",
        _ => "x",
    };
    config.set(field.section, field.name, value);
}

/// The first version of `tool` that supports `config`: the newest version that one of its settings needs. Settings that
/// are also in `before` are ignored.
fn version_of(backend: &dyn Backend, tool: Tool, config: &RemoteFields, before: &[Setting]) -> String {
    let Support::Since(first) = backend.support(tool) else { return "no".to_owned() };
    if backend.expressible(tool, config).is_err() {
        return "no".to_owned();
    }
    let settings = backend.settings(tool, config);
    let new = settings.iter().filter(|setting| !before.contains(setting));
    new.filter_map(|setting| setting.since).chain([first]).max().unwrap_or(first).to_string()
}

fn field_since(backend: &dyn Backend, field: &Field, tool: Tool) -> String {
    let mut config = minimal(backend);
    let before = if field.required { Vec::new() } else { backend.settings(tool, &config) };
    set(&mut config, field);
    // A user name is valid only together with a password.
    if field.name == "username" {
        config.set(Section::Credentials, "password", "${X}");
    }
    let without_effect = !field.required && backend.settings(tool, &config) == before;
    let is_default = without_effect && field.name == "region";
    if without_effect && !is_default && backend.expressible(tool, &config).is_ok() {
        return if matches!(backend.support(tool), Support::Since(_)) { "-" } else { "no" }.to_owned();
    }
    version_of(backend, tool, &config, &before)
}

fn read_only_since(backend: &dyn Backend, tool: Tool) -> String {
    let mut config = minimal(backend);
    let before = backend.settings(tool, &config);
    config.access = Access::ReadOnly;
    version_of(backend, tool, &config, &before)
}

fn tables() -> String {
    let mut text =
        String::from("\n| `type` | storage | sccache since | ccache since |\n| --- | --- | --- | --- |\n");
    for backend in BACKENDS {
        let (sccache, ccache) = (since(*backend, Tool::Sccache), since(*backend, Tool::Ccache));
        writeln!(text, "| `{}` | {} | {sccache} | {ccache} |", backend.name(), backend.summary()).unwrap();
    }
    for backend in BACKENDS {
        let table = "| setting | meaning | sccache since | ccache since |\n| --- | --- | --- | --- |";
        write!(text, "\n**`{}`**\n\n{table}\n", backend.name()).unwrap();
        for field in backend.fields() {
            let place = if field.section == Section::Credentials { "credentials." } else { "" };
            let required = if field.required { " (required)" } else { "" };
            let secret = if field.kind == Kind::Secret { "; only as `\"${NAME}\"`" } else { "" };
            let [sccache, ccache] = Tool::ALL.map(|tool| field_since(*backend, field, tool));
            let line =
                format!("{place}{}`{required} | {}{secret} | {sccache} | {ccache} |", field.name, field.doc);
            writeln!(text, "| `{line}").unwrap();
        }
        let [sccache, ccache] = Tool::ALL.map(|tool| read_only_since(*backend, tool));
        writeln!(text, "| `access: read-only` | the tool stores nothing | {sccache} | {ccache} |").unwrap();
    }
    text.push('\n');
    text
}

#[test]
fn the_readme_lists_every_backend_and_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once(START).expect("the start mark");
    let (_, tail) = rest.split_once(END).expect("the end mark");
    let expected = format!("{head}{START}{}{END}{tail}", tables());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    assert!(
        readme == expected || env::var_os("UPDATE_DOCS").is_some(),
        "UPDATE_DOCS=1 cargo test documentation"
    );
}

#[test]
fn the_readme_names_every_command() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_toolchainkit")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let names = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| *name != "help") {
        assert!(readme.contains(&format!("| `{name}` |")), "{name}");
    }
}

/// The code blocks of one language in the README.
fn blocks<'a>(readme: &'a str, language: &str) -> Vec<&'a str> {
    let start = format!("```{language}\n");
    let parts = readme.split(&start).skip(1);
    parts.map(|part| part.split("```\n").next().expect("the end of the block")).collect()
}

#[test]
fn every_configuration_in_the_readme_is_valid() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let configurations = blocks(&readme, "yaml").into_iter().filter(|block| !block.starts_with("- run:"));
    let mut count = 0;
    for text in configurations {
        // Remove `templates`, because the test has no template files.
        let text = text.lines().filter(|line| !line.starts_with("templates:")).collect::<Vec<_>>().join("\n");
        let source = toolchainkit::config::SourceFile::new("toolchainkit.yaml", &text);
        let faults = toolchainkit::config::load(&source).err().unwrap_or_default();
        let messages = faults.iter().map(|fault| &fault.message).collect::<Vec<_>>();
        assert!(messages.is_empty(), "{messages:?}\n{text}");
        count += 1;
    }
    assert!(count >= 3, "only {count} configurations");
}

/// The keys of a definition of the schema and of those that it refers to.
fn keys_of(schema: &serde_json::Value, node: &serde_json::Value, keys: &mut Vec<String>) {
    match node {
        serde_json::Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(|path| path.as_str()?.rsplit('/').next()) {
                keys_of(schema, &schema["definitions"][name], keys);
            }
            let constant = object.get("const").and_then(serde_json::Value::as_str);
            keys.extend(constant.map(str::to_owned));
            for (name, inner) in object {
                if name == "properties" {
                    keys.extend(inner.as_object().into_iter().flatten().map(|(key, _)| key.clone()));
                }
                keys_of(schema, inner, keys);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| keys_of(schema, item, keys)),
        _ => {}
    }
}

#[test]
fn the_readme_names_every_setting_of_a_toolchain() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let (_, section) = readme.split_once("### Toolchains\n").expect("the section");
    let (section, _) = section.split_once("\n### ").expect("its end");
    let schema = toolchainkit::config::json_schema();
    let mut keys = Vec::new();
    keys_of(&schema, &schema["definitions"]["Toolchain"], &mut keys);
    assert!(keys.len() > 80, "{keys:?}");
    let words = section.split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != '-');
    let words = words.collect::<std::collections::HashSet<_>>();
    let missing = keys.iter().filter(|key| !words.contains(key.as_str())).collect::<Vec<_>>();
    assert!(missing.is_empty(), "{missing:?}");
}
