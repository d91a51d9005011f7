//! The tests with many versions of real tools: CMake, compilers, caches and servers.
//!
//! Each cell of a matrix is a separate test. `tests/setup.sh` installs the tools. A test whose tools are missing
//! reports a skip and passes, and fails with `CI=true`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

mod backends;
mod bench;
mod ci_systems;
mod cmake_module;
mod correctness;
mod distribute;
mod doctor;
mod end_to_end;
mod examples;
mod foreign;
mod init;
mod journal;
mod list;
mod outages;
mod presets;
mod real_projects;
mod report;
mod run;
mod settings;
mod statistics;
#[expect(dead_code, unused_imports, reason = "the other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;
mod toolchains;
mod trust;
mod why_missed;
mod windows;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut list = list::List::default();
    for add in [
        backends::tests,
        bench::tests,
        ci_systems::tests,
        cmake_module::tests,
        correctness::tests,
        distribute::tests,
        doctor::tests,
        doctor::chain::tests,
        end_to_end::tests,
        examples::tests,
        foreign::tests,
        init::tests,
        journal::tests,
        outages::tests,
        presets::tests,
        real_projects::tests,
        report::tests,
        run::tests,
        settings::tests,
        statistics::tests,
        toolchains::tests,
        trust::tests,
        why_missed::tests,
        windows::tests,
    ] {
        add(&mut list);
    }
    libtest_mimic::run(&Arguments::from_args(), list.into_trials()).exit_code()
}
