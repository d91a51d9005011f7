//! HTTP: WebDAV for sccache, plain GET and PUT for ccache.
//!
//! The tools use different keys: they can share a server, but not entries. Before 0.19, sccache creates folders with MKCOL
//! before each upload; if the server does not support it and answers 405, sccache only reads.

use super::ccache_url::{
    self, CONNECT_TIMEOUT, OPERATION_TIMEOUT, SHARDS, attributes, check_shards, encoded_path, refuse_own,
    shard_names, storage, userinfo,
};
use super::endpoint;
use super::setting::{check_layout, check_pair, error};
use super::{
    Access, Backend, Example, Feature, Field, Issue, Kind, RemoteFields, Section, Setting, Support, ValuePart,
};
use crate::caching::tool::{Tool, Version};

pub(super) struct Http;

/// The first sccache that supports a user name, a password and a token.
const AUTHENTICATION: Version = Version::new(0, 4, 2);

const RW_MODE: &str = "SCCACHE_WEBDAV_RW_MODE";

const FIELDS: &[Field] = &[
    Field::remote("endpoint", true, "URL of the server, such as https://cache.example/path")
        .with_variable_since(Version::new(0, 4, 0), "SCCACHE_WEBDAV_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key: a folder below the URL")
        .with_variable("SCCACHE_WEBDAV_KEY_PREFIX"),
    Field {
        kind: Kind::Text,
        ..Field::secret("username", "user name for basic authentication")
            .with_variable_since(AUTHENTICATION, "SCCACHE_WEBDAV_USERNAME")
    },
    Field::secret("password", "password for basic authentication")
        .with_variable_since(AUTHENTICATION, "SCCACHE_WEBDAV_PASSWORD"),
    Field::secret("token", "bearer token").with_variable_since(AUTHENTICATION, "SCCACHE_WEBDAV_TOKEN"),
    Field::extra(
        "disable_create_dir",
        Kind::Bool,
        "true: for a server that supports PUT but not MKCOL (default false; no effect with ccache)",
    )
    .with_variable_since(Version::new(0, 19, 0), "SCCACHE_WEBDAV_DISABLE_CREATE_DIR"),
    Field::extra("layout", Kind::Text, "layout of the files: flat (default), subdirs or bazel (ccache only)"),
    Field::extra("header", Kind::Text, "an additional header as NAME=VALUE, without secrets (ccache only)"),
    Field::extra(
        "keep_alive",
        Kind::Bool,
        "false: a new connection for each request (default true; ccache only)",
    ),
    CONNECT_TIMEOUT,
    OPERATION_TIMEOUT,
    Field::extra("shards", Kind::Text, SHARDS),
];

/// The default of ccache, `subdirs`, needs a server that creates folders on upload, which WebDAV does not allow.
const DEFAULT_LAYOUT: &str = "flat";

impl Backend for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn tier_name(&self) -> &'static str {
        "webdav"
    }

    fn summary(&self) -> &'static str {
        "a WebDAV server (nginx, Apache, rclone, Nextcloud); for ccache, any server with GET and PUT"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["https", "webdav", "dav", "nginx", "artifactory", "nexus", "bazel remote"],
            settings: r#"endpoint: "https://cache.example/ccache""#,
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[RW_MODE],
            Tool::Ccache => ccache_url::VARIABLES,
        }
    }

    fn features(&self) -> &'static [Feature] {
        const {
            &[
                Feature::of_sccache("WebDAV"),
                Feature::of_ccache("http", "http-storage"),
                Feature::of_ccache("https", "https-storage"),
            ]
        }
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(Version::new(0, 4, 0)),
            Tool::Ccache => Support::Since(Version::new(4, 7, 0)),
        }
    }

    fn expressible(&self, tool: Tool, config: &RemoteFields) -> Result<(), String> {
        refuse_own(tool, config)?;
        if tool == Tool::Ccache && config.text("endpoint").starts_with("https://") {
            return Err("ccache needs an additional helper program for https".to_owned());
        }
        Ok(())
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        endpoint::check_url(config.text("endpoint"), "such as https://cache.example/path", issues);
        check_layout(config, &["flat", "subdirs", "bazel"], issues);
        check_shards(config, config.text("endpoint"), issues);
        if config.get("header").is_some_and(|header| !is_header(header)) {
            let message = "this is not a header as NAME=VALUE";
            issues.push(error("bad-value", "extra_config.header", message, "such as X-Team=compilers"));
        }
        let has = |name: &str| config.has(name);
        if has("token") && (has("username") || has("password")) {
            let message = "a bearer token and a user name or password are both set";
            issues.push(error("conflicting-settings", "credentials.token", message, "remove one of the two"));
        }
        check_pair(config, "username", "password", issues);
    }

    fn read_ccache_defaults(&self, fields: &mut RemoteFields) {
        if fields.get("layout").is_none() {
            fields.set(Section::ExtraConfig, "layout", "subdirs");
        }
    }

    fn settings(&self, tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        match tool {
            Tool::Sccache => sccache_settings(config),
            Tool::Ccache => vec![ccache_storage(config)],
        }
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        match shard_names(config).next() {
            Some(shard) => endpoint::server_of_url(&config.text("endpoint").replace('*', shard)),
            None => endpoint::server_of_url(config.text("endpoint")),
        }
        .into_iter()
        .collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("http {}", config.text("endpoint"))
    }
}

fn sccache_settings(config: &RemoteFields) -> Vec<Setting> {
    let mut settings = config.settings_for(FIELDS, &["endpoint", "prefix", "username", "password", "token"]);
    let folders = config.settings_for(FIELDS, &["disable_create_dir"]);
    settings.extend(folders.into_iter().map(|setting| match config.access {
        Access::ReadOnly => setting.or_dropped(),
        // An older sccache would store nothing on such a server, without an error.
        Access::ReadWrite => setting,
    }));
    settings.extend(Setting::read_only(RW_MODE, config));
    settings
}

fn ccache_storage(config: &RemoteFields) -> Setting {
    let rest = config
        .text("endpoint")
        .strip_prefix("http://")
        .unwrap_or(config.text("endpoint"))
        .trim_end_matches('/');
    let folder = config.prefix().map(|prefix| format!("/{prefix}")).unwrap_or_default();
    let mut parts = vec![ValuePart::Text("http://".to_owned())];
    parts.extend(userinfo(config, ""));
    let layout = config.get("layout").unwrap_or(DEFAULT_LAYOUT);
    parts.push(ValuePart::Text(format!("{rest}{folder}|layout={layout}{}", attributes(config))));
    if let Some(keep_alive) = config.get("keep_alive") {
        parts.push(ValuePart::Text(format!("|keep-alive={keep_alive}")));
    }
    if let Some(token) = config.credential("token") {
        parts
            .extend([ValuePart::Text("|bearer-token=".to_owned()), ValuePart::PercentEncoded(token.clone())]);
    }
    match config.get("header").and_then(|header| header.split_once('=')) {
        Some((name, value)) => {
            parts.push(ValuePart::Text(format!("|header={name}={}", encoded_path(value))));
            storage(parts).since(Version::new(4, 11, 0))
        }
        None => storage(parts),
    }
}

fn is_header(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.split_once('=')
        .is_some_and(|(name, value)| !name.is_empty() && name.bytes().all(token) && !value.is_empty())
}
