//! ccache's `remote_storage`: a URL with the address, the credentials and the attributes.

use secrecy::ExposeSecret;

use super::setting::error;
use super::{Access, Field, Issue, Kind, RemoteFields, Setting, SettingValue, ValuePart};
use crate::caching::secret::Credential;
use crate::caching::tool::url::{percent_encode, percent_encode_except};
use crate::caching::tool::{Tool, Version};

const REMOTE_STORAGE: &str = "CCACHE_REMOTE_STORAGE";

/// The variables that select a storage of ccache, including the name before version 4.7.
pub(crate) const VARIABLES: &[&str] = &[REMOTE_STORAGE, "CCACHE_SECONDARY_STORAGE"];

pub(super) const SHARDS: &str = "comma-separated names, such as a,b; the key of an entry selects the name that \
                                 replaces the `*` in the address; a(3),b gives weights (ccache only)";

const MILLISECONDS: Kind = Kind::Integer { min: 1, max: 600_000 };

/// The timeouts of ccache for a connection and for a request.
pub(super) const CONNECT_TIMEOUT: Field = Field::extra(
    "connect_timeout_ms",
    MILLISECONDS,
    "timeout of a connection in milliseconds (default 1000; ccache only)",
);
pub(super) const OPERATION_TIMEOUT: Field = Field::extra(
    "operation_timeout_ms",
    MILLISECONDS,
    "timeout of a request in milliseconds (default 10000; ccache only)",
);

/// The settings that only ccache supports: they are attributes in its URL.
const OWN: [&str; 6] =
    ["layout", "header", "keep_alive", "connect_timeout_ms", "operation_timeout_ms", "shards"];

/// Checks that sccache gets no setting that only ccache supports.
///
/// # Errors
/// The name of the setting, if `tool` is sccache.
pub(super) fn refuse_own(tool: Tool, config: &RemoteFields) -> Result<(), String> {
    let own = OWN.into_iter().find(|name| config.get(name).is_some());
    match own {
        Some(name) if tool == Tool::Sccache => Err(format!("`{name}` is a setting for ccache only")),
        _ => Ok(()),
    }
}

/// `user:password@`, percent-encoded; empty without a password.
pub(super) fn userinfo(config: &RemoteFields, default_user: &str) -> Vec<ValuePart> {
    let Some(password) = config.credential("password") else { return Vec::new() };
    let user = match config.credential("username") {
        // A plain user name is not secret.
        Some(Credential::Value(user)) => ValuePart::Text(percent_encode(user.expose_secret().as_bytes())),
        Some(user) => ValuePart::PercentEncoded(user.clone()),
        None => ValuePart::Text(default_user.to_owned()),
    };
    let colon = ValuePart::Text(":".to_owned());
    vec![user, colon, ValuePart::PercentEncoded(password.clone()), ValuePart::Text("@".to_owned())]
}

/// The attributes of a network storage, in the format with `|`, which every version from 4.4 to 4.14 reads.
///
/// The default timeout of ccache for a connection is 100 ms, which is too short outside the local network.
pub(super) fn attributes(config: &RemoteFields) -> String {
    let connect = config.get("connect_timeout_ms").unwrap_or("1000");
    let operation = config.get("operation_timeout_ms").map(|value| format!("|operation-timeout={value}"));
    let operation = operation.unwrap_or_default();
    format!("|connect-timeout={connect}{operation}{}{}", shards(config), read_only(config))
}

/// The attribute for read-only access, if configured.
pub(super) fn read_only(config: &RemoteFields) -> &'static str {
    if config.access == Access::ReadOnly { "|read-only=true" } else { "" }
}

/// The attribute for several servers or folders, if configured.
pub(super) fn shards(config: &RemoteFields) -> String {
    config.get("shards").map(|value| format!("|shards={value}")).unwrap_or_default()
}

/// The names that replace the `*`, without their weights.
pub(super) fn shard_names(config: &RemoteFields) -> impl Iterator<Item = &str> {
    let shards = config.text("shards").split(',');
    shards.map(|shard| shard.split('(').next().unwrap_or_default()).filter(|name| !name.is_empty())
}

/// Checks that the address contains a `*` if and only if `shards` is set.
pub(super) fn check_shards(config: &RemoteFields, address: &str, issues: &mut Vec<Issue>) {
    let field = "extra_config.shards";
    let stars = address.matches('*').count();
    match config.get("shards") {
        None if stars == 0 => {}
        None => {
            let message = "the address contains a `*`, but `shards` is not set";
            issues.push(error("missing-setting", field, message, SHARDS));
        }
        Some(_) if stars != 1 => {
            let message = format!("`shards` needs exactly one `*` in the address, but there are {stars}");
            issues.push(error("conflicting-settings", field, message, SHARDS));
        }
        Some(shards) => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let word = |text: &str| !text.is_empty() && text.bytes().all(plain);
            let weight = |text: &str| text.strip_suffix(')').is_some_and(|text| text.parse::<f64>().is_ok());
            let valid = |shard: &str| match shard.split_once('(') {
                Some((name, rest)) => word(name) && weight(rest),
                None => word(shard),
            };
            if !shards.split(',').all(valid) {
                issues.push(error(
                    "bad-value",
                    field,
                    "this is not a valid list of shards",
                    "such as a,b or a(3),b",
                ));
            }
        }
    }
}

/// A path, encoded for a URL.
pub(super) fn encoded_path(path: &str) -> String {
    percent_encode_except(path.as_bytes(), b"/*")
}

/// The setting for the URL. Its value is plain if no part is a credential.
pub(super) fn storage(parts: Vec<ValuePart>) -> Setting {
    Setting::new(REMOTE_STORAGE, SettingValue::from_parts(parts)).since(Version::new(4, 7, 0))
}
