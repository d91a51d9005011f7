//! Settings of the tools, and checks for all backends.

use secrecy::ExposeSecret;

use super::{
    Access, BACKENDS, Backend, Field, FieldValue, Issue, IssueSeverity, Kind, RemoteFields, Section,
    Variable, backend,
};
use crate::caching::secret::Credential;
use crate::caching::tool::{Tool, Version};

/// One environment variable of a cache tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// Its value.
    pub value: SettingValue,
    /// The first version of the tool that has it; `None` if all supported versions have it.
    pub since: Option<Version>,
    /// The handling of a tool that is older than `since`.
    pub on_older_tool: OnOlderTool,
}

/// The value of a [`Setting`].
#[derive(Debug, Clone, PartialEq)]
pub enum SettingValue {
    /// A value that is known when the files are generated.
    Plain(String),
    /// The scheme, followed by the address of the server that is chosen at configure time.
    Server(&'static str),
    /// A value that contains secrets. It is composed on the build machine.
    Secret(Vec<ValuePart>),
}

/// A part of a value that contains a secret.
#[derive(Debug, Clone, PartialEq)]
pub enum ValuePart {
    /// Fixed text; never contains a brace.
    Text(String),
    /// The unchanged secret.
    Raw(Credential),
    /// The secret, percent-encoded for a URL.
    PercentEncoded(Credential),
}

/// The handling of a setting that the installed tool is too old for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnOlderTool {
    /// The setting is left out, because the cache works without it.
    Drop,
    /// The remote cache is not used, because without the setting it would behave differently from the configuration.
    Refuse,
}

impl SettingValue {
    /// The value for messages and for the generated files: `{NAME}` is replaced by the value of an environment variable,
    /// `%{NAME}` by its percent-encoded value. `None` for a secret that is given as a literal value.
    pub(crate) fn template(&self) -> Option<String> {
        let piece = |part: &ValuePart| match part {
            ValuePart::Text(text) => Some(text.clone()),
            ValuePart::Raw(Credential::Variable(name)) => Some(format!("{{{name}}}")),
            ValuePart::PercentEncoded(Credential::Variable(name)) => Some(format!("%{{{name}}}")),
            ValuePart::Raw(Credential::Value(_)) | ValuePart::PercentEncoded(Credential::Value(_)) => None,
        };
        match self {
            Self::Plain(text) => Some(text.clone()),
            Self::Server(scheme) => Some(format!("{scheme}{{SERVER}}")),
            Self::Secret(parts) => parts.iter().map(piece).collect(),
        }
    }

    /// The template, which never contains a secret.
    #[must_use]
    pub fn describe(&self) -> String {
        self.template().unwrap_or_else(|| "[redacted]".to_owned())
    }

    /// Whether it contains a credential.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// The value of these parts: plain if no part is a credential.
    pub(crate) fn from_parts(parts: Vec<ValuePart>) -> Self {
        let text = parts.iter().map(|part| match part {
            ValuePart::Text(text) => Some(text.as_str()),
            ValuePart::Raw(_) | ValuePart::PercentEncoded(_) => None,
        });
        match text.collect::<Option<String>>() {
            Some(text) => Self::Plain(text),
            None => Self::Secret(parts),
        }
    }
}

impl Setting {
    /// A setting that all supported versions have.
    pub(crate) fn new(name: &'static str, value: SettingValue) -> Self {
        Self { name, value, since: None, on_older_tool: OnOlderTool::Refuse }
    }

    /// A plain setting that all supported versions have.
    pub(super) fn plain(name: &'static str, value: impl Into<String>) -> Self {
        Self::new(name, SettingValue::Plain(value.into()))
    }

    /// The setting for a credential: plain if it is public text, otherwise a secret.
    pub(super) fn credential(name: &'static str, credential: &Credential, kind: Kind) -> Self {
        let value = match (credential, kind) {
            (Credential::Value(value), Kind::Text | Kind::SecretFile) => {
                SettingValue::Plain(value.expose_secret().to_owned())
            }
            _ => SettingValue::Secret(vec![ValuePart::Raw(credential.clone())]),
        };
        Self::new(name, value)
    }

    /// The read-only mode of sccache. Older versions would write, so they are refused.
    pub(super) fn read_only(name: &'static str, config: &RemoteFields) -> Option<Self> {
        let wanted = config.access == Access::ReadOnly;
        wanted.then(|| Self::plain(name, "READ_ONLY").since(Version::new(0, 16, 0)))
    }

    /// The same setting, which only tools from `version` on support.
    pub(crate) fn since(self, version: Version) -> Self {
        Self { since: Some(version), ..self }
    }

    /// The same setting, which only tools that read the variable support.
    pub(super) fn gated(self, variable: Variable) -> Self {
        Self { since: variable.since, ..self }
    }

    /// The same setting, left out for tools that are older than its version.
    pub(crate) fn or_dropped(self) -> Self {
        Self { on_older_tool: OnOlderTool::Drop, ..self }
    }
}

/// An error about `field`.
pub(super) fn error(code: &'static str, field: &str, message: impl Into<String>, help: &str) -> Issue {
    let help = (!help.is_empty()).then(|| help.to_owned());
    Issue { code, severity: IssueSeverity::Error, field: field.to_owned(), message: message.into(), help }
}

/// Checks that both credentials are set, or neither.
pub(super) fn check_pair(config: &RemoteFields, first: &str, second: &str, issues: &mut Vec<Issue>) {
    for (one, other) in [(first, second), (second, first)] {
        if config.has(one) && !config.has(other) {
            let message = format!("`{one}` is set without `{other}`");
            let field = format!("credentials.{other}");
            issues.push(error("missing-setting", &field, message, "both are needed"));
        }
    }
}

/// Checks the layout of ccache's files.
pub(super) fn check_layout(config: &RemoteFields, known: &[&str], issues: &mut Vec<Issue>) {
    if let Some(layout) = config.get("layout").filter(|layout| !known.contains(layout)) {
        let message = format!("there is no layout `{layout}`");
        let help = format!("one of {}", known.join(", "));
        issues.push(error("bad-value", "extra_config.layout", message, &help));
    }
}

/// The error for an invalid endpoint.
pub(super) fn bad_endpoint(message: impl Into<String>, help: &str) -> Issue {
    error("bad-endpoint", "endpoint", message, help)
}

/// The error for an endpoint that contains a user name or password. The message does not contain the value.
pub(super) fn secret_in_endpoint() -> Issue {
    error(
        "secret-in-config",
        "endpoint",
        "the endpoint contains a user name or password",
        "remove it, and name an environment variable below `credentials:`, such as password: \"${CACHE_PASSWORD}\"",
    )
}

pub(super) fn check(config: &RemoteFields) -> Vec<Issue> {
    let Some(backend) = backend(&config.backend_type) else {
        let known = BACKENDS.iter().map(|backend| backend.name()).collect::<Vec<_>>().join(", ");
        let message = format!("there is no remote cache of type `{}`", config.backend_type);
        return vec![error("unknown-backend", "type", message, &format!("known types: {known}"))];
    };
    let mut issues = Vec::new();
    for field in backend.fields() {
        check_field(backend, field, config, &mut issues);
    }
    check_names(backend, config, &mut issues);
    check_characters(backend, config, &mut issues);
    if issues.iter().all(|issue| issue.severity < IssueSeverity::Error) {
        backend.check(config, &mut issues);
    }
    issues
}

fn check_field(backend: &dyn Backend, field: &Field, config: &RemoteFields, issues: &mut Vec<Issue>) {
    if field.section == Section::Credentials {
        return;
    }
    let path = field.section.path_of(field.name);
    let Some(value) = config.get(field.name) else {
        if field.required {
            let message = format!("a remote cache of type {} needs `{}`", backend.name(), field.name);
            issues.push(error("missing-setting", &path, message, field.doc));
        }
        return;
    };
    let expected = match field.kind {
        Kind::Bool if !matches!(value, "true" | "false") => "true or false".to_owned(),
        Kind::Integer { min, max }
            if !value.parse::<u32>().is_ok_and(|number| (min..=max).contains(&number)) =>
        {
            format!("a whole number from {min} to {max}")
        }
        _ => return,
    };
    issues.push(error("wrong-type", &path, format!("expected {expected}, found `{value}`"), field.doc));
}

/// Reports settings that this backend does not support.
fn check_names(backend: &dyn Backend, config: &RemoteFields, issues: &mut Vec<Issue>) {
    for (section, name, _) in config.values() {
        let fields = backend.fields().iter().filter(|field| field.section == section);
        let known = fields.map(|field| field.name).collect::<Vec<_>>();
        if known.contains(&name) {
            continue;
        }
        let help = match known.as_slice() {
            [] => "there are no settings in this section".to_owned(),
            known => format!("known settings: {}", known.join(", ")),
        };
        let message = format!("a remote cache of type {} has no setting `{name}`", backend.name());
        issues.push(error("unknown-setting", &section.path_of(name), message, &help));
    }
}

/// Reports characters that a CMake list, an environment variable or a URL cannot contain.
fn check_characters(backend: &dyn Backend, config: &RemoteFields, issues: &mut Vec<Issue>) {
    for (section, name, value) in config.values() {
        let fault = match value {
            FieldValue::Text(text) => list_element(text).err(),
            FieldValue::Credential(Credential::Variable(_)) => None,
            FieldValue::Credential(Credential::Value(value)) => match kind_of(backend, name) {
                // Names and paths are written to the generated files.
                Some(Kind::Text | Kind::SecretFile) => list_element(value.expose_secret()).err(),
                // An environment variable cannot contain a NUL.
                _ if value.expose_secret().contains('\0') => Some("it contains a NUL character".to_owned()),
                _ => None,
            },
        };
        if let Some(why) = fault {
            issues.push(error("not-representable", &section.path_of(name), why, "remove the character"));
        }
    }
}

fn kind_of(backend: &dyn Backend, credential: &str) -> Option<Kind> {
    let fields = backend.fields().iter().filter(|field| field.section == Section::Credentials);
    fields.filter(|field| field.name == credential).map(|field| field.kind).next()
}

/// Checks whether `value` can be an element of a CMake list; `Err` contains the reason.
///
/// CMake does not split a list at a `;` after an unbalanced bracket. A final `\` escapes the `;` that follows.
pub(crate) fn list_element(value: &str) -> Result<(), String> {
    if value.chars().any(char::is_control) {
        return Err("it contains a control character".to_owned());
    }
    if value.ends_with('\\') {
        return Err("an element of a CMake list cannot end with a backslash".to_owned());
    }
    let mut depth = 0_i32;
    for letter in value.chars() {
        depth += i32::from(letter == '[') - i32::from(letter == ']');
        if depth < 0 {
            break;
        }
    }
    if depth != 0 {
        return Err("an element of a CMake list cannot contain an unbalanced `[` or `]`".to_owned());
    }
    Ok(())
}

pub(super) fn check_tool(tool: Tool, config: &RemoteFields) -> Result<(), Issue> {
    let Some(backend) = backend(&config.backend_type) else { return Ok(()) };
    let Err(why) = backend.expressible(tool, config) else { return Ok(()) };
    let supporting = Tool::ALL.into_iter().filter(|&other| backend.expressible(other, config).is_ok());
    let supporting = supporting.map(Tool::name).collect::<Vec<_>>().join(", ");
    let help = if supporting.is_empty() {
        format!("no tool supports this {} configuration", backend.name())
    } else {
        format!("supported by: {supporting}")
    };
    Err(error(
        "unsupported-by-tool",
        "type",
        format!("{tool} does not support this {} cache: {why}", backend.name()),
        &help,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_break_a_cmake_list_are_rejected() {
        for good in ["", "a", "a;b", "a[b]", "[::1]:6379", "C:\\x"] {
            assert!(list_element(good).is_ok(), "{good}");
        }
        for bad in ["a[b", "a]b", "]a[", "a\\", "a\nb", "a\0b", "a\tb"] {
            assert!(list_element(bad).is_err(), "{bad}");
        }
    }
}
