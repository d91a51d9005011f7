//! Programs that compile on other machines.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A program that distributes compilations, and that a cache tool can run in front of the compiler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Engine {
    /// distcc: preprocesses here, and compiles with the compilers of a fixed list of machines.
    Distcc,
    /// icecream: a scheduler chooses a machine for each compilation, and the compiler travels there.
    Icecream,
    /// sccache-dist: sccache's own, which sends the compiler to its servers.
    SccacheDist,
}

impl Engine {
    /// All engines.
    pub const ALL: [Self; 3] = [Self::Distcc, Self::Icecream, Self::SccacheDist];

    /// Its name in `toolchainkit.yaml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Distcc => "distcc",
            Self::Icecream => "icecream",
            Self::SccacheDist => "sccache-dist",
        }
    }

    /// The name of its program for clients.
    #[must_use]
    pub const fn program(self) -> &'static str {
        match self {
            Self::Distcc => "distcc",
            Self::Icecream => "icecc",
            Self::SccacheDist => "sccache",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
