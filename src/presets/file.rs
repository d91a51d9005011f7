//! One presets file: its text becomes a list of presets, without what they inherit.

use camino::{Utf8Path, Utf8PathBuf};

use super::json::{Lines, Node};
use super::{KINDS, VENDOR};

/// A place in a presets file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path of the file; relative to the project if the file is in it.
    pub path: Utf8PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.path, self.line)
    }
}

/// A text in a preset, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The text, before or after the expansion of its macros.
    pub value: String,
    /// Its file and line.
    pub place: Place,
}

/// The text is not a presets file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SyntaxError {
    /// The reason.
    pub what: String,
    /// The line, if it is known.
    pub line: Option<usize>,
}

/// A presets file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresetsFile {
    /// Its path; relative to the project if the file is in it.
    pub path: Utf8PathBuf,
    /// `version`, with its line. CMake requires it.
    pub version: Option<(u32, usize)>,
    /// The entries of `include`, with macros.
    pub include: Vec<Entry>,
    /// The line of `include`, if the file has it.
    pub include_line: Option<usize>,
    /// Whether toolchainkit wrote the whole file.
    pub is_generated: bool,
    /// All presets.
    pub presets: Vec<RawPreset>,
}

/// A preset as it is written in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPreset {
    /// The list that it is in; one of [`KINDS`].
    pub kind: &'static str,
    /// `name`, and its place.
    pub name: Entry,
    /// Whether it can only be inherited.
    pub hidden: bool,
    /// The names in `inherits`, in their order.
    pub inherits: Vec<String>,
    /// Whether it has a `condition`.
    pub conditional: bool,
    /// Whether toolchainkit inserted it into the file.
    pub is_merged: bool,
    /// `generator`
    pub generator: Option<Entry>,
    /// `toolchainFile`
    pub toolchain_file: Option<Entry>,
    /// `binaryDir`
    pub binary_dir: Option<Entry>,
    /// `cacheVariables`: the value is `None` for `null`.
    pub cache_variables: Vec<(String, Option<Entry>)>,
    /// `environment`: the value is `None` for `null`.
    pub environment: Vec<(String, Option<Entry>)>,
}

impl PresetsFile {
    /// Reads a text. Members that have another type than CMake requires are ignored.
    ///
    /// # Errors
    /// If the text is not JSON, or not an object.
    pub fn parse(path: &Utf8Path, text: &str) -> Result<Self, SyntaxError> {
        let root = Node::parse(text).map_err(|error| SyntaxError::of(&error))?;
        let members = root.members().ok_or_else(|| SyntaxError {
            what: "it is not a JSON object".to_owned(),
            line: Some(Lines::of(text).at(root.start())),
        })?;
        let reader = Reader { path, lines: Lines::of(text) };
        let member =
            |name: &str| members.iter().rev().find(|(known, _)| known == name).map(|(_, node)| *node);
        let include = member("include");
        let presets = KINDS.into_iter().flat_map(|kind| {
            let items = member(kind).and_then(|list| list.items()).unwrap_or_default();
            items.into_iter().filter_map(|node| reader.preset(kind, node)).collect::<Vec<_>>()
        });
        Ok(Self {
            path: path.to_owned(),
            version: member("version").and_then(|node| Some((node.number()?, reader.line(node)))),
            include_line: include.map(|node| reader.line(node)),
            include: include
                .and_then(|node| node.items())
                .unwrap_or_default()
                .into_iter()
                .filter_map(|node| reader.entry(node))
                .collect(),
            is_generated: is_marked(&root),
            presets: presets.collect(),
        })
    }

    /// The version; 1 if there is none.
    #[must_use]
    pub fn version_number(&self) -> u32 {
        self.version.map_or(1, |(version, _)| version)
    }

    /// Whether toolchainkit inserted presets into this file of the user.
    #[must_use]
    pub fn has_merged(&self) -> bool {
        !self.is_generated && self.presets.iter().any(|preset| preset.is_merged)
    }
}

impl SyntaxError {
    pub(super) fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or(&text);
        Self { what: format!("it is not valid JSON: {what}"), line: Some(error.line()) }
    }
}

/// Whether the `vendor` map of an object has our member.
pub(super) fn is_marked(object: &Node<'_>) -> bool {
    object.member("vendor").is_some_and(|vendor| vendor.member(VENDOR).is_some())
}

struct Reader<'a> {
    path: &'a Utf8Path,
    lines: Lines,
}

impl Reader<'_> {
    fn line(&self, node: Node<'_>) -> usize {
        self.lines.at(node.start())
    }

    fn entry(&self, node: Node<'_>) -> Option<Entry> {
        self.entry_of(node, node.string()?)
    }

    #[expect(clippy::unnecessary_wraps, reason = "ends a chain of options")]
    fn entry_of(&self, node: Node<'_>, value: String) -> Option<Entry> {
        Some(Entry { value, place: Place { path: self.path.to_owned(), line: self.line(node) } })
    }

    fn preset(&self, kind: &'static str, node: Node<'_>) -> Option<RawPreset> {
        let members = node.members()?;
        let member =
            |name: &str| members.iter().rev().find(|(known, _)| known == name).map(|(_, node)| *node);
        let entry = |name: &str| member(name).and_then(|node| self.entry(node));
        let inherits = member("inherits").map_or_else(Vec::new, |node| match node.string() {
            Some(name) => vec![name],
            None => node.items().unwrap_or_default().iter().filter_map(Node::string).collect(),
        });
        let values = |name: &str| {
            let members = member(name).and_then(|node| node.members()).unwrap_or_default();
            let values = members.into_iter().filter_map(|(name, node)| {
                if node.is_null() { Some((name, None)) } else { Some((name, Some(self.value(node)?))) }
            });
            values.collect::<Vec<_>>()
        };
        Some(RawPreset {
            kind,
            name: entry("name")?,
            hidden: member("hidden").and_then(|node| node.boolean()).unwrap_or_default(),
            inherits,
            conditional: member("condition").is_some_and(|node| !node.is_null()),
            is_merged: is_marked(&node),
            generator: entry("generator"),
            toolchain_file: entry("toolchainFile"),
            binary_dir: entry("binaryDir"),
            cache_variables: values("cacheVariables"),
            environment: values("environment"),
        })
    }

    /// The value of a variable: a string, a boolean, or an object with `value`.
    fn value(&self, node: Node<'_>) -> Option<Entry> {
        let text = |node: Node<'_>| {
            let boolean = |value| if value { "TRUE" } else { "FALSE" }.to_owned();
            node.string().or_else(|| node.boolean().map(boolean))
        };
        match text(node) {
            Some(value) => self.entry_of(node, value),
            None => node.member("value").and_then(|node| self.entry_of(node, text(node)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_the_lines_of_its_entries() {
        let text = r#"{
  "version": 6, "vendor": { "x": 1 }, "future": [ {} ],
  "include": [
    "a.json"
  ],
  "configurePresets": [
    { "name": "base", "hidden": true, "condition": { "type": "other" },
      "cacheVariables": {
        "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
        "A": true, "B": null, "C": { "type": "PATH", "value": "/c" }
      } },
    { "name": "dev", "inherits": ["base", 1], "generator": 7, "environment": { "E": "e", "F": null } },
    { "no": "name" }, 3
  ],
  "buildPresets": [ { "name": "dev", "configurePreset": "dev", "vendor": { "toolchainkit": {} } } ]
}"#;
        let file = PresetsFile::parse("P.json".into(), text).unwrap();
        assert_eq!((file.version, file.include_line), (Some((6, 2)), Some(3)));
        assert_eq!(
            (file.include[0].value.as_str(), file.include[0].place.to_string().as_str()),
            ("a.json", "P.json:4")
        );
        let [base, dev, build] = &file.presets[..] else { panic!("{:?}", file.presets) };
        assert!(base.hidden && base.conditional && !base.is_merged && build.is_merged && !file.is_generated);
        assert!(file.has_merged());
        let [launcher, a, b, c] = &base.cache_variables[..] else { panic!("{base:?}") };
        assert_eq!(launcher.1.as_ref().unwrap().place.line, 9);
        assert_eq!((a.1.as_ref().unwrap().value.as_str(), &b.1), ("TRUE", &None));
        assert_eq!(c.1.as_ref().unwrap().value, "/c");
        assert_eq!((&dev.inherits[..], &dev.generator), (&["base".to_owned()][..], &None));
        assert_eq!(dev.environment.len(), 2);
    }

    #[test]
    fn an_error_has_its_line() {
        let error = PresetsFile::parse("P.json".into(), "{\n  \"version\": 3,\n  // no\n}").unwrap_err();
        assert_eq!(error.line, Some(3), "{error}");
        assert!(error.to_string().starts_with("it is not valid JSON: "), "{error}");
        assert_eq!(PresetsFile::parse("P.json".into(), "\n[]").unwrap_err().line, Some(2));
    }
}
