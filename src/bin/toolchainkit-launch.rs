//! What CMake puts in front of a compiler.

use std::process::ExitCode;

fn main() -> ExitCode {
    toolchainkit::launch::main(std::env::args_os())
}
