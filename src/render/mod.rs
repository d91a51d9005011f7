//! Turns a plan into the text of every generated file. No I/O: the same plan gives the same bytes.

pub mod derived;
mod engine;
pub mod env;
pub mod escape;
mod module;
mod view;

use std::collections::BTreeMap;

use minijinja::ErrorKind;
use minijinja::value::Serde;
use serde::Serialize;

pub use self::module::{MODULE, ModuleHeader};
use self::view::{CacheFileView, PresetsView, ToolchainView};
use crate::output::{FileKind, FileSet, RenderedFile};
use crate::plan::Plan;

/// Rendering failed. Except for [`RenderError::SecretValue`] and errors of user templates, this is a bug of
/// toolchainkit.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The plan contains the value of a secret. Only a program that uses the library can create such a plan.
    #[error("{setting} holds the value of a secret; a generated file can only name an environment variable")]
    SecretValue {
        /// The variable of the cache tool.
        setting: &'static str,
    },
    /// A built-in template has an error.
    #[error("the built-in template {name} has an error (this is a bug of toolchainkit)")]
    Template {
        /// The template's path below `templates/`.
        name: &'static str,
        /// The error of the engine, with its position in the template.
        source: minijinja::Error,
    },
    /// A user template has an error.
    #[error("the template {name} cannot be used{}: {why}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    UserTemplate {
        /// The path below the templates folder.
        name: String,
        /// The line, if it is known.
        line: Option<usize>,
        /// The error of the engine.
        why: String,
    },
    /// A user template produces invalid JSON.
    #[error("the template {name} does not produce valid JSON")]
    UserPresets {
        /// The path below the templates folder.
        name: String,
        /// The error of the JSON parser.
        source: serde_json::Error,
    },
    /// The file of a CI system cannot contain a name of the configuration.
    #[error("{0}")]
    Ci(String),
    /// A shell's syntax cannot represent a value.
    #[error("the value of {setting} cannot be written for this shell")]
    Environment {
        /// The variable of the cache tool.
        setting: &'static str,
        /// The reason.
        source: escape::EscapeError,
    },
    /// The rendered presets are not valid JSON.
    #[error("the rendered presets are not valid JSON (this is a bug of toolchainkit)")]
    Presets(#[from] serde_json::Error),
}

/// The suggested path for a presets file that another one includes.
pub const INCLUDED_PRESETS: &str = "cmake/toolchainkit-presets.json";

/// Renders every generated file of `plan`.
///
/// # Errors
/// [`RenderError`]. For a plan that was made from a `toolchainkit.yaml`, it is a bug of toolchainkit.
pub fn render(plan: &Plan) -> Result<FileSet, RenderError> {
    render_with(plan, &Templates::default())
}

/// Renders every generated file with user templates.
///
/// # Errors
/// As [`render`], and [`RenderError::UserTemplate`] for a user template with an error.
pub fn render_with(plan: &Plan, templates: &Templates) -> Result<FileSet, RenderError> {
    let renderer = Renderer::new(templates)?;
    let mut files = Vec::new();
    for toolchain in &plan.toolchains {
        let text = renderer.fill("toolchain.cmake.j2", ToolchainView::new(plan, toolchain))?;
        files.push(RenderedFile::new(FileKind::Toolchain, toolchain.path.clone(), text));
    }
    let cache = renderer.fill("toolchainkit-cache.cmake.j2", CacheFileView::new(plan)?)?;
    files.push(RenderedFile::new(FileKind::Cache, plan.output.cache(), cache));
    files.push(RenderedFile::new(FileKind::Module, plan.output.module.clone(), MODULE.to_owned()));
    if let Some(path) = &plan.output.presets {
        let presets = renderer.fill("CMakePresets.json.j2", PresetsView::new(plan))?;
        let presets = renderer.pretty_json("CMakePresets.json.j2", &presets)?;
        files.push(RenderedFile::new(FileKind::Presets, path.clone(), presets));
    }
    Ok(FileSet::new(files))
}

/// Renders the file of `template` for a CI system.
///
/// # Errors
/// [`RenderError::Ci`] for a name that such a file cannot contain, and [`RenderError::UserTemplate`].
pub(crate) fn ci(
    template: &'static str,
    pipeline: impl Serialize,
    templates: &Templates,
) -> Result<String, RenderError> {
    Renderer::new(templates)?.fill(template, pipeline).map_err(|error| match error {
        RenderError::Template { source, .. } if source.kind() == ErrorKind::InvalidOperation => {
            RenderError::Ci(source.detail().unwrap_or_default().to_owned())
        }
        error => error,
    })
}

/// Converts an error of the template `name`, or of a template that it includes.
fn user_fault(name: &str, error: &minijinja::Error) -> RenderError {
    let kind = error.kind().to_string();
    RenderError::UserTemplate {
        name: error.name().unwrap_or(name).to_owned(),
        line: error.line(),
        why: error.detail().map_or_else(|| kind.clone(), |detail| format!("{kind}: {detail}")),
    }
}

/// User templates, by their path below the templates folder, such as `toolchain/flags.cmake.j2`. Each replaces the
/// built-in template of the same name. A template can extend or include a built-in one by the prefix `builtin/`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates(pub BTreeMap<String, String>);

struct Renderer<'a> {
    engine: minijinja::Environment<'static>,
    templates: &'a Templates,
}

impl<'a> Renderer<'a> {
    fn new(templates: &'a Templates) -> Result<Self, RenderError> {
        let builtin = |source| RenderError::Template { name: "of the engine", source };
        let mut engine = engine::environment().map_err(builtin)?;
        for (name, text) in &templates.0 {
            let added = engine::add(&mut engine, name, text);
            added.map_err(|source| user_fault(name, &source))?;
        }
        Ok(Self { engine, templates })
    }

    fn fill(&self, name: &'static str, view: impl Serialize) -> Result<String, RenderError> {
        let render = || self.engine.get_template(name)?.render(Serde(view));
        render().map_err(|source| self.fault(name, source))
    }

    /// Converts an error. It names the user template if there is one, otherwise the built-in template.
    fn fault(&self, name: &'static str, source: minijinja::Error) -> RenderError {
        let mut inner: &minijinja::Error = &source;
        while let Some(cause) = std::error::Error::source(inner).and_then(|cause| cause.downcast_ref()) {
            inner = cause;
        }
        let place = inner.name().filter(|name| self.templates.0.contains_key(*name));
        let place = place.or_else(|| self.templates.0.keys().next().map(String::as_str));
        match place {
            Some(user) => user_fault(user, inner),
            None => RenderError::Template { name, source },
        }
    }

    /// Parses the text, which proves that it is valid JSON, and prints it again, so that the layout does not depend on
    /// the white space of the template.
    fn pretty_json(&self, name: &str, text: &str) -> Result<String, RenderError> {
        let read = || {
            let value: serde_json::Value = serde_json::from_str(text)?;
            serde_json::to_string_pretty(&value).map(|text| text + "\n")
        };
        read().map_err(|source| {
            if self.templates.0.contains_key(name) {
                RenderError::UserPresets { name: name.to_owned(), source }
            } else {
                RenderError::Presets(source)
            }
        })
    }
}
