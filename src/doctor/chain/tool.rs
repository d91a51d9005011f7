//! The cache tool: found, trusted, the version that was configured, new enough, and built with the storage.

use std::time::Duration;

use super::{Build, CONFIGURE_AGAIN, Finding, Link, Mode, OF_LINK, Subject, Wanted};
use crate::caching::detection::{BuildCacheManager, CacheTool, identify};
use crate::caching::tool::{Tool, Version};
use crate::install::Silent;
use crate::probe::program::{self, RunError};
use crate::trust;

pub(super) const LINK: Link = Link { name: "tool", limit: OF_LINK, examine };

/// The longest time for a tool to print its version.
const VERSION: Duration = Duration::from_secs(4);

fn examine(subject: &Subject) -> Vec<Finding> {
    match subject.build() {
        Some(build) if build.mode != Mode::None => of_build(build, subject.wanted()),
        Some(_) => Vec::new(),
        None => subject.wanted().map(of_machine).into_iter().collect(),
    }
}

/// The tool that the module would choose.
fn of_machine(wanted: &Wanted) -> Finding {
    match chosen(wanted) {
        Ok(CacheTool { tool, path, version }) => {
            Finding::fine(LINK.name, format!("{tool} {version}, {path}"))
        }
        Err(reason) => Finding::broken(
            LINK.name,
            reason,
            "run `toolchainkit install`, or install the tool with your package manager",
        ),
    }
}

/// The tool that a build of this configuration would use, or the reason why there is none.
pub(super) fn chosen(wanted: &Wanted) -> Result<CacheTool, String> {
    let manager = BuildCacheManager::new()
        .tools(wanted.tools.iter().map(|tool| tool.tool))
        .backends(wanted.backends.clone())
        .install(None);
    let manager =
        wanted.min_version.map_or_else(|| manager.clone(), |version| manager.clone().min_version(version));
    manager.find_or_install(&Silent).map(|candidate| candidate.tool).map_err(|error| error.to_string())
}

fn of_build(build: &Build, wanted: Option<&Wanted>) -> Vec<Finding> {
    let about = LINK.name;
    let Some((tool, version)) = build.tool else {
        return vec![Finding::broken(about, "cache.json contains no valid tool", CONFIGURE_AGAIN)];
    };
    let program = &build.program;
    if let Err(doubt) = trust::check_program(program.as_std_path()) {
        return vec![Finding::broken(
            about,
            format!("{program} is not trusted: {doubt}"),
            format!("change the permissions, or install the tool elsewhere, and {CONFIGURE_AGAIN}"),
        )];
    }
    let no_environment: [(&str, &str); 0] = [];
    if let Err(RunError::TimedOut { limit, .. }) =
        program::run(program, &["--version"], no_environment, VERSION)
    {
        let text = format!("{program} does not print its version within {} s", limit.as_secs());
        return vec![Finding::broken(about, text, format!("install the tool again, and {CONFIGURE_AGAIN}"))];
    }
    let Some(found) = identify(tool, program) else {
        let text = if program.exists() {
            format!("{program} cannot be run, or is not {tool}")
        } else {
            format!("{program} cannot be run: it does not exist")
        };
        let help =
            format!("install it again (for example with `toolchainkit install`), and {CONFIGURE_AGAIN}");
        return vec![Finding::broken(about, text, help)];
    };
    let mut findings = Vec::new();
    if found.version != version {
        let text =
            format!("{program} is version {}, but the build was configured with {version}", found.version);
        findings.push(Finding::doubtful(about, text, CONFIGURE_AGAIN));
    }
    if let Some(wanted) = wanted {
        findings.extend(unwanted(tool, found.version, wanted));
        if build.mode == Mode::Remote || !build.reason.is_empty() {
            findings.extend(missing_feature(&found, wanted));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::fine(about, format!("{tool} {version}, {program}")));
    }
    findings
}

fn unwanted(tool: Tool, version: Version, wanted: &Wanted) -> Option<Finding> {
    let help = || format!("run `toolchainkit install`, and {CONFIGURE_AGAIN}");
    if !wanted.tools.iter().any(|wanted| wanted.tool == tool) {
        let text = format!("the build uses {tool}, which toolchainkit.yaml does not allow");
        return Some(Finding::degraded(LINK.name, text, help()));
    }
    let oldest = wanted.min_version.filter(|oldest| version < *oldest)?;
    let text = format!("{tool} {version} is too old: toolchainkit.yaml requires {oldest} or newer");
    Some(Finding::degraded(LINK.name, text, help()))
}

fn missing_feature(tool: &CacheTool, wanted: &Wanted) -> Option<Finding> {
    let supported = tool.backends()?;
    let missing = wanted.backends.iter().filter(|backend| !supported.contains(&backend.as_str()));
    let missing = missing.map(String::as_str).collect::<Vec<_>>().join(" and ");
    (!missing.is_empty()).then(|| {
        Finding::degraded(
            LINK.name,
            format!(
                "{} {} at {} was built without support for {missing}",
                tool.tool, tool.version, tool.path
            ),
            format!(
                "run `toolchainkit install`, which installs a build with all storages, and {CONFIGURE_AGAIN}"
            ),
        )
    })
}
