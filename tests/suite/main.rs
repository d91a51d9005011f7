//! The tests that run the real tools: CMake, the compiler caches, and the servers that they store in.
//!
//! `tests/setup.sh` installs what they need. A test whose tools are missing says so and passes, and fails when `CI=true`.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

mod architecture;
mod command_line;
mod costs;
mod diagnostics;
mod documentation;
mod escaping;
mod golden;
mod install;
mod listed;
mod module;
mod presets;
mod servers_work;
#[expect(dead_code, unused_imports, reason = "the cells use the rest")]
#[path = "../support/mod.rs"]
mod support;
mod support_works;
