//! `toolchainkit validate`

use clap::Args;
use schemars::JsonSchema;

use super::output_format::{Format, FormatArgs};
use super::project::Project;
use super::report::{CliError, Printer};
use super::{CommandResult, Global, templates};
use crate::diagnostics::{DiagnosticObject, Report};

/// Arguments of `validate`.
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    format: FormatArgs,
}

/// The JSON of `validate`: all errors and warnings, in the order of the file.
#[derive(JsonSchema)]
#[schemars(title = "toolchainkit validate --format json", transparent)]
#[expect(dead_code, reason = "only its schema is used: Report creates the JSON")]
pub(super) struct ValidateDocument(Vec<DiagnosticObject<'static>>);

pub(super) fn run(args: &ValidateArgs, global: &Global, printer: &Printer) -> CommandResult {
    let result = Project::load_silently(global).and_then(|project| {
        templates::render(&project)?;
        Ok(project)
    });
    if args.format.format == Format::Json {
        let (diagnostics, excerpt) = match &result {
            Ok(project) => (project.warnings.as_slice(), Some(&project.excerpt)),
            Err(CliError::Config { diagnostics, excerpt }) => (diagnostics.as_slice(), excerpt.as_ref()),
            Err(_) => (&[][..], None),
        };
        printer.json(&Report::new(diagnostics, excerpt).to_json());
        return match result {
            // The diagnostics have been printed to standard output.
            Err(CliError::Config { .. }) => Err(CliError::Config { diagnostics: Vec::new(), excerpt: None }),
            other => other.map(drop),
        };
    }
    let project = result?;
    printer.warnings(&project.warnings, &project.excerpt);
    let profiles = project.config.variants.len() - 1;
    let profiles = match profiles {
        0 => String::new(),
        1 => ", 1 profile".to_owned(),
        number => format!(", {number} profiles"),
    };
    printer.report(&format!("{}: valid{profiles}", project.excerpt.name()));
    Ok(())
}
