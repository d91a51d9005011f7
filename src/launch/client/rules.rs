//! Where the rules are asked.

use std::ffi::{OsStr, OsString};
use std::process::Command;

use super::super::process;
use super::super::settings::Settings;

/// In the environment of a build: everything is as otherwise, but the tool is not run.
const BYPASS: &str = "TOOLCHAINKIT_BYPASS";

/// How a compilation is to be run.
#[derive(Debug)]
pub(in crate::launch) struct Plan {
    pub(super) bypass: bool,
    command: Vec<OsString>,
    set: Vec<(String, OsString)>,
    unset: Vec<String>,
}

/// The rules of this program.
pub(in crate::launch) struct About {
    pub(in crate::launch) number: usize,
    pub(in crate::launch) digest: String,
}

pub(in crate::launch) fn about() -> About {
    About { number: 0, digest: process::digest(b"") }
}

/// What the rules say of this command line.
pub(super) fn plan(_settings: &Settings, command: Vec<OsString>) -> Plan {
    let bypass = process::variable(BYPASS).is_some_and(|value| value == "1");
    Plan { bypass, command, set: Vec::new(), unset: Vec::new() }
}

impl Plan {
    /// The compiler.
    pub(super) fn compiler(&self) -> &OsStr {
        self.command.first().map_or(OsStr::new(""), OsString::as_os_str)
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> &[OsString] {
        self.command.get(1..).unwrap_or_default()
    }

    /// What it makes, as far as the command line says so.
    pub(super) fn object(&self) -> Option<&OsStr> {
        let arguments = self.arguments();
        let at = arguments.iter().rposition(|argument| argument == "-o")?;
        arguments.get(at + 1).map(OsString::as_os_str)
    }

    /// What the tool is to find in its environment.
    pub(super) fn set_environment(&self, command: &mut Command) {
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
        for name in &self.unset {
            command.env_remove(name);
        }
    }
}
