//! Merges a profile over the rest of the file, key by key. Defaults are applied afterwards, so a default never replaces
//! a value from the file. Each value keeps its position, so errors point to where it was written.

use std::collections::HashMap;

use super::node::{Entry, Node, Value};

/// Merges `over` over `base`. Mappings are merged key by key; a list or scalar replaces the value of `base`. An explicit
/// `null` unsets that value; an empty value changes nothing.
pub(super) fn merge(base: &Node, over: &Node) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&base.value, &over.value) else {
        return if over.is_null() { base.clone() } else { over.without_nulls() };
    };
    if is_another_remote(base, over) {
        return over.without_nulls();
    }
    let by_key = |entries: &'_ [Entry]| {
        entries.iter().enumerate().map(|(index, entry)| (entry.key.clone(), index)).collect::<HashMap<_, _>>()
    };
    let (keys_below, keys_above) = (by_key(below), by_key(above));
    let above_of = |entry: &Entry| keys_above.get(&entry.key).map(|index| &above[*index]);
    let is_unset = |entry: &&Entry| above_of(entry).is_some_and(|above| above.node.is_explicit_null());
    let kept = below.iter().filter(|entry| !is_unset(entry));
    let mut entries: Vec<Entry> = kept.map(|entry| merged_entry(entry, above_of(entry))).collect();
    let is_new = |entry: &&Entry| !keys_below.contains_key(&entry.key) && !entry.node.is_explicit_null();
    let new = above.iter().filter(is_new);
    entries.extend(new.map(|entry| Entry { node: entry.node.without_nulls(), ..entry.clone() }));
    Node { value: Value::Map(entries), ..base.clone() }
}

fn merged_entry(entry: &Entry, above: Option<&Entry>) -> Entry {
    let Some(above) = above else { return entry.clone() };
    let node = merge(&entry.node, &above.node);
    let key_span = if node.path == entry.node.path { &entry.key_span } else { &above.key_span };
    Entry { key: entry.key.clone(), key_span: key_span.clone(), node }
}

/// Whether `over` names another type of remote cache, so that no setting of `base` applies to it. Only remote caches
/// and variables have a `type`; the only other key of a variable is its value.
fn is_another_remote(base: &Node, over: &Node) -> bool {
    let kind = |node: &Node| node.get("type").and_then(Node::as_text).map(str::to_owned);
    matches!((kind(base), kind(over)), (Some(base), Some(over)) if base != over)
}
