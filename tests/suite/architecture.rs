//! Data goes one way: which folder of `src` may use which, as ARCHITECTURE.md says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder and those it may use. `cli` may use all, and nobody may use `cli`.
const MAY_USE: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("probe", &[]),
    ("caching", &["probe"]),
    ("diagnosis", &["probe", "caching"]),
    ("launch", &["caching"]),
    ("config", &["diag", "caching"]),
    ("plan", &["config", "caching"]),
    ("output", &[]),
    ("render", &["plan", "config", "caching", "output"]),
    ("cli", &["diag", "probe", "caching", "diagnosis", "config", "plan", "render", "output"]),
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// The folders that `source` uses, tests at its end left out.
fn used(source: &str) -> BTreeSet<&str> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap())
        .collect()
}

#[test]
fn every_folder_uses_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (folder, allowed) in MAY_USE {
        let mut files = Vec::new();
        sources(&src.join(folder), &mut files);
        assert!(!files.is_empty(), "{folder}");
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            for module in used(&text) {
                assert!(module == *folder || allowed.contains(&module), "{} uses {module}", file.display());
            }
        }
    }
    // Programs are one call each.
    let is_stage = |path: &PathBuf| path.is_dir() && !path.ends_with("bin");
    let folders = fs::read_dir(src).unwrap().map(|entry| entry.unwrap().path()).filter(is_stage).count();
    assert_eq!(folders, MAY_USE.len(), "a folder has no rule");
}

#[test]
fn no_folder_or_file_is_a_drawer() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        assert!(!["utils", "util", "helpers", "common", "misc"].contains(&name), "{}", file.display());
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 600, "{} has {lines} lines: does it hold two things?", file.display());
    }
}
