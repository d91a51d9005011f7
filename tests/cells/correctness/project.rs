//! A project with all cases for a compiler, in one of two states.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Cell;
use super::cases::{Case, File};
use crate::cmake_module::Checkout;
use crate::support::Run;

/// The state of the files: before or after the changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Before,
    After,
}

/// The results of a case.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Built {
    /// The objects, and the files that the compiler writes beside them.
    pub(super) files: BTreeMap<PathBuf, Vec<u8>>,
    /// The output of the program, if there is one.
    pub(super) output: String,
    /// The number of precompiled headers. Their bytes are not compared, because GCC never writes the same bytes twice.
    pub(super) headers: usize,
}

impl Built {
    /// The number of compilations through a cache. No cache supports assembler.
    pub(super) fn compilations(&self) -> usize {
        let ends_in = |path: &Path, end: &str| path.extension().is_some_and(|extension| extension == end);
        let is_assembler = |path: &Path| path.file_stem().is_some_and(|stem| ends_in(Path::new(stem), "S"));
        let is_object = |path: &Path| ends_in(path, "o") || ends_in(path, "obj");
        let is_cached = |path: &&PathBuf| is_object(path) && !is_assembler(path);
        self.headers + self.files.keys().filter(is_cached).count()
    }
}

/// Writes the whole project. Files that do not change keep their times.
pub(super) fn write(source: &Path, cases: &[&Case], state: State) {
    write_in_languages("C CXX OBJC OBJCXX ASM", source, cases, state);
}

/// The same with these languages only.
pub(super) fn write_in_languages(languages: &str, source: &Path, cases: &[&Case], state: State) {
    let mut lists =
        format!("cmake_minimum_required(VERSION 3.16...4.0)\nproject(cases LANGUAGES {languages})\n");
    for case in cases {
        lists.push_str(&format!("add_subdirectory({})\n", case.target()));
        for file in case.files {
            write_file(&source.join(case.target()), file, &case.target(), state);
        }
    }
    write_text(&source.join("CMakeLists.txt"), &lists);
}

fn write_file(folder: &Path, file: &File, target: &str, state: State) {
    let path = folder.join(file.path);
    let text = if state == State::Before { file.before } else { file.after };
    let Some(text) = text else {
        if path.exists() {
            fs::remove_file(&path).expect("the file can be removed");
        }
        return;
    };
    let text = if file.path == "CMakeLists.txt" { text.replace('%', target) } else { text.to_owned() };
    let time = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    write_text(&path, &text);
    if let (true, Some(time)) = (file.keeps_modification_time, time) {
        let file = fs::File::options().write(true).open(&path).expect("the file");
        file.set_modified(time).expect("the time of the file");
    }
}

fn write_text(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|present| present == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Arguments of `cmake --build` that rebuild everything, and continue after errors.
pub(super) const REBUILD: [&str; 4] = ["--clean-first", "--", "-j2", "-k0"];

/// Files beside an object with the same content each time.
const BESIDE: [&str; 6] = ["su", "ci", "optimized", "remarks", "types", "yaml"];
/// Files beside an object with times or names of temporary files: the test only checks that they exist.
const BESIDE_ONCE: [&str; 5] = ["expand", "gz", "json", "listing", "assembled"];

/// Removes the files beside the objects, which the build does not know.
pub(super) fn remove_beside(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        if path.is_dir() {
            remove_beside(&path);
        } else if BESIDE.contains(&extension) || BESIDE_ONCE.contains(&extension) {
            fs::remove_file(path).expect("the file can be removed");
        }
    }
}

/// Rebuilds everything, and collects the results of each case.
pub(super) fn build(checkout: &Checkout<'_>, cases: &[&Case]) -> Vec<Built> {
    build_by(checkout, &mut checkout.building(), cases)
}

fn build_by(checkout: &Checkout<'_>, building: &mut Command, cases: &[&Case]) -> Vec<Built> {
    for case in cases {
        remove_beside(&checkout.build_folder().join(case.target()).join("CMakeFiles"));
    }
    building.args(REBUILD).run();
    let collect =
        |case: &&Case| collect(&checkout.build_folder().join(case.target()), output(checkout, case), case);
    cases.iter().map(collect).collect()
}

/// The results of a case in its build folder.
pub(super) fn collect(folder: &Path, output: String, case: &Case) -> Built {
    let mut built = Built { output, ..Built::default() };
    find_objects(folder, folder, &mut built);
    assert!(!built.files.is_empty(), "{} has produced no files", case.name);
    built
}

/// Builds with the same commands, without hits.
pub(super) fn without_cache(cell: Cell, checkout: &Checkout<'_>, cases: &[&Case]) -> Vec<Built> {
    if cell.is_sccache() {
        return build_by(checkout, checkout.building().env("TOOLCHAINKIT_BYPASS", "1"), cases);
    }
    // ccache makes paths relative before it runs the compiler, so the reference objects are built with an empty cache.
    // The expected output of the programs is that of a build without ccache.
    let folder = PathBuf::from(checkout.status_field("dir"));
    let away = folder.with_extension("away");
    // If no case is cached, the cache does not exist.
    let is_there = folder.exists();
    if is_there {
        fs::rename(&folder, &away).expect("the cache can be moved");
    }
    let mut built = build(checkout, cases);
    if is_there {
        fs::remove_dir_all(&folder).expect("the other cache can be removed");
        fs::rename(&away, &folder).expect("the cache can be moved back");
    }
    checkout.building().env("CCACHE_DISABLE", "1").args(REBUILD).run();
    for (built, case) in built.iter_mut().zip(cases).filter(|(_, case)| !(case.contains_paths)(cell)) {
        built.output = output(checkout, case);
    }
    built
}

/// The output of the program of `case`; empty if the case has no program.
pub(super) fn output(checkout: &Checkout<'_>, case: &Case) -> String {
    let program = checkout.build_folder().join(case.target()).join(case.target());
    if program.exists() { checkout.command(program).run().stdout } else { String::new() }
}

fn find_objects(folder: &Path, root: &Path, built: &mut Built) {
    for entry in fs::read_dir(folder).expect("a folder of the build") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find_objects(&path, root, built);
            continue;
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("o" | "obj" | "gcno" | "dwo") => {
                let name = path.strip_prefix(root).expect("a file of the case").to_path_buf();
                built.files.insert(name, fs::read(&path).expect("an object"));
            }
            Some("gch" | "pch") => built.headers += 1,
            Some(extension) if BESIDE.contains(&extension) => {
                let name = path.strip_prefix(root).expect("a file of the case").to_path_buf();
                built.files.insert(name, fs::read(&path).expect("a file beside an object"));
            }
            Some(extension) if BESIDE_ONCE.contains(&extension) => {
                built
                    .files
                    .insert(path.strip_prefix(root).expect("a file of the case").to_path_buf(), Vec::new());
            }
            _ => {}
        }
    }
}
