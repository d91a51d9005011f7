//! The tests that run the real tools: CMake, the compiler caches, and the servers that they store in.
//!
//! `tests/setup.sh` installs what they need. A test whose tools are missing says so and passes, and fails when `CI=true`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

mod architecture;
mod backends;
mod cmake_module;
mod command_line;
mod correctness;
mod costs;
mod derived;
mod diagnostics;
mod doctor;
mod documentation;
mod end_to_end;
mod escaping;
mod golden;
mod install;
mod outages;
mod presets;
mod real_projects;
mod servers_work;
mod settings;
mod support;
mod support_works;
mod toolchains;
