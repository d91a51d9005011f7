//! `toolchainkit stats --export FILE`

use std::io;

use camino::Utf8Path;

use super::report::{CliError, Printer};
use super::{CommandResult, causes};

/// Writes the exported journal of a build folder.
pub(super) fn write(folder: &Utf8Path, path: &Utf8Path, printer: &Printer) -> CommandResult {
    let export = causes::export(folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            CliError::NoBuildFolder(format!("{folder} has no journal; {}", causes::NO_JOURNAL))
        }
        io::ErrorKind::Other => CliError::NoBuildFolder(format!("{folder} cannot be exported: {error}")),
        _ => CliError::Io(error),
    })?;
    let value = printer.without_credentials(serde_json::to_value(&export).map_err(io::Error::from)?);
    let mut text = serde_json::to_string(&value).map_err(io::Error::from)?;
    text.push('\n');
    fs_err::write(path, text)?;
    printer.report(&format!("{} compilations were written to {path}", export.compilations.len()));
    Ok(())
}
