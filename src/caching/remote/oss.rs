//! Alibaba Cloud Object Storage Service.

use super::endpoint;
use super::setting::{check_pair, error};
use super::{Backend, Field, Issue, Kind, RemoteCacheConfig, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Oss;

const FIRST: Version = Version::new(0, 7, 7);

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket"),
    Field::remote("endpoint", true, "URL of the region, such as https://oss-cn-hangzhou.aliyuncs.com"),
    Field::remote("prefix", false, "prefix of every key"),
    Field::secret("access_key", "access key id; without credentials those of the machine are used"),
    Field::secret("secret_key", "secret of the access key"),
    Field::secret("session_token", "token of temporary credentials"),
    Field::extra("no_credentials", Kind::Bool, "true: an anonymous, public bucket (default false)"),
];

impl Backend for Oss {
    fn name(&self) -> &'static str {
        "oss"
    }

    fn summary(&self) -> &'static str {
        "Alibaba Cloud OSS"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(FIRST),
            Tool::Ccache => Support::No("ccache has no Alibaba storage"),
        }
    }

    fn check(&self, config: &RemoteCacheConfig, issues: &mut Vec<Issue>) {
        endpoint::check_url(&config.endpoint, "such as https://oss-cn-hangzhou.aliyuncs.com", issues);
        check_pair(config, "access_key", "secret_key", issues);
        if config.flag("no_credentials") && !config.credentials.is_empty() {
            let message = "an anonymous bucket takes no credentials";
            let field = "extra_config.no_credentials";
            issues.push(error("conflicting-settings", field, message, "remove one of the two"));
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteCacheConfig) -> Vec<Setting> {
        let mut settings = vec![
            Setting::plain("SCCACHE_OSS_BUCKET", config.bucket.clone().unwrap_or_default()).since(FIRST),
            Setting::plain("SCCACHE_OSS_ENDPOINT", &config.endpoint),
        ];
        settings.extend(config.prefix().map(|prefix| Setting::plain("SCCACHE_OSS_KEY_PREFIX", prefix)));
        settings.extend(config.mapped(
            FIELDS,
            &[
                ("access_key", "ALIBABA_CLOUD_ACCESS_KEY_ID", None),
                ("secret_key", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", None),
                ("session_token", "ALIBABA_CLOUD_SECURITY_TOKEN", None),
                ("no_credentials", "SCCACHE_OSS_NO_CREDENTIALS", None),
            ],
        ));
        settings.extend(Setting::read_only("SCCACHE_OSS_RW_MODE", config));
        settings
    }

    fn servers(&self, config: &RemoteCacheConfig) -> Vec<String> {
        endpoint::server_of_url(&config.endpoint).into_iter().collect()
    }

    fn location(&self, config: &RemoteCacheConfig) -> String {
        format!("oss {} at {}", config.bucket.as_deref().unwrap_or_default(), config.endpoint)
    }
}
