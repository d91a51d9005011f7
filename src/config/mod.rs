//! Turns text into a valid [`Config`], and finds every error in one run.
//!
//! ```text
//! SourceFile --parse--> Node tree --merge--> one tree per variant --shape--> raw structs --validate--> Config
//! ```
//!
//! After `parse`, the text is one YAML document without anchors, tags and duplicate keys, and each value knows its byte
//! range. After `merge`, there is one tree for the settings without a profile and one for each profile. After `shape`,
//! all keys are known and all types are correct. After `validate`, all values and their combinations are valid, and
//! defaults are applied. Only [`SourceFile::read`] reads a file; nothing here reads the environment or the machine.

mod mask;
mod merge;
pub mod model;
mod node;
mod parse;
mod raw;
mod read;
mod remote;
mod requirement;
mod schema;
mod shape;
mod source;
mod unclosed;
mod validate;

pub use self::model::Config;
pub use self::schema::json_schema;
pub use self::source::SourceFile;
use crate::diagnostics::{Diagnostic, Sink};

/// A valid configuration with its warnings.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// Warnings, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a configuration.
///
/// # Errors
/// All errors and warnings, in the order of the text.
pub fn load(source: &SourceFile) -> Result<Loaded, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let config = parse::parse(source.text(), &mut sink).and_then(|root| validate::config(&root, &mut sink));
    match config {
        Some(config) if !sink.has_errors() => Ok(Loaded { config, warnings: sink.into_sorted() }),
        _ => Err(sink.into_sorted()),
    }
}
