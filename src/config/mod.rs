//! Text to a valid [`Config`], with every fault found in one run.
//!
//! ```text
//! SourceFile --parse--> Node tree --merge--> one tree per variant --shape--> raw structs --validate--> Config
//! ```
//!
//! After `parse`, the text is one YAML document without anchors, tags and duplicate keys, and each value knows its
//! bytes. After `merge`, there is one tree for the settings without a profile and one for each profile. After `shape`,
//! all keys are known and all types right. After `validate`, the values make sense, also together, and defaults are
//! applied. Except for [`SourceFile::read`], nothing here reads a file, the environment or the machine.

mod mask;
mod merge;
pub mod model;
mod node;
mod parse;
mod raw;
mod read;
mod remote;
mod schema;
mod shape;
mod source;
mod validate;

pub use self::model::Config;
pub use self::schema::json_schema;
pub use self::source::SourceFile;
use crate::diagnostics::{Diagnostic, Sink};

/// A valid configuration, and what is doubtful about it.
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
/// All faults, in the order of the text; warnings among them.
pub fn load(source: &SourceFile) -> Result<Loaded, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let config = parse::parse(source.text(), &mut sink).and_then(|root| validate::config(&root, &mut sink));
    match config {
        Some(config) if !sink.has_errors() => Ok(Loaded { config, warnings: sink.into_sorted() }),
        _ => Err(sink.into_sorted()),
    }
}
