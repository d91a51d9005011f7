//! The machine: the only place that reads the environment and runs programs. Reads files with a limit.

pub(crate) mod environment;
pub(crate) mod file;
pub(crate) mod path;
pub(crate) mod program;
