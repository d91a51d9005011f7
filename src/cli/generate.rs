//! `toolchainkit generate`

use clap::Args;

use super::project::Project;
use super::report::{CliError, Printer};
use super::{CommandResult, Global};
use crate::output::{self, Comparison, FileKind, FileSet, OutputError, State};
use crate::render;

/// Arguments of `generate`.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(super) struct GenerateArgs {
    /// Write nothing; fail with exit code 4 and a diff if the files on disk differ
    #[arg(long)]
    check: bool,
    /// Write nothing; show the differences as a unified diff
    #[arg(long)]
    diff: bool,
    /// Write nothing; print one file: toolchain, module or presets
    #[arg(long, value_name = "FILE", value_parser = file_kind)]
    stdout: Option<FileKind>,
}

fn file_kind(key: &str) -> Result<FileKind, String> {
    let found = FileKind::ALL.into_iter().find(|kind| kind.key() == key);
    found.ok_or_else(|| format!("one of {}", FileKind::ALL.map(FileKind::key).join(", ")))
}

pub(super) fn run(args: &GenerateArgs, global: &Global, printer: &Printer) -> CommandResult {
    let project = Project::load(global, printer)?;
    let files = render::render(&project.plan)?;
    if let Some(kind) = args.stdout {
        if let Some(file) = files.get(kind) {
            printer.product(&file.text);
        }
        Ok(())
    } else if args.check || args.diff {
        compare(&files, &project, args.check, printer)
    } else {
        write(&files, &project, printer)
    }
}

fn compare(files: &FileSet, project: &Project, check: bool, printer: &Printer) -> CommandResult {
    let comparisons = output::compare(files, &project.folder)?;
    for diff in comparisons.iter().filter_map(|comparison| comparison.state.diff()) {
        printer.product(diff);
    }
    let is =
        |state: fn(&State) -> bool| comparisons.iter().filter(move |comparison| state(&comparison.state));
    let foreign = is(|state| *state == State::NotOurs);
    let foreign = foreign.map(|Comparison { kind, path, .. }| (*kind, path.clone())).collect::<Vec<_>>();
    if !foreign.is_empty() {
        return Err(OutputError::NotOurs(foreign).into());
    }
    match is(|state| *state != State::Same).count() {
        0 => {
            printer.say("the generated files are up to date");
            Ok(())
        }
        count if check => Err(CliError::OutOfDate { count }),
        _ => Ok(()),
    }
}

fn write(files: &FileSet, project: &Project, printer: &Printer) -> CommandResult {
    let written = output::write(files, &project.folder)?;
    for file in files.iter() {
        let word = if written.contains(&file.path) { "wrote" } else { "unchanged" };
        printer.say(&format!("{word:9} {}", file.path));
    }
    let Some(preset) = project.plan.variants.iter().flat_map(|variant| &variant.presets).next() else {
        return Ok(());
    };
    if !written.is_empty() {
        let name = &preset.name;
        printer.say(&format!(
            "commit these files; build with: cmake --preset {name} && cmake --build --preset {name}"
        ));
    }
    Ok(())
}
