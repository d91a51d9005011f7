//! `toolchainkit bench` with real builds. Nothing outside of its temporary folder changes, and nothing of it stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::cmake_module::{CACHES, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::system::signal;
use crate::support::{Project, Run, Sandbox, Tool, Tools};

tests![
    every_scenario_is_measured_and_nothing_else_changes in CACHES,
    every_way_to_start_the_tool_is_measured in CACHES,
    a_preset_of_the_user_is_measured,
    a_project_that_does_not_build_is_reported,
    an_interruption_leaves_nothing,
    measuring_adds_less_than_a_percent in ["to a file", "on a terminal"],
];

/// Short names: the paths of sockets are limited.
fn sandbox(tools: &Tools, cache: Tool) -> Sandbox {
    let sandbox = Sandbox::new("b").on_path(&tools.ninja()).on_path(&tools.path(cache));
    sandbox.on_path(&tools.cmake(Tools::CMAKE))
}

fn bench(sandbox: &Sandbox, folder: &Path, words: &[&str]) -> Command {
    // The tests may ignore signals, for example below `nohup`.
    let mut command = sandbox.command("env");
    command.args(["--default-signal", env!("CARGO_BIN_EXE_toolchainkit"), "bench"]);
    command.current_dir(folder).arg("--work-dir").arg(sandbox.dir("w")).args(words);
    command
}

/// All files and folders below `folder` with their times and sizes.
fn listing(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, u64)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            found.insert(path, (metadata.modified().unwrap(), metadata.len()));
        }
    }
    found
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

fn cell<'a>(document: &'a Value, scenario: &str, variant: &str) -> &'a Value {
    let cells = document["cells"].as_array().unwrap();
    let found = cells.iter().find(|cell| cell["scenario"] == scenario && cell["variant"] == variant);
    found.unwrap_or_else(|| panic!("no {scenario} {variant}: {document:#}"))
}

fn every_scenario_is_measured_and_nothing_else_changes(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = sandbox(&tools, cache);
    let project = Project::write(&sandbox.dir("project"), 2, 3);
    let objects = project.objects();
    // A build folder and a cache of the user, and settings that must not have an effect.
    let mut own = sandbox.command("cmake");
    own.args(["-G", "Ninja", "-S", ".", "-B", "build"]).current_dir(project.root()).run();
    let users_cache = sandbox.dir("users-cache");
    let before =
        [project.root(), &sandbox.home(), &sandbox.cache_home(), &sandbox.config_home(), &users_cache]
            .map(listing);
    let json = sandbox.root().join("results/bench.json");
    let mut command = bench(&sandbox, project.root(), &["--rounds", "2", "--json"]);
    command
        .arg(&json)
        .env("CCACHE_DIR", &users_cache)
        .env("SCCACHE_DIR", &users_cache)
        .env("CCACHE_RECACHE", "1");
    let measured = command.env("CMAKE_C_COMPILER_LAUNCHER", "no-such-program").run();
    let after =
        [project.root(), &sandbox.home(), &sandbox.cache_home(), &sandbox.config_home(), &users_cache]
            .map(listing);
    assert_eq!(before, after, "{measured}");
    // Even `ccache --version` creates this folder.
    let names = |folder: &Path| {
        listing(folder).into_keys().filter(|path| !path.ends_with("ccache-tmp")).collect::<Vec<_>>()
    };
    let left = [names(&sandbox.dir("w")), names(&sandbox.runtime_dir())].concat();
    assert!(left.is_empty(), "{left:?}\n{measured}");
    assert!(
        eventually(Duration::from_secs(5), || sandbox.processes().is_empty()),
        "{:?}",
        sandbox.processes()
    );

    let document: Value = serde_json::from_str(&fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&document["objects"], &document["rounds"]), (&objects.into(), &2.into()), "{document:#}");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/bench.v1.json");
    let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
    let errors = jsonschema::validator_for(&schema).unwrap();
    let errors = errors.iter_errors(&document).map(|error| error.to_string()).collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(cell(&document, "uncached", "none")["summary"]["wall_s"].as_f64().unwrap() > 0.0);
    for (scenario, variant, hits) in [
        ("cold", "tool", 0),
        ("cold", "toolchainkit", 0),
        ("warm", "tool", objects),
        ("warm", "toolchainkit", objects),
        ("second_checkout", "toolchainkit", objects),
    ] {
        let samples = cell(&document, scenario, variant)["samples"].as_array().unwrap();
        assert_eq!(samples.len(), 2, "{document:#}");
        for sample in samples {
            let counted = (sample["hits"].as_u64(), sample["misses"].as_u64());
            assert_eq!(counted, (Some(hits), Some(objects - hits)), "{scenario} {variant}: {document:#}");
            // sccache compiles in its daemon.
            assert!(sample["cpu_s"].as_f64().unwrap() > 0.01, "{scenario} {variant}: {document:#}");
        }
    }
    assert!(
        measured.stdout.lines().any(|line| line.starts_with("2nd checkout  toolchainkit ")),
        "{measured}"
    );
}

/// Only the warm builds are measured, so the caches are filled before.
fn every_way_to_start_the_tool_is_measured(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = sandbox(&tools, cache);
    let project = Project::write(&sandbox.dir("project"), 1, 2);
    let objects = Some(project.objects());
    let words = ["--rounds", "1", "--warm", "2", "--only", "warm", "--format", "json", "--with"];
    let mut command = bench(&sandbox, project.root(), &words);
    let measured = command.arg("tool,tuned,env,script,toolchainkit").run();
    let document: Value = serde_json::from_str(&measured.stdout).unwrap();
    assert_eq!(document["cells"].as_array().unwrap().len(), 5, "{document:#}");
    for variant in ["tool", "tuned", "env", "script", "toolchainkit"] {
        let cell = cell(&document, "warm", variant);
        assert_eq!(cell["samples"].as_array().unwrap().len(), 2, "{document:#}");
        for sample in cell["samples"].as_array().unwrap() {
            assert_eq!(
                (sample["hits"].as_u64(), sample["misses"].as_u64()),
                (objects, Some(0)),
                "{document:#}"
            );
        }
        let is_compared = matches!(variant, "script" | "toolchainkit");
        assert_eq!(cell["against_tool"]["wall"].as_f64().is_some(), is_compared, "{document:#}");
    }
    let wrong = bench(&sandbox, project.root(), &["--only", "hot"]).run_expecting(2);
    assert!(wrong.stderr.contains("uncached, cold, warm, second-checkout, remote"), "{wrong}");
    let wrong = bench(&sandbox, project.root(), &["--only", "remote"]).run_expecting(2);
    assert!(wrong.stderr.contains("needs `--remote`"), "{wrong}");
    assert!(is_empty(&sandbox.dir("w")));
}

/// The preset does not use toolchainkit, and the flags are those of the preset.
fn a_preset_of_the_user_is_measured() {
    let cache = CACHES[1];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = sandbox(&tools, cache);
    let project = Project::write(&sandbox.dir("project"), 1, 1);
    let presets = r#"{ "version": 3, "configurePresets": [ { "name": "mine", "generator": "Unix Makefiles", "binaryDir": "out" } ] }"#;
    fs::write(project.root().join("CMakePresets.json"), presets).unwrap();
    let measured =
        bench(&sandbox, project.root(), &["--preset", "mine", "--rounds", "1", "--format", "json"]).run();
    let document: Value = serde_json::from_str(&measured.stdout).unwrap();
    assert_eq!((&document["preset"], &document["generator"]), (&"mine".into(), &"Unix Makefiles".into()));
    let warm = &cell(&document, "warm", "toolchainkit")["samples"][0];
    assert_eq!(warm["hits"].as_u64(), Some(project.objects()), "{measured}");
    let unknown = bench(&sandbox, project.root(), &["--preset", "other", "--rounds", "1"]).run_expecting(1);
    assert!(unknown.stderr.contains("does not configure without a cache"), "{unknown}");
    assert!(is_empty(&sandbox.dir("w")));
}

fn a_project_that_does_not_build_is_reported() {
    let cache = CACHES[1];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = sandbox(&tools, cache);
    let project = Project::write(&sandbox.dir("project"), 1, 1);
    fs::write(project.root().join("main.c"), "#error wrong on purpose\n").unwrap();
    let failed = bench(&sandbox, project.root(), &["--rounds", "1"]).run_expecting(1);
    assert!(failed.stderr.contains("error: the project does not build without a cache"), "{failed}");
    assert!(failed.stderr.contains("wrong on purpose") && failed.stderr.contains("  help: "), "{failed}");
    let nothing = bench(&sandbox, sandbox.root(), &["nowhere"]).run_expecting(2);
    assert!(nothing.stderr.starts_with("error: nowhere"), "{nothing}");
    let nothing = bench(&sandbox, sandbox.root(), &["w"]).run_expecting(2);
    assert!(nothing.stderr.contains("has no CMakeLists.txt"), "{nothing}");
    assert!(is_empty(&sandbox.dir("w")));
}

fn an_interruption_leaves_nothing() {
    let cache = CACHES[0];
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = sandbox(&tools, cache);
    let project = Project::write(&sandbox.dir("project"), 2, 3);
    // The third round, with all daemons, and an early step.
    for step in ["copying the sources", "round 2 of 9: warm with toolchainkit"] {
        let log = sandbox.root().join("log");
        let mut command = bench(&sandbox, project.root(), &["--rounds", "9"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(fs::File::create(&log).unwrap());
        let mut child = command.spawn().unwrap();
        let begun = || fs::read_to_string(&log).unwrap().contains(step);
        assert!(eventually(Duration::from_mins(4), begun), "{}", fs::read_to_string(&log).unwrap());
        signal("INT", &child.id().to_string());
        let mut status = None;
        assert!(eventually(Duration::from_secs(30), || {
            status = child.try_wait().unwrap();
            status.is_some()
        }));
        let signal = std::os::unix::process::ExitStatusExt::signal(&status.unwrap());
        assert_eq!(signal, Some(2), "{}", fs::read_to_string(&log).unwrap());
        assert!(is_empty(&sandbox.dir("w")), "{step}");
        let ended = eventually(Duration::from_secs(5), || sandbox.processes().is_empty());
        assert!(ended, "{step}: {:?}", sandbox.processes());
    }
}

/// A `cmake` that measures a build itself, and the processor time that the threads of its parent take meanwhile, in nanoseconds.
const MEASURING: &str = r#"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static long long of_parent(void) {
    char path[600];
    long long sum = 0, one;
    snprintf(path, sizeof path, "/proc/%d/task", (int)getppid());
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", (int)getppid(), entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fscanf(file, "%lld", &one) == 1) sum += one;
        if (file) fclose(file);
    }
    if (folder) closedir(folder);
    return sum;
}
int main(int count, char **arguments) {
    int is_build = 0, is_clean = 0, status;
    for (int i = 1; i < count; i++) {
        is_build |= !strcmp(arguments[i], "--build");
        is_clean |= !strcmp(arguments[i], "clean");
    }
    arguments[0] = CMAKE;
    if (!is_build || is_clean) execv(CMAKE, arguments);
    long long parent = of_parent(), start = now();
    pid_t child = fork();
    if (child == 0) { execv(CMAKE, arguments); _exit(127); }
    waitpid(child, &status, 0);
    long long wall = now() - start;
    FILE *log = fopen(LOG, "a");
    fprintf(log, "%lld %lld\n", wall, of_parent() - parent);
    fclose(log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
"#;

/// On a terminal, it shows its progress.
fn measuring_adds_less_than_a_percent(output: &'static str) -> Result<String, String> {
    const ROUNDS: usize = 5;
    let cache = CACHES[1];
    let Some(tools) = tools_for(&[cache]) else { return Ok("skipped".to_owned()) };
    let folder = Sandbox::new("b");
    let (log, program) = (folder.root().join("log"), folder.dir("bin").join("cmake"));
    let sandbox = folder.on_path(&program).on_path(&tools.ninja()).on_path(&tools.path(cache));
    fs::write(sandbox.root().join("cmake.c"), MEASURING).unwrap();
    let mut compiling = sandbox.command("gcc");
    compiling.args(["-O1", "cmake.c", "-o"]).arg(&program);
    compiling.arg(format!("-DCMAKE=\"{}\"", tools.cmake(Tools::CMAKE).display()));
    compiling.arg(format!("-DLOG=\"{}\"", log.display())).run();
    let project = Project::write(&sandbox.dir("project"), 3, 4);
    let json = sandbox.root().join("bench.json");
    let ours = format!(
        "{} bench --only uncached --rounds {ROUNDS} --work-dir {} --json {}",
        env!("CARGO_BIN_EXE_toolchainkit"),
        sandbox.dir("w").display(),
        json.display()
    );
    let mut measuring = sandbox.command(if output == "on a terminal" { "script" } else { "sh" });
    if output == "on a terminal" {
        measuring.args(["-qec", &ours, "/dev/null"]);
    } else {
        measuring.args(["-c", &ours]);
    }
    let measured = measuring.current_dir(project.root()).run();
    let document: Value = serde_json::from_str(&fs::read_to_string(&json).unwrap()).unwrap();
    let samples = cell(&document, "uncached", "none")["samples"].as_array().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    let seconds = |word: &str| Duration::from_nanos(word.parse().unwrap()).as_secs_f64();
    let lines = text.lines().map(|line| line.split_once(' ').unwrap());
    let inner = lines.map(|(wall, own)| (seconds(wall), seconds(own))).collect::<Vec<_>>();
    // The first build fills what a file system keeps in memory, and is not measured.
    assert_eq!((samples.len(), inner.len()), (ROUNDS, ROUNDS + 1), "{text}\n{measured}");
    let measured = || samples.iter().map(|sample| sample["wall_s"].as_f64().unwrap()).zip(&inner[1..]);
    let mut added = measured().map(|(outer, (wall, _))| 100.0 * (outer - wall) / wall).collect::<Vec<_>>();
    added.sort_by(f64::total_cmp);
    let (own, all) = measured().fold((0.0, 0.0), |(own, all), (_, (wall, one))| (own + one, all + wall));
    let own = 100.0 * own / all;
    let figures = format!("wall time: {added:.3?} % more in {all:.1} s; its own processor time: {own:.4} %");
    // Other tests run meanwhile, so a build can wait for a processor before it starts or after its end.
    let is_right = (-0.1..1.0).contains(&added[1]) && own < 1.0;
    if is_right { Ok(figures) } else { Err(format!("{figures}\n{text}")) }
}
