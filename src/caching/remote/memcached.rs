//! Memcached.
//!
//! sccache speaks to one server and demands a port; a list of servers makes it refuse to start ("invalid authority").
//! So a list is tried in order at configure time, and the first server that answers is used.

use super::endpoint::Endpoint;
use super::setting::{OnOlderTool, SettingValue, bad_endpoint, secret_in_endpoint};
use super::{Backend, Field, Issue, Kind, RemoteCacheConfig, Setting, Severity, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Memcached;

/// The variables that replaced the single `SCCACHE_MEMCACHED`.
const MODERN: Version = Version::new(0, 8, 0);

/// Before, sccache calls the scheme invalid.
const UNIX_SOCKET: Version = Version::new(0, 19, 0);

const FIELDS: &[Field] = &[
    Field::remote(
        "endpoint",
        true,
        "host:port, several with commas between (the first that answers is used), or unix:///path",
    ),
    Field::remote("prefix", false, "prefix of every key"),
    Field {
        kind: Kind::Text,
        ..Field::secret("username", "user name, where the server asks for one (SASL)")
    },
    Field::secret("password", "password"),
    Field::extra(
        "expiration",
        Kind::Integer { min: 0, max: 2_592_000 },
        "seconds that an entry lives, 0 for ever (default 86400)",
    ),
];

impl Backend for Memcached {
    fn name(&self) -> &'static str {
        "memcached"
    }

    fn summary(&self) -> &'static str {
        "Memcached; raise its item size limit (`-I 32m`), or large objects are not stored"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(MODERN),
            Tool::Ccache => Support::No("ccache has no Memcached storage"),
        }
    }

    fn has_tls(&self) -> bool {
        false
    }

    fn check(&self, config: &RemoteCacheConfig, issues: &mut Vec<Issue>) {
        for server in config.endpoint.split(',') {
            if let Some(issue) = check_server(server.trim()) {
                issues.push(issue);
            }
        }
        if config.endpoint.contains(',') {
            issues.push(Issue {
                code: "several-servers",
                severity: Severity::Warning,
                field: "endpoint".to_owned(),
                message: "sccache speaks to one Memcached server".to_owned(),
                help: Some(
                    "the servers are tried in this order when CMake configures; the first that answers is used"
                        .to_owned(),
                ),
            });
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteCacheConfig) -> Vec<Setting> {
        let since = if is_unix(&config.endpoint) { UNIX_SOCKET } else { MODERN };
        let endpoint = match self.servers(config).as_slice() {
            [] => SettingValue::Plain(config.endpoint.clone()),
            [server] => SettingValue::Plain(format!("tcp://{server}")),
            _ => SettingValue::Server("tcp://"),
        };
        let mut settings = vec![Setting {
            name: "SCCACHE_MEMCACHED_ENDPOINT",
            value: endpoint,
            since: Some(since),
            on_older_tool: OnOlderTool::Refuse,
        }];
        let prefix = config
            .prefix()
            .map(|prefix| Setting::plain("SCCACHE_MEMCACHED_KEY_PREFIX", prefix).since(MODERN));
        settings.extend(prefix);
        settings.extend(config.mapped(
            FIELDS,
            &[
                ("username", "SCCACHE_MEMCACHED_USERNAME", Some(MODERN)),
                ("password", "SCCACHE_MEMCACHED_PASSWORD", Some(MODERN)),
                ("expiration", "SCCACHE_MEMCACHED_EXPIRATION", None),
            ],
        ));
        settings.extend(Setting::read_only("SCCACHE_MEMCACHED_RW_MODE", config));
        settings
    }

    fn servers(&self, config: &RemoteCacheConfig) -> Vec<String> {
        let servers = config.endpoint.split(',').map(str::trim);
        let parsed = servers.filter(|server| !is_unix(server)).map(Endpoint::parse);
        parsed.filter_map(Result::ok).map(|endpoint| endpoint.address(11211)).collect()
    }

    fn location(&self, config: &RemoteCacheConfig) -> String {
        format!("memcached {}", config.endpoint)
    }

    fn location_of_chosen(&self, config: &RemoteCacheConfig) -> String {
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
        Ok(Endpoint { scheme: Some(scheme), .. }) if !matches!(scheme, "tcp" | "memcached") => Some(
            bad_endpoint(format!("Memcached is not spoken over `{scheme}`"), "use host:port; it has no TLS"),
        ),
        Ok(endpoint) if endpoint.host.is_empty() => Some(bad_endpoint("a server has no host name", example)),
        Ok(endpoint) if endpoint.port.is_none() => {
            Some(bad_endpoint(format!("`{server}` has no port, which sccache demands"), example))
        }
        Ok(endpoint) if !endpoint.path.is_empty() => {
            Some(bad_endpoint("a Memcached server has no path", example))
        }
        Ok(_) => None,
    }
}
