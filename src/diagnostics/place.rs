//! The place of an error, and the source text to show around it.

use std::ops::Range;

/// A place in the configuration: a path of keys, and a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// Keys and indexes, such as `cache.remote[0].bucket`; empty for the whole file.
    pub path: String,
    /// The byte range in the text, if the place exists there.
    pub span: Option<Range<usize>>,
}

impl Place {
    /// A place without a path, such as that of a syntax error.
    #[must_use]
    pub fn bytes(span: Range<usize>) -> Self {
        Self { path: String::new(), span: Some(span) }
    }
}

/// A source text that is safe to show: every secret in it is masked, byte for byte, so that positions stay valid. Only
/// [`crate::config::SourceFile::excerpt`] creates one, so no report can show the unmasked text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    name: String,
    text: String,
}

impl Excerpt {
    pub(crate) fn new(name: &str, masked_text: String) -> Self {
        Self { name: name.to_owned(), text: masked_text }
    }

    /// The name of the file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The masked text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, both from 1; columns count characters.
    #[must_use]
    pub fn position(&self, byte: usize) -> (usize, usize) {
        let mut end = byte.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &self.text[..end];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_not_bytes() {
        let excerpt = Excerpt::new("f", "ä: ü\nbé: x\n".to_owned());
        assert_eq!(excerpt.position(0), (1, 1));
        let of_x = excerpt.text().find('x').unwrap();
        assert_eq!(excerpt.position(of_x), (2, 5));
        assert_eq!(
            excerpt.position(1),
            (1, 1),
            "a byte inside a character has the position of the character"
        );
        assert_eq!(excerpt.position(9999), (3, 1));
    }
}
