//! `toolchainkit-launch` with real tools, without CMake: the tests write `launcher.json` themselves.

#![cfg(unix)]
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests run programs, read files and the environment, report skips, and panic"
)]

mod bench;
mod compiling;
mod ending;
mod journal;
mod places;
mod ports;
#[expect(dead_code, reason = "CMake is not tested here")]
#[path = "../support/versions.rs"]
mod versions;
