//! `toolchainkit init --ci`

use camino::{Utf8Path, Utf8PathBuf};

use super::CommandResult;
use super::init::write;
use super::project::Project;
use super::report::{CliError, Printer};
use super::templates;
use crate::init::ci::{Pipeline, System};

/// Writes the file for `system`, which builds `project`; with `stdout`, only prints it. An existing file stays, unless
/// `force` is set.
pub(super) fn run(
    system: System,
    project: &Project,
    stdout: bool,
    force: bool,
    printer: &Printer,
) -> CommandResult {
    let (top, folder) = repository(&project.folder);
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

/// The top folder of the git repository with `folder`, and the path from it to `folder`. Without a repository, both are `folder`.
fn repository(folder: &Utf8Path) -> (Utf8PathBuf, Utf8PathBuf) {
    let here = std::env::current_dir().ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let Some(absolute) = here.map(|here| here.join(folder)) else {
        return (folder.to_owned(), Utf8PathBuf::new());
    };
    let mut depth = Utf8PathBuf::new();
    for top in absolute.ancestors() {
        if top.join(".git").exists() {
            let below = absolute.strip_prefix(top).unwrap_or(Utf8Path::new("")).to_owned();
            return (folder.join(depth), below);
        }
        depth.push("..");
    }
    (folder.to_owned(), Utf8PathBuf::new())
}
