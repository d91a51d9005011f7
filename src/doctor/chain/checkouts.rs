//! Whether a second checkout at another path gets the objects of the first one: with the flags of this build, in two folders of a
//! throw-away cache. Another checkout of the build itself would make its daemon restart.

use std::collections::BTreeMap;
use std::time::Duration;

use super::remote::{compiler, folder_variable};
use super::replica::{Checkout, Parts, Replica};
use super::{Build, Finding, Link, Subject};
use crate::caching::remote::variables;
use crate::caching::tool::{Tool, Version};
use crate::doctor::replay::{Limits, Run, try_once, unshareable_reason};
use crate::doctor::{BuildTree, Explanation, ReplayError};
use crate::launch::settings::{Direct, Settings};

pub(super) const LINK: Link = Link { name: "checkouts", limit: Duration::from_millis(8800), examine };

/// The longest time for a step of a compilation.
const STEP: Duration = Duration::from_secs(3);

fn examine(subject: &Subject) -> Vec<Finding> {
    let Some((build, tool, version)) = subject.caching_build() else { return Vec::new() };
    if !build.has_program {
        return Vec::new();
    }
    // The link `launcher` reports what cannot be read.
    let Some(settings) = Settings::read(build.own_folder().join("launcher.json").as_std_path()).ok() else {
        return Vec::new();
    };
    if !settings.relocatable {
        return vec![Finding::doubtful(
            LINK.name,
            "other checkouts do not share objects, because `cache.relocatable` is false",
            "remove it, and configure the build again",
        )];
    }
    match try_two(subject, build, &settings, tool, version) {
        Ok(finding) => finding.into_iter().collect(),
        Err(reason) => vec![Finding::doubtful(
            LINK.name,
            format!("not checked: {reason}"),
            "check a source file with `--why`",
        )],
    }
}

fn try_two(
    subject: &Subject,
    build: &Build,
    settings: &Settings,
    tool: Tool,
    version: Version,
) -> Result<Option<Finding>, String> {
    let Some((compiler, extension)) = compiler(subject) else { return Ok(None) };
    let Some(launcher) = build.launcher.clone().filter(|_| build.program.is_file()) else { return Ok(None) };
    let tree = BuildTree::open(&build.folder).map_err(|error| error.to_string())?;
    let flags = tree.flags(if extension == "c" { "C" } else { "CXX" });
    let words = |error: std::io::Error| error.to_string();
    let mut replica = Replica::new(Parts {
        tool,
        version,
        program: build.program.clone(),
        launcher,
        environment: without_storage(settings, tool),
        secrets: BTreeMap::new(),
        unset: Vec::new(),
        is_relocatable: true,
        has_guard: settings.direct_mode == Direct::Auto,
    })
    .map_err(words)?;
    let first = replica.checkout("first", (&compiler, extension), &flags, &[]).map_err(words)?;
    let second = replica.checkout("second", (&compiler, extension), &flags, &[]).map_err(words)?;
    // The daemon learns the base directories of both before it counts.
    if tool == Tool::Sccache {
        for checkout in [&second, &first] {
            let started = Replica::start(checkout, STEP).map_err(|error| error.to_string())?;
            if !started.status.success() {
                return Err(super::first_line(&started.message()).to_owned());
            }
        }
    }
    let run =
        |checkout: &Checkout| try_once(replica.cache(checkout), &checkout.unit, Limits::of_trial(STEP), &[]);
    let in_words = |error: ReplayError| error.to_string();
    match run(&first).map_err(in_words)? {
        Run::Miss { stored: true } => {}
        Run::Fails(message) => return Err(format!("the trial does not compile: {message}")),
        Run::Uncacheable(explanation) => return Ok(Some(unshared(&explanation))),
        Run::Without => return Ok(Some(why(&replica, &first))),
        Run::Hit | Run::Miss { stored: false } => return Err("the trial was not stored".to_owned()),
    }
    match run(&second).map_err(in_words)? {
        Run::Hit => Ok(Some(Finding::fine(LINK.name, "a checkout in another folder hits"))),
        _ => Ok(Some(why(&replica, &second))),
    }
}

/// The settings of the build that do not select a storage.
fn without_storage(settings: &Settings, tool: Tool) -> BTreeMap<String, String> {
    let choosing = variables::cleared(tool);
    let mut environment =
        settings.storages.first().map(|storage| storage.environment.clone()).unwrap_or_default();
    environment.retain(|name, _| !choosing.contains(&name.as_str()) && name != folder_variable(tool));
    environment
}

fn why(replica: &Replica, checkout: &Checkout) -> Finding {
    let reason = unshareable_reason(replica.cache(checkout), &checkout.unit);
    unshared(&reason.unwrap_or_else(|| Explanation {
        because: "an option of the build contains the path of the checkout".to_owned(),
        help: "check a source file with `--why`".to_owned(),
    }))
}

fn unshared(explanation: &Explanation) -> Finding {
    Finding::doubtful(
        LINK.name,
        format!("a checkout in another folder does not hit, because {}", explanation.because),
        explanation.help.clone(),
    )
}
