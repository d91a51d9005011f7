//! The remote: a small object is written and read back with the tool, the settings and the credentials of this build, by a daemon of
//! its own. The object is the same each time, so at most one for each compiler is left.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::faults::{self, Fault};
use super::replica::{Checkout, Parts, Replica};
use super::{Build, Finding, Link, Mode, Subject, first_line, secrets, tool};
use crate::caching::detection::CacheTool;
use crate::caching::remote::variables;
use crate::caching::tool::variables::{CCACHE_DIR, SCCACHE_DIR, SCCACHE_MULTILEVEL_CHAIN};
use crate::caching::tool::{Tool, Version};
use crate::doctor::replay::{Limits, Run, try_once, without_search};
use crate::doctor::{BuildTree, ReplayError};
use crate::foreign::Filter;
use crate::launch::process;
use crate::launch::settings::Settings as LauncherSettings;
use crate::probe::program::{self, RunError};
use crate::probe::server::{self, Address, Unreachable};
use crate::probe::{environment, file};
use crate::trust;

pub(super) const LINK: Link = Link { name: "remote", limit: Duration::from_millis(8800), examine };

/// The longest time for the daemon to start. It reads and writes an object.
const START: Duration = Duration::from_millis(4500);
/// The longest time for a step of the compilation.
const STEP: Duration = Duration::from_millis(2500);
/// The longest time to connect without the tool, which shows the cause of a failure.
const CONNECT: Duration = Duration::from_secs(1);
/// The largest log of a compilation.
const LARGEST_LOG: u64 = 1 << 20;

/// The settings for the remote.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    location: String,
    servers: Vec<String>,
    environment: BTreeMap<String, String>,
    secrets: BTreeMap<String, String>,
    unset: Vec<String>,
    is_read_only: bool,
    /// Settings that need a newer version of the tool, and whether the remote cannot be used without them.
    gates: BTreeMap<String, (Version, bool)>,
}

/// The settings for the remote, from the configuration, or else from the launcher of the build. `None` without a remote.
pub(super) fn settings(subject: &Subject) -> Option<Settings> {
    let of_build = subject.build().and_then(|build| build.tool).map(|(tool, _)| tool);
    let Some(wanted) = subject.wanted() else { return of_launcher(subject.build()?) };
    let location = wanted.location.clone()?;
    let mut tools = wanted.tools.iter();
    let tool =
        tools.find(|tool| of_build.is_none_or(|of_build| tool.tool == of_build)).or(wanted.tools.first())?;
    let mut settings = Settings {
        location,
        servers: wanted.servers.clone(),
        environment: BTreeMap::new(),
        secrets: BTreeMap::new(),
        unset: Vec::new(),
        is_read_only: wanted.is_read_only,
        gates: BTreeMap::new(),
    };
    for setting in &tool.settings {
        let into = if setting.is_secret { &mut settings.secrets } else { &mut settings.environment };
        into.insert(setting.name.clone(), setting.value.clone());
        if let Some(since) = setting.since {
            settings.gates.insert(setting.name.clone(), (since, setting.is_required));
        }
    }
    for (anonymous, credentials) in variables::contradicted() {
        if settings.environment.get(anonymous).is_some_and(|value| value == "true") {
            settings.unset.extend(credentials.into_iter().map(str::to_owned));
        }
    }
    Some(settings)
}

/// The settings that the module has written.
fn of_launcher(build: &Build) -> Option<Settings> {
    if build.mode != Mode::Remote {
        return None;
    }
    let read = LauncherSettings::read(build.own_folder().join("launcher.json").as_std_path()).ok()?;
    let storage = read.storages.into_iter().find(|storage| storage.name == "remote")?;
    let mut environment = storage.environment;
    let levels = environment.get(SCCACHE_MULTILEVEL_CHAIN).map(|levels| {
        levels.split(',').filter(|level| *level != "disk").map(str::to_owned).collect::<Vec<_>>()
    });
    match levels {
        Some(levels) if levels.len() > 1 => {
            environment.insert(SCCACHE_MULTILEVEL_CHAIN.to_owned(), levels.join(","));
        }
        Some(_) => drop(environment.remove(SCCACHE_MULTILEVEL_CHAIN)),
        None => {}
    }
    let is_read_only = environment.iter().any(|(name, value)| {
        name.ends_with("_RW_MODE") && value == "READ_ONLY" && name != "SCCACHE_LOCAL_RW_MODE"
            || value.contains("|read-only=true")
    });
    Some(Settings {
        location: build.location.clone(),
        servers: Vec::new(),
        environment,
        secrets: storage.secrets.into_iter().map(|secret| (secret.name, secret.template)).collect(),
        unset: storage.unset,
        is_read_only,
        gates: BTreeMap::new(),
    })
}

impl Settings {
    /// The names of the variables with secrets.
    pub(super) fn secret_names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for template in self.secrets.values() {
            let mut rest = template.as_str();
            while let Some((_, after)) = rest.split_once('{') {
                let Some((name, after)) = after.split_once('}') else { break };
                if name != "SERVER" {
                    names.insert(name.to_owned());
                }
                rest = after;
            }
        }
        names
    }

    /// A filter that hides the values of the secrets, whatever the names of their variables are.
    fn filter(&self) -> Filter {
        let names = self.secret_names();
        let names = names.iter().map(String::as_str).collect::<Vec<_>>();
        Filter::of_variables(process::texts_of_environment(), &names)
    }

    /// The addresses of the servers, as far as the settings name them.
    pub(super) fn addresses(&self) -> Vec<Address> {
        // The values of settings have a scheme.
        let values = self.environment.values().chain(self.secrets.values()).chain(&self.servers);
        let mut found = Vec::<Address>::new();
        for address in values.flat_map(|value| value.split([',', ' '])).filter_map(Address::parse) {
            if !found.iter().any(|known| known.to_string() == address.to_string()) {
                found.push(address);
            }
        }
        found
    }

    /// Uses the first server that answers, and leaves out what this version of the tool does not support. Fails with the name of
    /// a setting that the tool is too old for.
    fn fit(&mut self, tool: &CacheTool) -> Result<(), String> {
        for (name, (since, is_required)) in &self.gates {
            if tool.version < *since {
                if *is_required {
                    return Err(format!("{name} needs {} {since} or newer", tool.tool));
                }
                self.environment.remove(name);
                self.secrets.remove(name);
            }
        }
        let answers = |server: &&String| {
            Address::parse(server).is_some_and(|address| server::connect(&address, CONNECT).is_ok())
        };
        let server = if self.servers.len() > 1 { self.servers.iter().find(answers) } else { None };
        let server = server.or(self.servers.first()).cloned().unwrap_or_default();
        self.location = self.location.replace("{SERVER}", &server);
        for value in self.environment.values_mut().chain(self.secrets.values_mut()) {
            *value = value.replace("{SERVER}", &server);
        }
        Ok(())
    }
}

fn examine(subject: &Subject) -> Vec<Finding> {
    let Some(mut settings) = settings(subject) else { return Vec::new() };
    let refused = |text: String, help: &str| {
        if subject.must_work {
            Finding::broken(LINK.name, text, help)
        } else {
            Finding::degraded(LINK.name, text, help)
        }
    };
    let named = settings.location.clone();
    // What was not checked need not be wrong. Other links report the reasons.
    let not_checked = |reason: String, help: &str| {
        vec![Finding::doubtful(LINK.name, format!("{named}: not checked: {reason}"), help)]
    };
    let missing = secrets::missing(&settings.secret_names());
    if !missing.is_empty() {
        return not_checked(
            format!("{} not set", secrets::are(&missing)),
            "set it, and run `toolchainkit doctor` again",
        );
    }
    let tool = match tool_of(subject) {
        Ok(tool) => tool,
        Err(reason) => return not_checked(first_line(&reason).to_owned(), "run `toolchainkit install`"),
    };
    let Some(launcher) = launcher(subject) else {
        return not_checked("toolchainkit-launch was not found".to_owned(), "run `toolchainkit install`");
    };
    if let Err(reason) = settings.fit(&tool) {
        return vec![refused(
            format!("{} cannot be used: {reason}, and {} is {}", settings.location, tool.path, tool.version),
            "install a newer version of the tool: run `toolchainkit install`",
        )];
    }
    let location = settings.location.clone();
    let (compiler, extension) = compiler(subject).unwrap_or_default();
    let started = Instant::now();
    let replica = replica(&settings, &tool, launcher);
    let tried = match replica {
        Ok(replica) if tool.tool == Tool::Sccache => {
            with_sccache(replica, &compiler, extension, settings.is_read_only)
        }
        Ok(replica) => with_ccache(replica, &compiler, extension, settings.is_read_only),
        Err(error) => Err(Failure::NotTried(error.to_string())),
    };
    match tried {
        Ok(what) => {
            let seconds = started.elapsed().as_secs_f64();
            vec![Finding::fine(LINK.name, format!("{location}: {what} in {seconds:.1} s"))]
        }
        Err(Failure::NotTried(reason)) => not_checked(settings.filter().bounded(&reason), "see the error"),
        Err(Failure::Of(message)) => {
            let message = settings.filter().bounded(&message);
            let Explained { fault, seen } = explain(&message, &settings, tool.tool);
            let proxy = proxy().map(|name| format!("; {name} is set")).unwrap_or_default();
            vec![refused(format!("{location} {}{}{proxy}", fault.cause, seen), fault.help)]
        }
    }
}

/// The tool that uses the remote.
fn tool_of(subject: &Subject) -> Result<CacheTool, String> {
    if let Some((build, tool, version)) = subject.caching_build()
        && build.program.is_file()
    {
        return Ok(CacheTool { tool, path: build.program.clone(), version });
    }
    subject.wanted().map_or_else(|| Err("the tool of the build does not exist".to_owned()), tool::chosen)
}

/// The launcher of the build if it is the program, or that of this machine.
fn launcher(subject: &Subject) -> Option<Utf8PathBuf> {
    let of_build = subject.build().filter(|build| build.has_program).and_then(|build| build.launcher.clone());
    of_build.or_else(|| subject.launch_program.clone())
}

/// A compiler with the extension of its sources.
pub(super) fn compiler(subject: &Subject) -> Option<(Utf8PathBuf, &'static str)> {
    let of_build = subject.build().and_then(|build| BuildTree::open(&build.folder).ok()?.compiler().ok()?);
    let found = of_build.filter(|(path, _)| path.is_file());
    let is_trusted = |path: &Utf8PathBuf| trust::check_program(path.as_std_path()).is_ok();
    let on_path = || ["cc", "gcc", "clang"].iter().filter_map(|name| program::find(name)).find(is_trusted);
    found.or_else(|| Some((on_path()?, "c")))
}

fn replica(settings: &Settings, tool: &CacheTool, launcher: Utf8PathBuf) -> std::io::Result<Replica> {
    Replica::new(Parts {
        tool: tool.tool,
        version: tool.version,
        program: tool.path.clone(),
        launcher,
        environment: settings.environment.clone(),
        secrets: settings.secrets.clone(),
        unset: settings.unset.clone(),
        is_relocatable: true,
        has_guard: false,
    })
}

/// The reason why nothing was written and read.
enum Failure {
    /// It was not tried.
    NotTried(String),
    /// The message of the tool.
    Of(String),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::NotTried(error.to_string())
    }
}

fn silent(limit: Duration) -> String {
    format!("does not answer within {:.0} s", limit.as_secs_f64())
}

fn run_failed(error: &RunError) -> Failure {
    match error {
        RunError::TimedOut { limit, .. } => Failure::Of(silent(*limit)),
        RunError::Start { .. } => Failure::NotTried(error.to_string()),
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match &error {
            ReplayError::Run(error) => run_failed(error),
            _ => Self::NotTried(error.to_string()),
        }
    }
}

/// The result in words.
type Tried = Result<&'static str, Failure>;

const WRITTEN: &str = "an object was written and read back";
const ONLY_READ: &str = "it answers; it is configured as read-only";

fn with_sccache(mut replica: Replica, compiler: &Utf8PathBuf, extension: &str, is_read_only: bool) -> Tried {
    let checkout = replica.checkout("trial", (compiler, extension), &[], &[])?;
    let started = Replica::start(&checkout, START).map_err(|error| run_failed(&error))?;
    if !started.status.success() {
        return Err(Failure::Of(started.message()));
    }
    if is_read_only {
        return Ok(ONLY_READ);
    }
    if let Some(refusal) = refused_write(&started.stdout) {
        return Err(Failure::Of(refusal));
    }
    if compiler.as_str().is_empty() {
        return Ok("it answers; without a compiler, nothing was written");
    }
    let limits = Limits::of_trial(STEP);
    let cache = replica.cache(&checkout);
    match try_once(cache, &checkout.unit, limits, &[without_search(Tool::Sccache)])? {
        Run::Miss { stored: true } => {}
        Run::Fails(message) => return Err(Failure::NotTried(message)),
        Run::Uncacheable(explanation) => return Err(Failure::NotTried(explanation.because)),
        Run::Miss { stored: false } => {
            return Err(Failure::Of(
                logged(&started.stdout).unwrap_or("the object was not stored".to_owned()),
            ));
        }
        Run::Hit | Run::Without => return Err(Failure::Of(silent(STEP))),
    }
    match try_once(cache, &checkout.unit, limits, &[])? {
        Run::Hit => Ok(WRITTEN),
        _ => Err(Failure::Of("does not return the object that it has stored".to_owned())),
    }
}

/// The log of the daemon whose start printed `output`.
fn log(output: &str) -> Option<String> {
    let printed: serde_json::Value = serde_json::from_str(output).ok()?;
    let bytes = file::read(printed["log"].as_str()?.into(), LARGEST_LOG).ok()?;
    Some(environment::filter().bounded(&String::from_utf8_lossy(&bytes)))
}

/// The beginning of sccache's message.
const REFUSED_WRITE: &str = "storage write check failed: ";

/// sccache only reads from a remote that refuses the first write, and reports this in its log.
fn refused_write(output: &str) -> Option<String> {
    log(output)?.split_once(REFUSED_WRITE).map(|(_, rest)| format!("{REFUSED_WRITE}{rest}"))
}

fn logged(output: &str) -> Option<String> {
    let log = log(output)?;
    log.lines().rev().find(|line| line.to_lowercase().contains("error")).map(str::to_owned)
}

fn with_ccache(mut replica: Replica, compiler: &Utf8PathBuf, extension: &str, is_read_only: bool) -> Tried {
    if compiler.as_str().is_empty() {
        return Err(Failure::NotTried("there is no compiler".to_owned()));
    }
    let folders = tempfile::tempdir()?;
    let local = |name: &str| folders.path().join(name).to_string_lossy().into_owned();
    let first = replica.checkout("trial", (compiler, extension), &[], &[(CCACHE_DIR, local("first"))])?;
    let log = compile_with_ccache(&first, &[without_search(Tool::Ccache)])?;
    let failures = faults::of_ccache_log(&log);
    if let Some(failure) = failures.first() {
        return Err(Failure::Of((*failure).to_owned()));
    }
    if is_read_only {
        let log = compile_with_ccache(&first, &[])?;
        return match faults::of_ccache_log(&log).first() {
            Some(failure) => Err(Failure::Of((*failure).to_owned())),
            None => Ok(ONLY_READ),
        };
    }
    // The folder of another machine: the object can only come from the remote.
    let second = replica.checkout("trial", (compiler, extension), &[], &[(CCACHE_DIR, local("second"))])?;
    let log = compile_with_ccache(&second, &[])?;
    // Its local folder is empty.
    let is_hit = log.contains("Succeeded getting cached result");
    match faults::of_ccache_log(&log).first() {
        Some(failure) => Err(Failure::Of((*failure).to_owned())),
        None if is_hit => Ok(WRITTEN),
        None => Err(Failure::Of("does not return the object that was stored".to_owned())),
    }
}

/// Compiles once, and returns the log of ccache.
fn compile_with_ccache(checkout: &Checkout, environment: &[(&str, &str)]) -> Result<String, Failure> {
    let folder = tempfile::tempdir()?;
    let path = Utf8PathBuf::from(folder.path().join("log").to_string_lossy().into_owned());
    let log = [("CCACHE_LOGFILE", path.as_str())];
    let environment = environment.iter().copied().chain(log);
    let words = &checkout.unit.words;
    let finished =
        program::run_in(&checkout.unit.directory, words[0].as_str().into(), &words[1..], environment, STEP)
            .map_err(|error| run_failed(&error))?;
    let text = file::read(&path, LARGEST_LOG).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    match text {
        Ok(text) if finished.status.success() => Ok(environment::filter().shown(&text).into_owned()),
        _ => {
            Err(Failure::NotTried(format!("the trial does not compile: {}", first_line(&finished.message()))))
        }
    }
}

struct Explained {
    fault: Fault,
    /// What was seen, with a separator at its start.
    seen: String,
}

/// The cause of a failure: from the message, and if that is not clear, from a connection without the tool.
fn explain(message: &str, settings: &Settings, tool: Tool) -> Explained {
    const UNKNOWN: Fault = Fault {
        cause: "cannot be used",
        help: "check the settings below `cache.remote`, and the log of the server",
    };
    let seen = format!(" ({})", faults::summary(message, tool));
    let recognised = faults::recognise(message);
    if message.starts_with(REFUSED_WRITE) {
        return Explained { fault: recognised.unwrap_or(faults::ONLY_READ), seen };
    }
    let is_vague = recognised.is_none_or(|fault| fault == faults::SILENT);
    if is_vague && proxy().is_none() {
        for address in settings.addresses() {
            let fault = match server::connect(&address, CONNECT) {
                Err(Unreachable::Refused) => faults::REFUSED,
                Err(Unreachable::UnknownHost) => faults::UNKNOWN_HOST,
                Err(Unreachable::Silent) => faults::SILENT,
                Ok(_) if address.scheme.starts_with("redis") => {
                    let has_tls = address.scheme == "rediss";
                    let answer = server::answer(&address, faults::PING, CONNECT);
                    faults::of_redis(has_tls, !settings.secrets.is_empty(), answer.as_deref())
                }
                Ok(_) | Err(Unreachable::Other(_)) => continue,
            };
            return Explained { fault, seen: format!(" ({address}: {})", faults::summary(message, tool)) };
        }
    }
    Explained { fault: recognised.unwrap_or(UNKNOWN), seen }
}

/// The name of the variable with a proxy, if one is set.
fn proxy() -> Option<&'static str> {
    const NAMES: [&str; 6] =
        ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    NAMES.into_iter().find(|name| environment::variable(name).is_some())
}

/// The name of the variable of the local folder.
pub(super) const fn folder_variable(tool: Tool) -> &'static str {
    match tool {
        Tool::Sccache => SCCACHE_DIR,
        Tool::Ccache => CCACHE_DIR,
    }
}
