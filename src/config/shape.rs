//! Checks a document against the JSON schema: unknown keys, wrong types, and values outside a fixed set. Continues
//! after each error, and returns the valid part, which serde can then read without an error.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value as Schema;
use serde_yaml::{Mapping, Value as Yaml};

use super::node::{Entry, Node, Scalar, Value, shorten};
use super::schema;
use crate::diagnostics::{Code, Diagnostic, Place, Sink, did_you_mean, list};

/// The part of `node` that matches the definition `name`; without a name, the top level of the schema.
pub(super) fn check(node: &Node, name: Option<&str>, sink: &mut Sink) -> Yaml {
    let schema = schema::schema();
    let schema = name.map_or(schema, |name| &schema["definitions"][name]);
    Check { sink }.value(node, schema).unwrap_or(Yaml::Mapping(Mapping::new()))
}

/// The noun for a mapping in messages.
pub(super) const MAPPING: &str = "a mapping";

struct Check<'a> {
    sink: &'a mut Sink,
}

impl Check<'_> {
    fn value(&mut self, node: &Node, schema: &Schema) -> Option<Yaml> {
        let (schema, may_be_empty) = resolve(schema);
        if may_be_empty && node.is_null() {
            return None;
        }
        if let Some(choices) = choices(schema) {
            return self.choice(node, schema, &choices);
        }
        if let Some(branches) = union(schema) {
            let fitting = branches.iter().find(|branch| admits(branch, node));
            return match fitting {
                Some(branch) => self.value(node, branch),
                None => self.wrong_type(node, schema),
            };
        }
        match (kind(schema), &node.value) {
            (_, Value::Faulty) => None,
            (Some("object"), Value::Map(entries)) => Some(self.mapping(entries, schema)),
            (Some("array"), Value::List(items)) => {
                Some(items.iter().filter_map(|item| self.value(item, &schema["items"])).collect())
            }
            (Some("integer"), Value::Scalar(scalar)) if scalar.typed.is_i64() || scalar.typed.is_u64() => {
                self.integer(node, scalar, schema)
            }
            (Some("boolean"), Value::Scalar(scalar)) if scalar.typed.is_bool() => Some(scalar.typed.clone()),
            (Some("string"), Value::Scalar(scalar)) if scalar.typed.is_string() => Some(scalar.typed.clone()),
            // A version keeps its spelling, because the number 0.10 would become 0.1.
            (None, Value::Scalar(scalar)) if schema["type"].is_array() && !scalar.typed.is_null() => {
                Some(Yaml::String(scalar.text.clone()))
            }
            // Remote caches have their own reader.
            (None, _) if schema["anyOf"].is_array() => Some(Yaml::Null),
            _ => self.wrong_type(node, schema),
        }
    }

    fn mapping(&mut self, entries: &[Entry], schema: &Schema) -> Yaml {
        let mut mapping = Mapping::new();
        for entry in entries {
            let key = entry.key.as_str();
            let inner = schema["properties"]
                .get(key)
                .or_else(|| Some(&schema["additionalProperties"]).filter(|s| s.is_object()));
            let Some(inner) = inner else {
                // Searching similar names takes most of the time of an unknown key.
                if self.sink.is_full() {
                    continue;
                }
                let known =
                    schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
                let known: Vec<&str> = known.collect();
                let fault = credential_without_value(entry, &known);
                self.sink.push(fault.unwrap_or_else(|| unknown_key(entry, &known)));
                continue;
            };
            if let Some(value) = self.value(&entry.node, inner) {
                mapping.insert(Yaml::String(entry.key.clone()), value);
            }
        }
        Yaml::Mapping(mapping)
    }

    fn integer(&mut self, node: &Node, scalar: &Scalar, schema: &Schema) -> Option<Yaml> {
        let number = scalar.typed.as_i64().unwrap_or(i64::MAX);
        let minimum = schema["minimum"].as_i64().unwrap_or(0);
        let maximum = schema["maximum"].as_i64().unwrap_or(u32::MAX.into());
        if (minimum..=maximum).contains(&number) {
            return Some(scalar.typed.clone());
        }
        let message =
            format!("expected {} from {minimum} to {maximum}, found {}", noun(schema), shorten(&scalar.text));
        let help =
            example(node, schema).map(|example| format!("write a number in this range, such as {example}"));
        self.sink.push(Diagnostic::error(Code::BadValue, message).at(node.place()).with_optional_help(help));
        None
    }

    fn choice(&mut self, node: &Node, schema: &Schema, choices: &[&str]) -> Option<Yaml> {
        let Some(text) = node.as_text() else { return self.wrong_type(node, schema) };
        if choices.contains(&text) {
            return Some(Yaml::String(text.to_owned()));
        }
        self.sink.push(unknown_value(node, text, choices));
        None
    }

    fn wrong_type(&mut self, node: &Node, schema: &Schema) -> Option<Yaml> {
        let Value::Faulty = node.value else {
            let is_secret = node.path.contains(".credentials.") && !node.is_null();
            self.sink.push(if is_secret {
                let message = "expected the name of a variable, found another value";
                Diagnostic::error(Code::WrongType, message)
                    .at(node.place())
                    .with_help("write it as \"${NAME}\"")
            } else {
                wrong_type(node, &noun(schema), wrong_type_help(node, schema))
            });
            return None;
        };
        None
    }
}

/// The error for a value of the wrong type. `expected` is a noun phrase.
pub(super) fn wrong_type(node: &Node, expected: &str, help: Option<String>) -> Diagnostic {
    // Do not show a scalar in place of a mapping: it may be a secret with too little indentation.
    let is_value = matches!(node.value, Value::Scalar(_)) && !node.is_null();
    let found = if expected == MAPPING && is_value { "a single value".to_owned() } else { node.describe() };
    let message = format!("expected {expected}, found {found}");
    Diagnostic::error(Code::WrongType, message).at(node.place()).with_optional_help(help)
}

/// The error for a value that is not one of `choices`.
pub(super) fn unknown_value(node: &Node, text: &str, choices: &[&str]) -> Diagnostic {
    let message = format!("`{}` is not one of {}", shorten(text), list(choices.iter().copied()));
    // A user may write `c++` for `cxx`.
    let help = match did_you_mean(&text.replace('+', "x"), choices.iter().copied()) {
        Some(word) => format!("did you mean `{word}`?"),
        None => "use one of these, or remove the key to use the default".to_owned(),
    };
    Diagnostic::error(Code::UnknownValue, message).at(node.place()).with_help(help)
}

/// The error for a key without a value below `credentials`, which may be the secret itself, so it is not named.
fn credential_without_value(entry: &Entry, known: &[&str]) -> Option<Diagnostic> {
    let section = entry.node.path.strip_suffix(entry.key.as_str())?.strip_suffix('.')?;
    if !entry.node.is_null() || !section.ends_with(".credentials") {
        return None;
    }
    let fault = Diagnostic::error(Code::WrongType, "a credential needs a key and the name of a variable");
    let help = format!("write it as KEY: \"${{NAME}}\"; valid keys: {}", list(known.iter().copied()));
    let place = Place { path: section.to_owned(), span: Some(entry.key_span.clone()) };
    Some(fault.at(place).with_help(help))
}

/// The error for a key that is not one of `known`.
pub(super) fn unknown_key(entry: &Entry, known: &[&str]) -> Diagnostic {
    let key = shorten(&entry.key);
    let meant = did_you_mean(&entry.key, known.iter().copied());
    let is_misspelt = meant.is_some_and(|meant| is_near(meant, &entry.key));
    let help = match (meant, elsewhere(entry)) {
        (Some(meant), None) => format!("did you mean `{meant}`?"),
        (Some(meant), _) if is_misspelt => format!("did you mean `{meant}`?"),
        (_, Some(place)) => place,
        (None, None) => format!("valid keys here: {}", list(known.iter().copied())),
    };
    let place = Place { path: entry.node.path.clone(), span: Some(entry.key_span.clone()) };
    Diagnostic::error(Code::UnknownKey, format!("there is no setting `{key}` here")).at(place).with_help(help)
}

/// The advice about a key that is valid in another section.
fn elsewhere(entry: &Entry) -> Option<String> {
    let exact = SECTIONS.get_key_value(entry.key.as_str());
    let is_long = entry.key.len() > 4;
    let similar = || SECTIONS.iter().find(|(key, _)| is_long && key.len() > 4 && is_near(key, &entry.key));
    let (key, sections) = exact.or_else(similar)?;
    let shown = sections.iter().map(|section| section_from(&entry.node.path, section)).collect::<Vec<_>>();
    let places = shown.join(" or ");
    Some(if *key == entry.key {
        format!("move it {places}")
    } else {
        format!("did you mean `{key}` {places}?")
    })
}

/// The place of a section, for a key at `path`: a profile has some sections of the file, a toolchain those of `toolchain`.
fn section_from(path: &str, section: &str) -> String {
    let head = section.split('.').next().unwrap_or_default();
    let of_profile =
        ["cache", "distribute", "toolchain", "presets"].contains(&head) && path.starts_with("profiles.");
    let of_toolchain = section.strip_prefix("toolchain").filter(|_| path.starts_with("toolchains."));
    match (section, of_toolchain) {
        ("", _) => "to the top level of the file".to_owned(),
        (_, Some("")) => "to the first level of this toolchain".to_owned(),
        (_, Some(below)) => format!("below `{}` of this toolchain", below.trim_start_matches('.')),
        _ if of_profile => format!("below `{section}` of this profile"),
        _ => format!("below `{section}`"),
    }
}

/// Whether one edit turns one word into the other.
fn is_near(word: &str, other: &str) -> bool {
    strsim::osa_distance(word, &other.to_lowercase()) <= 1
}

/// For each key, the sections of the file that have it.
static SECTIONS: LazyLock<BTreeMap<&'static str, Vec<String>>> = LazyLock::new(|| {
    let mut sections = BTreeMap::new();
    collect_sections(schema::schema(), "", &mut sections);
    sections
});

fn collect_sections(schema: &'static Schema, path: &str, sections: &mut BTreeMap<&'static str, Vec<String>>) {
    let (schema, _) = resolve(schema);
    for branches in ["anyOf", "oneOf"] {
        for branch in schema[branches].as_array().into_iter().flatten() {
            collect_sections(branch, path, sections);
        }
    }
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let of_key = sections.entry(key.as_str()).or_default();
        if !of_key.iter().any(|known| known == path) {
            of_key.push(path.to_owned());
        }
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        collect_sections(inner, &path, sections);
    }
}

/// The schema behind references, and whether it allows an empty value.
fn resolve(schema: &Schema) -> (&Schema, bool) {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/definitions/")) {
        return resolve(&schema::schema()["definitions"][name]);
    }
    // A reference with its own description.
    if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return resolve(only);
    }
    if let Some([inner, rest @ ..]) = schema["anyOf"].as_array().map(Vec::as_slice)
        && inner["$ref"].is_string()
        && rest.iter().all(|choice| choice["type"] == "null")
    {
        return (resolve(inner).0, !rest.is_empty());
    }
    let may_be_empty = schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"));
    (schema, may_be_empty)
}

/// The branches of a schema that allows values of several types. The type of a value determines its branch.
fn union(schema: &Schema) -> Option<Vec<&Schema>> {
    let branches = schema["anyOf"].as_array()?.iter().map(|branch| resolve(branch).0).collect::<Vec<_>>();
    let has_type = |branch: &&Schema| !branch["type"].is_null() || choices(branch).is_some();
    branches.iter().all(has_type).then_some(branches)
}

/// Whether `node` has the type of this branch.
fn admits(branch: &Schema, node: &Node) -> bool {
    if choices(branch).is_some() {
        return matches!(&node.value, Value::Scalar(scalar) if scalar.typed.is_string());
    }
    match (kind(branch), &node.value) {
        (Some("object"), Value::Map(_)) | (Some("array"), Value::List(_)) => true,
        (Some("string"), Value::Scalar(scalar)) => scalar.typed.is_string(),
        (Some("boolean"), Value::Scalar(scalar)) => scalar.typed.is_bool(),
        (None, Value::Scalar(scalar)) => !scalar.typed.is_null(),
        _ => false,
    }
}

/// The one type of the schema, besides null.
fn kind(schema: &Schema) -> Option<&str> {
    if let Some(kind) = schema["type"].as_str() {
        return Some(kind);
    }
    let mut kinds =
        schema["type"].as_array()?.iter().filter_map(Schema::as_str).filter(|kind| *kind != "null");
    kinds.next().filter(|_| kinds.next().is_none())
}

/// The fixed set of values, if the schema has one.
fn choices(schema: &Schema) -> Option<Vec<&str>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.iter().filter_map(Schema::as_str).collect());
    }
    schema["oneOf"].as_array()?.iter().map(|choice| choice["const"].as_str()).collect()
}

/// The noun for what the schema expects, for messages.
fn noun(schema: &Schema) -> String {
    if let Some(choices) = choices(schema) {
        return format!("one of {}", list(choices));
    }
    if let Some(branches) = union(schema) {
        return branches.into_iter().map(noun).collect::<Vec<_>>().join(" or ");
    }
    let unit = schema["x-unit"].as_str().map(|unit| format!(" of {unit}")).unwrap_or_default();
    let noun = match kind(schema) {
        Some("object") => MAPPING,
        Some("array") => "a list",
        Some("integer") => "a whole number",
        Some("boolean") => "true or false",
        Some("string") => "text",
        None if schema["type"].as_array().is_some_and(|types| types.len() > 2) => "a single value",
        _ => "text or a number",
    };
    format!("{noun}{unit}")
}

/// The advice about a value of the wrong type: what to write.
fn wrong_type_help(node: &Node, schema: &Schema) -> Option<String> {
    let example = || example(node, schema).map(|example| format!("write {example}"));
    let Value::Scalar(Scalar { text, typed }) = &node.value else { return example() };
    if typed.is_null() {
        let is_change = ["toolchains.", "profiles."].iter().any(|section| node.path.starts_with(section));
        let help = if is_change {
            "give a value, remove the key, or write `null` to unset the value from the rest of the file"
        } else {
            "give a value, or remove the key to use the default"
        };
        return Some(help.to_owned());
    }
    let digits = text.trim_start().find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let is_scalar = kind(schema).is_some_and(|kind| !matches!(kind, "object" | "array"));
    match kind(schema).unwrap_or_default() {
        "integer" if digits > 0 && !typed.is_f64() => {
            Some(format!("write {}, without quotes or a unit", shorten(&text.trim_start()[..digits])))
        }
        "boolean" => match text.to_lowercase().as_str() {
            "yes" | "on" | "true" | "1" => Some("write true".to_owned()),
            "no" | "off" | "false" | "0" => Some("write false".to_owned()),
            _ => example(),
        },
        "string" if choices(schema).is_none() => Some(format!("write \"{}\" in quotes", shorten(text))),
        "array" => Some(format!("write [{}]", shorten(text))),
        _ if is_scalar => example(),
        _ => {
            let keys = schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            let keys = list(keys);
            let keys = if keys.is_empty() { keys } else { format!("; valid keys: {keys}") };
            example().map(|example| example + &keys)
        }
    }
}

/// An example of the setting of `node`: `standards: { cxx: 20 }`.
fn example(node: &Node, schema: &Schema) -> Option<String> {
    let value = example_value(schema)?;
    let key = node.path.rsplit('.').next().filter(|key| !key.is_empty() && !key.ends_with(']'));
    Some(key.map_or_else(|| value.clone(), |key| format!("{key}: {value}")))
}

fn example_value(schema: &Schema) -> Option<String> {
    match (schema["examples"].get(0), kind(schema)) {
        (Some(example), _) => Some(flow(example)),
        (None, _) if choices(schema).is_some() => choices(schema)?.first().map(|choice| (*choice).to_owned()),
        (None, Some("boolean")) => Some("true".to_owned()),
        (None, Some("integer")) => Some(schema["minimum"].as_i64().unwrap_or(1).to_string()),
        (None, _) => union(schema)?.into_iter().find_map(example_value),
    }
}

/// The value as YAML in one line.
fn flow(value: &Schema) -> String {
    let is_plain = |text: &str| {
        let is_typed = !matches!(serde_yaml::from_str(text), Ok(Yaml::String(_)));
        let is_safe = |letter: char| letter.is_ascii_alphanumeric() || "_./+".contains(letter);
        !is_typed && text.starts_with(is_safe) && text.chars().all(|letter| is_safe(letter) || letter == '-')
    };
    match value {
        Schema::Object(members) => {
            let members = members.iter().map(|(key, value)| format!("{key}: {}", flow(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Schema::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Schema::String(text) if is_plain(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    /// Calls `each` for every setting of the file, with its key and its schema.
    fn settings(schema: &'static Schema, path: &str, each: &mut dyn FnMut(&str, &'static Schema)) {
        let (schema, _) = resolve(schema);
        for branch in schema["anyOf"].as_array().into_iter().flatten() {
            settings(branch, path, each);
        }
        for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
            if key != "remote" {
                let path = format!("{path}.{key}");
                each(&path, resolve(inner).0);
                settings(inner, &path, each);
            }
        }
    }

    #[test]
    fn the_error_for_a_wrong_type_shows_what_to_write() {
        let mut count = 0;
        settings(schema::schema(), "", &mut |path, schema| {
            count += 1;
            let key = path.rsplit('.').next().unwrap_or_default();
            // A list of mappings has the wrong type everywhere except in `presets.matrix`.
            let mut sink = Sink::default();
            let text = format!("{key}: [[]]");
            let root = parse::parse(&text, &mut sink).expect("a mapping");
            let node = root.get(key).expect("the key");
            let is_text =
                kind(schema) == Some("string") && choices(schema).is_none() && schema["examples"].is_null();
            if is_text {
                return;
            }
            let help = match kind(schema) {
                Some("array") => example(node, schema).map(|example| format!("write {example}")),
                _ => wrong_type_help(node, schema),
            };
            let help = help.unwrap_or_else(|| panic!("{path} has no example: {schema}"));
            let example = help.strip_prefix("write ").unwrap_or_else(|| panic!("{path}: {help}"));
            let example = example.split("; valid keys: ").next().unwrap_or_default();
            let root = parse::parse(example, &mut sink).unwrap_or_else(|| panic!("{path}: {help}"));
            let node = root.get(key).unwrap_or_else(|| panic!("{path}: {help}"));
            Check { sink: &mut sink }.value(node, schema);
            assert!(!sink.has_errors(), "{path}: {help}: {:?}", sink.into_sorted());
        });
        assert!(count > 100, "{count}");
    }

    #[test]
    fn every_example_of_the_schema_is_valid() {
        settings(schema::schema(), "", &mut |path, schema| {
            for value in schema["examples"].as_array().into_iter().flatten() {
                let mut sink = Sink::default();
                let text = format!("key: {}", flow(value));
                let root = parse::parse(&text, &mut sink).unwrap_or_else(|| panic!("{path}: {text}"));
                Check { sink: &mut sink }.value(root.get("key").expect("the key"), schema);
                assert!(!sink.has_errors(), "{path}: {text}: {:?}", sink.into_sorted());
            }
        });
    }
}
