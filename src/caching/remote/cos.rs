//! Tencent Cloud Object Storage.

use super::endpoint;
use super::setting::check_pair;
use super::{Backend, Field, Issue, RemoteCacheConfig, Setting, Support};
use crate::caching::tool::{Tool, Version};

pub(super) struct Cos;

const FIRST: Version = Version::new(0, 14, 0);

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket, with the number of the account: builds-1250000000"),
    Field::remote("endpoint", true, "URL of the region, such as https://cos.ap-singapore.myqcloud.com"),
    Field::remote("prefix", false, "prefix of every key"),
    Field::secret("secret_id", "secret id; without credentials those of the machine are used"),
    Field::secret("secret_key", "secret key"),
    Field::secret("session_token", "token of temporary credentials"),
];

impl Backend for Cos {
    fn name(&self) -> &'static str {
        "cos"
    }

    fn summary(&self) -> &'static str {
        "Tencent Cloud COS"
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn support(&self, tool: Tool) -> Support {
        match tool {
            Tool::Sccache => Support::Since(FIRST),
            Tool::Ccache => Support::No("ccache has no Tencent storage"),
        }
    }

    fn check(&self, config: &RemoteCacheConfig, issues: &mut Vec<Issue>) {
        endpoint::check_url(&config.endpoint, "such as https://cos.ap-singapore.myqcloud.com", issues);
        check_pair(config, "secret_id", "secret_key", issues);
    }

    fn settings(&self, _tool: Tool, config: &RemoteCacheConfig) -> Vec<Setting> {
        let mut settings = vec![
            Setting::plain("SCCACHE_COS_BUCKET", config.bucket.clone().unwrap_or_default()).since(FIRST),
            Setting::plain("SCCACHE_COS_ENDPOINT", &config.endpoint).since(FIRST),
        ];
        settings.extend(
            config.prefix().map(|prefix| Setting::plain("SCCACHE_COS_KEY_PREFIX", prefix).since(FIRST)),
        );
        settings.extend(config.mapped(
            FIELDS,
            &[
                ("secret_id", "TENCENTCLOUD_SECRET_ID", Some(FIRST)),
                ("secret_key", "TENCENTCLOUD_SECRET_KEY", Some(FIRST)),
                ("session_token", "TENCENTCLOUD_TOKEN", Some(FIRST)),
            ],
        ));
        settings.extend(Setting::read_only("SCCACHE_COS_RW_MODE", config));
        settings
    }

    fn servers(&self, config: &RemoteCacheConfig) -> Vec<String> {
        endpoint::server_of_url(&config.endpoint).into_iter().collect()
    }

    fn location(&self, config: &RemoteCacheConfig) -> String {
        format!("cos {} at {}", config.bucket.as_deref().unwrap_or_default(), config.endpoint)
    }
}
