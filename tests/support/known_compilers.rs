//! Gives CMake the results of its tests of the compilers.
//!
//! For a first configuration, CMake compiles and links several programs to examine the compilers. This takes 15 times as long as
//! everything else in a small project. CMake stores the results in the build folder, and reads them in the next
//! configuration. Most tests are not about this, so they begin with stored results of the same CMake and the same compilers.
//! With `--full`, they do not.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::run::Run as _;
use super::tools::system;
use super::{Tool, Tools};

/// The options that name a compiler, or change what the results say about it.
const CHANGING_OPTIONS: [&str; 6] =
    ["COMPILER=", "COMPILER:", "FLAGS", "SYSROOT", "SYSTEM_NAME", "--toolchain"];
/// The languages for which an option may name one of the system's compilers.
const LANGUAGES: [&str; 4] = ["C", "CXX", "OBJC", "OBJCXX"];
/// The variables that do the same.
const CHANGING_VARIABLES: [&str; 6] = ["CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CPPFLAGS"];

/// Gives the first configuration of `build` by `configuring` the results for the default compilers, or for compilers of the
/// system that its options name, unless it may use others. `files` are the CMake files that can select compilers.
pub(crate) fn give(configuring: &mut Command, files: &[PathBuf], build: &Path) {
    if Tools::full() || build.join("CMakeCache.txt").exists() || may_use_others(configuring, files) {
        return;
    }
    let Some(version) = version_of(configuring.get_program()) else { return };
    let known = known_for(configuring.get_program(), version, &named(configuring));
    let folder = build.join("CMakeFiles").join(version);
    fs::create_dir_all(&folder).expect("a folder");
    for entry in known.read_dir().expect("the results") {
        let entry = entry.expect("a result");
        fs::copy(entry.path(), folder.join(entry.file_name())).expect("a result can be copied");
    }
    // Otherwise, CMake removes the folder.
    configuring.arg("-DCMAKE_PLATFORM_INFO_INITIALIZED:INTERNAL=1");
}

fn may_use_others(configuring: &Command, files: &[PathBuf]) -> bool {
    let names_one = |text: &str| {
        text.split("_COMPILER").skip(1).any(|rest| !rest.starts_with("_LAUNCHER"))
            || text.contains("CMAKE_SYSTEM_NAME")
            || text.contains("CMAKE_SYSROOT")
            || text.contains("_FLAGS")
    };
    let variable = |name: &str| {
        let found = configuring.get_envs().find(|(known, _)| *known == OsStr::new(name));
        found.and_then(|(_, value)| value)
    };
    let search_path = variable("PATH").unwrap_or_default();
    let is_default = |compiler: &str| {
        let found =
            env::split_paths(search_path).map(|folder| folder.join(compiler)).find(|path| path.is_file());
        found.is_some_and(|found| found == system(compiler))
    };
    configuring.get_args().any(|option| {
        CHANGING_OPTIONS.iter().any(|changing| option.to_string_lossy().contains(changing))
            && compiler_of(option).is_none()
    }) || CHANGING_VARIABLES.iter().any(|name| variable(name).is_some())
        || files.iter().filter_map(|file| fs::read_to_string(file).ok()).any(|text| names_one(&text))
        || !is_default("cc")
        || !is_default("c++")
}

/// The language and the file name, if the option names a compiler of the system.
fn compiler_of(option: &OsStr) -> Option<(&'static str, &str)> {
    let (variable, path) = option.to_str()?.strip_prefix("-DCMAKE_")?.split_once('=')?;
    let language = variable.strip_suffix("_COMPILER")?;
    let language = LANGUAGES.into_iter().find(|known| *known == language)?;
    let name = path.strip_prefix("/usr/bin/").filter(|_| Path::new(path).is_file())?;
    Some((language, name))
}

/// The compilers that the options name.
fn named(configuring: &Command) -> Vec<(&'static str, String)> {
    let compilers = configuring.get_args().filter_map(compiler_of);
    compilers.map(|(language, name)| (language, name.to_owned())).collect()
}

/// The version in the path of an installed CMake.
fn version_of(cmake: &OsStr) -> Option<&'static str> {
    Tools::CMAKES.into_iter().find(|version| {
        Path::new(cmake).components().any(|part| part.as_os_str() == OsStr::new(&format!("cmake-{version}")))
    })
}

/// The folder with the results. The first test that needs it creates it.
fn known_for(cmake: &OsStr, version: &str, compilers: &[(&'static str, String)]) -> PathBuf {
    let names =
        compilers.iter().fold(version.to_owned(), |all, (language, name)| all + "-" + language + "-" + name);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("known-compilers-{names}"));
    // Not `with_extension`, because versions contain dots.
    let lock = File::create(format!("{}.lock", folder.display())).expect("a lock");
    lock.lock().expect("the lock");
    let known = folder.join("known");
    if !known.is_dir() {
        examine(cmake, version, compilers, &folder);
    }
    known
}

fn examine(cmake: &OsStr, version: &str, compilers: &[(&'static str, String)], folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("an unfinished folder can be removed");
    }
    fs::create_dir_all(folder).expect("a folder");
    let others = LANGUAGES[2..].iter().filter(|other| compilers.iter().any(|(named, _)| named == *other));
    let languages: Vec<&str> = LANGUAGES[..2].iter().chain(others).copied().collect();
    let lists = format!("cmake_minimum_required(VERSION 3.15)\nproject(known {})\n", languages.join(" "));
    fs::write(folder.join("CMakeLists.txt"), lists).expect("a project");
    let ninja = Tools::require(&[Tool::Ninja]).expect("Ninja").ninja();
    let named =
        compilers.iter().map(|(language, name)| format!("-DCMAKE_{language}_COMPILER=/usr/bin/{name}"));
    Command::new(cmake)
        .args(["-G", "Ninja"])
        .arg(format!("-DCMAKE_MAKE_PROGRAM={}", ninja.display()))
        .args(named)
        .arg(".")
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .run();
    let cache = fs::read_to_string(folder.join("CMakeCache.txt")).expect("the cache");
    let results = folder.join("CMakeFiles").join(version);
    let unfinished = folder.join("unfinished");
    fs::create_dir(&unfinished).expect("a folder");
    // Not CMakeSystem.cmake: it names the toolchain file.
    for language in languages {
        let name = format!("CMake{language}Compiler.cmake");
        let text = fs::read_to_string(results.join(&name)).expect("a result");
        fs::write(unfinished.join(name), cache_entries(&cache) + &text).expect("a result");
    }
    fs::rename(unfinished, folder.join("known")).expect("the complete folder gets its final name");
}

/// Commands that set the programs which CMake finds with the compilers, as it does itself.
fn cache_entries(cache: &str) -> String {
    let entries = cache.lines().filter_map(|line| line.split_once(":FILEPATH="));
    let entries = entries.filter(|(name, _)| *name != "CMAKE_MAKE_PROGRAM");
    let entries = entries.map(|(name, value)| format!("set({name} \"{value}\" CACHE FILEPATH \"\")\n"));
    entries.chain(["set(CMAKE_EXECUTABLE_FORMAT \"ELF\" CACHE INTERNAL \"\")\n".to_owned()]).collect()
}
