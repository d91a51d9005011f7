//! Checks a configuration that a program has built. The checks of a file are in `validate`, because they report places in
//! its text.

use std::collections::HashSet;

use super::{Config, Language, Variant, WITHOUT_NAME};
use crate::caching::remote::{Issue, IssueSeverity, check, check_tool};
use crate::caching::tool::{Engine, Tool};

impl Config {
    /// What is wrong with the configuration: missing values, names that are used twice, and remote caches that cannot work or
    /// that a tool does not support. Empty if [`crate::plan::Plan::build`] accepts it. The field of an issue is the path
    /// in YAML, with the profile in front.
    #[must_use]
    pub fn check(&self) -> Vec<Issue> {
        let mut issues = Vec::new();
        match self.variants.first() {
            None => issues.push(issue("missing-value", "variants", "there are no settings")),
            Some(first) if first.profile.is_some() => {
                issues.push(issue(
                    "missing-value",
                    "variants",
                    "the first one must be that without a profile",
                ));
            }
            Some(_) => {}
        }
        let mut names = HashSet::new();
        for (index, variant) in self.variants.iter().enumerate() {
            let path = variant.profile.as_ref().map(|name| format!("profiles.{name}.")).unwrap_or_default();
            if index > 0 {
                issues.extend(name_issue(
                    variant.profile.as_deref().unwrap_or_default(),
                    &mut names,
                    "profiles",
                ));
            }
            issues.extend(
                self.check_variant(variant)
                    .into_iter()
                    .map(|issue| Issue { field: format!("{path}{}", issue.field), ..issue }),
            );
        }
        let mut names = HashSet::new();
        issues.extend(self.toolchains.iter().filter_map(|name| name_issue(name, &mut names, "toolchains")));
        issues
    }

    fn check_variant(&self, variant: &Variant) -> Vec<Issue> {
        let mut issues = Vec::new();
        let mut require = |holds: bool, field: &str, message: &str| {
            if !holds {
                issues.push(issue("missing-value", field, message));
            }
        };
        let cache = &variant.cache;
        require(!cache.tools.is_empty(), "cache.tool", "no tool may be used");
        require(!cache.languages.is_empty(), "cache.languages", "no language is listed to cache");
        require(cache.size_gb > 0, "cache.size_gb", "the cache would be empty");
        require(
            !cache.remote_only || !cache.remote.is_empty(),
            "cache.remote_only",
            "there is no remote cache",
        );
        require(!variant.presets.build_types.is_empty(), "presets.build_types", "no build type is listed");
        if let Some(distribute) = &variant.distribute {
            let has_workers = distribute.engine != Engine::Distcc || !distribute.hosts.is_empty();
            require(has_workers, "distribute.hosts", "distcc needs at least one worker");
            let is_sccache = distribute.engine == Engine::SccacheDist;
            let has_scheduler = !is_sccache || (distribute.scheduler.is_some() && distribute.token.is_some());
            require(has_scheduler, "distribute.scheduler", "sccache-dist needs a scheduler and its token");
            let is_cached = !is_sccache || cache.enabled;
            require(
                is_cached,
                "cache.enabled",
                "sccache-dist is a part of sccache, and does nothing without it",
            );
        }
        let all = variant.toolchains.len() == self.toolchains.len() + 1;
        require(all, "toolchains", "each variant needs the unnamed toolchain and one for each name");
        if cache.tools.contains(&Tool::Ccache) && cache.languages.contains(&Language::Hip) {
            issues.push(issue("unsupported-by-tool", "cache.languages", "ccache cannot cache HIP"));
        }
        let unsupported = variant.distribute.as_ref().and_then(|distribute| match distribute.engine {
            Engine::Distcc | Engine::Icecream => (cache.enabled && cache.tools.contains(&Tool::Sccache))
                .then_some("sccache cannot run a program that distributes"),
            Engine::SccacheDist => {
                cache.tools.contains(&Tool::Ccache).then_some("ccache cannot distribute by sccache-dist")
            }
        });
        if let Some(message) = unsupported {
            issues.push(issue("unsupported-by-tool", "cache.tool", message));
        }
        for remote in &cache.remote {
            let unsupported = cache.tools.iter().filter_map(|&tool| check_tool(tool, remote).err());
            let errors = check(remote).into_iter().chain(unsupported);
            let errors = errors.filter(|issue| issue.severity == IssueSeverity::Error);
            issues.extend(errors.map(|issue| Issue { field: below("cache.remote", &issue.field), ..issue }));
        }
        issues
    }
}

fn below(section: &str, field: &str) -> String {
    if field.is_empty() { section.to_owned() } else { format!("{section}.{field}") }
}

fn issue(code: &'static str, field: &str, message: &str) -> Issue {
    Issue {
        code,
        severity: IssueSeverity::Error,
        field: field.to_owned(),
        message: message.to_owned(),
        help: None,
    }
}

/// Names become names of files, folders and presets; some systems ignore the case.
fn name_issue(name: &str, names: &mut HashSet<String>, section: &str) -> Option<Issue> {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    if name.is_empty() || name == WITHOUT_NAME || !name.chars().all(is_letter) {
        return Some(issue("bad-name", section, &format!("`{name}` is not a name")));
    }
    let is_new = names.insert(name.to_ascii_lowercase());
    (!is_new).then(|| issue("duplicate-name", section, &format!("`{name}` is used twice")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caching::remote::RemoteFields;
    use crate::config::model::{Cache, Presets};

    fn fields(config: &Config) -> Vec<String> {
        config.check().into_iter().map(|issue| issue.field).collect()
    }

    #[test]
    fn what_a_file_could_not_contain_is_found() {
        let with = |cache: Cache| Config {
            variants: vec![Variant { cache, ..Variant::default() }],
            ..Config::default()
        };
        assert_eq!(fields(&Config { variants: Vec::new(), ..Config::default() }), ["variants"]);
        assert_eq!(fields(&with(Cache { tools: Vec::new(), ..Cache::default() })), ["cache.tool"]);
        assert_eq!(fields(&with(Cache { remote_only: true, ..Cache::default() })), ["cache.remote_only"]);
        let bucket = with(Cache {
            tools: vec![Tool::Sccache],
            remote: vec![RemoteFields::new("s3")],
            ..Cache::default()
        });
        assert_eq!(fields(&bucket), ["cache.remote.bucket"]);
        let unknown = with(Cache { remote: vec![RemoteFields::new("floppy")], ..Cache::default() });
        assert!(!fields(&unknown).is_empty());
        let mut config = Config::default();
        let profile = |name: &str| Variant { profile: Some(name.to_owned()), ..Variant::default() };
        config.variants.extend([profile("ci"), profile("CI"), profile("a b")]);
        config.variants[1].presets = Presets { build_types: Vec::new(), ..Presets::default() };
        assert_eq!(fields(&config), ["profiles.ci.presets.build_types", "profiles", "profiles"]);
        assert_eq!(
            fields(&Config { toolchains: vec!["arm".to_owned()], ..Config::default() }),
            ["toolchains"]
        );
    }
}
