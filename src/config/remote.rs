//! `cache.remote`: the valid keys depend on the backend, so the backend's table of fields serves as the schema.

use super::node::{Entry, Node, Scalar, Value, shorten};
use super::shape::{MAPPING, unknown_key, unknown_value, wrong_type};
use crate::caching::remote::{
    Access, BACKENDS, Backend, Example, Field, Kind, RemoteFields, Section, Variable,
};
use crate::caching::remote::{Issue, IssueSeverity, backend, check};
use crate::caching::secret::Credential;
use crate::diagnostics::{Code, Diagnostic, Place, Severity, Sink, did_you_mean, list};

/// The YAML value of each kind of access.
pub(super) const ACCESS: [(&str, Access); 2] =
    [("read-write", Access::ReadWrite), ("read-only", Access::ReadOnly)];

/// The keys that are valid for every backend.
const COMMON: [&str; 5] = ["type", "use_ssl", "access", "credentials", "extra_config"];

/// A remote cache, with its node in the file.
pub(super) struct Remote<'a> {
    pub(super) config: RemoteFields,
    pub(super) node: &'a Node,
}

impl Remote<'_> {
    /// The place of the type.
    pub(super) fn kind_place(&self) -> Place {
        self.node.place_of(&["type"])
    }
}

/// Reads one remote cache or a list of them. The result contains only those without errors.
pub(super) fn read<'a>(node: &'a Node, sink: &mut Sink) -> Vec<Remote<'a>> {
    let nodes = match &node.value {
        Value::List(items) => items.as_slice(),
        _ if node.is_null() => &[],
        _ => std::slice::from_ref(node),
    };
    let remotes: Vec<Remote<'_>> = nodes.iter().filter_map(|node| read_one(node, sink)).collect();
    for (index, remote) in remotes.iter().enumerate() {
        let same = |other: &&Remote<'_>| other.config.backend_type == remote.config.backend_type;
        if let Some(first) = remotes[..index].iter().find(same) {
            let message = format!("there is already a remote cache of type {}", remote.config.backend_type);
            let fault = Diagnostic::error(Code::DuplicateBackend, message).at(remote.kind_place());
            let help = "give each tier a different type, fastest first, such as redis before s3";
            sink.push(fault.with_related(first.kind_place(), "first").with_help(help));
        }
    }
    remotes
}

fn read_one<'a>(node: &'a Node, sink: &mut Sink) -> Option<Remote<'a>> {
    let kinds = || BACKENDS.iter().map(|backend| backend.name());
    if !matches!(node.value, Value::Map(_)) {
        let named = node.as_text().and_then(example_of).map(|(_, example)| example);
        let help = named.unwrap_or_else(|| example(BACKENDS[0], BACKENDS[0].examples()[0].settings));
        if !matches!(node.value, Value::Faulty) {
            sink.push(wrong_type(node, MAPPING, Some(format!("write remote: {help}"))));
        }
        return None;
    }
    let Some(kind) = node.get("type") else {
        let help = if node.path.starts_with("profiles.") {
            "a profile can change a single `remote`; if the file has a list or no remote cache, write all settings \
             here"
                .to_owned()
        } else {
            let example = example(BACKENDS[0], BACKENDS[0].examples()[0].settings);
            format!("add `type: …`, one of {}; for example remote: {example}", list(kinds()))
        };
        let fault = Diagnostic::error(Code::MissingSetting, "a remote cache needs a `type`");
        sink.push(fault.at(node.place()).with_help(help));
        return None;
    };
    let Some(name) = kind.as_text() else {
        if !matches!(kind.value, Value::Faulty) {
            sink.push(wrong_type(
                kind,
                "the type of a remote cache",
                Some(format!("known types: {}", list(kinds()))),
            ));
        }
        return None;
    };
    let Some(backend) = backend(name) else {
        sink.push(unknown_backend(kind, name));
        return None;
    };
    let mut reader = Reader { backend, node, config: RemoteFields::new(name), sink, faulty: false };
    reader.settings(node);
    reader.finish()
}

fn unknown_backend(node: &Node, name: &str) -> Diagnostic {
    let kinds = || BACKENDS.iter().map(|backend| backend.name());
    let message = format!("there is no remote cache of type `{}`", shorten(name));
    let known = format!("known types: {}", list(kinds()));
    let help = match (example_of(name), did_you_mean(name, kinds())) {
        (Some((backend, example)), _) => {
            format!("{name} has the type `{}`; write remote: {example}", backend.name())
        }
        (None, Some(meant)) => format!("did you mean `{meant}`? {known}"),
        (None, None) => known,
    };
    Diagnostic::error(Code::UnknownBackend, message).at(node.place()).with_help(help)
}

/// The backend for a product, and an example: MinIO has the type s3, and needs an endpoint.
fn example_of(product: &str) -> Option<(&'static dyn Backend, String)> {
    let letters = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let product = letters(product);
    BACKENDS.iter().find_map(|&backend| {
        let of_product = |example: &&Example| example.products.iter().any(|name| letters(name) == product);
        let found = backend.examples().iter().find(of_product);
        let found = found.or_else(|| backend.examples().first().filter(|_| backend.name() == product));
        Some((backend, example(backend, found?.settings)))
    })
}

fn example(backend: &dyn Backend, settings: &str) -> String {
    let separator = if settings.is_empty() { "" } else { ", " };
    format!("{{ type: {}{separator}{settings} }}", backend.name())
}

struct Reader<'a, 's> {
    backend: &'static dyn Backend,
    node: &'a Node,
    config: RemoteFields,
    sink: &'s mut Sink,
    faulty: bool,
}

impl<'a> Reader<'a, '_> {
    fn report(&mut self, fault: Diagnostic) {
        self.faulty |= fault.severity == Severity::Error;
        self.sink.push(fault);
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, help: Option<String>) {
        self.faulty = true;
        if !matches!(node.value, Value::Faulty) {
            self.report(wrong_type(node, expected, help));
        }
    }

    fn settings(&mut self, node: &Node) {
        for entry in node.entries() {
            match entry.key.as_str() {
                "type" => {}
                "use_ssl" => self.use_ssl(entry),
                "access" => self.access(&entry.node),
                "credentials" => self.section(&entry.node, Section::Credentials),
                "extra_config" => self.section(&entry.node, Section::ExtraConfig),
                key => match self.field(key, &[Section::Remote, Section::ExtraConfig]) {
                    Some(field) => self.setting(field, &entry.node),
                    None => self.unknown(entry),
                },
            }
        }
    }

    fn field(&self, key: &str, sections: &[Section]) -> Option<&'static Field> {
        self.backend.fields().iter().find(|field| field.name == key && sections.contains(&field.section))
    }

    fn names(&self, sections: &[Section]) -> Vec<&'static str> {
        let fields = self.backend.fields().iter().filter(|field| sections.contains(&field.section));
        fields.map(|field| field.name).collect()
    }

    fn unknown(&mut self, entry: &Entry) {
        let name = self.backend.name();
        let place = Place { path: entry.node.path.clone(), span: Some(entry.key_span.clone()) };
        let known = self.names(&[Section::Remote, Section::ExtraConfig]);
        let exists = |backend: &&dyn Backend| {
            backend
                .fields()
                .iter()
                .any(|field| field.name == entry.key && field.section != Section::Credentials)
        };
        let fault = if self.field(&entry.key, &[Section::Credentials]).is_some() {
            let message = format!("`{}` is a credential", entry.key);
            let help = format!("move it below `credentials:`, as {}: \"${{NAME}}\"", entry.key);
            Diagnostic::error(Code::UnknownKey, message).at(place).with_help(help)
        } else if BACKENDS.iter().any(exists) {
            let message = format!("a remote cache of type {name} has no setting `{}`", entry.key);
            let help = format!("valid settings: {}", list(known));
            Diagnostic::error(Code::UnknownSetting, message).at(place).with_help(help)
        } else {
            unknown_key(entry, &[known.as_slice(), &COMMON].concat())
        };
        self.report(fault);
    }

    fn use_ssl(&mut self, entry: &Entry) {
        match &entry.node.value {
            Value::Scalar(Scalar { typed: serde_yaml::Value::Bool(value), .. }) => {
                self.config.use_ssl = *value;
                if *value && !self.backend.has_tls() {
                    let message = format!("a remote cache of type {} has no TLS", self.backend.name());
                    let fault = Diagnostic::error(Code::UnknownSetting, message).at(entry.node.place());
                    self.report(
                        fault.with_help(
                            "remove the key; use a private network or a tunnel to reach the server",
                        ),
                    );
                }
            }
            _ => self.wrong_type(
                &entry.node,
                "true or false",
                Some("write use_ssl: false, or remove the key".to_owned()),
            ),
        }
    }

    fn access(&mut self, node: &Node) {
        let names = ACCESS.map(|(name, _)| name);
        let Some(text) = node.as_text() else {
            let help = Some(format!("write access: {}", names[1]));
            return self.wrong_type(node, &format!("one of {}", list(names)), help);
        };
        match ACCESS.into_iter().find(|(name, _)| *name == text) {
            Some((_, access)) => self.config.access = access,
            None => self.report(unknown_value(node, text, &names)),
        }
    }

    /// `credentials:` or `extra_config:`
    fn section(&mut self, node: &Node, section: Section) {
        let is_secret = section == Section::Credentials;
        if node.is_null() {
            return;
        }
        if !matches!(node.value, Value::Map(_)) {
            let known = self.names(&[section]);
            let help =
                format!("valid keys for a remote cache of type {}: {}", self.backend.name(), list(known));
            return match (&node.value, is_secret) {
                // Do not show the text: it may be a secret.
                (Value::Scalar(_), true) => {
                    let fault =
                        Diagnostic::error(Code::WrongType, "expected a mapping of names to variables");
                    self.report(fault.at(node.place()).with_help(help));
                }
                _ => self.wrong_type(node, MAPPING, Some(help)),
            };
        }
        for entry in node.entries() {
            match self.field(&entry.key, &[section]) {
                Some(field) if is_secret => self.credential(field, &entry.node),
                Some(field) => self.setting(field, &entry.node),
                None if is_secret => self.unknown_credential(entry),
                None => self.unknown(entry),
            }
        }
    }

    fn unknown_credential(&mut self, entry: &Entry) {
        let known = self.names(&[Section::Credentials]);
        // A key without a value may be the secret itself.
        if entry.node.is_null() {
            let fault =
                Diagnostic::error(Code::WrongType, "a credential needs a key and the name of a variable");
            let help = format!("write it as KEY: \"${{NAME}}\"; valid keys: {}", list(known));
            let place =
                Place { path: self.node.path.clone() + ".credentials", span: Some(entry.key_span.clone()) };
            return self.report(fault.at(place).with_help(help));
        }
        let fault = unknown_key(entry, &known);
        let fault = if known.is_empty() {
            fault.with_help(format!("a remote cache of type {} has no credentials", self.backend.name()))
        } else {
            fault
        };
        self.report(fault);
    }

    fn credential(&mut self, field: &Field, node: &Node) {
        let Value::Scalar(scalar) = &node.value else {
            return self.wrong_type(node, "the name of a variable", Some(reference_help(field)));
        };
        if scalar.typed.is_null() {
            return self.wrong_type(node, "the name of a variable", Some(reference_help(field)));
        }
        if Credential::variable_name(&scalar.text).is_none() {
            match field.kind {
                Kind::Secret => {
                    let message = format!("`{}` must be the name of an environment variable", field.name);
                    let fault = Diagnostic::error(Code::SecretInConfig, message).at(node.place());
                    let help = secret_help(field, &scalar.text);
                    return self.report(fault.with_label("the value is hidden").with_help(help));
                }
                _ if !self.is_plain_line(node, &scalar.text) => return,
                Kind::SecretFile if scalar.text.starts_with('~') => {
                    let message = "`~` is not expanded in a path";
                    let help = format!(
                        "write the full path, or {}: \"${{NAME}}\" for the variable that holds it",
                        field.name
                    );
                    return self
                        .report(Diagnostic::error(Code::BadPath, message).at(node.place()).with_help(help));
                }
                _ if has_variable(&scalar.text) => return self.report_variable(field, node),
                _ => {}
            }
        }
        self.config.set(field.section, field.name, &scalar.text);
    }

    /// Whether a credential is a single line. `check` does not examine credentials for line breaks.
    fn is_plain_line(&mut self, node: &Node, text: &str) -> bool {
        let control = text.chars().any(char::is_control);
        if control {
            let message = "the text contains a line break or a tab";
            let fault = Diagnostic::error(Code::ControlCharacter, message).at(node.place());
            self.report(
                fault.with_help("write it on one line; in single quotes, `\\` is a literal backslash"),
            );
        }
        !control
    }

    /// The error for a text with a variable, which nothing expands.
    fn report_variable(&mut self, field: &Field, node: &Node) {
        let message = "a variable is not expanded here";
        let by_environment = |variable: Variable| {
            format!("; to choose it for each machine, set {} in the environment of CMake", variable.name)
        };
        let help = match field.section {
            Section::Credentials => format!("write only the variable: {}: \"${{NAME}}\"", field.name),
            _ => format!(
                "write the value{}. Only `credentials:` may contain names of variables",
                field.variable.map(by_environment).unwrap_or_default()
            ),
        };
        self.report(Diagnostic::error(Code::BadValue, message).at(node.place()).with_help(help));
    }

    fn setting(&mut self, field: &Field, node: &Node) {
        let Some(text) = self.setting_text(field, node) else { return };
        if has_variable(&text) {
            return self.report_variable(field, node);
        }
        if self.config.set(field.section, field.name, &text).is_some() {
            let message = format!("`{}` is set twice: below `remote` and below `extra_config`", field.name);
            let fault = Diagnostic::error(Code::DuplicateKey, message).at(node.place());
            self.report(fault.with_help("remove one of the two"));
        }
    }

    fn setting_text(&mut self, field: &Field, node: &Node) -> Option<String> {
        let text = match (&node.value, field.kind) {
            (Value::Scalar(scalar), Kind::Text | Kind::SecretFile | Kind::Secret)
                if scalar.typed.is_string() =>
            {
                scalar.text.clone()
            }
            // Accept numbers in quotes, as `extra_config` of the library does; `check` validates the text.
            (Value::Scalar(scalar), Kind::Bool | Kind::Integer { .. }) if !scalar.typed.is_null() => {
                scalar.text.clone()
            }
            (Value::Scalar(scalar), Kind::Text) if !scalar.typed.is_null() => {
                self.wrong_type(node, "text", Some(format!("write \"{}\" in quotes", scalar.text)));
                return None;
            }
            (_, kind) => {
                self.wrong_type(node, &noun(kind), Some(field.doc.to_owned()));
                return None;
            }
        };
        Some(text)
    }

    /// The configuration, if it has no error.
    fn finish(mut self) -> Option<Remote<'a>> {
        for issue in check(&self.config) {
            // Do not report a setting as missing if its value was rejected.
            let fault = self.diagnostic(&issue);
            let is_reported = issue.code == Code::MissingSetting.as_str()
                && self.entry(&issue.field).is_some_and(|node| !is_blank(node));
            if !is_reported {
                self.report(fault);
            }
        }
        (!self.faulty).then_some(Remote { config: self.config, node: self.node })
    }

    fn diagnostic(&self, issue: &Issue) -> Diagnostic {
        let code = Code::from_name(issue.code).unwrap_or(Code::BadValue);
        let place = match self.entry(&issue.field) {
            Some(node) => node.place(),
            None => {
                self.node.place_of(&issue.field.split('.').filter(|key| !key.is_empty()).collect::<Vec<_>>())
            }
        };
        let severity = match issue.severity {
            IssueSeverity::Warning => Severity::Warning,
            IssueSeverity::Error => Severity::Error,
        };
        let fault = Diagnostic::error(code, &issue.message).with_severity(severity).at(place);
        let help = issue.help.as_ref().map(|help| match code {
            Code::MissingSetting => {
                format!("add `{}: …`: {help}", issue.field.rsplit('.').next().unwrap_or_default())
            }
            _ => help.clone(),
        });
        fault.with_optional_help(help)
    }

    /// The node of a setting. A setting of `extra_config` may also be directly below `remote`.
    fn entry(&self, field: &str) -> Option<&'a Node> {
        let keys: Vec<&str> = field.split('.').collect();
        let direct = || self.node.get(field.strip_prefix("extra_config.")?);
        self.node.find(&keys).or_else(direct)
    }
}

/// Whether a text contains `${NAME}`, `${{ … }}` or `$NAME`, as shells and CI systems write them.
fn has_variable(text: &str) -> bool {
    text.split('$')
        .skip(1)
        .any(|after| after.starts_with(|next: char| next == '{' || next.is_ascii_uppercase()))
}

/// The advice about a credential that is not `${NAME}`. Only the name in an expression of GitHub Actions is shown: any other
/// text may be the secret.
fn secret_help(field: &Field, text: &str) -> String {
    let inside = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")).map(str::trim);
    let Some(inside) = inside else {
        let is_unbraced = text
            .strip_prefix('$')
            .is_some_and(|name| Credential::variable_name(&format!("${{{name}}}")).is_some());
        let braces = if is_unbraced { "with braces: " } else { "" };
        return format!("{braces}{}", reference_help(field));
    };
    let name =
        inside.rsplit('.').next().filter(|name| Credential::variable_name(&format!("${{{name}}}")).is_some());
    let name = name.map_or_else(|| format!("CACHE_{}", field.name.to_uppercase()), str::to_owned);
    format!(
        "write {}: \"${{{name}}}\", and set the variable in the workflow, because only GitHub Actions expands \
         `${{{{ … }}}}`: env: {{ {name}: ${{{{ secrets.{name} }}}} }}",
        field.name
    )
}

fn is_blank(node: &Node) -> bool {
    node.as_text().is_some_and(str::is_empty)
}

fn reference_help(field: &Field) -> String {
    let variable = field.name.to_uppercase();
    match field.kind {
        Kind::Secret => format!(
            "write the name of an environment variable, such as {}: \"${{CACHE_{variable}}}\", and set that variable \
             where builds run",
            field.name
        ),
        _ => field.doc.to_owned(),
    }
}

fn noun(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::Secret | Kind::SecretFile => "text".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Integer { min, max } => format!("a whole number from {min} to {max}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{SourceFile, load};

    fn faults(remote: &str) -> Vec<Diagnostic> {
        let text = format!("cache: {{ remote: {remote} }}\n");
        match load(&SourceFile::new("toolchainkit.yaml", text)) {
            Ok(loaded) => loaded.warnings,
            Err(faults) => faults,
        }
    }

    #[test]
    fn every_example_is_a_valid_remote_cache() {
        for &backend in BACKENDS {
            assert!(!backend.examples().is_empty(), "{}", backend.name());
            for Example { settings, .. } in backend.examples() {
                let example = example(backend, settings);
                assert_eq!(faults(&example), [], "{example}");
            }
        }
    }

    #[test]
    fn the_type_of_a_product_is_named_with_an_example() {
        for (product, expected) in [
            ("minio", "remote: { type: s3, bucket: "),
            ("MinIO", "endpoint: \"https://minio"),
            ("cloudflare-r2", "region: auto"),
            ("valkey", "remote: { type: redis, endpoint: "),
            ("webdav", "remote: { type: http, endpoint: "),
            ("github-actions", "remote: { type: gha }"),
            ("azblob", "remote: { type: azure, "),
            ("nfs", "remote: { type: file, path: "),
        ] {
            let [fault] = &faults(&format!("{{ type: {product}, bucket: b }}"))[..] else {
                panic!("{product}")
            };
            let help = fault.help.as_deref().unwrap_or_default();
            assert!(fault.code == Code::UnknownBackend && help.contains(expected), "{product}: {help}");
            let [fault] = &faults(product)[..] else { panic!("{product}") };
            let help = fault.help.as_deref().unwrap_or_default();
            assert!(fault.code == Code::WrongType && help.contains(expected), "{product}: {help}");
        }
    }

    #[test]
    fn an_expression_of_a_ci_system_is_answered_with_what_to_write() {
        let redis = |password: &str| {
            let text = format!(
                "{{ type: redis, endpoint: 'redis://h', credentials: {{ password: '{password}' }} }}"
            );
            let [fault] = &faults(&text)[..] else { panic!("{text}") };
            assert_eq!(fault.code, Code::SecretInConfig);
            fault.help.clone().unwrap_or_default()
        };
        let help = redis("${{ secrets.REDIS_PW }}");
        assert!(help.starts_with("write password: \"${REDIS_PW}\""), "{help}");
        assert!(help.ends_with("env: { REDIS_PW: ${{ secrets.REDIS_PW }} }"), "{help}");
        assert!(redis("${{ a b }}").contains("${CACHE_PASSWORD}"));
        // It may be a password that begins with a dollar sign.
        let help = redis("$hunter2");
        assert!(help.contains("with braces") && !help.contains("hunter2"), "{help}");
    }

    #[test]
    fn a_variable_that_nothing_expands_is_an_error() {
        for (remote, expected) in [
            ("{ type: s3, bucket: '${BUCKET}' }", "set SCCACHE_BUCKET in the environment"),
            ("{ type: s3, bucket: b, prefix: 'x/$CI_BRANCH' }", "set SCCACHE_S3_KEY_PREFIX"),
            ("{ type: http, endpoint: 'https://${{ vars.HOST }}/x' }", "write the value"),
            ("{ type: file, path: '/srv/$USER' }", "write the value."),
            (
                "{ type: redis, endpoint: 'redis://h', credentials: { username: 'x${U}', password: '${P}' } }",
                "username: \"${NAME}\"",
            ),
            ("{ type: gcs, bucket: b, credentials: { key_path: '~/key.json' } }", "key_path: \"${NAME}\""),
        ] {
            let found = faults(remote);
            let help = found.first().and_then(|fault| fault.help.as_deref()).unwrap_or_default();
            assert!(found.len() == 1 && help.contains(expected), "{remote}: {found:?}");
        }
        assert_eq!(faults("{ type: s3, bucket: b, prefix: 'a$b$' }"), []);
    }
}
