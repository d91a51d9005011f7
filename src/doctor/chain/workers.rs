//! The workers that compile misses.

use std::thread;

use super::{Build, CONFIGURE_AGAIN, Finding, Link, OF_LINK, Subject};
use crate::caching::tool::Engine;
use crate::launch::distribute::Workers;
use crate::launch::process;
use crate::launch::settings::Settings;

pub(super) const LINK: Link = Link { name: "workers", limit: OF_LINK, examine };

fn examine(subject: &Subject) -> Vec<Finding> {
    subject.build().filter(|build| build.has_program).map(check).unwrap_or_default()
}

fn check(build: &Build) -> Vec<Finding> {
    let file = build.launcher.as_ref().map(|launcher| launcher.with_file_name("launcher.json"));
    let Some(settings) = file.and_then(|file| Settings::read(file.as_std_path()).ok()) else {
        return Vec::new();
    };
    let Some(distribution) = &settings.distribution else { return Vec::new() };
    let (about, program) = (LINK.name, distribution.program.display());
    if !process::is_executable(&distribution.program) {
        let text = format!("{program} is missing, so all compilations run on this machine");
        return vec![Finding::degraded(about, text, format!("install {}", distribution.engine))];
    }
    let known = Workers::known(&settings);
    if known.is_empty() {
        let text = "they have not been probed yet; the first compilation does this";
        return vec![Finding::doubtful(about, text, CONFIGURE_AGAIN)];
    }
    let settings = &settings;
    let probed: Vec<Option<Workers>> = thread::scope(|scope| {
        let probing: Vec<_> =
            known.iter().map(|workers| scope.spawn(move || workers.probed_again(settings))).collect();
        probing.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let mut findings: Vec<Finding> = Vec::new();
    for finding in
        known.iter().zip(probed).flat_map(|(before, now)| of_compiler(distribution.engine, before, now))
    {
        // A worker that does not answer has the same fault for each compiler.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

/// The workers for one compiler: what the build uses, and what the probe of this moment says.
fn of_compiler(engine: Engine, before: &Workers, now: Option<Workers>) -> Vec<Finding> {
    let about = LINK.name;
    let compiler = before.compiler.display();
    let Some(now) = now else {
        return vec![Finding::doubtful(
            about,
            format!("{compiler} does not compile the file for the probe"),
            CONFIGURE_AGAIN,
        )];
    };
    let mut findings = Vec::new();
    for worker in now.all() {
        let was_usable = before.usable().any(|entry| entry == worker.entry);
        let address = worker.address();
        match worker.fault(&before.compiler, before.language) {
            Some(fault) if was_usable => findings.push(Finding::degraded(
                about,
                format!("{address}: {fault}, and the build uses it"),
                format!("repair it, or {CONFIGURE_AGAIN}"),
            )),
            Some(fault) => findings.push(Finding::degraded(
                about,
                format!("{address} is not used: {fault}"),
                format!("repair it, and {CONFIGURE_AGAIN}"),
            )),
            None if !was_usable => {
                findings.push(Finding::doubtful(
                    about,
                    format!("{address} works, but is not used"),
                    CONFIGURE_AGAIN,
                ));
            }
            None => {}
        }
    }
    let (all, usable) = now.numbers();
    if findings.is_empty() {
        let text = match engine {
            Engine::Distcc => format!(
                "{usable} of {all} write the same objects as {compiler}: {}",
                now.usable().collect::<Vec<_>>().join(", ")
            ),
            Engine::Icecream => format!("icecream writes the same objects as {compiler} on another machine"),
        };
        findings.push(Finding::fine(about, text));
    }
    findings
}
