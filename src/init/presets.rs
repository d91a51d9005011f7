//! The little that `init` reads of a project's own presets.

use serde_json::{Map, Value};

use super::assignments::is_of_interest;
use super::{Found, Origin};

/// The facts of one presets file.
#[derive(Debug, Default)]
pub(super) struct PresetsFile {
    /// The names of the visible configure presets without a condition.
    pub(super) names: Vec<String>,
    /// The environment variables and cache entries of interest.
    pub(super) found: Vec<Found>,
}

/// The facts of a file; `None` if it is not JSON.
pub(super) fn read(path: &str, text: &str) -> Option<PresetsFile> {
    let root: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    let presets = root["configurePresets"].as_array().map_or(&[][..], Vec::as_slice);
    let is_visible =
        |preset: &&Value| preset["hidden"] != Value::Bool(true) && preset.get("condition").is_none();
    let names = presets.iter().filter(is_visible).filter_map(|preset| preset["name"].as_str());
    let mut file = PresetsFile { names: names.map(str::to_owned).collect(), found: Vec::new() };
    for preset in presets {
        for key in ["environment", "cacheVariables"] {
            if let Value::Object(members) = &preset[key] {
                file.add(path, text, members);
            }
        }
    }
    Some(file)
}

impl PresetsFile {
    fn add(&mut self, path: &str, text: &str, members: &Map<String, Value>) {
        for (name, value) in members.iter().filter(|(name, _)| is_of_interest(name)) {
            let Some(value) = value.as_str().or_else(|| value["value"].as_str()) else { continue };
            // The members have the order of the text.
            let earlier = self.found.iter().filter(|found| found.name == *name).count();
            let quoted = format!("\"{name}\"");
            let lines = text.lines().enumerate().filter(|(_, line)| line.contains(&quoted));
            let line = lines.map(|(index, _)| index + 1).nth(earlier).unwrap_or(1);
            self.found.push(Found::new(name, value, Origin::Presets, path, line));
        }
    }
}

/// The files that a presets file includes, as it names them.
pub(super) fn includes(text: &str) -> Vec<String> {
    let root: Value = serde_json::from_str(text).unwrap_or_default();
    let names = root["include"].as_array().map_or(&[][..], Vec::as_slice).iter();
    names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_variables_and_their_lines() {
        let text = r#"{ "version": 3, "configurePresets": [
            { "name": "base", "hidden": true,
              "cacheVariables": {
                "CMAKE_C_COMPILER_LAUNCHER": { "type": "STRING", "value": "ccache" },
                "OTHER": "x" } },
            { "name": "win", "condition": false },
            { "name": "dev", "environment": { "CCACHE_DIR": "${sourceDir}/.cc", "PATH": "x" },
              "cacheVariables": {
                "CMAKE_C_COMPILER_LAUNCHER": "sccache",
                "CMAKE_CXX_COMPILER_LAUNCHER": null } } ],
            "include": ["a.json", 1] }"#;
        let file = read("CMakePresets.json", text).unwrap();
        assert_eq!(file.names, ["dev"]);
        let found =
            file.found.iter().map(|found| (found.name.as_str(), found.value.as_str(), found.place.line));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("CMAKE_C_COMPILER_LAUNCHER", "ccache", Some(4)),
                ("CCACHE_DIR", "${sourceDir}/.cc", Some(7)),
                ("CMAKE_C_COMPILER_LAUNCHER", "sccache", Some(9)),
            ]
        );
        assert_eq!(includes(text), ["a.json"]);
        for text in ["", "[]", "{", "3", "{\"configurePresets\":{}}"] {
            read("x", text);
            assert!(includes(text).is_empty());
        }
    }
}
