//! The cache of GitHub Actions.
//!
//! The runner provides the address and the token (`ACTIONS_RESULTS_URL`, `ACTIONS_RUNTIME_TOKEN`) to actions but not to
//! shell steps, so a step with actions/github-script must export them. Without them, builds use the local cache.

use super::existing::is_on;
use super::{Backend, Example, Field, Kind, Login, RemoteFields, Setting};
use crate::caching::tool::{Tool, Version};

pub(super) struct Gha;

const ENABLED: &str = "SCCACHE_GHA_ENABLED";
const RW_MODE: &str = "SCCACHE_GHA_RW_MODE";

/// The first sccache that supports the current service; GitHub has shut down the previous one.
const SECOND_SERVICE: Version = Version::new(0, 10, 0);

const FIELDS: &[Field] = &[Field::extra(
    "version",
    Kind::Text,
    "part of every key; change it to start with an empty cache (default: none; the version of sccache is also part of the key)",
)
.with_variable("SCCACHE_GHA_VERSION")];

impl Backend for Gha {
    fn name(&self) -> &'static str {
        "gha"
    }

    fn summary(&self) -> &'static str {
        "the cache of GitHub Actions; needs ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN in the environment of the build"
    }

    fn examples(&self) -> &'static [Example] {
        &[Example { products: &["github", "github actions", "actions", "ghac"], settings: "" }]
    }

    fn fields(&self) -> &'static [Field] {
        FIELDS
    }

    fn credential_variables(&self) -> &'static [&'static str] {
        &["ACTIONS_*", "GITHUB_SERVER_URL"]
    }

    fn login(&self, _config: &RemoteFields) -> Option<Login> {
        Some(Login::Actions)
    }

    only_for_sccache!(
        SECOND_SERVICE,
        "GHA",
        [ENABLED, RW_MODE],
        "ccache does not support the cache of GitHub Actions"
    );

    fn is_selected(&self, get: &dyn Fn(&str) -> Option<String>) -> Option<bool> {
        Some(get(ENABLED).is_some_and(|value| is_on(&value)))
    }

    fn settings(&self, _tool: Tool, config: &RemoteFields) -> Vec<Setting> {
        let mut settings = vec![Setting::plain(ENABLED, "true").since(SECOND_SERVICE)];
        settings.extend(config.settings_for(FIELDS, &["version"]));
        settings.extend(Setting::read_only(RW_MODE, config));
        settings
    }

    fn location(&self, config: &RemoteFields) -> String {
        match config.get("version") {
            Some(version) => format!("gha, version {version}"),
            None => "gha".to_owned(),
        }
    }
}
