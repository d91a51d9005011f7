//! The tests that run once: generated files, messages, commands, `install`, and the support code itself.
//!
//! `tests/setup.sh` installs the tools for some of them. A test whose tools are missing reports a skip and passes, and
//! fails with `CI=true`. Tests with many versions of the real tools are in `tests/cells`. Tests of modes, owners, links, servers
//! and costs exist on Unix only.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "tests run programs, read files and the environment, and panic"
)]

mod architecture;
mod command_line;
#[cfg(unix)]
mod completions;
#[cfg(unix)]
mod costs;
mod derived;
mod derived_costs;
mod derived_variables;
mod diagnostics;
mod documentation;
mod escaping;
mod golden;
#[cfg(unix)]
mod install;
mod library;
mod listed;
mod module;
#[cfg(unix)]
mod obstacles;
mod presets;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod run_command;
#[cfg(unix)]
mod script;
#[cfg(unix)]
mod servers_work;
mod statistics;
#[expect(dead_code, unused_imports, reason = "the cells use the rest")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod support_works;
#[cfg(unix)]
mod voice;
