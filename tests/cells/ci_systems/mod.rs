//! The files that `init --ci` writes, executed as the CI systems do: a first build, a second one in another checkout, and a
//! pull request from a fork.
//!
//! A stand-in for each system reads the file, sets its variables, and runs the shell of its steps in their order. It fails at
//! everything that it does not know. The programs are real: Python's venv and pip with a wheel of this toolchainkit, CMake, the
//! cache tool, and Redis.

mod azure;
mod files;
mod github;
mod gitlab;
mod jenkins;
mod wheel;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;

use crate::list::{self, List};
use crate::support::servers::Redis;
use crate::support::{Finished, Run, Sandbox, Tool, Tools, write_script};

/// Adds all tests.
pub(super) fn tests(list: &mut List) {
    list.add_cells(module_path!(), "trial", cells(), trial);
    files::tests(list);
}

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Github,
    /// The composite action in this repository.
    Action,
    Gitlab,
    Azure,
    Jenkins,
}

/// Where the objects are between two jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Storage {
    /// The cache of the CI system saves the folder of the local cache.
    Saved,
    /// A Redis with a password.
    Redis,
}

/// Every system, and every storage. Every combination only with `--full`.
fn cells() -> Vec<(System, Storage)> {
    let all = list::pairs(
        [System::Github, System::Action, System::Gitlab, System::Azure, System::Jenkins],
        [Storage::Saved, Storage::Redis],
    );
    let usual = [
        (System::Github, Storage::Saved),
        (System::Gitlab, Storage::Redis),
        (System::Azure, Storage::Saved),
        (System::Action, Storage::Saved),
        (System::Jenkins, Storage::Redis),
    ];
    all.into_iter().filter(|cell| Tools::full() || usual.contains(cell)).collect()
}

impl list::Cell for System {
    fn name(&self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

impl list::Cell for Storage {
    fn name(&self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

const FILES: [(&str, &str); 4] = [
    (
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.21)\nproject(demo LANGUAGES C)\nadd_executable(demo main.c part.c)\n\
         enable_testing()\nadd_test(NAME demo COMMAND demo)\n",
    ),
    ("main.c", "int part(void);\nint main(void) { return part(); }\n"),
    ("part.c", "int part(void) { return 0; }\n"),
    (".gitignore", "/build/\n/.toolchainkit/\n"),
];

const ACTION: &str = include_str!("../../../.github/actions/toolchainkit/action.yml");

const PYTHON: &str = r#"
if [ "$1 $2" != "-m venv" ]; then exec /usr/bin/python3 "$@"; fi
/usr/bin/python3 -m venv --without-pip "$3"
printf '#!/bin/sh\nexec /usr/bin/python3 -m pip --python "%s/bin/python" "$@"\n' "$3" >"$3/bin/pip"
chmod +x "$3/bin/pip"
"#;

const PASSWORD: &str = "opensesame";

/// A run of the pipeline.
#[derive(Clone, Copy)]
struct Job<'a> {
    /// The name of its checkout.
    name: &'a str,
    /// Whether it is for a pull request from a fork. Otherwise it is for a push to the main branch.
    is_fork: bool,
    /// The number of the run.
    number: u32,
}

/// What a stand-in needs of the machine and the project.
struct Runner<'a> {
    sandbox: &'a Sandbox,
    job: Job<'a>,
    /// The checkout.
    checkout: PathBuf,
    /// The folder for temporary files of the job.
    temporary: PathBuf,
    /// The entries of the system's cache: a folder for each key.
    saved: PathBuf,
    /// The secrets in the settings of the system.
    secrets: BTreeMap<String, String>,
}

impl Runner<'_> {
    /// Runs `script` as the system does, in `folder`.
    fn shell(
        &self,
        arguments: &[&str],
        script: &str,
        folder: &Path,
        variables: &BTreeMap<String, String>,
    ) -> Finished {
        let mut command = self.sandbox.command(arguments[0]);
        self.surround(&mut command);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, value)| value);
        let path = path.unwrap().to_str().unwrap().to_owned();
        command.args(&arguments[1..]).arg(script).current_dir(folder).envs(variables);
        if let Some(first) = variables.get("PATH") {
            command.env("PATH", format!("{first}:{path}"));
        }
        command.run_to_any_end()
    }

    /// The machine of a job: a new home folder, and pip finds the wheel.
    fn surround(&self, command: &mut Command) {
        let home = self.temporary.join("home");
        for (name, below) in [("HOME", ""), ("XDG_CACHE_HOME", "cache"), ("XDG_CONFIG_HOME", "config")] {
            let folder = home.join(below);
            fs::create_dir_all(&folder).unwrap();
            command.env(name, folder);
        }
        // The launcher is the one of the wheel.
        command.env_remove("TOOLCHAINKIT_LAUNCH");
        command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", wheel::folder());
    }

    /// Copies the newest entry whose key starts with `prefix` to `folder`.
    fn restore(&self, prefix: &str, folder: &Path) {
        let Ok(entries) = fs::read_dir(&self.saved) else { return };
        let mut keys =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
        keys.retain(|key| key.starts_with(&key_name(prefix)));
        keys.sort();
        if let Some(key) = keys.last() {
            fs::create_dir_all(folder.parent().unwrap()).unwrap();
            self.sandbox.command("cp").arg("-a").arg(self.saved.join(key)).arg(folder).run();
        }
    }

    /// Stores `folder`. An entry does not change any more.
    fn save(&self, key: &str, folder: &Path, replaces: bool) {
        fs::create_dir_all(&self.saved).unwrap();
        let entry = self.saved.join(key_name(key));
        if replaces && entry.exists() {
            fs::remove_dir_all(&entry).unwrap();
        }
        assert!(!entry.exists(), "the key {key} is used twice");
        assert!(folder.is_dir(), "{} does not exist, so nothing can be saved", folder.display());
        self.sandbox.command("cp").arg("-a").arg(folder).arg(&entry).run();
    }
}

/// The name of the folder for a key.
fn key_name(key: &str) -> String {
    key.replace(['/', ' ', '"', '|'], "_")
}

/// The end of a job.
struct Ended {
    /// The exit code of the step that failed, or 0.
    code: i32,
    /// The output of all steps.
    text: String,
}

/// Collects the output of steps, until one fails.
impl Ended {
    fn new() -> Self {
        Self { code: 0, text: String::new() }
    }

    fn add(&mut self, finished: &Finished) {
        self.text.push_str(&finished.text());
        self.code = finished.code().unwrap_or(-1);
    }
}

/// The text of a scalar.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(is) => is.to_string(),
        other => panic!("not a text: {other:?}"),
    }
}

/// The entries of a mapping, as text.
fn entries(value: &Value) -> Vec<(String, String)> {
    let Value::Mapping(mapping) = value else { return Vec::new() };
    mapping.iter().map(|(name, value)| (text(name), text(value))).collect()
}

/// A repository, and its CI.
struct Scene {
    system: System,
    sandbox: Sandbox,
    redis: Option<Redis>,
}

impl Scene {
    fn new(system: System, storage: Storage, tools: &Tools) -> Self {
        let sandbox = Sandbox::new("ci")
            .on_path(&tools.ninja())
            .on_path(&tools.cmake(Tools::CMAKE))
            .on_path(&tools.ccache(Tools::CCACHE));
        // Real environments and a real pip, which is installed only once: to install it takes seconds.
        let python = sandbox.dir("programs").join("python3");
        write_script(&python, PYTHON);
        let sandbox = sandbox.on_path(&python);
        let redis = (storage == Storage::Redis).then(|| Redis::start_with_password(PASSWORD));
        let origin = sandbox.dir("origin");
        for (name, text) in FILES {
            fs::write(origin.join(name), text).unwrap();
        }
        let remote = redis.as_ref().map(|redis| {
            format!(
                "  remote: {{ type: redis, endpoint: \"redis://{}\", credentials: {{ password: \"${{CACHE_PASSWORD}}\" }} }}\n\
                 profiles:\n  ci: {{}}\n  fork-pr: {{ cache: {{ remote: {{ access: read-only }} }} }}\n",
                redis.server.address()
            )
        });
        let yaml =
            format!("project: {{ name: demo }}\ncache:\n  tool: ccache\n{}", remote.unwrap_or_default());
        fs::write(origin.join("toolchainkit.yaml"), yaml).unwrap();
        let scene = Self { system, sandbox, redis };
        let name = if system == System::Action { "github".to_owned() } else { list::Cell::name(&system) };
        scene.git(&origin, &["init", "-q", "-b", "main"]);
        for words in [&["init", "--ci", &name][..], &["generate"]] {
            let mut command = scene.sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
            command.current_dir(&origin).args(words).run();
        }
        scene.commit(&origin);
        scene
    }

    fn git(&self, folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        self.sandbox.command("git").current_dir(folder).args(identity).args(arguments).run();
    }

    fn commit(&self, folder: &Path) {
        self.git(folder, &["add", "."]);
        self.git(folder, &["commit", "-qm", "change"]);
    }

    /// The file of the CI system.
    const fn path(&self) -> &'static str {
        match self.system {
            System::Github | System::Action => ".github/workflows/build.yml",
            System::Gitlab => ".gitlab-ci.yml",
            System::Azure => "azure-pipelines.yml",
            System::Jenkins => "Jenkinsfile",
        }
    }

    /// Changes the file of the CI system in the repository.
    fn edit(&self, from: &str, to: &str) {
        let path = self.sandbox.root().join("origin").join(self.path());
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }

    /// Runs the pipeline for the state of the repository.
    fn run(&self, job: Job<'_>) -> Ended {
        let checkout = self.sandbox.root().join(job.name).join("demo");
        self.git(self.sandbox.root(), &["clone", "-q", "origin", checkout.to_str().unwrap()]);
        let secrets = self.redis.iter().map(|_| ("CACHE_PASSWORD".to_owned(), PASSWORD.to_owned()));
        let runner = Runner {
            sandbox: &self.sandbox,
            job,
            temporary: self.sandbox.dir(&format!("{}/temporary", job.name)),
            saved: self.sandbox.root().join("saved"),
            secrets: secrets.collect(),
            checkout,
        };
        let file = || fs::read_to_string(runner.checkout.join(self.path())).unwrap();
        match self.system {
            System::Github => github::run(&runner, &file()),
            System::Action => {
                let preset = match (&self.redis, job.is_fork) {
                    (None, _) => "release",
                    (Some(_), false) => "ci-release",
                    (Some(_), true) => "fork-pr-release",
                };
                let save = if self.redis.is_some() { "false" } else { "auto" };
                let threshold = if job.number == 1 { "0" } else { "80" };
                let inputs =
                    [("preset", preset), ("tool", "ccache"), ("save", save), ("fail-under", threshold)];
                github::run_action(&runner, ACTION, &inputs)
            }
            System::Gitlab => gitlab::run(&runner, &file()),
            System::Azure => azure::run(&runner, &file()),
            System::Jenkins => jenkins::run(&runner, &file()),
        }
    }

    /// Everything that a job could have written for later jobs.
    fn stored(&self) -> String {
        let keys = self.redis.as_ref().map(Redis::keys);
        let saved = self.sandbox.root().join("saved");
        let listed = fs::read_dir(saved).map(|entries| {
            let mut names =
                entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
            names.sort();
            names
        });
        format!("{keys:?} {:?}", listed.ok())
    }
}

fn trial((system, storage): (System, Storage)) {
    let needs = [Tool::Ninja, Tool::CMake(Tools::CMAKE), Tool::Ccache(Tools::CCACHE)];
    let redis = Redis::NEEDS.iter().copied().filter(|_| storage == Storage::Redis);
    let needs = needs.into_iter().chain(redis).collect::<Vec<_>>();
    let Some(tools) = Tools::require(&needs) else { return };
    let scene = Scene::new(system, storage, &tools);

    let first = scene.run(Job { name: "first", is_fork: false, number: 1 });
    assert_eq!(first.code, 0, "{}", first.text);
    let stored = scene.stored();

    scene.edit(threshold(system), &threshold(system).replace('0', "80"));
    scene.commit(&scene.sandbox.root().join("origin"));
    let second = scene.run(Job { name: "second", is_fork: false, number: 2 });
    assert_eq!(second.code, 0, "all compilations are hits\n{}", second.text);

    // The pull request changes all sources.
    for name in ["main.c", "part.c"] {
        let path = scene.sandbox.root().join("origin").join(name);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("extern int of_fork;\n{text}")).unwrap();
    }
    scene.commit(&scene.sandbox.root().join("origin"));
    let before = scene.stored();
    let fork = scene.run(Job { name: "fork", is_fork: true, number: 3 });
    assert_eq!(fork.code, 9, "no compilation is a hit\n{}", fork.text);
    assert!(fork.text.contains("0 %") || fork.text.contains("80"), "{}", fork.text);
    assert_eq!(scene.stored(), before, "a fork stores nothing\n{}", fork.text);
    if storage == Storage::Redis {
        assert!(scene.redis.as_ref().unwrap().keys() > 0, "{stored}");
        for job in [&first, &second, &fork] {
            assert!(!job.text.contains(PASSWORD), "{}", job.text);
        }
    }
}

/// The line with the threshold.
const fn threshold(system: System) -> &'static str {
    match system {
        System::Jenkins => "FAIL_UNDER = '0'",
        _ => "FAIL_UNDER: \"0\"",
    }
}
