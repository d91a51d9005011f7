//! Alibaba Cloud Object Storage Service.

use super::endpoint;
use super::setting::{check_pair, error};
use super::{Backend, Example, Field, Issue, Kind, RemoteFields, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Oss;

const FIRST: Version = Version::new(0, 7, 7);

const RW_MODE: &str = "SCCACHE_OSS_RW_MODE";

const FIELDS: &[Field] = &[
    Field::remote("bucket", true, "name of the bucket").with_variable_since(FIRST, "SCCACHE_OSS_BUCKET"),
    Field::remote("endpoint", true, "URL of the region, such as https://oss-cn-hangzhou.aliyuncs.com")
        .with_variable("SCCACHE_OSS_ENDPOINT"),
    Field::remote("prefix", false, "prefix of every key").with_variable("SCCACHE_OSS_KEY_PREFIX"),
    Field::secret("access_key", "access key ID; without credentials, those of the machine are used")
        .with_variable("ALIBABA_CLOUD_ACCESS_KEY_ID"),
    Field::secret("secret_key", "secret of the access key").with_variable("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
    Field::secret("session_token", "token of temporary credentials")
        .with_variable("ALIBABA_CLOUD_SECURITY_TOKEN"),
    Field::extra("no_credentials", Kind::Bool, "true: anonymous access to a public bucket (default false)")
        .with_variable("SCCACHE_OSS_NO_CREDENTIALS"),
];

impl Backend for Oss {
    fn name(&self) -> &'static str {
        "oss"
    }

    fn summary(&self) -> &'static str {
        "Alibaba Cloud OSS"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example {
            products: &["aliyun", "alibaba", "alibaba cloud"],
            settings: r#"bucket: my-build-cache, endpoint: "https://oss-cn-hangzhou.aliyuncs.com""#,
        }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["ALIBABA_*", "OSS_*"]
    }

    only_for_sccache!(FIRST, "OSS", [RW_MODE], "ccache has no Alibaba storage");

    fn check(&self, config: &RemoteFields, issues: &mut Vec<Issue>) {
        endpoint::check_url(config.text("endpoint"), "such as https://oss-cn-hangzhou.aliyuncs.com", issues);
        check_pair(config, "access_key", "secret_key", issues);
        if config.flag("no_credentials") && config.has_credentials() {
            let message = "credentials are set, but `no_credentials` selects anonymous access";
            let field = "extra_config.no_credentials";
            issues.push(error("conflicting-settings", field, message, "remove one of the two"));
        }
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let names =
            ["bucket", "endpoint", "prefix", "access_key", "secret_key", "session_token", "no_credentials"];
        let mut settings = config.settings_for(FIELDS, &names);
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn servers(&self, config: &RemoteFields) -> Vec<String> {
        endpoint::server_of_url(config.text("endpoint")).into_iter().collect()
    }

    fn location(&self, config: &RemoteFields) -> String {
        format!("oss {} at {}", config.text("bucket"), config.text("endpoint"))
    }
}
