//! `init --ci`: a file for a CI system that builds the project with its cache. No I/O.

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::caching::remote::{Access, FieldValue, Login, RemoteFields, backend};
use crate::caching::secret::Credential;
use crate::caching::tool::{Tool, variables};
use crate::config::Config;
use crate::config::model::{PresetKind, Variant};
use crate::plan::{Plan, VariantPlan};

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum System {
    /// GitHub Actions
    Github,
    /// GitLab CI/CD
    Gitlab,
    /// Azure Pipelines
    Azure,
    /// Jenkins
    Jenkins,
}

impl System {
    /// The template.
    pub(crate) const fn template(self) -> &'static str {
        match self {
            Self::Github => "ci/github.yml.j2",
            Self::Gitlab => "ci/gitlab.yml.j2",
            Self::Azure => "ci/azure.yml.j2",
            Self::Jenkins => "ci/jenkins.groovy.j2",
        }
    }

    /// The paths of the file, relative to the repository: the one that the system reads by itself, and one that the user has to
    /// include, for a repository that has the first one already.
    pub(crate) const fn paths(self) -> [&'static str; 2] {
        match self {
            Self::Github => [".github/workflows/build.yml", ".github/workflows/toolchainkit.yml"],
            Self::Gitlab => [".gitlab-ci.yml", ".gitlab/toolchainkit.yml"],
            Self::Azure => ["azure-pipelines.yml", "azure-pipelines/toolchainkit.yml"],
            Self::Jenkins => ["Jenkinsfile", "Jenkinsfile.toolchainkit"],
        }
    }

    /// How the user makes the system read the file at the second path.
    pub(crate) const fn inclusion(self) -> &'static str {
        match self {
            Self::Github => "GitHub runs it beside the other workflows",
            Self::Gitlab => "add `include: { local: .gitlab/toolchainkit.yml }` to .gitlab-ci.yml",
            Self::Azure => "create a pipeline with this path in Azure DevOps",
            Self::Jenkins => "create a pipeline with this script path in Jenkins",
        }
    }
}

/// What the templates print.
#[derive(Debug, Serialize)]
pub(crate) struct Pipeline {
    /// The version of toolchainkit to install.
    version: &'static str,
    /// The cache tool to install, an extra of the package.
    tool: &'static str,
    /// The folder of the project in the repository; `None` for its top.
    folder: Option<Utf8PathBuf>,
    /// The preset; `None` if the project has none of ours.
    preset: Option<String>,
    /// The preset for pull requests of forks, which must not write to the remote cache.
    fork_preset: Option<String>,
    /// The toolchain file, for a project without presets.
    toolchain: Utf8PathBuf,
    /// Whether there are tests to run.
    tests: bool,
    /// The folder that the CI system saves and restores, relative to the repository. `None` with a remote cache.
    saved: Option<Utf8PathBuf>,
    /// The variable that selects this folder; `None` if the configuration does.
    dir_variable: Option<&'static str>,
    /// The variable for the limit of the cache; `None` if the configuration sets it.
    size_variable: Option<&'static str>,
    /// The variables with the secrets of the remote cache.
    secrets: Vec<String>,
    /// The provider of a short-lived token, which a storage without credentials accepts.
    identity: Option<&'static str>,
    /// The region of the storage.
    region: String,
    /// Whether the storage is the cache of GitHub Actions.
    is_gha: bool,
}

/// The folder of the local cache, which the CI system saves.
const SAVED: &str = ".toolchainkit/cache";

impl Pipeline {
    /// The pipeline for a configuration in `folder`, a path relative to the repository.
    pub(crate) fn new(config: &Config, plan: &Plan, folder: &Utf8Path) -> Self {
        let chosen = chosen(config, plan);
        let variant = chosen.map_or_else(|| &config.variants[0], |(variant, _)| variant);
        let cache = &variant.cache;
        let tool = cache.tools.first().copied().unwrap_or(Tool::Sccache);
        let logins = || cache.remote.iter().filter_map(login);
        let own = |dir: &Utf8Path| !dir.is_absolute() && !dir.as_str().contains("..");
        let saved = match &cache.dir {
            _ if !cache.enabled || !cache.remote.is_empty() => None,
            None => Some(Utf8PathBuf::from(SAVED)),
            Some(dir) if own(dir) => Some(folder.join(dir)),
            Some(_) => None,
        };
        let [dir_variable, size_variable] = match tool {
            Tool::Sccache => [variables::SCCACHE_DIR, variables::SCCACHE_CACHE_SIZE],
            Tool::Ccache => [variables::CCACHE_DIR, variables::CCACHE_MAXSIZE],
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            tool: tool.name(),
            folder: Some(folder.to_owned()).filter(|folder| !folder.as_str().is_empty()),
            preset: chosen.map(|(_, name)| name.to_owned()),
            fork_preset: chosen.and_then(|(variant, name)| for_forks(config, plan, variant, name)),
            toolchain: plan.output.toolchain.clone(),
            tests: chosen.is_none_or(|(variant, _)| {
                plan.variant(variant.profile.as_deref())
                    .is_some_and(|plan| plan.kinds.contains(&PresetKind::Test))
            }),
            dir_variable: (saved.is_some() && cache.dir.is_none()).then_some(dir_variable),
            size_variable: (saved.is_some() && !cache.is_size_set).then_some(size_variable),
            saved,
            secrets: secrets(&cache.remote),
            identity: logins().find_map(Login::provider),
            region: cache
                .remote
                .iter()
                .find_map(|remote| remote.get("region"))
                .unwrap_or("us-east-1")
                .to_owned(),
            is_gha: logins().any(|login| login == Login::Actions),
        }
    }

    /// The variables with secrets that the user has to define in the settings of the CI system.
    pub(crate) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Whether pull requests from forks have a preset of their own, or no remote cache to write to.
    pub(crate) const fn protects_from_forks(&self) -> bool {
        self.saved.is_some() || self.fork_preset.is_some()
    }
}

/// The variant for CI (the profile `ci` if there is one), and its preset: a release build of `toolchain` if there is one.
fn chosen<'a>(config: &'a Config, plan: &'a Plan) -> Option<(&'a Variant, &'a str)> {
    plan.output.presets.as_ref()?;
    let is_for_ci = |variant: &&Variant| variant.profile.as_deref() == Some("ci");
    let first = config.variants.iter().filter(is_for_ci).chain(&config.variants);
    let mut found = first.filter_map(|variant| {
        let plan = plan.variant(variant.profile.as_deref())?;
        Some((variant, preset(plan)?))
    });
    found.next()
}

fn preset(plan: &VariantPlan) -> Option<&str> {
    let can_build = [PresetKind::Configure, PresetKind::Build].iter().all(|kind| plan.kinds.contains(kind));
    let presets = plan.presets.iter().filter(|_| can_build);
    let rank = |preset: &crate::plan::Preset| {
        let release = ["Release", "RelWithDebInfo"].iter().position(|name| preset.build_type == *name);
        (preset.toolchain.is_some(), release.unwrap_or(usize::MAX))
    };
    presets.min_by_key(|preset| rank(preset)).map(|preset| preset.name.as_str())
}

/// The preset of a profile that differs from `variant` in its access: it only reads the remote cache.
fn for_forks(config: &Config, plan: &Plan, variant: &Variant, name: &str) -> Option<String> {
    let writes =
        |variant: &Variant| variant.cache.remote.iter().any(|remote| remote.access == Access::ReadWrite);
    if !writes(variant) {
        return None;
    }
    let mut readers = config.variants.iter().filter(|other| !writes(other));
    readers.find_map(|reader| {
        let plan = plan.variant(reader.profile.as_deref())?;
        preset(plan).filter(|preset| *preset != name).map(str::to_owned)
    })
}

/// The login that a storage without credentials needs.
fn login(remote: &RemoteFields) -> Option<Login> {
    backend(&remote.backend_type)?.login(remote)
}

fn secrets(remotes: &[RemoteFields]) -> Vec<String> {
    let values = remotes.iter().flat_map(RemoteFields::values);
    let mut names = values
        .filter_map(|(_, _, value)| match value {
            FieldValue::Credential(Credential::Variable(name)) => Some(name.clone()),
            _ => None,
        })
        .collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names
}
