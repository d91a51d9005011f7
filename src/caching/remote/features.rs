//! What a tool must have been built with for a backend: distributions leave out remote storage.

use std::time::Duration;

use super::BACKENDS;
use crate::caching::cache_tool::CacheTool;
use crate::caching::tool::Tool;
use crate::probe::program;

/// A tool that only has to print what it was built with.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A part of a tool that a backend needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The tool.
    pub tool: Tool,
    /// The tool's own name for it.
    pub name: &'static str,
    /// The scheme of the addresses that need it; `None` for all of the backend.
    pub scheme: Option<&'static str>,
}

impl Feature {
    /// What sccache needs.
    pub(super) const fn of_sccache(name: &'static str) -> Self {
        Self { tool: Tool::Sccache, name, scheme: None }
    }

    /// What ccache needs for the addresses of a scheme.
    pub(super) const fn of_ccache(scheme: &'static str, name: &'static str) -> Self {
        Self { tool: Tool::Ccache, name, scheme: Some(scheme) }
    }
}

/// The backends that a tool with these features can use, each once, in the order of the features.
fn able(tool: Tool, features: &[&str]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for printed in features {
        let needs = |feature: &Feature| feature.tool == tool && feature.name == *printed;
        let able = BACKENDS.iter().find(|backend| backend.features().iter().any(needs));
        names.extend(able.map(|backend| backend.name()).filter(|name| !names.contains(name)));
    }
    names
}

impl CacheTool {
    /// The remote caches that the tool was built for, by their names in `toolchainkit.yaml`; `None` if it cannot say.
    #[must_use]
    pub fn backends(&self) -> Option<Vec<&'static str>> {
        let no_environment: [(&str, &str); 0] = [];
        let printed = program::run(&self.path, self.tool.features_arguments(), no_environment, TIMEOUT);
        Some(able(self.tool, &self.tool.parse_features(&printed.ok()?.stdout)?))
    }
}

/// The schemes of addresses that a ccache may have been built without, and its name for each, in the order of the schemes.
#[must_use]
pub fn ccache_schemes() -> Vec<(&'static str, &'static str)> {
    let features = BACKENDS.iter().flat_map(|backend| backend.features());
    let of_ccache = features.filter(|feature| feature.tool == Tool::Ccache);
    let mut schemes =
        of_ccache.filter_map(|feature| Some((feature.scheme?, feature.name))).collect::<Vec<_>>();
    schemes.sort_unstable();
    schemes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caching::remote::Support;

    #[test]
    fn the_features_of_a_tool_are_those_of_backends() {
        assert_eq!(able(Tool::Sccache, &["dist-client", "Redis", "WebDAV"]), ["redis", "http"]);
        let printed = ["avx2", "file-storage", "http-storage", "redis+unix-storage", "redis-storage"];
        assert_eq!(able(Tool::Ccache, &printed), ["file", "http", "redis"]);
    }

    #[test]
    fn each_backend_names_a_feature_of_each_tool_that_can_use_it() {
        for backend in BACKENDS {
            for tool in Tool::ALL {
                let named = backend.features().iter().any(|feature| feature.tool == tool);
                let supported = matches!(backend.support(tool), Support::Since(_));
                assert_eq!(named, supported, "{} and {tool}", backend.name());
            }
        }
    }
}
