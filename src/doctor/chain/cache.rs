//! The cache that the build uses, against the one that the configuration wants.

use super::{Build, CONFIGURE_AGAIN, Finding, Link, Mode, OF_LINK, Subject, Wanted};

pub(super) const LINK: Link = Link { name: "cache", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    let Some(build) = subject.build() else { return Vec::new() };
    let mut findings = vec![mode(build, subject.must_work)];
    if build.mode != Mode::None {
        findings.extend(subject.wanted().and_then(|wanted| differs(build, wanted)));
    }
    if !build.passed_over.is_empty() {
        findings.push(Finding::doubtful(
            "settings",
            build.passed_over.clone(),
            "set it in toolchainkit.yaml, or remove it from the file",
        ));
    }
    findings
}

fn mode(build: &Build, must_work: bool) -> Finding {
    let help = "remove this cause (other lines of this report may explain it), and configure the build again";
    if build.mode == Mode::None && build.has_program {
        return Finding::fine(LINK.name, build.reason.clone());
    }
    if build.mode == Mode::None {
        return Finding::broken(LINK.name, format!("this build uses no cache: {}", build.reason), help);
    }
    if build.reason.is_empty() {
        return Finding::fine(LINK.name, build.location.clone());
    }
    let text = format!("{} instead of the configured cache: {}", build.location, build.reason);
    if must_work { Finding::broken(LINK.name, text, help) } else { Finding::degraded(LINK.name, text, help) }
}

/// The configuration has changed since the build was configured.
fn differs(build: &Build, wanted: &Wanted) -> Option<Finding> {
    let text = if let Some((configured, wanted)) = build.size_gb.zip(wanted.size_gb)
        && configured != wanted
    {
        format!("the build was configured with `size_gb: {configured}`, and toolchainkit.yaml has {wanted}")
    } else if build.mode == Mode::Remote && !is_at(&build.location, wanted) {
        let wanted = wanted.location.as_deref().unwrap_or("only a local cache");
        format!("the build uses {}, and toolchainkit.yaml names {wanted}", build.location)
    } else if build.mode == Mode::Local && build.reason.is_empty() && wanted.location.is_some() {
        let wanted = wanted.location.as_deref().unwrap_or_default();
        format!("the build uses a local cache, and toolchainkit.yaml names {wanted}")
    } else {
        return None;
    };
    let help = format!("run `toolchainkit generate`, and {CONFIGURE_AGAIN}");
    Some(Finding::degraded(LINK.name, text, help))
}

fn is_at(location: &str, wanted: &Wanted) -> bool {
    let Some(of_wanted) = &wanted.location else { return false };
    let mut possible = wanted.servers.iter().map(|server| of_wanted.replace("{SERVER}", server));
    of_wanted == location || possible.any(|possible| possible == location)
}
