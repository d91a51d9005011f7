//! Turns raw values into the model: checks each value, then combinations of values, and then applies the defaults.

mod cache;
mod combinations;
mod distribute;
mod matrix;
mod output;
mod presets;
mod text;
mod toolchain;

use std::collections::HashMap;

use super::model::{Config, Matrix, Toolchain, Variant};
use super::node::{Entry, Node, Value};
use super::requirement::Requirement;
use super::{merge, raw, shape};
use crate::diagnostics::{Code, Diagnostic, Sink};

/// The version of the file format that this release reads.
const FORMAT_VERSION: u32 = 1;

/// A tree, and the sink for its errors.
struct Scope<'a> {
    node: &'a Node,
    sink: &'a mut Sink,
}

impl Scope<'_> {
    /// Reports an error at the value of `keys`.
    fn error(&mut self, keys: &[&str], code: Code, message: impl Into<String>, help: impl Into<String>) {
        let place = self.node.place_of(keys);
        self.sink.push(Diagnostic::error(code, message).at(place).with_help(help));
    }

    /// Reports an error at an item of the list of `keys`.
    fn item_error(&mut self, keys: &[&str], index: usize, code: Code, message: String, help: &str) {
        let item = self.node.find(keys).and_then(|list| list.items().get(index));
        let place = item.map_or_else(|| self.node.place_of(keys), Node::place);
        self.sink.push(Diagnostic::error(code, message).at(place).with_help(help));
    }
}

/// The configuration in `root`. If `sink` has errors, use the result only to find more errors.
pub(super) fn config(root: &Node, sink: &mut Sink) -> Option<Config> {
    // Another version may not know the other keys.
    if !check_program(&mut Scope { node: root, sink }) {
        return None;
    }
    if !combinations::check(&mut Scope { node: root, sink }) {
        return None;
    }
    let mut file: raw::File = read(&without_nulls_of_variants(root), None, sink)?;
    let mut scope = Scope { node: root, sink };
    check_version(file.version, &mut scope);
    let project = file.project.and_then(|project| project.name);
    let project = text::line(project, &["project", "name"], &mut scope);
    let templates = output::templates(file.templates, &mut scope);
    let toolchains = root.get("toolchains").map_or(&[][..], Node::entries);
    check_names("toolchain", toolchains, scope.sink);
    let output = output::validate(file.output.unwrap_or_default(), toolchains, &mut scope);
    let presets = file.presets.get_or_insert_default();
    let matrix = matrix::validate(presets.matrix.take());
    let cmake_minimum = presets.cmake_minimum.take();
    let settings = raw::Profile {
        cache: file.cache,
        distribute: file.distribute,
        toolchain: file.toolchain,
        presets: file.presets,
    };
    let mut variants = vec![variant(None, settings, root, toolchains, &matrix, sink)];
    let profiles = root.get("profiles").map_or(&[][..], Node::entries);
    check_names("profile", profiles, sink);
    for profile in profiles {
        if sink.is_full() {
            return None;
        }
        check_profile(&profile.node, sink);
        let merged = merge::merge(&without_file_keys(root), &profile.node);
        if let Some(settings) = read(&merged, Some("Profile"), sink) {
            variants.push(variant(Some(profile), settings, &merged, toolchains, &matrix, sink));
        }
    }
    let names = |entries: &[Entry]| entries.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
    let mut config = Config {
        project,
        variants,
        toolchains: names(toolchains),
        cmake_minimum: None,
        matrix,
        templates,
        output,
    };
    let mut scope = Scope { node: root, sink };
    config.cmake_minimum = presets::cmake_minimum(cmake_minimum, &config, &mut scope);
    matrix::check(&config, &mut scope);
    Some(config)
}

fn read<T: serde::de::DeserializeOwned>(node: &Node, definition: Option<&str>, sink: &mut Sink) -> Option<T> {
    if !matches!(node.value, Value::Map(_)) {
        let help = "start the file with a key, such as `version: 1`, or run `toolchainkit init` to write a \
            configuration";
        sink.push(shape::wrong_type(node, shape::MAPPING, Some(help.to_owned())));
        return None;
    }
    let shaped = shape::check(node, definition, sink);
    match serde_yaml::from_value(shaped) {
        Ok(value) => Some(value),
        // The schema is generated from the type, but serde may reject further values.
        Err(error) => {
            sink.push(Diagnostic::error(Code::BadValue, error.to_string()).at(node.place()));
            None
        }
    }
}

fn variant(
    profile: Option<&Entry>,
    raw: raw::Profile,
    node: &Node,
    toolchains: &[Entry],
    matrix: &Matrix,
    sink: &mut Sink,
) -> Variant {
    let mut scope = Scope { node, sink };
    let raw_cache = raw.cache.unwrap_or_default();
    let is_cached = raw_cache.enabled.unwrap_or(true);
    let distribute = distribute::validate(raw.distribute, is_cached, &mut scope);
    let engine = distribute.as_ref().map(|distribute| distribute.engine).filter(|_| is_cached);
    let cache = cache::validate(raw_cache, engine, &mut scope);
    let unnamed = toolchain::validate(raw.toolchain.unwrap_or_default(), &mut scope);
    let presets = presets::validate(raw.presets.unwrap_or_default(), cache.enabled, &mut scope);
    if let Some(distribute) = &distribute {
        distribute::check_generator(distribute, &presets.generator, &mut scope);
    }
    // Do not check combinations that the matrix excludes: the compilers need not support them.
    let is_built = |toolchain: Option<&str>| {
        let profile = profile.map(|profile| profile.key.as_str());
        presets.build_types.iter().any(|build_type| matrix.has(toolchain, profile, build_type))
    };
    if is_built(None) {
        toolchain::check_family(&unnamed, &mut scope);
    }
    let base = node.get("toolchain");
    let own = profile.and_then(|profile| profile.node.get("toolchain"));
    let mut all = vec![unnamed];
    for entry in toolchains {
        if sink.is_full() {
            break;
        }
        all.push(named_toolchain(&entry.node, base, own, is_built(Some(&entry.key)), sink));
    }
    Variant {
        toolchains: all,
        profile: profile.map(|profile| profile.key.clone()),
        cache,
        distribute,
        presets,
    }
}

/// A named toolchain. It is merged over `toolchain`, and the `toolchain` of a profile is merged over the result.
fn named_toolchain(
    node: &Node,
    base: Option<&Node>,
    own: Option<&Node>,
    is_built: bool,
    sink: &mut Sink,
) -> Toolchain {
    let mut merged = base.map_or_else(|| node.without_nulls(), |base| merge::merge(base, node));
    if let Some(own) = own {
        merged = merge::merge(&merged, own);
    }
    if merged.is_null() {
        return Toolchain::default();
    }
    // Errors about missing keys point to the named toolchain.
    merged.path.clone_from(&node.path);
    merged.span.clone_from(&node.span);
    let Some(raw) = read(&merged, Some("Toolchain"), sink) else { return Toolchain::default() };
    let entry = Entry { key: "toolchain".to_owned(), key_span: node.span.clone(), node: merged };
    let node = Node { value: Value::Map(vec![entry]), path: String::new(), span: node.span.clone() };
    let mut scope = Scope { node: &node, sink };
    let toolchain = toolchain::validate(raw, &mut scope);
    if is_built {
        toolchain::check_family(&toolchain, &mut scope);
    }
    toolchain
}

/// Rejects keys in a profile that apply to the whole file.
fn check_profile(profile: &Node, sink: &mut Sink) {
    let presets = profile.get("presets").map_or(&[][..], Node::entries);
    for entry in presets.iter().filter(|entry| matches!(entry.key.as_str(), "matrix" | "cmake_minimum")) {
        let message =
            format!("`{}` applies to all presets of the file and cannot be set in a profile", entry.key);
        let place =
            crate::diagnostics::Place { path: entry.node.path.clone(), span: Some(entry.key_span.clone()) };
        let help = "move it below the top-level `presets:`";
        sink.push(Diagnostic::error(Code::UnknownKey, message).at(place).with_help(help));
    }
}

/// A copy of the file without explicit nulls in toolchains and profiles, the only places where `null` is valid.
fn without_nulls_of_variants(root: &Node) -> Node {
    root.with_values(|section| match section.key.as_str() {
        "toolchains" | "profiles" => section.node.with_values(|variant| variant.node.without_nulls()),
        _ => section.node.clone(),
    })
}

/// The part of the file that a profile is merged over.
fn without_file_keys(root: &Node) -> Node {
    let settings =
        |entry: &&Entry| matches!(entry.key.as_str(), "cache" | "distribute" | "toolchain" | "presets");
    Node { value: Value::Map(root.entries().iter().filter(settings).cloned().collect()), ..root.clone() }
}

/// Checks `toolchainkit.required_version`.
fn check_program(scope: &mut Scope<'_>) -> bool {
    const KEYS: [&str; 2] = ["toolchainkit", "required_version"];
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let Some(Value::Scalar(required)) = scope.node.find(&KEYS).map(|node| &node.value) else { return true };
    if required.typed.is_null() || required.typed.is_bool() {
        return true;
    }
    let required = required.text.trim();
    let Some(requirement) = Requirement::parse(required) else {
        let message = format!("`{}` is not a requirement for a version", super::node::shorten(required));
        let help = "write required_version: \">=0.1, <0.3\", or \"=0.1.2\" for exactly this version";
        scope.error(&KEYS, Code::BadValue, message, help);
        return true;
    };
    if VERSION.parse().is_ok_and(|version| requirement.allows(version)) {
        return true;
    }
    let message = format!("the project requires toolchainkit {required}, and this is toolchainkit {VERSION}");
    let help = format!(
        "install a required version, such as with cargo install toolchainkit --version '{required}'. To use this version for all, change \
         `required_version`, run `toolchainkit generate`, and commit the result"
    );
    scope.error(&KEYS, Code::RequiredVersion, message, help);
    false
}

fn check_version(version: Option<u32>, scope: &mut Scope<'_>) {
    if let Some(version) = version.filter(|&version| version != FORMAT_VERSION) {
        let message = format!(
            "version {version} of the file format is not supported; this release reads version \
                {FORMAT_VERSION}"
        );
        let help = "write `version: 1`, or use a newer toolchainkit; this is not the version of your project";
        scope.error(&["version"], Code::UnsupportedVersion, message, help);
    }
}

/// Checks names of toolchains or profiles, which become names of files, folders and presets.
fn check_names(what: &str, entries: &[Entry], sink: &mut Sink) {
    let mut first_by_name = HashMap::new();
    for entry in entries {
        let place = || crate::diagnostics::Place {
            path: entry.node.path.clone(),
            span: Some(entry.key_span.clone()),
        };
        if let Err(why) = text::name(&entry.key) {
            let fault = Diagnostic::error(Code::BadName, format!("the name of a {what} {why}"));
            sink.push(fault.at(place()).with_help(text::NAME_HELP));
        } else if entry.key == super::model::WITHOUT_NAME {
            let message =
                format!("`{}` is a reserved name: in `presets.matrix` it stands for no {what}", entry.key);
            let fault = Diagnostic::error(Code::BadName, message).at(place());
            sink.push(fault.with_help("choose another name"));
        }
        let first = *first_by_name.entry(entry.key.to_ascii_lowercase()).or_insert(entry);
        if !std::ptr::eq(first, entry) {
            let message = format!(
                "`{}` and `{}` have the same build folder on systems that ignore case",
                first.key, entry.key
            );
            let fault = Diagnostic::error(Code::DuplicateName, message)
                .at(place())
                .with_help("rename one of the two");
            let related = crate::diagnostics::Place::bytes(first.key_span.clone());
            sink.push(fault.with_related(related, "first"));
        }
    }
}
