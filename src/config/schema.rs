//! The JSON schema of the file. Editors use it, and `shape` checks documents against it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::{raw, remote};
use crate::caching::remote::{BACKENDS, Backend, Field, Kind, Section};

static SCHEMA: LazyLock<Value> = LazyLock::new(build);

/// The JSON schema of `toolchainkit.yaml`.
#[must_use]
pub fn json_schema() -> Value {
    let mut schema = SCHEMA.clone();
    let mut definitions = json_object(schema["definitions"].take());
    for (section, name) in [("toolchains", "Toolchain"), ("profiles", "Profile")] {
        add_change(name, &mut definitions);
        schema["properties"][section]["additionalProperties"]["anyOf"][0] = reference(&change_of(name));
    }
    // The last branch is the one for a partial remote cache in a profile.
    let mut remote = definitions.remove("Remote").unwrap_or_default();
    if let Some(part) = remote["oneOf"].as_array_mut().and_then(|branches| branches.last_mut()) {
        allow_nulls(part, &mut definitions);
    }
    definitions.insert("Remote".to_owned(), remote);
    schema["definitions"] = Value::Object(definitions);
    schema
}

/// The name of the definition for a section that is merged over another one. In it, `null` unsets a value.
fn change_of(name: &str) -> String {
    format!("{name}Change")
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn add_change(name: &str, definitions: &mut Map<String, Value>) {
    let change = change_of(name);
    if definitions.contains_key(&change) {
        return;
    }
    let mut definition = definitions[name].clone();
    // Insert the name first, so that the recursion ends for a section that contains itself.
    definitions.insert(change.clone(), Value::Null);
    allow_nulls(&mut definition, definitions);
    definitions.insert(change, definition);
}

/// Allows `null` for each setting of a section and of its subsections, and makes all of them optional.
fn allow_nulls(schema: &mut Value, definitions: &mut Map<String, Value>) {
    let Value::Object(object) = schema else { return };
    object.remove("required");
    let name =
        object.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/definitions/"));
    if let Some(name) = name.filter(|name| is_section(name, &definitions[*name])).map(str::to_owned) {
        add_change(&name, definitions);
        *schema = reference(&change_of(&name));
        return;
    }
    for branches in ["anyOf", "allOf"] {
        for branch in object.get_mut(branches).and_then(Value::as_array_mut).into_iter().flatten() {
            allow_nulls(branch, definitions);
        }
    }
    let mut allow = |setting: &mut Value| {
        allow_nulls(setting, definitions);
        allow_null(setting);
    };
    if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
        properties.values_mut().for_each(&mut allow);
    }
    if let Some(others) = object.get_mut("additionalProperties").filter(|others| others.is_object()) {
        allow(others);
    }
}

fn allow_null(schema: &mut Value) {
    if let Some(choices) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        choices.push(Value::Null);
    } else if let Some(branches) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        branches.retain(|branch| branch["type"] != "null");
        branches.push(json!({ "type": "null" }));
    } else if let Some(types) = schema.get_mut("type") {
        let given = match types.take() {
            Value::Array(given) => given,
            one => vec![one],
        };
        *types = given.into_iter().filter(|name| name != "null").chain([json!("null")]).collect();
    } else {
        *schema = json!({ "anyOf": [schema.take(), { "type": "null" }] });
    }
}

pub(super) fn schema() -> &'static Value {
    &SCHEMA
}

fn build() -> Value {
    let mut value = SchemaSettings::draft07().into_generator().into_root_schema_for::<raw::File>().to_value();
    let sections = sections(&value);
    forbid_null(&mut value, &sections);
    value["properties"]["version"]["const"] = json!(1);
    // A profile may set a part of a remote cache; outside profiles it must be complete.
    value["properties"]["cache"]["properties"] =
        json!({ "remote": { "$ref": "#/definitions/CompleteRemotes" } });
    value["definitions"]["CompleteRemotes"] = complete_remotes();
    value
}

/// References to the definitions of settings that may be empty.
fn sections(schema: &Value) -> Vec<String> {
    let definitions = schema["definitions"].as_object().into_iter().flatten();
    let sections =
        definitions.filter(|(name, definition)| is_section(name, definition) || *name == "Remotes");
    sections.map(|(name, _)| format!("#/definitions/{name}")).collect()
}

fn is_section(name: &str, definition: &Value) -> bool {
    definition["type"] == "object" || name == "Compilers"
}

/// Removes `null` from the types. In Rust, an `Option` only means that a key may be missing. Only sections may have an empty
/// value, because a user may comment out all settings of a section.
fn forbid_null(schema: &mut Value, sections: &[String]) {
    if let Some(Value::Array(types)) = schema.get_mut("type")
        && types.len() == 2
        && types[0] != "object"
    {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf")
        && !choices.iter().any(|choice| sections.iter().any(|section| choice["$ref"] == *section))
    {
        choices.retain(|choice| choice["type"] != "null");
    }
    match schema {
        Value::Object(object) => object.values_mut().for_each(|value| forbid_null(value, sections)),
        Value::Array(items) => items.iter_mut().for_each(|value| forbid_null(value, sections)),
        _ => {}
    }
}

impl JsonSchema for raw::Remotes {
    fn schema_name() -> Cow<'static, str> {
        "Remotes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let remote = generator.subschema_for::<Remote>();
        json_schema!({ "anyOf": [remote, { "type": "array", "items": remote }] })
    }
}

/// One remote cache: a branch for each backend, and one for a partial remote cache in a profile.
struct Remote;

impl JsonSchema for Remote {
    fn schema_name() -> Cow<'static, str> {
        "Remote".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut branches: Vec<Value> = BACKENDS.iter().map(|&backend| branch(backend)).collect();
        branches.push(part());
        json_schema!({ "description": "A remote cache.", "oneOf": branches })
    }
}

fn branch(backend: &dyn Backend) -> Value {
    let mut keys = keys(backend.fields());
    keys.insert(
        "type".to_owned(),
        json!({ "const": backend.name(), "description": "The kind of remote cache." }),
    );
    if !backend.has_tls() {
        keys.remove("use_ssl");
    }
    json!({
        "title": backend.name(),
        "description": backend.summary(),
        "type": "object",
        "properties": keys,
        "required": ["type"],
        "additionalProperties": false
    })
}

fn part() -> Value {
    // The keys of all backends. A key has the same type in all backends.
    let fields: Vec<Field> = BACKENDS.iter().flat_map(|backend| backend.fields()).copied().collect();
    json!({
        "title": "part of a remote cache, in a profile",
        "type": "object",
        "properties": keys(&fields),
        "additionalProperties": false
    })
}

/// The keys of a remote cache with these settings.
fn keys(fields: &[Field]) -> Map<String, Value> {
    let of = |section: Section| fields.iter().filter(move |field| field.section == section);
    let named = |field: &Field| (field.name.to_owned(), setting(field));
    let mut keys: Map<String, Value> = of(Section::Remote).map(named).collect();
    keys.extend(json_object(json!({
        "use_ssl": {
            "type": "boolean",
            "description": "Whether to use TLS for an `endpoint` without a scheme, such as cache.example:9000. A scheme \
                (https://, rediss://) overrides it. Default true.",
            "examples": [false]
        },
        "access": {
            "enum": remote::ACCESS.map(|(name, _)| name),
            "description": "Whether builds may write. Default read-write."
        },
        "credentials": {
            "type": ["object", "null"],
            "description": "Names of environment variables, as \"${NAME}\"; never values. The variables are read when a \
                build runs.",
            "properties": of(Section::Credentials).map(named).collect::<Map<_, _>>(),
            "additionalProperties": false,
            "examples": examples(of(Section::Credentials))
        },
        "extra_config": {
            "type": ["object", "null"],
            "description": extra_config(of(Section::ExtraConfig)),
            "properties": of(Section::ExtraConfig).map(named).collect::<Map<_, _>>(),
            "additionalProperties": false,
            "examples": examples(of(Section::ExtraConfig))
        },
    })));
    keys.extend(of(Section::ExtraConfig).map(named));
    keys
}

/// The description of `extra_config`, with its keys.
fn extra_config<'a>(fields: impl Iterator<Item = &'a Field>) -> String {
    let names = fields.map(|field| format!("`{}`", field.name)).collect::<BTreeSet<_>>();
    let names = names.into_iter().collect::<Vec<_>>().join(", ");
    let start = "Less common settings of this type of remote cache";
    if names.is_empty() {
        return format!("{start}; there are none.");
    }
    format!("{start}: {names}. They may also be written directly below `remote`.")
}

/// Examples of a section with these fields: the first one with an evident value.
fn examples<'a>(mut fields: impl Iterator<Item = &'a Field>) -> Vec<Value> {
    let first = fields.find_map(|field| Some(json!({ field.name: example(field)? })));
    first.into_iter().collect()
}

/// A valid value of a field, unless it may be any text.
fn example(field: &Field) -> Option<Value> {
    match field.kind {
        Kind::Secret => Some(json!(format!("${{CACHE_{}}}", field.name.to_uppercase()))),
        Kind::Bool => Some(json!(true)),
        Kind::Integer { min, .. } => Some(json!(min.max(1))),
        Kind::Text | Kind::SecretFile => None,
    }
}

fn setting(field: &Field) -> Value {
    let mut schema = match field.kind {
        Kind::Text | Kind::SecretFile => json!({ "type": "string" }),
        Kind::Secret => json!({
            "type": "string",
            "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$",
            // Editors show this text in place of the pattern.
            "patternErrorMessage":
                format!("Write the name of an environment variable, such as \"${{CACHE_{}}}\", and not the secret.", field.name.to_uppercase()),
            "examples": [example(field)]
        }),
        // `extra_config` of the library holds text, so numbers in quotes are accepted here.
        Kind::Bool => json!({ "enum": [true, false, "true", "false"] }),
        Kind::Integer { min, max } => {
            json!({
                "type": ["integer", "string"], "minimum": min, "maximum": max, "pattern": "^[0-9]+$",
                "patternErrorMessage": format!("Write a whole number from {min} to {max}.")
            })
        }
    };
    schema["description"] = json!(field.doc);
    schema
}

/// The required settings of remote caches outside profiles.
fn complete_remotes() -> Value {
    let required = BACKENDS.iter().map(|backend| {
        let required =
            backend.fields().iter().filter(|field| field.required && field.section == Section::Remote);
        json!({
            "if": { "properties": { "type": { "const": backend.name() } } },
            "then": { "required": required.map(|field| field.name).collect::<Vec<_>>() }
        })
    });
    let complete = json!({ "type": "object", "required": ["type"], "allOf": required.collect::<Vec<_>>() });
    json!({ "anyOf": [complete, { "type": "array", "items": complete }, { "type": "null" }] })
}

fn json_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
