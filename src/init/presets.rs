//! What `init` takes from a project's own presets.

use camino::Utf8Path;

use super::assignments::is_of_interest;
use super::{Found, Origin};
use crate::presets::{PresetsFile, RawPreset};

/// The facts of one presets file.
#[derive(Debug, Default)]
pub(super) struct OfPresets {
    /// The names of the visible configure presets without a condition.
    pub(super) names: Vec<String>,
    /// The environment variables and cache entries of interest.
    pub(super) found: Vec<Found>,
}

/// The facts of a file; `None` if it is not JSON.
pub(super) fn read(path: &str, text: &str) -> Option<OfPresets> {
    let file = PresetsFile::parse(Utf8Path::new(path), text).ok()?;
    let presets =
        || file.presets.iter().filter(|preset| preset.kind == "configurePresets" && !preset.is_merged);
    let names = presets().filter(|preset| !preset.hidden && !preset.conditional);
    Some(OfPresets {
        names: names.map(|preset| preset.name.value.clone()).collect(),
        found: presets().flat_map(|preset| found(path, preset)).collect(),
    })
}

fn found(path: &str, preset: &RawPreset) -> Vec<Found> {
    let members = preset.environment.iter().chain(&preset.cache_variables);
    let members = members.filter(|(name, _)| is_of_interest(name));
    let entries = members.filter_map(|(name, entry)| Some((name, entry.as_ref()?)));
    entries
        .map(|(name, entry)| Found::new(name, &entry.value, Origin::Presets, path, entry.place.line))
        .collect()
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
        for text in ["", "[]", "{", "3", "{\"configurePresets\":{}}"] {
            assert!(read("x", text).is_none_or(|file| file.names.is_empty() && file.found.is_empty()));
        }
    }
}
