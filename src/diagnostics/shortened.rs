//! Cuts long lines of an excerpt around the marked place, because a report shows whole lines.

use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use super::Excerpt;

/// The longest line that is shown, in bytes. It fits a path and a few words.
const LONGEST: usize = 300;
/// The number of bytes of a longer line before the marked place, and after its beginning.
const AROUND: usize = 100;
const CUT: &str = "…";

/// The text of an excerpt with shorter lines.
#[derive(Debug)]
pub(super) struct Shortened<'a> {
    excerpt: &'a Excerpt,
    text: String,
    parts: Vec<Part>,
    /// The marked place in `text`, and its column in the excerpt, from 0.
    marked: Option<(usize, usize)>,
}

/// A part of the excerpt that is a part of the text.
#[derive(Debug)]
struct Part {
    excerpt: Range<usize>,
    start: usize,
}

impl<'a> Shortened<'a> {
    /// Shortens the lines for a report that marks `place` and other places. Without long lines, the text does not change.
    pub(super) fn new(excerpt: &'a Excerpt, place: Option<usize>) -> Self {
        let mut shortened = Self { excerpt, text: String::new(), parts: Vec::new(), marked: None };
        let mut start = 0;
        for line in excerpt.text().split_inclusive('\n') {
            shortened.add(start, line, place);
            start += line.len();
        }
        shortened.marked = place.map(|place| (shortened.position(place), excerpt.position(place).1 - 1));
        shortened
    }

    fn add(&mut self, start: usize, line: &str, place: Option<usize>) {
        let content = line.trim_end_matches(['\n', '\r']);
        let mut window = 0..content.len();
        if content.len() > LONGEST {
            let marked = place.and_then(|place| place.checked_sub(start)).filter(|at| *at <= content.len());
            let marked = marked.unwrap_or(0);
            window.start = content.floor_char_boundary(marked.saturating_sub(AROUND));
            window.end = content.floor_char_boundary((marked + AROUND).min(content.len()));
        }
        if window.start > 0 {
            self.text.push_str(CUT);
        }
        self.parts.push(Part { excerpt: start + window.start..start + window.end, start: self.text.len() });
        self.text.push_str(&content[window.clone()]);
        if window.end < content.len() {
            self.text.push_str(CUT);
        }
        self.parts.push(Part { excerpt: start + content.len()..start + line.len(), start: self.text.len() });
        self.text.push_str(&line[content.len()..]);
    }

    /// The position of a byte of the excerpt. A byte that was cut has the position of the nearest one before it.
    fn position(&self, byte: usize) -> usize {
        let after = self.parts.partition_point(|part| part.excerpt.start <= byte);
        let Some(part) = after.checked_sub(1).map(|index| &self.parts[index]) else { return 0 };
        part.start + byte.min(part.excerpt.end) - part.excerpt.start
    }

    /// The range of the text for a range of the excerpt.
    pub(super) fn span(&self, span: &Range<usize>) -> SourceSpan {
        let start = self.position(span.start);
        (start, self.position(span.end).saturating_sub(start)).into()
    }
}

impl SourceCode for Shortened<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, before, after)?;
        let column = match self.marked {
            Some((start, column)) if before == 0 && span.offset() == start => column,
            _ => read.column(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.excerpt.name().to_owned(),
            read.data(),
            *read.span(),
            read.line(),
            column,
            read.line_count(),
        )))
    }
}
