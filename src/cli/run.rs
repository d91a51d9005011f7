//! `toolchainkit run`

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::build_folder::{BuildCache, BuildFolderArgs, SUMMARY, supervisors};
use super::project::Project;
use super::report::{CliError, Printer};
use super::{Global, env, server, stats};
use crate::caching::statistics::CacheStats;
use crate::caching::tool::Tool;
use crate::config::model::OnFailure;
use crate::launch::supervisor;
use crate::plan::CachePlan;
use crate::probe::foreground;

/// The exit codes of shells for a command that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;

/// Arguments of `run`. The command gets the variables of `toolchainkit env`, the standard streams and all signals. Its exit code
/// is that of this command. If it cannot be started, the exit code is 127 or 126, as in a shell.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    #[command(flatten)]
    build: BuildFolderArgs,
    /// Use the settings of this profile
    #[arg(long)]
    profile: Option<String>,
    /// Command with its arguments
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

pub(super) fn run(args: &RunArgs, global: &Global, printer: &Printer) -> Result<ExitCode, CliError> {
    let Some((program, arguments)) = args.command.split_first() else {
        return Err(CliError::Usage("there is no command".to_owned()));
    };
    let project = Project::load_if_there(global)?;
    let plan = if let Some(project) = &project {
        printer.warnings(&project.warnings, &project.excerpt);
        project.variant(args.profile.as_deref())?.cache.as_ref()
    } else {
        no_project(args, printer)?;
        None
    };
    let cache = selected(args, global)?;
    let prepared = variables(plan, cache.as_ref()).and_then(|variables| {
        cache.as_ref().map_or(Ok(()), |cache| server::make_ready(cache, printer))?;
        Ok(variables)
    });
    let variables = match prepared {
        Ok(variables) => variables,
        Err(error) if plan.is_some_and(|plan| plan.on_failure == OnFailure::Fail) => return Err(error),
        Err(error) => {
            printer.warning(&error);
            Vec::new()
        }
    };
    let counting = Counting::start(cache.as_ref());
    let environment = variables.iter().map(|(name, value)| (*name, value.expose_secret()));
    let status = foreground::run(program, arguments, environment).map_err(|source| {
        let code = if source.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
        CliError::CannotRun { program: program.to_string_lossy().into_owned(), code, source }
    })?;
    // A command that was ended by a signal, such as that of Ctrl-C, ends at once.
    if !printer.is_quiet() && !foreground::was_ended_by_signal(status) {
        // The command may have configured the build folder.
        let after = selected(args, global).ok().flatten();
        if let Some(line) = after.and_then(|cache| counting.line(&cache)) {
            printer.report(&format!("toolchainkit: {line}"));
        }
    }
    Ok(foreground::end_like(status))
}

/// Without a configuration, only an option can be wrong.
fn no_project(args: &RunArgs, printer: &Printer) -> Result<(), CliError> {
    match &args.profile {
        Some(profile) => Err(CliError::Usage(format!(
            "there is no profile `{profile}`: no toolchainkit.yaml was found in this folder and its parent folders"
        ))),
        None if args.build.folder().is_none() && folder_of(&args.command).is_none() => {
            printer
                .report("toolchainkit: no toolchainkit.yaml was found in this folder and its parent folders");
            Ok(())
        }
        None => Ok(()),
    }
}

/// The variables of `toolchainkit env`, with the values of secrets.
fn variables(
    plan: Option<&CachePlan>,
    cache: Option<&BuildCache>,
) -> Result<Vec<(&'static str, SecretString)>, CliError> {
    let Some(plan) = plan else { return Ok(Vec::new()) };
    let used = cache.and_then(|cache| cache.tool().ok()).map(|(tool, _)| tool);
    let tool = plan.tools.iter().find(|plan| Some(plan.tool) == used).or_else(|| plan.tools.first());
    let settings = tool.into_iter().flat_map(|plan| &plan.remote_alone);
    settings.map(|setting| Ok((setting.name, env::reveal(&setting.value, &plan.servers)?))).collect()
}

/// The cache of the build folder of the option, of the command, or of the project. `None` if there is none yet: the command may
/// configure it.
fn selected(args: &RunArgs, global: &Global) -> Result<Option<BuildCache>, CliError> {
    let folder = args.build.folder().map(Utf8Path::to_owned).or_else(|| folder_of(&args.command));
    let is_named = args.build.folder().is_some();
    let selected = match folder {
        Some(folder) if !folder.join(SUMMARY).is_file() => return Ok(None),
        Some(folder) => BuildCache::find(&BuildFolderArgs::of(folder), global),
        None => BuildCache::find(&args.build, global),
    };
    match selected {
        Err(error) if is_named => Err(error),
        found => Ok(found.ok()),
    }
}

/// The build folder in the arguments of `cmake --build`, Ninja or Make.
fn folder_of(command: &[OsString]) -> Option<Utf8PathBuf> {
    let words = command.iter().map(|word| word.to_str()).collect::<Option<Vec<_>>>()?;
    let (program, arguments) = words.split_first()?;
    let option = match Utf8Path::new(program).file_stem()? {
        "cmake" => "--build",
        "ninja" | "ninja-build" | "samu" | "make" | "gmake" => "-C",
        _ => return None,
    };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        if *argument == option {
            let folder = arguments.next()?;
            return (!folder.starts_with('-')).then(|| folder.into());
        }
        // `-Cfolder`
        if option == "-C" && argument.starts_with(option) {
            return Some(argument[option.len()..].into());
        }
    }
    None
}

/// The compilations of the command: the difference between the counters of the tool before and after it.
struct Counting {
    before: Option<CacheStats>,
    /// The folders of the sccache daemons that ran before the command. Another daemon has counted only the command.
    daemons: Vec<std::path::PathBuf>,
}

impl Counting {
    fn start(cache: Option<&BuildCache>) -> Self {
        let running = supervisors().into_iter().filter(supervisor::is_running);
        Self { before: cache.and_then(counters), daemons: running.map(|record| record.folder).collect() }
    }

    /// A line about the compilations since the start, for people; `None` if the counters are not known.
    fn line(&self, cache: &BuildCache) -> Option<String> {
        let after = counters(cache)?;
        let before = match &self.before {
            Some(before) if before.location == after.location && before.tool == after.tool => before.clone(),
            _ if after.tool == Tool::Sccache && !self.has_daemon_of(cache) => CacheStats::new(
                after.tool,
                after.version,
                &after.location,
                &crate::caching::tool::ToolStats::default(),
            ),
            _ => return None,
        };
        Some(line(&before, &after, &cache.location))
    }

    /// Whether the daemon of the cache ran before the command.
    fn has_daemon_of(&self, cache: &BuildCache) -> bool {
        let socket = cache.running_daemon().unwrap_or_default();
        self.daemons.iter().any(|folder| {
            OsStr::new(&socket).as_encoded_bytes().starts_with(folder.as_os_str().as_encoded_bytes())
        })
    }
}

/// The counters of the tool; `None` if they are not known.
fn counters(cache: &BuildCache) -> Option<CacheStats> {
    let (tool, version) = cache.tool().ok()?;
    stats::counters(cache, tool, version).ok().flatten()
}

fn line(before: &CacheStats, after: &CacheStats, location: &str) -> String {
    let pairs = [
        (before.hits, after.hits),
        (before.misses, after.misses),
        (before.uncacheable, after.uncacheable),
        (before.errors, after.errors),
    ];
    if pairs.iter().any(|(before, after)| after < before) {
        return format!("the counters were reset, so hits and misses are not known ({location})");
    }
    let [hits, misses, uncacheable, errors] = pairs.map(|(before, after)| after - before);
    if hits + misses + uncacheable + errors == 0 {
        return format!("no compilation used the cache ({location})");
    }
    let mut text = format!("{hits} of {} compilations were cache hits ({location})", hits + misses);
    for (number, words) in [(uncacheable, "not cacheable"), (errors, "errors of the cache")] {
        if number > 0 {
            text += &format!(", {number} {words}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caching::tool::{ToolStats, Version};

    fn stats(hits: u64, misses: u64, uncacheable: u64) -> CacheStats {
        let counters = ToolStats { hits, misses, uncacheable, ..ToolStats::default() };
        CacheStats::new(Tool::Ccache, Version::new(4, 14, 2), "here", &counters)
    }

    #[test]
    fn the_line_contains_only_the_compilations_of_the_command() {
        let lines = [
            (stats(5, 6, 7), "no compilation used the cache (here)"),
            (stats(8, 7, 7), "3 of 4 compilations were cache hits (here)"),
            (stats(5, 6, 9), "0 of 0 compilations were cache hits (here), 2 not cacheable"),
            (stats(4, 9, 7), "the counters were reset, so hits and misses are not known (here)"),
        ];
        for (after, expected) in lines {
            assert_eq!(line(&stats(5, 6, 7), &after, "here"), expected);
        }
    }

    #[test]
    fn the_build_folder_is_that_of_the_command() {
        for (command, folder) in [
            ("cmake --build out", Some("out")),
            ("/usr/bin/cmake --build out/x --target all", Some("out/x")),
            ("cmake --build --preset debug", None),
            ("cmake --preset debug", None),
            ("ninja -C out -j 3", Some("out")),
            ("ninja -j 3 -Cout", Some("out")),
            ("ninja", None),
            ("make -C", None),
            ("cargo -C out", None),
        ] {
            let words = command.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(folder_of(&words).as_deref(), folder.map(Utf8Path::new), "{command}");
        }
    }
}
