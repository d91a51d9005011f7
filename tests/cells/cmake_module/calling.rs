//! The ways to call the module, and the settings that it must not change.

use std::fs;
use std::path::Path;

use super::{CACHES, Checkout, setting, tools_for};
use crate::list::{CMake, pairs, tests};
use crate::support::{Sandbox, Tool, Tools, versions, write_script};

tests![
    every_cmake_and_generator_hits_after_a_clean_build in every_cmake_and_generator(),
    the_module_can_be_called_before_and_after_project in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
    configuring_does_not_use_the_cache in pairs(CACHES, [versions::cmake("3.15"), Tools::CMAKE].map(CMake)),
    an_existing_launcher_is_not_replaced,
    the_cache_can_be_disabled,
    the_first_call_applies_to_the_whole_build,
    paths_with_special_characters_work in pairs(CACHES, ["Ninja", "Unix Makefiles"]),
];

/// The lines of the module.
fn module_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains("toolchainkit:")).collect()
}

/// A program `name` in the sandbox that writes a line to `calls`, and then runs `real`.
fn counting(sandbox: &Sandbox, name: &str, real: &Path) -> std::path::PathBuf {
    let folder = sandbox.dir("counting");
    let program = folder.join(name);
    let text = format!(
        "echo \"[$SCCACHE_START_SERVER] $*\" >>{}/calls\nexec {} \"$@\"",
        folder.display(),
        real.display()
    );
    write_script(&program, &text);
    program
}

/// Every CMake with its generators and caches, or half of the combinations with all pairs.
fn every_cmake_and_generator() -> Vec<(CMake, &'static str, Tool)> {
    let generators = ["Ninja", "Unix Makefiles", "Ninja Multi-Config"];
    let mut cells = Vec::new();
    for (index, version) in Tools::CMAKES.into_iter().enumerate() {
        for (other, generator) in generators.into_iter().enumerate() {
            // It was added in CMake 3.17.
            if version == Tools::CMAKES[0] && generator == "Ninja Multi-Config" {
                continue;
            }
            let caches = CACHES.into_iter().enumerate();
            let chosen =
                caches.filter(|(third, _)| Tools::full() || (index + other + third).is_multiple_of(2));
            cells.extend(chosen.map(|(_, cache)| (CMake(version), generator, cache)));
        }
    }
    cells
}

fn every_cmake_and_generator_hits_after_a_clean_build(
    (CMake(version), generator, cache): (CMake, &'static str, Tool),
) {
    let Some(tools) = tools_for(&[Tool::CMake(version), cache]) else { return };
    let sandbox = Sandbox::new("every").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()")
        .with_cmake(&tools, version)
        .with_generator(generator);
    let configured = checkout.configure();
    assert_eq!(module_lines(&configured.text()).len(), 1, "{configured}");
    let counts = checkout.counted(|| drop(checkout.build()));
    assert_eq!(counts, (0, checkout.objects), "{version} {generator} {cache}: cold");
    let counts = checkout.counted(|| drop(checkout.rebuild()));
    assert_eq!(counts, (checkout.objects, 0), "{version} {generator} {cache}: warm");
}

fn the_module_can_be_called_before_and_after_project(CMake(version): CMake) {
    let Some(tools) = tools_for(&[Tool::CMake(version), CACHES[0]]) else { return };
    for case in ["before-project", "after-project"] {
        let sandbox = Sandbox::new(case).on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
        let checkout = Checkout::case(&sandbox, &tools, case).with_cmake(&tools, version);
        checkout.configure();
        let counts = checkout.counted(|| drop(checkout.build()));
        assert_eq!(counts, (0, 1), "{version} {case}");
    }
}

fn configuring_does_not_use_the_cache((cache, CMake(version)): (Tool, CMake)) {
    let Some(tools) = tools_for(&[Tool::CMake(version), cache]) else { return };
    let sandbox = Sandbox::new("checks").on_path(&tools.ninja());
    let name = if cache == CACHES[0] { "sccache" } else { "ccache" };
    let program = counting(&sandbox, name, &tools.path(cache));
    let checkout = Checkout::case(&sandbox, &tools, "checks").with_cmake(&tools, version);
    let toolchain =
        "include(\"${CMAKE_CURRENT_LIST_DIR}/ToolchainKit.cmake\")\ntoolchainkit_enable_cache()\n";
    fs::write(checkout.source.join("cmake/toolchain.cmake"), toolchain).expect("a toolchain file");
    let checkout = checkout
        .option("-DCMAKE_TOOLCHAIN_FILE=../cmake/toolchain.cmake")
        .env("TOOLCHAINKIT_CACHE_TOOL", program.to_str().expect("a plain path"));
    let configured = checkout.configure();
    assert_eq!(module_lines(&configured.text()).len(), 1, "{configured}");
    let calls = || fs::read_to_string(sandbox.root().join("counting/calls")).expect("calls");
    let compiles = |calls: &str| calls.lines().filter(|call| call.contains(" -c ")).count();
    assert_eq!(compiles(&calls()), 0, "{}", calls());
    checkout.build();
    assert_eq!(compiles(&calls()), 1, "{}", calls());
}

fn an_existing_launcher_is_not_replaced() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("respect").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let call = "toolchainkit_enable_cache(LANGUAGES C CXX)";

    let off = Checkout::sample(&sandbox, &tools, "off", call)
        .option("-DCMAKE_C_COMPILER_LAUNCHER=")
        .option("-DCMAKE_CXX_COMPILER_LAUNCHER=");
    assert!(off.configure().stdout.contains("the compiler launchers are already set"));
    assert_eq!(off.status_field("mode"), "none");

    // For one language only: the other one is cached.
    let half = Checkout::sample(&sandbox, &tools, "half", call).option("-DCMAKE_C_COMPILER_LAUNCHER=");
    half.configure();
    let counts = half.counted(|| drop(half.build()));
    assert_eq!(counts, (0, 3), "only the C++ files are cached");

    let env = Checkout::sample(&sandbox, &tools, "env", call)
        .env("CMAKE_C_COMPILER_LAUNCHER", "/usr/bin/env")
        .env("CMAKE_CXX_COMPILER_LAUNCHER", "/usr/bin/env");
    env.configure();
    assert_eq!(env.status_field("mode"), "none");
    let ninja = fs::read_to_string(env.build_folder().join("build.ninja")).expect("build.ninja");
    assert!(
        ninja.contains("LAUNCHER = /usr/bin/env") || ninja.contains("/usr/bin/env /usr/bin/c"),
        "{ninja}"
    );

    let own = Checkout::case(&sandbox, &tools, "own-launcher");
    own.rebuild_from_scratch();
    let launched = fs::read_to_string(own.source.join("launched")).expect("the project's launcher ran");
    assert_eq!(launched.lines().count(), 1);
}

fn the_cache_can_be_disabled() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("off").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
    checkout.rebuild_from_scratch();
    let checkout = checkout.option("-DTOOLCHAINKIT_CACHE=OFF");
    let configured = checkout.configure();
    assert!(configured.stdout.contains("no cache: switched off by TOOLCHAINKIT_CACHE=OFF"), "{configured}");
    assert!(!checkout.build_folder().join("toolchainkit/launcher").exists());
    checkout.rebuild();
    assert_eq!(checkout.status_field("mode"), "none");
}

fn the_first_call_applies_to_the_whole_build() {
    let Some(tools) = tools_for(&[CACHES[0]]) else { return };
    let sandbox = Sandbox::new("twice").on_path(&tools.ninja()).on_path(&tools.path(CACHES[0]));
    let checkout = Checkout::case(&sandbox, &tools, "called-twice");
    let configured = checkout.configure();
    assert_eq!(module_lines(&configured.text()).len(), 1, "{configured}");
    // The second call is in another directory, whose targets get the launcher too.
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, 2));
    let configured = checkout.option("-DOTHER=ON").configure();
    assert!(configured.stderr.contains("called before with other"), "{configured}");
}

fn paths_with_special_characters_work((cache, generator): (Tool, &'static str)) {
    let awkward = "a b$x'y\"z&(1);[2]";
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("awkward").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = format!("toolchainkit_enable_cache(DIR {})", setting(awkward));
    // CMake itself does not support a semicolon or a quote in the project's path.
    let checkout = Checkout::sample(&sandbox, &tools, "pro ject$x'y&(1)", &call).with_generator(generator);
    checkout.configure();
    let counts = checkout.counted(|| drop(checkout.build()));
    assert_eq!(counts, (0, checkout.objects), "{cache} {generator}");
    let directory = checkout.source.join(awkward);
    assert!(Path::new(&checkout.status_field("dir")).starts_with(&directory), "{}", checkout.summary());
    assert!(directory.read_dir().expect("the cache exists").next().is_some());
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (checkout.objects, 0));
}
