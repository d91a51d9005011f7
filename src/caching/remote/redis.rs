//! Redis and compatible servers: Valkey, KeyDB, Dragonfly.
//!
//! sccache ignores the user, the database and the query in `SCCACHE_REDIS_ENDPOINT`, and prints the endpoint in its
//! statistics. So they are set with separate variables. ccache needs everything in one URL. In it, a password with a colon
//! fails without a user, so the user `default` is added.

use super::ccache_url::{
    self, CONNECT_TIMEOUT, OPERATION_TIMEOUT, SHARDS, attributes, check_shards, refuse_own, shard_names,
    storage, userinfo,
};
use super::endpoint::Endpoint;
use super::fields::setting_with;
use super::setting::{bad_endpoint, error, secret_in_endpoint};
use super::{
    Backend, Example, Feature, Field, Issue, Kind, RemoteFields, Section, Setting, Support, ValuePart,
};
use crate::caching::tool::{Tool, Version};

pub(super) struct Redis;

/// The first sccache with separate variables instead of `SCCACHE_REDIS`.
const MODERN: Version = Version::new(0, 8, 0);

/// The servers of a cluster, instead of a single endpoint.
const CLUSTER: &str = "SCCACHE_REDIS_CLUSTER_ENDPOINTS";
const RW_MODE: &str = "SCCACHE_REDIS_RW_MODE";
/// The address of sccache before 0.8, which later versions still read.
const OLD_ENDPOINT: &str = "SCCACHE_REDIS";
const OLD_TTL: &str = "SCCACHE_REDIS_TTL";

const FIELDS: &[Field] = &[
    Field::remote(
        "endpoint",
        true,
        "redis://host:6379, rediss://host:6379 for TLS, or redis+unix:///path; for a cluster, a comma-separated list",
    )
    .with_variable_since(MODERN, "SCCACHE_REDIS_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key (sccache only)")
        .with_variable_since(MODERN, "SCCACHE_REDIS_KEY_PREFIX"),
    Field {
        kind: Kind::Text,
        ..Field::secret("username", "user name for ACL (default: the user `default`)")
            .with_variable_since(MODERN, "SCCACHE_REDIS_USERNAME")
    },
    Field::secret("password", "password").with_variable_since(MODERN, "SCCACHE_REDIS_PASSWORD"),
    Field::extra("db", Kind::Integer { min: 0, max: 65_535 }, "number of the database (default 0)")
        .with_variable_since(MODERN, "SCCACHE_REDIS_DB"),
    Field::extra(
        "ttl",
        Kind::Integer { min: 0, max: u32::MAX },
        "lifetime of an entry in seconds, 0 for no limit (default 0; sccache only)",
    )
    .with_variable_since(MODERN, "SCCACHE_REDIS_EXPIRATION"),
    CONNECT_TIMEOUT,
    OPERATION_TIMEOUT,
    Field::extra("shards", Kind::Text, SHARDS),
];

const EXAMPLE: &str = "such as redis://cache.example:6379";

impl Backend for Redis {
    fn name(&self) -> &'static str {
        "redis"
    }

    fn summary(&self) -> &'static str {
        "Redis, Valkey, KeyDB; one server, a Unix socket or a cluster"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["valkey", "keydb", "dragonfly", "rediss"],
            settings: r#"endpoint: "redis://cache.example:6379""#,
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[CLUSTER, RW_MODE, OLD_ENDPOINT, OLD_TTL],
            Tool::Ccache => ccache_url::VARIABLES,
        }
    }

    fn features(&self) -> &'static [Feature] {
        const {
            &[
                Feature::of_sccache("Redis"),
                Feature::of_ccache("redis", "redis-storage"),
                Feature::of_ccache("rediss", "rediss-storage"),
                Feature::of_ccache("redis+unix", "redis+unix-storage"),
            ]
        }
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(MODERN),
            Tool::Ccache => Support::Since(Version::new(4, 7, 0)),
        }
    }

    fn expressible(&self, tool: Tool, config: &RemoteFields) -> Result<(), String> {
        if tool == Tool::Sccache {
            return refuse_own(tool, config);
        }
        if config.text("endpoint").starts_with("rediss://") {
            return Err("ccache needs an additional helper program for TLS".to_owned());
        }
        if config.text("endpoint").contains(',') {
            return Err("ccache does not support Redis clusters".to_owned());
        }
        if config.prefix().is_some() {
            return Err("ccache has no key prefix for Redis; use `db` to separate projects".to_owned());
        }
        if config.get("ttl").is_some() {
            return Err("ccache does not support a lifetime of entries in Redis".to_owned());
        }
        Ok(())
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        for server in config.text("endpoint").split(',') {
            check_server(server.trim(), issues);
        }
        check_shards(config, config.text("endpoint"), issues);
        if let (Some(_), Some(_)) = (path_db(config.text("endpoint")), config.get("db")) {
            let message = "the database is set in the endpoint and in `db`";
            issues.push(error("conflicting-settings", "extra_config.db", message, "remove one of the two"));
        }
        if config.has("username") && !config.has("password") {
            let message = "a user name is set without a password";
            issues.push(error(
                "missing-setting",
                "credentials.password",
                message,
                "give the name of its environment variable",
            ));
        }
    }

    fn read_further(&self, get: &dyn Fn(&str) -> Option<String>, fields: &mut RemoteFields) {
        let addresses = fields.get("endpoint").map(str::to_owned);
        let addresses = get(CLUSTER).or(addresses).or_else(|| get(OLD_ENDPOINT));
        if let Some(addresses) = addresses {
            // sccache adds a host to the address of a socket.
            let addresses = addresses.replace("redis+unix://localhost/", "redis+unix:///");
            fields.set(Section::Remote, "endpoint", &addresses);
            // With the separate variable, sccache ignores the database of the address.
            if let (Some(db), Some(_)) = (path_db(&addresses), fields.get("db")) {
                let end = addresses.len() - db.len() - 1;
                fields.set(Section::Remote, "endpoint", &addresses[..end]);
            }
        }
        if let (None, Some(ttl)) = (fields.get("ttl"), get(OLD_TTL)) {
            fields.set(Section::ExtraConfig, "ttl", &ttl);
        }
    }

    fn settings(&self, tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        match tool {
            Tool::Sccache => sccache_settings(config),
            Tool::Ccache => vec![ccache_storage(config)],
        }
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        let first = config.text("endpoint").split(',').next().unwrap_or_default().trim();
        if is_unix(first) {
            return Vec::new();
        }
        let first = match shard_names(config).next() {
            Some(shard) => first.replace('*', shard),
            None => first.to_owned(),
        };
        Endpoint::parse(&first).ok().map(|endpoint| endpoint.address(6379)).into_iter().collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        let shown = config.text("endpoint").strip_prefix("redis://").unwrap_or(config.text("endpoint"));
        format!("redis {shown}")
    }
}

fn is_unix(server: &str) -> bool {
    server.starts_with("unix://") || server.starts_with("redis+unix://")
}

/// The database in the path of `redis://host/2`.
fn path_db(endpoint: &str) -> Option<&str> {
    if is_unix(endpoint) {
        return None;
    }
    let path = Endpoint::parse(endpoint).ok()?.path.trim_matches('/');
    (!path.is_empty()).then_some(path)
}

fn db(config: &RemoteFields) -> Option<&str> {
    config.get("db").or_else(|| path_db(config.text("endpoint")))
}

fn check_server(server: &str, issues: &mut Vec<Issue>) {
    let endpoint = match Endpoint::parse(server) {
        Ok(endpoint) => endpoint,
        Err(why) => return issues.push(bad_endpoint(why, EXAMPLE)),
    };
    if endpoint.has_userinfo {
        return issues.push(secret_in_endpoint());
    }
    match endpoint.scheme {
        None => {
            let message = format!("`{server}` has no scheme, which selects a plain or a TLS connection");
            issues.push(bad_endpoint(message, "write redis:// for a plain connection, rediss:// for TLS"));
        }
        Some("redis" | "rediss" | "tcp") if endpoint.host.is_empty() => {
            issues.push(bad_endpoint("the endpoint contains no host", EXAMPLE));
        }
        Some("redis" | "rediss" | "tcp") => {
            let path = endpoint.path.trim_matches('/');
            if !path.is_empty() && path.parse::<u16>().is_err() {
                let message = format!("`{}` after the host is not a database number", endpoint.path);
                issues.push(bad_endpoint(message, EXAMPLE));
            }
        }
        Some("unix" | "redis+unix") if !endpoint.host.is_empty() => {
            let message =
                format!("the path of a socket must begin with a slash; `{server}` contains a host instead");
            issues.push(bad_endpoint(message, "such as redis+unix:///run/redis.sock"));
        }
        Some("unix" | "redis+unix") if !endpoint.path.is_empty() => {}
        Some("unix" | "redis+unix") => {
            issues.push(bad_endpoint(
                "the path of the socket is missing",
                "such as redis+unix:///run/redis.sock",
            ));
        }
        Some(scheme) => {
            issues.push(bad_endpoint(format!("Redis does not support the scheme `{scheme}`"), EXAMPLE));
        }
    }
}

fn sccache_settings(config: &RemoteFields) -> Vec<Setting> {
    let without_db = |server: &str| match Endpoint::parse(server) {
        // sccache rejects a URL without a host, but only uses the path.
        Ok(endpoint) if is_unix(server) => format!("redis+unix://localhost{}", endpoint.path),
        Ok(endpoint) => server[..server.len() - endpoint.path.len()].to_owned(),
        Err(_) => server.to_owned(),
    };
    let servers =
        config.text("endpoint").split(',').map(|server| without_db(server.trim())).collect::<Vec<_>>();
    let addresses = servers.join(",");
    let mut settings = Vec::new();
    if servers.len() > 1 {
        settings.push(Setting::plain(CLUSTER, addresses).since(MODERN));
    } else {
        settings.extend(setting_with(FIELDS, "endpoint", addresses));
    }
    settings.extend(config.settings_for(FIELDS, &["prefix"]));
    settings.extend(db(config).and_then(|db| setting_with(FIELDS, "db", db)));
    settings.extend(config.settings_for(FIELDS, &["username", "password", "ttl"]));
    settings.extend(Setting::read_only(RW_MODE, config));
    settings
}

/// The URL for ccache. The format of attributes with `|` works from 4.4 to 4.14.
fn ccache_storage(config: &RemoteFields) -> Setting {
    let endpoint = config.text("endpoint");
    let mut parts = Vec::new();
    let tail = if is_unix(endpoint) {
        let path = Endpoint::parse(endpoint).map(|endpoint| endpoint.path).unwrap_or_default();
        parts.push(ValuePart::Text("redis+unix:".to_owned()));
        db(config).map_or_else(|| path.to_owned(), |db| format!("{path}?db={db}"))
    } else {
        let address = Endpoint::parse(endpoint).map(|endpoint| endpoint.address(6379)).unwrap_or_default();
        parts.push(ValuePart::Text("redis://".to_owned()));
        parts.extend(userinfo(config, "default"));
        db(config).map_or_else(|| address.clone(), |db| format!("{address}/{db}"))
    };
    parts.push(ValuePart::Text(tail + &attributes(config)));
    storage(parts)
}
