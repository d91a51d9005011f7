//! `toolchainkit init --ci`

use camino::{Utf8Path, Utf8PathBuf};

use super::CommandResult;
use super::init::write;
use super::project::Project;
use super::report::{CliError, Printer};
use super::templates;
use crate::init::ci::{Pipeline, System};
use crate::init::enclosing_repository;

/// Writes the file for `system`, which builds `project`; with `stdout`, only prints it. An existing file stays, unless
/// `force` is set.
pub(super) fn run(
    system: System,
    project: &Project,
    stdout: bool,
    force: bool,
    printer: &Printer,
) -> CommandResult {
    // Without a repository, the project is its top.
    let (top, folder) =
        enclosing_repository(&project.folder).unwrap_or_else(|| (project.folder.clone(), Utf8PathBuf::new()));
    let pipeline = Pipeline::new(&project.config, &project.plan, &folder);
    let text = templates::render_ci(project, system.template(), &pipeline)?;
    if stdout {
        printer.product(&text);
        return Ok(());
    }
    let [own, included] = system.paths().map(|path| top.join(path));
    let is_free = |path: &Utf8Path| path.symlink_metadata().is_err();
    let is_included = !force && !is_free(&own);
    let path = if is_included { included } else { own };
    if !force && !is_free(&path) {
        return Err(CliError::Exists { path });
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|error| std::io::Error::new(error.kind(), format!("cannot create {parent}: {error}")))?;
    }
    write(&path, text.as_bytes(), force)?;
    printer.report(&format!("wrote {path}"));
    if is_included {
        printer.report(&format!("  to use it: {}", system.inclusion()));
    }
    if !pipeline.secrets().is_empty() {
        let names = pipeline.secrets().join(", ");
        printer.report(&format!("  define these secrets in the settings of the CI system: {names}"));
    }
    if !pipeline.protects_from_forks() {
        printer.report(
            "  pull requests from forks use the same preset: add a profile with `cache: { remote: { access: read-only } }` \
             to toolchainkit.yaml, so that they cannot write to the cache",
        );
    }
    Ok(())
}
