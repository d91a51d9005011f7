//! The cases in `tests/cmake/cases` with every CMake: the messages, settings and errors of the module.

use std::fs;
use std::path::Path;

use super::{CACHES, tools_for};
use crate::list::{CMake, tests};
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    every_case_passes_with_every_cmake in Tools::CMAKES.map(CMake),
];

const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmake/RunCases.cmake");
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmake/cases");
const MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cmake/ToolchainKit.cmake");

/// The number of case files.
fn cases() -> usize {
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder of cases").filter_map(Result::ok);
        entries.map(|entry| entry.file_name().into_string().expect("a plain name")).collect()
    };
    let is_case = |name: &String| name.strip_suffix(".cmake").is_some_and(|case| !case.ends_with("-check"));
    let topics = names(Path::new(CASES)).into_iter().map(|topic| Path::new(CASES).join(topic));
    topics.map(|topic| names(&topic).iter().filter(|name| is_case(name)).count()).sum()
}

fn every_case_passes_with_every_cmake(CMake(version): CMake) {
    let Some(tools) = tools_for(&[&[Tool::CMake(version)], &CACHES[..]].concat()) else { return };
    let mut sandbox = Sandbox::new("cases").on_path(&tools.ninja());
    for cache in CACHES.into_iter().rev() {
        sandbox = sandbox.on_path(&tools.path(cache));
    }
    let finished = sandbox
        .command(tools.cmake(version))
        .arg(format!("-DMODULE={MODULE}"))
        .arg(format!("-DNINJA={}", tools.ninja().display()))
        .arg(format!("-DWORK={}", sandbox.root().join("work").display()))
        .args(["-P", RUNNER])
        .run();
    assert!(cases() >= 68, "only {} cases were found", cases());
    let words = format!("CMake {}: {} cases\n", version.trim_end_matches(".post1"), cases());
    assert!(finished.stderr.ends_with(&words), "{finished}");
}
