//! What the tests stand on: the installed tools, a sandbox to run them in, projects to build, and servers to cache in.
//!
//! Nothing here but `backends` and `checkout` knows toolchainkit. It runs real programs only, and cleans up after them.

pub(crate) mod backends;
pub(crate) mod checkout;
pub(crate) mod project;
pub(crate) mod proxy;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod servers;
pub(crate) mod stats;
pub(crate) mod tools;
pub(crate) mod versions;

pub(crate) use project::Project;
pub(crate) use run::{Finished, Run, write_script};
pub(crate) use sandbox::Sandbox;
pub(crate) use stats::Stats;
pub(crate) use tools::{Tool, Tools};
