//! The tests that run once: generated files, messages, commands, `install`, and the support code itself.
//!
//! `tests/setup.sh` installs the tools for some of them. A test whose tools are missing reports a skip and passes, and
//! fails with `CI=true`. Tests with many versions of the real tools are in `tests/cells`. The support code needs Unix,
//! so tests that use it do not exist on Windows.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

#[cfg(unix)]
mod architecture;
#[cfg(unix)]
mod command_line;
#[cfg(unix)]
mod costs;
mod derived;
mod derived_variables;
mod diagnostics;
#[cfg(unix)]
mod documentation;
#[cfg(unix)]
mod escaping;
mod golden;
#[cfg(unix)]
mod install;
#[cfg(unix)]
mod listed;
#[cfg(unix)]
mod module;
#[cfg(unix)]
mod obstacles;
#[cfg(unix)]
mod presets;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod run_command;
#[cfg(unix)]
mod servers_work;
mod statistics;
#[cfg(unix)]
#[expect(dead_code, unused_imports, reason = "the cells use the rest")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod support_works;
#[cfg(unix)]
mod voice;
