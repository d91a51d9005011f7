//! The `toolchainkit` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    toolchainkit::run(std::env::args_os())
}
