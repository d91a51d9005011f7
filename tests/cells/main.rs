//! The tests with the real tools of which there are many versions: CMake, the compilers, the caches and the servers.
//!
//! Each cell of a matrix is a test of its own. `tests/setup.sh` installs what they need. A test whose tools are missing
//! says so and passes, and fails when `CI=true`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

mod backends;
mod cmake_module;
mod correctness;
mod doctor;
mod end_to_end;
mod list;
mod outages;
mod real_projects;
mod settings;
#[expect(dead_code, unused_imports, reason = "the other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;
mod toolchains;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut list = list::List::default();
    for add in [
        backends::tests,
        cmake_module::tests,
        correctness::tests,
        doctor::tests,
        end_to_end::tests,
        outages::tests,
        real_projects::tests,
        settings::tests,
        toolchains::tests,
    ] {
        add(&mut list);
    }
    libtest_mimic::run(&Arguments::from_args(), list.into_trials()).exit_code()
}
