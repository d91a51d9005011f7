//! Launchers and compilers of the project, the user or the environment that keep compilations from the cache: each is told at
//! configure time and by `doctor`, and the printed change makes the build hit.

use std::fs;
use std::os::unix::fs::symlink;

use super::{CACHES, Checkout, tools_for};
use crate::list::{CMake, Cell, pairs, tests};
use crate::support::removing::remove_folder;
use crate::support::{Finished, Run, Sandbox, Tool, Tools, versions};

tests![
    another_launcher_is_told_and_the_printed_change_makes_the_build_hit in WAYS,
    doctor_finds_the_launcher_with_every_generator_and_cmake in pairs(["Ninja", "Unix Makefiles", "Ninja Multi-Config"], [versions::cmake("3.18"), Tools::CMAKE].map(CMake)),
    a_compiler_that_is_another_cache_is_told,
    a_link_to_another_cache_as_the_compiler_hits in CACHES,
    targets_before_the_call_are_told,
    the_launcher_of_ctest_keeps_the_cache,
    an_excluded_target_is_a_note_and_not_an_error,
    an_excluded_language_is_a_degraded_cache,
    compile_commands_change_nothing,
    tracers_switch_the_cache_off in ["CODEQL_TRACER_LOG", "COVERITY_LD_PRELOAD"],
    a_tracer_that_starts_after_the_configuration_sees_the_compilers in ["program", "script"],
    a_path_map_of_the_project_is_told in [Tool::Sccache(Tools::SCCACHE), Tool::Sccache(Tools::NEWEST_SCCACHE), CACHES[1]],
];

/// A way in which a compilation gets another launcher. `#` at the end of a line marks the lines that the message tells to
/// remove.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    /// `CMakeLists.txt` after `project()`, and other files.
    lists: &'static str,
    files: &'static [(&'static str, &'static str)],
    option: &'static str,
    environment: bool,
    told: &'static str,
    doctor: &'static str,
}

const PLAIN: Way = Way {
    name: "",
    lists: "add_library(o OBJECT a.c b.cpp c.cpp)\n",
    files: &[],
    option: "",
    environment: false,
    told: "",
    doctor: "",
};

const VARIABLE: &str = "CMAKE_CXX_COMPILER_LAUNCHER";
const UNSET: &str = "-UCMAKE_CXX_COMPILER_LAUNCHER";

const WAYS: [Way; 11] = [
    Way {
        name: "variable",
        lists: "set(CMAKE_CXX_COMPILER_LAUNCHER ccache)#\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        told: "1 of 3 sources use this cache: CMAKE_CXX_COMPILER_LAUNCHER is set to ccache in CMakeLists.txt:3 (remove this line, or put it into if(NOT CMAKE_CXX_COMPILER_LAUNCHER))",
        doctor: "1 of 3 compilations use this cache; 2 in CXX use ccache instead: CMAKE_CXX_COMPILER_LAUNCHER is set in CMakeLists.txt:3",
        ..PLAIN
    },
    Way {
        name: "module",
        lists: "include(cmake/speed.cmake)\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        files: &[(
            "cmake/speed.cmake",
            "# ccache\nforeach(language C CXX)\n  set(CMAKE_${language}_COMPILER_LAUNCHER ccache)#\nendforeach()\n",
        )],
        told: "0 of 3 sources use this cache: for 1, CMAKE_C_COMPILER_LAUNCHER is set to ccache in cmake/speed.cmake:3 ",
        doctor: "0 of 3 compilations use this cache; 1 in C use ccache instead: CMAKE_C_COMPILER_LAUNCHER is set in cmake/speed.cmake:3",
        ..PLAIN
    },
    Way {
        name: "cache_entry",
        lists: "set(CMAKE_CXX_COMPILER_LAUNCHER ccache CACHE STRING \"\" FORCE)#\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        told: "CMAKE_CXX_COMPILER_LAUNCHER is set to ccache in CMakeLists.txt:3 (remove this line, and configure with -UCMAKE_CXX_COMPILER_LAUNCHER)",
        doctor: "2 in CXX use ccache instead: CMAKE_CXX_COMPILER_LAUNCHER is set in CMakeLists.txt:3",
        ..PLAIN
    },
    Way {
        name: "option",
        option: "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache",
        told: "CMAKE_CXX_COMPILER_LAUNCHER is set to ccache by -D (configure with -UCMAKE_CXX_COMPILER_LAUNCHER)",
        doctor: "2 in CXX use ccache instead: CMAKE_CXX_COMPILER_LAUNCHER is in ",
        ..PLAIN
    },
    Way {
        name: "environment",
        environment: true,
        told: "the environment variable CMAKE_CXX_COMPILER_LAUNCHER is set to ccache (unset it, and configure with -UCMAKE_CXX_COMPILER_LAUNCHER)",
        doctor: "CMakeCache.txt:",
        ..PLAIN
    },
    Way {
        name: "preset",
        files: &[(
            "CMakePresets.json",
            "{\"version\": 2, \"configurePresets\": [{\"name\": \"fast\", \"generator\": \"Ninja\",\n\
             \"binaryDir\": \"${sourceDir}/build\", \"cacheVariables\": {\n\
             \"CMAKE_CXX_COMPILER_LAUNCHER\": \"ccache\",#\n\
             \"OTHER\": \"1\"}}]}\n",
        )],
        option: "--preset=fast",
        told: "CMAKE_CXX_COMPILER_LAUNCHER is set to ccache in CMakePresets.json:3 (remove it there, and configure with -UCMAKE_CXX_COMPILER_LAUNCHER)",
        doctor: " and CMakePresets.json:3, from -D, a preset or the environment",
        ..PLAIN
    },
    Way {
        name: "property",
        lists: "add_library(o OBJECT a.c b.cpp c.cpp)\nset_property(TARGET o PROPERTY CXX_COMPILER_LAUNCHER ccache)#\n",
        told: "the target property CXX_COMPILER_LAUNCHER is set to ccache in CMakeLists.txt:4 (remove this line)",
        doctor: "the target property CXX_COMPILER_LAUNCHER is set in CMakeLists.txt:4",
        ..PLAIN
    },
    Way {
        name: "global_rule",
        lists: "set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)#\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        told: "0 of 3 sources use this cache: RULE_LAUNCH_COMPILE is set to ccache in CMakeLists.txt:3 (remove this line)",
        doctor: "RULE_LAUNCH_COMPILE is set in CMakeLists.txt:3",
        ..PLAIN
    },
    Way {
        name: "rule_of_a_target",
        lists: "add_library(o OBJECT a.c)\nadd_library(p OBJECT b.cpp c.cpp)\nset_property(TARGET p PROPERTY RULE_LAUNCH_COMPILE ccache)#\n",
        told: "1 of 3 sources use this cache: RULE_LAUNCH_COMPILE is set to ccache in CMakeLists.txt:5 (remove this line)",
        doctor: "RULE_LAUNCH_COMPILE is set in CMakeLists.txt:5",
        ..PLAIN
    },
    Way {
        name: "dependency",
        lists: "add_library(o OBJECT a.c)\nadd_subdirectory(dependency)\n",
        files: &[
            (
                "dependency/CMakeLists.txt",
                "include(cmake/Ccache.cmake)\nadd_library(p OBJECT ../b.cpp ../c.cpp)\n",
            ),
            (
                "dependency/cmake/Ccache.cmake",
                "find_program(CCACHE_PROGRAM ccache)\n\n  set(CMAKE_CXX_COMPILER_LAUNCHER\n    /usr/bin/ccache)#\n",
            ),
        ],
        told: "1 of 3 sources use this cache: CMAKE_CXX_COMPILER_LAUNCHER is set to ccache in dependency/cmake/Ccache.cmake:3 ",
        doctor: "CMAKE_CXX_COMPILER_LAUNCHER is set in dependency/cmake/Ccache.cmake:3",
        ..PLAIN
    },
    Way {
        name: "two_launchers",
        lists: "list(APPEND CMAKE_CXX_COMPILER_LAUNCHER ccache)#\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        told: "CMAKE_CXX_COMPILER_LAUNCHER adds ccache to this cache in CMakeLists.txt:3 (remove this line",
        doctor: "2 in CXX use ccache in addition to this cache: CMAKE_CXX_COMPILER_LAUNCHER is set in CMakeLists.txt:3",
        ..PLAIN
    },
];

impl Cell for Way {
    fn name(&self) -> String {
        self.name.to_owned()
    }
}

/// The project of the way, with or without the lines that the message tells to remove.
fn project<'a>(sandbox: &'a Sandbox, tools: &Tools, way: &Way, is_fixed: bool) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, "project", "toolchainkit_enable_cache()");
    let text = |text: &str| {
        let kept = text.replace("LAUNCHER\n    /usr", "LAUNCHER\u{1}    /usr");
        let kept: Vec<String> = kept
            .lines()
            .filter(|line| !(is_fixed && line.ends_with('#')))
            .map(|line| line.trim_end_matches('#').replace('\u{1}', "\n"))
            .collect();
        kept.join("\n") + "\n"
    };
    let write = |name: &str, content: &str| {
        let path = checkout.source.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    let top = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(launched LANGUAGES C CXX)\n";
    write("CMakeLists.txt", &format!("{top}{}", text(way.lists)));
    for (name, content) in way.files {
        write(name, &text(content));
    }
    for name in ["a.c", "b.cpp", "c.cpp"] {
        write(name, &format!("int {};\n", &name[..1]));
    }
    let checkout = if way.environment && !is_fixed { checkout.env(VARIABLE, "ccache") } else { checkout };
    let keeps_option = !is_fixed || way.option.starts_with("--preset");
    if way.option.is_empty() || !keeps_option { checkout } else { checkout.option(way.option) }
}

fn doctor(checkout: &Checkout, code: i32) -> Finished {
    let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
    command.arg("doctor").arg("--build").arg(checkout.build_folder()).run_expecting(code)
}

fn another_launcher_is_told_and_the_printed_change_makes_the_build_hit(way: Way) {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("launched")
        .on_path(&tools.ninja())
        .on_path(&tools.path(CACHES[1]))
        .on_path(&tools.path(CACHES[0]));
    let wrong = project(&sandbox, &tools, &way, false);
    // A cache entry that the project sets may only have an effect when it is configured again.
    wrong.configure();
    let configured = wrong.configure();
    assert_eq!(configured.stderr.matches("sources use this cache").count(), 1, "{configured}");
    assert!(configured.stderr.contains(way.told), "{configured}");
    let examined = doctor(&wrong, 8);
    assert!(examined.stdout.contains("BROKEN    launchers "), "{examined}");
    assert!(examined.stdout.contains(way.doctor), "{examined}");

    let mut right = project(&sandbox, &tools, &way, true);
    if way.told.contains(UNSET) {
        right = right.option(UNSET);
    }
    let configured = right.configure();
    assert!(!configured.text().contains("sources use this cache"), "{configured}");
    let examined = doctor(&right, 0);
    assert!(examined.stdout.contains("3 of 3 compilations use this cache"), "{examined}");
    assert_eq!(right.counted(|| drop(right.build())), (0, 3));
    assert_eq!(right.counted(|| drop(right.rebuild())), (3, 0));
}

fn doctor_finds_the_launcher_with_every_generator_and_cmake(
    (generator, CMake(version)): (&'static str, CMake),
) {
    let Some(tools) = tools_for(&[CACHES[0], Tool::CMake(version)]) else { return };
    let sandbox = Sandbox::new("generators").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let wrong =
        project(&sandbox, &tools, &WAYS[0], false).with_cmake(&tools, version).with_generator(generator);
    wrong.configure();
    let examined = doctor(&wrong, 8);
    let words = "in CXX use ccache instead: CMAKE_CXX_COMPILER_LAUNCHER is set in CMakeLists.txt:3";
    assert!(examined.stdout.contains(words), "{examined}");
    let right =
        project(&sandbox, &tools, &WAYS[0], true).with_cmake(&tools, version).with_generator(generator);
    right.configure();
    doctor(&right, 0);

    // All launchers are set before the call.
    let all = ["C", "CXX", "OBJC", "OBJCXX"].iter().fold(right, |checkout, language| {
        checkout.option(&format!("-DCMAKE_{language}_COMPILER_LAUNCHER=/usr/bin/ccache"))
    });
    let configured = all.configure();
    let told =
        if version == Tools::CMAKE { "0 of 3 sources use this cache" } else { "is set to ccache by -D" };
    assert!(configured.text().contains(told), "{configured}");
    let examined = doctor(&all, 8);
    assert!(
        examined.stdout.contains(" use ccache instead: CMAKE_CXX_COMPILER_LAUNCHER is in "),
        "{examined}"
    );
}

fn a_compiler_that_is_another_cache_is_told() {
    let Some(tools) = tools_for(&CACHES) else { return };
    let sandbox = Sandbox::new("masked")
        .on_path(&tools.ninja())
        .on_path(&tools.path(CACHES[1]))
        .on_path(&tools.path(CACHES[0]));
    let wrong = project(&sandbox, &tools, &PLAIN, false).env("CXX", "ccache g++");
    let configured = wrong.configure();
    let told = "with the compiler ccache g++, no CXX sources use this cache: use the compiler itself in a new build folder";
    assert!(configured.stderr.contains(told), "{configured}");
    let examined = doctor(&wrong, 8);
    assert!(
        examined.stdout.contains("2 in CXX use ccache in addition to this cache: CMAKE_CXX_COMPILER is in "),
        "{examined}"
    );
    remove_folder(&wrong.build_folder());
    let right = project(&sandbox, &tools, &PLAIN, true).env("CXX", "g++");
    assert!(right.configure().stderr.is_empty());
    doctor(&right, 0);
    right.build();
    assert_eq!(right.counted(|| drop(right.rebuild())), (3, 0));

    // A script that runs a cache hits in both.
    remove_folder(&right.build_folder());
    let script = sandbox.dir("scripts").join("g++");
    crate::support::write_script(&script, "exec ccache g++ \"$@\"");
    let doubled = project(&sandbox, &tools, &PLAIN, true).env("CXX", script.to_str().unwrap());
    let configured = doubled.configure();
    let told = "runs ccache, so CXX sources use ccache in addition to this cache";
    assert!(configured.stderr.contains(told), "{configured}");
}

fn a_link_to_another_cache_as_the_compiler_hits(cache: Tool) {
    let Some(tools) = tools_for(&[cache, CACHES[1]]) else { return };
    let sandbox = Sandbox::new("masquerade").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let folder = sandbox.dir("masquerade");
    for name in ["gcc", "g++"] {
        symlink(tools.path(CACHES[1]), folder.join(name)).unwrap();
    }
    let link = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let checkout = project(&sandbox, &tools, &PLAIN, false).env("CC", &link("gcc")).env("CXX", &link("g++"));
    let configured = checkout.configure();
    assert!(configured.stderr.is_empty(), "{configured}");
    doctor(&checkout, 0);
    checkout.build();
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (3, 0));

    remove_folder(&checkout.build_folder());
    let with_script = checkout.with_fallback();
    let configured = with_script.configure();
    let told = "is a link to ccache, so no CXX sources use this cache";
    assert!(configured.stderr.contains(told), "{configured}");
    doctor(&with_script, 8);
}

fn targets_before_the_call_are_told() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("late").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let call = "include(cmake/ToolchainKit.cmake)\ntoolchainkit_enable_cache()\n";
    let library = "add_library(o OBJECT a.c b.cpp c.cpp)\n";
    let with = |text: String| {
        let checkout = project(&sandbox, &tools, &PLAIN, false);
        fs::write(checkout.source.join("cmake/toolchain.cmake"), "").unwrap();
        let top = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(launched LANGUAGES C CXX)\n";
        fs::write(checkout.source.join("CMakeLists.txt"), format!("{top}{text}")).unwrap();
        checkout
    };
    let wrong = with(format!("{library}{call}"));
    let configured = wrong.configure();
    let told =
        "0 of 3 sources use this cache: targets are created before toolchainkit_enable_cache() is called";
    assert!(configured.stderr.contains(told), "{configured}");
    doctor(&wrong, 8);
    // Targets without sources and the launcher of another build of this module are right.
    let others = "add_library(i INTERFACE)\nadd_custom_target(u ALL)\n";
    let nested = with(format!(
        "set(CMAKE_CXX_COMPILER_LAUNCHER /other/toolchainkit/launcher)\n{call}{others}{library}"
    ));
    let configured = nested.configure();
    assert!(!configured.text().contains("sources use this cache"), "{configured}");
    let in_a_function = with(format!("function(setup)\n{call}endfunction()\nsetup()\n{library}"));
    let configured = in_a_function.configure();
    assert!(configured.stderr.contains("or outside of its scope"), "{configured}");
    doctor(&in_a_function, 8);
    let right = with(format!("{call}{library}"));
    right.configure();
    doctor(&right, 0);
    right.build();
    assert_eq!(right.counted(|| drop(right.rebuild())), (3, 0));
}

fn the_launcher_of_ctest_keeps_the_cache() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("ctest").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let way = Way {
        lists: "set(CTEST_USE_LAUNCHERS ON)\ninclude(CTestUseLaunchers)\nadd_library(o OBJECT a.c b.cpp c.cpp)\n",
        ..PLAIN
    };
    let checkout = project(&sandbox, &tools, &way, false);
    let configured = checkout.configure();
    assert!(!configured.text().contains("sources use this cache"), "{configured}");
    doctor(&checkout, 0);
    checkout.build();
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (3, 0));
}

fn an_excluded_target_is_a_note_and_not_an_error() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("excluded").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let lists = "add_library(o OBJECT a.c b.cpp)\nadd_library(p OBJECT c.cpp)\nset_property(TARGET p PROPERTY CXX_COMPILER_LAUNCHER \"\")\n";
    let checkout = project(&sandbox, &tools, &Way { lists, ..PLAIN }, false);
    checkout.configure();
    let examined = doctor(&checkout, 0);
    let told = "note      launchers   2 of 3 compilations use this cache; 1 in CXX run the compiler without a launcher";
    assert!(examined.stdout.contains(told), "{examined}");
}

/// Nobody would know that the cache does nothing for this language.
fn an_excluded_language_is_a_degraded_cache() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("excluded").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let way = Way { option: "-DCMAKE_CXX_COMPILER_LAUNCHER=", ..PLAIN };
    let checkout = project(&sandbox, &tools, &way, false);
    let configured = checkout.configure();
    let told = "-- toolchainkit: 1 of 3 sources use this cache: CMAKE_CXX_COMPILER_LAUNCHER is empty by -D";
    assert!(configured.stdout.contains(told), "{configured}");
    let examined = doctor(&checkout, 0);
    assert!(examined.stdout.contains("DEGRADED  launchers   1 of 3 compilations use this cache; 2 in CXX run the compiler without a launcher: CMAKE_CXX_COMPILER_LAUNCHER is in "), "{examined}");
}

fn compile_commands_change_nothing() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("commands").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let way = Way { option: "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", ..PLAIN };
    let checkout = project(&sandbox, &tools, &way, false);
    let configured = checkout.configure();
    assert_eq!(configured.text().matches("toolchainkit:").count(), 1, "{configured}");
    assert!(checkout.build_folder().join("compile_commands.json").exists());
    doctor(&checkout, 0);
    checkout.build();
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (3, 0));
}

fn tracers_switch_the_cache_off(variable: &'static str) {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("traced").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let tracer = if variable.starts_with("CODEQL") { "CodeQL" } else { "Coverity" };
    let checkout = project(&sandbox, &tools, &PLAIN, false).env(variable, "/tmp/tracer");
    let configured = checkout.configure();
    let told = format!(
        "-- toolchainkit: no cache: switched off, because {tracer} traces the compilers (set TOOLCHAINKIT_CACHE=ON to use it anyway)"
    );
    assert!(configured.stdout.contains(&told), "{configured}");
    let ninja = fs::read_to_string(checkout.build_folder().join("build.ninja")).unwrap();
    assert!(!ninja.contains("toolchainkit/launcher"), "{ninja}");
    let anyway = checkout.option("-DTOOLCHAINKIT_CACHE=ON");
    anyway.configure();
    anyway.build();
    assert_eq!(anyway.counted(|| drop(anyway.rebuild())), (3, 0));
}

fn a_tracer_that_starts_after_the_configuration_sees_the_compilers(launcher: &'static str) {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("traced-later").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = project(&sandbox, &tools, &PLAIN, false);
    let checkout = if launcher == "script" { checkout.with_fallback() } else { checkout };
    checkout.configure();
    checkout.build();
    let traced = |checkout: &Checkout| {
        checkout.counted(|| {
            let mut command = checkout.building();
            command.arg("--clean-first").env("COVERITY_TOP_CONFIG", "/tmp/config.xml").run();
        })
    };
    assert_eq!(traced(&checkout), (0, 0), "{launcher}");
    let anyway = checkout.option("-DTOOLCHAINKIT_CACHE=ON");
    anyway.configure();
    assert_eq!(traced(&anyway), (3, 0), "{launcher}");
}

fn a_path_map_of_the_project_is_told(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("mapped").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let told = "other checkouts get no hits: the project sets -ffile-prefix-map with the path of this checkout, and sccache before 0.18 hashes it (use sccache 0.18 or newer, or remove the option)";
    let library = "add_library(o OBJECT a.c b.cpp c.cpp)\n";
    let option = "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=";
    for lists in [
        format!("add_compile_options({option})\n{library}"),
        format!("{library}target_compile_options(o PRIVATE $<$<CXX_COMPILER_ID:GNU>:{option}>)\n"),
        format!("add_library(i INTERFACE)\ntarget_compile_options(i INTERFACE {option})\n{library}"),
        format!("set(CMAKE_CXX_FLAGS \"{option}\")\n{library}"),
    ] {
        let checkout = project(&sandbox, &tools, &PLAIN, false);
        let top = "cmake_minimum_required(VERSION 3.15...3.31)\nproject(launched LANGUAGES C CXX)\n";
        fs::write(checkout.source.join("CMakeLists.txt"), format!("{top}{lists}")).unwrap();
        let configured = checkout.configure();
        let is_affected = cache == Tool::Sccache(Tools::SCCACHE);
        assert_eq!(
            configured.stderr.matches(told).count(),
            usize::from(is_affected),
            "{lists}\n{configured}"
        );
    }
    let call = "toolchainkit_enable_cache(RELOCATABLE OFF)\nadd_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)";
    let bound = Checkout::sample(&sandbox, &tools, "bound", call);
    assert!(!bound.configure().stderr.contains("other checkouts"));
}
