//! Why compilations missed, by difference: each cause is provoked in a real build, and the first cause named is the right one.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::schema::assert_valid;
use crate::support::{Run as _, Sandbox, Tool, Tools, write_script};

tests![
    the_cause_of_a_miss_is_the_difference_to_an_earlier_build in CACHES,
    an_updated_compiler_is_told in CACHES,
    two_machines_are_compared in CACHES,
    an_entry_that_is_gone_is_told in CACHES,
    a_precompiled_header_and_a_profile_are_told in CACHES,
    another_version_of_the_tool_is_told,
    an_evicted_entry_is_told in CACHES,
    what_cannot_be_compared_is_refused,
    a_build_with_hits_only_has_nothing_to_compare,
    the_end_of_a_path_names_a_source in ["Ninja", "Unix Makefiles"],
];

const LISTS: &str = r#"cmake_minimum_required(VERSION 3.16)
project(why LANGUAGES CXX)
set(SHA aaa CACHE STRING "")
set(FLAGS "-fno-rtti;-fno-exceptions" CACHE STRING "")
set(EARLIEST "" CACHE STRING "")
set(VERSION_TEXT 1 CACHE STRING "")
set(MORE "" CACHE STRING "")
set(PATHS "" CACHE STRING "")
configure_file(version.h.in made/version.h)
add_library(o OBJECT a.cpp b.cpp c.cpp)
target_compile_options(o PRIVATE ${FLAGS} -isystem $ENV{HOME}/dep)
target_compile_definitions(o PRIVATE GIT_SHA="${SHA}" ${MORE})
if(PATHS STREQUAL "macro")
  target_compile_definitions(o PRIVATE FLAVOUR="${CMAKE_SOURCE_DIR}/data")
elseif(PATHS STREQUAL "option")
  target_compile_options(o PRIVATE -frandom-seed=${CMAKE_SOURCE_DIR}/seed)
endif()
target_include_directories(o PRIVATE ${EARLIEST} early include ${CMAKE_BINARY_DIR}/made)
"#;

/// A checkout with three sources, which include the same headers.
struct Folder<'a> {
    checkout: Checkout<'a>,
}

impl<'a> Folder<'a> {
    fn new(sandbox: &'a Sandbox, tools: &Tools, folder: &str) -> Self {
        let checkout = Checkout::sample(sandbox, tools, folder, "toolchainkit_enable_cache(PROJECT why)");
        let new = Self { checkout };
        new.write("CMakeLists.txt", LISTS);
        new.write("version.h.in", "#define VERSION \"@VERSION_TEXT@\"\n");
        new.write("include/config.h", "#define CONFIG 1\n");
        new.write("early/other.h", "");
        new.write_dependency("#define DEP 1\n");
        new.write("specs", "# 1\n");
        new.write("build/flags", "-DLEVEL=1\n");
        for name in ["a", "b", "c"] {
            let text = format!(
                "#include <cstdio>\n#include \"config.h\"\n#include \"version.h\"\n#include <dep.h>\n\
                 #if __has_include(<extra.h>)\n#include <extra.h>\n#endif\n\
                 #ifndef LEVEL\n#define LEVEL 0\n#endif\n#ifndef FLAVOUR\n#define FLAVOUR \"\"\n#endif\n\
                 const char *{name} = GIT_SHA VERSION FLAVOUR;\nint f_{name}() {{ return CONFIG + DEP + LEVEL; }}\n"
            );
            new.write(&format!("{name}.cpp"), &text);
        }
        new
    }

    fn path(&self, name: &str) -> PathBuf {
        self.checkout.source.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A header of the system, at the same place in the home folder of each machine.
    fn write_dependency(&self, text: &str) {
        fs::write(self.checkout.sandbox.dir("home/dep").join("dep.h"), text).unwrap();
    }

    fn build(&self, setup: &Setup<'_>) {
        let mut configure = self.checkout.configuring();
        configure.args(setup.options).envs(setup.environment.iter().copied());
        configure.run();
        self.checkout.building().arg("--clean-first").envs(setup.environment.iter().copied()).run();
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let mut command = self.checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        let finished = command.args(arguments).args(["--format", "json"]).run();
        let answer: Value =
            serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}\n{finished}"));
        assert_valid(arguments[0], &answer);
        answer
    }

    fn last_build(&self) -> Value {
        self.ask(&["compare", self.checkout.build_folder().to_str().unwrap()])
    }

    fn journal(&self) -> PathBuf {
        self.checkout.build_folder().join("toolchainkit/journal")
    }
}

/// What differs from the first build: options of CMake, and variables of the environment.
#[derive(Default)]
struct Setup<'a> {
    options: &'a [&'a str],
    environment: &'a [(&'a str, &'a str)],
}

/// Options that undo all others.
fn defaults() -> Vec<String> {
    let set = LISTS.lines().filter_map(|line| line.strip_prefix("set(")?.split_once(' '));
    set.map(|(name, rest)| format!("-D{name}={}", rest.split_once(" CACHE").unwrap().0.trim_matches('"')))
        .chain(["-UCMAKE_CXX_STANDARD", "-DCMAKE_BUILD_TYPE=", "-UCMAKE_SYSROOT"].map(str::to_owned))
        .collect()
}

/// The first cause has this kind and this name, in this number of files.
fn assert_first(answer: &Value, kind: &str, name: &str, number: usize) {
    let first = &answer["causes"][0];
    let found = first["causes"][0]["name"].as_str().unwrap_or_default();
    assert!(
        first["kind"] == kind && found.contains(name) && first["number"] == number,
        "not {kind} {name} in {number} files:\n{answer:#}"
    );
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// One change of the files, and the cause that is named.
struct Case {
    options: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// The name of a file, and its new text; empty for none.
    file: (&'static str, &'static str),
    kind: &'static str,
    name: &'static str,
    number: usize,
}

impl Case {
    const fn options(options: &'static [&'static str], kind: &'static str, name: &'static str) -> Self {
        Self { options, environment: &[], file: ("", ""), kind, name, number: 3 }
    }

    const fn file(name: &'static str, text: &'static str, kind: &'static str, number: usize) -> Self {
        Self { options: &[], environment: &[], file: (name, text), kind, name, number }
    }
}

const CASES: &[Case] = &[
    Case::options(&["-DSHA=bbb"], "macro", "GIT_SHA"),
    Case::options(&["-DMORE=FLAVOUR=\"x\""], "macro", "FLAVOUR"),
    Case::options(&["-DVERSION_TEXT=2"], "generated_header", "version.h"),
    Case::options(&["-DCMAKE_CXX_STANDARD=20"], "option", "-std"),
    Case::options(&["-DFLAGS=-fno-rtti;-fno-exceptions;-Wextra"], "option", "-Wextra"),
    Case::options(&["-DFLAGS=-fno-rtti"], "option", "-fno-exceptions"),
    Case::options(&["-DFLAGS=-fno-exceptions;-fno-rtti"], "option_order", ""),
    Case::options(&["-DFLAGS=-fno-rtti;-fno-exceptions;-march=native"], "option", "-march=native"),
    Case::options(&["-DCMAKE_BUILD_TYPE=Release"], "build_type", ""),
    Case::options(&["-DCMAKE_BUILD_TYPE=RelWithDebInfo"], "build_type", ""),
    Case::options(&["-DEARLIEST=earliest"], "include_folder", "earliest"),
    Case::options(&["-DCMAKE_SYSROOT=/"], "include_folder", "/"),
    Case { environment: &[("CPATH", "../extra")], ..Case::options(&[], "environment", "CPATH") },
    Case::options(&["-DFLAGS=-fno-rtti;-fno-exceptions;@flags"], "macro", "LEVEL"),
    Case::file("include/config.h", "#define CONFIG 2\n", "project_header", 3),
    Case::file("early/config.h", "#define CONFIG 1\n", "header_place", 3),
    Case::file("../home/dep/dep.h", "#define DEP 2\n", "system_header", 3),
    Case::file("a.cpp", "#include \"config.h\"\nint edited = CONFIG;\n", "source", 1),
];

fn the_cause_of_a_miss_is_the_difference_to_an_earlier_build(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("why").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let folder = Folder::new(&sandbox, &tools, "project");
    folder.write("earliest/config.h", "#define CONFIG 7\n");
    folder.write("extra/extra.h", "#define FLAVOUR \"extra\"\n");
    folder.build(&Setup::default());
    assert_first(&folder.last_build(), "first_time", "", 3);
    let kept = sandbox.root().join("kept");
    copy_folder(&folder.journal(), &kept);
    let defaults = defaults();
    for case in CASES {
        // Every case is compared with the first build.
        fs::remove_dir_all(folder.journal()).unwrap();
        copy_folder(&kept, &folder.journal());
        let path = folder.path(case.file.0);
        let before = fs::read(&path).ok();
        if !case.file.0.is_empty() {
            folder.write(case.file.0, case.file.1);
        }
        let options: Vec<&str> =
            defaults.iter().map(String::as_str).chain(case.options.iter().copied()).collect();
        folder.build(&Setup { options: &options, environment: case.environment });
        let answer = folder.last_build();
        let name = case.name.trim_start_matches("../home/");
        let name = if case.kind == "header_place" { "config.h" } else { name };
        assert_first(&answer, case.kind, name, case.number);
        match before {
            Some(before) if !case.file.0.is_empty() => fs::write(&path, before).unwrap(),
            None if !case.file.0.is_empty() => fs::remove_file(&path).unwrap(),
            _ => {}
        }
    }
}

/// A script in the sandbox that runs this compiler.
fn install_compiler(sandbox: &Sandbox, compiler: &str) -> String {
    let path = sandbox.dir("compiler").join("g++");
    write_script(&path, &format!("#!/bin/sh\nexec {compiler} \"$@\"\n"));
    path.to_str().unwrap().to_owned()
}

fn an_updated_compiler_is_told(cache: Tool) {
    let Some(tools) = tools_for(&[cache, Tool::System("clang++")]) else { return };
    let sandbox = Sandbox::new("updated").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let mut folder = Folder::new(&sandbox, &tools, "project");
    folder.checkout = folder.checkout.env("CXX", &install_compiler(&sandbox, "g++"));
    folder.build(&Setup::default());
    install_compiler(&sandbox, "/usr/bin/g++");
    folder.build(&Setup::default());
    assert_first(&folder.last_build(), "compiler_content", "g++", 3);
    install_compiler(&sandbox, "clang++");
    folder.build(&Setup::default());
    let answer = folder.last_build();
    if cache == CACHES[0] {
        assert_first(&answer, "compiler", "", 3);
        let sentence = answer["causes"][0]["sentence"].as_str().unwrap();
        assert!(sentence.contains("g++ 1") && sentence.contains("clang version 1"), "{sentence}");
    } else {
        // Without a supervisor, the launcher does not ask the compiler for its version.
        assert_first(&answer, "compiler_content", "g++", 3);
    }
}

fn two_machines_are_compared(cache: Tool) {
    let Some(tools) = tools_for(&[cache, Tool::System("clang++")]) else { return };
    let machines = ["machine-a", "machine-b"]
        .map(|name| Sandbox::new(name).on_path(&tools.ninja()).on_path(&tools.path(cache)));
    let here = Folder::new(&machines[0], &tools, "project");
    let there = Folder::new(&machines[1], &tools, "another/place");
    let export = |folder: &Folder<'_>| {
        let file = folder.checkout.sandbox.root().join("export.json");
        let mut command = folder.checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command
            .args(["stats", "--export"])
            .arg(&file)
            .arg("--build")
            .arg(folder.checkout.build_folder())
            .run();
        file.to_str().unwrap().to_owned()
    };
    let mut exported = String::new();
    let compare = |exported: &str| here.ask(&["compare", exported, &export(&there)]);
    for (build_here, options, environment, kind, name) in [
        // Only the folder of the cache is another one.
        (true, &[][..], &[][..], "storage", "location"),
        (false, &["-DSHA=ccc"], &[], "macro", "GIT_SHA"),
        (false, &["-DFLAGS=-fno-exceptions;-fno-rtti"], &[], "option_order", ""),
        (false, &["-DFLAGS=-fno-rtti;-fno-exceptions;-O1"], &[], "option", "-O1"),
        (false, &["-DCMAKE_BUILD_TYPE=Release"], &[], "build_type", ""),
        (false, &["-DVERSION_TEXT=3"], &[], "generated_header", "version.h"),
        (false, &[], &[("CPATH", "../extra")], "environment", "CPATH"),
        (true, &["-DPATHS=macro"], &[], "path_in_macro", "FLAVOUR"),
        (true, &["-DPATHS=option"], &[], "path_in_option", "-frandom-seed"),
    ] {
        let options: Vec<String> =
            defaults().into_iter().chain(options.iter().map(|option: &&str| (*option).to_owned())).collect();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        if build_here {
            here.build(&Setup { options: &options, environment });
            exported = export(&here);
        } else {
            there.write("extra/extra.h", "#define FLAVOUR \"extra\"\n");
        }
        there.build(&Setup { options: &options, environment });
        let answer = compare(&exported);
        assert_first(&answer, kind, name, 3);
    }
    // The first build of both is compared with the files that differ.
    let plain = |folder: &Folder<'_>| {
        let options = defaults();
        let options: Vec<&str> = options.iter().map(String::as_str).chain(["-DSHA=ddd"]).collect();
        folder.build(&Setup { options: &options, environment: &[] });
    };
    plain(&here);
    exported = export(&here);
    there.write_dependency("#define DEP 5\n");
    plain(&there);
    assert_first(&compare(&exported), "system_header", "dep.h", 3);
    there.write_dependency("#define DEP 1\n");
    there.write("b.cpp", "int only_there;\n");
    there.write("c.cpp", "const char *time = __TIME__;\n");
    here.write("c.cpp", "const char *time = __TIME__;\n");
    plain(&there);
    plain(&here);
    exported = export(&here);
    let answer = compare(&exported);
    for (kind, name) in [("source", "b.cpp"), ("time_macro", "__TIME__")] {
        let causes = answer["causes"].as_array().unwrap();
        let found = causes.iter().find(|cause| cause["kind"] == kind).unwrap_or_else(|| panic!("{answer:#}"));
        assert!(found["causes"][0]["name"] == name && found["number"] == 1, "{found:#}");
    }

    // Neither the path of the checkout nor that of the home folder is in the file.
    let text = fs::read_to_string(&exported).unwrap();
    for folder in [&here.checkout.source, &machines[0].home()] {
        assert!(!text.contains(folder.to_str().unwrap()), "{text}");
    }
}

fn an_entry_that_is_gone_is_told(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("gone").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let folder = Folder::new(&sandbox, &tools, "project");
    folder.write("c.cpp", "const char *time = __TIME__;\n");
    folder.build(&Setup::default());
    thread::sleep(Duration::from_millis(1100));
    folder.build(&Setup::default());
    let answer = folder.last_build();
    assert_eq!((answer["hits"].as_u64(), answer["misses"].as_u64()), (Some(2), Some(1)), "{answer:#}");
    assert_first(&answer, "time_macro", "__TIME__", 1);
    let why = |file: &str| {
        let build = folder.checkout.build_folder();
        let answer = folder.ask(&["doctor", "--why", file, "--build", build.to_str().unwrap()]);
        answer["compilations"].clone()
    };
    let answer = why("c.cpp");
    assert_eq!(answer[0]["last_miss"]["causes"][0]["kind"], "time_macro", "{answer:#}");
    assert_eq!(answer[0]["last_miss"]["was_hit_later"], false, "{answer:#}");

    folder.checkout.wipe_local_cache();
    folder.build(&Setup::default());
    let answer = folder.last_build();
    assert_first(&answer, "gone", "emptied", 2);
    folder.build(&Setup::default());
    let answer = why("a.cpp");
    assert_eq!(answer[0]["last_miss"]["was_hit_later"], true, "{answer:#}");
    assert_eq!(answer[0]["last_miss"]["causes"][0]["kind"], "gone", "{answer:#}");
}

/// Options with files that the compiler reads besides the headers.
const FILES: &str = "cmake_minimum_required(VERSION 3.16)\nproject(why LANGUAGES CXX)\n\
    add_library(p OBJECT p.cpp q.cpp)\ntarget_precompile_headers(p PRIVATE pch.h)\n\
    add_library(u OBJECT u.cpp)\n\
    target_compile_options(u PRIVATE -O1 -fprofile-use=${CMAKE_SOURCE_DIR}/u.gcda)\n";

fn a_precompiled_header_and_a_profile_are_told(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("files").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let folder = Folder::new(&sandbox, &tools, "project");
    folder.write("CMakeLists.txt", FILES);
    folder.write("pch.h", "#define PCH 1\n");
    for name in ["p", "q"] {
        folder.write(&format!("{name}.cpp"), &format!("int {name}() {{ return PCH; }}\n"));
    }
    folder.write("u.cpp", "int u(int n) { int s = 0; while (n--) { if (n % 3) s += n; } return s; }\n");
    folder.write("main.cpp", "int u(int); int main() { return u(9000) == 1; }\n");
    // Each run of the program adds to the profile.
    let profile = |command: &str| {
        let script =
            format!("mkdir -p ../profile && cd ../profile && {command} && ./program && cp u.gcda ../project");
        folder.checkout.command("sh").args(["-ec", &script]).run();
    };
    profile(
        "g++ -O1 -fprofile-generate -c ../project/u.cpp && g++ -fprofile-generate ../project/main.cpp u.o -o program",
    );
    folder.build(&Setup::default());
    assert_first(&folder.last_build(), "first_time", "", if cache == CACHES[0] { 3 } else { 4 });

    folder.write("pch.h", "#define PCH 2\n");
    profile(":");
    // ccache does not store what was changed just before.
    thread::sleep(Duration::from_millis(1100));
    folder.build(&Setup::default());
    let answer = folder.last_build();
    assert_first(&answer, "project_header", "pch.h", 3);
    let kinds: Vec<&Value> =
        answer["causes"].as_array().unwrap().iter().map(|cause| &cause["kind"]).collect();
    if cache == CACHES[0] {
        assert_eq!(kinds, ["project_header"], "sccache does not cache -fprofile-use with GCC\n{answer:#}");
    } else {
        assert_eq!(kinds, ["project_header", "input_file"], "{answer:#}");
        let profile = &answer["causes"][1];
        let sentence = "the file u.gcda of the option -fprofile-use has other content now";
        assert!(profile["number"] == 1 && profile["sentence"] == sentence, "{answer:#}");
    }
    let build = folder.checkout.build_folder();
    let why = folder.ask(&["doctor", "--why", "p.cpp", "--build", build.to_str().unwrap()]);
    let causes = &why["compilations"][0]["last_miss"]["causes"];
    assert!(causes[0]["kind"] == "project_header" && causes[0]["name"] == "pch.h", "{why:#}");
}

/// sccache 0.16 has other keys than 0.10.
fn another_version_of_the_tool_is_told() {
    let versions = [Tool::Sccache(Tools::SCCACHES[0]), CACHES[0]];
    let Some(tools) = tools_for(&versions) else { return };
    let sandbox = Sandbox::new("version").on_path(&tools.ninja());
    let folder = Folder::new(&sandbox, &tools, "project");
    for (version, kind) in versions.iter().zip(["first_time", "tool"]) {
        let path = format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tools.path(*version).display());
        folder.build(&Setup { options: &[&path], environment: &[] });
        assert_first(&folder.last_build(), kind, "", 3);
    }
}

/// The cache has room for two of the three objects.
fn an_evicted_entry_is_told(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("evicted").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let mut folder = Folder::new(&sandbox, &tools, "project");
    let (variable, size) =
        if cache == CACHES[0] { ("SCCACHE_CACHE_SIZE", "150K") } else { ("CCACHE_MAXSIZE", "150K") };
    folder.checkout = folder.checkout.env(variable, size);
    folder.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.16)\nproject(why LANGUAGES CXX)\n\
        foreach(name a b c)\nadd_library(${name} OBJECT ${name}.cpp)\nendforeach()\n",
    );
    let mut state = 1_u32;
    for name in ["a", "b", "c"] {
        let numbers = (0..15_000).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            format!("{state}u,")
        });
        folder.write(
            &format!("{name}.cpp"),
            &format!("extern const unsigned {name}[] = {{{}}};\n", numbers.collect::<String>()),
        );
    }
    folder.checkout.configure();
    let build = |targets: &[&str]| {
        folder.checkout.building().arg("--clean-first").arg("--target").args(targets).run();
        folder.last_build()
    };
    assert_first(&build(&["a"]), "first_time", "", 1);
    build(&["b"]);
    build(&["c"]);
    let (targets, hits) = if cache == CACHES[0] {
        (&["c", "a"][..], 1)
    } else {
        // ccache removes any entry, and not always at once.
        folder.checkout.ask(&["--cleanup"]);
        (&["a", "b", "c"][..], 2)
    };
    let answer = build(targets);
    assert_eq!((answer["hits"].as_u64(), answer["misses"].as_u64()), (Some(hits), Some(1)), "{answer:#}");
    assert_first(&answer, "gone", "evicted", 1);
}

fn what_cannot_be_compared_is_refused() {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("refused").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let folder = Folder::new(&sandbox, &tools, "project");
    folder.write("text", "{}");
    folder.write("newer", "{\"format\":\"toolchainkit-journal\",\"version\":99,\"toolchainkit\":\"9.9\"}");
    fs::create_dir_all(folder.checkout.build_folder()).unwrap();
    for (arguments, words) in [
        (["missing", "text"], "cannot compare missing: "),
        (["text", "build"], "cannot compare text: it is not a file of `toolchainkit stats --export`"),
        (
            ["newer", "build"],
            "it was written by toolchainkit 9.9, which is newer than this one; update toolchainkit",
        ),
        (
            ["build", "build"],
            "cannot compare build: this folder has no journal; `toolchainkit-launch` writes one",
        ),
    ] {
        let refused = folder
            .checkout
            .command(env!("CARGO_BIN_EXE_toolchainkit"))
            .arg("compare")
            .args(arguments)
            .run_expecting(2);
        assert!(refused.stderr.contains(words), "{refused}");
    }
}

fn a_build_with_hits_only_has_nothing_to_compare() {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("only-hits").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let folder = Folder::new(&sandbox, &tools, "project");
    for _ in 0..2 {
        let _ = fs::remove_dir_all(folder.checkout.build_folder());
        folder.checkout.configure();
        folder.checkout.build();
    }
    let ours = || folder.checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    let refused = ours().args(["compare", "build", "build"]).run_expecting(2);
    let reason =
        "all of its compilations were hits, and what goes into one is recorded only if the compiler runs";
    assert!(refused.stderr.starts_with(&format!("error: cannot compare build: {reason}")), "{refused}");
    let refused = ours().args(["stats", "--build", "build", "--export", "journal.json"]).run_to_any_end();
    assert!(refused.code() != Some(0) && refused.stderr.contains(reason), "{refused}");
    let last = ours().args(["compare", "build"]).run();
    assert!(last.stdout.starts_with("last build: 3 hits, 0 misses\n"), "{last}");
}

/// `doctor --why` finds a source that is not in the working folder.
fn the_end_of_a_path_names_a_source(generator: &'static str) {
    let Some(tools) = tools_for(&[CACHES[1]]) else { return };
    let sandbox = Sandbox::new("ends").on_path(&tools.ninja()).on_path(&tools.path(CACHES[1]));
    let folder = Folder::new(&sandbox, &tools, "project");
    folder.write("CMakeLists.txt", &format!("{LISTS}add_library(p OBJECT more/a.cpp more/d.cpp)\n"));
    for name in ["more/a.cpp", "more/d.cpp"] {
        folder.write(name, "int in_more;\n");
    }
    folder.checkout.configuring().args(["-G", generator]).run();
    folder.checkout.build();
    let why = |file: &str| {
        let mut command = folder.checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command.current_dir(folder.checkout.build_folder()).args(["doctor", "--build", ".", "--why", file]);
        command
    };
    for file in ["d.cpp", "more/a.cpp", "b.cpp"] {
        let answer = why(file).run();
        assert!(answer.stdout.contains(&format!("{file} (")), "{answer}");
    }
    let several = why("a.cpp").run_expecting(2);
    assert!(
        several.stderr.contains("error: a.cpp can be one of several files; name one of them: "),
        "{several}"
    );
    assert!(several.stderr.contains("project/a.cpp, ") && several.stderr.contains("more/a.cpp"), "{several}");
    let none = why("nothing.cpp").run_expecting(2);
    assert!(none.stderr.contains("no target in ") && none.stderr.contains(" compiles nothing.cpp"), "{none}");
}
