//! Secrets, whose values come from the environment.

use std::ffi::OsString;

use super::super::process;
use super::super::settings::{Secret, Settings};
use crate::caching::tool::url::percent_encode;
use crate::foreign::Filter;

/// The value of the template of a secret. The error is the name of the first variable that is not set.
pub(super) fn value(
    secret: &Secret,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<OsString, String> {
    let mut value = OsString::new();
    let mut rest = secret.template.as_str();
    while let Some((before, name, after)) = next_reference(rest) {
        let (before, encode) = match before.strip_suffix('%') {
            Some(before) => (before, true),
            None => (before, false),
        };
        value.push(before);
        let set = variable(name).filter(|value| !value.is_empty()).ok_or_else(|| name.to_owned())?;
        if encode {
            value.push(percent_encode(set.as_encoded_bytes()));
        } else {
            value.push(set);
        }
        rest = after;
    }
    value.push(rest);
    Ok(value)
}

/// A filter for texts of the tool, which knows the secrets of these settings.
pub(super) fn filter(settings: &Settings) -> Filter {
    Filter::of_variables(process::texts_of_environment(), &names(settings))
}

/// The variables of the tool and of the environment with the secrets of these settings.
pub(super) fn names(settings: &Settings) -> Vec<&str> {
    let secrets = settings.storages.iter().flat_map(|storage| &storage.secrets);
    let mut names = Vec::new();
    for secret in secrets {
        names.push(secret.name.as_str());
        let mut rest = secret.template.as_str();
        while let Some((_, name, after)) = next_reference(rest) {
            names.push(name);
            rest = after;
        }
    }
    names
}

/// Splits a template at its first `{NAME}`: the text before it, the name, and the text after it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let is_name = |name: &str| {
        name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.match_indices('{').find_map(|(open, _)| {
        let (name, after) = text[open + 1..].split_once('}')?;
        is_name(name).then_some((&text[..open], name, after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(template: &str) -> Result<OsString, String> {
        let secret = Secret { name: "X".into(), template: template.into() };
        value(&secret, |name| match name {
            "PASS_WORD" => Some(process::of_bytes(b"a/b \xff~")),
            "EMPTY" => Some(OsString::new()),
            _ => None,
        })
    }

    #[cfg(unix)]
    #[test]
    fn only_references_are_replaced_by_values() {
        assert_eq!(of("http://%{PASS_WORD}@h/").unwrap(), "http://a%2Fb%20%FF~@h/");
        assert_eq!(of("{PASS_WORD}").unwrap().as_encoded_bytes(), b"a/b \xff~");
        assert_eq!(of("100% {} {a b} {1} {").unwrap(), "100% {} {a b} {1} {");
        assert_eq!(of("{ {PASS_WORD}}").unwrap().as_encoded_bytes(), b"{ a/b \xff~}");
        assert_eq!(of("").unwrap(), "");
    }

    #[test]
    fn the_error_is_the_name_of_an_unset_or_empty_variable() {
        assert_eq!(of("{PASS_WORD}{EMPTY}"), Err("EMPTY".to_owned()));
        assert_eq!(of("%{NOT_SET}"), Err("NOT_SET".to_owned()));
    }
}
