//! `toolchainkit run`

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};

use super::build_folder::{BuildCache, BuildFolderArgs, SUMMARY};
use super::counting::Counting;
use super::project::Project;
use super::report::{CliError, Printer};
use super::{Global, env, server};
use crate::config::model::OnFailure;
use crate::launch::journal;
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
    let environment = environment.chain([(journal::RUN, counting.run())]);
    let status = foreground::run(program, arguments, environment).map_err(|source| {
        let code = if source.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE };
        CliError::CannotRun { program: program.to_string_lossy().into_owned(), code, source }
    })?;
    // A command that was ended by a signal, such as that of Ctrl-C, ends at once.
    if !printer.is_quiet() && !foreground::was_ended_by_signal(status) {
        // The command may have configured the build folder.
        let after = selected(args, global).ok().flatten();
        if let Some(line) = counting.line(after.as_ref()) {
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

#[cfg(test)]
mod tests {
    use super::*;
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
