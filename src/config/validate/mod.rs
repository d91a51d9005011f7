//! Raw values to the model: what serde cannot say about a value, what values mean together, and the defaults, last.

mod cache;
mod output;
mod presets;
mod text;
mod toolchain;

use super::model::{Config, Variant};
use super::node::{Entry, Node, Value};
use super::{merge, raw, shape};
use crate::diag::{Code, Diagnostic, Sink};

/// The version of the file format that is read.
const FORMAT_VERSION: u32 = 1;

/// A tree with the place to report its faults to.
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

/// The configuration in `root`. With faults in `sink`, the result is good for nothing but finding more of them.
pub(super) fn config(root: &Node, sink: &mut Sink) -> Option<Config> {
    let file: raw::File = read(root, None, sink)?;
    let mut scope = Scope { node: root, sink };
    check_version(file.version, &mut scope);
    let project = file.project.and_then(|project| project.name);
    let project = text::line(project, &["project", "name"], &mut scope);
    let output = output::validate(file.output.unwrap_or_default(), &mut scope);
    let settings = raw::Profile { cache: file.cache, toolchain: file.toolchain, presets: file.presets };
    let mut variants = vec![variant(None, settings, root, sink)];
    let profiles = root.get("profiles").map_or(&[][..], Node::entries);
    check_profile_names(profiles, sink);
    for profile in profiles {
        let merged = merge::merge(&without_file_keys(root), &profile.node);
        if let Some(settings) = read(&merged, Some("Profile"), sink) {
            variants.push(variant(Some(profile.key.clone()), settings, &merged, sink));
        }
    }
    Some(Config { project, variants, output })
}

fn read<T: serde::de::DeserializeOwned>(node: &Node, definition: Option<&str>, sink: &mut Sink) -> Option<T> {
    if !matches!(node.value, Value::Map(_)) {
        let help = "a configuration begins with a key, such as `version: 1`; `toolchainkit init` writes one";
        sink.push(shape::wrong_type(node, shape::MAPPING, Some(help.to_owned())));
        return None;
    }
    let shaped = shape::check(node, definition, sink);
    match serde_yaml::from_value(shaped) {
        Ok(value) => Some(value),
        // The schema is made from the type, so this is a value that only serde knows to refuse.
        Err(error) => {
            sink.push(Diagnostic::error(Code::BadValue, error.to_string()).at(node.place()));
            None
        }
    }
}

fn variant(profile: Option<String>, raw: raw::Profile, node: &Node, sink: &mut Sink) -> Variant {
    let mut scope = Scope { node, sink };
    let cache = cache::validate(raw.cache.unwrap_or_default(), &mut scope);
    let toolchain = toolchain::validate(raw.toolchain.unwrap_or_default(), &mut scope);
    let presets = presets::validate(raw.presets.unwrap_or_default(), cache.enabled, &mut scope);
    Variant { profile, cache, toolchain, presets }
}

/// The part of the file that a profile is merged over.
fn without_file_keys(root: &Node) -> Node {
    let settings = |entry: &&Entry| matches!(entry.key.as_str(), "cache" | "toolchain" | "presets");
    Node { value: Value::Map(root.entries().iter().filter(settings).cloned().collect()), ..root.clone() }
}

fn check_version(version: Option<u32>, scope: &mut Scope<'_>) {
    if let Some(version) = version.filter(|&version| version != FORMAT_VERSION) {
        let message =
            format!("version {version} of the format is not known; this release reads {FORMAT_VERSION}");
        let help = "write `version: 1`, or use a newer toolchainkit; it is not the version of your project";
        scope.error(&["version"], Code::UnsupportedVersion, message, help);
    }
}

fn check_profile_names(profiles: &[Entry], sink: &mut Sink) {
    for (index, profile) in profiles.iter().enumerate() {
        let place =
            || crate::diag::Place { path: profile.node.path.clone(), span: Some(profile.key_span.clone()) };
        if let Err(why) = text::name(&profile.key) {
            let fault = Diagnostic::error(Code::BadName, format!("the name of a profile {why}"));
            sink.push(fault.at(place()).with_help(text::NAME_HELP));
        }
        let same = |other: &&Entry| other.key.eq_ignore_ascii_case(&profile.key);
        if let Some(first) = profiles[..index].iter().find(same) {
            let message = format!(
                "`{}` and `{}` would have the same build folders on some systems",
                first.key, profile.key
            );
            let fault = Diagnostic::error(Code::DuplicateName, message)
                .at(place())
                .with_help("rename one of the two");
            let related = crate::diag::Place::bytes(first.key_span.clone());
            sink.push(fault.with_related(related, "first"));
        }
    }
}
