//! Parses YAML text into [`Node`]s, without recursion. Reports all errors: it continues after an error if that is possible.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::node::{Entry, Node, Scalar, Value, join};
use super::unclosed;
use crate::diagnostics::{Code, Diagnostic, Place, Sink};

/// The largest file. It is many times the size of a long configuration. A profile or toolchain repeats all other settings,
/// so the memory grows faster than the file; see also `validate/combinations.rs`.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// The deepest nesting. `profiles.x.cache.remote[0].credentials.y` has seven levels.
const MAX_DEPTH: usize = 16;

/// Parses the single document in `text`. Returns `None` if there is no usable tree; the reason is then in `sink`.
pub(super) fn parse(text: &str, sink: &mut Sink) -> Option<Node> {
    if text.len() > MAX_BYTES {
        let size = text.len().div_ceil(1024);
        let message = format!("the file has {size} KiB; the limit is {} KiB", MAX_BYTES / 1024);
        sink.push(super::read::too_large(message));
        return None;
    }
    // A byte order mark is valid, but the parser would read it as a part of the first key.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut tree = Tree::new(text, start, sink);
    for event in Parser::new_from_str(&text[start..]) {
        if let Err(fault) = tree.next(event) {
            sink.push(*fault);
            return None;
        }
    }
    let root = tree.root.filter(|root| !root.is_null());
    if root.is_none() {
        let help =
            "run `toolchainkit init` to write a commented file, or write `version: 1` to use the defaults";
        sink.push(Diagnostic::error(Code::EmptyConfig, "the file has no settings").with_help(help));
    }
    root
}

/// The advice about `${{ … }}`.
pub(super) const EXPRESSION_HELP: &str = "only GitHub Actions expands `${{ … }}`, and only in workflow files; write a \
    secret as \"${NAME}\", with the name of an environment variable, and set it in the workflow: env: { NAME: ${{ \
    secrets.NAME }} }";

/// The result of a step. The error is boxed, because it is large and rare.
type Step = Result<(), Box<Diagnostic>>;

struct Tree<'a> {
    text: &'a str,
    sink: &'a mut Sink,
    /// The byte offset of each character, because the parser counts characters.
    bytes: Vec<usize>,
    /// The collections that are not closed yet, outermost first.
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

/// A collection that is being read.
struct Open {
    node: Node,
    /// In a mapping, the key whose value has not been read yet.
    key: Option<(String, Range<usize>)>,
    /// In a mapping, the place of each key.
    keys: HashMap<String, Range<usize>>,
}

impl<'a> Tree<'a> {
    fn new(text: &'a str, start: usize, sink: &'a mut Sink) -> Self {
        let characters = text[start..].char_indices().map(|(byte, _)| start + byte);
        let bytes = characters.chain([text.len()]).collect();
        Self { text, sink, bytes, open: Vec::new(), root: None, documents: 0 }
    }

    fn next(&mut self, event: Result<(Event<'_>, Span), ScanError>) -> Step {
        let (event, span) = event.map_err(|error| Box::new(self.syntax_error(&error)))?;
        let span = self.range(span);
        match event {
            Event::DocumentStart(_) => return self.start_document(span),
            Event::Alias(_) => {
                self.refuse_alias(span.clone(), "an alias");
                self.add(Value::Faulty, span);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_anchor_and_tag(&span, anchor, tag.is_some());
                self.scalar(text.into_owned(), style, span);
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_anchor_and_tag(&span, anchor, tag.is_some());
                return self.start(Value::List(Vec::new()), span);
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_anchor_and_tag(&span, anchor, tag.is_some());
                return self.start(Value::Map(Vec::new()), span);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    self.attach(closed.node);
                }
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        Ok(())
    }

    fn start_document(&mut self, span: Range<usize>) -> Step {
        self.documents += 1;
        if self.documents == 1 {
            return Ok(());
        }
        let fault = Diagnostic::error(Code::SeveralDocuments, "a second document starts here")
            .at(Place::bytes(span))
            .with_help("remove the `---`; use `profiles:` for variants of the build");
        Err(Box::new(fault))
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Range<usize>) {
        if let Some(Open { node: Node { value: Value::Map(_), .. }, key: key @ None, .. }) =
            self.open.last_mut()
        {
            *key = Some((text, span));
            return;
        }
        let control = text.chars().find(|letter| letter.is_control() && !matches!(letter, '\n' | '\t'));
        let value = match control {
            Some(control) => {
                let message = format!("the text contains the control character {}", control.escape_unicode());
                let help = "in double quotes, `\\` starts an escape sequence; use single quotes for a literal \
                    backslash";
                let place = Place { path: self.child_path(), span: Some(span.clone()) };
                self.sink.push(Diagnostic::error(Code::ControlCharacter, message).at(place).with_help(help));
                Value::Faulty
            }
            None => Value::Scalar(Scalar { typed: typed(&text, style), text }),
        };
        self.add(value, span);
    }

    fn start(&mut self, value: Value, span: Range<usize>) -> Step {
        if self.open.len() >= MAX_DEPTH {
            return Err(Box::new(too_deep(span)));
        }
        if let Some(Open { node: Node { value: Value::Map(_), .. }, key: None, .. }) = self.open.last() {
            let fault = Diagnostic::error(Code::YamlSyntax, "a list or mapping is used as a key")
                .at(Place::bytes(span))
                .with_help("a key must be a word; put text that starts with `{` or `[` in quotes");
            return Err(Box::new(fault));
        }
        let node = self.node(value, span);
        self.open.push(Open { node, key: None, keys: HashMap::new() });
        Ok(())
    }

    fn add(&mut self, value: Value, span: Range<usize>) {
        if let Some(Open { node: Node { value: Value::Map(_), .. }, key: key @ None, .. }) =
            self.open.last_mut()
        {
            // Only an invalid key reaches this code, and its error is reported already.
            *key = Some((String::new(), span));
            return;
        }
        let node = self.node(value, span);
        self.attach(node);
    }

    /// A node at the current place. For a collection or an empty value, diagnostics mark its key.
    fn node(&self, value: Value, span: Range<usize>) -> Node {
        let key_span = self.open.last().and_then(|open| open.key.as_ref()).map(|(_, span)| span.clone());
        let visible = matches!(value, Value::Scalar(_) | Value::Faulty) && !span.is_empty();
        let span = if visible { span } else { key_span.unwrap_or(span) };
        Node { path: self.child_path(), span, value }
    }

    fn child_path(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(Open { node, key: Some((key, _)), .. }) => join(&node.path, key),
            Some(Open { node, key: None, .. }) => format!("{}[{}]", node.path, node.items().len()),
        }
    }

    fn attach(&mut self, node: Node) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => {
                let Some((key, key_span)) = parent.key.take() else { return };
                if key == "<<" {
                    self.refuse_alias(key_span, "a merge key");
                } else if let Some(first) = parent.keys.get(&key) {
                    // Do not name the key: below `credentials`, it may be a secret whose key is missing.
                    let fault = Diagnostic::error(Code::DuplicateKey, "a key occurs twice in this mapping")
                        .at(Place { path: parent.node.path.clone(), span: Some(key_span) })
                        .with_label("second")
                        .with_related(Place::bytes(first.clone()), "first")
                        .with_help("remove one of the two");
                    self.sink.push(fault);
                } else if !key.is_empty() || !matches!(node.value, Value::Faulty) {
                    parent.keys.insert(key.clone(), key_span.clone());
                    entries.push(Entry { key, key_span, node });
                }
            }
            Value::Scalar(_) | Value::Faulty => {}
        }
    }

    fn refuse_anchor_and_tag(&mut self, span: &Range<usize>, anchor: usize, tagged: bool) {
        if anchor != 0 {
            self.refuse_alias(span.clone(), "an anchor");
        }
        if tagged {
            let help = "put text in quotes; write a secret as \"${NAME}\"";
            let fault = Diagnostic::error(Code::YamlTag, "YAML tags are not supported");
            self.sink.push(fault.at(Place::bytes(span.clone())).with_help(help));
        }
    }

    fn refuse_alias(&mut self, span: Range<usize>, what: &str) {
        let fault = Diagnostic::error(Code::YamlAlias, format!("{what} is not supported"))
            .at(Place::bytes(span))
            .with_help("write the value in full; use `profiles:` for settings that differ in a few keys");
        self.sink.push(fault);
    }

    fn syntax_error(&self, error: &ScanError) -> Diagnostic {
        // The parser reads ahead, so it can reach its own limit before `start` reaches ours.
        if error.info().contains("recursion limit") {
            return too_deep(self.range(Span::empty(*error.marker())));
        }
        let stopped = self.byte(error.marker().index());
        // At the end of the file, there is nothing to mark.
        let last = self.text.trim_end().char_indices().next_back().map_or(0, |(byte, _)| byte);
        let start = stopped.min(last);
        let end = self.text[start..].chars().next().map_or(start, |letter| start + letter.len_utf8());
        if let Some(unclosed) = unclosed::find(self.text).filter(|unclosed| unclosed.at <= start) {
            let fault =
                Diagnostic::error(Code::YamlSyntax, format!("this `{}` is not closed", unclosed.mark))
                    .at(Place::bytes(unclosed.span()))
                    .with_help(format!("add the missing `{}`", unclosed.end));
            let stopped_elsewhere = start != unclosed.at;
            return if stopped_elsewhere {
                fault.with_related(Place::bytes(start..end), "the text cannot be read from here on")
            } else {
                fault
            };
        }
        let before = &self.text[self.text[..start].rfind('\n').map_or(0, |newline| newline + 1)..start];
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        let line = &self.text[start - before.len()..line_end];
        let has_tab = before.contains('\t') || self.text[start..end].contains('\t');
        let help = if has_tab && before.trim().is_empty() {
            "indent with spaces: YAML does not allow tabs"
        } else if line.contains("${{") {
            EXPRESSION_HELP
        } else {
            "check this line and the one above for a missing quote, colon, bracket or space"
        };
        let place = Place::bytes(start..end);
        Diagnostic::error(Code::YamlSyntax, error.info()).at(place).with_help(help)
    }

    fn range(&self, span: Span) -> Range<usize> {
        let (start, end) = (self.byte(span.start.index()), self.byte(span.end.index()));
        // The span of a block scalar extends to the start of the next token.
        let marked = &self.text[start..end.max(start)];
        start..start + marked.trim_end().len()
    }

    fn byte(&self, character: usize) -> usize {
        self.bytes.get(character).copied().unwrap_or(self.text.len())
    }
}

fn too_deep(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(Code::TooDeep, format!("more than {MAX_DEPTH} levels of nesting"))
        .at(Place::bytes(span))
        .with_help("no setting is nested this deep; check for an unclosed bracket")
}

/// The typed value of a scalar. Its spelling determines the type.
fn typed(text: &str, style: ScalarStyle) -> serde_yaml::Value {
    use serde_yaml::Value;
    /// Longer texts are not numbers.
    const LONGEST: usize = 100;
    let may_be_typed = style == ScalarStyle::Plain && text.len() <= LONGEST;
    match may_be_typed.then(|| serde_yaml::from_str(text)) {
        Some(Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_)))) => value,
        _ => Value::String(text.to_owned()),
    }
}
