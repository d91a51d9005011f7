//! Amazon S3 and compatible storages: MinIO, Ceph, Cloudflare R2, DigitalOcean Spaces, Wasabi.
//!
//! sccache reads the keys only from the AWS credential chain; it has no `SCCACHE_*` variables for them. It needs a region,
//! even with a custom endpoint ("region is missing"), although its documentation mentions a default.

use super::endpoint::Endpoint;
use super::existing::is_on;
use super::fields::setting_with;
use super::setting::{bad_endpoint, check_pair, error, secret_in_endpoint};
use super::{Backend, Example, Field, Issue, Kind, Login, RemoteFields, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct S3;

/// The region of a configuration without one.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// The first sccache with SSE-KMS.
const KMS: Version = Version::new(0, 17, 0);

const USE_SSL: &str = "SCCACHE_S3_USE_SSL";
const RW_MODE: &str = "SCCACHE_S3_RW_MODE";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket").with_variable("SCCACHE_BUCKET"),
    Field::remote(
        "region",
        false,
        "region of the bucket; `auto` for Cloudflare R2, any value for MinIO (default us-east-1)",
    )
    .with_variable("SCCACHE_REGION"),
    Field::remote(
        "endpoint",
        false,
        "address of the server, such as https://minio.example:9000 (default: Amazon S3)",
    )
    .with_variable("SCCACHE_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key").with_variable("SCCACHE_S3_KEY_PREFIX"),
    Field::secret(
        "access_key",
        "access key ID; without credentials, the AWS credential chain is used (profile, role, metadata)",
    )
    .with_variable("AWS_ACCESS_KEY_ID"),
    Field::secret("secret_key", "secret access key").with_variable("AWS_SECRET_ACCESS_KEY"),
    Field::secret("session_token", "token of temporary credentials").with_variable("AWS_SESSION_TOKEN"),
    Field::extra("no_credentials", Kind::Bool, "true: anonymous access to a public bucket (default false)")
        .with_variable("SCCACHE_S3_NO_CREDENTIALS"),
    Field::extra(
        "virtual_host_style",
        Kind::Bool,
        "true: the bucket is part of the host name (default false)",
    )
    .with_variable_since(Version::new(0, 11, 0), "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE"),
    Field::extra("server_side_encryption", Kind::Bool, "true: SSE-S3 (default false)")
        .with_variable_since(Version::new(0, 6, 0), "SCCACHE_S3_SERVER_SIDE_ENCRYPTION"),
    Field::extra("sse_kms", Kind::Bool, "true: SSE-KMS with the key of the bucket (default false)")
        .with_variable_since(KMS, "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS"),
    Field::extra("sse_kms_key_id", Kind::Text, "ID of the key for SSE-KMS")
        .with_variable_since(KMS, "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID"),
    Field::extra("profile", Kind::Text, "profile in ~/.aws/config with the credentials")
        .with_variable("AWS_PROFILE"),
    Field::extra("role_arn", Kind::Text, "role to assume").with_variable("AWS_ROLE_ARN"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret("web_identity_token_file", "path of the file with the token for the role")
            .with_variable("AWS_WEB_IDENTITY_TOKEN_FILE")
    },
];

impl Backend for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn summary(&self) -> &'static str {
        "Amazon S3, MinIO, Cloudflare R2, DigitalOcean Spaces, Ceph"
    }

    fn examples(&self) -> &'static [Example] {
        &[
            Example {
                products: &["aws", "amazon", "amazon s3", "aws s3"],
                settings: "bucket: my-build-cache, region: eu-central-1",
            },
            Example {
                products: &["minio", "ceph", "garage", "seaweedfs", "rustfs", "s3 compatible"],
                settings: r#"bucket: my-build-cache, endpoint: "https://minio.example:9000""#,
            },
            Example {
                products: &["r2", "cloudflare", "cloudflare r2"],
                settings: r#"bucket: my-build-cache, region: auto, endpoint: "https://ACCOUNT.r2.cloudflarestorage.com""#,
            },
            Example {
                products: &["spaces", "digitalocean", "digitalocean spaces", "do spaces"],
                settings: r#"bucket: my-build-cache, region: fra1, endpoint: "https://fra1.digitaloceanspaces.com""#,
            },
            Example {
                products: &["wasabi"],
                settings: r#"bucket: my-build-cache, region: eu-central-1, endpoint: "https://s3.eu-central-1.wasabisys.com""#,
            },
        ]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["AWS_*"]
    }

    fn login(&self, config: &RemoteFields) -> Option<Login> {
        let has_own = config.has_credentials() || config.flag("no_credentials");
        // Another service than Amazon's does not know the role.
        (!has_own && config.get("endpoint").is_none() && config.get("profile").is_none())
            .then_some(Login::Aws)
    }

    only_for_sccache!(Version::new(0, 4, 0), "S3", [USE_SSL, RW_MODE], "ccache has no S3 storage");

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        check_pair(config, "access_key", "secret_key", issues);
        if config.flag("no_credentials") && config.has_credentials() {
            let message = "credentials are set, but `no_credentials` selects anonymous access";
            issues.push(error(
                "conflicting-settings",
                "extra_config.no_credentials",
                message,
                "remove one of the two",
            ));
        }
        if config.get("endpoint").is_none() {
            return;
        }
        match Endpoint::parse(config.text("endpoint")) {
            Err(why) => issues.push(bad_endpoint(why, "such as https://minio.example:9000")),
            Ok(endpoint) if endpoint.has_userinfo => issues.push(secret_in_endpoint()),
            Ok(Endpoint { scheme: Some(scheme), .. }) if !matches!(scheme, "http" | "https") => {
                issues.push(bad_endpoint(
                    format!("S3 does not support the scheme `{scheme}`"),
                    "use http:// or https://",
                ));
            }
            Ok(endpoint) if endpoint.host.is_empty() => {
                issues.push(bad_endpoint(
                    "the endpoint contains no host",
                    "such as https://minio.example:9000",
                ));
            }
            Ok(_) => {}
        }
    }

    fn read_further(&self, get: &dyn Fn(&str) -> Option<String>, fields: &mut RemoteFields) {
        // Without the variable, sccache uses no TLS for an endpoint without a scheme.
        if fields.get("endpoint").is_some_and(|endpoint| !endpoint.contains("://")) {
            fields.use_ssl = get(USE_SSL).is_some_and(|value| is_on(&value));
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let mut settings = config.settings_for(FIELDS, &["bucket"]);
        settings.extend(setting_with(FIELDS, "region", config.get("region").unwrap_or(DEFAULT_REGION)));
        settings.extend(config.settings_for(FIELDS, &["endpoint"]));
        // The variable overrides the scheme, so it is only set for an endpoint without one.
        if config.get("endpoint").is_some_and(|endpoint| !endpoint.contains("://")) {
            settings.push(Setting::plain(USE_SSL, config.use_ssl.to_string()));
        }
        settings.extend(config.settings_for(
            FIELDS,
            &[
                "prefix",
                "access_key",
                "secret_key",
                "session_token",
                "no_credentials",
                "virtual_host_style",
                "server_side_encryption",
                "sse_kms",
                "sse_kms_key_id",
                "profile",
                "role_arn",
                "web_identity_token_file",
            ],
        ));
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        let default_port = |endpoint: &Endpoint<'_>| match endpoint.scheme {
            Some("http") => 80,
            Some(_) => 443,
            None if config.use_ssl => 443,
            None => 80,
        };
        Endpoint::parse(config.text("endpoint"))
            .ok()
            .filter(|endpoint| !endpoint.host.is_empty())
            .map(|endpoint| endpoint.address(default_port(&endpoint)))
            .into_iter()
            .collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        let bucket = config.text("bucket");
        match config.text("endpoint") {
            "" => format!("s3 {bucket} ({})", config.get("region").unwrap_or(DEFAULT_REGION)),
            endpoint => format!("s3 {bucket} at {endpoint}"),
        }
    }
}
