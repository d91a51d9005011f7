//! `--format`, for people or for programs.

use clap::{Args, ValueEnum};

/// The form of a command's product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Format {
    /// For people; may change with any version
    #[default]
    Human,
    /// For programs; stable
    Json,
}

/// The option.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: Format,
}
