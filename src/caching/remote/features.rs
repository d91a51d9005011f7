//! The build features of a tool that a backend needs. Some distributions omit them.

use std::time::Duration;

use super::BACKENDS;
use crate::caching::cache_tool::CacheTool;
use crate::caching::tool::Tool;
use crate::probe::program;

/// The timeout for a tool to print its features.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A feature of a tool that a backend needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The tool.
    pub tool: Tool,
    /// Its name in the output of the tool.
    pub name: &'static str,
    /// The scheme of the addresses that need it; `None` if the backend always needs it.
    pub scheme: Option<&'static str>,
}

impl Feature {
    /// A feature of sccache.
    pub(super) const fn of_sccache(name: &'static str) -> Self {
        Self { tool: Tool::Sccache, name, scheme: None }
    }

    /// A feature of ccache for the addresses with this scheme.
    pub(super) const fn of_ccache(scheme: &'static str, name: &'static str) -> Self {
        Self { tool: Tool::Ccache, name, scheme: Some(scheme) }
    }
}

/// The backends that a tool with these features supports, without duplicates, in the order of the features.
fn supported_backends(tool: Tool, features: &[&str]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for printed in features {
        let needs = |feature: &Feature| feature.tool == tool && feature.name == *printed;
        let backend = BACKENDS.iter().find(|backend| backend.features().iter().any(needs));
        names.extend(backend.map(|backend| backend.name()).filter(|name| !names.contains(name)));
    }
    names
}

impl CacheTool {
    /// The backends that the tool was built with, by their names in `toolchainkit.yaml`; `None` if it is too old to print
    /// them.
    #[must_use]
    pub fn backends(&self) -> Option<Vec<&'static str>> {
        let no_environment: [(&str, &str); 0] = [];
        let printed = program::run(&self.path, self.tool.features_arguments(), no_environment, TIMEOUT);
        Some(supported_backends(self.tool, &self.tool.parse_features(&printed.ok()?.stdout)?))
    }
}

/// The schemes that ccache may have been built without, each with the name of its feature, sorted by scheme.
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
    fn the_features_of_a_tool_determine_its_backends() {
        assert_eq!(supported_backends(Tool::Sccache, &["dist-client", "Redis", "WebDAV"]), ["redis", "http"]);
        let printed = ["avx2", "file-storage", "http-storage", "redis+unix-storage", "redis-storage"];
        assert_eq!(supported_backends(Tool::Ccache, &printed), ["file", "http", "redis"]);
    }

    #[test]
    fn each_backend_has_a_feature_for_each_tool_that_supports_it() {
        for backend in BACKENDS {
            for tool in Tool::ALL {
                let named = backend.features().iter().any(|feature| feature.tool == tool);
                let supported = matches!(backend.support(tool), Support::Since(_));
                assert_eq!(named, supported, "{} and {tool}", backend.name());
            }
        }
    }
}
