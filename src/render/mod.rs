//! Plan → the text of every generated file. Pure: no I/O, and the same plan gives the same bytes.

pub mod derived;
mod engine;
pub mod env;
pub mod escape;
mod view;

use std::collections::BTreeMap;

use minijinja::value::Serde;
use serde::Serialize;

use self::view::{CacheFileView, PresetsView, ToolchainView};
use crate::output::{FileKind, FileSet, RenderedFile};
use crate::plan::Plan;

/// The vendored module, as it is written into every project.
pub const MODULE: &str = include_str!("../../cmake/ToolchainKit.cmake");

/// Rendering failed: a bug of toolchainkit, but for [`RenderError::SecretValue`].
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A plan made by a program holds the value of a secret, which no generated file may contain.
    #[error(
        "the value of a secret was given for {setting}; a generated file can only name an environment variable"
    )]
    SecretValue {
        /// The variable of the cache tool.
        setting: &'static str,
    },
    /// A template is wrong.
    #[error("the template {name} is wrong (this is a bug of toolchainkit)")]
    Template {
        /// The template's path below `templates/`.
        name: &'static str,
        /// What the engine says, with its place in the template.
        source: minijinja::Error,
    },
    /// A template of the user's is wrong.
    #[error("the template {name} cannot be used{}: {why}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
    UserTemplate {
        /// Its path below the folder of the templates.
        name: String,
        /// The line, if the fault is in one.
        line: Option<usize>,
        /// What the engine says.
        why: String,
    },
    /// What a template of the user's makes is not JSON.
    #[error("the template {name} makes no JSON")]
    UserPresets {
        /// Its path below the folder of the templates.
        name: String,
        /// Where in the rendered text.
        source: serde_json::Error,
    },
    /// A value does not fit into the language of a shell.
    #[error("{setting} cannot be written for this shell")]
    Environment {
        /// The variable of the cache tool.
        setting: &'static str,
        /// What stands in the way.
        source: escape::EscapeError,
    },
    /// The presets are not JSON.
    #[error("the rendered presets are not JSON (this is a bug of toolchainkit)")]
    Presets(#[from] serde_json::Error),
}

/// A good name for a presets file that others include.
pub const INCLUDED_PRESETS: &str = "cmake/toolchainkit-presets.json";

/// Every generated file of `plan`.
///
/// # Errors
/// [`RenderError`]; for a plan that comes from a `toolchainkit.yaml` it is a bug of toolchainkit.
pub fn render(plan: &Plan) -> Result<FileSet, RenderError> {
    render_with(plan, &Templates::default())
}

/// The same with templates of the user's.
///
/// # Errors
/// [`RenderError`]; besides the above, [`RenderError::UserTemplate`] for a template that cannot be used.
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
    let presets = renderer.fill("CMakePresets.json.j2", PresetsView::new(plan))?;
    let presets = renderer.pretty_json("CMakePresets.json.j2", &presets)?;
    files.push(RenderedFile::new(FileKind::Presets, plan.output.presets.clone(), presets));
    Ok(FileSet::new(files))
}

/// The fault `error` of the template `name`, or of another that is part of it.
fn user_fault(name: &str, error: &minijinja::Error) -> RenderError {
    let kind = error.kind().to_string();
    RenderError::UserTemplate {
        name: error.name().unwrap_or(name).to_owned(),
        line: error.line(),
        why: error.detail().map_or_else(|| kind.clone(), |detail| format!("{kind}: {detail}")),
    }
}

/// Templates that replace the built-in ones of the same name, by their path below the folder, such as
/// `toolchain/flags.cmake.j2`. `builtin/` before a name is the built-in template, to extend or include.
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

    /// Whose fault it is: a built-in template is right unless one of the user's is part of it.
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

    /// Reading the text back proves that it is JSON; printing it anew fixes its layout whatever the template's white space.
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
