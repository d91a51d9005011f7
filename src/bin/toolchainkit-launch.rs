//! The compiler launcher for CMake: see `toolchainkit::launch`.

use std::process::ExitCode;

fn main() -> ExitCode {
    toolchainkit::launch::main(std::env::args_os())
}
