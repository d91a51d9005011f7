//! The machine: the only place that reads the environment and runs programs.

pub mod environment;
pub mod program;
