//! `toolchainkit explain`

use clap::Args;

use super::CommandResult;
use super::report::{CliError, Printer};
use crate::diagnostics::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code in the brackets of a diagnostic; without it, all codes are listed
    code: Option<String>,
}

pub(super) fn run(args: &ExplainArgs, printer: &Printer) -> CommandResult {
    let Some(name) = &args.code else {
        for code in Code::ALL {
            printer.product(&format!("{:24} {}\n", code.as_str(), code.summary()));
        }
        return Ok(());
    };
    let code = Code::from_name(name).ok_or_else(|| {
        CliError::Usage(format!("there is no code `{name}`; `toolchainkit explain` lists them"))
    })?;
    printer.product(&format!("{code}: {}\n\n{}\n", code.summary(), code.explanation()));
    Ok(())
}
