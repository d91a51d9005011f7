//! The launcher in the command of a compilation: it runs the cache tool, or the compiler itself if the tool fails.

mod broken;
mod ccache;
mod connection;
mod distributing;
mod environment;
mod failing;
mod guarded;
mod link;
mod messages;
mod options;
mod plan;
mod record;
mod request;
mod sccache;
mod secrets;
mod stats_log;
mod trying;
mod uncached;
mod warning;

use std::ffi::OsString;
use std::io;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use self::plan::Plan;
use super::arguments::{Arguments, Style};
use super::distribute::{self, Servers};
use super::guard::{Answer, Guard, Reason};
use super::journal::{Ending, Folders, Note};
use super::process;
use super::settings::{Direct, Settings};
use crate::caching::tool::Tool;
use crate::journal::Outcome;

pub(super) use self::options::option;
pub use self::trying::Trial;
pub(super) use self::trying::try_servers;

/// A compilation.
#[derive(Debug)]
pub(super) struct Compilation {
    settings: Settings,
    plan: Plan,
    note: Arc<Note>,
}

/// Compiles: `arguments` begin with the compiler.
pub(super) fn compile(arguments: Vec<OsString>) -> ExitCode {
    if let Some(report) = process::variable(distribute::VARIABLE) {
        return compile_miss(Path::new(&report), &arguments);
    }
    let begun = Instant::now();
    let in_a_panic = arguments.clone();
    let note = Arc::new(OnceLock::<Arc<Note>>::new());
    let of_panic = Arc::clone(&note);
    panic::set_hook(Box::new(move |_| {
        if let Some(note) = of_panic.get() {
            note.end_before_exec(Ending::failed_over("internal error of the launcher"));
        }
        run_instead(&in_a_panic);
    }));
    let settings = match settings() {
        Ok(settings) => settings,
        Err(Unreadable { folder, reason }) => {
            if let Some(folder) = folder {
                warning::warn(&folder, &format!("{reason}: compiling without a cache"));
                note_without_settings(begun, &folder, &arguments);
            }
            return run_instead(&arguments);
        }
    };
    let plan = plan::plan(&settings, arguments, &std::env::current_dir().unwrap_or_default());
    plan.write_files(&settings.folder());
    let note = Arc::clone(note.get_or_init(|| Arc::new(plan.note(begun, &settings))));
    let compilation = Compilation { settings, plan, note };
    if let Some(cause) = compilation.plan.bypass() {
        return compilation.run_compiler(Ending::bypassed(cause));
    }
    if !compilation.settings.is_cached {
        return uncached::compile(&compilation);
    }
    if !is_program(&compilation.settings.program) {
        let program = compilation.settings.program.display();
        compilation.warn(&format!(
            "{program} is missing: compiling without a cache until the project is configured again"
        ));
        return compilation.run_compiler(Ending::failed_over("the tool is missing"));
    }
    compilation.note.begin();
    match compilation.settings.tool {
        Tool::Sccache => sccache::compile(&compilation),
        Tool::Ccache => ccache::compile(&compilation),
    }
}

/// Compiles a miss of the cache tool on another machine.
fn compile_miss(report: &Path, arguments: &[OsString]) -> ExitCode {
    match settings() {
        Ok(settings) => distribute::run(&settings, report, arguments),
        Err(_) => run_instead(arguments),
    }
}

/// `launcher --probe-hosts`
pub(super) fn probe_hosts(compilers: &[OsString]) -> ExitCode {
    match settings() {
        Ok(settings) => distribute::probe_hosts(&settings, compilers),
        Err(unreadable) => super::print_error(&format!("toolchainkit: {}\n", unreadable.reason)),
    }
}

/// Notes a compilation for which the settings in `folder`, that of the launcher, cannot be read.
fn note_without_settings(begun: Instant, folder: &Path, arguments: &[OsString]) {
    let (Some(build), Some((compiler, arguments))) = (folder.parent(), arguments.split_first()) else {
        return;
    };
    let directory = std::env::current_dir().unwrap_or_default();
    let arguments = Arguments::read(arguments.to_vec(), &directory, Style::of(compiler));
    let folders = Folders { build, source: Path::new(""), directory: &directory };
    let note = Note::new(begun, folders, &arguments);
    note.end_before_exec(Ending::failed_over("launcher.json cannot be read"));
}

/// The reason why a compilation in `directory` does not use direct mode; `None` if it does. `command` begins with the
/// compiler.
#[must_use]
pub fn why_not_direct(settings: &Settings, command: Vec<OsString>, directory: &Path) -> Option<Reason> {
    if settings.direct_mode == Direct::Set || command.is_empty() {
        return None;
    }
    let plan = plan::plan(settings, command, directory);
    if plan.bypass().is_some() {
        return None;
    }
    match plan.question(settings) {
        Ok(question) => match Guard::new(None).answer(&question) {
            Answer::Direct(_) => None,
            Answer::Without(reason) => Some(reason),
        },
        Err(reason) => Some(reason.into()),
    }
}

/// Replaces this process by the compiler, with the original arguments.
fn run_instead(arguments: &[OsString]) -> ExitCode {
    let Some((compiler, arguments)) = arguments.split_first() else { return ExitCode::FAILURE };
    let mut command = process::command(compiler);
    replaced_by(process::run_unchanged(command.args(arguments)), &compiler.to_string_lossy())
}

fn run_in_place(command: &mut Command, name: &str) -> ExitCode {
    replaced_by(process::replace_by(command), name)
}

/// The result of a program that was to run in place of this one.
fn replaced_by(result: io::Result<ExitCode>, name: &str) -> ExitCode {
    result.unwrap_or_else(|error| {
        super::print_error(&format!("toolchainkit: cannot run {name}: {error}\n"));
        ExitCode::from(127)
    })
}

fn is_program(path: &Path) -> bool {
    process::is_executable(path)
}

/// The reason why the settings cannot be read.
struct Unreadable {
    folder: Option<PathBuf>,
    reason: String,
}

/// The settings in `launcher.json` beside this program.
fn settings() -> Result<Settings, Unreadable> {
    let program = std::env::current_exe();
    let folder = program.ok().and_then(|program| Some(program.parent()?.to_path_buf()));
    let Some(folder) = folder else {
        return Err(Unreadable { folder: None, reason: "the path of the launcher is unknown".to_owned() });
    };
    let path = folder.join("launcher.json");
    let mut settings = Settings::read(&path).map_err(|error| {
        let reason = format!("{} cannot be read ({error})", path.display());
        Unreadable { folder: Some(folder), reason }
    })?;
    if Servers::of(&settings).is_some_and(|servers| !servers.variables().is_empty()) {
        settings.stop_distributing();
    }
    Ok(settings)
}

impl Compilation {
    fn warn(&self, text: &str) {
        warning::warn(&self.settings.folder(), text);
    }

    /// The command of the compiler. Its environment is unchanged, except for the path of its working directory.
    fn compiler(&self) -> Command {
        let mut command = process::command(self.plan.compiler());
        command.args(self.plan.arguments());
        self.plan.set_directory(&mut command);
        command
    }

    /// Replaces this process by the compiler. If its object has placeholders, this process waits for it instead.
    fn run_compiler(&self, ending: Ending) -> ExitCode {
        if self.plan.has_placeholders()
            && let Ok(status) = process::start(&mut self.compiler(), None).and_then(|mut child| child.wait())
        {
            if process::was_interrupted(status) {
                return self.end_interrupted(status);
            }
            let outcome = if status.success() { ending.outcome } else { Outcome::CompileError };
            return self.end_like(status, Ending { outcome, ..ending });
        }
        self.note.end_before_exec(self.record(ending, false));
        let mut compiler = self.compiler();
        let name = self.plan.compiler().to_string_lossy();
        if process::is_too_long(&compiler) {
            // With the options of the rules, it is too long.
            return replaced_by(process::run_unchanged(&mut compiler), &name);
        }
        run_in_place(&mut compiler, &name)
    }

    /// Ends like the compilation. A successful one has its paths in the object then.
    fn end_like(&self, status: ExitStatus, ending: Ending) -> ExitCode {
        if status.success() && !self.plan.fill_in(&self.settings.folder()) {
            self.note.end_before_exec(ending);
            let mut command = process::command(self.plan.compiler());
            command.args(self.plan.arguments_without_placeholders());
            self.plan.set_directory(&mut command);
            return run_in_place(&mut command, &self.plan.compiler().to_string_lossy());
        }
        self.note.end(self.record(ending, true));
        process::exit_like(status)
    }

    /// Stores what went into the key, if the compiler has run. `has_ended`: whether it has ended, too.
    fn record(&self, ending: Ending, has_ended: bool) -> Ending {
        let is_recorded = matches!(ending.outcome, Outcome::Miss | Outcome::FailedOver);
        if !is_recorded || !self.note.is_written() {
            return ending;
        }
        let recording = self.plan.recording(&self.settings, &self.note, ending.outcome, has_ended);
        let digest = recording.inputs.digest();
        record::store(&self.settings, recording, self.note.elapsed());
        Ending { inputs: Some(digest), ..ending }
    }

    /// Ends like the tool, which a signal has ended together with the build.
    fn end_interrupted(&self, status: ExitStatus) -> ExitCode {
        self.note.end(Ending::new(Outcome::Interrupted));
        process::exit_like(status)
    }

    /// The command of the tool, with the environment from the settings and the rules.
    fn tool(&self, environment: &environment::Environment, mode: &guarded::Mode) -> Command {
        let mut command = process::command(&self.settings.program);
        command.arg(self.plan.compiler()).args(self.plan.arguments_for_tool());
        environment.apply(&mut command);
        self.plan.set_environment(&mut command, &self.settings, mode.contains_checkout_path());
        self.plan.set_directory(&mut command);
        mode.set_environment(self.settings.tool, &mut command);
        command
    }
}
