//! The settings of a whole remote: one backend, or tiers.

use crate::caching::remote::{self, Part, RemoteFields, Setting, SettingValue};
use crate::caching::tool::{Tool, Version};
use crate::config::model::Cache;

/// The first sccache with more than one level.
const MULTILEVEL: Version = Version::new(0, 15, 0);

/// What `tool` must be told to use the tiers of `cache`, with the local cache in front.
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
                settings.push(Setting::new("CCACHE_REMOTE_ONLY", wanted).since(Version::new(4, 7, 0)));
            }
            settings
        }
    }
}

/// The same for a build that does not know where a local cache lies: the tiers, and nothing in front of them.
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

/// The settings of the tiers, and the levels if there are several.
///
/// The policy `all` is what makes sccache's start a proof of the remote: with the others, from 0.19 on, it starts and
/// goes on without a tier that does not answer, or that it has the wrong credentials for. It also counts an object as
/// stored when it is, and does not ask each tier with each object whether it is there.
fn sccache(mut levels: Vec<&'static str>, cache: &Cache) -> Vec<Setting> {
    let mut settings = of_backends(Tool::Sccache, cache);
    let backends = cache.remote.iter().filter_map(|tier| remote::backend(&tier.backend_type));
    levels.extend(backends.map(remote::Backend::tier_name));
    if levels.len() > 1 {
        let plain = |name, value: String| Setting::new(name, SettingValue::Plain(value)).since(MULTILEVEL);
        let chain = plain("SCCACHE_MULTILEVEL_CHAIN", levels.join(","));
        // Without levels, an older sccache uses the one remote alone; of several it would choose one by its own order.
        settings.push(if cache.remote.len() > 1 { chain } else { chain.or_dropped() });
        let policy = cache.write_error_policy.name().to_owned();
        settings.push(plain("SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY", policy).or_dropped());
    }
    settings
}

/// ccache reads several storages from one variable, separated by blanks, since 4.13.
fn one_list(settings: Vec<Setting>) -> Vec<Setting> {
    if settings.len() < 2 {
        return settings;
    }
    let mut parts = Vec::new();
    let mut name = "";
    for setting in settings {
        if !parts.is_empty() {
            parts.push(Part::Text(" ".to_owned()));
        }
        name = setting.name;
        match setting.value {
            SettingValue::Plain(text) => parts.push(Part::Text(text)),
            SettingValue::Server(scheme) => parts.push(Part::Text(scheme.to_owned())),
            SettingValue::Secret(secret) => parts.extend(secret),
        }
    }
    vec![Setting::new(name, SettingValue::from_parts(parts)).since(Version::new(4, 13, 0))]
}

/// The addresses to knock at: those of the fastest tier that has any.
pub(super) fn servers(tiers: &[RemoteFields]) -> Vec<String> {
    let servers = tiers.iter().filter_map(|tier| Some(remote::backend(&tier.backend_type)?.servers(tier)));
    servers.into_iter().find(|servers| !servers.is_empty()).unwrap_or_default()
}
