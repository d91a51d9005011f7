//! Annotations of GitHub Actions.

/// The level of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The step succeeds.
    Warning,
    /// The step fails.
    Error,
}

/// A line that makes the runner show `text` at the summary of a run.
#[must_use]
pub fn annotation(level: Level, title: &str, text: &str) -> String {
    let level = match level {
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let escaped = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let title = escaped(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}\n", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_the_annotation() {
        assert_eq!(
            annotation(Level::Error, "a,b:c", "50 %\n::stop-commands::x"),
            "::error title=a%2Cb%3Ac::50 %25%0A::stop-commands::x\n"
        );
        assert_eq!(annotation(Level::Warning, "t", "u"), "::warning title=t::u\n");
    }
}
