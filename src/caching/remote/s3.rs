//! Amazon S3 and what speaks its protocol: MinIO, Ceph, Cloudflare R2, DigitalOcean Spaces, Wasabi.
//!
//! sccache takes the keys from the AWS chain only; there is no `SCCACHE_*` variable for them. It needs a region, also
//! with an endpoint of one's own ("region is missing"), although its documentation names a default.

use super::endpoint::Endpoint;
use super::setting::{bad_endpoint, check_pair, error, secret_in_endpoint};
use super::{Backend, Field, Issue, Kind, RemoteCacheConfig, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct S3;

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket"),
    Field::remote(
        "region",
        false,
        "region of the bucket; `auto` for Cloudflare R2, any word for MinIO (default us-east-1)",
    ),
    Field::remote(
        "endpoint",
        false,
        "address of the server, such as https://minio.example:9000 (default: Amazon's)",
    ),
    Field::remote("prefix", false, "prefix of every key"),
    Field::secret(
        "access_key",
        "access key id; without credentials the AWS chain is used (profile, role, metadata)",
    ),
    Field::secret("secret_key", "secret access key"),
    Field::secret("session_token", "token of temporary credentials"),
    Field::extra("no_credentials", Kind::Bool, "true: an anonymous, public bucket (default false)"),
    Field::extra(
        "virtual_host_style",
        Kind::Bool,
        "true: the bucket is part of the host name (default false)",
    ),
    Field::extra("server_side_encryption", Kind::Bool, "true: SSE-S3 (default false)"),
    Field::extra("sse_kms", Kind::Bool, "true: SSE-KMS with the bucket's key (default false)"),
    Field::extra("sse_kms_key_id", Kind::Text, "SSE-KMS with this key"),
    Field::extra("profile", Kind::Text, "profile of ~/.aws/config to take the credentials from"),
    Field::extra("role_arn", Kind::Text, "role to assume"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret(
            "web_identity_token_file",
            "path of the file with the token by which the role is assumed",
        )
    },
];

impl Backend for S3 {
    fn name(&self) -> &'static str {
        "s3"
    }

    fn summary(&self) -> &'static str {
        "Amazon S3, MinIO, Cloudflare R2, DigitalOcean Spaces, Ceph"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(Version::new(0, 4, 0)),
            Tool::Ccache => Support::No("ccache has no S3 storage"),
        }
    }

    fn check(&self, config: &RemoteCacheConfig, issues: &mut Vec<Issue>) {
        check_pair(config, "access_key", "secret_key", issues);
        if config.flag("no_credentials") && !config.credentials.is_empty() {
            let message = "an anonymous bucket takes no credentials";
            issues.push(error(
                "conflicting-settings",
                "extra_config.no_credentials",
                message,
                "remove one of the two",
            ));
        }
        if config.endpoint.is_empty() {
            return;
        }
        match Endpoint::parse(&config.endpoint) {
            Err(why) => issues.push(bad_endpoint(why, "such as https://minio.example:9000")),
            Ok(endpoint) if endpoint.has_userinfo => issues.push(secret_in_endpoint()),
            Ok(Endpoint { scheme: Some(scheme), .. }) if !matches!(scheme, "http" | "https") => {
                issues.push(bad_endpoint(
                    format!("S3 is not spoken over `{scheme}`"),
                    "use http:// or https://",
                ));
            }
            Ok(endpoint) if endpoint.host.is_empty() => {
                issues.push(bad_endpoint("the endpoint names no host", "such as https://minio.example:9000"));
            }
            Ok(_) => {}
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteCacheConfig) -> Vec<Setting> {
        let mut settings = vec![
            Setting::plain("SCCACHE_BUCKET", config.bucket.clone().unwrap_or_default()),
            Setting::plain("SCCACHE_REGION", config.region.clone().unwrap_or_else(|| "us-east-1".to_owned())),
        ];
        if !config.endpoint.is_empty() {
            settings.push(Setting::plain("SCCACHE_ENDPOINT", &config.endpoint));
            // The variable overrides the scheme, so it is for endpoints without one only.
            if !config.endpoint.contains("://") {
                settings.push(Setting::plain("SCCACHE_S3_USE_SSL", config.use_ssl.to_string()));
            }
        }
        settings.extend(config.prefix().map(|prefix| Setting::plain("SCCACHE_S3_KEY_PREFIX", prefix)));
        settings.extend(config.mapped(
            FIELDS,
            &[
                ("access_key", "AWS_ACCESS_KEY_ID", None),
                ("secret_key", "AWS_SECRET_ACCESS_KEY", None),
                ("session_token", "AWS_SESSION_TOKEN", None),
                ("no_credentials", "SCCACHE_S3_NO_CREDENTIALS", None),
                ("virtual_host_style", "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE", Some(Version::new(0, 11, 0))),
                ("server_side_encryption", "SCCACHE_S3_SERVER_SIDE_ENCRYPTION", Some(Version::new(0, 6, 0))),
                ("sse_kms", "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS", Some(Version::new(0, 17, 0))),
                (
                    "sse_kms_key_id",
                    "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID",
                    Some(Version::new(0, 17, 0)),
                ),
                ("profile", "AWS_PROFILE", None),
                ("role_arn", "AWS_ROLE_ARN", None),
                ("web_identity_token_file", "AWS_WEB_IDENTITY_TOKEN_FILE", None),
            ],
        ));
        settings.extend(Setting::read_only("SCCACHE_S3_RW_MODE", config));
        settings
    }

    fn servers(&self, config: &RemoteCacheConfig) -> Vec<String> {
        let default_port = |endpoint: &Endpoint<'_>| match endpoint.scheme {
            Some("http") => 80,
            Some(_) => 443,
            None if config.use_ssl => 443,
            None => 80,
        };
        Endpoint::parse(&config.endpoint)
            .ok()
            .filter(|endpoint| !endpoint.host.is_empty())
            .map(|endpoint| endpoint.address(default_port(&endpoint)))
            .into_iter()
            .collect()
    }

    fn location(&self, config: &RemoteCacheConfig) -> String {
        let bucket = config.bucket.as_deref().unwrap_or_default();
        match config.endpoint.as_str() {
            "" => format!("s3 {bucket} ({})", config.region.as_deref().unwrap_or("us-east-1")),
            endpoint => format!("s3 {bucket} at {endpoint}"),
        }
    }
}
