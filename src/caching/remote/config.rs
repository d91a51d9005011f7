//! The configuration of a remote cache with the names of the specification. The backends read [`RemoteFields`] instead.

use std::collections::BTreeMap;

use super::fields::field;
use super::s3::DEFAULT_REGION;
use super::{RemoteFields, Section, backend};
use crate::caching::secret::Credential;

/// Whether the tool may write to the remote cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Read and write (the default).
    #[default]
    ReadWrite,
    /// Read only: the tool gets hits and stores nothing.
    ReadOnly,
}

/// A remote cache, with the names of the specification.
///
/// ```
/// use toolchainkit::caching::remote::RemoteCacheConfig;
/// let config = RemoteCacheConfig { bucket: Some("my-build-cache".into()), ..RemoteCacheConfig::new("s3") };
/// assert_eq!(config.region.as_deref(), Some("us-east-1"));
/// assert!(config.use_ssl);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteCacheConfig {
    /// The backend, by a name in [`super::BACKENDS`]: `s3`, `redis`, `gcs`, `http`, `memcached`, `azure`, …
    pub backend_type: String,
    /// The address of the server; empty if the backend has a default (S3, GCS).
    pub endpoint: String,
    /// Credentials by name (`access_key`, `password`, …); [`super::Backend::fields`] lists the names of each backend.
    pub credentials: BTreeMap<String, Credential>,
    /// The bucket (S3, GCS, OSS, COS).
    pub bucket: Option<String>,
    /// The region of the bucket (S3). Default `us-east-1`.
    pub region: Option<String>,
    /// A namespace within the storage.
    pub prefix: Option<String>,
    /// Whether to use TLS for an endpoint without a scheme. Default `true`.
    pub use_ssl: bool,
    /// Whether this machine may write. Default [`Access::ReadWrite`].
    pub access: Access,
    /// Further settings of the backend, by documented name.
    pub extra_config: BTreeMap<String, String>,
}

impl RemoteCacheConfig {
    /// A configuration with the specification's defaults.
    #[must_use]
    pub fn new(backend_type: &str) -> Self {
        Self {
            backend_type: backend_type.to_owned(),
            endpoint: String::new(),
            credentials: BTreeMap::new(),
            bucket: None,
            region: Some(DEFAULT_REGION.to_owned()),
            prefix: None,
            use_ssl: true,
            access: Access::default(),
            extra_config: BTreeMap::new(),
        }
    }
}

impl From<&RemoteCacheConfig> for RemoteFields {
    fn from(config: &RemoteCacheConfig) -> Self {
        let mut fields = Self::new(&config.backend_type);
        fields.use_ssl = config.use_ssl;
        fields.access = config.access;
        // In the specification every configuration has a region, even if the backend has none.
        let has_region =
            backend(&config.backend_type).is_some_and(|backend| field(backend.fields(), "region").is_some());
        let named = [
            ("endpoint", Some(&config.endpoint).filter(|endpoint| !endpoint.is_empty())),
            ("bucket", config.bucket.as_ref()),
            ("region", config.region.as_ref().filter(|_| has_region)),
            ("prefix", config.prefix.as_ref()),
        ];
        for (name, value) in named {
            if let Some(value) = value {
                fields.set(Section::Remote, name, value);
            }
        }
        for (name, value) in &config.extra_config {
            fields.set(Section::ExtraConfig, name, value);
        }
        for (name, credential) in &config.credentials {
            fields.set_credential(name, credential.clone());
        }
        fields
    }
}
