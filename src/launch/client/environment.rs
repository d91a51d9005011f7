//! The environment of the tool.

use std::ffi::OsString;
use std::process::Command;

use super::super::address::Address;
use super::super::process;
use super::super::settings::{Settings, Storage};
use super::secrets;

/// Changes to the environment of the launcher.
#[derive(Debug, Default)]
pub(super) struct Environment {
    set: Vec<(String, OsString)>,
    unset: Vec<String>,
}

/// Variables that every program needs, and those for the log of the tool.
const ALWAYS_KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_*",
    "TZ",
    "TMPDIR",
    "TMP",
    "TEMP",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "COMPUTERNAME",
    "USERNAME",
    "USERPROFILE",
    "LOCALAPPDATA",
    "APPDATA",
    "PROGRAMDATA",
    "SCCACHE_LOG*",
    "SCCACHE_ERROR_LOG",
];

impl Environment {
    /// The environment of a client of the daemon at `address`.
    pub(super) fn of_client(settings: &Settings, storage: &Storage, address: &Address) -> Self {
        let mut environment = Self::cleared(settings, storage);
        environment.unset.push(address.other_variable().to_owned());
        let variables = address.of_client(settings.tool_version());
        environment.set.extend(variables.into_iter().map(|(name, value)| (name.to_owned(), value)));
        for name in &storage.client {
            if let Some(value) = storage.environment.get(name) {
                environment.set.push((name.clone(), value.into()));
            }
        }
        environment
    }

    /// The environment of a tool without a daemon. Fails with the name of the first missing secret.
    pub(super) fn of_tool(settings: &Settings, storage: &Storage) -> Result<Self, String> {
        let mut environment = Self::cleared(settings, storage);
        environment.add(storage)?;
        Ok(environment)
    }

    fn cleared(settings: &Settings, storage: &Storage) -> Self {
        let unset = settings.clear.iter().chain(&storage.unset).cloned().collect();
        Self { set: Vec::with_capacity(16), unset }
    }

    fn add(&mut self, storage: &Storage) -> Result<(), String> {
        self.set.extend(storage.environment.iter().map(|(name, value)| (name.clone(), value.into())));
        for secret in &storage.secrets {
            self.set.push((secret.name.clone(), secrets::value(secret, process::variable)?));
        }
        Ok(())
    }

    /// The whole environment of a supervisor, with only the variables that a daemon needs. Fails like [`Self::of_tool`].
    pub(super) fn of_supervisor(
        settings: &Settings,
        storage: &Storage,
    ) -> Result<Vec<(OsString, OsString)>, String> {
        let mut environment = Self::cleared(settings, storage);
        environment.add(storage)?;
        Ok(environment.with_kept(settings))
    }

    /// The whole environment of a supervisor without a daemon.
    pub(super) fn of_guard(settings: &Settings) -> Vec<(OsString, OsString)> {
        let environment = Self { set: Vec::new(), unset: settings.clear.clone() };
        environment.with_kept(settings)
    }

    /// The whole environment: these changes, and the variables of the launcher that a daemon needs.
    fn with_kept(self, settings: &Settings) -> Vec<(OsString, OsString)> {
        let is_kept = |name: &str| {
            let patterns = ALWAYS_KEPT.iter().copied().chain(settings.keep.iter().map(String::as_str));
            let matches = |pattern: &str| match pattern.strip_suffix('*') {
                Some(beginning) => name
                    .get(..beginning.len())
                    .is_some_and(|start| process::is_same_variable(start, beginning)),
                None => process::is_same_variable(name, pattern),
            };
            patterns.into_iter().any(matches)
        };
        let of_around = process::environment().filter(|(name, _)| {
            name.to_str().is_some_and(|name| {
                is_kept(name) && !self.unset.iter().any(|unset| process::is_same_variable(unset, name))
            })
        });
        let mut all: Vec<(OsString, OsString)> = of_around.collect();
        all.extend(self.set.into_iter().map(|(name, value)| (name.into(), value)));
        all
    }

    /// Sets a variable, and overrides an earlier value.
    pub(super) fn force(&mut self, name: &str, value: &str) {
        self.set.push((name.to_owned(), value.into()));
    }

    /// The value of `name`.
    pub(super) fn value(&self, name: &str) -> Option<&OsString> {
        self.set.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn apply(&self, command: &mut Command) {
        // Most of these variables are not set.
        for name in self.unset.iter().filter(|name| process::variable(name).is_some()) {
            command.env_remove(name);
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
    }
}
