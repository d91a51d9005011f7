//! Plan → the text of every generated file. Pure: no I/O, and the same plan gives the same bytes.

mod engine;
pub mod env;
pub mod escape;
mod view;

use minijinja::value::Serde;
use serde::Serialize;

use self::view::{PresetsView, ToolchainView};
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

/// A presets file of this name is read by CMake itself; any other has to be included by one.
const OWN_PRESETS: &str = "CMakePresets.json";

/// A good name for a presets file that others include.
pub const INCLUDED_PRESETS: &str = "cmake/toolchainkit-presets.json";

/// Every generated file of `plan`.
///
/// # Errors
/// [`RenderError`]; for a plan that comes from a `toolchainkit.yaml` it is a bug of toolchainkit.
pub fn render(plan: &Plan) -> Result<FileSet, RenderError> {
    // `toolchainFile` came with schema 3 (CMake 3.21), `include` with 4 (3.23).
    let schema = if plan.output.presets == OWN_PRESETS { 3 } else { 4 };
    let view = ToolchainView::new(plan)?;
    let toolchain = fill("toolchain.cmake.j2", &view)?;
    let cache = fill("toolchainkit-cache.cmake.j2", &view)?;
    let presets = pretty_json(&fill("CMakePresets.json.j2", PresetsView::new(plan, schema))?)?;
    Ok(FileSet::new(vec![
        RenderedFile::new(FileKind::Toolchain, plan.output.toolchain.clone(), toolchain),
        RenderedFile::new(FileKind::Cache, plan.output.cache(), cache),
        RenderedFile::new(FileKind::Module, plan.output.module.clone(), MODULE.to_owned()),
        RenderedFile::new(FileKind::Presets, plan.output.presets.clone(), presets),
    ]))
}

fn fill(name: &'static str, view: impl Serialize) -> Result<String, RenderError> {
    let render = || engine::environment()?.get_template(name)?.render(Serde(view));
    render().map_err(|source| RenderError::Template { name, source })
}

/// Reading the text back proves that it is JSON; printing it anew fixes its layout whatever the template's white space.
fn pretty_json(text: &str) -> Result<String, RenderError> {
    let value: serde_json::Value = serde_json::from_str(text)?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}
