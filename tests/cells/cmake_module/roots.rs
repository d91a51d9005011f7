//! The checkout: which folders belong to it, and that another one gets its objects.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{CACHES, Checkout, tools_for};
use crate::list::{pairs, tests};
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    sources_above_the_source_folder_hit_in_a_second_checkout in ROOT_CACHES,
    build_folders_beside_checkouts_hit in pairs(ROOT_CACHES, ["Ninja", "Unix Makefiles"]),
    packages_of_a_workspace_hit in CACHES,
    a_worktree_hits in ROOT_CACHES,
    a_checkout_behind_a_link_hits in ROOT_CACHES,
    a_submodule_is_a_checkout,
    the_folder_of_the_configuration_is_the_checkout_without_git,
    a_repository_in_the_home_folder_is_no_checkout,
];

/// ccache before 4.12 has a single base directory.
const ROOT_CACHES: [Tool; 4] = [
    Tool::Sccache(Tools::SCCACHE),
    Tool::Sccache(Tools::NEWEST_SCCACHE),
    Tool::System("ccache"),
    Tool::Ccache(Tools::CCACHE),
];

const LOCAL: &str = "toolchainkit_enable_cache(PROJECT roots)";

/// A library whose CMakeLists.txt is in `build/cmake`, and its sources in `lib`.
const LAYOUT: [(&str, &str); 5] = [
    (
        "build/cmake/CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.15...4.0)\nproject(roots C)\nset(lib ${CMAKE_CURRENT_SOURCE_DIR}/../../lib)\n\
         get_filename_component(lib ${lib} ABSOLUTE)\nadd_executable(roots ${lib}/main.c ${lib}/common/part.c here.c)\n\
         target_include_directories(roots PRIVATE ${lib} ${lib}/common)\n",
    ),
    ("build/cmake/here.c", "int here(void);\nint here(void) { return 0; }\n"),
    (
        "lib/main.c",
        "#include <stdio.h>\n#include \"part.h\"\nint here(void);\nint main(void) {\n  puts(part_file());\n  return here();\n}\n",
    ),
    ("lib/common/part.h", "const char *part_file(void);\n"),
    ("lib/common/part.c", "#include \"part.h\"\nconst char *part_file(void) { return __FILE__; }\n"),
];
const OBJECTS: u64 = 3;

fn write_layout(top: &Path) {
    for (path, text) in LAYOUT {
        let path = top.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// The project in `folder`, which has a repository unless the caller cares for that.
fn place<'a>(sandbox: &'a Sandbox, tools: &Tools, folder: &str, has_git: bool) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, &format!("{folder}/build/cmake"), LOCAL);
    let top = sandbox.root().join(folder);
    write_layout(&top);
    if has_git {
        fs::create_dir_all(top.join(".git")).expect("a repository");
    }
    let toolchain = checkout.source.join("cmake/toolchain.cmake");
    checkout.option(&format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()))
}

/// `launcher.json` of a configured checkout.
fn settings(checkout: &Checkout<'_>) -> Value {
    let text = fs::read_to_string(checkout.build_folder().join("toolchainkit/launcher.json"));
    serde_json::from_str(&text.expect("launcher.json")).expect("JSON")
}

fn root(checkout: &Checkout<'_>) -> PathBuf {
    settings(checkout)["root"].as_str().expect("a root").into()
}

/// All objects hit. With path maps, the program knows its own source, relative to the source folder.
#[track_caller]
fn assert_hits(checkout: &Checkout<'_>, what: &str) {
    checkout.configure();
    assert_eq!(checkout.counted(|| drop(checkout.build())), (OBJECTS, 0), "{what}");
    let printed = checkout.command(checkout.build_folder().join("roots")).run().stdout;
    // ccache passes a path to the compiler that is relative to the build folder.
    if checkout.status_field("tool") == "ccache" {
        assert_eq!(printed, "../../../lib/common/part.c\n", "{what}");
    } else if settings(checkout)["tool_version"] != Tools::SCCACHE {
        assert_eq!(printed, "./../../lib/common/part.c\n", "{what}");
    }
}

/// ccache finds them by the contents of the headers: the fingerprint of the guard contains no path of a checkout.
#[track_caller]
fn assert_direct_hits(checkout: &Checkout<'_>, what: &str) {
    let counts = || {
        let statistics = checkout.ask(&["--print-stats"]).stdout;
        let count =
            |name| statistics.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<u64>().ok());
        (count("direct_cache_hit\t"), count("preprocessed_cache_hit\t"))
    };
    checkout.configure();
    let before = counts();
    assert_hits(checkout, what);
    let after = counts();
    assert_eq!((after.0, after.1), (before.0.map(|count| count + OBJECTS), before.1), "{what}");
}

fn sources_above_the_source_folder_hit_in_a_second_checkout(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    for build_type in ["Release", "Debug"] {
        let sandbox = Sandbox::new("roots").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let option = format!("-DCMAKE_BUILD_TYPE={build_type}");
        let first = place(&sandbox, &tools, "first", true).option(&option);
        first.configure();
        first.build();
        assert_eq!(root(&first), sandbox.root().join("first"));
        let second = place(&sandbox, &tools, "elsewhere/second", true).option(&option);
        match cache {
            Tool::Ccache(_) => assert_direct_hits(&second, build_type),
            _ => assert_hits(&second, build_type),
        }
        if matches!(cache, Tool::Sccache(_)) {
            let outside = sandbox.root().join("third-build");
            let third = place(&sandbox, &tools, "third", true).option(&option).with_build_folder(outside);
            assert_hits(&third, &format!("{build_type}, a build folder outside of the checkout"));
        }
    }
}

/// As Qt Creator and other tools create them: the names of both folders differ between checkouts.
fn build_folders_beside_checkouts_hit((cache, generator): (Tool, &'static str)) {
    let Some(tools) = tools_for(&[cache]) else { return };
    for build_type in ["Release", "Debug"] {
        let sandbox = Sandbox::new("beside").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let place = |name: &str| {
            let checkout = place(&sandbox, &tools, name, true)
                .option(&format!("-DCMAKE_BUILD_TYPE={build_type}"))
                .option("-DCMAKE_C_FLAGS=-Wunused")
                .with_generator(generator)
                .with_build_folder(sandbox.root().join(format!("build-{name}")));
            let source = sandbox.root().join(name).join("lib/common/part.c");
            let text = fs::read_to_string(&source).expect("a source") + "static int never;\n";
            fs::write(source, text).expect("a source");
            checkout
        };
        let first = place("first");
        first.configure();
        first.build();
        let second = place("the-second");
        second.configure();
        let mut built = None;
        let counts = second.counted(|| built = Some(second.build()));
        assert_eq!(counts, (OBJECTS, 0), "{build_type}");
        let top = sandbox.root().join("the-second");
        let built = built.expect("a build").text();
        let warning = format!("{}:3:", top.join("lib/common/part.c").display());
        assert!(built.contains(&warning), "{warning} {built}");
        // The build tool knows the headers by their real paths.
        if generator == "Ninja" {
            let folder = second.build_folder();
            let known = second.command("ninja").arg("-C").arg(folder).args(["-t", "deps"]).run().stdout;
            let header = top.join("lib/common/part.h").display().to_string();
            assert!(known.contains(&header) && !known.contains(".tk/"), "{known}");
        }
        let header = top.join("lib/common/part.h");
        fs::write(&header, "const char *part_file(void);\nint other(void);\n").expect("a header");
        let (hits, misses) = second.counted(|| drop(second.build()));
        assert_eq!((hits, misses), (0, 2), "the sources that include the header");
        let printed = second.command(second.build_folder().join("roots")).run().stdout;
        assert!(printed.ends_with("lib/common/part.c\n") && !printed.contains(".tk"), "{printed}");
    }
}

/// Tools such as colcon build the packages of a workspace one by one. A package includes headers from the folder where another
/// one was installed.
fn packages_of_a_workspace_hit(cache: Tool) {
    const PACKAGES: usize = 3;
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("workspace").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let mut hits = Vec::new();
    for workspace in ["first", "the-second"] {
        let top = sandbox.root().join(workspace);
        for index in 0..PACKAGES {
            let call =
                format!("toolchainkit_enable_cache(PROJECT workspace PROJECT_DIR \"{}\")", top.display());
            let package =
                Checkout::sample(&sandbox, &tools, &format!("{workspace}/src/package-{index}"), &call);
            let name = format!("package_{index}");
            fs::write(
                package.source.join("CMakeLists.txt"),
                format!(
                    "cmake_minimum_required(VERSION 3.15...4.0)\nproject({name} C)\nadd_library({name} STATIC a.c)\n\
                     target_include_directories({name} PUBLIC . SYSTEM PRIVATE ${{WORKSPACE}}/install/include)\n\
                     install(FILES {name}.h DESTINATION include)\n"
                ),
            )
            .expect("a project");
            let before = index.checked_sub(1).map(|other| format!("package_{other}"));
            let (include, value) = before.map_or((String::new(), "1".to_owned()), |other| {
                (format!("#include <{other}.h>\n"), format!("{other}() + 1"))
            });
            let header = format!("static inline int {name}(void) {{ return {index}; }}\n");
            fs::write(package.source.join(format!("{name}.h")), header).expect("a header");
            let source = format!(
                "{include}#include \"{name}.h\"\nint of_{name}(void);\nint of_{name}(void) {{ return {name}() + {value}; }}\n"
            );
            fs::write(package.source.join("a.c"), source).expect("a source");
            let package = package
                .with_build_folder(top.join("build").join(&name))
                .option(&format!(
                    "-DCMAKE_TOOLCHAIN_FILE={}/cmake/toolchain.cmake",
                    top.join(format!("src/package-{index}")).display()
                ))
                .option(&format!("-DCMAKE_INSTALL_PREFIX={}", top.join("install").display()))
                .option(&format!("-DWORKSPACE={}", top.display()));
            package.configure();
            hits.push(package.counted(|| drop(package.build())));
            package.building().args(["--target", "install"]).run();
        }
    }
    assert_eq!(hits[PACKAGES..], [(1, 0); PACKAGES], "{hits:?}");
}

fn a_worktree_hits(cache: Tool) {
    let Some(tools) = tools_for(&[cache, Tool::System("git")]) else { return };
    let sandbox = Sandbox::new("worktree").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let first = place(&sandbox, &tools, "first", false).option("-DCMAKE_BUILD_TYPE=Debug");
    let top = sandbox.root().join("first");
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"];
        sandbox.command("git").current_dir(&top).args(identity).args(arguments).run();
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "all"]);
    first.configure();
    first.build();
    // Some keep their worktrees inside of the first checkout.
    for folder in ["second", "first/worktrees/third"] {
        git(&["worktree", "add", "--quiet", sandbox.root().join(folder).to_str().expect("a plain path")]);
        let worktree = place(&sandbox, &tools, folder, false).option("-DCMAKE_BUILD_TYPE=Debug");
        assert_hits(&worktree, folder);
        assert_eq!(root(&worktree), sandbox.root().join(folder));
    }
}

fn a_checkout_behind_a_link_hits(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("link").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let first = place(&sandbox, &tools, "first", true).option("-DCMAKE_BUILD_TYPE=Debug");
    first.configure();
    first.build();
    let real = sandbox.dir("real/folder");
    symlink(&real, sandbox.root().join("link")).expect("a link");
    let linked = place(&sandbox, &tools, "link/second", true).option("-DCMAKE_BUILD_TYPE=Debug");
    match cache {
        Tool::Ccache(_) => assert_direct_hits(&linked, "a link"),
        _ => assert_hits(&linked, "a link"),
    }
}

fn a_submodule_is_a_checkout() {
    let sccache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("submodule").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    let alone = place(&sandbox, &tools, "alone", true);
    alone.configure();
    alone.build();
    let submodule = place(&sandbox, &tools, "super/part", false);
    fs::create_dir_all(sandbox.root().join("super/.git")).expect("a repository");
    fs::write(sandbox.root().join("super/part/.git"), "gitdir: ../.git/modules/part\n").expect("a file");
    assert_hits(&submodule, "a submodule");
    assert_eq!(root(&submodule), sandbox.root().join("super/part"));
}

fn the_folder_of_the_configuration_is_the_checkout_without_git() {
    let sccache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("yaml").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    for folder in ["first", "second"] {
        let checkout = place(&sandbox, &tools, folder, false);
        let call = "toolchainkit_enable_cache(PROJECT roots PROJECT_DIR ${CMAKE_CURRENT_LIST_DIR}/../../..)";
        let call = format!("include(${{CMAKE_CURRENT_LIST_DIR}}/ToolchainKit.cmake)\n{call}\n");
        let call = call.replace(
            "${CMAKE_CURRENT_LIST_DIR}/../../..",
            sandbox.root().join(folder).to_str().expect("plain"),
        );
        fs::write(checkout.source.join("cmake/toolchain.cmake"), call).expect("a toolchain file");
        if folder == "first" {
            checkout.configure();
            checkout.build();
        } else {
            assert_hits(&checkout, folder);
        }
        assert_eq!(root(&checkout), sandbox.root().join(folder));
    }
}

fn a_repository_in_the_home_folder_is_no_checkout() {
    let sccache = Tool::Sccache(Tools::SCCACHE);
    let Some(tools) = tools_for(&[sccache]) else { return };
    let sandbox = Sandbox::new("home").on_path(&tools.ninja()).on_path(&tools.path(sccache));
    fs::create_dir_all(sandbox.home().join(".git")).expect("a repository");
    let checkout = Checkout::sample(&sandbox, &tools, "home/project", LOCAL);
    checkout.configure();
    assert_eq!(root(&checkout), checkout.source);
    let settings = settings(&checkout);
    let base_dirs = settings["base_dirs"].as_array().expect("base directories");
    let home = sandbox.home();
    assert!(base_dirs.iter().all(|folder| Path::new(folder.as_str().expect("a path")) != home), "{settings}");
}
