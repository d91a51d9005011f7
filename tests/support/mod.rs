//! Support code of the tests: the installed tools, a sandbox, projects to build, and cache servers.
//!
//! Only `backends` and `checkout` depend on toolchainkit. All programs are real ones, and are stopped at the end of a test.

pub(crate) mod backends;
pub(crate) mod checkout;
pub(crate) mod known_compilers;
pub(crate) mod project;
#[cfg(unix)]
pub(crate) mod proxy;
pub(crate) mod random;
pub(crate) mod removing;
pub(crate) mod run;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod search;
#[cfg(unix)]
pub(crate) mod servers;
pub(crate) mod stats;
pub(crate) mod system;
pub(crate) mod tools;
#[cfg(unix)]
pub(crate) mod users;
pub(crate) mod versions;
#[cfg(unix)]
pub(crate) mod wine;

pub(crate) use project::Project;
pub(crate) use run::{Finished, Run, write_script};
pub(crate) use sandbox::Sandbox;
pub(crate) use stats::Stats;
pub(crate) use tools::{Tool, Tools};
#[cfg(unix)]
pub(crate) use wine::Wine;
