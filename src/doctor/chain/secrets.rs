//! The variables with the credentials of the remote.

use std::collections::BTreeSet;

use super::{Finding, Link, OF_LINK, Subject, remote};
use crate::probe::environment;

pub(super) const LINK: Link = Link { name: "secrets", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    let names = remote::settings(subject).map(|settings| settings.secret_names()).unwrap_or_default();
    if names.is_empty() {
        return Vec::new();
    }
    let missing = missing(&names);
    if missing.is_empty() {
        return vec![Finding::fine(LINK.name, format!("set: {}", joined(&names)))];
    }
    vec![Finding::degraded(
        LINK.name,
        format!("{} not set, so compilations use the local cache", are(&missing)),
        "set it in the shell, or in the secrets of the CI job, from which the build is started",
    )]
}

/// The names of the variables that are not set.
pub(super) fn missing(names: &BTreeSet<String>) -> BTreeSet<String> {
    names.iter().filter(|name| environment::variable(name).is_none()).cloned().collect()
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The names with a verb.
pub(super) fn are(names: &BTreeSet<String>) -> String {
    format!("{} {}", joined(names), if names.len() == 1 { "is" } else { "are" })
}
