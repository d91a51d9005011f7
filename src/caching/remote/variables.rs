//! The environment variables that the tools and their libraries read for a storage, from the tables of the backends.

use std::collections::BTreeSet;

use super::{BACKENDS, Backend, Section};
use crate::caching::tool::{Tool, variables};

/// Whether `name` matches one of `patterns`, in which a `*` at the end matches any characters.
#[must_use]
pub fn is_one_of(name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

/// The variables for the fields of `backend` in sccache, without those that a library reads for the credentials.
fn of_fields(backend: &dyn Backend) -> impl Iterator<Item = &'static str> {
    let names = backend.fields().iter().filter_map(|field| Some(field.variable?.name));
    names.filter(|name| !is_one_of(name, backend.credential_variables()))
}

/// The environment variables that select or change a storage, in alphabetical order. They must not reach the tool.
#[must_use]
pub fn cleared(tool: Tool) -> Vec<&'static str> {
    let mut names = tool.choosing_variables().iter().copied().collect::<BTreeSet<_>>();
    for backend in BACKENDS {
        names.extend(backend.further_variables(tool));
        if tool == Tool::Sccache {
            names.extend(of_fields(*backend));
        }
    }
    names.into_iter().collect()
}

/// The environment variables that sccache's daemon may inherit from the process that starts it, in alphabetical order. A `*`
/// at the end matches any characters.
#[must_use]
pub fn kept() -> Vec<&'static str> {
    let of_backends = BACKENDS.iter().flat_map(|backend| backend.credential_variables());
    let names = of_backends.chain(variables::OF_DAEMON).copied().collect::<BTreeSet<_>>();
    names.into_iter().collect()
}

/// For each variable that selects anonymous access to a storage: the environment variables with credentials, which sccache
/// rejects together with it.
#[must_use]
pub fn contradicted() -> Vec<(&'static str, Vec<&'static str>)> {
    let of_backend = |backend: &&dyn Backend| {
        let fields = backend.fields().iter();
        let anonymous = fields.clone().find(|field| field.name == "no_credentials")?.variable?.name;
        let credentials = fields.filter(|field| field.section == Section::Credentials);
        Some((anonymous, credentials.filter_map(|field| Some(field.variable?.name)).collect()))
    };
    BACKENDS.iter().filter_map(of_backend).collect()
}
