//! User templates, which every command that renders files reads.

use camino::{Utf8Path, Utf8PathBuf};

use super::project::Project;
use super::report::CliError;
use crate::diagnostics::{Code, Diagnostic, Place};
use crate::init::ci::Pipeline;
use crate::output::FileSet;
use crate::probe::file::{self, ReadError};
use crate::render::{self, RenderError, Templates};

/// The size limit of a template. A larger file is probably not a template.
const MAX_BYTES: u64 = 256 * 1024;
/// The largest number of templates. There are fewer than 20 built-in ones.
const MOST: usize = 100;
/// The deepest folder, so that a link to a folder above it does not lead to an endless search.
const DEEPEST: usize = 8;

/// Renders the files of the project, with its user templates if it has any.
pub(super) fn render(project: &Project) -> Result<FileSet, CliError> {
    let templates = read_of(project)?;
    render::render_with(&project.plan, &templates).map_err(|error| described(project, error))
}

/// Renders the file of `template` for a CI system.
pub(super) fn render_ci(
    project: &Project,
    template: &'static str,
    pipeline: &Pipeline,
) -> Result<String, CliError> {
    render::ci(template, pipeline, &read_of(project)?).map_err(|error| described(project, error))
}

fn described(project: &Project, error: RenderError) -> CliError {
    match &error {
        RenderError::UserTemplate { .. } => config(project, fault(error.to_string())),
        RenderError::UserPresets { source, .. } => config(project, fault(format!("{error}: {source}"))),
        RenderError::Ci(why) => CliError::Usage(why.clone()),
        _ => error.into(),
    }
}

/// The user templates of the project.
fn read_of(project: &Project) -> Result<Templates, CliError> {
    match &project.config.templates {
        Some(folder) => read(&project.folder.join(folder)).map_err(|fault| config(project, *fault)),
        None => Ok(Templates::default()),
    }
}

fn config(project: &Project, diagnostic: Diagnostic) -> CliError {
    CliError::Config { diagnostics: vec![diagnostic], excerpt: Some(project.excerpt.clone()) }
}

fn fault(message: String) -> Diagnostic {
    let place = Place { path: "templates".to_owned(), span: None };
    let help = "run `toolchainkit explain bad-template` for the rules of templates; docs/how-to/templates.md lists the blocks";
    Diagnostic::error(Code::BadTemplate, message).at(place).with_help(help)
}

/// Every file `*.j2` below `folder`.
fn read(folder: &Utf8Path) -> Result<Templates, Box<Diagnostic>> {
    let mut templates = Templates::default();
    let mut folders = vec![Utf8PathBuf::new()];
    let unreadable =
        |path: &Utf8Path, error: std::io::Error| fault(format!("{path} cannot be read: {error}"));
    while let Some(below) = folders.pop() {
        let path = folder.join(&below);
        let entries = path.read_dir_utf8().map_err(|error| unreadable(&path, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&path, error))?;
            // Use `/` on every system, because templates refer to each other this way.
            let name = if below.as_str().is_empty() {
                Utf8PathBuf::from(entry.file_name())
            } else {
                Utf8PathBuf::from(format!("{below}/{}", entry.file_name()))
            };
            let metadata = entry.path().metadata().map_err(|error| unreadable(entry.path(), error))?;
            if metadata.is_dir() {
                if name.components().count() >= DEEPEST {
                    let message =
                        format!("{} is more than {DEEPEST} levels deep; it may be a link", entry.path());
                    return Err(Box::new(fault(message)));
                }
                folders.push(name);
            } else if name.extension() == Some("j2") {
                if templates.0.len() >= MOST {
                    return Err(Box::new(fault(format!("{folder} contains more than {MOST} templates"))));
                }
                let text = file::read(entry.path(), MAX_BYTES).map_err(|error| match error {
                    ReadError::Io(error) => unreadable(entry.path(), error),
                    error => fault(error.to_string()),
                })?;
                let text = String::from_utf8(text)
                    .map_err(|_| Box::new(fault(format!("{} is not UTF-8 text", entry.path()))))?;
                // git may check out files with CR LF.
                templates.0.insert(name.into_string(), text.replace("\r\n", "\n"));
            }
        }
    }
    Ok(templates)
}
