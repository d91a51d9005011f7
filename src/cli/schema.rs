//! `toolchainkit schema`

use super::CommandResult;
use super::report::Printer;
use crate::config::json_schema;

#[expect(clippy::unnecessary_wraps, reason = "every command has this form")]
pub(super) fn run(printer: &Printer) -> CommandResult {
    printer.json(&json_schema());
    Ok(())
}
