//! The command line: one file per command, and the only part that prints. Results go to standard output, messages to
//! standard error. Every command returns an [`ExitCode`] of [`exit`].

mod build_folder;
mod cache;
mod causes;
mod compare;
mod doctor;
mod env;
pub mod exit;
mod explain;
mod export;
mod generate;
mod init;
mod install;
mod output_format;
mod plan;
mod progress;
mod project;
mod report;
mod schema;
mod server;
mod stats;
mod templates;
mod user_presets;
mod validate;
mod why;

use std::ffi::OsString;
use std::process::ExitCode;

use camino::Utf8PathBuf;
use clap::{Args, Parser, Subcommand};

use self::report::{CliError, Printer};

/// Makes every CMake build of a team use the same compiler cache. toolchainkit reads toolchainkit.yaml and writes four
/// files to commit: cmake/toolchain.cmake, cmake/toolchainkit-cache.cmake, cmake/ToolchainKit.cmake and
/// CMakePresets.json. Building needs only CMake and a cache tool, not toolchainkit.
#[derive(Debug, Parser)]
#[command(name = "toolchainkit", version, arg_required_else_help = true, after_help = exit::HELP)]
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
    /// Show hits and misses of the cache that the last configured build uses
    Stats(stats::StatsArgs),
    /// Show the local caches of all projects with their sizes, or remove unused ones
    Cache(cache::CacheArgs),
    /// Check whether the cache of a build works, or find out why a file was not cached
    Doctor(doctor::DoctorArgs),
    /// Find out why two builds or two machines share no objects
    Compare(compare::CompareArgs),
    /// Start, stop or show the sccache daemon of this project
    Server(server::ServerArgs),
    /// Explain the code of a diagnostic
    Explain(explain::ExplainArgs),
    /// Print the JSON schema of toolchainkit.yaml, for editors
    Schema,
}

/// Runs the command line and returns its exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // If printing the help fails, there is no way to report it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::FINE });
        }
    };
    let printer = Printer::new(cli.global.quiet);
    printer.print_panics();
    let result = match &cli.command {
        Command::Init(args) => init::run(args, &cli.global, &printer),
        Command::Validate(args) => validate::run(args, &cli.global, &printer),
        Command::Plan(args) => plan::run(args, &cli.global, &printer),
        Command::Generate(args) => generate::run(args, &cli.global, &printer),
        Command::Env(args) => env::run(args, &cli.global, &printer),
        Command::Install(args) => install::run(args, &cli.global, &printer),
        Command::Stats(args) => stats::run(args, &cli.global, &printer),
        Command::Cache(args) => cache::run(args, &printer),
        Command::Doctor(args) => doctor::run(args, &cli.global, &printer),
        Command::Compare(args) => compare::run(args, &printer),
        Command::Server(args) => server::run(args, &cli.global, &printer),
        Command::Explain(args) => explain::run(args, &printer),
        Command::Schema => schema::run(&printer),
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
