//! Writes `toolchainkit.yaml`.

use super::Draft;
use crate::caching::language::Language;
use crate::caching::remote::{Access, Backend, Field, FieldValue, Kind, RemoteFields, Section, backend};
use crate::caching::secret::Credential;
use crate::caching::tool::Tool;
use crate::foreign;

const HEAD: &str = "\
# yaml-language-server: $schema=./toolchainkit.schema.json
# toolchainkit: one compiler cache for every build of this project.
# Run `toolchainkit generate` after a change, and commit this file with the generated ones.
# `toolchainkit schema >toolchainkit.schema.json` writes the schema, with which editors complete this file.
version: 1
";

const WITHOUT_REMOTE: &str = "
  # A cache that the whole team shares. Without it, each machine has only its local cache.
  # remote:
  #   type: s3      # s3, redis, gcs, http, memcached
  #   bucket: my-build-cache
  #   region: us-east-1
  #   # Keep secrets in the environment: write the names of variables, never the values.
  #   credentials: { access_key: \"${CACHE_ACCESS_KEY}\", secret_key: \"${CACHE_SECRET_KEY}\" }
";

/// The text of the file.
pub(super) fn write(draft: &Draft) -> String {
    let mut text = format!("{HEAD}\ncache:\n");
    text += &match draft.tool {
        Some(tool) => format!("  tool: {tool}\n"),
        None => "  tool: auto        # sccache, ccache, or auto: the first installed tool that supports these settings\n"
            .to_owned(),
    };
    text += &format!("  size_gb: {:<9}# limit of the local cache\n", format!("{} ", draft.size_gb));
    if let Some(dir) = &draft.dir {
        text += &format!("  dir: {}\n", scalar(dir));
    }
    if !draft.languages.is_empty() {
        let names = draft.languages.iter().map(|language| language.key()).collect::<Vec<_>>();
        text += &format!("  languages: [{}]\n", names.join(", "));
    }
    if draft.remote_only && !draft.remotes.is_empty() {
        text += "  remote_only: true\n";
    }
    if let Some(policy) = draft.write_error_policy {
        text += &format!("  write_error_policy: {policy}\n");
    }
    match draft.remotes.as_slice() {
        [] => text += WITHOUT_REMOTE,
        [one] => text += &format!("  remote:\n{}", remote(one, "    ", "    ")),
        several => {
            text += "  remote:           # the fastest first\n";
            for one in several {
                text += &remote(one, "    - ", "      ");
            }
        }
    }
    if let Some(base) = &draft.base {
        text += &format!("\ntoolchain:\n  base: {}\n", scalar(base));
    }
    text += &format!("\npresets:\n  generator: {}\n", scalar(&draft.generator));
    if let Some(folder) = draft.binary_dir {
        text += &format!("  binary_dir: {folder}\n");
    }
    text += "  build_types: [Debug, Release, RelWithDebInfo]\n";
    if draft.toolchain.is_some() || draft.presets.is_some() {
        text += "\noutput:\n";
        if let Some(path) = draft.toolchain {
            text += &format!("  toolchain: {path}\n");
        }
        if let Some(path) = draft.presets {
            text += &format!("  presets: {path}   # your own presets stay as they are\n");
        }
    }
    text
}

fn remote(fields: &RemoteFields, first: &str, indentation: &str) -> String {
    let table = backend(&fields.backend_type).map_or(&[][..], |backend| backend.fields());
    let mut lines = vec![format!("type: {}", fields.backend_type)];
    let of_section = |section: Section| fields.values().filter(move |(other, ..)| *other == section);
    let value = |name: &str, value: &FieldValue| match value {
        FieldValue::Text(text) => plain_or_text(field(table, name), text),
        FieldValue::Credential(Credential::Variable(variable)) => format!("\"${{{variable}}}\""),
        // Never a value: `existing` creates only names.
        FieldValue::Credential(Credential::Value(_)) => "\"${CACHE_SECRET}\"".to_owned(),
    };
    lines.extend(of_section(Section::Remote).map(|(_, name, text)| format!("{name}: {}", value(name, text))));
    if !fields.use_ssl
        && fields.text("endpoint").find("://").is_none()
        && !fields.text("endpoint").is_empty()
        && backend(&fields.backend_type).is_some_and(Backend::has_tls)
    {
        lines.push("use_ssl: false".to_owned());
    }
    if fields.access == Access::ReadOnly {
        lines.push("access: read-only".to_owned());
    }
    for (section, key) in [(Section::Credentials, "credentials"), (Section::ExtraConfig, "extra_config")] {
        let members = of_section(section).map(|(_, name, text)| format!("{name}: {}", value(name, text)));
        let members = members.collect::<Vec<_>>();
        if !members.is_empty() {
            lines.push(format!("{key}: {{ {} }}", members.join(", ")));
        }
    }
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        text += &format!("{}{line}\n", if index == 0 { first } else { indentation });
    }
    text
}

fn field<'a>(table: &'a [Field], name: &str) -> Option<&'a Field> {
    table.iter().find(|field| field.name == name)
}

fn plain_or_text(field: Option<&Field>, text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !text.is_empty();
    match field.map(|field| field.kind) {
        Some(Kind::Bool | Kind::Integer { .. }) if is_plain => text.to_owned(),
        _ => scalar(text),
    }
}

/// A text in YAML: without quotes if every parser reads it as this text.
pub(super) fn scalar(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_./-+ ".contains(letter);
    let begins_well =
        text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '.');
    let is_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n" | ".inf" | ".nan"
    );
    let is_number = text.trim_start_matches('.').starts_with(|letter: char| letter.is_ascii_digit());
    let is_url = text.split_once("://").is_some_and(|(scheme, rest)| {
        scheme.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '+')
            && !scheme.is_empty()
            && rest.chars().all(|letter| letter.is_ascii_alphanumeric() || "_./-:".contains(letter))
            && !rest.ends_with(':')
    });
    if is_url || (begins_well && !is_word && !is_number && text.chars().all(is_plain) && !text.ends_with(' '))
    {
        return text.to_owned();
    }
    // A JSON string is a text in double quotes for YAML as well.
    foreign::json_for_terminals(&serde_json::Value::from(text).to_string()).into_owned()
}

/// The languages to write; none for the default ones.
pub(super) fn languages(found: &[Language]) -> Vec<Language> {
    if found.iter().all(|language| Language::DEFAULT.contains(language)) {
        return Vec::new();
    }
    let basis = [Language::C, Language::Cxx];
    Language::ALL
        .into_iter()
        .filter(|language| basis.contains(language) || found.contains(language))
        .collect()
}

/// The tool that can cache these languages, if it is only one.
pub(super) fn only_tool(languages: &[Language]) -> Option<Tool> {
    languages.contains(&Language::Hip).then_some(Tool::Sccache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read_back() {
        let texts = [
            "a",
            "a b",
            "a b ",
            " a",
            "",
            "true",
            "No",
            "null",
            "~",
            "-",
            "- a",
            "a: b",
            "a:",
            "a #b",
            "#",
            "1",
            "1.5",
            ".5",
            "0x1",
            "[a",
            "{a}",
            "'a'",
            "\"a\"",
            "\\",
            "a\\n",
            "a\nb",
            "a\tb",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{202e}",
            "\u{1}",
            "redis://h:6379",
            "redis://h:",
            "https://h/p?x=1#y",
            "/srv/cache",
            "%a",
            "@a",
            "`a",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "ä",
            "\u{1f600}",
            "a, b",
            "2026-01-01",
            "=",
            "<<",
            "...",
            "---",
            ".inf",
            ".",
            "..",
            "../x",
        ];
        for text in texts {
            let yaml = format!("x: {}\ny: [{}, z]\n", scalar(text), scalar(text));
            let read: serde_yaml::Value =
                serde_yaml::from_str(&yaml).unwrap_or_else(|error| panic!("{error} in {yaml}"));
            assert_eq!(read["x"].as_str(), Some(text), "{yaml}");
            assert_eq!(read["y"][0].as_str(), Some(text), "{yaml}");
            assert!(!scalar(text).chars().any(char::is_control), "{yaml:?}");
        }
    }
}
