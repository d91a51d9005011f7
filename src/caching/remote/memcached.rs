//! Memcached.
//!
//! sccache supports a single server, and requires its port. With a list of servers it does not start ("invalid authority"),
//! so CMake probes the servers in order at configure time, and uses the first one that answers.

use super::endpoint::Endpoint;
use super::fields::setting_with;
use super::setting::{SettingValue, bad_endpoint, secret_in_endpoint};
use super::{Backend, Example, Field, Issue, IssueSeverity, Kind, RemoteFields, Section, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Memcached;

/// The first sccache with separate variables instead of `SCCACHE_MEMCACHED`.
const MODERN: Version = Version::new(0, 8, 0);

/// The first sccache that supports `unix://`.
const UNIX_SOCKET: Version = Version::new(0, 19, 0);

const RW_MODE: &str = "SCCACHE_MEMCACHED_RW_MODE";
/// The endpoint of sccache before 0.8, which later versions still read.
const OLD_ENDPOINT: &str = "SCCACHE_MEMCACHED";

const FIELDS: &[Field] = &[
    Field::remote(
        "endpoint",
        true,
        "host:port or unix:///path; of a comma-separated list, the first server that answers is used",
    )
    .with_variable_since(MODERN, "SCCACHE_MEMCACHED_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key")
        .with_variable_since(MODERN, "SCCACHE_MEMCACHED_KEY_PREFIX"),
    Field {
        kind: Kind::Text,
        ..Field::secret("username", "user name, if the server needs one (SASL)")
            .with_variable_since(MODERN, "SCCACHE_MEMCACHED_USERNAME")
    },
    Field::secret("password", "password").with_variable_since(MODERN, "SCCACHE_MEMCACHED_PASSWORD"),
    Field::extra(
        "expiration",
        Kind::Integer { min: 0, max: 2_592_000 },
        "lifetime of an entry in seconds, 0 for no limit (default 86400)",
    )
    .with_variable("SCCACHE_MEMCACHED_EXPIRATION"),
];

impl Backend for Memcached {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn summary(&self) -> &'static str {
        "Memcached; to store large objects, increase its item size limit (`-I 32m`)"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example { products: &["memcache"], settings: r#"endpoint: "cache.example:11211""# }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    only_for_sccache!(MODERN, "Memcached", [RW_MODE, OLD_ENDPOINT], "ccache has no Memcached storage");

    fn has_tls(&self) -> bool {
        false
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        for server in config.text("endpoint").split(',') {
            if let Some(issue) = check_server(server.trim()) {
                issues.push(issue);
            }
        }
        if config.text("endpoint").contains(',') {
            issues.push(Issue {
                code: "several-servers",
                severity: IssueSeverity::Warning,
                field: "endpoint".to_owned(),
                message: "sccache supports one Memcached server".to_owned(),
                help: Some(
                    "CMake probes the servers in this order at configure time, and uses the first one that answers"
                        .to_owned(),
                ),
            });
        }
    }

    fn read_further(&self, get: &dyn Fn(&str) -> Option<String>, fields: &mut RemoteFields) {
        if let (None, Some(address)) = (fields.get("endpoint"), get(OLD_ENDPOINT)) {
            fields.set(Section::Remote, "endpoint", &address);
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let endpoint = match self.servers(config).as_slice() {
            [] => SettingValue::Plain(config.text("endpoint").to_owned()),
            [server] => SettingValue::Plain(format!("tcp://{server}")),
            _ => SettingValue::Server("tcp://"),
        };
        let endpoint =
            setting_with(FIELDS, "endpoint", "").map(|setting| Setting { value: endpoint, ..setting });
        let mut settings = endpoint.into_iter().collect::<Vec<_>>();
        if is_unix(config.text("endpoint")) {
            settings = settings.into_iter().map(|setting| setting.since(UNIX_SOCKET)).collect();
        }
        settings.extend(config.settings_for(FIELDS, &["prefix", "username", "password", "expiration"]));
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        let servers = config.text("endpoint").split(',').map(str::trim);
        let parsed = servers.filter(|server| !is_unix(server)).map(Endpoint::parse);
        parsed.filter_map(Result::ok).map(|endpoint| endpoint.address(11211)).collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("memcached {}", config.text("endpoint"))
    }

    fn location_of_chosen(&self, config: &RemoteFields) -> String {
        if self.servers(config).len() > 1 { "memcached {SERVER}".to_owned() } else { self.location(config) }
    }
}

fn is_unix(server: &str) -> bool {
    server.starts_with("unix://")
}

fn check_server(server: &str) -> Option<Issue> {
    let example = "such as cache.example:11211";
    if server.starts_with("unix:///") {
        return None;
    }
    match Endpoint::parse(server) {
        Err(why) => Some(bad_endpoint(why, example)),
        Ok(endpoint) if endpoint.has_userinfo => Some(secret_in_endpoint()),
        Ok(Endpoint { scheme: Some(scheme), .. }) if !matches!(scheme, "tcp" | "memcached") => {
            Some(bad_endpoint(
                format!("Memcached does not support the scheme `{scheme}`"),
                "use host:port; TLS is not supported",
            ))
        }
        Ok(endpoint) if endpoint.host.is_empty() => Some(bad_endpoint("a server has no host name", example)),
        Ok(endpoint) if endpoint.port.is_none() => {
            Some(bad_endpoint(format!("`{server}` has no port, which sccache needs"), example))
        }
        Ok(endpoint) if !endpoint.path.is_empty() => {
            Some(bad_endpoint("the address of a Memcached server cannot have a path", example))
        }
        Ok(_) => None,
    }
}
