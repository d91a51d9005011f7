//! The machine: the only place that reads the environment and runs programs.

pub(crate) mod environment;
pub(crate) mod program;
