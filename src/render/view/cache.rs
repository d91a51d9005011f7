//! The context of `toolchain/cache.cmake.j2`.

use serde::Serialize;

use super::super::RenderError;
use crate::caching::remote::OnOlderTool;
use crate::caching::secret::Credential;
use crate::config::model::{
    DirectMode, Distribute, DistributeHost, Language, OnDistributionFailure, OnFailure, Shared,
};
use crate::plan::{CachePlan, ToolPlan};

#[derive(Debug, Clone, Serialize)]
pub(super) struct CacheView {
    tools: Vec<ToolView>,
    min_version: Option<String>,
    /// `None` if the configuration does not set it.
    size_gb: Option<u32>,
    dir: Option<String>,
    /// `None` is the default.
    shared: Option<&'static str>,
    languages: Vec<&'static str>,
    on_failure: &'static str,
    relocatable: bool,
    base_dirs: Vec<String>,
    direct_mode: &'static str,
    location: Option<String>,
    servers: Vec<String>,
    distribute: Option<DistributeView>,
}

#[derive(Debug, Clone, Serialize)]
struct DistributeView {
    engine: &'static str,
    /// The entries of `DISTCC_HOSTS`; empty with other engines.
    hosts: Vec<String>,
    /// The URL of the scheduler; `None` for distcc.
    scheduler: Option<String>,
    /// The template of its token.
    token: Option<String>,
    /// `None` is the number of processors.
    local_slots: Option<u32>,
    /// `None` is the default.
    preprocess: Option<u32>,
    timeout: u32,
    /// `None` is the default.
    on_failure: Option<&'static str>,
}

impl DistributeView {
    fn new(distribute: &Distribute) -> Result<Self, RenderError> {
        let preprocess = Some(distribute.preprocess).filter(|number| *number != Distribute::PREPROCESS);
        let on_failure =
            Some(distribute.on_failure).filter(|reaction| *reaction != OnDistributionFailure::Fallback);
        let token = match &distribute.token {
            Some(Credential::Variable(name)) => Some(format!("{{{name}}}")),
            Some(Credential::Value(_)) => {
                return Err(RenderError::SecretValue { setting: "distribute.credentials.token" });
            }
            None => None,
        };
        Ok(Self {
            engine: distribute.engine.name(),
            hosts: distribute.hosts.iter().map(DistributeHost::entry).collect(),
            scheduler: distribute.scheduler.clone(),
            token,
            local_slots: distribute.local_slots,
            preprocess,
            timeout: distribute.timeout_s,
            on_failure: on_failure.map(OnDistributionFailure::name),
        })
    }
}

#[derive(Debug, Clone, Serialize)]
struct ToolView {
    name: &'static str,
    /// `SCCACHE`, the prefix of the module's keywords.
    keyword: String,
    /// `NAME=VALUE`
    settings: Vec<String>,
    /// `NAME=TEMPLATE`
    secrets: Vec<String>,
    /// `NAME=VERSION`: settings that are left out for an older tool.
    since: Vec<String>,
    /// `NAME=VERSION`: settings that the remote cache requires.
    requires: Vec<String>,
}

impl CacheView {
    pub(super) fn new(cache: &CachePlan, distribute: Option<&Distribute>) -> Result<Self, RenderError> {
        Ok(Self {
            tools: cache.tools.iter().map(ToolView::new).collect::<Result<Vec<_>, _>>()?,
            min_version: cache.min_version.map(|version| version.to_string()),
            size_gb: cache.is_size_set.then_some(cache.size_gb),
            dir: cache.dir.as_ref().map(ToString::to_string),
            shared: Some(cache.shared).filter(|shared| *shared != Shared::Project).map(Shared::name),
            languages: cache.languages.iter().copied().map(Language::cmake_name).collect(),
            on_failure: cache.on_failure.name(),
            relocatable: cache.relocatable,
            base_dirs: cache.base_dirs.clone(),
            direct_mode: cache.direct_mode.cmake_value(),
            location: cache.location_of_chosen.clone(),
            servers: cache.servers.clone(),
            distribute: distribute.map(DistributeView::new).transpose()?,
        })
    }
}

impl CacheView {
    /// That of a build without a cache, whose launcher only distributes.
    pub(super) fn without_cache(distribute: &Distribute) -> Result<Self, RenderError> {
        let none = ToolView {
            name: "none",
            keyword: String::new(),
            settings: Vec::new(),
            secrets: Vec::new(),
            since: Vec::new(),
            requires: Vec::new(),
        };
        Ok(Self {
            tools: vec![none],
            min_version: None,
            size_gb: None,
            dir: None,
            shared: None,
            languages: vec![Language::C.cmake_name(), Language::Cxx.cmake_name()],
            on_failure: OnFailure::Fallback.name(),
            relocatable: true,
            base_dirs: Vec::new(),
            direct_mode: DirectMode::Auto.cmake_value(),
            location: None,
            servers: Vec::new(),
            distribute: Some(DistributeView::new(distribute)?),
        })
    }
}

impl ToolView {
    fn new(plan: &ToolPlan) -> Result<Self, RenderError> {
        let mut view = Self {
            name: plan.tool.name(),
            keyword: plan.tool.name().to_ascii_uppercase(),
            settings: Vec::new(),
            secrets: Vec::new(),
            since: Vec::new(),
            requires: Vec::new(),
        };
        for setting in &plan.settings {
            let name = setting.name;
            let value = setting.value.template().ok_or(RenderError::SecretValue { setting: name })?;
            let values = if setting.value.is_secret() { &mut view.secrets } else { &mut view.settings };
            values.push(format!("{name}={value}"));
            if let Some(version) = setting.since {
                let gates = match setting.on_older_tool {
                    OnOlderTool::Drop => &mut view.since,
                    OnOlderTool::Refuse => &mut view.requires,
                };
                gates.push(format!("{name}={version}"));
            }
        }
        Ok(view)
    }
}
