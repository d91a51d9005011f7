//! A profile over the rest of the file: key by key, before any default is applied, so that a default never hides what
//! the file says. Each value keeps its place, and faults show where it was written.

use super::node::{Entry, Node, Value};

/// `over` merged over `base`: mappings key by key; lists and scalars replace; a `null` that is written out takes the value
/// of `base` back, as if it were not given; an empty value changes nothing.
pub(super) fn merge(base: &Node, over: &Node) -> Node {
    let (Value::Map(below), Value::Map(above)) = (&base.value, &over.value) else {
        return if over.is_null() { base.clone() } else { over.without_nulls() };
    };
    if is_another_remote(base, over) {
        return over.without_nulls();
    }
    let is_taken_back = |entry: &&Entry| over.get(&entry.key).is_some_and(Node::takes_back);
    let kept = below.iter().filter(|entry| !is_taken_back(entry));
    let mut entries: Vec<Entry> = kept.map(|entry| merged_entry(entry, over)).collect();
    let new = above.iter().filter(|entry| base.get(&entry.key).is_none() && !entry.node.takes_back());
    entries.extend(new.map(|entry| Entry { node: entry.node.without_nulls(), ..entry.clone() }));
    Node { value: Value::Map(entries), ..base.clone() }
}

fn merged_entry(entry: &Entry, over: &Node) -> Entry {
    let Some(above) = over.entries().iter().find(|above| above.key == entry.key) else {
        return entry.clone();
    };
    let node = merge(&entry.node, &above.node);
    let key_span = if node.path == entry.node.path { &entry.key_span } else { &above.key_span };
    Entry { key: entry.key.clone(), key_span: key_span.clone(), node }
}

/// Whether `over` names another kind of remote cache, to which no setting of `base` means anything. Of all mappings,
/// only those of remote caches have a `type`, and variables, which have nothing but that and their value.
fn is_another_remote(base: &Node, over: &Node) -> bool {
    let kind = |node: &Node| node.get("type").and_then(Node::as_text).map(str::to_owned);
    matches!((kind(base), kind(over)), (Some(base), Some(over)) if base != over)
}
