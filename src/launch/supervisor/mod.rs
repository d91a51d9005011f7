//! The supervisor: the parent process of sccache's daemon. There is one for each storage and owner.

mod daemon;
mod files;
mod log;
mod outcomes;
mod port;
mod record;
mod remote;
mod server;
mod state;

use std::ffi::OsString;
use std::process::ExitCode;

pub(super) use self::files::{ENDPOINT, LOCK, SOCKET};
pub use self::record::{Record, is_running, list, read, stop};
pub(super) use self::server::SERVE;

/// Runs the supervisor: see [`SERVE`].
pub(super) fn serve(arguments: &[OsString]) -> ExitCode {
    server::serve(arguments)
}

/// Replaces this process by the daemon: see [`daemon::STAGE`].
pub(super) fn stage(arguments: &[OsString]) -> ExitCode {
    daemon::stage(arguments)
}

pub(super) use self::daemon::STAGE;
