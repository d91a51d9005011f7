//! Google Cloud Storage.
//!
//! sccache reads a bucket only, unless it is told READ_WRITE: the one backend with that default. There is no setting
//! for another endpoint and no anonymous mode.

use super::setting::error;
use super::{Access, Backend, Field, Issue, Kind, RemoteCacheConfig, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Gcs;

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket"),
    Field::remote("prefix", false, "prefix of every key"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret(
            "key_path",
            "path of a service account's JSON key; without it the machine's own credentials are used",
        )
    },
    Field::extra("service_account", Kind::Text, "e-mail address of the virtual machine's service account"),
    Field::extra("credentials_url", Kind::Text, "URL that answers with an access token"),
];

impl Backend for Gcs {
    fn name(&self) -> &'static str {
        "gcs"
    }

    fn summary(&self) -> &'static str {
        "Google Cloud Storage"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(Version::new(0, 4, 0)),
            Tool::Ccache => Support::No("ccache has no Google Cloud Storage"),
        }
    }

    fn check(&self, config: &RemoteCacheConfig, issues: &mut Vec<Issue>) {
        if config.credentials.contains_key("key_path") && config.extra_config.contains_key("credentials_url")
        {
            let message = "a key file and a credentials URL exclude each other";
            issues.push(error(
                "conflicting-settings",
                "extra_config.credentials_url",
                message,
                "remove one of the two",
            ));
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteCacheConfig) -> Vec<Setting> {
        let mode = match config.access {
            Access::ReadWrite => "READ_WRITE",
            Access::ReadOnly => "READ_ONLY",
        };
        let mut settings = vec![
            Setting::plain("SCCACHE_GCS_BUCKET", config.bucket.clone().unwrap_or_default()),
            Setting::plain("SCCACHE_GCS_RW_MODE", mode),
        ];
        settings.extend(config.prefix().map(|prefix| Setting::plain("SCCACHE_GCS_KEY_PREFIX", prefix)));
        settings.extend(config.mapped(
            FIELDS,
            &[
                ("key_path", "SCCACHE_GCS_KEY_PATH", None),
                ("service_account", "SCCACHE_GCS_SERVICE_ACCOUNT", None),
                ("credentials_url", "SCCACHE_GCS_CREDENTIALS_URL", None),
            ],
        ));
        settings
    }

    fn location(&self, config: &RemoteCacheConfig) -> String {
        format!("gcs {}", config.bucket.as_deref().unwrap_or_default())
    }
}
