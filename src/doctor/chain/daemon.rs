//! sccache's daemon: whether it runs, and whether it was started with the settings of this build. It reads them once, when it
//! starts, and then serves every client.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::{Build, Finding, Link, OF_LINK, Subject};
use crate::caching::statistics::{CacheStats, stats_within};
use crate::caching::tool::variables::SCCACHE_DIR;
use crate::caching::tool::{Tool, Version};
use crate::launch::process::{self, Connection};
use crate::launch::settings::Settings;
use crate::launch::supervisor;
use crate::words;

pub(super) const LINK: Link = Link { name: "daemon", limit: OF_LINK, examine };

/// The longest time for the daemon to answer a question about its counters.
const ANSWER: std::time::Duration = std::time::Duration::from_secs(4);
const STOP: &str = "run `toolchainkit server stop`; the next compilation starts another one";

fn examine(subject: &Subject) -> Vec<Finding> {
    let Some((build, Tool::Sccache, version)) = subject.caching_build() else { return Vec::new() };
    if build.socket.as_str().is_empty() {
        return Vec::new();
    }
    let Some(address) = &build.running else { return vec![not_running(build)] };
    let Some(settings) = settings(build) else {
        return vec![Finding::fine(LINK.name, format!("running, {address}"))];
    };
    let differences = build.run_folder.as_deref().map(|folder| differences(folder, &settings));
    if let Some(first) = differences.iter().flatten().next() {
        return vec![Finding::broken(LINK.name, format!("running with other settings: {first}"), STOP)];
    }
    match stats(build, version) {
        Some(Ok(stats)) => vec![Finding::fine(LINK.name, format!("running, {address}{}", size(&stats)))],
        Some(Err(reason)) => vec![Finding::broken(
            LINK.name,
            format!("running, but it does not answer: {reason}"),
            format!("{STOP}. If it does not stop, end its process"),
        )],
        None => vec![Finding::fine(LINK.name, format!("running, {address}"))],
    }
}

fn settings(build: &Build) -> Option<Settings> {
    Settings::read(build.own_folder().join("launcher.json").as_std_path()).ok()
}

fn not_running(build: &Build) -> Finding {
    let socket = &build.socket;
    // The next daemon takes another port.
    if !socket.is_absolute() {
        return Finding::fine(LINK.name, "not running; the next compilation starts it");
    }
    if socket.exists() && Connection::connect(socket.as_std_path()).is_ok() {
        return Finding::broken(
            LINK.name,
            format!("a program that is not the daemon of this build listens at {socket}"),
            "end this program, and remove the socket",
        );
    }
    Finding::fine(LINK.name, format!("not running; the next compilation starts it, {socket}"))
}

fn stats(build: &Build, version: Version) -> Option<Result<CacheStats, String>> {
    let launcher = build.launcher.as_deref()?;
    let stats = stats_within(Tool::Sccache, version, launcher, &build.location, ANSWER);
    Some(stats.map_err(|error| error.to_string()))
}

fn size(stats: &CacheStats) -> String {
    let of = stats.max_size_bytes.map(|most| format!(" of {}", words::size(most))).unwrap_or_default();
    stats.size_bytes.map(|size| format!(", {}{of}", words::size(size))).unwrap_or_default()
}

/// What the running daemon does differently from the build, in words.
fn differences(run_folder: &Utf8Path, settings: &Settings) -> Vec<String> {
    let Some(record) = supervisor::read(run_folder.as_std_path()) else { return Vec::new() };
    let mut found = Vec::new();
    let program = settings.program.to_string_lossy();
    if record.program != program {
        found.push(format!("it is {}, and this build uses {program}", record.program));
    } else if record.version != settings.tool_version_text() {
        found.push(format!(
            "it is version {}, and this build uses {}",
            record.version,
            settings.tool_version_text()
        ));
    }
    let Some(storage) = settings.storages.iter().find(|storage| storage.id == record.id) else {
        return found;
    };
    let Some(entries) = process::environment_of(record.daemon) else { return found };
    let environment: BTreeMap<&str, &str> =
        entries.iter().filter_map(|entry| entry.split_once('=')).collect();
    for (name, value) in &storage.environment {
        let of_daemon = environment.get(name.as_str()).copied().unwrap_or_default();
        // Another container or machine with the same folder has a second one.
        let is_second = name == SCCACHE_DIR && of_daemon.starts_with(&format!("{value}-"));
        if of_daemon != value && !is_second {
            found.push(format!("{name} is {of_daemon} there, and {value} in this build"));
        }
    }
    found
}
