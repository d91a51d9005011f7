//! The tutorial and the examples, with real tools and servers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::list::tests;
use crate::support::run::eventually;
use crate::support::servers::{Redis, S3, WebDav};
use crate::support::{Finished, Run, Sandbox, Stats, Tool, Tools};

tests![
    the_tutorial_works,
    s3_of_a_team,
    redis_on_premises,
    ccache_with_a_web_server,
    forks_only_read,
    a_native_and_a_cross_build,
    two_projects_of_a_monorepo_share_objects,
    presets_of_the_team_are_cached_and_restored,
    examples_whose_tools_are_large_generate_their_files,
    conan_builds_its_package_through_the_cache,
    cuda_is_cached,
];

const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");
const SCCACHE: Tool = Tool::Sccache(Tools::SCCACHE);
const CCACHE: Tool = Tool::Ccache(Tools::CCACHE);
const CMAKE: Tool = Tool::CMake(Tools::CMAKE);

/// The tools of most examples, with those of a server.
fn tools_with(cache: Tool, more: &[Tool]) -> Option<Tools> {
    let own = [cache, CMAKE, Tool::Ninja, Tool::System("gcc"), Tool::System("g++")];
    Tools::require(&[&own, more].concat())
}

/// A copy of an example in a sandbox.
struct Example {
    sandbox: Sandbox,
    folder: PathBuf,
    secrets: Vec<(&'static str, String)>,
}

impl Example {
    fn new(name: &str, cache: Tool, tools: &Tools) -> Self {
        let sandbox = Sandbox::new(name)
            .on_path(&tools.path(cache))
            .on_path(&tools.ninja())
            .on_path(&tools.cmake(Tools::CMAKE))
            .on_path(Path::new(env!("CARGO_BIN_EXE_toolchainkit")));
        let folder = sandbox.root().join(name);
        let example = Path::new(REPOSITORY).join("examples").join(name);
        Command::new("cp").arg("-r").args([&example, &folder]).run();
        Self { sandbox, folder, secrets: Vec::new() }
    }

    /// Replaces a text of the configuration, such as its server.
    fn replace(&self, from: &str, to: &str) {
        let path = self.folder.join("toolchainkit.yaml");
        let text = fs::read_to_string(&path).expect("the configuration");
        assert!(text.contains(from), "{from} is not in {text}");
        fs::write(&path, text.replace(from, to)).expect("the configuration");
    }

    fn generate(&self) {
        self.run("toolchainkit", &["validate"]);
        self.run("toolchainkit", &["generate"]);
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(&self.folder).args(arguments);
        command.envs(self.secrets.iter().map(|(name, value)| (*name, value.as_str())));
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Finished {
        self.command(program, arguments).run()
    }

    fn build(&self, preset: &str) -> Finished {
        self.run("cmake", &["--preset", preset]);
        self.run("cmake", &["--build", "--preset", preset])
    }

    /// The hits and misses of the last build in this folder.
    fn counts(&self, build: &str) -> (u64, u64) {
        let finished = self.run("toolchainkit", &["stats", "--build", build, "--format", "json"]);
        let stats: Value = serde_json::from_str(&finished.stdout).expect("JSON");
        let count = |name: &str| stats["compilations"]["total"][name].as_u64().expect("a number");
        (count("hits"), count("misses"))
    }

    /// Waits until sccache has stored this number of objects, and ends its daemon. Removes the build folder and the local cache.
    fn forget(&self, build: &str, objects: u64) {
        let launcher = self.folder.join(build).join("toolchainkit/launcher");
        let stats = || self.command(&launcher, &["--show-stats", "--stats-format", "json"]).run().stdout;
        let stored = eventually(Duration::from_secs(30), || Stats::of_sccache(&stats()).writes >= objects);
        assert!(stored, "{}", stats());
        self.run("toolchainkit", &["server", "stop", "--build", build]);
        self.remove(build);
    }

    fn remove(&self, build: &str) {
        fs::remove_dir_all(self.folder.join(build)).expect("the build folder");
        let local = self.sandbox.cache_home().join("toolchainkit/cache");
        if local.exists() {
            fs::remove_dir_all(local).expect("the local cache");
        }
    }
}

/// Runs the `sh` blocks of the tutorial in one shell, and checks that each line of a `text` block is in the output of the block
/// before it.
fn the_tutorial_works() {
    let Some(tools) = tools_with(SCCACHE, &[Tool::System("git")]) else { return };
    let sandbox = Sandbox::new("tutorial")
        .on_path(&tools.path(SCCACHE))
        .on_path(&tools.ninja())
        .on_path(&tools.cmake(Tools::CMAKE))
        .on_path(Path::new(env!("CARGO_BIN_EXE_toolchainkit")));
    let page = fs::read_to_string(Path::new(REPOSITORY).join("docs/tutorial.md")).expect("the tutorial");
    let mut script = String::from("set -e\n");
    let mut expected = Vec::new();
    let mut count = 0;
    for (number, block) in page.split("```").enumerate().filter(|(number, _)| number % 2 == 1) {
        let (language, text) = block.split_once('\n').expect("a line");
        if language == "sh" {
            script += &format!("echo '[block {number}]'\n{text}");
            count = number;
        } else {
            assert_eq!(language, "text");
            expected.push((count, text.to_owned()));
        }
    }
    script += "echo '[end]'\n";
    let finished = sandbox.command("bash").args(["-c", &script]).current_dir(sandbox.root()).run();
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(expected.len() >= 5, "{expected:?}");
    for (block, text) in expected {
        let (_, printed) = finished.stdout.split_once(&format!("[block {block}]\n")).expect("the block");
        let printed =
            printed.split("\n[block ").next().map(|text| text.lines().map(plain).collect::<Vec<_>>());
        // `generate` writes its messages to standard error, which has no marks.
        let messages = finished.stderr.lines().map(plain).collect::<Vec<_>>();
        for line in text.lines().map(plain) {
            let is_printed = printed.as_ref().is_some_and(|printed| printed.contains(&line));
            assert!(is_printed || messages.contains(&line), "{line}\n{finished}");
        }
    }
    let rest = sandbox.root().join("demo/CMakePresets.json");
    assert!(!rest.exists(), "the last step removes the generated files");
}

fn s3_of_a_team() {
    let Some(tools) = tools_with(SCCACHE, S3::NEEDS) else { return };
    let server = S3::start(&tools);
    let mut example = Example::new("s3-team", SCCACHE, &tools);
    example.secrets = vec![
        ("CACHE_ACCESS_KEY", S3::ACCESS_KEY.to_owned()),
        ("CACHE_SECRET_KEY", S3::SECRET_KEY.to_owned()),
    ];
    example.replace("http://minio.example:9000", &server.endpoint());
    example.generate();
    example.build("ci-release");
    assert_eq!(example.counts("build/ci-release"), (0, 2));
    example.forget("build/ci-release", 2);

    let before = server.objects();
    fs::write(example.folder.join("part.cpp"), "int part(int value) { return value + 21; }\n")
        .expect("a source");
    let built = example.build("developer-release");
    assert_eq!(example.counts("build/developer-release"), (1, 1), "{built}");
    assert_eq!(server.objects(), before, "a developer only reads");
}

fn redis_on_premises() {
    let Some(tools) = tools_with(SCCACHE, Redis::NEEDS) else { return };
    let password = "p4ss/of the test";
    let server = Redis::start_with_password(password);
    let mut example = Example::new("redis", SCCACHE, &tools);
    example.secrets = vec![("CACHE_PASSWORD", password.to_owned())];
    example.replace("redis://cache.example:6379", &format!("redis://{}", server.server.address()));
    example.generate();
    example.build("release");
    assert_eq!(example.counts("build/release"), (0, 2));
    example.forget("build/release", 2);
    example.build("release");
    assert_eq!(example.counts("build/release"), (2, 0));
}

fn ccache_with_a_web_server() {
    let Some(tools) = tools_with(CCACHE, WebDav::NEEDS) else { return };
    let server = WebDav::start(&tools);
    let example = Example::new("ccache-http", CCACHE, &tools);
    example.replace("http://cache.example/ccache", &server.url());
    example.generate();
    example.build("release");
    assert_eq!(example.counts("build/release"), (0, 2));
    example.remove("build/release");
    let built = example.build("release");
    assert_eq!(example.counts("build/release"), (2, 0), "{built}");
}

fn forks_only_read() {
    let Some(tools) = tools_with(SCCACHE, Redis::NEEDS) else { return };
    let server = Redis::start_with_password("secret-of-the-test");
    let mut example = Example::new("fork-safe-ci", SCCACHE, &tools);
    example.secrets = vec![
        ("CACHE_PASSWORD", "secret-of-the-test".to_owned()),
        // A fork may request write access.
        ("SCCACHE_REDIS_RW_MODE", "READ_WRITE".to_owned()),
    ];
    example.replace("redis://cache.example:6379", &format!("redis://{}", server.server.address()));
    example.generate();
    example.build("ci-release");
    example.forget("build/ci-release", 2);
    let before = server.keys();
    fs::write(example.folder.join("part.cpp"), "int part(int value) { return value + 21; }\n")
        .expect("a source");
    let built = example.build("fork-pr-release");
    assert_eq!(example.counts("build/fork-pr-release"), (1, 1), "{built}");
    assert_eq!(server.keys(), before, "a fork only reads");
    example
        .command("toolchainkit", &["stats", "--build", "build/fork-pr-release", "--fail-under", "60"])
        .run_expecting(9);
}

fn a_native_and_a_cross_build() {
    let cross = [Tool::System("aarch64-linux-gnu-g++"), Tool::System("qemu-aarch64")];
    let Some(tools) = tools_with(SCCACHE, &cross) else { return };
    let example = Example::new("cross-aarch64", SCCACHE, &tools);
    example.generate();
    for (preset, hits) in
        [("release", false), ("arm64-release", false), ("release", true), ("arm64-release", true)]
    {
        let build = format!("build/{preset}");
        if hits {
            fs::remove_dir_all(example.folder.join(&build)).expect("the build folder");
        }
        let output = example.build(preset);
        assert_eq!(example.counts(&build), if hits { (2, 0) } else { (0, 2) }, "{preset}\n{output}");
        let tested = example.run("ctest", &["--preset", preset]);
        assert!(tested.stdout.contains("100% tests passed"), "{tested}");
    }
}

fn two_projects_of_a_monorepo_share_objects() {
    let Some(tools) = tools_with(SCCACHE, &[]) else { return };
    let example = Example::new("monorepo", SCCACHE, &tools);
    example.generate();
    for (name, expected) in [("service", (0, 2)), ("client", (1, 1))] {
        let (source, build) = (format!("apps/{name}"), format!("apps/{name}/build"));
        example.run("cmake", &["-G", "Ninja", "-S", &source, "-B", &build]);
        let output = example.run("cmake", &["--build", &build]);
        assert_eq!(example.counts(&build), expected, "{name}\n{output}");
        let printed = example.command(example.folder.join(&build).join(name), &[]).run().stdout;
        assert_eq!(printed, format!("{name} 42\n"));
    }
}

fn presets_of_the_team_are_cached_and_restored() {
    let Some(tools) = tools_with(SCCACHE, &[]) else { return };
    let example = Example::new("existing-presets", SCCACHE, &tools);
    let presets = || fs::read(example.folder.join("CMakePresets.json")).expect("the presets");
    let before = presets();
    example.run("toolchainkit", &["generate", "--merge"]);
    assert!(presets() != before);
    example.build("dev");
    assert_eq!(example.counts("out/dev"), (0, 2));
    fs::remove_dir_all(example.folder.join("out")).expect("the build folder");
    example.build("dev");
    assert_eq!(example.counts("out/dev"), (2, 0));
    example.build("release");
    example.run("toolchainkit", &["generate", "--remove"]);
    assert!(presets() == before, "every byte is restored");
    // Without the generated files, the project builds as before.
    fs::remove_dir_all(example.folder.join("out")).expect("the build folder");
    example.build("dev");
}

fn examples_whose_tools_are_large_generate_their_files() {
    let Some(tools) = tools_with(SCCACHE, &[]) else { return };
    for (name, file, word) in [
        ("vcpkg", "cmake/toolchainkit-cache.cmake", "${VCPKG_ROOT}"),
        ("conan", "cmake/toolchainkit-cache.cmake", "~/.conan2/p"),
        ("cuda", "cmake/toolchain.cmake", "CUDA_HOME"),
    ] {
        let example = Example::new(name, SCCACHE, &tools);
        example.generate();
        let text = fs::read_to_string(example.folder.join(file)).expect("the file");
        assert!(text.contains(word), "{name}: {text}");
        example.run("toolchainkit", &["generate", "--check"]);
    }
}

/// Only with `--full`. `toolchains::conan` has a shorter test of the same.
fn conan_builds_its_package_through_the_cache() {
    if !Tools::full() {
        return;
    }
    let Some(tools) = tools_with(SCCACHE, &[Tool::Conan, Tool::System("python3")]) else { return };
    let example = Example::new("conan", SCCACHE, &tools);
    example.generate();
    let program = tools.path(Tool::Conan);
    let packages = program.parent().and_then(Path::parent).expect("the folder of the packages");
    let home = example.sandbox.root().join("conan-home");
    let conan = |arguments: &[&str]| {
        let mut command = example.command("python3", &[]);
        command.arg(&program).args(arguments).env("PYTHONPATH", packages).env("CONAN_HOME", &home).run()
    };
    conan(&["profile", "detect"]);
    conan(&["export", "part"]);
    let toolchain = example.folder.join("cmake/toolchain.cmake");
    let toolchain = format!("tools.cmake.cmaketoolchain:user_toolchain=[\"{}\"]", toolchain.display());
    let generator = "tools.cmake.cmaketoolchain:generator=Ninja";
    let install = ["install", ".", "-nr", "--build=part/1.0", "-c", &toolchain, "-c", generator];
    // Conan moves the build folder of the package after the build, so `stats` does not believe its files.
    let hits_and_misses_of_package = || {
        let mut find = Command::new("find");
        let found = find.arg(home.join("p")).args(["-path", "*/toolchainkit/journal/log"]).run().stdout;
        let log = fs::read_to_string(found.lines().next().expect("a journal")).expect("a journal");
        ["hit", "miss"].map(|result| log.matches(&format!("\"r\":\"{result}\"")).count())
    };
    let first = conan(&install);
    assert_eq!(hits_and_misses_of_package(), [0, 1], "{first}");
    example.build("conan-release");
    assert_eq!(example.counts("build/Release"), (0, 1));
    fs::remove_dir_all(example.folder.join("build")).expect("the build folder");
    let second = conan(&install);
    assert_eq!(hits_and_misses_of_package(), [1, 0], "{second}");
    example.build("conan-release");
    assert_eq!(example.counts("build/Release"), (1, 0));
}

/// Only with `--full`.
fn cuda_is_cached() {
    if !Tools::full() {
        return;
    }
    let Some(tools) = tools_with(SCCACHE, &[Tool::Cuda, Tool::System("g++-12")]) else { return };
    let nvcc = tools.path(Tool::Cuda);
    let folder = nvcc.parent().and_then(Path::parent).expect("the folder of nvcc");
    let mut example = Example::new("cuda", SCCACHE, &tools);
    // The wheel has its libraries in a folder that nvcc does not search.
    example.secrets = vec![
        ("CUDA_HOME", folder.display().to_string()),
        ("LIBRARY_PATH", folder.join("lib").display().to_string()),
        ("CUDAHOSTCXX", "/usr/bin/g++-12".to_owned()),
    ];
    example.generate();
    let cold = example.build("release");
    // nvcc runs several compilers, and `stats` does not count their misses as one of the source.
    assert_eq!(example.counts("build/release").0, 0, "{cold}");
    fs::remove_dir_all(example.folder.join("build")).expect("the build folder");
    example.build("release");
    assert_eq!(example.counts("build/release"), (1, 0));
}
