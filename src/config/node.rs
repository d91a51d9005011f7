//! The document as a tree. Each value knows its path and its byte range.

use std::ops::Range;

use crate::diagnostics::Place;

/// A value of the document. A merged tree holds nodes from several parts of the file; each keeps its position in the
/// text.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Keys and indexes from the top of the file.
    pub(super) path: String,
    /// The bytes that a diagnostic marks: the value of a scalar, or the key of a mapping or list.
    pub(super) span: Range<usize>,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// A value with an error that is reported already. It causes no further message.
    Faulty,
}

/// A scalar. The spelling is kept, because the version `0.10` differs from the number 0.1.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    pub(super) text: String,
    /// Null, a Boolean, a number or a string, as the YAML core schema defines.
    pub(super) typed: serde_yaml::Value,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn place(&self) -> Place {
        Place { path: self.path.clone(), span: Some(self.span.clone()) }
    }

    /// The place of `keys` below this node. If they do not exist, it marks the nearest existing node.
    pub(super) fn place_of(&self, keys: &[&str]) -> Place {
        let Some((first, rest)) = keys.split_first() else { return self.place() };
        match self.get(first) {
            Some(node) => node.place_of(rest),
            None => Place {
                path: keys.iter().fold(self.path.clone(), |path, key| join(&path, key)),
                ..self.place()
            },
        }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }

    pub(super) fn find(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text, if this is a string.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(Scalar { text, typed: serde_yaml::Value::String(_) }) => Some(text),
            _ => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.typed.is_null())
    }

    /// Whether this is a null written as `null` or `~`, and not an empty value after a colon.
    pub(super) fn is_explicit_null(&self) -> bool {
        self.is_null() && matches!(&self.value, Value::Scalar(scalar) if !scalar.text.is_empty())
    }

    /// A copy without the explicit nulls, at any depth.
    pub(super) fn without_nulls(&self) -> Self {
        let Value::Map(entries) = &self.value else { return self.clone() };
        let kept = entries.iter().filter(|entry| !entry.node.is_explicit_null());
        let kept = kept.map(|entry| Entry { node: entry.node.without_nulls(), ..entry.clone() });
        Self { value: Value::Map(kept.collect()), ..self.clone() }
    }

    /// A copy of a mapping with new values for its keys; other nodes are copied unchanged.
    pub(super) fn with_values(&self, value: impl Fn(&Entry) -> Self) -> Self {
        let Value::Map(entries) = &self.value else { return self.clone() };
        let entries = entries.iter().map(|entry| Entry { node: value(entry), ..entry.clone() });
        Self { value: Value::Map(entries.collect()), ..self.clone() }
    }

    /// The value in words, for messages: `the text "10GB"`.
    pub(super) fn describe(&self) -> String {
        match &self.value {
            Value::Scalar(scalar) => scalar.describe(),
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a mapping".to_owned(),
            Value::Faulty => "an invalid value".to_owned(),
        }
    }
}

impl Scalar {
    fn describe(&self) -> String {
        let text = shorten(&self.text);
        match &self.typed {
            serde_yaml::Value::Null => "no value".to_owned(),
            serde_yaml::Value::Bool(_) => text,
            serde_yaml::Value::Number(_) => format!("the number {text}"),
            _ => format!("the text {text:?}"),
        }
    }
}

/// The path of `key` below `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    let key = shorten(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

/// The text, cut after 48 characters.
pub(super) fn shorten(text: &str) -> String {
    const LIMIT: usize = 48;
    if text.chars().count() <= LIMIT {
        return text.to_owned();
    }
    text.chars().take(LIMIT).chain(['…']).collect()
}
