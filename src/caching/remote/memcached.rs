//! Memcached.
//!
//! sccache speaks to one server and demands a port; a list of servers makes it refuse to start ("invalid authority").
//! So a list is tried in order at configure time, and the first server that answers is used.

use super::endpoint::Endpoint;
use super::fields::told_as;
use super::setting::{SettingValue, bad_endpoint, secret_in_endpoint};
use super::{Backend, Feature, Field, Issue, Kind, RemoteFields, Setting, Severity, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Memcached;

/// The variables that replaced the single `SCCACHE_MEMCACHED`.
const MODERN: Version = Version::new(0, 8, 0);

/// Before, sccache calls the scheme invalid.
const UNIX_SOCKET: Version = Version::new(0, 19, 0);

const RW_MODE: &str = "SCCACHE_MEMCACHED_RW_MODE";
/// The name of the endpoint before 0.8, which later versions still read.
const OLD_ENDPOINT: &str = "SCCACHE_MEMCACHED";

const FIELDS: &[Field] = &[
    Field::remote(
        "endpoint",
        true,
        "host:port, several with commas between (the first that answers is used), or unix:///path",
    )
    .told_since(MODERN, "SCCACHE_MEMCACHED_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key").told_since(MODERN, "SCCACHE_MEMCACHED_KEY_PREFIX"),
    Field {
        kind: Kind::Text,
        ..Field::secret("username", "user name, where the server asks for one (SASL)")
            .told_since(MODERN, "SCCACHE_MEMCACHED_USERNAME")
    },
    Field::secret("password", "password").told_since(MODERN, "SCCACHE_MEMCACHED_PASSWORD"),
    Field::extra(
        "expiration",
        Kind::Integer { min: 0, max: 2_592_000 },
        "seconds that an entry lives, 0 for ever (default 86400)",
    )
    .told("SCCACHE_MEMCACHED_EXPIRATION"),
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

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[RW_MODE, OLD_ENDPOINT],
            Tool::Ccache => &[],
        }
    }

    fn features(&self) -> &'static [Feature] {
        const { &[Feature::of_sccache("Memcached")] }
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

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        for server in config.text("endpoint").split(',') {
            if let Some(issue) = check_server(server.trim()) {
                issues.push(issue);
            }
        }
        if config.text("endpoint").contains(',') {
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

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let endpoint = match self.servers(config).as_slice() {
            [] => SettingValue::Plain(config.text("endpoint").to_owned()),
            [server] => SettingValue::Plain(format!("tcp://{server}")),
            _ => SettingValue::Server("tcp://"),
        };
        let endpoint = told_as(FIELDS, "endpoint", "").map(|setting| Setting { value: endpoint, ..setting });
        let mut settings = endpoint.into_iter().collect::<Vec<_>>();
        if is_unix(config.text("endpoint")) {
            settings = settings.into_iter().map(|setting| setting.since(UNIX_SOCKET)).collect();
        }
        settings.extend(config.told(FIELDS, &["prefix", "username", "password", "expiration"]));
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
