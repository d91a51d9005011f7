//! Credentials: the name of a variable, or a value that cannot be printed or serialised.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// One credential of a remote cache. `toolchainkit.yaml` may only contain the form [`Variable`](Self::Variable)
/// (`"${NAME}"`). A program that uses the library may pass a value, which `Debug` does not show and which cannot be
/// serialised.
#[derive(Clone)]
pub enum Credential {
    /// The environment variable of this name holds the secret.
    Variable(String),
    /// The secret itself.
    Value(SecretString),
}

impl Credential {
    /// The variable's name if `text` is exactly `${NAME}`.
    #[must_use]
    pub fn variable_name(text: &str) -> Option<&str> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        let mut bytes = name.bytes();
        let first = bytes.next()?;
        let valid = (first.is_ascii_alphabetic() || first == b'_')
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        valid.then_some(name)
    }
}

impl From<&str> for Credential {
    /// `"${NAME}"` names a variable; any other text is the value itself.
    fn from(text: &str) -> Self {
        match Self::variable_name(text) {
            Some(name) => Self::Variable(name.to_owned()),
            None => Self::Value(SecretString::from(text)),
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${{{name}}}"),
            Self::Value(_) => f.write_str("[redacted]"),
        }
    }
}

/// Two credentials are equal if they name the same variable or have the same value.
impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Variable(left), Self::Variable(right)) => left == right,
            (Self::Value(left), Self::Value(right)) => left.expose_secret() == right.expose_secret(),
            _ => false,
        }
    }
}

impl Eq for Credential {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_reference_names_a_variable() {
        assert_eq!(Credential::variable_name("${CI_KEY}"), Some("CI_KEY"));
        for text in ["CI_KEY", "$CI_KEY", "${}", "${1A}", "${A-B}", "x${A}", "${A}x", "${A}${B}"] {
            assert_eq!(Credential::variable_name(text), None, "{text}");
        }
    }

    #[test]
    fn debug_never_shows_a_value() {
        assert_eq!(format!("{:?}", Credential::from("hunter2")), "[redacted]");
        assert_eq!(format!("{:?}", Credential::from("${PW}")), "${PW}");
    }
}
