//! The workers that compile misses.

use std::thread;
use std::time::Duration;

use super::{Build, CONFIGURE_AGAIN, Finding, Link, OF_LINK, Subject};
use crate::caching::tool::Engine;
use crate::launch::Trial;
use crate::launch::distribute::{Servers, Workers};
use crate::launch::process;
use crate::launch::settings::Settings;
use crate::probe::program;
use crate::words;

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
    if let Some(servers) = Servers::of(&settings) {
        return servers_of(build, servers);
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

/// The servers of sccache-dist. The launcher lets them compile a file with each compiler that the build distributes.
fn servers_of(build: &Build, servers: Servers<'_>) -> Vec<Finding> {
    const LIMIT: Duration = Duration::from_secs(8);
    let about = LINK.name;
    let no_environment: [(&str, &str); 0] = [];
    let Some(launcher) = &build.launcher else { return Vec::new() };
    let ended = program::run(launcher, &["--try-servers"], no_environment, LIMIT);
    let trial = ended.ok().and_then(|ended| serde_json::from_slice::<Trial>(ended.stdout.as_ref()).ok());
    let Some(trial) = trial else {
        let text =
            format!("the servers of {} do not compile within {} s", servers.scheduler(), LIMIT.as_secs());
        return vec![Finding::degraded(about, text, "see the logs of the scheduler and the servers")];
    };
    if let Some(fault) = trial.faults.first() {
        let text = format!("{fault}, so compilations run on this machine");
        return vec![Finding::degraded(about, text, format!("repair it, and {CONFIGURE_AGAIN}"))];
    }
    if trial.compilers.is_empty() {
        let text =
            "no server has compiled when the build was configured, so all compilations run on this machine";
        return vec![Finding::degraded(about, text, CONFIGURE_AGAIN)];
    }
    let names: Vec<String> = trial.compilers.iter().map(|path| path.display().to_string()).collect();
    let text = format!(
        "{} with {} compile with {}",
        words::counted(trial.servers, "server", "servers"),
        words::counted(trial.processors, "processor", "processors"),
        names.join(" and ")
    );
    vec![Finding::fine(about, text)]
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
            Engine::Icecream | Engine::SccacheDist => {
                format!("{engine} writes the same objects as {compiler} on another machine")
            }
        };
        findings.push(Finding::fine(about, text));
    }
    findings
}
