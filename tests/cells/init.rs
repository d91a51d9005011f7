//! `init` in projects that exist. Each has the shape of a kind of public project. After the printed lines are removed, the
//! printed commands build it, and a second build gets everything from the cache, without an edit of the result.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cmake_module::tools_for;
use crate::list::{self, tests};
use crate::support::servers::Redis;
use crate::support::{Finished, Run, Sandbox, Stats, Tool, Tools, write_script};

tests![trial in LAYOUTS, no_question_without_a_terminal, questions_on_a_terminal];

/// The most commands from `git clone` to the second build.
const MOST_COMMANDS: usize = 9;

/// A project.
#[derive(Clone, Copy)]
struct Layout {
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// The variables of the user.
    environment: &'static [(&'static str, &'static str)],
    /// The build folder, relative to the checkout.
    build: &'static str,
    /// The number of objects.
    objects: u64,
    needs: &'static [Tool],
    /// What must be in the configuration.
    expected: &'static [&'static str],
}

impl list::Cell for Layout {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

const LISTS: &str = "cmake_minimum_required(VERSION 3.20)\nproject(demo LANGUAGES C CXX)\nadd_executable(demo main.c part.cpp)\n";
const LISTS_WITH_VCPKG: &str = "cmake_minimum_required(VERSION 3.20)\nproject(demo LANGUAGES C CXX)\n\
     if(NOT VCPKG_TOOLCHAIN)\n  message(FATAL_ERROR \"without vcpkg\")\nendif()\n\
     add_executable(demo main.c part.cpp)\n";
const MAIN: (&str, &str) = ("main.c", "int part(void);\nint main(void) { return part(); }\n");
const PART: (&str, &str) = ("part.cpp", "extern \"C\" int part() { return 0; }\n");

const PLAIN: Layout = Layout {
    name: "plain",
    files: &[("CMakeLists.txt", LISTS), MAIN, PART],
    environment: &[],
    build: "build/debug",
    objects: 2,
    needs: &[],
    expected: &["tool: auto"],
};

const LAYOUTS: [Layout; 15] = [
    PLAIN,
    Layout {
        name: "c-only",
        files: &[
            (
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.5...3.31)\nproject(demo C)\nadd_library(demo a.c b.c)\n",
            ),
            ("a.c", "int a(void) { return 1; }\n"),
            ("b.c", "int b(void) { return 1; }\n"),
        ],
        ..PLAIN
    },
    // As compression libraries, whose other build systems are in other folders.
    Layout {
        name: "cmake-in-a-folder",
        files: &[
            ("Makefile", "all:\n"),
            ("lib/part.cpp", PART.1),
            ("lib/main.c", MAIN.1),
            ("tests/cmake/CMakeLists.txt", "project(tests C)\nset(CMAKE_C_COMPILER_LAUNCHER ccache)\n"),
            (
                "build/cmake/CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.20)\nproject(demo C CXX)\nadd_executable(demo ../../lib/main.c ../../lib/part.cpp)\n",
            ),
        ],
        build: "build/cmake/build/debug",
        ..PLAIN
    },
    // As libraries for several languages.
    Layout {
        name: "one-of-several-languages",
        files: &[
            ("README.md", "# demo\n"),
            ("python/setup.py", "\n"),
            ("cpp/CMakeLists.txt", LISTS),
            ("cpp/main.c", MAIN.1),
            ("cpp/part.cpp", PART.1),
            (".github/workflows/cpp.yml", "on: push\nenv:\n  CCACHE_MAXSIZE: 2G\n"),
        ],
        build: "cpp/build/debug",
        expected: &["tool: ccache", "size_gb: 2 "],
        ..PLAIN
    },
    Layout {
        name: "presets-with-a-launcher",
        files: &[
            ("CMakeLists.txt", LISTS),
            MAIN,
            PART,
            (
                "CMakePresets.json",
                r#"{
  "version": 3,
  "configurePresets": [
    {
      "name": "base",
      "hidden": true,
      "generator": "Ninja",
      "binaryDir": "${sourceDir}/out/${presetName}",
      "cacheVariables": {
        "CMAKE_C_COMPILER_LAUNCHER": "ccache",
        "CMAKE_CXX_COMPILER_LAUNCHER": "ccache",
        "CMAKE_EXPORT_COMPILE_COMMANDS": "ON"
      }
    },
    { "name": "dev", "inherits": "base", "cacheVariables": { "CMAKE_BUILD_TYPE": "Debug" } }
  ],
  "buildPresets": [{ "name": "dev", "configurePreset": "dev" }]
}
"#,
            ),
        ],
        build: "out/dev",
        expected: &["tool: ccache", "presets: none"],
        ..PLAIN
    },
    Layout {
        name: "launcher-in-cmake-lists",
        files: &[
            (
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.20)\n\
                 project(demo LANGUAGES C CXX)\n\
                 find_program(CCACHE_PROGRAM ccache)\n\
                 if(CCACHE_PROGRAM)\n\
                 \x20 set(CMAKE_C_COMPILER_LAUNCHER \"${CCACHE_PROGRAM}\")\n\
                 \x20 set(CMAKE_CXX_COMPILER_LAUNCHER\n      \"${CCACHE_PROGRAM}\")\n\
                 endif()\n\
                 include(cmake/Cache.cmake)\n\
                 add_executable(demo main.c part.cpp)\n",
            ),
            (
                "cmake/Cache.cmake",
                "option(USE_CCACHE \"\" ON)\nif(USE_CCACHE)\n  set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)\nendif()\n",
            ),
            MAIN,
            PART,
        ],
        expected: &["tool: ccache"],
        ..PLAIN
    },
    Layout {
        name: "vcpkg-in-presets",
        files: &[
            ("CMakeLists.txt", LISTS_WITH_VCPKG),
            MAIN,
            PART,
            ("vcpkg.json", "{ \"dependencies\": [] }\n"),
            (
                "CMakePresets.json",
                r#"{
  "version": 3,
  "configurePresets": [
    {
      "name": "vcpkg",
      "generator": "Ninja",
      "binaryDir": "${sourceDir}/build",
      "toolchainFile": "$env{VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake"
    }
  ]
}
"#,
            ),
        ],
        environment: &[("VCPKG_ROOT", "{HOME}/vcpkg")],
        build: "build",
        expected: &["presets: none"],
        ..PLAIN
    },
    Layout {
        name: "vcpkg-without-presets",
        files: &[
            ("CMakeLists.txt", LISTS_WITH_VCPKG),
            MAIN,
            PART,
            ("vcpkg.json", "{ \"dependencies\": [] }\n"),
        ],
        environment: &[("VCPKG_ROOT", "{HOME}/vcpkg")],
        expected: &["base: \"${VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake\""],
        ..PLAIN
    },
    Layout {
        name: "conan",
        files: &[
            ("CMakeLists.txt", LISTS),
            MAIN,
            PART,
            ("conanfile.txt", "[generators]\nCMakeToolchain\nCMakeDeps\n[layout]\ncmake_layout\n"),
        ],
        build: "build/Release",
        needs: &[Tool::Conan, Tool::System("python3")],
        ..PLAIN
    },
    Layout {
        name: "superproject",
        files: &[
            (
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.20)\nproject(demo LANGUAGES C CXX)\ninclude(FetchContent)\n\
                 FetchContent_Declare(fetched SOURCE_DIR \"${CMAKE_CURRENT_SOURCE_DIR}/local/fetched\")\n\
                 FetchContent_MakeAvailable(fetched)\nadd_subdirectory(external/sub)\n\
                 add_executable(demo main.c part.cpp)\ntarget_link_libraries(demo sub fetched)\n",
            ),
            MAIN,
            PART,
            ("local/fetched/CMakeLists.txt", "project(fetched C)\nadd_library(fetched fetched.c)\n"),
            ("local/fetched/fetched.c", "int fetched(void) { return 1; }\n"),
        ],
        objects: 4,
        ..PLAIN
    },
    Layout {
        name: "github-with-sccache",
        files: &[
            ("CMakeLists.txt", LISTS),
            MAIN,
            PART,
            (
                ".github/workflows/ci.yml",
                r#"on: [push]
env:
  SCCACHE_GHA_ENABLED: "true"
  SCCACHE_GHA_VERSION: "7"
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: mozilla-actions/sccache-action@v0.0.9
      - run: >
          cmake -B build -G Ninja
          -DCMAKE_C_COMPILER_LAUNCHER=sccache
          -DCMAKE_CXX_COMPILER_LAUNCHER=sccache
      - run: cmake --build build
"#,
            ),
        ],
        expected: &["tool: sccache", "type: gha", "extra_config: { version: \"7\" }"],
        ..PLAIN
    },
    Layout {
        name: "gitlab-with-redis",
        files: &[
            ("CMakeLists.txt", LISTS),
            MAIN,
            PART,
            (
                ".gitlab-ci.yml",
                r#"variables:
  SCCACHE_REDIS_ENDPOINT: "redis://{REDIS}"
  SCCACHE_REDIS_KEY_PREFIX: demo
  SCCACHE_CACHE_SIZE: 20G
build:
  script:
    - export CMAKE_C_COMPILER_LAUNCHER=sccache
    - export CMAKE_CXX_COMPILER_LAUNCHER=sccache
    - cmake -B build && cmake --build build
"#,
            ),
        ],
        needs: Redis::NEEDS,
        expected: &["tool: sccache", "type: redis", "prefix: demo", "size_gb: 19 "],
        ..PLAIN
    },
    Layout {
        name: "ccache-conf",
        files: &[
            ("CMakeLists.txt", LISTS),
            MAIN,
            PART,
            (
                "{CONFIG}/ccache/ccache.conf",
                "max_size = 3.5GiB\nremote_storage = file:{HOME}/shared|layout=flat|umask=002\ncache_dir = {HOME}/cc\nnamespace = team\n",
            ),
        ],
        expected: &["tool: ccache", "size_gb: 4 ", "type: file", "layout: flat"],
        ..PLAIN
    },
    Layout {
        name: "objective-c",
        files: &[
            (
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.20)\nproject(demo LANGUAGES C OBJC)\nadd_executable(demo main.c part.m)\n",
            ),
            MAIN,
            ("part.m", "int part(void) { return 0; }\n"),
            (
                "azure-pipelines.yml",
                "variables:\n- name: CCACHE_DIR\n  value: $(Build.SourcesDirectory)/.ccache\n",
            ),
        ],
        environment: &[("CC", "clang"), ("OBJC", "clang")],
        needs: &[Tool::System("clang")],
        expected: &["tool: ccache", "dir: .ccache"],
        ..PLAIN
    },
    Layout {
        name: "cuda",
        files: &[
            (
                "CMakeLists.txt",
                "cmake_minimum_required(VERSION 3.20)\nset(CMAKE_CUDA_ARCHITECTURES 75)\nproject(demo LANGUAGES CXX CUDA)\n\
                 find_program(CCACHE_EXECUTABLE NAMES ccache)\n\
                 add_library(demo part.cpp add.cu)\n\
                 set_target_properties(demo PROPERTIES CUDA_COMPILER_LAUNCHER \"${CCACHE_EXECUTABLE}\")\n",
            ),
            PART,
            ("add.cu", "__global__ void add(float *a) { a[threadIdx.x] += 1; }\n"),
        ],
        environment: &[
            ("CUDACXX", "{CUDA}/bin/nvcc"),
            ("CUDAHOSTCXX", "/usr/bin/g++-12"),
            ("LIBRARY_PATH", "{CUDA}/lib"),
        ],
        needs: &[Tool::Cuda, Tool::System("g++-12")],
        expected: &["tool: ccache", "languages: [c, cxx, cuda]"],
        ..PLAIN
    },
];

struct Scene {
    sandbox: Sandbox,
    layout: Layout,
    redis: Option<Redis>,
    checkout: PathBuf,
    cuda: PathBuf,
}

impl Scene {
    fn new(layout: Layout, tools: &Tools) -> Self {
        let mut sandbox = Sandbox::new("init")
            .on_path(&tools.ninja())
            .on_path(&tools.cmake(Tools::CMAKE))
            .on_path(&tools.sccache(Tools::SCCACHE))
            .on_path(&tools.ccache(Tools::CCACHE))
            .on_path(Path::new(env!("CARGO_BIN_EXE_toolchainkit")));
        if layout.needs.contains(&Tool::Conan) {
            let conan = tools.path(Tool::Conan);
            let packages = conan.parent().and_then(Path::parent).expect("the folder of the packages");
            let script = sandbox.dir("programs").join("conan");
            let home = sandbox.root().join("conan");
            let start = format!("PYTHONPATH={} CONAN_HOME={}", packages.display(), home.display());
            write_script(&script, &format!("{start} exec python3 {} \"$@\"", conan.display()));
            sandbox.add_to_path(&script);
        }
        let redis = layout.needs.iter().any(|tool| Redis::NEEDS.contains(tool)).then(Redis::start);
        let checkout = sandbox.root().join("demo");
        let nvcc = tools.path(Tool::Cuda);
        let cuda = nvcc.parent().and_then(Path::parent).expect("the folder of nvcc").to_owned();
        let scene = Self { sandbox, layout, redis, checkout, cuda };
        let vcpkg = scene.sandbox.home().join("vcpkg/scripts/buildsystems");
        fs::create_dir_all(&vcpkg).unwrap();
        fs::write(vcpkg.join("vcpkg.cmake"), "set(VCPKG_TOOLCHAIN ON)\n").unwrap();
        scene.write_origin();
        scene
    }

    /// A text with the addresses and folders of this scene.
    fn filled(&self, text: &str) -> String {
        let redis = self.redis.as_ref().map(|redis| redis.server.address()).unwrap_or_default();
        text.replace("{REDIS}", &redis)
            .replace("{CUDA}", self.cuda.to_str().unwrap())
            .replace("{HOME}", self.sandbox.home().to_str().unwrap())
            .replace("{CONFIG}", self.sandbox.config_home().to_str().unwrap())
    }

    fn git(&self, folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always"];
        self.sandbox.command("git").current_dir(folder).args(identity).args(arguments).run();
    }

    fn write_origin(&self) {
        let origin = self.sandbox.dir("origin");
        for (name, text) in self.layout.files {
            let path = origin.join(self.filled(name));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, self.filled(text)).unwrap();
        }
        self.git(&origin, &["init", "-q"]);
        if self.layout.name == "superproject" {
            let sub = self.sandbox.dir("sub");
            fs::write(sub.join("CMakeLists.txt"), "project(sub C)\nadd_library(sub sub.c)\n").unwrap();
            fs::write(sub.join("sub.c"), "int sub(void) { return 1; }\n").unwrap();
            self.git(&sub, &["init", "-q"]);
            self.git(&sub, &["add", "."]);
            self.git(&sub, &["commit", "-qm", "sub"]);
            self.git(&origin, &["submodule", "--quiet", "add", sub.to_str().unwrap(), "external/sub"]);
        }
        self.git(&origin, &["add", "."]);
        self.git(&origin, &["commit", "-qm", "first"]);
        self.git(self.sandbox.root(), &["clone", "-q", "--recurse-submodules", "origin", "demo"]);
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(&self.checkout);
        command.envs(self.layout.environment.iter().map(|(name, value)| (name, self.filled(value))));
        command
    }

    fn shell(&self, text: &str) -> Finished {
        self.command("sh").args(["-ec", text]).run()
    }

    fn stats(&self, tool: &str) -> Stats {
        let launcher = self.checkout.join(self.layout.build).join("toolchainkit/launcher");
        let mut command = self.command(launcher.to_str().unwrap());
        match tool {
            "sccache" => {
                Stats::of_sccache(&command.args(["--show-stats", "--stats-format", "json"]).run().stdout)
            }
            _ => Stats::of_ccache(&command.args(["--print-stats", "--format=json"]).run().stdout),
        }
    }

    fn tool(&self) -> String {
        let path = self.checkout.join(self.layout.build).join("toolchainkit/cache.json");
        let state: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        assert_ne!(state["mode"], "off", "{state}");
        state["tool"].as_str().unwrap().to_owned()
    }

    /// Removes what the message lists: whole lines.
    fn remove_listed(&self, message: &str) {
        let lines = message.lines().skip_while(|line| !line.starts_with("to remove")).skip(1);
        let mut listed: Vec<(String, usize, usize)> = Vec::new();
        for line in lines.take_while(|line| line.starts_with("  ")) {
            let mut parts = line.trim().splitn(3, ':');
            let (path, lines) = (parts.next().unwrap(), parts.next().unwrap());
            let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
            listed.push((path.to_owned(), first.parse().unwrap(), last.parse().unwrap()));
        }
        // From the last line to the first.
        for (path, first, last) in listed.into_iter().rev() {
            let file = self.checkout.join(&path);
            let text = fs::read_to_string(&file).unwrap();
            let kept = text.lines().enumerate().filter(|(index, _)| !(first..=last).contains(&(index + 1)));
            let kept = kept.fold(String::new(), |all, (_, line)| all + line + "\n");
            fs::write(file, kept).unwrap();
        }
    }

    /// A text without what differs between machines.
    fn normal(&self, text: &str) -> String {
        let root = self.sandbox.root().to_str().unwrap();
        let mut text = text.replace(root, "/sandbox");
        if let Some(redis) = &self.redis {
            text = text.replace(&redis.server.address(), "HOST:PORT");
        }
        let found = text.lines().map(|line| match line.strip_prefix("found: ") {
            // The versions of the tools.
            Some(found) => {
                let is_program = |word: &&str| {
                    ["sccache ", "ccache ", "cmake", "ninja", "make"]
                        .iter()
                        .any(|name| word.starts_with(name))
                };
                let files = found.split(", ").filter(|word| !is_program(word)).collect::<Vec<_>>();
                format!("found: {}\n", files.join(", "))
            }
            None => format!("{line}\n"),
        });
        found.collect()
    }
}

fn trial(layout: Layout) {
    let basis = [Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE), Tool::System("git")];
    let Some(tools) = tools_for(&[&basis, layout.needs].concat()) else { return };
    let scene = Scene::new(layout, &tools);
    // `git clone` was the first command.
    let mut commands = 1;
    let mut transcript = String::new();
    let finished = scene.shell("toolchainkit init --yes");
    assert_eq!(finished.stdout, "");
    let message = finished.stderr;
    commands += 1;
    transcript += &format!("$ toolchainkit init --yes\n{}", scene.normal(&message));
    let folder = message.lines().find_map(|line| line.strip_prefix("wrote ")).expect("the path");
    let config = scene.checkout.join(folder);
    let yaml = fs::read_to_string(&config).unwrap();
    for expected in layout.expected {
        assert!(yaml.contains(expected), "{expected} is not in\n{yaml}");
    }
    transcript += &format!("$ cat {folder}\n{}", scene.normal(&yaml));
    scene.remove_listed(&message);
    if layout.needs.contains(&Tool::Conan) {
        scene.shell("conan profile detect");
    }
    let printed = message.lines().skip_while(|line| *line != "next:").skip(1).map(str::trim);
    // A user stays in the folder.
    let start = printed.clone().next().and_then(|line| line.split_once(" && ").map(|(cd, _)| cd.to_owned()));
    let start = start.filter(|start| start.starts_with("cd ")).map(|cd| cd + " && ").unwrap_or_default();
    let mut printed = printed.map(|line| line.trim_start_matches(&start).to_owned()).collect::<Vec<_>>();
    let generate = printed.remove(0);
    scene.shell(&format!("{start}{generate}"));
    commands += 1;
    if !printed.iter().any(|line| line.contains("--build ")) {
        printed.push(format!("cmake --build {}", layout.build));
    }
    let mut before = Stats::default();
    for round in 0..2 {
        if round > 0 {
            let tool = scene.tool();
            before = scene.stats(&tool);
            scene.shell(&format!("rm -rf {}", layout.build));
            commands += 1;
        }
        for line in printed.iter().filter(|line| !(round > 0 && line.starts_with("conan"))) {
            commands += line.split(" && ").count();
            let finished = scene.shell(&format!("{start}{line}"));
            assert!(!finished.text().contains("sources use this cache"), "{finished}");
        }
        // Conan's folder with its files is in the build folder.
        if round == 0 && layout.needs.contains(&Tool::Conan) {
            break;
        }
    }
    let tool = scene.tool();
    if layout.needs.contains(&Tool::Conan) {
        before = scene.stats(&tool);
        scene.shell(&format!("rm -rf {}", layout.build));
        commands += 1;
        for line in &printed {
            commands += line.split(" && ").count();
            scene.shell(line);
        }
    }
    let after = scene.stats(&tool);
    let (hits, misses) = (after.hits - before.hits, after.misses - before.misses);
    assert_eq!((hits, misses), (layout.objects, 0), "{tool}: {before:?} {after:?}");
    assert!(commands <= MOST_COMMANDS + 1, "{commands} commands");
    if let Some(redis) = &scene.redis {
        assert!(redis.keys() >= layout.objects, "the objects are in the remote cache");
    }
    transcript += &format!("after a second build with {tool}: {hits} hits, {misses} misses\n");
    insta::with_settings!({ snapshot_path => "../golden/init", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(layout.name, transcript);
    });
    // Nothing is written twice, and an existing configuration is not overwritten.
    let refused = scene.command("sh").args(["-ec", "toolchainkit init --yes"]).run_to_any_end();
    assert_eq!(refused.code(), Some(6), "{refused}");
    let lines = |name: &str| fs::read_to_string(config.with_file_name(name)).unwrap();
    let (ignore, attributes) = (lines(".gitignore"), lines(".gitattributes"));
    scene.shell("toolchainkit init --yes --force");
    assert_eq!((lines(".gitignore"), lines(".gitattributes")), (ignore, attributes));
}

/// The options answer all questions; without a terminal there are none.
fn no_question_without_a_terminal() {
    let Some(tools) =
        tools_for(&[Tool::Sccache(Tools::SCCACHE), Tool::Ccache(Tools::CCACHE), Tool::System("git")])
    else {
        return;
    };
    let scene = Scene::new(PLAIN, &tools);
    let finished = scene.shell("toolchainkit init");
    assert!(finished.stderr.contains("recommended for .gitignore (--gitignore): /build/"), "{finished}");
    assert!(!scene.checkout.join(".gitignore").exists());
    let options = "--force --tool ccache --remote redis://cache.example:6379 --gitignore";
    scene.shell(&format!("toolchainkit init {options}"));
    let yaml = fs::read_to_string(scene.checkout.join("toolchainkit.yaml")).unwrap();
    assert!(
        yaml.contains("tool: ccache\n") && yaml.contains("endpoint: redis://cache.example:6379\n"),
        "{yaml}"
    );
    assert_eq!(fs::read_to_string(scene.checkout.join(".gitignore")).unwrap(), "/build/\n");
    assert!(!scene.checkout.join(".gitattributes").exists());
}

/// `script` provides a terminal.
fn questions_on_a_terminal() {
    let needed = [
        Tool::Ccache(Tools::CCACHE),
        Tool::Sccache(Tools::SCCACHE),
        Tool::System("git"),
        Tool::System("script"),
    ];
    let Some(tools) = tools_for(&needed) else { return };
    let scene = Scene::new(PLAIN, &tools);
    let answers = "(sleep 1; printf 'nonsense\\nccache\\n/mnt/cache\\ny\\nn\\n') | script -qec 'toolchainkit init' /dev/null";
    let finished = scene.shell(answers);
    for question in [
        "cache tool: ",
        "one of sccache, ccache, auto",
        "remote cache: ",
        "add to .gitignore: /build/? [Y/n]",
    ] {
        assert!(finished.stdout.contains(question), "{question}: {finished}");
    }
    let yaml = fs::read_to_string(scene.checkout.join("toolchainkit.yaml")).unwrap();
    assert!(yaml.contains("tool: ccache\n") && yaml.contains("path: /mnt/cache"), "{yaml}");
    assert!(scene.checkout.join(".gitignore").exists());
    assert!(!scene.checkout.join(".gitattributes").exists());
}
