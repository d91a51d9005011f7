//! Google Cloud Storage.
//!
//! sccache reads a bucket only, unless it is told READ_WRITE: the one backend with that default. There is no setting
//! for another endpoint and no anonymous mode.

use super::setting::error;
use super::{Access, Backend, Feature, Field, Issue, Kind, RemoteFields, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Gcs;

const RW_MODE: &str = "SCCACHE_GCS_RW_MODE";
/// What the address of the credentials was called once.
const OLD_CREDENTIALS_URL: &str = "SCCACHE_GCS_OAUTH_URL";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket").told("SCCACHE_GCS_BUCKET"),
    Field::remote("prefix", false, "prefix of every key").told("SCCACHE_GCS_KEY_PREFIX"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret(
            "key_path",
            "path of a service account's JSON key; without it the machine's own credentials are used",
        )
        .told("SCCACHE_GCS_KEY_PATH")
    },
    Field::extra("service_account", Kind::Text, "e-mail address of the virtual machine's service account")
        .told("SCCACHE_GCS_SERVICE_ACCOUNT"),
    Field::extra("credentials_url", Kind::Text, "URL that answers with an access token")
        .told("SCCACHE_GCS_CREDENTIALS_URL"),
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

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[RW_MODE, OLD_CREDENTIALS_URL],
            Tool::Ccache => &[],
        }
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["GCE_METADATA_HOST", "GOOGLE_*"]
    }

    fn features(&self) -> &'static [Feature] {
        const { &[Feature::of_sccache("GCS")] }
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(Version::new(0, 4, 0)),
            Tool::Ccache => Support::No("ccache has no Google Cloud Storage"),
        }
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        if config.has("key_path") && config.get("credentials_url").is_some() {
            let message = "a key file and a credentials URL exclude each other";
            issues.push(error(
                "conflicting-settings",
                "extra_config.credentials_url",
                message,
                "remove one of the two",
            ));
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let mode = match config.access {
            Access::ReadWrite => "READ_WRITE",
            Access::ReadOnly => "READ_ONLY",
        };
        let mut settings = config.told(FIELDS, &["bucket"]);
        settings.push(Setting::plain(RW_MODE, mode));
        settings.extend(config.told(FIELDS, &["prefix", "key_path", "service_account", "credentials_url"]));
        settings
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("gcs {}", config.text("bucket"))
    }
}
