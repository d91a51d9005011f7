//! Nested builds: checks, other languages, sub-projects, `ExternalProject` builds, installation and packages. All of
//! them use the toolchain and the cache.

use std::fs;
use std::path::Path;

use super::setups;
use crate::end_to_end::build::{Build, CCACHE, SCCACHE, Setup};
use crate::list::{pairs, tests};
use crate::support::removing::remove_folder;
use crate::support::{Finished, Project, Run, Tool, versions};

tests![
    sub_projects_and_later_enabled_languages_are_cached in setups(0),
    an_external_project_uses_the_toolchain_and_the_cache_of_the_enclosing_build in [pairs(["all-arguments"], setups(1)), pairs(["toolchain-file"], setups(2))].concat(),
    the_profile_reaches_an_external_project,
    an_external_project_can_use_the_cache_without_the_toolchain in [SCCACHE.cmake(versions::cmake("3.15")), CCACHE.cmake(versions::cmake("3.18")), CCACHE],
    an_external_project_still_builds_when_the_enclosing_build_loses_and_regains_its_cache,
    installing_and_packaging_use_the_tools_of_the_target in setups(3),
];

const CROSS: &[Tool] = &[Tool::System("aarch64-linux-gnu-g++"), Tool::System("readelf")];
const AARCH64: &str = "toolchain:
  compilers: { c: aarch64-linux-gnu-gcc, cxx: aarch64-linux-gnu-g++ }
  target: { system: Linux, processor: aarch64 }
profiles:
  other: { toolchain: { flags: { c: -DOTHER } } }
";

/// A project for aarch64 with this `CMakeLists.txt` at the top, and the sample project in the folder `part`.
fn project(name: &str, setup: Setup, lists: &str) -> Option<(Build, Project)> {
    let tools = setup.tools(CROSS)?;
    let build = Build::with_yaml(name, setup, &tools, "", Vec::new(), AARCH64);
    let part = Project::write(&build.project.root().join("part"), 2, 2);
    write(&build, "CMakeLists.txt", lists);
    build.toolchainkit(&["generate"]);
    Some((build, part))
}

fn write(build: &Build, name: &str, text: &str) {
    let path = build.project.root().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn configure(build: &Build, options: &[&str]) -> Finished {
    build.configuring_by_file("cmake/toolchain.cmake").args(options).run()
}

fn build_all(build: &Build) -> Finished {
    build.command("cmake").args(["--build", "build/release"]).run()
}

fn assert_is_for_aarch64(build: &Build, file: &Path) {
    let header = build.bare("readelf").arg("-h").arg(file).run();
    assert!(header.stdout.contains("AArch64"), "{header}");
}

/// Builds twice; the second build must get all objects from the cache.
fn prove(build: &Build, objects: u64, options: &[&str]) -> Finished {
    let configured = configure(build, options);
    assert_eq!(build.hits_and_misses(), (0, 0), "{configured}");
    let cold = build_all(build);
    assert_eq!(build.hits_and_misses(), (0, objects), "cold\n{configured}\n{cold}");
    remove_folder(&build.folder());
    configure(build, options);
    let before = build.hits_and_misses();
    let warm = build_all(build);
    let after = build.hits_and_misses();
    assert_eq!((after.0 - before.0, after.1 - before.1), (objects, 0), "warm\n{configured}\n{warm}");
    warm
}

fn sub_projects_and_later_enabled_languages_are_cached(setup: Setup) {
    // Eight objects: five of the part, and one of each of the three targets below.
    let lists = "cmake_minimum_required(VERSION 3.15...3.31)
project(top NONE)
enable_language(C)
include(CheckCSourceCompiles)
check_c_source_compiles(\"#ifndef __aarch64__\\n#error\\n#endif\\nint main(void) { return 0; }\" IS_AARCH64)
if(NOT IS_AARCH64)
  message(FATAL_ERROR \"the check is for another machine\")
endif()
add_library(first first.c)
add_subdirectory(sub)
enable_language(CXX)
add_library(second second.cpp)
include(FetchContent)
FetchContent_Declare(part SOURCE_DIR \"${CMAKE_CURRENT_SOURCE_DIR}/part\")
FetchContent_MakeAvailable(part)
";
    let Some((build, part)) = project("nested", setup, lists) else { return };
    write(&build, "first.c", "int first;\n");
    write(&build, "second.cpp", "int second;\n");
    write(&build, "sub/CMakeLists.txt", "project(sub C CXX)\nadd_library(third third.cpp)\n");
    write(&build, "sub/third.cpp", "int third;\n");
    prove(&build, part.objects() + 3, &[]);
    assert_is_for_aarch64(&build, &build.folder().join("_deps/part-build/sample"));
    assert_is_for_aarch64(&build, &build.folder().join("sub/libthird.a"));
}

/// A superbuild that passes `arguments` to the part; `before` comes first.
fn super_build(before: &str, arguments: &str) -> String {
    format!(
        "cmake_minimum_required(VERSION 3.15...3.31)
project(super NONE)
{before}
include(ExternalProject)
ExternalProject_Add(part
  SOURCE_DIR \"${{CMAKE_CURRENT_SOURCE_DIR}}/part\"
  CMAKE_CACHE_ARGS {arguments} -DCMAKE_BUILD_TYPE:STRING=Release
  BUILD_ALWAYS ON INSTALL_COMMAND \"\")
"
    )
}

const ALL_ARGUMENTS: &str = "toolchainkit_external_project_arguments(arguments)";

fn an_external_project_uses_the_toolchain_and_the_cache_of_the_enclosing_build(
    (how, setup): (&'static str, Setup),
) {
    let (before, arguments) = if how == "all-arguments" {
        (ALL_ARGUMENTS, "${arguments}")
    } else {
        ("", "-DCMAKE_TOOLCHAIN_FILE:FILEPATH=${CMAKE_TOOLCHAIN_FILE}")
    };
    let Some((build, part)) = project("super", setup, &super_build(before, arguments)) else {
        return;
    };
    let warm = prove(&build, part.objects(), &[]);
    assert!(warm.stdout.contains("toolchainkit: using the enclosing build's cache ("), "{warm}");
    let inner = build.folder().join("part-prefix/src/part-build");
    assert_is_for_aarch64(&build, &inner.join("sample"));
    assert!(!inner.join("toolchainkit/launcher").exists(), "the launcher is the outer one");
}

fn the_profile_reaches_an_external_project() {
    let lists = super_build(ALL_ARGUMENTS, "${arguments} -DCMAKE_EXPORT_COMPILE_COMMANDS:BOOL=ON");
    let Some((build, part)) = project("super-profile", SCCACHE, &lists) else { return };
    prove(&build, part.objects(), &["-DTOOLCHAINKIT_PROFILE=other"]);
    let commands = build.folder().join("part-prefix/src/part-build/compile_commands.json");
    assert!(fs::read_to_string(commands).expect("the commands").contains("-DOTHER"));
}

fn an_external_project_can_use_the_cache_without_the_toolchain(setup: Setup) {
    // With the module, as in a project without the generator, and with the generated settings.
    let call = if setup.cmake == versions::cmake("3.18") {
        "include(cmake/toolchainkit-cache.cmake)"
    } else {
        "include(cmake/ToolchainKit.cmake)\ntoolchainkit_enable_cache(PROJECT demo)"
    };
    let before = format!("{call}\n{ALL_ARGUMENTS}");
    let Some((build, part)) = project("super-module", setup, &super_build(&before, "${arguments}")) else {
        return;
    };
    let configure = || build.command("cmake").args(["-S", ".", "-B", "build/release", "-G", "Ninja"]).run();
    let configured = configure();
    let cold = build_all(&build);
    assert_eq!(build.hits_and_misses(), (0, part.objects()), "{configured}\n{cold}");
    remove_folder(&build.folder());
    configure();
    let before = build.hits_and_misses();
    build_all(&build);
    let after = build.hits_and_misses();
    assert_eq!((after.0 - before.0, after.1 - before.1), (part.objects(), 0));
}

fn an_external_project_still_builds_when_the_enclosing_build_loses_and_regains_its_cache() {
    for (before, arguments) in
        [(ALL_ARGUMENTS, "${arguments}"), ("", "-DCMAKE_TOOLCHAIN_FILE:FILEPATH=${CMAKE_TOOLCHAIN_FILE}")]
    {
        let Some((build, part)) = project("super-lost", SCCACHE, &super_build(before, arguments)) else {
            return;
        };
        configure(&build, &[]);
        build_all(&build);
        assert_eq!(build.hits_and_misses(), (0, part.objects()));
        configure(&build, &["-DTOOLCHAINKIT_CACHE=OFF"]);
        part.set_shared_value(4);
        // The nested build has not been configured again yet.
        build.command("ninja").args(["-C", "build/release/part-prefix/src/part-build"]).run();
        part.set_shared_value(2);
        let without = build_all(&build);
        assert!(without.stdout.contains("Linking"), "the part was built\n{without}");
        configure(&build, &["-DTOOLCHAINKIT_CACHE=ON"]);
        let before = build.hits_and_misses();
        part.set_shared_value(3);
        let again = build_all(&build);
        let after = build.hits_and_misses();
        assert_eq!((after.0 - before.0, after.1 - before.1), (0, part.objects()), "{again}");
    }
}

fn installing_and_packaging_use_the_tools_of_the_target(setup: Setup) {
    let lists = "cmake_minimum_required(VERSION 3.15...3.31)
project(top C CXX)
add_subdirectory(part)
install(TARGETS sample RUNTIME DESTINATION bin)
set(CPACK_GENERATOR TGZ)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_FILE_NAME packed)
include(CPack)
";
    let Some((build, part)) = project("install", setup, lists) else { return };
    configure(&build, &[]);
    build_all(&build);
    let installed = build.sandbox.root().join("installed");
    let install = ["--install", "build/release", "--strip", "--prefix"];
    let output = build.command("cmake").args(install).arg(&installed).run();
    assert!(!output.stderr.contains("strip"), "{output}");
    let program = installed.join("bin/sample");
    assert_is_for_aarch64(&build, &program);
    let symbols = build.bare("readelf").arg("-S").arg(&program).run();
    assert!(!symbols.stdout.contains(".symtab"), "it is stripped\n{symbols}");
    build.command("cpack").current_dir(build.folder()).run();
    let unpacked = build.sandbox.dir("unpacked");
    build.bare("tar").args(["-xzf", "build/release/packed.tar.gz", "-C"]).arg(&unpacked).run();
    assert_is_for_aarch64(&build, &unpacked.join("packed/bin/sample"));
    let untouched = (0, part.objects());
    assert_eq!(build.hits_and_misses(), untouched, "neither compiles anything");
}
