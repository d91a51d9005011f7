//! The `toolchainkit` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    toolchainkit::cli::run(std::env::args_os())
}
