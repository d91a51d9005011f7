//! `toolchainkit explain`

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::CommandResult;
use super::output_format::{Format, FormatArgs};
use super::report::{CliError, Printer};
use crate::diagnostics::Code;

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Code of a diagnostic, such as unknown-key [default: list all codes]
    code: Option<String>,
    #[command(flatten)]
    format: FormatArgs,
}

/// The JSON of `explain`.
#[derive(Serialize, JsonSchema)]
#[schemars(title = "toolchainkit explain --format json")]
pub(super) struct ExplainDocument {
    /// The version of this format.
    schema_version: u32,
    /// The code of the command line, or all codes.
    codes: Vec<CodeObject>,
}

#[derive(Serialize, JsonSchema)]
struct CodeObject {
    /// The code, such as unknown-key.
    code: &'static str,
    /// What it means, in one line.
    summary: &'static str,
    /// What it means and what to do.
    explanation: &'static str,
}

pub(super) fn run(args: &ExplainArgs, printer: &Printer) -> CommandResult {
    let code = args.code.as_deref().map(|name| {
        Code::from_name(name).ok_or_else(|| {
            CliError::Usage(format!(
                "there is no code `{name}`; run `toolchainkit explain` to list all codes"
            ))
        })
    });
    let code = code.transpose()?;
    if args.format.format == Format::Json {
        let all = Code::ALL.iter().copied().filter(|known| code.is_none_or(|code| code == *known));
        let codes = all.map(|code| CodeObject {
            code: code.as_str(),
            summary: code.summary(),
            explanation: code.explanation(),
        });
        return printer.document(&ExplainDocument { schema_version: 1, codes: codes.collect() });
    }
    match code {
        None => {
            for code in Code::ALL {
                printer.product(&format!("{:24} {}\n", code.as_str(), code.summary()));
            }
        }
        Some(code) => printer.product(&format!("{code}: {}\n\n{}\n", code.summary(), code.explanation())),
    }
    Ok(())
}
