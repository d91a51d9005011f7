//! Tencent Cloud Object Storage.

use super::endpoint;
use super::setting::check_pair;
use super::{Backend, Example, Field, Issue, RemoteFields, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Cos;

const FIRST: Version = Version::new(0, 14, 0);

const RW_MODE: &str = "SCCACHE_COS_RW_MODE";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket with the account number, such as builds-1250000000")
        .with_variable_since(FIRST, "SCCACHE_COS_BUCKET"),
    Field::remote("endpoint", true, "URL of the region, such as https://cos.ap-singapore.myqcloud.com")
        .with_variable_since(FIRST, "SCCACHE_COS_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key")
        .with_variable_since(FIRST, "SCCACHE_COS_KEY_PREFIX"),
    Field::secret("secret_id", "secret ID; without credentials, those of the machine are used")
        .with_variable_since(FIRST, "TENCENTCLOUD_SECRET_ID"),
    Field::secret("secret_key", "secret key").with_variable_since(FIRST, "TENCENTCLOUD_SECRET_KEY"),
    Field::secret("session_token", "token of temporary credentials")
        .with_variable_since(FIRST, "TENCENTCLOUD_TOKEN"),
];

impl Backend for Cos {
    fn name(&self) -> &'static str {
        "cos"
    }

    fn summary(&self) -> &'static str {
        "Tencent Cloud COS"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["tencent", "tencent cloud"],
            settings: r#"bucket: builds-1250000000, endpoint: "https://cos.ap-singapore.myqcloud.com""#,
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["TENCENTCLOUD_*", "TKE_*"]
    }

    only_for_sccache!(FIRST, "COS", [RW_MODE], "ccache has no Tencent storage");

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        endpoint::check_url(config.text("endpoint"), "such as https://cos.ap-singapore.myqcloud.com", issues);
        check_pair(config, "secret_id", "secret_key", issues);
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let names = ["bucket", "endpoint", "prefix", "secret_id", "secret_key", "session_token"];
        let mut settings = config.settings_for(FIELDS, &names);
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        endpoint::server_of_url(config.text("endpoint")).into_iter().collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("cos {} at {}", config.text("bucket"), config.text("endpoint"))
    }
}
