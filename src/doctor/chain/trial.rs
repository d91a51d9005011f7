//! A trial compilation by the launcher of the build, with its daemon and its storage: it must be stored, and then hit.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::{Build, CONFIGURE_AGAIN, Finding, Link, Subject};
use crate::caching::statistics::{CacheStats, StatsError, stats_within};
use crate::caching::tool::{Tool, Version};
use crate::doctor::replay::{Limits, try_twice};
use crate::doctor::{
    BuildTree, CacheOfBuild, Explanation, Outcome, ReplayError, Unit, explain_ccache, explain_sccache,
};
use crate::probe::program::{self, RunError};

pub(super) const LINK: Link = Link { name: "compilation", limit: Duration::from_millis(8800), examine };

/// The longest time for a step. A storage that hangs is noticed within this time.
const STEP: Duration = Duration::from_millis(6500);
/// The longest time for the tool to print its statistics, and to stop.
const ANSWER: Duration = Duration::from_secs(4);

fn examine(subject: &Subject) -> Vec<Finding> {
    let Some((build, tool, version)) = subject.caching_build() else { return Vec::new() };
    let Some(cache) = build.cache() else { return Vec::new() };
    // Before the trial, which sccache counts.
    let statistics = statistics(build, tool, version, cache.launcher);
    let mut findings = vec![compile_twice(build, cache)];
    findings.extend(statistics);
    findings
}

fn compile_twice(build: &Build, cache: CacheOfBuild<'_>) -> Finding {
    let about = LINK.name;
    let unit = match trial(build, cache.launcher) {
        Ok(Some(unit)) => unit,
        Ok(None) => {
            return Finding::doubtful(
                about,
                "not checked: the build has no compiler for C or C++",
                "check a source file with `--why`",
            );
        }
        Err(reason) => return Finding::broken(about, reason, CONFIGURE_AGAIN),
    };
    let result = try_twice(cache, &unit, Limits::of_trial(STEP));
    if let Some(folder) = unit.source.parent() {
        // Only the trial is in this folder.
        let _ = fs_err::remove_dir_all(folder);
    }
    if cache.tool == Tool::Sccache && build.running.is_none() {
        // It was started for the trial only. The next compilation starts another one, whose counters begin with zero.
        let no_environment: [(&str, &str); 0] = [];
        let _ = program::run(cache.launcher, &["--stop-server"], no_environment, Duration::from_secs(1));
    }
    match result {
        Ok(Outcome::New) => Finding::fine(about, "a trial file was stored and then hit"),
        Ok(Outcome::NotStored(Explanation { because, help })) => Finding::broken(about, because, help),
        Ok(outcome) => {
            let (because, help) = words(&outcome);
            Finding::broken(about, format!("trial file: {because}"), help)
        }
        Err(ReplayError::Busy) => {
            Finding::doubtful(about, "not checked: a build is using the cache", "try again after the build")
        }
        Err(ReplayError::Run(RunError::TimedOut { .. })) => Finding::broken(
            about,
            format!("the cache does not answer within {} s", STEP.as_secs()),
            "see the links `daemon` and `remote`; compilations wait for it, and then run without the cache",
        ),
        Err(error) => Finding::broken(about, error.to_string(), CONFIGURE_AGAIN),
    }
}

fn words(outcome: &Outcome) -> (String, String) {
    let explained = |before: &str, explanation: &Explanation| {
        (format!("{before}{}", explanation.because), explanation.help.clone())
    };
    match outcome {
        Outcome::Uncacheable(explanation) => explained("it cannot be cached, because ", explanation),
        Outcome::Bypassed(explanation) => explained("it is not cached, because ", explanation),
        Outcome::Volatile(explanation) | Outcome::NotStored(explanation) => {
            explained("it never hits, because ", explanation)
        }
        Outcome::Fails(message) => {
            (format!("it does not compile: {message}"), "see the error of the compiler".to_owned())
        }
        Outcome::Hit | Outcome::New => (
            "it was a hit, although the cache was told to compile it again".to_owned(),
            "report this as a bug".to_owned(),
        ),
    }
}

/// The compilation of a file in the build folder, or in a temporary folder if the build folder cannot be written. In the build
/// folder, it has the same key each time.
fn trial(build: &Build, launcher: &Utf8Path) -> Result<Option<Unit>, String> {
    let tree = BuildTree::open(&build.folder).map_err(|error| error.to_string())?;
    let Some((compiler, extension)) = tree.compiler().map_err(|error| error.to_string())? else {
        return Ok(None);
    };
    let write = |folder: &Utf8Path| {
        fs_err::create_dir_all(folder)?;
        let source = folder.join(format!("trial.{extension}"));
        fs_err::write(&source, "int toolchainkit_trial;\n").map(|()| source)
    };
    let own = build.own_folder();
    let own = own.canonicalize_utf8().unwrap_or(own).join("trial");
    let source = write(&own).or_else(|_| {
        let folder = tempfile::Builder::new().prefix("tk-trial-").tempdir()?;
        write(&Utf8PathBuf::from(folder.keep().to_string_lossy().into_owned()))
    });
    let source = source.map_err(|error| error.to_string())?;
    let directory = source.parent().map(Utf8Path::to_owned).unwrap_or_default();
    let words = [launcher.as_str(), compiler.as_str(), "-c", source.as_str(), "-o", "trial.o"];
    let words = words.map(str::to_owned).to_vec();
    Ok(Some(Unit { source, object: "trial.o".to_owned(), directory, words }))
}

// --- the counters of the tool -----------------------------------------------------------------------------------------

/// The statistics of the tool, with an explanation of each reason for uncached compilations.
fn statistics(build: &Build, tool: Tool, version: Version, launcher: &Utf8Path) -> Vec<Finding> {
    let about = "statistics";
    if tool == Tool::Sccache && build.running.is_none() {
        return vec![Finding::fine(about, "none, because the daemon is not running")];
    }
    let stats = match stats_within(tool, version, launcher, &build.location, ANSWER) {
        Ok(stats) => stats,
        // The link `daemon` reports this.
        Err(StatsError::Run(RunError::TimedOut { .. })) if tool == Tool::Sccache => return Vec::new(),
        Err(error) => return vec![Finding::broken(about, error.to_string(), CONFIGURE_AGAIN)],
    };
    let CacheStats { hits, misses, uncacheable, errors, .. } = stats;
    let note = match tool {
        // sccache has no setting for this.
        Tool::Sccache => "; sccache also counts the miss and the hit of this check",
        Tool::Ccache => "",
    };
    let text = format!("{hits} hits, {misses} misses, {uncacheable} not cacheable{note}");
    let mut findings = vec![Finding::fine(about, text)];
    if errors > 0 {
        findings.push(Finding::doubtful(
            "errors",
            format!("{errors}; the affected files were compiled without the cache"),
            "check `toolchainkit server status`, and the log of the storage",
        ));
    }
    for (number, explanation) in reasons(launcher, tool, version) {
        let text = format!("{number}, because {}", explanation.because);
        findings.push(Finding::doubtful("not cached", text, explanation.help));
    }
    findings
}

fn reasons(launcher: &Utf8Path, tool: Tool, version: Version) -> Vec<(u64, Explanation)> {
    let no_environment: [(&str, &str); 0] = [];
    let printed = program::run(launcher, tool.stats_arguments(version), no_environment, ANSWER).ok();
    let explain = |name: &str| match tool {
        Tool::Sccache => explain_sccache(name),
        Tool::Ccache => explain_ccache(name, ""),
    };
    let counts = printed.map(|finished| tool.reasons(&finished.stdout)).unwrap_or_default();
    counts.into_iter().map(|(name, number)| (number, explain(&name))).collect()
}
