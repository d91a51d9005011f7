//! The files of whole projects.

use std::collections::HashMap;

use camino::Utf8Path;

use super::advice::{self, Ours, Project, Way};
use super::{CMakeLists, ConfigurePreset, Origin, Presets, Surroundings, Text};

/// A project in `/p/demo` with these files.
struct Files(HashMap<String, String>);

fn environment(name: &str) -> Option<String> {
    match name {
        "HOME" => Some("/home/me".to_owned()),
        "VCPKG_ROOT" => Some("/opt/vcpkg".to_owned()),
        _ => None,
    }
}

fn surroundings() -> Surroundings<'static> {
    Surroundings { source_dir: "/p/demo".into(), host_system_name: "Linux", environment: &environment }
}

impl Files {
    fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| {
            let path = if path.starts_with('/') { (*path).to_owned() } else { format!("/p/demo/{path}") };
            (path, (*text).to_owned())
        });
        Self(files.collect())
    }

    fn text(&self, path: &Utf8Path) -> Text {
        self.0.get(path.as_str()).map_or(Text::Missing, |text| Text::Present(text.clone()))
    }

    fn presets(&self) -> Presets {
        Presets::load(&surroundings(), |path| self.text(path))
    }

    fn configure(&self) -> Vec<ConfigurePreset> {
        self.presets().configure(&surroundings())
    }

    fn preset(&self, name: &str) -> ConfigurePreset {
        self.configure().into_iter().find(|preset| preset.name == name).unwrap()
    }

    fn advice(&self, way: Way) -> String {
        let presets = self.presets();
        let text = |path: &Utf8Path| self.text(path);
        let lists = self.0.get("/p/demo/CMakeLists.txt").map(|text| CMakeLists::parse(text));
        let surroundings = surroundings();
        let state = Project { presets: &presets, surroundings: &surroundings, lists, text: &text };
        advice::advise(&ours(way), &state).join("\n")
    }
}

fn ours(way: Way) -> Ours {
    Ours {
        cache: "cmake/toolchainkit-cache.cmake".into(),
        module: "cmake/ToolchainKit.cmake".into(),
        toolchains: vec!["cmake/toolchain.cmake".into()],
        presets: way,
        names: vec!["debug".to_owned(), "release".to_owned()],
        version: 3,
        chosen_prefix: None,
        included_path: "cmake/toolchainkit-presets.json",
    }
}

#[test]
fn includes_are_followed_in_every_version() {
    let files = Files::new(&[
        ("CMakePresets.json", r#"{"version":4,"include":["a/one.json","a/one.json"]}"#),
        (
            "a/one.json",
            r#"{"version":7,"include":["two.json","$penv{HOME}/three.json"],"configurePresets":[{"name":"one"}]}"#,
        ),
        (
            "a/two.json",
            r#"{"version":9,"include":["${sourceDir}/four.json","${fileDir}/../five.json"],"configurePresets":[{"name":"two"}]}"#,
        ),
        ("/home/me/three.json", r#"{"version":2,"configurePresets":[{"name":"three"}]}"#),
        (
            "four.json",
            r#"{"version":10,"$comment":"x","include":["CMakePresets.json"],"configurePresets":[{"name":"four"}]}"#,
        ),
        ("five.json", r#"{"version":99,"configurePresets":[{"name":"five","future":{}}]}"#),
        (
            "CMakeUserPresets.json",
            r#"{"version":4,"include":["build/generators/CMakePresets.json","gone.json"],"vendor":{"conan":{}}}"#,
        ),
        (
            "build/generators/CMakePresets.json",
            r#"{"version":3,"configurePresets":[{"name":"conan-release","binaryDir":"/p/demo/build"}]}"#,
        ),
    ]);
    let presets = files.presets();
    let mut names =
        files.configure().into_iter().map(|preset| (preset.origin, preset.name)).collect::<Vec<_>>();
    names.sort();
    let project = ["five", "four", "one", "three", "two"].map(|name| (Origin::Project, name.to_owned()));
    assert_eq!(names[..5], project);
    assert_eq!(names[5..], [(Origin::User, "conan-release".to_owned())]);
    let problems = presets.problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(problems, ["CMakeUserPresets.json:1: it includes `gone.json`, which does not exist"]);
    // Version 6 has no macros in `include`.
    let files = Files::new(&[("CMakePresets.json", r#"{"version":6,"include":["${sourceDir}/a.json"]}"#)]);
    assert!(files.presets().problems[0].what.contains("${sourceDir}/a.json"));
}

#[test]
fn presets_have_what_they_inherit() {
    let files = Files::new(&[
        (
            "CMakePresets.json",
            r#"{
  "version": 5,
  "include": ["sub/base.json"],
  "configurePresets": [
    { "name": "left", "hidden": true, "inherits": "root", "cacheVariables": { "A": "left", "N": null } },
    { "name": "right", "hidden": true, "inherits": ["root"], "generator": "Unix Makefiles",
      "cacheVariables": { "A": "right", "B": "right", "N": "right" }, "toolchainFile": "right.cmake" },
    { "name": "leaf", "inherits": ["left", "right", "unknown"], "condition": null,
      "binaryDir": "out/${presetName}-${generator}",
      "environment": { "X": "$env{Y}${pathListSep}$penv{X}", "Y": "${dollar}${hostSystemName}", "Z": "$env{Z}" },
      "cacheVariables": { "DIR": "$env{X}", "C": "$vendor{x}" } },
    { "name": "loop", "inherits": ["loop2"] }, { "name": "loop2", "inherits": ["loop"] }
  ]
}"#,
        ),
        (
            "sub/base.json",
            r#"{ "version": 3, "configurePresets": [
  { "name": "root", "generator": "Ninja", "condition": { "type": "const", "value": true },
    "binaryDir": "${sourceParentDir}/build-${sourceDirName}", "toolchainFile": "${fileDir}/root.cmake",
    "cacheVariables": { "B": "root", "CMAKE_TOOLCHAIN_FILE": "old.cmake", "CMAKE_C_COMPILER_LAUNCHER": "ccache" } }
] }"#,
        ),
    ]);
    let leaf = files.preset("leaf");
    assert_eq!(leaf.ancestors, ["left", "root", "right"]);
    assert_eq!(
        leaf.binary_dir.unwrap(),
        "/p/demo/out/leaf-Ninja",
        "left inherits the generator before right sets it"
    );
    let value = |name: &str| leaf.cache_variables.get(name).map(|entry| entry.value.as_str());
    assert_eq!((value("A"), value("B"), value("N"), value("C")), (Some("left"), Some("root"), None, None));
    assert_eq!(value("DIR"), Some("$Linux:"));
    assert!(!leaf.environment.contains_key("Z"), "it refers to itself");
    let toolchains = leaf.toolchain_files.iter().map(|file| file.path.as_ref().unwrap().as_str());
    assert_eq!(
        toolchains.collect::<Vec<_>>(),
        ["/p/demo/root.cmake", "/p/demo/right.cmake", "/p/demo/old.cmake"],
        "before version 12, fileDir is the folder of the used preset"
    );
    let launchers = files.preset("leaf");
    let (name, entry) = launchers.launchers().next().unwrap();
    assert_eq!((name, entry.place.to_string().as_str()), ("CMAKE_C_COMPILER_LAUNCHER", "sub/base.json:4"));
    let root = files.preset("root");
    assert_eq!(root.binary_dir.unwrap(), "/p/build-demo");
    assert_eq!(root.toolchain_files[0].path.as_ref().unwrap(), "/p/demo/sub/root.cmake");
    assert!(root.conditional && leaf.conditional);
    assert_eq!(files.preset("loop").ancestors, ["loop2"]);
}

#[test]
fn hostile_files_take_little_time_and_memory() {
    let doubling = (0..40).map(|n| format!(r#""V{n}":"$env{{V{}}}$env{{V{}}}""#, n + 1, n + 1));
    let environment = doubling.collect::<Vec<_>>().join(",");
    let diamonds = (1..200).map(|n| {
        format!(
            r#"{{"name":"d{n}","inherits":["d{}","e{}"]}},{{"name":"e{n}","inherits":["d{}","e{}"]}}"#,
            n - 1,
            n - 1,
            n - 1,
            n - 1
        )
    });
    let text = format!(
        r#"{{"version":4,"include":["CMakePresets.json"],"configurePresets":[{{"name":"v","environment":{{{environment}}}}},{}]}}"#,
        diamonds.collect::<Vec<_>>().join(",")
    );
    let files = Files::new(&[("CMakePresets.json", &text)]);
    assert_eq!(files.configure().len(), 399);
    let many = (0..20_000).map(|n| format!(r#"{{"name":"{n}"}}"#)).collect::<Vec<_>>().join(",");
    let files =
        Files::new(&[("CMakePresets.json", &format!(r#"{{"version":3,"configurePresets":[{many}]}}"#))]);
    assert_eq!((files.configure().len(), files.presets().problems.len()), (5000, 1));
}

#[test]
fn a_prefix_is_chosen_only_for_names_of_the_project() {
    let names = ["debug".to_owned(), "toolchainkit".to_owned()];
    let prefix = |files: &[(&str, &str)]| Files::new(files).presets().prefix_for(&names);
    let debug = r#"{"version":3,"configurePresets":[{"name":"debug"}]}"#;
    assert_eq!(prefix(&[("CMakePresets.json", debug)]).as_deref(), Some("tk-"));
    assert_eq!(prefix(&[("CMakeUserPresets.json", debug)]), None);
    let build = r#"{"version":3,"buildPresets":[{"name":"debug"},{"name":"tk-toolchainkit"}]}"#;
    assert_eq!(prefix(&[("CMakePresets.json", build)]).as_deref(), Some("toolchainkit-"));
    for ours in [
        r#"{"version":3,"vendor":{"toolchainkit":{}},"configurePresets":[{"name":"debug"}]}"#,
        r#"{"version":3,"configurePresets":[{"name":"debug","vendor":{"toolchainkit":{}}}]}"#,
    ] {
        assert_eq!(prefix(&[("CMakePresets.json", ours)]), None);
    }
}

const LISTS: &str = "cmake_minimum_required(VERSION 3.20)\n\nproject(demo C)\n";

#[test]
fn the_line_before_project_is_recommended_until_it_is_there() {
    let two =
        r#"{"version":2,"configurePresets":[{"name":"base","hidden":true},{"name":"dev"},{"name":"ci"}]}"#;
    let files = Files::new(&[("CMakePresets.json", two), ("CMakeLists.txt", LISTS)]);
    insta::assert_snapshot!(files.advice(Way::Undecided), @"
    These configure presets do not use the cache yet: dev, ci. One line caches all presets. Write in CMakeLists.txt, before project() in line 3:

        include(cmake/toolchainkit-cache.cmake)

    The cache does not need presets of toolchainkit. If you want them, too (debug, release), raise the version of CMakePresets.json from 2 to 3 (CMake 3.21) and run `toolchainkit generate --merge`, which inserts them. To include them instead (version 4, CMake 3.23), write in toolchainkit.yaml, and run `toolchainkit generate` again:

        output: { presets: cmake/toolchainkit-presets.json }

    If you do not want them, write `output: { presets: none }`.
    ");
    let with_line = LISTS.replace("\nproject", "include(cmake/toolchainkit-cache.cmake)\nproject");
    let files = Files::new(&[("CMakePresets.json", two), ("CMakeLists.txt", &with_line)]);
    insta::assert_snapshot!(files.advice(Way::None), @"All 2 configure presets of yours use the cache: CMakeLists.txt:2 includes it.");
    assert_eq!(Files::new(&[("CMakeLists.txt", LISTS)]).advice(Way::Own), "");
}

#[test]
fn presets_that_reach_our_files_in_another_way_are_covered() {
    let preset =
        |members: &str| format!(r#"{{"version":3,"configurePresets":[{{"name":"dev",{members}}}]}}"#);
    let own = "include(${CMAKE_CURRENT_LIST_DIR}/../cmake/toolchainkit-cache.cmake)\n";
    for (members, is_covered) in [
        (r#""toolchainFile":"cmake/toolchain.cmake""#, true),
        (r#""toolchainFile":"${sourceDir}/team/own.cmake""#, true),
        (r#""toolchainFile":"other.cmake""#, false),
        (
            r#""toolchainFile":"$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake","cacheVariables":{"VCPKG_CHAINLOAD_TOOLCHAIN_FILE":"${sourceDir}/cmake/toolchain.cmake"}"#,
            true,
        ),
        (r#""toolchainFile":"$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake""#, false),
        (
            r#""cacheVariables":{"VCPKG_CHAINLOAD_TOOLCHAIN_FILE":"${sourceDir}/cmake/toolchain.cmake"}"#,
            false,
        ),
        (
            r#""cacheVariables":{"CMAKE_PROJECT_TOP_LEVEL_INCLUDES":"x.cmake;cmake/toolchainkit-cache.cmake"}"#,
            true,
        ),
        (r#""cacheVariables":{"CMAKE_PROJECT_demo_INCLUDE_BEFORE":"cmake/toolchainkit-cache.cmake"}"#, true),
    ] {
        let text = preset(members);
        let files =
            Files::new(&[("CMakePresets.json", &text), ("CMakeLists.txt", LISTS), ("team/own.cmake", own)]);
        let advice = files.advice(Way::None);
        assert_eq!(advice == "Your configure preset dev uses the cache.", is_covered, "{members}: {advice}");
    }
}

#[test]
fn a_missing_include_is_shown_with_the_version_that_it_needs() {
    let way = || Way::Included("cmake/toolchainkit-presets.json".into());
    let files = Files::new(&[("CMakePresets.json", "{\n  \"version\": 3\n}")]);
    insta::assert_snapshot!(files.advice(way()), @r#"
    CMakePresets.json does not include cmake/toolchainkit-presets.json. Write in CMakePresets.json:

        "include": ["cmake/toolchainkit-presets.json"],

    `include` needs version 4 of the presets format (CMake 3.23): replace `"version": 3` in CMakePresets.json:2 by

        "version": 4,
    "#);
    let files = Files::new(&[
        ("CMakePresets.json", "{\n  \"version\": 6,\n  \"include\": [\"a.json\"]\n}"),
        ("a.json", "{\"version\":2}"),
    ]);
    insta::assert_snapshot!(files.advice(way()), @r#"
    CMakePresets.json does not include cmake/toolchainkit-presets.json. Add this to the list `include` in CMakePresets.json:3:

        "cmake/toolchainkit-presets.json"
    "#);
    insta::assert_snapshot!(Files::new(&[]).advice(way()), @r#"
    No presets file includes cmake/toolchainkit-presets.json. Write CMakePresets.json:

        { "version": 4, "include": ["cmake/toolchainkit-presets.json"] }
    "#);
}

#[test]
fn a_lost_toolchain_file_is_chained() {
    let file = |theirs: &str, inherits: &str| {
        format!(
            r#"{{ "version": 3, "configurePresets": [
  {{ "name": "tk", "hidden": true, "toolchainFile": "${{sourceDir}}/cmake/toolchain.cmake" }},
  {{ "name": "theirs", "hidden": true, "toolchainFile": "{theirs}" }},
  {{ "name": "dev", "inherits": [{inherits}] }}, {{ "name": "ci", "inherits": "dev" }}
] }}"#
        )
    };
    let advice = |theirs: &str, inherits: &str| {
        let text = file(theirs, inherits);
        let with_line = "include(cmake/toolchainkit-cache.cmake)\nproject(x)";
        let advice =
            Files::new(&[("CMakePresets.json", &text), ("CMakeLists.txt", with_line)]).advice(Way::None);
        let (lost, rest) = advice.rsplit_once("\nAll 2 ").unwrap();
        assert!(rest.starts_with("configure presets"), "{rest}");
        lost.to_owned()
    };
    insta::assert_snapshot!(advice("$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake", "\"theirs\", \"tk\""), @r#"
    CMake uses one toolchain file for a preset. dev, ci: $env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake (CMakePresets.json:3) is used, and ${sourceDir}/cmake/toolchain.cmake (CMakePresets.json:2) is lost, because the first in `inherits` counts. vcpkg's file loads the other one. Write in the preset dev:

        "cacheVariables": { "VCPKG_CHAINLOAD_TOOLCHAIN_FILE": "${sourceDir}/cmake/toolchain.cmake" },
    "#);
    insta::assert_snapshot!(advice("$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake", "\"tk\", \"theirs\""), @r#"
    CMake uses one toolchain file for a preset. dev, ci: ${sourceDir}/cmake/toolchain.cmake (CMakePresets.json:2) is used, and $env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake (CMakePresets.json:3) is lost, because the first in `inherits` counts. vcpkg's file loads the other one. Write in the preset dev:

        "toolchainFile": "$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake",
        "cacheVariables": { "VCPKG_CHAINLOAD_TOOLCHAIN_FILE": "${sourceDir}/cmake/toolchain.cmake" },
    "#);
    insta::assert_snapshot!(advice("build/generators/conan_toolchain.cmake", "\"tk\", \"theirs\""), @r#"
    CMake uses one toolchain file for a preset. dev, ci: ${sourceDir}/cmake/toolchain.cmake (CMakePresets.json:2) is used, and build/generators/conan_toolchain.cmake (CMakePresets.json:3) is lost, because the first in `inherits` counts. Conan's file loads the other one. Run

        conan install . -c tools.cmake.cmaketoolchain:user_toolchain='["/p/demo/cmake/toolchain.cmake"]'

    and write in the preset dev:

        "toolchainFile": "build/generators/conan_toolchain.cmake",
    "#);
    insta::assert_snapshot!(advice("$env{SDK}/arm.cmake", "\"theirs\", \"tk\""), @r#"
    CMake uses one toolchain file for a preset. dev, ci: $env{SDK}/arm.cmake (CMakePresets.json:3) is used, and ${sourceDir}/cmake/toolchain.cmake (CMakePresets.json:2) is lost, because the first in `inherits` counts. The file of toolchainkit loads the other one. Write in toolchainkit.yaml:

        toolchain: { base: "${SDK}/arm.cmake" }

    and in the preset dev:

        "toolchainFile": "${sourceDir}/cmake/toolchain.cmake",
    "#);
}

#[test]
fn launchers_of_presets_are_named_with_their_place() {
    let text = "{\"version\":3,\"configurePresets\":[{\"name\":\"dev\",\n\"cacheVariables\":{\"CMAKE_C_COMPILER_LAUNCHER\":\"ccache\",\n\"CMAKE_CXX_COMPILER_LAUNCHER\":{\"value\":\"ccache\"}}},{\"name\":\"ci\",\"inherits\":\"dev\"}]}";
    let advice = Files::new(&[("CMakePresets.json", text), ("CMakeLists.txt", LISTS)]).advice(Way::None);
    for line in [
        "CMakePresets.json:2 sets CMAKE_C_COMPILER_LAUNCHER to `ccache`, so the presets with it do not use this cache: dev, ci.",
        "CMakePresets.json:3 sets CMAKE_CXX_COMPILER_LAUNCHER",
    ] {
        assert!(advice.contains(line), "{advice}");
    }
}

#[test]
fn what_refers_to_our_files_is_listed() {
    let files = Files::new(&[
        (
            "CMakePresets.json",
            "{\"version\":4,\n\"include\":[\"cmake/toolchainkit-presets.json\"],\"configurePresets\":[\n{\"name\":\"a\",\"inherits\":\"toolchainkit\"},\n{\"name\":\"b\",\"toolchainFile\":\"cmake/toolchain.cmake\"},{\"name\":\"c\"}]}",
        ),
        (
            "cmake/toolchainkit-presets.json",
            "{\"version\":4,\"vendor\":{\"toolchainkit\":{}},\"configurePresets\":[{\"name\":\"toolchainkit\",\"hidden\":true}]}",
        ),
        ("CMakeLists.txt", "\ninclude(cmake/toolchainkit-cache.cmake)\nproject(x)\n"),
    ]);
    let presets = files.presets();
    let text = |path: &Utf8Path| files.text(path);
    let lists = Some(CMakeLists::parse("\ninclude(cmake/toolchainkit-cache.cmake)\nproject(x)\n"));
    let surroundings = surroundings();
    let state = Project { presets: &presets, surroundings: &surroundings, lists, text: &text };
    let way = Way::Included("cmake/toolchainkit-presets.json".into());
    insta::assert_snapshot!(advice::references(&ours(way), &state).join("\n"), @"
    Remove the line CMakeLists.txt:2, which includes a removed file.
    Remove `cmake/toolchainkit-presets.json` from `include` in CMakePresets.json:2, or CMake rejects all presets.
    CMakePresets.json:3: the preset a inherits `toolchainkit`.
    CMakePresets.json:4 uses cmake/toolchain.cmake.
    ");
}
