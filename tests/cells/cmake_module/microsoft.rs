//! Compilers with Microsoft's options: a real clang-cl, which builds objects for Windows here.
//!
//! No source includes a system header, so no Windows SDK is needed.

use std::fs;

use super::{CACHES, Checkout, tools_for};
use crate::list::{CMake, pairs, tests};
use crate::support::{Sandbox, Tool, Tools, versions};

tests![
    debug_information_is_cached_with_every_cmake_and_policy in cmakes_and_policies(),
    without_the_module_debug_information_is_not_embedded,
    lines_of_a_source_are_compared_with_clang_cl in [CACHES[0], CACHES[1]],
    a_changed_header_recompiles in pairs(CACHES, [versions::cmake("3.18"), Tools::CMAKE].map(CMake)),
    a_call_after_project_changes_the_existing_flags in pairs([(CMake(versions::cmake("3.21")), "3.15"), (CMake(Tools::CMAKE), "3.15"), (CMake(Tools::CMAKE), "3.25")], CACHES),
    precompiled_headers_are_cached_or_listed_in_a_notice in pairs(CACHES, [versions::cmake("3.21"), Tools::CMAKE].map(CMake)),
];

const CLANG_CL: Tool = Tool::System("clang-cl-14");

/// A cross build with clang-cl, without resources and manifests. Nothing is linked.
const TOOLCHAIN: &str = "\
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR AMD64)
set(CMAKE_C_COMPILER /usr/bin/clang-cl-14)
set(CMAKE_CXX_COMPILER /usr/bin/clang-cl-14)
set(CMAKE_RC_COMPILER /bin/true)
set(CMAKE_MT /bin/true)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# CMake 3.15 does not detect this.
set(CMAKE_C_COMPILER_WORKS ON)
set(CMAKE_CXX_COMPILER_WORKS ON)
";
const CALL: &str =
    "include(\"${CMAKE_CURRENT_LIST_DIR}/ToolchainKit.cmake\")\ntoolchainkit_enable_cache(PROJECT p)\n";

/// The number of objects of the project without a precompiled header.
const OBJECTS: u64 = 3;

/// A project for `clang-cl` with this minimum version of CMake. `call` is at the end of its toolchain file.
fn project<'a>(
    sandbox: &'a Sandbox,
    tools: &Tools,
    name: &str,
    version: &'static str,
    minimum: &str,
    call: &str,
) -> Checkout<'a> {
    let checkout = Checkout::case_in(sandbox, tools, "microsoft", name).with_cmake(tools, version);
    let lists = checkout.source.join("CMakeLists.txt");
    let text = fs::read_to_string(&lists).expect("the project").replace("@MINIMUM@", minimum);
    fs::write(lists, text).expect("the project");
    fs::write(checkout.source.join("cmake/toolchain.cmake"), format!("{TOOLCHAIN}{call}"))
        .expect("a toolchain");
    checkout.option("-DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake").option("-DCMAKE_BUILD_TYPE=Debug")
}

/// The rules and flags that CMake has written.
fn ninja(checkout: &Checkout) -> String {
    ["build.ninja", "CMakeFiles/rules.ninja"]
        .map(|name| fs::read_to_string(checkout.build_folder().join(name)).unwrap_or_default())
        .concat()
}

/// Whether the debug information is in the object.
fn is_embedded(checkout: &Checkout) -> bool {
    let text = ninja(checkout);
    let flags: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("FLAGS = ")).collect();
    assert!(!flags.is_empty(), "{text}");
    let has = |word: &str| {
        flags.iter().filter(|line| line.ends_with(word) || line.contains(&format!("{word} "))).count()
    };
    has("Zi") == 0 && has("Z7") == flags.len()
}

/// Every CMake version with its policies and every cache, or half of the combinations with all pairs.
fn cmakes_and_policies() -> Vec<(CMake, &'static str, Tool)> {
    let mut cells = Vec::new();
    for (index, version) in Tools::CMAKES.into_iter().enumerate() {
        // The policy for the format of debug information was added in CMake 3.25.
        let has_policy = !version.starts_with("3.1") && !version.starts_with("3.21");
        for (other, minimum) in ["3.15", "3.25"].into_iter().enumerate() {
            for (third, cache) in CACHES.into_iter().enumerate() {
                let left_out = (minimum == "3.25" && !has_policy)
                    || (!Tools::full() && has_policy && (index + other + third) % 2 == 1);
                if !left_out {
                    cells.push((CMake(version), minimum, cache));
                }
            }
        }
    }
    cells
}

fn debug_information_is_cached_with_every_cmake_and_policy(
    (CMake(version), minimum, cache): (CMake, &'static str, Tool),
) {
    let Some(tools) = tools_for(&[&[Tool::CMake(version), CLANG_CL], &CACHES[..]].concat()) else {
        return;
    };
    let what = format!("{version}, minimum {minimum}, {cache}");
    let sandbox = Sandbox::new("msvc").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let first = project(&sandbox, &tools, "first", version, minimum, CALL);
    first.configure();
    assert!(is_embedded(&first), "{what}: {}", ninja(&first));
    let mut output = String::new();
    assert_eq!(first.counted(|| output = first.build().stdout), (0, OBJECTS), "{what}: cold");
    assert!(!output.contains("warning"), "{what}: {output}");
    let second = project(&sandbox, &tools, "elsewhere/second", version, minimum, CALL);
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (OBJECTS, 0), "{what}: second checkout");
}

fn without_the_module_debug_information_is_not_embedded() {
    let Some(tools) = tools_for(&[CLANG_CL, Tool::CMake(versions::cmake("3.21"))]) else { return };
    for (version, minimum) in
        [(versions::cmake("3.21"), "3.15"), (Tools::CMAKE, "3.15"), (Tools::CMAKE, "3.25")]
    {
        let sandbox = Sandbox::new("msvc-bare").on_path(&tools.ninja());
        let checkout = project(&sandbox, &tools, "bare", version, minimum, "");
        checkout.configure();
        assert!(!is_embedded(&checkout), "{version} {minimum}");
    }
}

fn a_changed_header_recompiles((cache, CMake(version)): (Tool, CMake)) {
    let Some(tools) = tools_for(&[cache, CLANG_CL, Tool::CMake(version)]) else { return };
    let sandbox = Sandbox::new("msvc-deps").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project(&sandbox, &tools, "project", version, "3.15", CALL);
    checkout.rebuild_from_scratch();
    // Now all objects and their dependencies come from the cache.
    checkout.rebuild();
    let object = checkout.build_folder().join("CMakeFiles/plain.dir/one.c.obj");
    let before = fs::read(&object).expect("an object");
    fs::write(checkout.source.join("value.h"), "#define VALUE 41\n").expect("the header");
    let built = checkout.build();
    assert!(built.stdout.contains("one.c.obj"), "{cache} {version}\n{built}");
    assert!(fs::read(&object).expect("an object") != before, "{cache} {version}");
    assert!(checkout.build().stdout.contains("no work to do"), "{cache} {version}");
}

fn a_call_after_project_changes_the_existing_flags(
    ((CMake(version), minimum), cache): ((CMake, &'static str), Tool),
) {
    let Some(tools) = tools_for(&[cache, CLANG_CL, Tool::CMake(version)]) else { return };
    let sandbox = Sandbox::new("msvc-after").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project(&sandbox, &tools, "project", version, minimum, "").option("-DAFTER_PROJECT=ON");
    checkout.rebuild_from_scratch();
    assert!(is_embedded(&checkout), "{cache} {version} {minimum}: {}", ninja(&checkout));
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (OBJECTS, 0), "{cache} {version} {minimum}");
}

fn precompiled_headers_are_cached_or_listed_in_a_notice((cache, CMake(version)): (Tool, CMake)) {
    let Some(tools) = tools_for(&[cache, CLANG_CL, Tool::CMake(version)]) else { return };
    let what = format!("{cache} {version}");
    let sandbox = Sandbox::new("msvc-pch").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project(&sandbox, &tools, "project", version, "3.16", CALL).option("-DHEADER=ON");
    let configured = checkout.configure();
    let words = "cannot cache these targets with precompiled headers (with this compiler, only ccache can): precompiled\n";
    assert_eq!(configured.stdout.contains(words), cache == CACHES[0], "{configured}");
    checkout.build();
    // The header itself and the sources that include it.
    let cached = if cache == CACHES[0] { OBJECTS } else { OBJECTS + 3 };
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (cached, 0), "{what}");
    // A macro that is only in the header: each value must be in the object, regardless of the content of the cache.
    let mut objects = Vec::new();
    for value in ["5", "6", "5"] {
        fs::write(checkout.source.join("precompiled.h"), format!("#define ONLY_THERE {value}\n"))
            .expect("the header");
        checkout.rebuild();
        let object = checkout.build_folder().join("CMakeFiles/precompiled.dir/four.cpp.obj");
        let mut bytes = fs::read(object).expect("an object");
        // Clear the time of the compilation.
        bytes[4..8].fill(0);
        objects.push(bytes);
    }
    assert!(objects[0] != objects[1], "{what}: the macro has changed");
    assert!(objects[0] == objects[2], "{what}: and changed back");
}

/// sccache ignores line numbers with Microsoft's options, but debug information contains them.
fn lines_of_a_source_are_compared_with_clang_cl(cache: Tool) {
    let Some(tools) = tools_for(&[cache, CLANG_CL]) else { return };
    let sandbox = Sandbox::new("msvc-lines").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = project(&sandbox, &tools, "lines", Tools::CMAKE, "3.25", CALL);
    checkout.configure();
    checkout.build();
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (OBJECTS, 0), "unchanged");
    let source = checkout.source.join("one.c");
    let text = fs::read_to_string(&source).expect("a source");
    fs::write(&source, format!("\n\n{text}")).expect("a source");
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, 1), "other lines");
}
