//! `toolchainkit completions`, and the answers for the shells.
//!
//! The script of a shell asks this program at each Tab, with the variable [`VARIABLE`]. So the answers contain the names in
//! the project: profiles, toolchains, presets and build folders.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::process::ExitCode;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Command, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, PathCompleter, ValueCompleter as _};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::build_folder;
use super::project::Project;
use super::report::{CliError, Printer};
use super::style::Color;
use super::{CommandResult, Global, exit};
use crate::caching::remote::BACKENDS;
use crate::caching::tool::Tool;
use crate::diagnostics::Code;
use crate::launch::local_caches;
use crate::output::FileKind;
use crate::probe::environment;

/// The scripts set it to the name of the shell. clap's own name, `COMPLETE`, could be set for other reasons.
const VARIABLE: &str = "TOOLCHAINKIT_COMPLETE";
const PROGRAM: &str = "toolchainkit";
const SHELLS: Shells<'_> = Shells(&[&Bash, &Fish, &Powershell, &Zsh]);

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    /// Version 4 or newer is recommended
    Bash,
    /// For a folder of fpath, or `source`
    Zsh,
    /// For ~/.config/fish/completions
    Fish,
    /// For $PROFILE
    Powershell,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
        }
    }
}

/// zsh calls the file of a folder of `fpath` as the function `_toolchainkit` at the first Tab, which must answer, too.
const FIRST_CALL_OF_ZSH: &str = "
if [[ \"${funcstack[1]}\" == _toolchainkit ]]; then
    _clap_dynamic_completer_toolchainkit \"$@\"
fi
";

pub(super) fn run(args: &CompletionsArgs, printer: &Printer) -> CommandResult {
    let mut script = Vec::new();
    args.shell.completer().write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script)?;
    let script = String::from_utf8(script).map_err(io::Error::other)?;
    let more = if matches!(args.shell, Shell::Zsh) { FIRST_CALL_OF_ZSH } else { "" };
    printer.product(&format!("{}\n{more}", script.trim()));
    Ok(())
}

/// Answers a shell; `None` if no shell asks.
pub(super) fn answer(arguments: &[OsString], color: Color) -> Option<ExitCode> {
    let config = configuration_in(arguments);
    let command = || with_names(super::command_line(), config.as_deref());
    let here = std::env::current_dir().ok();
    let answer = CompleteEnv::with_factory(command)
        .var(VARIABLE)
        .bin(PROGRAM)
        .completer(PROGRAM)
        .shells(SHELLS)
        .try_complete(arguments, here.as_deref());
    match answer {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::from(exit::FINE)),
        Err(error) => {
            Printer::new(false, color).error(&CliError::Usage(error.to_string().trim_end().to_owned()));
            Some(ExitCode::from(exit::USAGE))
        }
    }
}

/// The value of `--config` in the command line that is being written.
fn configuration_in(arguments: &[OsString]) -> Option<Utf8PathBuf> {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let found = words.find_map(|word| match word.strip_prefix("--config")? {
        "" => Some(None),
        rest => rest.strip_prefix('=').map(|path| Some(path.to_owned())),
    })?;
    found.or_else(|| words.next().map(str::to_owned)).map(Utf8PathBuf::from)
}

/// Finds names for an argument.
type Names = fn(Option<Utf8PathBuf>) -> Vec<CompletionCandidate>;

/// What an argument is, if not only names are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Paths {
    None,
    Folders,
    All,
}

/// The arguments with names: their command, their identifier, their names, and the paths that are possible, too.
const NAMED: &[(&str, &str, Names, Paths)] = &[
    ("init", "tool", |_| texts(["sccache", "ccache", "auto"]), Paths::None),
    ("init", "remote", |_| storages(), Paths::None),
    ("plan", "profile", profiles, Paths::None),
    ("generate", "stdout", |_| texts(FileKind::ALL.map(FileKind::key)), Paths::None),
    ("generate", "toolchain", toolchains, Paths::None),
    ("env", "profile", profiles, Paths::None),
    ("env", "tool", |_| texts(Tool::ALL.map(Tool::name)), Paths::None),
    ("install", "from", |_| texts(["release", "pip", "cargo"]), Paths::All),
    ("stats", "build", build_folders, Paths::Folders),
    ("report", "build", build_folders, Paths::Folders),
    ("cache clean", "project", |_| cached_projects(), Paths::None),
    ("doctor", "build", build_folders, Paths::Folders),
    ("compare", "here", build_folders, Paths::All),
    ("compare", "there", build_folders, Paths::All),
    ("server start", "build", build_folders, Paths::Folders),
    ("server stop", "build", build_folders, Paths::Folders),
    ("run", "profile", profiles, Paths::None),
    ("bench", "preset", presets, Paths::None),
    ("bench", "tool", |_| texts(Tool::ALL.map(Tool::name)), Paths::None),
    ("explain", "code", |_| codes(), Paths::None),
];

fn with_names(command: Command, config: Option<&Utf8Path>) -> Command {
    NAMED.iter().fold(command, |command, &(path, argument, names, paths)| {
        let config = config.map(Utf8Path::to_owned);
        let completer = ArgValueCompleter::new(move |current: &OsStr| {
            let begun = current.to_string_lossy().into_owned();
            let mut all = names(config.clone());
            all.retain(|candidate| candidate.get_value().to_string_lossy().starts_with(&begun));
            let paths = match paths {
                Paths::None => Vec::new(),
                Paths::Folders => PathCompleter::dir().complete(current),
                Paths::All => PathCompleter::any().complete(current),
            };
            // A folder with a name ends in a slash here.
            let is_named = |path: &CompletionCandidate| {
                let path = path.get_value().to_string_lossy();
                all.iter().any(|name| name.get_value().to_string_lossy() == path.trim_end_matches('/'))
            };
            let others = paths.into_iter().filter(|path| !is_named(path)).collect::<Vec<_>>();
            all.extend(others);
            all
        });
        let words = path.split(' ').collect::<Vec<_>>();
        below(command, &words, &|command| {
            command.mut_arg(argument, |argument| argument.add(completer.clone()))
        })
    })
}

/// Changes the command at the end of `path`.
fn below(command: Command, path: &[&str], change: &dyn Fn(Command) -> Command) -> Command {
    match path.split_first() {
        None => change(command),
        Some((name, rest)) => command.mut_subcommand(name, |command| below(command, rest, change)),
    }
}

fn texts<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn project(config: Option<Utf8PathBuf>) -> Option<(Project, Global)> {
    let global = Global { config, quiet: true, color: Color::default() };
    Some((Project::load_silently(&global).ok()?, global))
}

fn profiles(config: Option<Utf8PathBuf>) -> Vec<CompletionCandidate> {
    let Some((project, _)) = project(config) else { return Vec::new() };
    texts(project.plan.variants.iter().filter_map(|variant| variant.profile.as_deref()))
}

fn toolchains(config: Option<Utf8PathBuf>) -> Vec<CompletionCandidate> {
    let Some((project, _)) = project(config) else { return Vec::new() };
    texts(project.plan.toolchains.iter().filter_map(|toolchain| toolchain.name.as_deref()))
}

/// The configure presets, ours and those of the project.
fn presets(config: Option<Utf8PathBuf>) -> Vec<CompletionCandidate> {
    let Some((project, _)) = project(config) else { return Vec::new() };
    let presets = project.presets.configure(&project.surroundings).into_iter();
    let names = presets.filter(|preset| !preset.hidden).map(|preset| preset.name);
    let ours = project.plan.variants.iter().flat_map(|variant| &variant.presets);
    let ours = ours.map(|preset| preset.name.clone());
    let names = names.chain(ours).collect::<BTreeSet<_>>();
    texts(names.iter().map(String::as_str))
}

fn build_folders(config: Option<Utf8PathBuf>) -> Vec<CompletionCandidate> {
    let global = Global { config, quiet: true, color: Color::default() };
    let folders = build_folder::folders(&global).unwrap_or_default();
    texts(folders.iter().map(|folder| folder.as_str().trim_start_matches("./")))
}

fn cached_projects() -> Vec<CompletionCandidate> {
    let Some(folder) = environment::user_cache_folder() else { return Vec::new() };
    let caches = local_caches::list(folder.as_std_path()).into_iter();
    let names = caches.flat_map(|cache| cache.projects).collect::<BTreeSet<_>>();
    texts(names.iter().map(String::as_str))
}

fn storages() -> Vec<CompletionCandidate> {
    let kinds = BACKENDS
        .iter()
        .map(|storage| CompletionCandidate::new(storage.name()).help(Some(storage.summary().into())));
    kinds.chain([CompletionCandidate::new("none").help(Some("a local cache".into()))]).collect()
}

fn codes() -> Vec<CompletionCandidate> {
    Code::ALL
        .iter()
        .map(|code| CompletionCandidate::new(code.as_str()).help(Some(code.summary().into())))
        .collect()
}
