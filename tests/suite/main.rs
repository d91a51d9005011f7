//! The tests that are there once: what is generated and said, the commands, installing, and the support code itself.
//!
//! `tests/setup.sh` installs what some of them need. A test whose tools are missing says so and passes, and fails when
//! `CI=true`. What is tested with many versions of the real tools is in `tests/cells`. The support code needs Unix, so on
//! Windows there is only what does without it.
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
mod presets;
#[cfg(unix)]
mod servers_work;
#[cfg(unix)]
#[expect(dead_code, unused_imports, reason = "the cells use the rest")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(unix)]
mod support_works;
