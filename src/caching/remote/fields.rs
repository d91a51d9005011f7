//! The fields of a remote cache: their declarations in the backends, and a map of their values.

use std::collections::BTreeMap;
use std::fmt;

use super::{Access, Setting};
use crate::caching::secret::Credential;
use crate::caching::tool::Version;

/// The section of the configuration that contains a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Directly below `remote:`.
    Remote,
    /// Below `remote.credentials:`.
    Credentials,
    /// Below `remote.extra_config:`.
    ExtraConfig,
}

impl Section {
    /// The path of a field below `remote:`, as in YAML: `bucket`, `credentials.password`.
    #[must_use]
    pub fn path_of(self, name: &str) -> String {
        match self {
            Self::Remote => name.to_owned(),
            Self::Credentials => format!("credentials.{name}"),
            Self::ExtraConfig => format!("extra_config.{name}"),
        }
    }
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// `true` or `false`.
    Bool,
    /// A whole number in this range.
    Integer {
        /// The smallest allowed.
        min: u32,
        /// The largest allowed.
        max: u32,
    },
    /// A secret: in YAML only as `${NAME}`.
    Secret,
    /// The path of a file that contains a secret; the path itself is not secret.
    SecretFile,
}

/// One field of a backend.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key in the YAML.
    pub name: &'static str,
    /// Its section.
    pub section: Section,
    /// Its type.
    pub kind: Kind,
    /// Whether it is required.
    pub required: bool,
    /// One line for the documentation, with the unit and the default.
    pub doc: &'static str,
    /// The variable for sccache; `None` if there is none. ccache has one variable for all fields.
    pub variable: Option<Variable>,
}

/// An environment variable that sccache reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The first sccache that reads it; `None` if all supported versions do.
    pub since: Option<Version>,
}

impl Field {
    /// A field directly below `remote:`.
    pub(crate) const fn remote(name: &'static str, required: bool, doc: &'static str) -> Self {
        Self { name, section: Section::Remote, kind: Kind::Text, required, doc, variable: None }
    }

    /// An optional secret below `credentials:`.
    pub(crate) const fn secret(name: &'static str, doc: &'static str) -> Self {
        let (section, kind) = (Section::Credentials, Kind::Secret);
        Self { name, section, kind, required: false, doc, variable: None }
    }

    /// An optional field below `extra_config:`.
    pub(crate) const fn extra(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, section: Section::ExtraConfig, kind, required: false, doc, variable: None }
    }

    /// The same field, with this variable for sccache.
    pub(super) const fn with_variable(self, name: &'static str) -> Self {
        Self { variable: Some(Variable { name, since: None }), ..self }
    }

    /// The same field, with this variable for sccache since a version.
    pub(super) const fn with_variable_since(self, since: Version, name: &'static str) -> Self {
        Self { variable: Some(Variable { name, since: Some(since) }), ..self }
    }
}

/// The value of a field.
#[derive(Clone, PartialEq)]
pub enum FieldValue {
    /// Public text.
    Text(String),
    /// A value that is hidden, unless the backend declares the field as text.
    Credential(Credential),
}

/// Never shows the value of a credential.
impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => fmt::Debug::fmt(text, f),
            Self::Credential(credential) => fmt::Debug::fmt(credential, f),
        }
    }
}

/// The values of a remote cache, by the fields of its backend. The backends read them.
#[derive(Clone, PartialEq)]
pub struct RemoteFields {
    /// The backend, by a name in [`super::BACKENDS`].
    pub backend_type: String,
    /// Whether to use TLS for an endpoint without a scheme.
    pub use_ssl: bool,
    /// Whether the tool may write.
    pub access: Access,
    values: BTreeMap<(Section, String), FieldValue>,
}

/// Shows the fields by their paths in YAML.
impl fmt::Debug for RemoteFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.values().map(|(section, name, value)| (section.path_of(name), value));
        f.debug_struct("RemoteFields")
            .field("backend_type", &self.backend_type)
            .field("use_ssl", &self.use_ssl)
            .field("access", &self.access)
            .field("values", &fields.collect::<BTreeMap<_, _>>())
            .finish()
    }
}

impl RemoteFields {
    /// A remote cache without values, with TLS and write access.
    #[must_use]
    pub fn new(backend_type: &str) -> Self {
        Self {
            backend_type: backend_type.to_owned(),
            use_ssl: true,
            access: Access::default(),
            values: BTreeMap::new(),
        }
    }

    /// Sets a field; returns its previous value.
    pub fn set(&mut self, section: Section, name: &str, value: &str) -> Option<FieldValue> {
        let value = match section {
            Section::Credentials => FieldValue::Credential(value.into()),
            Section::Remote | Section::ExtraConfig => FieldValue::Text(value.to_owned()),
        };
        self.values.insert((section, name.to_owned()), value)
    }

    /// Sets a credential.
    pub fn set_credential(&mut self, name: &str, credential: Credential) {
        self.values.insert((Section::Credentials, name.to_owned()), FieldValue::Credential(credential));
    }

    /// Removes a field; returns its previous value.
    pub fn remove(&mut self, section: Section, name: &str) -> Option<FieldValue> {
        self.values.remove(&(section, name.to_owned()))
    }

    /// All values, with the sections and names of their fields.
    pub fn values(&self) -> impl Iterator<Item = (Section, &str, &FieldValue)> {
        self.values.iter().map(|((section, name), value)| (*section, name.as_str(), value))
    }

    /// The value of a text field; `None` if it is not set or empty. Names are unique within a backend.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values()
            .find_map(|(_, field, value)| match value {
                FieldValue::Text(text) if field == name => Some(text.as_str()),
                _ => None,
            })
            .filter(|text| !text.is_empty())
    }

    /// The value of a text field; empty if it is not set.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// The credential of this name.
    #[must_use]
    pub fn credential(&self, name: &str) -> Option<&Credential> {
        match self.values.get(&(Section::Credentials, name.to_owned())) {
            Some(FieldValue::Credential(credential)) => Some(credential),
            _ => None,
        }
    }

    /// Whether the credential of this name is set.
    pub(super) fn has(&self, credential: &str) -> bool {
        self.credential(credential).is_some()
    }

    /// Whether any credential is set.
    pub(super) fn has_credentials(&self) -> bool {
        self.values().any(|(section, ..)| section == Section::Credentials)
    }

    /// Whether a Boolean field is on.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The prefix without surrounding slashes, if there is one.
    pub(super) fn prefix(&self) -> Option<&str> {
        self.get("prefix").map(|prefix| prefix.trim_matches('/')).filter(|prefix| !prefix.is_empty())
    }

    /// The settings for sccache of those `names` that are set, with the variables in the table `fields`.
    pub(super) fn settings_for(&self, fields: &'static [Field], names: &[&str]) -> Vec<Setting> {
        let settings = names.iter().filter_map(|name| {
            let field = field(fields, name)?;
            match (field.section, *name) {
                (Section::Credentials, name) => {
                    let variable = field.variable?;
                    Some(
                        Setting::credential(variable.name, self.credential(name)?, field.kind)
                            .gated(variable),
                    )
                }
                (_, "prefix") => setting_with(fields, name, self.prefix()?),
                (_, name) => setting_with(fields, name, self.get(name)?),
            }
        });
        settings.collect()
    }
}

/// The field of this name in a backend's table.
pub(super) fn field(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// The setting for sccache of the field `name`, with another value than the configured one.
pub(super) fn setting_with(
    fields: &'static [Field],
    name: &str,
    value: impl Into<String>,
) -> Option<Setting> {
    let variable = field(fields, name)?.variable?;
    Some(Setting::plain(variable.name, value).gated(variable))
}
