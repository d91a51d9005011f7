//! Asks the guard whether a compilation may use direct mode.

use std::ffi::OsStr;
use std::io::BufReader;
use std::process::Command;
use std::time::Duration;

use super::super::guard::{GuardReply, GuardRequest};
use super::super::process::{self, Connection};
use super::super::protocol;
use super::super::settings::Direct;
use super::Compilation;
use super::warning::is_fresh;
use crate::caching::tool::Tool;

/// The longest wait for the guard. For the first question, it runs the compiler and reads many headers.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The time for which clients do not use the guard after it has not answered.
const PAUSE: Duration = Duration::from_mins(1);

/// Both tools add this variable to the key of the direct mode only. It has no effect on C and C++.
const FINGERPRINT: &str = "OBJCPLUS_INCLUDE_PATH";

/// With the second value in the first variable, ccache does not read a header again whose size and times are those of the
/// compilation that stored the object. On its own this would be wrong: another file can have the same size and times, for
/// example after a link was turned. But the fingerprint depends on the contents of all headers, so the key differs then.
const SLOPPINESS: (&str, &str) = ("CCACHE_SLOPPINESS", "file_stat_matches");

/// Whether a compilation uses direct mode.
#[derive(Debug)]
pub(super) enum Mode {
    /// As configured in the settings of the tool.
    AsSet,
    /// Disabled.
    Off,
    /// Enabled. The guard checks the result.
    Guarded(Guarded),
}

/// A compilation in direct mode.
#[derive(Debug)]
pub(super) struct Guarded {
    reader: BufReader<Connection>,
    fingerprint: String,
    contains_checkout_path: bool,
    /// Whether the fingerprint depends on the contents of all headers.
    with_contents: bool,
}

/// Determines the mode of a compilation. `is_possible`: whether the tool can use direct mode. `connect` returns a
/// connection to the guard.
pub(super) fn mode(
    compilation: &Compilation,
    is_possible: bool,
    connect: impl FnOnce() -> Option<Connection>,
) -> Mode {
    if compilation.settings.direct_mode == Direct::Set {
        return Mode::AsSet;
    }
    let guarded = is_possible.then(|| ask(compilation, connect)).flatten();
    guarded.map_or(Mode::Off, Mode::Guarded)
}

fn ask(compilation: &Compilation, connect: impl FnOnce() -> Option<Connection>) -> Option<Guarded> {
    let question = compilation.plan.question(&compilation.settings).ok()?;
    let unanswered = compilation.settings.folder().join("unguarded");
    if is_fresh(&unanswered, PAUSE) {
        return None;
    }
    let asked = connect().and_then(|connection| {
        connection.set_read_timeout(Some(TIMEOUT)).ok()?;
        connection.set_write_timeout(Some(TIMEOUT)).ok()?;
        let mut reader = BufReader::with_capacity(1024, connection);
        protocol::send(reader.get_mut(), &GuardRequest::Fingerprint(Box::new(question))).ok()?;
        protocol::receive::<GuardReply>(&mut reader).ok()?.map(|reply| (reader, reply))
    });
    match asked {
        Some((reader, GuardReply::Direct { fingerprint, contains_place, with_contents })) => {
            Some(Guarded { reader, fingerprint, contains_checkout_path: contains_place, with_contents })
        }
        Some(_) => None,
        None => {
            // The next compilations do not wait for the guard.
            let _ = process::new_file().write(true).truncate(true).open(unanswered);
            None
        }
    }
}

fn add_sloppiness(command: &mut Command) {
    let (name, added) = SLOPPINESS;
    let set =
        command.get_envs().find(|(known, _)| *known == name).map(|(_, value)| value.map(OsStr::to_owned));
    let mut value = set.unwrap_or_else(|| process::variable(name)).unwrap_or_default();
    if !value.is_empty() {
        value.push(",");
    }
    value.push(added);
    command.env(name, value);
}

impl Mode {
    /// Whether a file that the compilation can include contains the path of the checkout. `None` if the guard has not read them.
    pub(super) fn contains_checkout_path(&self) -> Option<bool> {
        match self {
            Self::AsSet | Self::Off => None,
            Self::Guarded(guarded) => Some(guarded.contains_checkout_path),
        }
    }

    /// Sets the variables for the tool.
    pub(super) fn set_environment(&self, tool: Tool, command: &mut Command) {
        match (self, tool) {
            (Self::AsSet, _) => {}
            (Self::Off, Tool::Sccache) => {
                command.env("SCCACHE_DIRECT", "false");
            }
            (Self::Off, Tool::Ccache) => {
                command.env("CCACHE_NODIRECT", "1");
            }
            (Self::Guarded(guarded), _) => {
                command.env(FINGERPRINT, format!("/nonexistent/{}", guarded.fingerprint));
                if tool == Tool::Ccache && guarded.with_contents {
                    add_sloppiness(command);
                }
            }
        }
    }

    /// Whether the result of a successful compilation is valid. If not, the compilation must run again without direct mode.
    pub(super) fn is_valid(&mut self) -> bool {
        match self {
            Self::AsSet | Self::Off => true,
            Self::Guarded(guarded) => {
                let reply = protocol::send(guarded.reader.get_mut(), &GuardRequest::Check)
                    .and_then(|()| protocol::receive::<GuardReply>(&mut guarded.reader));
                matches!(reply, Ok(Some(GuardReply::Valid)))
            }
        }
    }
}
