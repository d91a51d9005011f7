//! The settings of a remote cache: one backend, or several as tiers.

use crate::caching::remote::{self, RemoteFields, Setting, SettingValue, ValuePart};
use crate::caching::tool::{Tool, Version, variables};
use crate::config::model::Cache;

/// The first sccache that supports several levels.
const MULTILEVEL: Version = Version::new(0, 15, 0);

/// The settings for `tool` to use the tiers of `cache`, with the local cache as the first level.
pub(super) fn settings(tool: Tool, cache: &Cache) -> Vec<Setting> {
    if cache.remote.is_empty() || cache.remote_only && tool == Tool::Sccache {
        return remote_alone(tool, cache);
    }
    match tool {
        Tool::Sccache => sccache(vec!["disk"], cache),
        Tool::Ccache => {
            let mut settings = remote_alone(tool, cache);
            if cache.remote_only {
                let wanted = SettingValue::Plain("true".to_owned());
                settings
                    .push(Setting::new(variables::CCACHE_REMOTE_ONLY, wanted).since(Version::new(4, 7, 0)));
            }
            settings
        }
    }
}

/// The settings without the local cache, for a build that does not know its folder.
pub(super) fn remote_alone(tool: Tool, cache: &Cache) -> Vec<Setting> {
    match tool {
        Tool::Sccache => sccache(Vec::new(), cache),
        Tool::Ccache => one_list(of_backends(tool, cache)),
    }
}

fn of_backends(tool: Tool, cache: &Cache) -> Vec<Setting> {
    let backends = cache.remote.iter().filter_map(|tier| Some((remote::backend(&tier.backend_type)?, tier)));
    backends.flat_map(|(backend, tier)| backend.settings(tool, tier)).collect()
}

/// The settings of the tiers, and the levels if there are several. With the policy `all`, a successful start of sccache
/// shows that the remote cache works. With the other policies, sccache 0.19 and newer starts and continues without a
/// tier that does not answer or rejects the credentials. With `all`, sccache also counts an object as stored only if
/// every tier has it, and does not check each tier for each object.
fn sccache(mut levels: Vec<&'static str>, cache: &Cache) -> Vec<Setting> {
    let mut settings = of_backends(Tool::Sccache, cache);
    let backends = cache.remote.iter().filter_map(|tier| remote::backend(&tier.backend_type));
    levels.extend(backends.map(remote::Backend::tier_name));
    if levels.len() > 1 {
        let plain = |name, value: String| Setting::new(name, SettingValue::Plain(value)).since(MULTILEVEL);
        let chain = plain(variables::SCCACHE_MULTILEVEL_CHAIN, levels.join(","));
        // An older sccache without levels uses a single remote cache. Given several, it would choose one in its own
        // order.
        settings.push(if cache.remote.len() > 1 { chain } else { chain.or_dropped() });
        let policy = cache.write_error_policy.name().to_owned();
        settings.push(plain(variables::SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY, policy).or_dropped());
    }
    settings
}

/// Since 4.13, ccache reads several storages from one variable, separated by spaces.
fn one_list(settings: Vec<Setting>) -> Vec<Setting> {
    if settings.len() < 2 {
        return settings;
    }
    let mut parts = Vec::new();
    let mut name = "";
    for setting in settings {
        if !parts.is_empty() {
            parts.push(ValuePart::Text(" ".to_owned()));
        }
        name = setting.name;
        match setting.value {
            SettingValue::Plain(text) => parts.push(ValuePart::Text(text)),
            SettingValue::Server(scheme) => parts.push(ValuePart::Text(scheme.to_owned())),
            SettingValue::Secret(secret) => parts.extend(secret),
        }
    }
    vec![Setting::new(name, SettingValue::from_parts(parts)).since(Version::new(4, 13, 0))]
}

/// The addresses to probe: those of the fastest tier with addresses.
pub(super) fn servers(tiers: &[RemoteFields]) -> Vec<String> {
    let servers = tiers.iter().filter_map(|tier| Some(remote::backend(&tier.backend_type)?.servers(tier)));
    servers.into_iter().find(|servers| !servers.is_empty()).unwrap_or_default()
}
