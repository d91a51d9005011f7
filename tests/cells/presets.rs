//! Projects with presets of their own: after following what `generate` prints, every preset still works, those of the team
//! use the cache, and `generate --remove` restores every byte.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::list::{CMake, Cell, tests};
use crate::support::{Finished, Project, Run, Sandbox, Stats, Tool, Tools, known_compilers, versions};

tests![
    presets_of_a_team_are_cached_and_restored in layouts(),
    a_line_in_the_project_caches_builds_without_presets,
    presets_may_report_unset_variables_as_errors in [versions::cmake("3.21"), versions::cmake("3.28"), Tools::CMAKE].map(CMake),
    two_toolchain_files_are_chained in [versions::cmake("3.21"), Tools::CMAKE].map(CMake),
    build_folders_of_all_presets_are_found in [versions::cmake("3.25"), Tools::CMAKE].map(CMake),
];

/// A kind of presets in real projects: the version of the format, and its files.
#[derive(Clone, Copy, Debug)]
struct Layout(u32, &'static [(&'static str, &'static str)]);

impl Cell for Layout {
    fn name(&self) -> String {
        format!("version-{}", self.0)
    }
}

/// Only CMakePresets.json, as of libraries with one preset for developers, and a file of a user.
const TWO: Layout = Layout(
    2,
    &[
        (
            "CMakePresets.json",
            "{\n    \"version\": 2,\n    \"configurePresets\": [\n        {\n            \"name\": \"dev\",\n            \"generator\": \"Ninja\",\n            \"binaryDir\": \"${sourceDir}/build-${presetName}\",\n            \"cacheVariables\": { \"CMAKE_BUILD_TYPE\": \"Debug\" }\n        }\n    ],\n    \"buildPresets\": [ { \"name\": \"dev\", \"configurePreset\": \"dev\" } ]\n}",
        ),
        (
            "CMakeUserPresets.json",
            r#"{ "version": 2, "configurePresets": [ { "name": "mine", "inherits": "dev", "binaryDir": "out-of-${sourceDirName}" } ] }"#,
        ),
    ],
);
/// Conditions and a toolchain file of the team, with names that toolchainkit uses, too. Tabs and CR LF.
const THREE: Layout = Layout(
    3,
    &[
        (
            "CMakePresets.json",
            "{\r\n\t\"version\": 3,\r\n\t\"configurePresets\": [{\r\n\t\t\"name\": \"debug\",\r\n\t\t\"hidden\": true,\r\n\t\t\"cacheVariables\": { \"CMAKE_BUILD_TYPE\": \"Debug\" }\r\n\t}, {\r\n\t\t\"name\": \"dev\",\r\n\t\t\"inherits\": \"debug\",\r\n\t\t\"generator\": \"Ninja\",\r\n\t\t\"binaryDir\": \"out\\\\build/${presetName}\",\r\n\t\t\"toolchainFile\": \"team.cmake\",\r\n\t\t\"condition\": { \"type\": \"inList\", \"string\": \"${hostSystemName}\", \"list\": [\"Linux\", \"Darwin\"] }\r\n\t}]\r\n}\r\n",
        ),
        ("team.cmake", "set(CMAKE_C_FLAGS_INIT -DTEAM)\n"),
    ],
);
/// Includes, a file of a user with its own include, and presets in the style of Conan.
const FOUR: Layout = Layout(
    4,
    &[
        (
            "CMakePresets.json",
            "{ \"version\": 4, \"include\": [\"presets/base.json\", \"presets/dev.json\"] }\n",
        ),
        (
            "presets/base.json",
            r#"{ "version": 2, "configurePresets": [ { "name": "base", "hidden": true, "generator": "Ninja" } ] }"#,
        ),
        (
            "presets/dev.json",
            r#"{ "version": 4, "include": ["base.json"], "configurePresets": [ { "name": "dev", "inherits": "base", "binaryDir": "${fileDir}/../build/dev" } ] }"#,
        ),
        (
            "CMakeUserPresets.json",
            r#"{ "version": 4, "vendor": { "conan": {} }, "include": ["generators/CMakePresets.json"] }"#,
        ),
        (
            "generators/CMakePresets.json",
            r#"{ "version": 3, "vendor": { "conan": {} }, "configurePresets": [ { "name": "conan-release", "generator": "Ninja", "binaryDir": "${sourceDir}/build/Release", "cacheVariables": { "CMAKE_POLICY_DEFAULT_CMP0091": "NEW" } } ] }"#,
        ),
    ],
);
/// All kinds of presets, with a byte order mark.
const SIX: Layout = Layout(
    6,
    &[(
        "CMakePresets.json",
        "\u{feff}{\n  \"version\": 6,\n  \"cmakeMinimumRequired\": { \"major\": 3, \"minor\": 25, \"patch\": 0 },\n  \"configurePresets\": [\n    { \"name\": \"_root\", \"hidden\": true, \"generator\": \"Ninja\", \"binaryDir\": \"${sourceDir}/build/${presetName}\" },\n    { \"name\": \"_debug\", \"hidden\": true, \"cacheVariables\": { \"CMAKE_BUILD_TYPE\": { \"type\": \"STRING\", \"value\": \"Debug\" } } },\n    { \"name\": \"dev\", \"inherits\": [ \"_root\", \"_debug\" ], \"environment\": { \"TEAM\": \"$penv{HOME}\" } }\n  ],\n  \"buildPresets\": [],\n  \"workflowPresets\": [\n    { \"name\": \"dev\", \"steps\": [ { \"type\": \"configure\", \"name\": \"dev\" } ] }\n  ]\n}\n",
    )],
);
/// A schema, and a file per platform.
const EIGHT: Layout = Layout(
    8,
    &[
        (
            "CMakePresets.json",
            "{\n  \"version\": 8,\n  \"$schema\": \"https://cmake.org/cmake/help/latest/_downloads/3e2d73bff478d88a7de0de736ba5e361/schema.json\",\n  \"include\": [\n    \"cmake/linux.json\"\n  ]\n}\n",
        ),
        (
            "cmake/linux.json",
            r#"{"version":8,"configurePresets":[{"name":"release","generator":"Ninja","binaryDir":"${sourceDir}/build/r"},{"name":"dev","inherits":["release"],"binaryDir":"${sourceDir}/build/$env{HOST}dev"}]}"#,
        ),
    ],
);
/// Comments, and macros in `include`. One line.
const TEN: Layout = Layout(
    10,
    &[
        (
            "CMakePresets.json",
            r#"{"$comment":["x"],"version":10,"include":["${sourceDir}/presets/dev.json"],"configurePresets":[{"name":"other","$comment":"y"}]}"#,
        ),
        (
            "presets/dev.json",
            r#"{ "version": 10, "configurePresets": [ { "name": "dev", "generator": "Ninja", "binaryDir": "${sourceParentDir}/built", "graphviz": "g.dot" } ] }"#,
        ),
    ],
);

/// Each layout with the oldest installed CMake that reads it, and with the newest one.
fn layouts() -> Vec<(Layout, CMake)> {
    let oldest =
        [(TWO, "3.21"), (THREE, "3.21"), (FOUR, "3.25"), (SIX, "3.25"), (EIGHT, "3.28"), (TEN, "3.31")];
    let pairs = oldest.into_iter().flat_map(|(layout, version)| {
        [(layout, CMake(versions::cmake(version))), (layout, CMake(Tools::CMAKE))]
    });
    pairs.collect()
}

/// A project of a team.
struct Team {
    sandbox: Sandbox,
    path: PathBuf,
    objects: u64,
    /// The build folders of the presets that were configured.
    folders: RefCell<BTreeMap<String, PathBuf>>,
}

const YAML: &str = "cache: { tool: ccache }\n";
/// What `generate` prints.
const LINE: &str = "include(cmake/toolchainkit-cache.cmake)";

impl Team {
    fn new(version: &'static str, files: &[(&str, &str)]) -> Option<Self> {
        let ccache = Tool::Ccache(Tools::CCACHE);
        let tools = Tools::require(&[Tool::CMake(version), Tool::Ninja, ccache, Tool::System("gcc")])?;
        let sandbox = Sandbox::new("team").on_path(&tools.ninja()).on_path(&tools.path(ccache));
        let sandbox = sandbox.on_path(&tools.cmake(version));
        let path = sandbox.root().join("demo");
        let objects = Project::write(&path, 2, 1).objects();
        let team = Self { sandbox, path, objects, folders: RefCell::default() };
        for (name, text) in files {
            team.write(name, text);
        }
        Some(team)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(&self.path).args(arguments);
        command
    }

    fn toolchainkit(&self, arguments: &[&str]) -> Finished {
        self.command(env!("CARGO_BIN_EXE_toolchainkit"), arguments).run()
    }

    fn give_known_compilers(&self, configuring: &mut Command, folder: &Path) {
        let files = self.files().into_keys().filter(|path| !path.ends_with("ToolchainKit.cmake"));
        known_compilers::give(configuring, &files.collect::<Vec<_>>(), folder);
    }

    /// Configures a preset, and returns its build folder. After the first time, CMake knows the compilers.
    fn configure(&self, preset: &str) -> PathBuf {
        let mut configuring = self.command("cmake", &["--preset", preset]);
        if let Some(folder) = self.folders.borrow().get(preset) {
            self.give_known_compilers(&mut configuring, folder);
        }
        let configured = configuring.run();
        let line = "-- Build files have been written to: ";
        let folder = configured.stdout.lines().find_map(|text| text.strip_prefix(line));
        let folder = PathBuf::from(folder.unwrap_or_else(|| panic!("no build folder: {configured}")));
        self.folders.borrow_mut().insert(preset.to_owned(), folder.clone());
        folder
    }

    /// The hits and misses of a build in a new folder.
    fn counted(&self, preset: &str) -> (u64, u64) {
        if let Some(folder) = self.folders.borrow().get(preset) {
            let _ = fs::remove_dir_all(folder);
        }
        let folder = self.configure(preset);
        let launcher = folder.join("toolchainkit/launcher");
        let stats = || {
            let mut command = self.sandbox.command(&launcher);
            Stats::of_ccache(&command.args(["--print-stats", "--format=json"]).run().stdout)
        };
        let before = stats();
        self.sandbox.command("cmake").arg("--build").arg(&folder).run();
        let after = stats();
        (after.hits - before.hits, after.misses - before.misses)
    }

    /// The presets that CMake lists.
    fn listed(&self) -> Vec<String> {
        let listed = self.command("cmake", &["--list-presets=all", "."]).run().stdout;
        let names = listed.lines().filter(|line| line.starts_with("  \""));
        names.map(|line| line.split('"').nth(1).unwrap().to_owned()).collect()
    }

    /// Follows the advice: the line before `project()`.
    fn add_line(&self, printed: &Finished) {
        assert!(printed.stderr.contains(LINE), "{printed}");
        let number = printed.stderr.split("before project() in line ").nth(1).unwrap();
        let number: usize = number.split(':').next().unwrap().parse().unwrap();
        let lists = self.read("CMakeLists.txt");
        let mut lines = lists.lines().collect::<Vec<_>>();
        lines.insert(number - 1, LINE);
        self.write("CMakeLists.txt", &(lines.join("\n") + "\n"));
    }

    /// All files of the team with their contents.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.path.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

fn presets_of_a_team_are_cached_and_restored((Layout(format, files), CMake(version)): (Layout, CMake)) {
    let Some(team) = Team::new(version, files) else { return };
    let original = team.files();
    let lists = team.read("CMakeLists.txt");
    let listed = team.listed();
    assert!(listed.contains(&"dev".to_owned()), "{listed:?}");
    let folder = team.configure("dev");
    fs::remove_dir_all(folder).unwrap();

    // The line caches the presets of the team.
    team.write("toolchainkit.yaml", YAML);
    let printed = team.toolchainkit(&["generate"]);
    assert!(printed.stderr.contains("not use the cache yet: "), "{printed}");
    team.add_line(&printed);
    let covered = team.toolchainkit(&["generate"]);
    assert!(covered.stderr.contains(": CMakeLists.txt:2 includes it."), "{covered}");
    assert_eq!(team.listed(), listed);
    assert_eq!(team.counted("dev"), (0, team.objects), "version {format}, CMake {version}");
    assert_eq!(team.counted("dev"), (team.objects, 0), "version {format}, CMake {version}");
    let stats = team.toolchainkit(&["stats"]);
    assert!(stats.stdout.contains(&format!("of {}", 2 * team.objects)), "{stats}");

    // Merged presets do not disturb those of the team.
    if format >= 3 {
        let merged = team.toolchainkit(&["generate", "--merge"]);
        let ours = merged.stderr.split("cmake --preset ").nth(1).unwrap().split(' ').next().unwrap();
        let all = team.listed();
        assert!(listed.iter().all(|name| all.contains(name)) && all.contains(&ours.to_owned()), "{all:?}");
        assert_eq!(team.counted("dev"), (team.objects, 0), "version {format}, CMake {version}");
        let folder = team.configure(ours);
        fs::remove_dir_all(folder).unwrap();
    } else {
        team.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate", "--merge"]).run_expecting(6);
    }

    // Included presets replace them. `generate` prints the entry and the version that it needs.
    team.write(
        "toolchainkit.yaml",
        &format!("{YAML}output: {{ presets: cmake/toolchainkit-presets.json }}\n"),
    );
    let printed = team.toolchainkit(&["generate"]).stderr;
    let (_, user) = files.iter().find(|(name, _)| *name == "CMakePresets.json").unwrap();
    assert_eq!(team.read("CMakePresets.json"), *user, "merged presets are removed");
    let entry = "\"cmake/toolchainkit-presets.json\"";
    let quoted = format!("\"version\": {format}");
    let mut changed = (*user).to_owned();
    if format < 4 {
        assert!(printed.contains(&format!("replace `{quoted}`")), "{printed}");
        changed = changed.replacen(&quoted, "\"version\": 4", 1);
    }
    if user.contains("\"include\"") {
        assert!(printed.contains(&format!("    {entry}\n")), "{printed}");
        let start = changed.find("\"include\"").unwrap();
        let bracket = start + changed[start..].find('[').unwrap() + 1;
        changed.insert_str(bracket, &format!("{entry}, "));
    } else {
        let line = format!("    \"include\": [{entry}],\n");
        assert!(printed.contains(&line), "{printed}");
        let bracket = changed.find('{').unwrap() + 1;
        changed.insert_str(bracket, &line);
    }
    // CMake 3.21 has no `include`.
    if version != versions::cmake("3.21") {
        team.write("CMakePresets.json", &changed);
        let all = team.listed();
        assert!(listed.iter().all(|name| all.contains(name)) && all.len() > listed.len(), "{all:?}");
        let silent = team.toolchainkit(&["generate"]);
        assert!(!silent.stderr.contains("does not include"), "{silent}");
        assert_eq!(team.counted("dev"), (team.objects, 0), "version {format}, CMake {version}");
        team.write("CMakePresets.json", user);
    }
    team.toolchainkit(&["generate", "--remove"]);

    team.write("toolchainkit.yaml", YAML);
    if format >= 3 {
        team.toolchainkit(&["generate", "--merge"]);
    } else {
        team.toolchainkit(&["generate"]);
    }
    let folder = team.configure("dev");
    fs::remove_dir_all(folder).unwrap();
    let removed = team.toolchainkit(&["generate", "--remove"]);
    assert!(removed.stderr.contains("Remove the line CMakeLists.txt:2"), "{removed}");
    team.write("CMakeLists.txt", &lists);
    fs::remove_file(team.path.join("toolchainkit.yaml")).unwrap();
    let left =
        team.files().into_iter().filter(|(path, _)| !path.ends_with("g.dot")).collect::<BTreeMap<_, _>>();
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&left), names(&original));
    assert!(left == original, "a file of the team has changed");
    assert_eq!(team.listed(), listed);
}

/// CMake before 3.21 ignores presets files.
fn a_line_in_the_project_caches_builds_without_presets() {
    let version = versions::cmake("3.15");
    let Layout(_, files) = TWO;
    let Some(team) = Team::new(version, files) else { return };
    team.write("toolchainkit.yaml", YAML);
    team.add_line(&team.toolchainkit(&["generate"]));
    for hits in [0, team.objects] {
        let _ = fs::remove_dir_all(team.path.join("b"));
        team.command("cmake", &["-G", "Ninja", "-S", ".", "-B", "b"]).run();
        team.command("b/toolchainkit/launcher", &["--zero-stats"]).run();
        team.command("cmake", &["--build", "b"]).run();
        let stats = team.command("b/toolchainkit/launcher", &["--print-stats", "--format=json"]).run();
        assert_eq!(Stats::of_ccache(&stats.stdout).hits, hits);
    }
}

/// Some teams make CMake report variables that are read without being set, and make this an error.
fn presets_may_report_unset_variables_as_errors(CMake(version): CMake) {
    let presets = r#"{ "version": 3, "configurePresets": [
  { "name": "dev", "generator": "Ninja", "binaryDir": "build/dev",
    "warnings": { "dev": true, "uninitialized": true }, "errors": { "dev": true } },
  { "name": "chained", "inherits": "dev", "binaryDir": "build/chained", "toolchainFile": "cmake/toolchain.cmake" }
] }"#;
    let Some(team) = Team::new(version, &[("CMakePresets.json", presets)]) else { return };
    let remote = "remote: { type: http, endpoint: \"http://127.0.0.1:1\", credentials: { username: \"${NO_USER}\", password: \"${NO_PW}\" } }";
    for (yaml, launch) in [
        (YAML.to_owned(), None),
        (format!("{YAML}profiles: {{ ci: {{ toolchain: {{ flags: {{ c: -DCI }} }} }} }}\n"), Some("OFF")),
        (
            format!(
                "cache: {{ tool: ccache, {remote} }}\ntoolchain: {{ compilers: gcc, flags: {{ c: -DX }} }}\n"
            ),
            None,
        ),
    ] {
        team.write("toolchainkit.yaml", &yaml);
        let printed = team.toolchainkit(&["generate"]);
        if !team.read("CMakeLists.txt").contains(LINE) {
            team.add_line(&printed);
        }
        for preset in ["dev", "chained"] {
            // The second time, the variables of the first one are in the cache.
            for _ in 0..2 {
                let mut command = team.command("cmake", &["--preset", preset]);
                team.give_known_compilers(&mut command, &team.path.join("build").join(preset));
                if let Some(launch) = launch {
                    command.env("TOOLCHAINKIT_LAUNCH", launch);
                }
                let configured = command.run();
                assert!(
                    !configured.text().contains("uninitialized variable"),
                    "CMake {version}, {yaml}: {configured}"
                );
            }
        }
        fs::remove_dir_all(team.path.join("build")).unwrap();
    }
}

/// A preset inherits vcpkg's toolchain file and ours, in both orders.
fn two_toolchain_files_are_chained(CMake(version): CMake) {
    // The part of vcpkg's file that loads another one.
    let vcpkg = "if(VCPKG_CHAINLOAD_TOOLCHAIN_FILE)\n  include(\"${VCPKG_CHAINLOAD_TOOLCHAIN_FILE}\")\nendif()\n\
        set(VCPKG_TOOLCHAIN ON)\nmessage(STATUS \"vcpkg is loaded\")\n";
    for inherits in ["\"vcpkg\", \"toolchainkit\"", "\"toolchainkit\", \"vcpkg\""] {
        let presets = |members: &str| {
            format!(
                "{{ \"version\": 3, \"configurePresets\": [\n  {{ \"name\": \"vcpkg\", \"hidden\": true, \"generator\": \"Ninja\", \
                 \"binaryDir\": \"build/v\", \"toolchainFile\": \"$env{{VCPKG_ROOT}}/scripts/buildsystems/vcpkg.cmake\" }},\n  \
                 {{ \"name\": \"dev\", {members} \"inherits\": [{inherits}] }}\n] }}\n"
            )
        };
        let both = |members: &str| {
            presets(members).replacen("[\n", "[\n  {\"name\":\"toolchainkit\",\"hidden\":true,\"toolchainFile\":\"${sourceDir}/cmake/toolchain.cmake\"},\n", 1)
        };
        let Some(team) = Team::new(version, &[("vcpkg/scripts/buildsystems/vcpkg.cmake", vcpkg)]) else {
            return;
        };
        team.write("CMakePresets.json", &both(""));
        team.write("toolchainkit.yaml", &format!("{YAML}output: {{ presets: none }}\n"));
        let root = team.path.join("vcpkg");
        let generate = || {
            let mut command = team.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate"]);
            command.env("VCPKG_ROOT", &root).run().stderr
        };
        let configure = || {
            let _ = fs::remove_dir_all(team.path.join("build"));
            let mut configuring = team.command("cmake", &["--preset", "dev"]);
            team.give_known_compilers(&mut configuring, &team.path.join("build/v"));
            configuring.env("VCPKG_ROOT", &root).run().stdout
        };
        let printed = generate();
        let (_, members) =
            printed.split_once("Write in the preset dev:\n\n").unwrap_or_else(|| panic!("{printed}"));
        let members = members.split("\n\n").next().unwrap();
        let before = configure();
        assert!(!(before.contains("vcpkg is loaded") && before.contains("toolchainkit:")), "{before}");
        team.write("CMakePresets.json", &both(members));
        let after = configure();
        assert!(after.contains("vcpkg is loaded") && after.contains("toolchainkit: ccache"), "{after}");
        let printed = generate();
        assert!(printed.contains("Your configure preset dev uses the cache."), "{printed}");
        assert!(!printed.contains("one toolchain file"), "{printed}");
    }
}

fn build_folders_of_all_presets_are_found(CMake(version): CMake) {
    let Layout(_, files) = FOUR;
    let Some(team) = Team::new(version, files) else { return };
    team.write("toolchainkit.yaml", YAML);
    team.add_line(&team.toolchainkit(&["generate"]));
    let none = team.command(env!("CARGO_BIN_EXE_toolchainkit"), &["stats"]).run_expecting(5);
    for folder in ["build/dev", "build/Release"] {
        assert!(none.stderr.contains(folder), "{none}");
    }
    let outside = team.sandbox.root().join("outside/mine");
    team.write(
        "CMakeUserPresets.json",
        r#"{ "version": 4, "include": ["generators/CMakePresets.json"], "configurePresets": [ { "name": "mine", "inherits": "dev", "binaryDir": "$env{OUT}/${presetName}", "environment": { "OUT": "${sourceParentDir}/outside" } } ] }"#,
    );
    for (preset, folder) in [
        ("dev", team.path.join("build/dev")),
        ("conan-release", team.path.join("build/Release")),
        ("mine", outside),
    ] {
        assert_eq!(team.configure(preset), folder);
        for arguments in [&["stats"][..], &["doctor"], &["server", "stop"]] {
            let finished = team.command(env!("CARGO_BIN_EXE_toolchainkit"), arguments).run_to_any_end();
            assert_ne!(finished.code(), Some(5), "{preset}: {finished}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
