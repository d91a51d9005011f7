//! Remote storage. Each backend has its own file and implements the [`Backend`] trait.
//!
//! # The backends
//!
//! Each example shows the environment variables for a manual setup, and the configuration that results in the same ones:
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
//! // HTTP: sccache uses WebDAV
//! let remote_config = RemoteCacheConfig {
//!     endpoint: "https://cache.example.com".into(),
//!     use_ssl: true,
//!     ..RemoteCacheConfig::new("http")
//! };
//! let env_vars = configurator.configure(&remote_config)?;
//! assert_eq!(env_vars.get("SCCACHE_WEBDAV_ENDPOINT"), Some("https://cache.example.com"));
//!
//! // Memcached: sccache supports one server, and does not start with a list
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
//! # How to write a backend
//!
//! A backend declares its fields ([`Field`]), checks their values ([`RemoteFields`], which are made from a
//! [`RemoteCacheConfig`]), and translates them into the [`Setting`]s of a tool. No other code in the crate refers to a
//! backend by name, so a new backend needs only a new file and a line in [`BACKENDS`].

/// The methods of a backend that only sccache supports. The arguments are its first version, the feature that it must be
/// built with, the further variables, and the reason why ccache does not support it.
macro_rules! only_for_sccache {
    ($since:expr, $feature:literal, $further_variables:expr, $why_not_ccache:literal) => {
        fn further_variables(&self, tool: $crate::caching::tool::Tool) -> &'static [&'static str] {
            if tool == $crate::caching::tool::Tool::Sccache { &$further_variables } else { &[] }
        }

        fn features(&self) -> &'static [$crate::caching::remote::Feature] {
            const { &[$crate::caching::remote::Feature::of_sccache($feature)] }
        }

        fn support(&self, tool: $crate::caching::tool::Tool) -> $crate::caching::remote::Support {
            match tool {
                $crate::caching::tool::Tool::Sccache => $crate::caching::remote::Support::Since($since),
                $crate::caching::tool::Tool::Ccache => $crate::caching::remote::Support::No($why_not_ccache),
            }
        }
    };
}

mod azure;
mod ccache_url;
mod config;
mod configurator;
mod cos;
mod endpoint;
pub(crate) mod existing;
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

pub(crate) use self::ccache_url::VARIABLES as CCACHE_VARIABLES;
pub use self::config::{Access, RemoteCacheConfig};
pub(crate) use self::configurator::reveal_setting;
pub use self::configurator::{CacheEnvironment, ConfigureError, RemoteCacheConfigurator};
pub use self::features::{Feature, ccache_schemes};
pub use self::fields::{Field, FieldValue, Kind, RemoteFields, Section, Variable};
pub(crate) use self::setting::list_element;
pub use self::setting::{OnOlderTool, Setting, SettingValue, ValuePart};
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

/// The severity of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueSeverity {
    /// The configuration works, but probably not as intended.
    Warning,
    /// The configuration cannot work.
    Error,
}

/// A problem with the configuration of a remote cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The stable, kebab-case code of the diagnostic.
    pub code: &'static str,
    /// Error or warning.
    pub severity: IssueSeverity,
    /// The path of the setting below `remote:` in YAML (`bucket`, `credentials.password`); empty for the whole section.
    pub field: String,
    /// The problem, as a part of a sentence.
    pub message: String,
    /// The advice to the user.
    pub help: Option<String>,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            IssueSeverity::Warning => "warning",
            IssueSeverity::Error => "error",
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

/// Whether a tool supports a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// Supported since this version.
    Since(Version),
    /// Not supported. The reason is a part of a sentence.
    No(&'static str),
}

/// An example of a configuration.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// Other names that users may write for the type: products, services, protocols.
    pub products: &'static [&'static str],
    /// The settings besides `type`, as YAML in one line.
    pub settings: &'static str,
}

/// How a job of a CI gets a short-lived token for a storage that has no credentials in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// A role of AWS, which accepts the OpenID Connect token of the job.
    Aws,
    /// Workload identity federation of Google Cloud.
    Google,
    /// A federated credential of Microsoft Entra ID.
    Azure,
    /// The token of a GitHub Actions job, which GitHub gives only to actions.
    Actions,
}

impl Login {
    /// The name of the provider that accepts an OpenID Connect token; `None` if the job needs no such token.
    #[must_use]
    pub const fn provider(self) -> Option<&'static str> {
        match self {
            Self::Aws => Some("aws"),
            Self::Google => Some("google"),
            Self::Azure => Some("azure"),
            Self::Actions => None,
        }
    }
}

/// A kind of remote storage.
pub trait Backend: Sync {
    /// Its name in YAML (`remote.type`).
    fn name(&self) -> &'static str;

    /// Its name in sccache's `SCCACHE_MULTILEVEL_CHAIN`.
    fn tier_name(&self) -> &'static str {
        self.name()
    }

    /// One line for the documentation.
    fn summary(&self) -> &'static str;

    /// Examples for messages. The first one is for the backend itself.
    fn examples(&self) -> &'static [Example];

    /// All its fields.
    fn fields(&self) -> &'static [Field];

    /// The variables of `tool` that select or change the storage but belong to no field: the access mode, and names that
    /// later versions have replaced.
    fn further_variables(&self, tool: Tool) -> &'static [&'static str];

    /// The environment variables from which sccache's library for this storage reads credentials. A `*` at the end matches
    /// any characters.
    fn credential_variables(&self) -> &'static [&'static str] {
        &[]
    }

    /// How a job of a CI gets a token for this configuration; `None` if it needs none, or has credentials.
    fn login(&self, _config: &RemoteFields) -> Option<Login> {
        None
    }

    /// The features that a tool must be built with.
    fn features(&self) -> &'static [Feature];

    /// Whether `tool` supports it.
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

    /// Whether the backend supports TLS (`use_ssl: true`).
    fn has_tls(&self) -> bool {
        true
    }

    /// Reads settings that a project already has from the variables of sccache that belong to no field, except for the access
    /// mode: the inverse of [`Backend::settings`].
    fn read_further(&self, _get: &dyn Fn(&str) -> Option<String>, _fields: &mut RemoteFields) {}

    /// Whether the variables of sccache select this storage; `None`: those of the required fields do.
    fn is_selected(&self, _get: &dyn Fn(&str) -> Option<String>) -> Option<bool> {
        None
    }

    /// Sets the fields whose default is a different one for ccache alone.
    fn read_ccache_defaults(&self, _fields: &mut RemoteFields) {}

    /// Reports problems other than unknown or missing fields and wrong types, which [`check`] finds with
    /// [`Backend::fields`].
    fn check(&self, _config: &RemoteFields, _issues: &mut Vec<Issue>) {}

    /// The settings for `tool`. Called only for a configuration without errors.
    fn settings(&self, tool: Tool, config: &RemoteFields) -> Vec<Setting>;

    /// `host:port` of the servers to probe at configure time, in order; empty if there is none.
    fn servers(&self, _config: &RemoteFields) -> Vec<String> {
        Vec::new()
    }

    /// The location of the cache for messages, without secrets.
    fn location(&self, config: &RemoteFields) -> String;

    /// The location, with `{SERVER}` for the server that is chosen at configure time if there are several.
    fn location_of_chosen(&self, config: &RemoteFields) -> String {
        self.location(config)
    }
}

/// Reports all problems of `config` that do not depend on the tool: an unknown backend, unknown and missing settings, wrong
/// types, and the problems that the backend finds.
#[must_use]
pub fn check(config: &RemoteFields) -> Vec<Issue> {
    setting::check(config)
}

/// Checks whether `tool` supports `config`.
///
/// # Errors
/// An [`Issue`] with the reason and the tools that support it.
pub fn check_tool(tool: Tool, config: &RemoteFields) -> Result<(), Issue> {
    setting::check_tool(tool, config)
}
