//! The fields of a remote cache: what a backend says of each, and their values, which all else reads from one map.

use std::collections::BTreeMap;
use std::fmt;

use super::{Access, Setting};
use crate::caching::secret::Credential;
use crate::caching::tool::Version;

/// Where in the configuration a field stands.
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

/// What a field holds.
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
    /// The path of a file that holds a secret; the path itself is none.
    SecretFile,
}

/// One field of a backend.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The key in the YAML.
    pub name: &'static str,
    /// Where it stands.
    pub section: Section,
    /// What it holds.
    pub kind: Kind,
    /// Whether the backend cannot do without it.
    pub required: bool,
    /// One line for the documentation, with unit and default.
    pub doc: &'static str,
    /// The variable by which sccache is told; `None` where it has none. ccache takes everything in one address.
    pub variable: Option<Variable>,
}

/// A variable of the environment that sccache reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The first sccache that reads it; `None` if every version in use does.
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

    /// The same field, of which sccache is told by this variable.
    pub(super) const fn told(self, name: &'static str) -> Self {
        Self { variable: Some(Variable { name, since: None }), ..self }
    }

    /// The same field, of which sccache is told by this variable from a version on.
    pub(super) const fn told_since(self, since: Version, name: &'static str) -> Self {
        Self { variable: Some(Variable { name, since: Some(since) }), ..self }
    }
}

/// The value of a field.
#[derive(Clone, PartialEq)]
pub enum FieldValue {
    /// What may be shown to everybody.
    Text(String),
    /// What has to be hidden, unless the backend's table calls it a text.
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

/// A remote cache by the fields of its backend: the form that the backends read, whoever made it.
#[derive(Clone, PartialEq)]
pub struct RemoteFields {
    /// The backend, by a name in [`super::BACKENDS`].
    pub backend_type: String,
    /// TLS for an endpoint that does not say so by its scheme.
    pub use_ssl: bool,
    /// Whether this machine may write.
    pub access: Access,
    values: BTreeMap<(Section, String), FieldValue>,
}

/// As in YAML, with the paths of the fields.
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
    /// A remote cache without a field; it uses TLS, and may write.
    #[must_use]
    pub fn new(backend_type: &str) -> Self {
        Self {
            backend_type: backend_type.to_owned(),
            use_ssl: true,
            access: Access::default(),
            values: BTreeMap::new(),
        }
    }

    /// Sets a field; gives back what it was.
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

    /// Takes a field back; gives back what it was.
    pub fn remove(&mut self, section: Section, name: &str) -> Option<FieldValue> {
        self.values.remove(&(section, name.to_owned()))
    }

    /// Every field that is set, with the place where it stands.
    pub fn values(&self) -> impl Iterator<Item = (Section, &str, &FieldValue)> {
        self.values.iter().map(|((section, name), value)| (*section, name.as_str(), value))
    }

    /// The value of a field that is a text; `None` where it is not set, or empty. No backend has two of one name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values()
            .find_map(|(_, field, value)| match value {
                FieldValue::Text(text) if field == name => Some(text.as_str()),
                _ => None,
            })
            .filter(|text| !text.is_empty())
    }

    /// The same, empty where it is not set.
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

    /// Whether the credential of this name is there.
    pub(super) fn has(&self, credential: &str) -> bool {
        self.credential(credential).is_some()
    }

    /// Whether there is a credential at all.
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

    /// What sccache is told of those of `names` that are set, each by the variable that the table of `fields` has for it.
    pub(super) fn told(&self, fields: &'static [Field], names: &[&str]) -> Vec<Setting> {
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
                (_, "prefix") => told_as(fields, name, self.prefix()?),
                (_, name) => told_as(fields, name, self.get(name)?),
            }
        });
        settings.collect()
    }
}

/// The field of this name in a backend's table.
pub(super) fn field(fields: &'static [Field], name: &str) -> Option<&'static Field> {
    fields.iter().find(|field| field.name == name)
}

/// What sccache is told of the field `name`, with another value than the configured one.
pub(super) fn told_as(fields: &'static [Field], name: &str, value: impl Into<String>) -> Option<Setting> {
    let variable = field(fields, name)?.variable?;
    Some(Setting::plain(variable.name, value).gated(variable))
}
