//! The command line: one file per command, and the only part that prints. Results go to standard output, messages to
//! standard error. Every command returns an [`ExitCode`] of [`exit`].

mod bench;
mod build_folder;
mod cache;
mod causes;
mod ci;
mod compare;
mod completions;
mod counting;
mod doctor;
mod env;
mod examination;
mod examples;
pub mod exit;
mod explain;
mod export;
mod generate;
mod html_report;
mod init;
mod install;
mod man;
mod output_format;
mod plan;
mod progress;
mod project;
mod report;
mod run;
mod schema;
mod server;
mod stats;
mod style;
mod templates;
mod user_presets;
mod validate;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::report::{CliError, Printer};

/// Makes every CMake build of a team use the same compiler cache. toolchainkit reads toolchainkit.yaml and writes four
/// files to commit: cmake/toolchain.cmake, cmake/toolchainkit-cache.cmake, cmake/ToolchainKit.cmake and
/// CMakePresets.json. Building needs only CMake and a cache tool, not toolchainkit.
#[derive(Debug, Parser)]
#[command(name = "toolchainkit", version, arg_required_else_help = true, after_help = exit::help())]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Configuration file; its folder is the project [default: toolchainkit.yaml in this folder or the closest parent
    /// folder]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<Utf8PathBuf>,
    /// Print only results and errors
    #[arg(long, short, global = true)]
    quiet: bool,
    /// When to use colours
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    color: style::Color,
}

impl Global {
    /// The same with another configuration.
    fn with_config(&self, config: Utf8PathBuf) -> Self {
        Self { config: Some(config), quiet: self.quiet, color: self.color }
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write toolchainkit.yaml with the settings that the project has already
    Init(init::InitArgs),
    /// Check the configuration and report every error
    Validate(validate::ValidateArgs),
    /// Show the resulting settings for each profile and tool
    Plan(plan::PlanArgs),
    /// Write the toolchain file, the CMake module and the presets
    Generate(generate::GenerateArgs),
    /// Print the settings of the remote cache as environment variables
    Env(env::EnvArgs),
    /// Find the cache tool, or install a pinned and verified release of it
    Install(install::InstallArgs),
    /// Show hits, misses and time saved of the last build, and why files were not cached
    Stats(stats::StatsArgs),
    /// Write a page about the builds: hit rate, time saved, misses, what was not cached
    Report(html_report::ReportArgs),
    /// Show the local caches of all projects with their sizes, or remove unused ones
    Cache(cache::CacheArgs),
    /// Check whether the cache of a build works, or find out why a file was not cached
    Doctor(doctor::DoctorArgs),
    /// Find out why two builds or two machines share no objects
    Compare(compare::CompareArgs),
    /// Start, stop or show the sccache daemon of this project
    Server(server::ServerArgs),
    /// Run a command with the cache ready, and count its cache hits
    Run(run::RunArgs),
    /// Measure the builds of a project with and without caches
    Bench(bench::BenchArgs),
    /// Explain the code of a diagnostic
    Explain(explain::ExplainArgs),
    /// Print the JSON schema of toolchainkit.yaml, or of a command's output
    Schema(schema::SchemaArgs),
    /// Print the script for completing commands and names in a shell
    Completions(completions::CompletionsArgs),
    /// Print a manual page, or write all of them
    Man(man::ManArgs),
}

/// The parser, with the examples of each command.
fn command_line() -> clap::Command {
    let command = Cli::command().styles(style::HELP_STYLES).max_term_width(100);
    let names = command.get_subcommands().map(|command| command.get_name().to_owned()).collect::<Vec<_>>();
    names.into_iter().fold(command, |command, name| {
        let examples = examples::text(&name);
        command.mut_subcommand(name, |command| {
            let notes = command.get_after_help().map(|notes| format!("\n\n{notes}")).unwrap_or_default();
            command.after_help(examples + &notes)
        })
    })
}

/// Runs the command line and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = arguments.into_iter().collect::<Vec<_>>();
    let color = style::Color::in_arguments(&arguments);
    if let Some(code) = completions::answer(&arguments, color) {
        return code;
    }
    let parsed = command_line()
        .color(color.of_clap())
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            Printer::new(false, color).command_line(&error);
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::FINE });
        }
    };
    let printer = Printer::new(cli.global.quiet, cli.global.color);
    printer.print_panics();
    let result = match &cli.command {
        Command::Init(args) => init::run(args, &cli.global, &printer),
        Command::Validate(args) => validate::run(args, &cli.global, &printer),
        Command::Plan(args) => plan::run(args, &cli.global, &printer),
        Command::Generate(args) => generate::run(args, &cli.global, &printer),
        Command::Env(args) => env::run(args, &cli.global, &printer),
        Command::Install(args) => install::run(args, &cli.global, &printer),
        Command::Stats(args) => stats::run(args, &cli.global, &printer),
        Command::Report(args) => html_report::run(args, &cli.global, &printer),
        Command::Cache(args) => cache::run(args, &printer),
        Command::Doctor(args) => doctor::run(args, &cli.global, &printer),
        Command::Compare(args) => compare::run(args, &printer),
        Command::Server(args) => server::run(args, &cli.global, &printer),
        // The exit code is that of the command.
        Command::Run(args) => match run::run(args, &cli.global, &printer) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Bench(args) => match bench::run(args, &cli.global, &printer) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        Command::Explain(args) => explain::run(args, &printer),
        Command::Schema(args) => schema::run(args, &printer),
        Command::Completions(args) => completions::run(args, &printer),
        Command::Man(args) => man::run(args, &printer),
    };
    match result {
        Ok(()) => ExitCode::from(exit::FINE),
        Err(error) => {
            printer.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

/// A command's result.
type CommandResult = Result<(), CliError>;
