//! The text of a configuration, and its masked form for messages.

use super::mask;
use super::parse::MAX_BYTES;
use crate::diagnostics::Excerpt;

/// A configuration file: its name, for messages, and its text.
#[derive(Clone)]
pub struct SourceFile {
    name: String,
    text: String,
}

/// Shows the name only: the text may contain a secret that no check has found yet.
impl std::fmt::Debug for SourceFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceFile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SourceFile {
    /// A file from its text; `name` is shown in messages.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unmasked text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text with every secret masked, for reports. Empty for a text that is too large: no diagnostic refers to a place in
    /// it.
    #[must_use]
    pub fn excerpt(&self) -> Excerpt {
        let is_read = self.text.len() <= MAX_BYTES;
        Excerpt::new(&self.name, if is_read { mask::mask(&self.text) } else { String::new() })
    }
}
