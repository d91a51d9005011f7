//! The address of sccache's daemon.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::process;
use crate::caching::tool::Version;

/// A socket, or a port for an sccache without support for sockets. In messages and files it is one text: a path or
/// `127.0.0.1:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Address {
    /// The path of a Unix socket.
    Socket(PathBuf),
    /// A TCP port of this machine.
    Port(u16),
}

const HOST: &str = "127.0.0.1:";
const SOCKET: &str = "SCCACHE_SERVER_UDS";
const PORT: &str = "SCCACHE_SERVER_PORT";

impl Address {
    /// Sets the variable for this address in the environment of `command`, and removes the other one.
    pub(super) fn set_environment(&self, command: &mut Command) {
        command.env_remove(self.other_variable());
        let (name, value) = self.variable();
        command.env(name, value);
    }

    /// The variable that must not be set, because sccache might read it, too.
    pub(super) const fn other_variable(&self) -> &'static str {
        match self {
            Self::Socket(_) => PORT,
            Self::Port(_) => SOCKET,
        }
    }

    fn variable(&self) -> (&'static str, OsString) {
        match self {
            Self::Socket(path) => (SOCKET, path.into()),
            Self::Port(port) => (PORT, port.to_string().into()),
        }
    }

    /// The variables for a client of this daemon. A client that finds no daemon starts another one. With the storage in
    /// these variables, such a daemon fails immediately. `version` is that of sccache.
    pub(super) fn of_client(&self, version: Version) -> Vec<(&'static str, OsString)> {
        const NO_STORAGE: &str = "tcp://no-daemon";
        const RENAMED: Version = Version::new(0, 8, 0);
        let mut variables = vec![
            ("SCCACHE_CONF", process::DISCARD.into()),
            ("SCCACHE_MEMCACHED_ENDPOINT", NO_STORAGE.into()),
            self.variable(),
        ];
        // The name of the variable up to sccache 0.7. Later versions refuse to run with both.
        if !version.at_least(RENAMED) {
            variables.push(("SCCACHE_MEMCACHED", NO_STORAGE.into()));
        }
        variables
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => path.display().fmt(f),
            Self::Port(port) => write!(f, "{HOST}{port}"),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if let Some(port) = text.strip_prefix(HOST) {
            return match port.parse() {
                Ok(port) if port != 0 => Ok(Self::Port(port)),
                _ => Err("not the number of a port"),
            };
        }
        if text.starts_with('/') { Ok(Self::Socket(text.into())) } else { Err("not the address of a daemon") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn an_address_is_read_as_it_was_written() {
        for (address, text) in [
            (Address::Socket("/a/127.0.0.1:5".into()), "/a/127.0.0.1:5"),
            (Address::Port(65535), "127.0.0.1:65535"),
        ] {
            assert_eq!(String::from(address.clone()), text);
            assert_eq!(Address::try_from(text.to_owned()), Ok(address));
        }
        for text in ["", "a", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:-1", "10.0.0.1:5"] {
            assert!(Address::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn sccache_gets_the_variable_of_one_address_only() {
        for (address, set, unset) in [
            (Address::Port(5), "SCCACHE_SERVER_PORT", "SCCACHE_SERVER_UDS"),
            (Address::Socket("/5".into()), "SCCACHE_SERVER_UDS", "SCCACHE_SERVER_PORT"),
        ] {
            let names_for = |version| -> Vec<&str> {
                address.of_client(version).into_iter().map(|(name, _)| name).collect()
            };
            assert!(names_for(Version::new(0, 7, 7)).contains(&"SCCACHE_MEMCACHED"));
            let names = names_for(Version::new(0, 8, 0));
            assert!(!names.contains(&"SCCACHE_MEMCACHED"), "{names:?}");
            assert!(names.contains(&set) && !names.contains(&unset), "{names:?}");
            assert_eq!(address.other_variable(), unset);
        }
    }
}
