//! `toolchainkit doctor` with real builds: the checks, and the reasons why a source file is not cached.

pub(crate) mod chain;

use std::fs;

use serde_json::Value;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::{CMake, tests};
use crate::support::{Finished, Run, Sandbox, Tool, Tools, versions};

tests![
    the_reason_for_a_compilation_is_reported in caches_and_generators(),
    compilations_without_the_cache_by_the_script_are_explained,
    a_path_map_of_the_project_is_explained in [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE)],
    all_checks_pass_for_a_working_cache in CACHES,
    a_broken_cache_gives_exit_code_8,
    an_unreachable_remote_is_a_note_and_not_an_error,
    precompiled_headers_with_microsofts_options_are_explained,
];

const CALL: &str = "toolchainkit_enable_cache(PROJECT project_with_problems)";

fn doctor(checkout: &Checkout, arguments: &[&str], code: i32) -> Finished {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.arg("doctor").args(arguments).arg("--build").arg(checkout.build_folder());
    command.run_expecting(code)
}

/// The single answer about `file`, with this outcome.
fn why(checkout: &Checkout, file: &str, outcome: &str, code: i32) -> Value {
    let finished = doctor(checkout, &["--format", "json", "--why", file], code);
    let document: Value =
        serde_json::from_str(&finished.stdout).unwrap_or_else(|error| panic!("{error}\n{finished}"));
    let answers = &document["compilations"];
    assert_eq!(answers.as_array().map(Vec::len), Some(1), "{finished}");
    assert_eq!(answers[0]["outcome"], outcome, "{file}\n{finished}");
    answers[0].clone()
}

fn has(answer: &Value, member: &str, words: &str) {
    assert!(
        answer[member].as_str().is_some_and(|text| text.contains(words)),
        "{member}: {words}\n{answer:#}"
    );
}

/// A project in C with a target for each problem.
fn project_with_problems<'a>(sandbox: &'a Sandbox, tools: &Tools, generator: &'static str) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, "project", CALL).with_generator(generator);
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(project_with_problems LANGUAGES C)\n\
        add_library(well OBJECT well.c)\n\
        add_library(temporary OBJECT temporary.c)\ntarget_compile_options(temporary PRIVATE -save-temps)\n\
        add_library(timed OBJECT timed.c)\n\
        add_library(alone OBJECT alone.c)\nset_target_properties(alone PROPERTIES C_COMPILER_LAUNCHER \"\")\n\
        add_library(wrong OBJECT EXCLUDE_FROM_ALL wrong.c)\n\
        add_library(unity OBJECT first.c second.c)\nset_target_properties(unity PROPERTIES UNITY_BUILD ON)\n\
        add_library(data OBJECT data.c)\n\
        add_library(profiled OBJECT profiled.c)\ntarget_compile_options(profiled PRIVATE -fbranch-probabilities)\n\
        configure_file(place.h.in made/place.h)\n\
        add_library(placed OBJECT placed.c)\ntarget_include_directories(placed PRIVATE ${CMAKE_BINARY_DIR}/made)\n\
        add_subdirectory(\"sub folder\")\n";
    let write = |name: &str, text: &str| fs::write(checkout.source.join(name), text).unwrap();
    fs::create_dir_all(checkout.source.join("sub folder")).unwrap();
    write("CMakeLists.txt", lists);
    write(
        "sub folder/CMakeLists.txt",
        "add_library(sub OBJECT sub.c)\ntarget_compile_definitions(sub PRIVATE \"TEXT=\\\"a b\\\"\")\n",
    );
    for name in ["well", "temporary", "alone", "first", "second", "profiled"] {
        write(&format!("{name}.c"), &format!("int {name}(void) {{ return 1; }}\n"));
    }
    write("sub folder/sub.c", "const char *text = TEXT;\n");
    write("timed.c", "const char *when = __TIME__;\n");
    write("wrong.c", "#error wrong on purpose\n");
    write("part.h", "");
    write("data.c", "/* Without incbin. */ int data;\n");
    write("place.h.in", "#define PLACE \"@CMAKE_SOURCE_DIR@/data\"\n");
    write("placed.c", "#include \"place.h\"\nconst char *place = PLACE;\n");
    checkout
}

/// Each cache with each generator, or a subset that contains each of them.
fn caches_and_generators() -> Vec<(Tool, &'static str, CMake)> {
    let setups = [
        ("Ninja", Tools::CMAKE),
        ("Ninja Multi-Config", versions::cmake("3.21")),
        ("Unix Makefiles", versions::cmake("3.18")),
    ];
    let mut cells = Vec::new();
    for (index, cache) in CACHES.into_iter().enumerate() {
        let setups = setups.into_iter().enumerate();
        let chosen = setups.filter(|(other, _)| Tools::full() || *other != index + 1);
        cells.extend(chosen.map(|(_, (generator, version))| (cache, generator, CMake(version))));
    }
    cells
}

fn the_reason_for_a_compilation_is_reported((cache, generator, CMake(version)): (Tool, &'static str, CMake)) {
    let Some(tools) = tools_for(&[cache, Tool::CMake(version)]) else { return };
    let sandbox = Sandbox::new("doctor").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project_with_problems(&sandbox, &tools, generator).with_cmake(&tools, version);
    checkout.configure();

    let new = why(&checkout, "well.c", "new", 0);
    has(&new, "because", "was not in the cache");
    assert!(
        !checkout.build_folder().join("CMakeFiles/well.dir/well.c.o").exists(),
        "doctor changed the build folder"
    );
    why(&checkout, "well.c", "hit", 0);
    why(&checkout, "sub folder/sub.c", "new", 0);
    why(&checkout, "sub folder/sub.c", "hit", 0);
    // The build gets hits from the objects that doctor stored.
    checkout.build();
    let (hits, _) = checkout.counted(|| drop(checkout.rebuild()));
    assert!(hits >= 3, "{hits} hits");

    has(&why(&checkout, "temporary.c", "uncacheable", 0), "because", "-save-temps");
    has(&why(&checkout, "alone.c", "bypassed", 0), "help", "COMPILER_LAUNCHER");
    has(&why(&checkout, "wrong.c", "fails", 0), "because", "wrong on purpose");
    has(&why(&checkout, "first.c", "hit", 0), "source", "unity_0_c.c");
    let timed = why(&checkout, "timed.c", "volatile", 0);
    has(&timed, "because", "when = \"");
    has(&timed, "help", "__TIME__");
    why(&checkout, "placed.c", "hit", 0);
    if cache == CACHES[0] {
        has(&why(&checkout, "data.c", "bypassed", 0), "because", "incbin");
        has(&why(&checkout, "profiled.c", "bypassed", 0), "because", "-fbranch-probabilities");
        let dated = checkout
            .command(env!("CARGO_BIN_EXE_toolchainkit"))
            .args(["doctor", "--why", "timed.c", "--build"])
            .arg(checkout.build_folder())
            .env("SOURCE_DATE_EPOCH", "1700000000")
            .run();
        assert!(dated.stdout.contains("it uses the date from SOURCE_DATE_EPOCH"), "{dated}");
        has(&why(&checkout, "placed.c", "hit", 0), "unshared", "made/place.h:");
        let sentence = doctor(&checkout, &["--why", "placed.c"], 0);
        let unshared =
            "\n  a file that it may include contains a string that begins with the path of this checkout";
        assert!(sentence.stdout.contains(unshared), "{sentence}");
    } else {
        why(&checkout, "data.c", "hit", 0);
    }
    let refused = doctor(&checkout, &["--why", "part.h"], 2);
    assert!(refused.stderr.contains("for a header, give a source file that includes it"), "{refused}");

    let sentence = doctor(&checkout, &["--why", "temporary.c"], 0);
    assert!(sentence.stdout.contains("temporary.c.o): it cannot be cached, because "), "{sentence}");
    assert!(sentence.stdout.contains("`-save-temps`: remove the option"), "{sentence}");
}

/// The script runs the compiler without the cache in more cases.
/// A well-known test framework maps the path of its sources by default.
fn a_path_map_of_the_project_is_explained(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("map").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = "toolchainkit_enable_cache()\nadd_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    checkout.configure();
    checkout.build();
    let answer = why(&checkout, "c_0.c", "hit", 0);
    if cache == Tool::Sccache(Tools::NEWEST_SCCACHE) {
        assert!(answer["unshared"].is_null(), "{answer}");
    } else {
        has(&answer, "unshared", "-ffile-prefix-map");
    }
}

fn compilations_without_the_cache_by_the_script_are_explained() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("doctor-script").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = project_with_problems(&sandbox, &tools, "Ninja").with_fallback();
    let lists = checkout.source.join("CMakeLists.txt");
    let more = "target_compile_options(well PRIVATE -march=native)\ntarget_compile_options(first PRIVATE @options)\n";
    let text =
        fs::read_to_string(&lists).unwrap().replace("unity OBJECT first.c second.c", "first OBJECT first.c");
    let text = text.replace("set_target_properties(unity PROPERTIES UNITY_BUILD ON)\n", "");
    fs::write(&lists, text + more).unwrap();
    checkout.configure();
    fs::write(checkout.build_folder().join("options"), "-DA=1\n").unwrap();
    has(&why(&checkout, "profiled.c", "bypassed", 0), "because", "-fbranch-probabilities");
    has(&why(&checkout, "data.c", "bypassed", 0), "because", "incbin");
    let native = why(&checkout, "well.c", "bypassed", 0);
    has(&native, "because", "for the processor of this machine");
    has(&native, "help", "toolchainkit install");
    has(&why(&checkout, "first.c", "bypassed", 0), "because", "response file");
    let timed = why(&checkout, "sub folder/sub.c", "new", 0);
    has(&timed, "unshared", "only this checkout gets hits");
}

fn all_checks_pass_for_a_working_cache(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("well").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project_with_problems(&sandbox, &tools, "Ninja");
    checkout.configure();
    let finished = doctor(&checkout, &[], 0);
    assert!(
        finished.stdout.contains("ok        compilation a trial file was stored and then hit\n"),
        "{finished}"
    );
    checkout.build();
    let finished = doctor(&checkout, &[], 0);
    assert!(finished.stdout.contains("not cached  1, because "), "{finished}");
    let checks: Value = serde_json::from_str(&doctor(&checkout, &["--format", "json"], 0).stdout).unwrap();
    let checks = &checks["findings"];
    let about: Vec<&str> =
        checks.as_array().unwrap().iter().map(|check| check["about"].as_str().unwrap()).collect();
    assert!(
        ["build", "cache", "tool", "compilation", "statistics", "not cached"]
            .iter()
            .all(|name| about.contains(name))
    );
    assert_eq!(about.contains(&"daemon"), cache == CACHES[0]);
    assert!(checks.as_array().unwrap().iter().all(|check| check["state"] != "broken"), "{checks:#}");
}

fn a_broken_cache_gives_exit_code_8() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("broken").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    // No tool.
    let none =
        Checkout::sample(&sandbox, &tools, "none", "toolchainkit_enable_cache(TOOL sccache MIN_VERSION 99)");
    none.configure();
    let finished = doctor(&none, &[], 8);
    assert!(finished.stdout.contains("BROKEN    cache       this build uses no cache: "), "{finished}");
    doctor(&none, &["--why", "main.c"], 8);

    // A read-only storage.
    let call = "toolchainkit_enable_cache(TOOL sccache REMOTE disk SCCACHE_SETTINGS SCCACHE_LOCAL_RW_MODE=READ_ONLY)";
    let read_only = Checkout::sample(&sandbox, &tools, "read-only", call);
    read_only.configure();
    let finished = doctor(&read_only, &[], 8);
    assert!(
        finished.stdout.contains("BROKEN    compilation the storage did not accept the object"),
        "{finished}"
    );
    has(&why(&read_only, "main.c", "not-stored", 8), "help", "read-only access");

    // A tool that was removed.
    let program = sandbox.dir("gone").join("ccache");
    fs::copy(tools.path(CACHES[1]), &program).unwrap();
    let gone = Checkout::sample(&sandbox, &tools, "without", CALL)
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().unwrap());
    gone.configure();
    doctor(&gone, &[], 0);
    fs::remove_file(&program).unwrap();
    let finished = doctor(&gone, &[], 8);
    assert!(finished.stdout.contains("BROKEN    tool        "), "{finished}");
    assert!(finished.stdout.contains("cannot be run"), "{finished}");
}

fn an_unreachable_remote_is_a_note_and_not_an_error() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("away").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let call = "toolchainkit_enable_cache(REMOTE redis SERVERS 127.0.0.1:1 SCCACHE_SETTINGS SCCACHE_REDIS_ENDPOINT=tcp://{SERVER})";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    checkout.configure();
    let finished = doctor(&checkout, &[], 0);
    assert!(
        finished.stdout.contains("instead of the configured cache: remote redis does not answer"),
        "{finished}"
    );
}

fn precompiled_headers_with_microsofts_options_are_explained() {
    let Some(tools) = tools_for(&[CACHES[0], Tool::System("clang-cl-14")]) else { return };
    let sandbox = Sandbox::new("microsoft").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", CALL);
    let toolchain = checkout.source.join("cmake/toolchain.cmake");
    let call = fs::read_to_string(&toolchain).unwrap();
    let cross = "set(CMAKE_SYSTEM_NAME Windows)\nset(CMAKE_CXX_COMPILER /usr/bin/clang-cl-14)\n\
        set(CMAKE_RC_COMPILER /bin/true)\nset(CMAKE_MT /bin/true)\nset(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)\n";
    fs::write(&toolchain, format!("{cross}{call}")).unwrap();
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(p LANGUAGES CXX)\nadd_library(o OBJECT a.cpp b.cpp)\n\
        target_precompile_headers(o PRIVATE a.h)\nset_source_files_properties(b.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)\n";
    for (name, text) in [
        ("CMakeLists.txt", lists),
        ("a.h", "#define A 1\n"),
        ("a.cpp", "int a = A;\n"),
        ("b.cpp", "int b;\n"),
    ] {
        fs::write(checkout.source.join(name), text).unwrap();
    }
    checkout.rebuild_from_scratch();
    has(&why(&checkout, "a.cpp", "uncacheable", 0), "help", "use ccache for this build");
    why(&checkout, "b.cpp", "hit", 0);
}
