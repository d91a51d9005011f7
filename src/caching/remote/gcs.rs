//! Google Cloud Storage.
//!
//! For this backend, sccache only reads unless READ_WRITE is set. It has no setting for another endpoint, and no anonymous
//! access.

use super::setting::error;
use super::{Access, Backend, Example, Field, Issue, Kind, Login, RemoteFields, Section, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Gcs;

const RW_MODE: &str = "SCCACHE_GCS_RW_MODE";
/// The former name of the variable for the URL of the credentials.
const OLD_CREDENTIALS_URL: &str = "SCCACHE_GCS_OAUTH_URL";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket").with_variable("SCCACHE_GCS_BUCKET"),
    Field::remote("prefix", false, "prefix of every key").with_variable("SCCACHE_GCS_KEY_PREFIX"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret(
            "key_path",
            "path of the JSON key of a service account; without it, the credentials of the machine are used",
        )
        .with_variable("SCCACHE_GCS_KEY_PATH")
    },
    Field::extra(
        "service_account",
        Kind::Text,
        "e-mail address of the service account of the virtual machine",
    )
    .with_variable("SCCACHE_GCS_SERVICE_ACCOUNT"),
    Field::extra("credentials_url", Kind::Text, "URL that returns an access token")
        .with_variable("SCCACHE_GCS_CREDENTIALS_URL"),
];

impl Backend for Gcs {
    fn name(&self) -> &'static str {
        "gcs"
    }

    fn summary(&self) -> &'static str {
        "Google Cloud Storage"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["gs", "google", "gcp", "google cloud storage"],
            settings: "bucket: my-build-cache",
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["GCE_METADATA_HOST", "GOOGLE_*"]
    }

    fn login(&self, config: &RemoteFields) -> Option<Login> {
        let has_own = config.has_credentials() || config.get("credentials_url").is_some();
        (!has_own).then_some(Login::Google)
    }

    only_for_sccache!(
        Version::new(0, 4, 0),
        "GCS",
        [RW_MODE, OLD_CREDENTIALS_URL],
        "ccache has no Google Cloud storage"
    );

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        if config.has("key_path") && config.get("credentials_url").is_some() {
            let message = "a key file and a URL for credentials are both set";
            issues.push(error(
                "conflicting-settings",
                "extra_config.credentials_url",
                message,
                "remove one of the two",
            ));
        }
    }

    fn read_further(&self, get: &dyn Fn(&str) -> Option<String>, fields: &mut RemoteFields) {
        if get(RW_MODE).as_deref() != Some("READ_WRITE") {
            fields.access = Access::ReadOnly;
        }
        if let (None, Some(url)) = (fields.get("credentials_url"), get(OLD_CREDENTIALS_URL)) {
            fields.set(Section::ExtraConfig, "credentials_url", &url);
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let mode = match config.access {
            Access::ReadWrite => "READ_WRITE",
            Access::ReadOnly => "READ_ONLY",
        };
        let mut settings = config.settings_for(FIELDS, &["bucket"]);
        settings.push(Setting::plain(RW_MODE, mode));
        settings.extend(
            config.settings_for(FIELDS, &["prefix", "key_path", "service_account", "credentials_url"]),
        );
        settings
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("gcs {}", config.text("bucket"))
    }
}
