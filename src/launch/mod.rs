//! `toolchainkit-launch`: the program that runs before every compilation.
//!
//! ```text
//! launcher COMPILER ARGUMENTS...   compiles
//! launcher -OPTION...              runs the cache tool itself, with the same cache
//! ```
//!
//! If anything fails in the launcher, it runs the compiler itself. It sets the environment of the tool, and detects a
//! hanging remote cache. For sccache, another process of this program is the parent of the daemon: see [`supervisor`].

pub mod address;
pub mod arguments;
mod client;
mod connections;
pub mod distribute;
pub mod guard;
pub mod journal;
pub mod local_caches;
mod placeholders;
pub mod process;
pub mod protocol;
mod reading;
pub mod rules;
pub mod settings;
mod stamp;
pub mod supervisor;
mod tracers;

pub use self::client::{Trial, why_not_direct};

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use crate::foreign::Filter;

/// Runs the program. The first argument is its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().skip(1).collect();
    let Some(first) = arguments.first() else {
        return print_error(
            "usage: launcher COMPILER ARGUMENTS..., or launcher -OPTION... with an option of the cache tool\n",
        );
    };
    panic::set_hook(Box::new(|panic| {
        let filter = Filter::of_variables(process::texts_of_environment(), &[]);
        print_error(&format!("toolchainkit: internal error: {}\n", filter.shown(&panic.to_string())));
    }));
    let option = first.to_str().filter(|text| text.starts_with('-'));
    match option {
        None => client::compile(arguments),
        Some(supervisor::SERVE) => supervisor::serve(&arguments[1..]),
        Some(supervisor::STAGE) => supervisor::stage(&arguments[1..]),
        Some("--about") => about(),
        Some("--probe-hosts") => client::probe_hosts(&arguments[1..]),
        Some("--try-servers") => client::try_servers(&arguments[1..]),
        Some(_) => client::option(&arguments),
    }
}

/// Prints an error. Returns the exit code for it.
fn print_error(text: &str) -> ExitCode {
    // If the message cannot be written, the exit code shows the failure.
    let _ = io::stderr().write_all(text.as_bytes());
    ExitCode::from(2)
}

/// Prints the versions that the CMake module checks before it uses this program.
fn about() -> ExitCode {
    let line = serde_json::json!({
        "protocol": protocol::PROTOCOL,
        "rules": rules::VERSION,
        "version": env!("CARGO_PKG_VERSION"),
        "digest": rules::digest(),
    });
    match writeln!(io::stdout(), "{line}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
