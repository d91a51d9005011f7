//! Inserts presets of toolchainkit into a presets file of the user, and removes them. All other bytes of the file stay as they
//! are. Removing restores the bytes from before the insertion, because inserted text always begins after the end of a value.
//!
//! Each inserted preset has our member in its `vendor` map. This map is valid in every version of the format, and CMake ignores
//! its content.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use super::file::{SyntaxError, is_marked};
use super::json::Node;
use super::{KINDS, VENDOR};

/// In the marker of a preset: the list of presets was inserted with it.
const ADDED_LIST: &str = "list";

/// The user's file cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is not a presets file.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// A list of presets is another value.
    #[error("`{0}` is not a list")]
    NotAList(&'static str),
    /// Removing would not restore the bytes. This is a bug.
    #[error("the presets could not be removed again (this is a bug of toolchainkit)")]
    NotReversible,
}

/// The version of the format that these presets need.
#[must_use]
pub fn version_of(presets: &Value) -> u32 {
    let has = |kind: &str| presets[kind].as_array().is_some_and(|list| !list.is_empty());
    let mut tests = presets["testPresets"].as_array().into_iter().flatten();
    if has("packagePresets")
        || has("workflowPresets")
        || tests.any(|test| test["output"].get("outputJUnitFile").is_some())
    {
        6
    } else {
        super::TOOLCHAIN_VERSION
    }
}

/// The text with the presets in `ours`, a presets file, at the end of each list. Replaces those of an earlier call, unless they
/// are the same: the user may have formatted or moved them.
///
/// # Errors
/// [`EditError`]
pub fn merge(text: &str, ours: &Value) -> Result<String, EditError> {
    if has_all(&root(text)?, ours) {
        return Ok(text.to_owned());
    }
    let text = remove(text)?;
    let root = root(&text)?;
    let members = root.members().unwrap_or_default();
    let style = Style::of(&text, &root);
    let end = members.last().map_or(root.start() + 1, |(_, value)| value.end());
    let mut insertions: Vec<(usize, String)> = Vec::new();
    let mut is_first_member = members.is_empty();
    for kind in KINDS {
        let Some(presets) = ours[kind].as_array().filter(|presets| !presets.is_empty()) else { continue };
        let Some((_, list)) = members.iter().rev().find(|(key, _)| key == kind) else {
            let mut inserted = if is_first_member { String::new() } else { ",".to_owned() };
            is_first_member = false;
            inserted += &style.list(kind, presets);
            insertions.push((end, inserted));
            continue;
        };
        let items = list.items().ok_or(EditError::NotAList(kind))?;
        let (at, before) = match items.split_last() {
            None => (list.start() + 1, style.line_of(list.start(), 1)),
            Some((final_item, rest)) => {
                let gap = &text[rest.last().map_or(list.start() + 1, Node::end)..final_item.start()];
                let gap = gap.trim_start_matches(|letter: char| letter != ',').trim_start_matches(',');
                let gap = if rest.is_empty() { &text[list.start() + 1..final_item.start()] } else { gap };
                (final_item.end(), gap.to_owned())
            }
        };
        let indent = match before.rfind('\n') {
            Some(newline) => before[newline + 1..].to_owned(),
            None => style.indent_at(items.last().map_or(list.start(), Node::start)),
        };
        let mut inserted = String::new();
        for (index, preset) in presets.iter().enumerate() {
            if index > 0 || !items.is_empty() {
                inserted.push(',');
            }
            inserted += &before;
            inserted += &style.preset(preset, &indent, false);
        }
        insertions.push((at, inserted));
    }
    insertions.sort_by_key(|(at, _)| *at);
    let mut merged = String::new();
    let mut copied = 0;
    for (at, inserted) in insertions {
        merged += &text[copied..at];
        merged += &inserted;
        copied = at;
    }
    merged += &text[copied..];
    if remove(&merged)? != text {
        return Err(EditError::NotReversible);
    }
    Ok(merged)
}

/// The text without the presets that [`merge`] inserted.
///
/// # Errors
/// [`EditError::Syntax`]
pub fn remove(text: &str) -> Result<String, EditError> {
    let root = root(text)?;
    let members = root.members().unwrap_or_default();
    let lists = members.iter().map(|(name, list)| {
        let items = list.items().filter(|_| KINDS.contains(&name.as_str())).unwrap_or_default();
        let ours = items.iter().map(is_marked).collect::<Vec<_>>();
        let is_added = !items.is_empty() && ours.iter().all(|ours| *ours) && items.iter().any(added_list);
        (*list, items, ours, is_added)
    });
    let lists = lists.collect::<Vec<_>>();
    let first = lists.iter().take_while(|(.., is_added)| *is_added).count();
    let mut cuts: Vec<Range<usize>> = Vec::new();
    if let Some(last) = first.checked_sub(1) {
        let end = lists[last].0.end();
        cuts.push(root.start() + 1..if first == lists.len() { end } else { after_comma(text, end) });
    }
    for (index, (list, items, ours, is_added)) in lists.iter().enumerate().skip(first) {
        let number = ours.iter().take_while(|is_ours| **is_ours).count();
        if *is_added {
            cuts.push(lists[index - 1].0.end()..list.end());
        } else if number > 0 && number == items.len() {
            cuts.push(list.start() + 1..items[number - 1].end());
        } else {
            // After the first presets of ours, the next one begins at their place.
            if number > 0 {
                cuts.push(items[0].start()..items[number].start());
            }
            let later = (number + 1..items.len()).filter(|index| ours[*index]);
            cuts.extend(later.map(|index| items[index - 1].end()..items[index].end()));
        }
    }
    let mut left = String::new();
    let mut copied = 0;
    for cut in cuts {
        left += &text[copied..cut.start];
        copied = cut.end;
    }
    Ok(left + &text[copied..])
}

fn root(text: &str) -> Result<Node<'_>, EditError> {
    let root = Node::parse(text).map_err(|error| SyntaxError::of(&error))?;
    if root.members().is_none() {
        return Err(SyntaxError { what: "it is not a JSON object".to_owned(), line: Some(1) }.into());
    }
    Ok(root)
}

/// Whether the file has exactly these presets of ours.
fn has_all(root: &Node<'_>, ours: &Value) -> bool {
    KINDS.into_iter().all(|kind| {
        let items = root.member(kind).and_then(|list| list.items()).unwrap_or_default();
        let present = items.iter().filter(|item| is_marked(item)).map(|item| {
            let mut preset = item.value();
            if let Some(marker) = preset["vendor"][VENDOR].as_object_mut() {
                marker.remove(ADDED_LIST);
            }
            preset
        });
        let wanted = ours[kind].as_array().into_iter().flatten().map(|preset| marked(preset, false));
        present.eq(wanted)
    })
}

/// The preset with our marker.
fn marked(preset: &Value, adds_list: bool) -> Value {
    let mut preset = preset.as_object().cloned().unwrap_or_default();
    let mut vendor = match preset.remove("vendor") {
        Some(Value::Object(vendor)) => vendor,
        _ => Map::new(),
    };
    let mut marker = Map::new();
    marker.insert("generated".to_owned(), json!("by `toolchainkit generate`; do not edit"));
    if adds_list {
        marker.insert(ADDED_LIST.to_owned(), json!("added"));
    }
    vendor.insert(VENDOR.to_owned(), Value::Object(marker));
    preset.insert("vendor".to_owned(), Value::Object(vendor));
    Value::Object(preset)
}

fn added_list(preset: &Node<'_>) -> bool {
    let marker = preset.member("vendor").and_then(|vendor| vendor.member(VENDOR));
    marker.is_some_and(|marker| marker.member(ADDED_LIST).is_some())
}

/// The position after the comma that follows `position`.
fn after_comma(text: &str, position: usize) -> usize {
    text[position..].find(',').map_or(position, |comma| position + comma + 1)
}

/// How the user's file is written.
struct Style<'a> {
    text: &'a str,
    /// The line break; `None` if the whole file is one line.
    newline: Option<&'static str>,
    /// The indentation of one level.
    unit: String,
}

impl<'a> Style<'a> {
    fn of(text: &'a str, root: &Node<'a>) -> Self {
        let inside = &text[root.start() + 1..root.end()];
        // The first member may be in the line of the bracket.
        let first_line = inside.find('\n').map(|newline| &inside[newline + 1..]);
        let unit = first_line.map(blanks).filter(|unit| !unit.is_empty()).unwrap_or("  ");
        let newline = inside.find('\n').map(|at| if inside[..at].ends_with('\r') { "\r\n" } else { "\n" });
        Self { text, newline, unit: unit.to_owned() }
    }

    /// A line break and the indentation of `levels` more than the line of `position`.
    fn line_of(&self, position: usize, levels: usize) -> String {
        let Some(newline) = self.newline else { return String::new() };
        newline.to_owned() + &self.indent_at(position) + &self.unit.repeat(levels)
    }

    /// The indentation of the line of `position`.
    fn indent_at(&self, position: usize) -> String {
        let line = self.text[..position].rfind('\n').map_or(0, |newline| newline + 1);
        blanks(&self.text[line..]).to_owned()
    }

    /// A member with a list of presets, for the end of the file.
    fn list(&self, kind: &str, presets: &[Value]) -> String {
        let (line, inner) = match self.newline {
            Some(newline) => (format!("{newline}{}", self.unit), format!("{newline}{}", self.unit.repeat(2))),
            None => (" ".to_owned(), String::new()),
        };
        let mut list = format!("{line}\"{kind}\": [");
        for (index, preset) in presets.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            let preset = self.preset(preset, &self.unit.repeat(2), index == 0);
            let _ = write!(list, "{comma}{inner}{preset}");
        }
        if self.newline.is_some() {
            list += &line;
        }
        list + "]"
    }

    /// A preset with our marker. Its first line is not indented.
    fn preset(&self, preset: &Value, indent: &str, adds_list: bool) -> String {
        let preset = marked(preset, adds_list);
        let Some(newline) = self.newline else { return preset.to_string() };
        let mut bytes = Vec::new();
        let formatter = PrettyFormatter::with_indent(self.unit.as_bytes());
        // Writing JSON into memory does not fail.
        let _ = preset.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
        String::from_utf8_lossy(&bytes).replace('\n', &format!("{newline}{indent}"))
    }
}

/// The blanks at the beginning of a line.
fn blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ours() -> Value {
        json!({
            "version": 6,
            "vendor": { "toolchainkit": {} },
            "configurePresets": [
                { "name": "toolchainkit", "hidden": true, "toolchainFile": "${sourceDir}/cmake/toolchain.cmake" },
                { "name": "debug", "inherits": "toolchainkit", "vendor": { "other": 1 } },
            ],
            "buildPresets": [ { "name": "debug", "configurePreset": "debug" } ],
            "testPresets": [],
        })
    }

    /// The text with inserted presets, after the checks that each result has to pass.
    fn merged(text: &str) -> String {
        let merged = merge(text, &ours()).unwrap();
        assert_eq!(remove(&merged).unwrap(), text, "{merged}");
        assert_eq!(merge(&merged, &ours()).unwrap(), merged, "the second time changes nothing");
        let strip = |text: &str| text.trim_start_matches('\u{feff}').to_owned();
        let before: Value = serde_json::from_str(&strip(text)).unwrap();
        let after: Value = serde_json::from_str(&strip(&merged)).unwrap();
        for kind in KINDS {
            let list = |file: &Value| file[kind].as_array().cloned().unwrap_or_default();
            let (theirs, all, ours) = (list(&before), list(&after), list(&ours()));
            assert_eq!(all.len(), theirs.len() + ours.len(), "{kind}: {merged}");
            assert!(all.starts_with(&theirs), "{kind}: {merged}");
            assert!(all[theirs.len()..].iter().zip(&ours).all(|(one, other)| one["name"] == other["name"]));
        }
        merged
    }

    #[test]
    fn inserted_presets_look_like_those_of_the_user() {
        let text = "{\n\t\"version\": 3,\n\t\"configurePresets\": [\n\t\t{\n\t\t\t\"name\": \"dev\"\n\t\t}\n\t]\n}\n";
        insta::assert_snapshot!(merged(text).replace('\t', "-> "), @r#"
        {
        -> "version": 3,
        -> "configurePresets": [
        -> -> {
        -> -> -> "name": "dev"
        -> -> },
        -> -> {
        -> -> -> "name": "toolchainkit",
        -> -> -> "hidden": true,
        -> -> -> "toolchainFile": "${sourceDir}/cmake/toolchain.cmake",
        -> -> -> "vendor": {
        -> -> -> -> "toolchainkit": {
        -> -> -> -> -> "generated": "by `toolchainkit generate`; do not edit"
        -> -> -> -> }
        -> -> -> }
        -> -> },
        -> -> {
        -> -> -> "name": "debug",
        -> -> -> "inherits": "toolchainkit",
        -> -> -> "vendor": {
        -> -> -> -> "other": 1,
        -> -> -> -> "toolchainkit": {
        -> -> -> -> -> "generated": "by `toolchainkit generate`; do not edit"
        -> -> -> -> }
        -> -> -> }
        -> -> }
        -> ],
        -> "buildPresets": [
        -> -> {
        -> -> -> "name": "debug",
        -> -> -> "configurePreset": "debug",
        -> -> -> "vendor": {
        -> -> -> -> "toolchainkit": {
        -> -> -> -> -> "generated": "by `toolchainkit generate`; do not edit",
        -> -> -> -> -> "list": "added"
        -> -> -> -> }
        -> -> -> }
        -> -> }
        -> ]
        }
        "#);
    }

    #[test]
    fn every_layout_is_restored() {
        for text in [
            "{\"version\":3}",
            "{ \"version\" : 3 }\n",
            "\u{feff}{\r\n  \"version\": 3,\r\n  \"configurePresets\": []\r\n}\r\n",
            "{\"version\":3,\"configurePresets\":[ ],\"buildPresets\":[\n\n]}",
            "{\"buildPresets\":[{\"name\":\"a\"},{\"name\":\"b\"}]  ,\n\"configurePresets\":[{\"name\":\"a\"}\t],\"version\":3}",
            "{ \"version\": 3,\n    \"configurePresets\": [ {\n    \"name\": \"é, [ ] {}\" } , { \"name\": \"b\",\n \"hidden\": true }\n\n ]\n\n}",
            "{\n    \"version\": 3,\n    \"configurePresets\": [{\n        \"name\": \"a\"\n    }, {\n        \"name\": \"b\"\n    }]\n}",
            "{}",
            "{\n}",
            "{\r\n\t\"version\": 3,\n\t\"vendor\": {}\r}",
        ] {
            merged(text);
        }
    }

    #[test]
    fn presets_that_the_user_added_later_stay() {
        let text = "{\n  \"version\": 3,\n  \"configurePresets\": []\n}";
        let with = merged(text).replacen(
            "\n    {\n      \"name\": \"toolchainkit\"",
            "\n    { \"name\": \"x\" },\n    {\n      \"name\": \"toolchainkit\"",
            1,
        );
        let with = with.replacen("\n  ]\n}", ",\n    { \"name\": \"y\" }\n  ]\n}", 1);
        let left: Value = serde_json::from_str(&remove(&with).unwrap()).unwrap();
        let names = |kind: &str| {
            let list = left[kind].as_array().unwrap();
            list.iter().map(|preset| preset["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            (names("configurePresets"), names("buildPresets")),
            (vec!["x".to_owned()], vec!["y".to_owned()])
        );
    }

    #[test]
    fn presets_that_the_user_formatted_or_moved_stay() {
        let text = "{\n  \"version\": 3,\n  \"configurePresets\": []\n}";
        let formatted: Value = serde_json::from_str(&merged(text)).unwrap();
        let formatted = formatted.to_string().replace("\"buildPresets\":[", "\"buildPresets\" : [ ");
        assert_eq!(merge(&formatted, &ours()).unwrap(), formatted);
        let other = formatted.replace("\"hidden\":true", "\"hidden\":false");
        assert_ne!(merge(&other, &ours()).unwrap(), other);
    }

    #[test]
    fn a_file_that_is_not_json_stays() {
        for text in ["", "[]", "{ // comment\n}", "{\"version\":3,}", "{\"configurePresets\": 1}"] {
            assert!(merge(text, &ours()).is_err(), "{text}");
        }
    }

    /// White space between two tokens.
    fn blank() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), Just(" ".to_owned()), "[ \t]{0,3}(\r?\n){1,2}[ \t]{0,6}",]
    }

    fn preset() -> impl Strategy<Value = String> {
        let name = "[a-z\\[\\]{},:é ]{0,8}";
        (name, blank(), blank(), any::<bool>()).prop_map(|(name, one, two, is_hidden)| {
            let hidden = if is_hidden { format!(",{two}\"hidden\"{one}:true") } else { String::new() };
            format!("{{{one}\"name\":{two}\"{name}\"{hidden}{one}}}")
        })
    }

    fn list() -> impl Strategy<Value = String> {
        (proptest::collection::vec((blank(), preset(), blank()), 0..4), blank()).prop_map(|(items, empty)| {
            let items = items.into_iter().map(|(one, preset, two)| format!("{one}{preset}{two}"));
            let items = items.collect::<Vec<_>>();
            if items.is_empty() { format!("[{empty}]") } else { format!("[{}]", items.join(",")) }
        })
    }

    prop_compose! {
        fn file()(
            version in (blank(), blank()),
            lists in proptest::collection::btree_map(0usize..KINDS.len(), (blank(), list(), blank()), 0..4),
            vendor in any::<bool>(),
            bom in any::<bool>(),
            around in (blank(), blank()),
        ) -> String {
            let mut members = vec![format!("{}\"version\"{}:6", version.0, version.1)];
            members.extend(lists.into_iter().map(|(kind, (one, list, two))| {
                format!("{one}\"{}\":{two}{list}{one}", KINDS[kind])
            }));
            if vendor {
                members.insert(1, format!("{}\"vendor\": {{\"x\": [1, {{}}]}}", version.1));
            }
            let bom = if bom { "\u{feff}" } else { "" };
            format!("{bom}{}{{{}{}}}{}", around.0, members.join(","), around.1, around.1)
        }
    }

    proptest! {
        #[test]
        fn removing_restores_every_byte(text in file()) {
            merged(&text);
        }
    }
}
