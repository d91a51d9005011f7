//! `toolchainkit init`

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};

use camino::Utf8PathBuf;
use clap::Args;

use super::project::CONFIG_NAME;
use super::report::{CliError, Printer};
use super::{CommandResult, Global};

/// The initial configuration; a test checks that it is valid.
pub(super) const STARTER: &str = include_str!("../../templates/init/toolchainkit.yaml");

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Print the file instead of writing it
    #[arg(long)]
    stdout: bool,
}

pub(super) fn run(args: &InitArgs, global: &Global, printer: &Printer) -> CommandResult {
    if args.stdout {
        printer.product(STARTER);
        return Ok(());
    }
    let path = global.config.clone().unwrap_or_else(|| Utf8PathBuf::from(CONFIG_NAME));
    // Create the file atomically, so that a file of another process is not overwritten.
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(CliError::Exists { path }),
        Err(error) => {
            return Err(std::io::Error::new(error.kind(), format!("cannot write {path}: {error}")).into());
        }
    };
    file.write_all(STARTER.as_bytes())?;
    printer.report(&format!("wrote {path}; edit it, and then run `toolchainkit generate`"));
    Ok(())
}
