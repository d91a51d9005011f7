//! `--format`: output for people or for programs.

use clap::{Args, ValueEnum};

/// The format of a command's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people; may change in any version
    #[default]
    Human,
    /// For programs; stable
    Json,
}

/// The option.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}
