//! `toolchainkit.yaml`, and the files that are generated from it.

use camino::Utf8PathBuf;

use super::{Finding, Generated, Link, OF_LINK, Project, Subject};

pub(super) const CONFIGURATION: Link = Link { name: "config", limit: OF_LINK, examine: configuration };
pub(super) const GENERATED: Link = Link { name: "generated", limit: OF_LINK, examine: generated };

fn configuration(subject: &Subject) -> Vec<Finding> {
    let about = CONFIGURATION.name;
    match &subject.project {
        Project::None => Vec::new(),
        Project::Invalid { path, errors } => vec![Finding::broken(
            about,
            format!("{path} cannot be used: {errors}"),
            "run `toolchainkit validate`, which shows the place of each error",
        )],
        Project::Valid { path, is_unknown_profile: true, .. } => vec![Finding::degraded(
            about,
            format!("{path} no longer contains the profile of this build"),
            "configure the build again with a profile of this file",
        )],
        Project::Valid { path, wanted: None, .. } => {
            vec![Finding::doubtful(
                about,
                format!("{path}: `cache.enabled` is false"),
                "remove it to use a cache",
            )]
        }
        Project::Valid { path, .. } => vec![Finding::fine(about, format!("{path} is valid"))],
    }
}

fn generated(subject: &Subject) -> Vec<Finding> {
    let about = GENERATED.name;
    let Project::Valid { generated, .. } = &subject.project else { return Vec::new() };
    let Generated { total, stale, missing, foreign } = match generated {
        Ok(generated) => generated,
        Err(reason) => {
            return vec![Finding::degraded(
                about,
                format!("not checked: {reason}"),
                "run `toolchainkit generate --check`",
            )];
        }
    };
    let names = |paths: &[Utf8PathBuf]| paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut findings = Vec::new();
    if !stale.is_empty() {
        findings.push(Finding::degraded(
            about,
            format!("these files do not match the configuration: {}", names(stale)),
            "run `toolchainkit generate`, and configure the build again",
        ));
    }
    if !missing.is_empty() {
        findings.push(Finding::degraded(
            about,
            format!("these files do not exist: {}", names(missing)),
            "run `toolchainkit generate`",
        ));
    }
    if !foreign.is_empty() {
        findings.push(Finding::degraded(
            about,
            format!("toolchainkit did not write these files: {}", names(foreign)),
            "move these files away, or choose other paths below `output:`",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::fine(about, format!("{total} files are up to date")));
    }
    findings
}
