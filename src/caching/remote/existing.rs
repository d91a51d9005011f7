//! Reads settings that a project or a user already has back into fields: variables of sccache, ccache's `remote_storage`, and
//! the address in `init --remote`. The names come from the tables of the backends.

use super::{Access, BACKENDS, Backend, Kind, RemoteFields, Section, Support, backend, check, check_tool};
use crate::caching::secret::Credential;
use crate::caching::tool::Tool;

/// The value of a variable by its name.
pub(crate) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A storage that is already in use.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Existing {
    /// Its settings. Credentials are only names of variables.
    pub(crate) fields: RemoteFields,
    /// The variables that do not exist yet, because the address contained the credential itself.
    pub(crate) new_variables: Vec<String>,
}

/// Whether a variable with this value switches something on.
pub(super) fn is_on(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "on" | "yes")
}

/// The storages that variables of sccache select, in the order of [`BACKENDS`].
pub(crate) fn of_sccache(get: Lookup<'_>) -> Vec<Existing> {
    let supported = |backend: &&&dyn Backend| matches!(backend.support(Tool::Sccache), Support::Since(_));
    BACKENDS.iter().filter(supported).filter_map(|backend| of_backend(*backend, get)).collect()
}

fn of_backend(backend: &dyn Backend, get: Lookup<'_>) -> Option<Existing> {
    let mut fields = RemoteFields::new(backend.name());
    for field in backend.fields() {
        let Some(variable) = field.variable.map(|variable| variable.name) else { continue };
        let Some(value) = get(variable).filter(|value| !value.is_empty()) else { continue };
        match (field.section, field.kind) {
            (Section::Credentials, _) => {
                fields.set_credential(field.name, Credential::Variable(variable.to_owned()));
            }
            (section, Kind::Bool) => drop(fields.set(section, field.name, &is_on(&value).to_string())),
            (section, _) => drop(fields.set(section, field.name, &value)),
        }
    }
    let modes = backend.further_variables(Tool::Sccache).iter().filter(|name| name.ends_with("_RW_MODE"));
    if modes.filter_map(|name| get(name)).any(|mode| mode == "READ_ONLY") {
        fields.access = Access::ReadOnly;
    }
    backend.read_further(get, &mut fields);
    let is_set = |name: &str| fields.get(name).is_some();
    let mut required = backend.fields().iter().filter(|field| field.required);
    if !backend.is_selected(get).unwrap_or_else(|| required.all(|field| is_set(field.name))) {
        return None;
    }
    let new_variables = hide_userinfo(&mut fields);
    Some(Existing { fields, new_variables })
}

/// The storages in ccache's `remote_storage`. An address that toolchainkit does not know is returned as it is, without
/// credentials.
pub(crate) fn of_ccache(text: &str) -> Vec<Result<Existing, String>> {
    let mut storages: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match (word.strip_prefix('@'), storages.last_mut()) {
            // Since 4.13, an attribute can be a word of its own.
            (Some(attribute), Some(last)) => {
                last.push('|');
                last.push_str(attribute);
            }
            _ => storages.push(word.to_owned()),
        }
    }
    let read = |storage: &String| {
        let (address, attributes) = storage.split_once('|').unwrap_or((storage, ""));
        of_ccache_address(address, attributes).ok_or_else(|| without_userinfo(address))
    };
    storages.iter().map(read).collect()
}

fn of_ccache_address(address: &str, attributes: &str) -> Option<Existing> {
    let (scheme, rest) = address.split_once(':')?;
    let has_scheme = |backend: &&&dyn Backend| {
        let mut features = backend.features().iter();
        features.any(|feature| feature.tool == Tool::Ccache && feature.scheme == Some(scheme))
    };
    let backend = *BACKENDS.iter().find(has_scheme)?;
    let mut fields = RemoteFields::new(backend.name());
    if backend.fields().iter().any(|field| field.name == "endpoint") {
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let is_local = scheme.ends_with("+unix");
        let slashes = if is_local && !rest.starts_with("//") { "//" } else { "" };
        fields.set(Section::Remote, "endpoint", &format!("{scheme}:{slashes}{rest}"));
        if let Some(db) = query.strip_prefix("db=") {
            fields.set(Section::ExtraConfig, "db", db);
        }
    } else {
        let path = decoded(rest.strip_prefix("//").unwrap_or(rest));
        fields.set(Section::ExtraConfig, "path", &path);
    }
    let mut new_variables = hide_userinfo(&mut fields);
    for attribute in attributes.split('|').filter(|attribute| !attribute.is_empty()) {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, "true"));
        let is_field =
            |known: &str| known == name.replace('-', "_") || known == name.replace('-', "_") + "_ms";
        if name == "read-only" && is_on(value) {
            fields.access = Access::ReadOnly;
        } else if name == "bearer-token" {
            set_secret("token", value, &mut fields, &mut new_variables);
        } else if let Some(field) = backend.fields().iter().find(|field| is_field(field.name)) {
            fields.set(field.section, field.name, &decoded(value));
        }
    }
    backend.read_ccache_defaults(&mut fields);
    Some(Existing { fields, new_variables })
}

/// The storage at an address, or an example of a kind of storage.
pub(crate) fn of_argument(text: &str) -> Option<Existing> {
    if let Some(backend) = backend(text) {
        return Some(Existing { fields: example(backend), new_variables: Vec::new() });
    }
    if text.starts_with('/') {
        return of_ccache_address(&format!("file:{text}"), "");
    }
    let mut fields = match text.split_once("://") {
        Some((scheme @ ("s3" | "gs" | "gcs" | "oss" | "cos"), rest)) => {
            let mut fields = RemoteFields::new(if scheme == "gs" { "gcs" } else { scheme });
            let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
            fields.set(Section::Remote, "bucket", bucket);
            if !prefix.is_empty() {
                fields.set(Section::Remote, "prefix", prefix);
            }
            fields
        }
        Some(("memcached" | "tcp", rest)) => {
            let mut fields = RemoteFields::new("memcached");
            fields.set(Section::Remote, "endpoint", rest);
            fields
        }
        // The defaults of ccache are not meant: the address may be for either tool.
        Some(("http" | "https", _)) => {
            let mut fields = RemoteFields::new("http");
            fields.set(Section::Remote, "endpoint", text);
            fields
        }
        _ => return of_ccache_address(text, ""),
    };
    let new_variables = hide_userinfo(&mut fields);
    Some(Existing { fields, new_variables })
}

/// A valid configuration of this kind, to be edited.
fn example(backend: &dyn Backend) -> RemoteFields {
    let mut fields = RemoteFields::new(backend.name());
    for field in backend.fields().iter().filter(|field| field.required) {
        let documented = field.doc.split_once("such as ").map(|(_, example)| example);
        let value = match field.name {
            "bucket" | "container" => documented.unwrap_or("my-build-cache"),
            "path" => "/mnt/build-cache",
            _ => documented.unwrap_or(match backend.name() {
                "redis" => "redis://cache.example:6379",
                _ => "cache.example:11211",
            }),
        };
        fields.set(field.section, field.name, value);
    }
    // Some backends need credentials as well: those that the checks ask for.
    for issue in check(&fields) {
        if let Some(name) = issue.field.strip_prefix("credentials.") {
            let variable = format!("CACHE_{}", name.to_ascii_uppercase());
            fields.set_credential(name, Credential::Variable(variable));
        }
    }
    fields
}

/// The fields without what the checks reject, if the rest is usable with a tool.
///
/// # Errors
/// The reason.
pub(crate) fn usable(mut fields: RemoteFields, tool: Option<Tool>) -> Result<RemoteFields, String> {
    let first_error = |fields: &RemoteFields| {
        check(fields).into_iter().find(|issue| issue.severity == super::IssueSeverity::Error)
    };
    // A machine may have only a part of the credentials in its environment, or those for other purposes.
    while let Some(name) = first_error(&fields).and_then(|issue| {
        issue.field.strip_prefix("credentials.").filter(|name| fields.has(name)).map(str::to_owned)
    }) {
        fields.remove(Section::Credentials, &name);
    }
    if first_error(&fields).is_some_and(|issue| issue.field.contains("credentials")) {
        let names = fields.values().filter(|value| value.0 == Section::Credentials);
        let names = names.map(|(_, name, _)| name.to_owned()).collect::<Vec<_>>();
        for name in &names {
            fields.remove(Section::Credentials, name);
        }
    }
    if let Some(issue) = first_error(&fields) {
        return Err(issue.message);
    }
    let tools = tool.map_or(Tool::ALL.to_vec(), |tool| vec![tool]);
    let refusals = tools.iter().map_while(|tool| check_tool(*tool, &fields).err()).collect::<Vec<_>>();
    if refusals.len() < tools.len() {
        return Ok(fields);
    }
    Err(refusals.into_iter().map(|issue| issue.message).collect::<Vec<_>>().join("; "))
}

/// Moves the user and the password of the endpoint to the credentials. Returns the names of the variables to create.
fn hide_userinfo(fields: &mut RemoteFields) -> Vec<String> {
    let mut new_variables = Vec::new();
    let endpoint = fields.text("endpoint").to_owned();
    let mut servers = Vec::new();
    for server in endpoint.split(',').filter(|server| !server.is_empty()) {
        let start = server.find("://").map_or(0, |at| at + 3);
        let end = server[start..].find('/').map_or(server.len(), |at| start + at);
        let Some((userinfo, host)) = server[start..end].rsplit_once('@') else {
            servers.push(server.to_owned());
            continue;
        };
        servers.push(format!("{}{host}{}", &server[..start], &server[end..]));
        let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
        if !password.is_empty() {
            if !user.is_empty() && user != "default" {
                set_secret("username", user, fields, &mut new_variables);
            }
            set_secret("password", password, fields, &mut new_variables);
        } else if !user.is_empty() {
            // A single word is the password for Redis, and the user for others; it may be secret.
            set_secret("password", user, fields, &mut new_variables);
        }
    }
    if !endpoint.is_empty() {
        fields.set(Section::Remote, "endpoint", &servers.join(","));
    }
    new_variables
}

fn set_secret(name: &str, value: &str, fields: &mut RemoteFields, new_variables: &mut Vec<String>) {
    let variable = reference(value).unwrap_or_else(|| {
        let variable = format!("CACHE_{}", name.to_ascii_uppercase());
        if !new_variables.contains(&variable) {
            new_variables.push(variable.clone());
        }
        variable
    });
    fields.set_credential(name, Credential::Variable(variable));
}

/// The name of the variable if the text is only a reference to one: `$NAME`, `${NAME}`, `%{NAME}`, `$env{NAME}`,
/// `${{ secrets.NAME }}`.
pub(crate) fn reference(text: &str) -> Option<String> {
    let text = text.trim();
    let inner = if let Some(inner) = text.strip_prefix("${{").and_then(|text| text.strip_suffix("}}")) {
        inner.trim().strip_prefix("secrets.").or_else(|| inner.trim().strip_prefix("env."))?
    } else if let Some(start) =
        ["${", "%{", "$env{", "$penv{", "{"].iter().find(|start| text.starts_with(**start))
    {
        text[start.len()..].strip_suffix('}')?
    } else {
        text.strip_prefix('$')?
    };
    Credential::variable_name(&format!("${{{inner}}}")).map(str::to_owned)
}

/// An address without user and password.
fn without_userinfo(address: &str) -> String {
    let start = address.find("://").map_or(0, |at| at + 3);
    let end = address[start..].find('/').map_or(address.len(), |at| start + at);
    match address[start..end].rfind('@') {
        Some(at) => format!("{}{}", &address[..start], &address[start + at + 1..]),
        None => address.to_owned(),
    }
}

/// A percent-encoded text. Invalid escapes stay.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// The variable of sccache for a key of its configuration file, such as `key_prefix` in the table `cache.s3`.
pub(crate) fn variable_of_key(table: &str, key: &str) -> Option<&'static str> {
    let backend = BACKENDS.iter().find(|backend| backend.tier_name() == table)?;
    let fields = backend.fields().iter();
    let known = fields.clone().filter_map(|field| Some(field.variable?.name));
    let known = known.chain(backend.further_variables(Tool::Sccache).iter().copied()).collect::<Vec<_>>();
    let upper = |text: &str| text.to_ascii_uppercase();
    let usual = [format!("SCCACHE_{}_{}", upper(table), upper(key)), format!("SCCACHE_{}", upper(key))];
    if let Some(name) = known.iter().find(|name| usual.iter().any(|usual| usual == *name)) {
        return Some(name);
    }
    let name = match key {
        "cred_path" => "key_path",
        "credential_url" => "credentials_url",
        // The former name of the address contains the credentials.
        "url" => return known.into_iter().find(|name| *name == format!("SCCACHE_{}", upper(table))),
        key => key,
    };
    fields.clone().find(|field| field.name == name).and_then(|field| Some(field.variable?.name))
}
