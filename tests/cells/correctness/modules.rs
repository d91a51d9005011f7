//! C++20 modules: no hit is wrong, and a wiped build hits all that can be cached.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use toolchainkit::journal::{Journal, Outcome};
use toolchainkit::launch::journal::read as read_journal;

use super::CACHES;
use crate::cmake_module::{Checkout, tools_for};
use crate::list::{self, tests};
use crate::support::{Run, Sandbox, Tool, Tools, versions};

tests![
    a_wiped_build_hits_and_a_change_recompiles in changes(),
    another_checkout_compiles_its_own_modules in sccaches(),
    ccache_caches_only_sources_that_import,
    modules_are_not_cached_by_older_tools in [Tool::Sccache(versions::sccache("0.14")), Tool::System("ccache")],
    the_modules_of_an_older_clang_are_not_cached in [CACHES[0], CACHES[3]],
    the_modules_of_gcc_and_cl_bypass_the_tool in [CACHES[0], CACHES[3]],
    header_units_are_not_cached in [CACHES[0], CACHES[3]],
    modules_of_others_are_not_cached in [CACHES[0], CACHES[3]],
    the_modules_of_a_package_are_found_in_a_subfolder,
    the_standard_library_is_a_module in if Tools::full() { vec![CACHES[0], CACHES[1]] } else { Vec::new() },
];

const CLANG: Tool = Tool::System("clang++-22");
const SCANNER: Tool = Tool::System("clang-scan-deps-22");

/// The project: a module `a` with an implementation unit and a header, a module `b` with a partition, and a program. The header changes
/// what is compiled for those who import `a`, but not the text that they include.
const FILES: [(&str, &str); 7] = [
    (
        "CMakeLists.txt",
        "\
cmake_minimum_required(VERSION 3.28)
project(modules CXX)
set(CMAKE_CXX_STANDARD 20)
add_library(library STATIC)
target_sources(library PUBLIC FILE_SET CXX_MODULES FILES a.cppm b.cppm part.cppm PRIVATE a.cpp)
add_executable(program main.cpp)
target_link_libraries(program PRIVATE library)
",
    ),
    (
        "place.h",
        "\
#define PLACE 1
/* one two */
template <class T> int line(T, int at = __builtin_LINE()) { return at; }
template <class T> int here(T) { return __builtin_LINE(); }
",
    ),
    (
        "a.cppm",
        "\
module;
#include \"place.h\"
export module a;
export int implementation();
export inline int number() { return PLACE; }
export template <class T> int place(T value) { return here(value); }
",
    ),
    ("a.cpp", "module a;\nint implementation() { return 10; }\n"),
    ("part.cppm", "export module b:part;\nimport a;\nexport inline int part() { return number() * 100; }\n"),
    ("b.cppm", "export module b;\nexport import :part;\nexport inline int sum() { return part() + 1000; }\n"),
    (
        "main.cpp",
        "\
import a;
import b;
extern \"C\" int printf(const char *, ...);
int main() { printf(\"%d %d %d %d\\n\", implementation(), number(), place(1), sum()); }
",
    ),
];
/// The number of its compilations.
const OBJECTS: u64 = 5;

/// A change of the project.
#[derive(Clone, Copy, Debug)]
struct Change {
    name: &'static str,
    /// A file, the text to replace, and its replacement. Without a text, the file is created.
    edits: &'static [(&'static str, &'static str, &'static str)],
    option: &'static str,
    /// What the program prints then.
    output: &'static str,
}

const fn change(
    name: &'static str,
    edits: &'static [(&'static str, &'static str, &'static str)],
    output: &'static str,
) -> Change {
    Change { name, edits, option: "", output }
}

const OUTPUT: &str = "10 1 4 1100\n";

const CHANGES: [Change; 15] = [
    change("a line break in a header of a module", &[("place.h", "one two", "one\ntwo")], "10 1 5 1100\n"),
    change("a macro in a header of a module", &[("place.h", "PLACE 1", "PLACE 2")], "10 2 4 1200\n"),
    change("an interface", &[("a.cppm", "return PLACE;", "return PLACE + 2;")], "10 3 4 1300\n"),
    change("an implementation", &[("a.cpp", "return 10;", "return 11;")], "11 1 4 1100\n"),
    change("a partition", &[("part.cppm", "* 100", "* 200")], "10 1 4 1200\n"),
    change(
        "an added import",
        &[
            ("b.cppm", "export import :part;", "export import :part;\nimport a;"),
            ("b.cppm", "+ 1000", "+ number()"),
        ],
        "10 1 4 101\n",
    ),
    change("a removed import", &[("main.cpp", "import b;\n", "int sum() { return 7; }\n")], "10 1 4 7\n"),
    change(
        "a renamed module",
        &[
            ("a.cppm", "module a;", "module a.c;"),
            ("a.cpp", "module a;", "module a.c;"),
            ("part.cppm", "import a;", "import a.c;"),
            ("main.cpp", "import a;", "import a.c;"),
        ],
        OUTPUT,
    ),
    change(
        "a moved file",
        &[
            (
                "moved/part.cppm",
                "",
                "export module b:part;\nimport a;\nexport inline int part() { return number() * 300; }\n",
            ),
            ("CMakeLists.txt", "part.cppm", "moved/part.cppm"),
        ],
        "10 1 4 1300\n",
    ),
    change("another standard", &[("CMakeLists.txt", "STANDARD 20", "STANDARD 23")], OUTPUT),
    change(
        "a definition",
        &[
            ("a.cppm", "PLACE;", "VALUE;"),
            (
                "CMakeLists.txt",
                "add_executable",
                "target_compile_definitions(library PRIVATE VALUE=5)\nadd_executable",
            ),
        ],
        "10 5 4 1500\n",
    ),
    Change { option: "-DCMAKE_BUILD_TYPE=Debug", ..change("debug information", &[], OUTPUT) },
    Change { option: "-DCMAKE_BUILD_TYPE=Release", ..change("an optimised build", &[], OUTPUT) },
    Change {
        option: "-DCMAKE_CXX_FLAGS=-fno-modules-reduced-bmi",
        ..change("complete module files", &[], OUTPUT)
    },
    change("a comment in a module", &[("a.cppm", "export int", "/* a comment */ export int")], OUTPUT),
];

/// A cache and a part of the changes. Without `--full`, each change has one cell.
#[derive(Clone, Copy)]
struct Cell {
    cache: Tool,
    part: usize,
    parts: usize,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        format!("{}::{}", self.cache.name(), self.part)
    }
}

impl Cell {
    fn changes(self) -> impl Iterator<Item = &'static Change> {
        CHANGES.iter().skip(self.part).step_by(self.parts)
    }
}

fn changes() -> Vec<Cell> {
    let of = |cache, part, parts| Cell { cache, part, parts };
    if Tools::full() {
        let all = |cache| (0..2).map(move |part| of(cache, part, 2));
        return [CACHES[0], CACHES[1], CACHES[3]].into_iter().flat_map(all).collect();
    }
    vec![of(CACHES[0], 0, 2), of(CACHES[1], 1, 2)]
}

fn sccaches() -> Vec<Tool> {
    if Tools::full() { vec![CACHES[0], CACHES[1]] } else { vec![CACHES[0]] }
}

fn tools(cache: Tool) -> Option<Tools> {
    tools_for(&[cache, CLANG, SCANNER])
}

fn checkout<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, cache: Tool) -> Checkout<'a> {
    let shared = sandbox.root().join("shared");
    let call = format!("toolchainkit_enable_cache(PROJECT modules DIR {})", shared.display());
    let checkout = Checkout::sample(sandbox, tools, folder, &call)
        .option("-DCMAKE_CXX_COMPILER=/usr/bin/clang++-22")
        .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tools.path(cache).display()));
    for (path, text) in FILES {
        write(&checkout, path, text);
    }
    checkout
}

fn write(checkout: &Checkout<'_>, path: &str, text: &str) {
    let path = checkout.source.join(path);
    if fs::read_to_string(&path).is_ok_and(|present| present == text) {
        return;
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Writes the project with a change.
fn write_changed(checkout: &Checkout<'_>, change: &Change) {
    let mut texts: BTreeMap<&str, String> =
        FILES.into_iter().map(|(path, text)| (path, text.to_owned())).collect();
    for (path, from, to) in change.edits {
        let text = texts.entry(path).or_default();
        assert!(from.is_empty() || text.contains(from), "{}: {path}", change.name);
        *text = if from.is_empty() { (*to).to_owned() } else { text.replace(from, to) };
    }
    for (path, text) in texts {
        write(checkout, path, &text);
    }
}

/// The objects and the files of the modules with their contents.
fn files(build: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![build.join("CMakeFiles")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == "o" || of == "pcm") {
                let name = path.strip_prefix(build).expect("a file of the build").to_owned();
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found.retain(|path, _| !path.starts_with("CMakeFiles/CMakeScratch"));
    found
}

fn wipe(checkout: &Checkout<'_>) {
    checkout.building().args(["--target", "clean"]).run();
    // Ninja does not remove all files of modules.
    for path in files(&checkout.build_folder()).keys() {
        fs::remove_file(checkout.build_folder().join(path)).expect("a file");
    }
}

fn run(checkout: &Checkout<'_>) -> String {
    checkout.command(checkout.build_folder().join("program")).run().stdout
}

fn journal(checkout: &Checkout<'_>) -> Journal {
    read_journal(&checkout.build_folder()).expect("the journal")
}

/// Builds a change in the folder of another build: first with the files of the other build and a warm cache, then without the cache,
/// and then again with the cache.
fn a_wiped_build_hits_and_a_change_recompiles(cell: Cell) -> Result<String, String> {
    let Some(tools) = tools(cell.cache) else { return Ok("skipped".to_owned()) };
    let sandbox = Sandbox::new("modules").on_path(&tools.ninja());
    let checkout = checkout(&sandbox, &tools, "project", cell.cache);
    // ccache does not store the files of three modules.
    let cacheable = if matches!(cell.cache, Tool::Sccache(_)) { OBJECTS } else { OBJECTS - 3 };
    checkout.configure();
    let (hits, misses) = checkout.counted(|| drop(checkout.build()));
    let mut faults = Vec::new();
    if (hits, misses) != (0, cacheable) || run(&checkout) != OUTPUT {
        faults.push(format!("first build: {hits} hits, {misses} misses, {}", run(&checkout)));
    }
    let mut total = 0;
    for change in cell.changes() {
        write_changed(&checkout, change);
        let configuring = |option: &str| {
            let mut configuring = checkout.configuring();
            for reset in ["-DCMAKE_BUILD_TYPE=", "-DCMAKE_CXX_FLAGS="] {
                configuring.arg(reset);
            }
            if !option.is_empty() {
                configuring.arg(option);
            }
            configuring.run();
        };
        configuring(change.option);
        checkout.build();
        let incremental = (files(&checkout.build_folder()), run(&checkout));
        wipe(&checkout);
        // ccache makes paths relative before it runs the compiler.
        let without_hits =
            if matches!(cell.cache, Tool::Sccache(_)) { "TOOLCHAINKIT_BYPASS" } else { "CCACHE_RECACHE" };
        checkout.building().env(without_hits, "1").run();
        let uncached = (files(&checkout.build_folder()), run(&checkout));
        wipe(&checkout);
        let (hits, misses) = checkout.counted(|| drop(checkout.build()));
        let again = (files(&checkout.build_folder()), run(&checkout));
        total += hits;
        let is_object = |path: &&PathBuf| path.extension().is_some_and(|of| of == "o");
        let mut check = |what: &str, seen: &(BTreeMap<PathBuf, Vec<u8>>, String)| {
            // sccache requests colours, and the file of a module says so. With the cache, it is always the same.
            let expected = |path: &PathBuf| if is_object(&path) { &uncached.0 } else { &again.0 };
            let differs = |path: &&PathBuf| seen.0.get(*path) != expected(path).get(*path);
            let differing: Vec<_> = uncached.0.keys().filter(differs).collect();
            if !differing.is_empty() || seen.1 != change.output {
                faults.push(format!("{}, {what}: {differing:?} differ, output {:?}", change.name, seen.1));
            }
        };
        check("after the change", &incremental);
        if uncached.1 != change.output {
            return Err(format!("{}, uncached: output {:?}", change.name, uncached.1));
        }
        check("wiped", &again);
        if (hits, misses) != (cacheable, 0) {
            faults.push(format!("{}, wiped: {hits} hits, {misses} misses", change.name));
        }
        for (path, from, _) in change.edits {
            if from.is_empty() {
                fs::remove_file(checkout.source.join(path)).expect("an added file");
            }
        }
        write_changed(&checkout, &change_of_nothing());
    }
    let figures = format!("{} changes, {total} hits", cell.changes().count());
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

const fn change_of_nothing() -> Change {
    change("nothing", &[], OUTPUT)
}

/// A `.pcm` file names its sources. The second checkout must not use those of the first one, which may be removed.
fn another_checkout_compiles_its_own_modules(cache: Tool) {
    let Some(tools) = tools(cache) else { return };
    let sandbox = Sandbox::new("modules-checkouts").on_path(&tools.ninja());
    let first = checkout(&sandbox, &tools, "first", cache);
    first.configuring().arg("-DCMAKE_BUILD_TYPE=Debug").run();
    first.build();
    let second = checkout(&sandbox, &tools, "elsewhere/second", cache);
    second.configuring().arg("-DCMAKE_BUILD_TYPE=Debug").run();
    let (hits, misses) = second.counted(|| drop(second.build()));
    assert_eq!((hits, misses), (0, OBJECTS));
    fs::rename(&first.source, sandbox.root().join("gone")).expect("the first checkout can be moved");
    wipe(&second);
    let (hits, misses) = second.counted(|| drop(second.build()));
    assert_eq!((hits, misses), (OBJECTS, 0));
    assert_eq!(run(&second), OUTPUT);
    let path = first.source.to_str().expect("a plain path").as_bytes();
    for (name, content) in files(&second.build_folder()) {
        assert!(
            !content.windows(path.len()).any(|part| part == path),
            "{} names {}",
            name.display(),
            first.source.display()
        );
    }
    let doctor = env!("CARGO_BIN_EXE_toolchainkit");
    let why = second
        .command(doctor)
        .args(["doctor", "--why", "a.cppm", "--build"])
        .arg(second.build_folder())
        .run();
    assert!(why.stdout.contains("other checkouts do not share it"), "{why}");
}

fn ccache_caches_only_sources_that_import() {
    let cache = CACHES[3];
    let Some(tools) = tools(cache) else { return };
    let sandbox = Sandbox::new("modules-ccache").on_path(&tools.ninja());
    let checkout = checkout(&sandbox, &tools, "project", cache);
    checkout.configure();
    checkout.build();
    wipe(&checkout);
    assert_eq!(checkout.counted(|| drop(checkout.build())), (2, 0));
    assert_eq!(run(&checkout), OUTPUT);
    let journal = journal(&checkout);
    let of =
        |reason: &str| journal.entries.iter().filter(|entry| entry.rule.as_deref() == Some(reason)).count();
    assert_eq!(of("module files, ccache"), 6, "{journal:#?}");
}

/// The outcome of the last compilation in the journal, and its reason.
fn last(checkout: &Checkout<'_>) -> (Outcome, String) {
    let journal = journal(checkout);
    let entry = journal.entries.last().expect("an entry");
    (entry.outcome, entry.rule.clone().unwrap_or_default())
}

/// Compiles in the build folder with the launcher.
fn compile(checkout: &Checkout<'_>, line: &str) {
    let words = line.split_whitespace();
    checkout.launcher().args(words).current_dir(checkout.build_folder()).run();
}

#[track_caller]
fn bypasses(checkout: &Checkout<'_>, line: &str, rule: &str) {
    compile(checkout, line);
    assert_eq!(last(checkout), (Outcome::Bypassed, rule.to_owned()), "{line}");
}

/// A configured checkout, with the source of a module and of a program beside it in the build folder.
fn with(cache: Tool, more: &[Tool], trial: impl Fn(&Checkout<'_>)) {
    let Some(tools) = tools_for(&[&[cache, CLANG, SCANNER], more].concat()) else { return };
    let sandbox = Sandbox::new("modules-commands").on_path(&tools.ninja());
    let checkout = checkout(&sandbox, &tools, "project", cache);
    checkout.configure();
    let folder = checkout.build_folder();
    fs::write(folder.join("m.cppm"), "export module m;\nexport inline int f() { return 1; }\n")
        .expect("a source");
    fs::write(folder.join("n.cpp"), "import m;\nint g() { return f(); }\n").expect("a source");
    fs::write(folder.join("h.h"), "inline int h() { return 1; }\n").expect("a header");
    fs::write(folder.join("u.cpp"), "import \"h.h\";\nint g() { return h(); }\n").expect("a source");
    trial(&checkout);
}

/// They hash the name of a `.pcm` file, and not its content.
fn modules_are_not_cached_by_older_tools(cache: Tool) {
    with(cache, &[], |checkout| {
        let rule = "modules, older tools";
        bypasses(checkout, "clang++-22 -std=c++20 -fmodule-output=m.pcm -c m.cppm -o m.o", rule);
        bypasses(checkout, "clang++-22 -std=c++20 -fmodule-file=m=m.pcm -c n.cpp -o n.o", rule);
    });
}

fn the_modules_of_an_older_clang_are_not_cached(cache: Tool) {
    with(cache, &[Tool::System("clang++-14")], |checkout| {
        let line = "clang++-14 -std=c++20 -fmodule-file=m=m.pcm -c plain.cpp -o plain.o";
        fs::write(checkout.build_folder().join("plain.cpp"), "int g() { return 1; }\n").expect("a source");
        bypasses(checkout, line, "modules, older Clang");
    });
}

/// GCC 12 has modules, but CMake scans only with GCC 14 and newer. The command is the one that CMake writes then. For cl.exe, the
/// commands are in `src/launch/rules/tests/mod.rs`.
fn the_modules_of_gcc_and_cl_bypass_the_tool(cache: Tool) {
    with(cache, &[], |checkout| {
        fs::write(checkout.build_folder().join("m.modmap"), "$root .\nm m.gcm\n").expect("a module map");
        let map = "-fmodules-ts -fmodule-mapper=m.modmap -MD -x c++";
        for line in [
            format!("g++ -std=c++20 {map} -MT m.o -MF m.d -o m.o -c m.cppm"),
            format!("g++ -std=c++20 {map} -MT n.o -MF n.d -o n.o -c n.cpp"),
        ] {
            bypasses(checkout, &line, "modules, GCC");
        }
        assert!(checkout.build_folder().join("m.gcm").is_file());
    });
}

fn header_units_are_not_cached(cache: Tool) {
    with(cache, &[], |checkout| {
        let rule = "modules, header units";
        let unit = "clang++-22 -std=c++20 -fmodule-header -o h.pcm h.h";
        checkout.command("/usr/bin/env").args(unit.split(' ')).current_dir(checkout.build_folder()).run();
        bypasses(checkout, "clang++-22 -std=c++20 -fmodule-file=h.pcm -c u.cpp -o u.o", rule);
        bypasses(
            checkout,
            "clang++-22 -std=c++20 -fprebuilt-module-path=. -c u.cpp -fmodule-file=h.pcm -o u.o",
            rule,
        );
    });
}

/// The file of a module that was compiled in another way may not contain the sources.
fn modules_of_others_are_not_cached(cache: Tool) {
    with(cache, &[], |checkout| {
        let module = "clang++-22 -std=c++20 -fmodule-output=m.pcm -c m.cppm -o m.o";
        let import = "clang++-22 -std=c++20 -fmodule-file=m=m.pcm -c n.cpp -o n.o";
        checkout.command("/usr/bin/env").args(module.split(' ')).current_dir(checkout.build_folder()).run();
        bypasses(checkout, import, "modules of others");
        compile(checkout, module);
        compile(checkout, import);
        assert_eq!(last(checkout).0, Outcome::Miss);
        compile(checkout, import);
        assert!(last(checkout).0.is_hit());
    });
}

/// An imported target is visible only in the folder that has called `find_package()`, and the project has no other module. Without the
/// scan, the source that imports the module does not compile.
fn the_modules_of_a_package_are_found_in_a_subfolder() {
    let cache = CACHES[0];
    let Some(tools) = tools(cache) else { return };
    let sandbox = Sandbox::new("modules-package").on_path(&tools.ninja());
    let package = checkout(&sandbox, &tools, "package", cache);
    write(
        &package,
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.28)\nproject(words CXX)\nset(CMAKE_CXX_STANDARD 20)\nadd_library(words STATIC)\n\
         target_sources(words PUBLIC FILE_SET CXX_MODULES FILES words.cppm)\n\
         target_compile_features(words PUBLIC cxx_std_20)\n\
         install(TARGETS words EXPORT words FILE_SET CXX_MODULES DESTINATION lib/words)\n\
         install(EXPORT words NAMESPACE words:: FILE words-config.cmake DESTINATION lib/cmake/words\n\
           CXX_MODULES_DIRECTORY modules)\n",
    );
    write(&package, "words.cppm", "export module words;\nexport int word() { return 7; }\n");
    let installed = sandbox.root().join("installed");
    package.configuring().arg(format!("-DCMAKE_INSTALL_PREFIX={}", installed.display())).run();
    package.building().args(["--target", "install"]).run();

    let user = checkout(&sandbox, &tools, "user", cache)
        .option(&format!("-DCMAKE_PREFIX_PATH={}", installed.display()));
    write(
        &user,
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.28)\nproject(user CXX)\nset(CMAKE_CXX_STANDARD 20)\n\
         set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})\nadd_executable(plain plain.cpp)\nadd_subdirectory(below)\n",
    );
    write(&user, "plain.cpp", "int main() {}\n");
    write(
        &user,
        "below/CMakeLists.txt",
        "find_package(Threads REQUIRED)\nif(WITH_WORDS)\nfind_package(words CONFIG REQUIRED)\n\
         add_executable(program main.cpp)\ntarget_link_libraries(program PRIVATE words::words)\nendif()\n",
    );
    write(
        &user,
        "below/main.cpp",
        "import words;\nextern \"C\" int printf(const char *, ...);\nint main() { printf(\"%d\\n\", word()); }\n",
    );
    let is_scanned = || {
        let text = fs::read_to_string(user.build_folder().join("build.ninja")).expect("build.ninja");
        text.contains("plain.cpp.o.ddi")
    };
    user.configure();
    assert!(!is_scanned(), "a package without modules, in a subfolder");
    user.configuring().arg("-DWITH_WORDS=ON").run();
    assert!(is_scanned());
    user.build();
    assert_eq!(run(&user), "7\n");
}

/// `import std` with libc++, which is experimental in CMake.
fn the_standard_library_is_a_module(cache: Tool) {
    const LIBRARY: &str = "/usr/lib/llvm-22/lib/libc++.modules.json";
    const LISTS: &str = "cmake_minimum_required(VERSION 3.30)\n\
        set(CMAKE_EXPERIMENTAL_CXX_IMPORT_STD f35a9ac6-8463-4d38-8eec-5d6008153e7d)\n\
        project(modules CXX)\nset(CMAKE_CXX_STANDARD 23)\nset(CMAKE_CXX_MODULE_STD ON)\nadd_executable(program main.cpp)\n";
    assert!(Path::new(LIBRARY).is_file(), "libc++-22 is missing; tests/setup.sh --full installs it");
    let Some(tools) = tools(cache) else { return };
    let sandbox = Sandbox::new("modules-std").on_path(&tools.ninja());
    let checkout = checkout(&sandbox, &tools, "project", cache)
        .option("-DCMAKE_CXX_FLAGS=-stdlib=libc++")
        .option(&format!("-DCMAKE_CXX_STDLIB_MODULES_JSON={LIBRARY}"));
    write(&checkout, "CMakeLists.txt", LISTS);
    write(
        &checkout,
        "main.cpp",
        "import std;\nint main() { std::println(\"{}\", std::vector{1, 2}.size()); }\n",
    );
    checkout.configure();
    checkout.build();
    assert_eq!(run(&checkout), "2\n");
    wipe(&checkout);
    assert_eq!(checkout.counted(|| drop(checkout.build())), (3, 0));
    assert_eq!(run(&checkout), "2\n");
}
