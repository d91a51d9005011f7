//! Checks the presets against the official schema and with CMake.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toolchainkit::output::FileKind;

use crate::golden::{cases, files};
use crate::support::{Run, Sandbox, Tool, Tools, versions};

/// CMake's schema, which its wheels contain as a part of the manual.
fn official_schema(tools: &Tools) -> Value {
    // `<root>/cmake-4.4.4/cmake/data/bin/cmake`
    let cmake = tools.cmake(Tools::CMAKE);
    let share = cmake.parent().and_then(Path::parent).expect("an installation").join("share");
    let version = fs::read_dir(share).expect("the manual").map(|entry| entry.expect("an entry").path());
    let manuals = version.map(|folder| folder.join("Help/manual/presets/schema.json"));
    let schema = manuals.into_iter().find(|path| path.is_file()).expect("the schema");
    let mut schema = serde_json::from_str(&fs::read_to_string(schema).expect("the schema")).expect("JSON");
    encode_references(&mut schema);
    schema
}

/// Encodes the brackets in the schema's references: a URI must not contain them, and a strict parser rejects them.
fn encode_references(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(reference) if key == "$ref" => {
                        *reference = reference.replace('[', "%5B").replace(']', "%5D");
                    }
                    value => encode_references(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(encode_references),
        _ => {}
    }
}

#[test]
fn presets_are_valid_for_the_official_schema() {
    let Some(tools) = Tools::require(&[Tool::CMake(Tools::CMAKE)]) else { return };
    let validator = jsonschema::validator_for(&official_schema(&tools)).expect("a schema");
    let mut versions = Vec::new();
    for (name, yaml) in cases() {
        let presets = &files(&yaml).get(FileKind::Presets).unwrap().text.clone();
        let presets: Value = serde_json::from_str(presets).expect("JSON");
        let errors = validator.iter_errors(&presets).map(|error| error.to_string()).collect::<Vec<_>>();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        versions.push(presets["version"].as_u64().unwrap());
    }
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions, [3, 4, 6], "every schema version that is emitted");

    let too_new = serde_json::json!({ "version": 3, "$schema": "x" });
    assert!(!validator.is_valid(&too_new), "the schema rejects an invalid file");
}

#[test]
fn cmake_lists_the_presets() {
    let versions = [versions::cmake("3.21"), versions::cmake("3.25"), versions::cmake("3.31"), Tools::CMAKE];
    let needed = versions.map(Tool::CMake);
    let Some(tools) = Tools::require(&needed) else { return };
    for version in versions {
        for (name, yaml) in cases() {
            // The included file needs CMake 3.23, and workflows 3.25.
            if matches!(name.as_str(), "included-presets" | "toolchains")
                && version == versions::cmake("3.21")
            {
                continue;
            }
            let listed = list(&tools.cmake(version), &name, &yaml);
            let expected = match name.as_str() {
                "everything" => "\"tk-minsizerel\"",
                "profiles" => "\"offline-release\"",
                "toolchains" => "\"ci-clang-asan-debug\"",
                _ => "\"debug\"",
            };
            assert!(listed.contains(expected), "CMake {version}, {name}: {listed}");
        }
    }
}

fn list(cmake: &Path, name: &str, yaml: &str) -> String {
    let sandbox = Sandbox::new("presets").on_path(cmake);
    let project: PathBuf = sandbox.dir("src");
    fs::write(project.join("CMakeLists.txt"), "cmake_minimum_required(VERSION 3.15)\nproject(p NONE)\n")
        .unwrap();
    fs::write(project.join("toolchainkit.yaml"), yaml).unwrap();
    let mut generate = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
    generate.current_dir(&project).arg("generate").run();
    if name == "included-presets" {
        let including = r#"{ "version": 4, "include": ["cmake/toolchainkit-presets.json"] }"#;
        fs::write(project.join("CMakePresets.json"), including).unwrap();
    }
    sandbox.command("cmake").current_dir(&project).arg("--list-presets").run().stdout
}
