//! Amazon S3 and what speaks its protocol: MinIO, Ceph, Cloudflare R2, DigitalOcean Spaces, Wasabi.
//!
//! sccache takes the keys from the AWS chain only; there is no `SCCACHE_*` variable for them. It needs a region, also
//! with an endpoint of one's own ("region is missing"), although its documentation names a default.

use super::endpoint::Endpoint;
use super::fields::told_as;
use super::setting::{bad_endpoint, check_pair, error, secret_in_endpoint};
use super::{Backend, Feature, Field, Issue, Kind, RemoteFields, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct S3;

/// The region of a configuration that names none.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// The first sccache with SSE-KMS.
const KMS: Version = Version::new(0, 17, 0);

const USE_SSL: &str = "SCCACHE_S3_USE_SSL";
const RW_MODE: &str = "SCCACHE_S3_RW_MODE";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket").told("SCCACHE_BUCKET"),
    Field::remote(
        "region",
        false,
        "region of the bucket; `auto` for Cloudflare R2, any word for MinIO (default us-east-1)",
    )
    .told("SCCACHE_REGION"),
    Field::remote(
        "endpoint",
        false,
        "address of the server, such as https://minio.example:9000 (default: Amazon's)",
    )
    .told("SCCACHE_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key").told("SCCACHE_S3_KEY_PREFIX"),
    Field::secret(
        "access_key",
        "access key id; without credentials the AWS chain is used (profile, role, metadata)",
    )
    .told("AWS_ACCESS_KEY_ID"),
    Field::secret("secret_key", "secret access key").told("AWS_SECRET_ACCESS_KEY"),
    Field::secret("session_token", "token of temporary credentials").told("AWS_SESSION_TOKEN"),
    Field::extra("no_credentials", Kind::Bool, "true: an anonymous, public bucket (default false)")
        .told("SCCACHE_S3_NO_CREDENTIALS"),
    Field::extra(
        "virtual_host_style",
        Kind::Bool,
        "true: the bucket is part of the host name (default false)",
    )
    .told_since(Version::new(0, 11, 0), "SCCACHE_S3_ENABLE_VIRTUAL_HOST_STYLE"),
    Field::extra("server_side_encryption", Kind::Bool, "true: SSE-S3 (default false)")
        .told_since(Version::new(0, 6, 0), "SCCACHE_S3_SERVER_SIDE_ENCRYPTION"),
    Field::extra("sse_kms", Kind::Bool, "true: SSE-KMS with the bucket's key (default false)")
        .told_since(KMS, "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_AWS_KMS"),
    Field::extra("sse_kms_key_id", Kind::Text, "SSE-KMS with this key")
        .told_since(KMS, "SCCACHE_S3_SERVER_SIDE_ENCRYPTION_KMS_KEY_ID"),
    Field::extra("profile", Kind::Text, "profile of ~/.aws/config to take the credentials from")
        .told("AWS_PROFILE"),
    Field::extra("role_arn", Kind::Text, "role to assume").told("AWS_ROLE_ARN"),
    Field {
        kind: Kind::SecretFile,
        ..Field::secret(
            "web_identity_token_file",
            "path of the file with the token by which the role is assumed",
        )
        .told("AWS_WEB_IDENTITY_TOKEN_FILE")
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

    fn further_variables(&self, tool: Tool) -> &'static [&'static str] {
        match tool {
            Tool::Sccache => &[USE_SSL, RW_MODE],
            Tool::Ccache => &[],
        }
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["AWS_*"]
    }

    fn features(&self) -> &'static [Feature] {
        const { &[Feature::of_sccache("S3")] }
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(Version::new(0, 4, 0)),
            Tool::Ccache => Support::No("ccache has no S3 storage"),
        }
    }

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        check_pair(config, "access_key", "secret_key", issues);
        if config.flag("no_credentials") && config.has_credentials() {
            let message = "an anonymous bucket takes no credentials";
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

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let mut settings = config.told(FIELDS, &["bucket"]);
        settings.extend(told_as(FIELDS, "region", config.get("region").unwrap_or(DEFAULT_REGION)));
        settings.extend(config.told(FIELDS, &["endpoint"]));
        // The variable overrides the scheme, so it is for endpoints without one only.
        if config.get("endpoint").is_some_and(|endpoint| !endpoint.contains("://")) {
            settings.push(Setting::plain(USE_SSL, config.use_ssl.to_string()));
        }
        settings.extend(config.told(
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
