//! The machine: the only place that reads the environment and runs programs. Reads files with a limit, and reaches servers.

pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod foreground;
pub(crate) mod path;
pub(crate) mod program;
pub(crate) mod server;
pub(crate) mod timed;
