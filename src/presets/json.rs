//! A JSON value that knows its place in the text. Values are read one level at a time, so deep nesting takes no stack.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// A value in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    /// The text of the value.
    text: &'a str,
    /// The position of its first byte.
    start: usize,
}

/// A byte order mark, which CMake accepts.
const BOM: &str = "\u{feff}";

impl<'a> Node<'a> {
    /// The value of a whole text, which may begin with a byte order mark.
    pub(super) fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        let (body, start) = text.strip_prefix(BOM).map_or((text, 0), |body| (body, BOM.len()));
        let raw = serde_json::from_str::<&RawValue>(body)?;
        Ok(Node { text: body, start }.inner(raw))
    }

    /// A value in the text of this one.
    fn inner(&self, raw: &'a RawValue) -> Self {
        let text = raw.get();
        Self { text, start: self.start + (text.as_ptr().addr() - self.text.as_ptr().addr()) }
    }

    /// The position of the first byte.
    pub(super) const fn start(&self) -> usize {
        self.start
    }

    /// The position after the last byte.
    pub(super) const fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// The members of an object, in their order; `None` if it is another value.
    pub(super) fn members(&self) -> Option<Vec<(String, Self)>> {
        let Members(members) = serde_json::from_str(self.text).ok()?;
        Some(members.into_iter().map(|(name, raw)| (name, self.inner(raw))).collect())
    }

    /// The elements of an array; `None` if it is another value.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        let Items(items) = serde_json::from_str(self.text).ok()?;
        Some(items.into_iter().map(|raw| self.inner(raw)).collect())
    }

    /// The value of a string.
    pub(super) fn string(&self) -> Option<String> {
        serde_json::from_str(self.text).ok()
    }

    /// The value of `true` or `false`.
    pub(super) fn boolean(&self) -> Option<bool> {
        serde_json::from_str(self.text).ok()
    }

    /// The value of a small natural number.
    pub(super) fn number(&self) -> Option<u32> {
        serde_json::from_str(self.text).ok()
    }

    /// The value without its place; `null` if it is nested too deeply.
    pub(super) fn value(&self) -> serde_json::Value {
        serde_json::from_str(self.text).unwrap_or_default()
    }

    /// Whether the value is `null`.
    pub(super) fn is_null(&self) -> bool {
        self.text == "null"
    }

    /// The member of this name of an object.
    pub(super) fn member(&self, name: &str) -> Option<Self> {
        self.members()?.into_iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

struct Items<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Array;

        impl<'de> Visitor<'de> for Array {
            type Value = Items<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = array.next_element::<&'de RawValue>()? {
                    items.push(item);
                }
                Ok(Items(items))
            }
        }

        deserializer.deserialize_seq(Array)
    }
}

/// The lines of a text.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(position, _)| position).collect())
    }

    /// The line of a position, from 1.
    pub(super) fn at(&self, position: usize) -> usize {
        1 + self.0.partition_point(|end| *end < position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_place() {
        for bom in ["", BOM] {
            let text = format!("{bom}\r\n{{ \"a\" : [ 1,\r\n {{\"b\": \"x\\u0041\"}} ], \"c\":null}}\n");
            let root = Node::parse(&text).unwrap();
            assert!(text[root.start()..root.end()].starts_with('{') && text[..root.end()].ends_with('}'));
            let items = root.member("a").unwrap().items().unwrap();
            let inner = items[1].member("b").unwrap();
            assert_eq!(&text[inner.start()..inner.end()], "\"x\\u0041\"");
            assert_eq!((inner.string().unwrap().as_str(), Lines::of(&text).at(inner.start())), ("xA", 3));
            assert!(root.member("c").unwrap().is_null());
            assert!(root.items().is_none() && items[0].members().is_none());
        }
    }

    #[test]
    fn deep_nesting_takes_no_stack() {
        let text = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
        assert_eq!(Node::parse(&text).unwrap().items().unwrap().len(), 1);
    }

    #[test]
    fn what_cmake_rejects_is_an_error() {
        for text in ["", "{", "{ // c\n}", "{\"a\":1,}", "{} x", "{'a':1}", "{\"a\":01}"] {
            assert!(Node::parse(text).is_err(), "{text}");
        }
        assert!(Node::parse(&"[".repeat(1 << 20)).is_err());
    }
}
