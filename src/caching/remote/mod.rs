//! Remote storage: one backend per file, all behind the [`Backend`] trait.
//!
//! # The backends
//!
//! What the environment would have to be by hand, and the configuration that gives it:
//!
//! ```
//! use toolchainkit::caching::detection::BuildCacheManager;
//! use toolchainkit::caching::remote::{RemoteCacheConfig, RemoteCacheConfigurator};
//! use toolchainkit::caching::tool::Tool;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cache_config = BuildCacheManager::new().prefer(Tool::Sccache).get_or_install()?;
//! let configurator = RemoteCacheConfigurator::new(cache_config);
//!
//! // S3 (AWS, MinIO, DigitalOcean Spaces):
//! //   export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...
//! //   export SCCACHE_BUCKET=my-build-cache SCCACHE_REGION=us-east-1
//! let remote_config = RemoteCacheConfig {
//!     bucket: Some("my-build-cache".into()),
//!     region: Some("us-east-1".into()),
//!     credentials: [("access_key", "AKIA..."), ("secret_key", "***")].map(|(name, value)| (name.into(), value.into())).into(),
//!     prefix: Some("myteam/".into()), // Optional namespace
//!     ..RemoteCacheConfig::new("s3")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_BUCKET"), Some("my-build-cache"));
//! assert_eq!(env_vars.get("SCCACHE_REGION"), Some("us-east-1"));
//! assert_eq!(env_vars.get("SCCACHE_S3_KEY_PREFIX"), Some("myteam"));
//! assert_eq!(env_vars.get("AWS_SECRET_ACCESS_KEY"), Some("***"));
//!
//! // Redis:
//! //   export SCCACHE_REDIS=redis://localhost:6379   (SCCACHE_REDIS_ENDPOINT since sccache 0.8)
//! let remote_config = RemoteCacheConfig {
//!     endpoint: "redis://cache.example.com:6379".into(),
//!     credentials: [("password".into(), "***".into())].into(), // Optional
//!     ..RemoteCacheConfig::new("redis")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_REDIS_ENDPOINT"), Some("redis://cache.example.com:6379"));
//! assert_eq!(env_vars.get("SCCACHE_REDIS_PASSWORD"), Some("***"));
//! assert_eq!(env_vars.secret_names().collect::<Vec<_>>(), ["SCCACHE_REDIS_PASSWORD"]);
//!
//! // GCS (Google Cloud Storage):
//! //   export SCCACHE_GCS_BUCKET=my-build-cache SCCACHE_GCS_KEY_PATH=/path/to/service-account.json
//! let remote_config = RemoteCacheConfig {
//!     bucket: Some("my-build-cache".into()),
//!     credentials: [("key_path".into(), "/path/to/service-account.json".into())].into(),
//!     ..RemoteCacheConfig::new("gcs")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_GCS_BUCKET"), Some("my-build-cache"));
//! assert_eq!(env_vars.get("SCCACHE_GCS_KEY_PATH"), Some("/path/to/service-account.json"));
//! assert_eq!(env_vars.get("SCCACHE_GCS_RW_MODE"), Some("READ_WRITE")); // without it, sccache only reads
//!
//! // HTTP: sccache speaks WebDAV
//! let remote_config = RemoteCacheConfig {
//!     endpoint: "https://cache.example.com".into(),
//!     use_ssl: true,
//!     ..RemoteCacheConfig::new("http")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_WEBDAV_ENDPOINT"), Some("https://cache.example.com"));
//!
//! // Memcached: sccache takes one server, and a list makes it refuse to start
//! let remote_config = RemoteCacheConfig {
//!     endpoint: "cache1.example.com:11211,cache2.example.com:11211".into(),
//!     ..RemoteCacheConfig::new("memcached")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_MEMCACHED_ENDPOINT"), Some("tcp://cache1.example.com:11211"));
//! let issues = configurator.validate(&remote_config);
//! assert_eq!(issues[0].code, "several-servers");
//! # Ok(())
//! # }
//! ```
//!
//! # How a backend is made
//!
//! A backend says which fields it has ([`Field`]), checks their values ([`RemoteFields`], which a [`RemoteCacheConfig`]
//! is turned into), and translates them into the [`Setting`]s of a tool. Nothing else in the crate knows a backend by name: a new one is a new file and one line in
//! [`BACKENDS`].

mod azure;
mod ccache_url;
mod config;
mod configurator;
mod cos;
mod endpoint;
mod features;
mod fields;
mod file;
mod gcs;
mod gha;
mod http;
mod memcached;
mod oss;
mod redis;
mod s3;
mod setting;
#[cfg(test)]
mod tests;
pub mod variables;

use std::fmt;

pub use self::config::{Access, RemoteCacheConfig};
pub(crate) use self::configurator::reveal_setting;
pub use self::configurator::{CacheEnvironment, ConfigureError, RemoteCacheConfigurator};
pub use self::features::{Feature, ccache_schemes};
pub use self::fields::{Field, FieldValue, Kind, RemoteFields, Section, Variable};
pub use self::setting::{OnOlderTool, Part, Setting, SettingValue};
pub(crate) use self::setting::{list_element, percent_encode};
use super::tool::{Tool, Version};

/// Every backend, in the order of the documentation.
pub static BACKENDS: &[&dyn Backend] = &[
    &s3::S3,
    &redis::Redis,
    &gcs::Gcs,
    &http::Http,
    &memcached::Memcached,
    &azure::Azure,
    &gha::Gha,
    &oss::Oss,
    &cos::Cos,
    &file::File,
];

/// The backend of this name.
#[must_use]
pub fn backend(name: &str) -> Option<&'static dyn Backend> {
    BACKENDS.iter().copied().find(|backend| backend.name() == name)
}

/// How much is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Works, but probably not as meant.
    Warning,
    /// Cannot work.
    Error,
}

/// One thing that is wrong with a remote cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The stable, kebab-case code of the diagnostic.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// The setting it is about, as in YAML below `remote:` (`bucket`, `credentials.password`); empty for the whole.
    pub field: String,
    /// What is wrong, in one sentence fragment.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}[{}]: ", self.code)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// What one tool can do with one backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Works since this version.
    Since(Version),
    /// Does not work; the text says why, in half a sentence.
    No(&'static str),
}

/// One kind of remote storage.
pub trait Backend: Sync {
    /// Its name in YAML (`remote.type`).
    fn name(&self) -> &'static str;

    /// Its name in sccache's `SCCACHE_MULTILEVEL_CHAIN`.
    fn tier_name(&self) -> &'static str {
        self.name()
    }

    /// One line for the documentation.
    fn summary(&self) -> &'static str;

    /// All its fields.
    fn fields(&self) -> &'static [Field];

    /// The variables of `tool` that choose or change the storage and that no field has: of the access, and names that later
    /// versions have replaced.
    fn further_variables(&self, tool: Tool) -> &'static [&'static str];

    /// What sccache's library for this storage reads of the environment to find credentials. `*` at the end stands for any
    /// letters.
    fn credential_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a tool must have been built with.
    fn features(&self) -> &'static [Feature];

    /// Whether `tool` can use it at all.
    fn support(&self, tool: Tool) -> Support;

    /// Whether this configuration (its scheme, TLS, …) can work with `tool`.
    ///
    /// # Errors
    /// The reason why it cannot work.
    fn expressible(&self, tool: Tool, _config: &RemoteFields) -> Result<(), String> {
        match self.support(tool) {
            Support::Since(_) => Ok(()),
            Support::No(why) => Err(why.to_owned()),
        }
    }

    /// Whether `use_ssl: true` means anything here.
    fn has_tls(&self) -> bool {
        true
    }

    /// What is wrong beyond unknown, missing or mistyped fields, which [`check`] finds from [`Backend::fields`].
    fn check(&self, _config: &RemoteFields, _issues: &mut Vec<Issue>) {}

    /// What `tool` must be told. Called only for a configuration without errors.
    fn settings(&self, tool: Tool, config: &RemoteFields) -> Vec<Setting>;

    /// `host:port` of the servers to try, in order; empty where there is nothing to knock at beforehand.
    fn servers(&self, _config: &RemoteFields) -> Vec<String> {
        Vec::new()
    }

    /// Where the cache is, for people, without anything secret.
    fn location(&self, config: &RemoteFields) -> String;

    /// The same with `{SERVER}` for the server that is chosen at configure time, where there is a choice.
    fn location_of_chosen(&self, config: &RemoteFields) -> String {
        self.location(config)
    }
}

/// Everything that is wrong with `config`, whatever the tool: unknown backend, unknown, missing and mistyped settings,
/// and what the backend itself finds.
#[must_use]
pub fn check(config: &RemoteFields) -> Vec<Issue> {
    setting::check(config)
}

/// Whether `tool` can serve `config`.
///
/// # Errors
/// The [`Issue`] says why not and names the tools that can.
pub fn check_tool(tool: Tool, config: &RemoteFields) -> Result<(), Issue> {
    setting::check_tool(tool, config)
}
