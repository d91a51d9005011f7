//! A native configuration only changes the launcher.

use std::fs;

use super::Checkout;
use crate::list::{CMake, pairs, tests};
use crate::support::{Run, Tool, Tools};

tests![
    a_native_configuration_only_changes_the_launcher in pairs(Tools::CMAKES.map(CMake), ["relocatable", "not-relocatable"]),
    settings_of_the_user_override_the_configuration,
];

/// Whether a toolchain file or the module created this cache entry.
fn ours(line: &str) -> bool {
    [
        "CMAKE_TOOLCHAIN_FILE",
        "TOOLCHAINKIT",
        "_TOOLCHAINKIT",
        "//The CMake toolchain file",
        "//Identifies this build folder",
    ]
    .iter()
    .any(|start| line.starts_with(start))
}

/// Removes the compiler options of `cache.relocatable`, which hits in other checkouts need.
fn without_maps(text: &str) -> String {
    let is_map = |word: &&str| word.starts_with("-fmacro-prefix-map=");
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().filter(|word| !is_map(word)).collect::<Vec<_>>().join(" "));
    // If no other option remains, a variable in build.ninja is empty.
    lines.filter(|line| line != "FLAGS =").collect::<Vec<_>>().join("\n")
}

fn a_native_configuration_only_changes_the_launcher((CMake(version), relocatable): (CMake, &'static str)) {
    let ccache = Tool::Ccache(Tools::CCACHE);
    let Some(tools) = Tools::require(&[ccache]) else { return };
    let relocatable = relocatable == "relocatable";
    let yaml = &format!("cache: {{ tool: ccache, relocatable: {relocatable} }}\n");
    let Some(mut checkout) = Checkout::new("native", version, &[], yaml) else { return };
    checkout.sandbox = checkout.sandbox.on_path(&tools.path(ccache));
    let files = |checkout: &Checkout| {
        let written = checkout.read("b/CMakeCache.txt");
        // Each entry has a comment before it and a blank line after it.
        let entries = written.lines().filter(|line| !line.is_empty() && !ours(line));
        let commands = checkout.read("b/compile_commands.json");
        // CMake 3.16 moved the rules to another file.
        let rules = ["b/rules.ninja", "b/CMakeFiles/rules.ninja"].map(|name| checkout.path.join(name));
        let rules = rules.iter().find_map(|path| fs::read_to_string(path).ok()).expect("rules");
        let ninja = checkout.read("b/build.ninja") + &rules;
        (entries.map(str::to_owned).collect::<Vec<_>>(), commands, ninja)
    };
    checkout.command("cmake", &["-G", "Ninja", "-S", ".", "-B", "b"]).run();
    let mut without = files(&checkout);
    fs::remove_dir_all(checkout.path.join("b")).unwrap();
    checkout.configure(&[]);
    let mut with = files(&checkout);
    assert_eq!(with.1.contains("-prefix-map="), relocatable, "CMake {version}");
    let launcher = "/toolchainkit/launcher ";
    let has_launcher = |text: &str| text.contains(launcher);
    assert!(has_launcher(&with.2) && !has_launcher(&without.2), "CMake {version}");
    if relocatable {
        with = (with.0, without_maps(&with.1), without_maps(&with.2));
        without = (without.0, without_maps(&without.1), without_maps(&without.2));
    }
    assert_eq!(without.0, with.0, "CMakeCache.txt, CMake {version}");
    assert_eq!(without.1, with.1, "compile_commands.json, CMake {version}");
    // Remove the lists of files that make CMake run again when they change.
    let rules = |text: &str| {
        let without_launcher = text.lines().map(|line| {
            line.split_once(launcher).map_or_else(
                || line.to_owned(),
                |(head, tail)| {
                    let compiler = tail.find("/usr/bin/").map_or("", |start| &tail[start..]);
                    format!("{}{compiler}", &head[..head.rfind("= ").map_or(0, |end| end + 2)])
                },
            )
        });
        let is_rule = |line: &String| {
            let is_launcher = line.trim_start().starts_with("LAUNCHER =");
            !is_launcher && !line.contains("toolchain") && !line.contains("/CMakeLists.txt")
        };
        without_launcher.filter(is_rule).collect::<Vec<_>>()
    };
    assert_eq!(rules(&without.2), rules(&with.2), "build.ninja, CMake {version}");
}

fn settings_of_the_user_override_the_configuration() {
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: clang
  binutils: { ar: llvm-ar-of-nobody }
  standards: { cxx: 17 }
  flags: { cxx: -DFROM_YAML }
  variables: { PLAIN: yaml, ENTRY: { type: STRING, value: yaml } }
";
    let Some(checkout) = Checkout::new("users", Tools::CMAKE, &[], yaml) else { return };
    checkout.configure(&[
        "-DCMAKE_C_COMPILER=gcc",
        "-DCMAKE_CXX_COMPILER=g++",
        "-DCMAKE_AR=/usr/bin/ar",
        "-DCMAKE_CXX_STANDARD=20",
        "-DCMAKE_CXX_FLAGS=-DFROM_USER",
        "-DPLAIN=user",
        "-DENTRY=user",
    ]);
    checkout.build();
    let command = checkout.compile_command("main.cpp");
    assert!(command.contains("g++") && command.contains("-std=gnu++20"), "{command}");
    assert!(command.contains("-DFROM_USER") && !command.contains("-DFROM_YAML"), "{command}");
    for (name, value) in [("CMAKE_AR", "/usr/bin/ar"), ("PLAIN", "user"), ("ENTRY", "user")] {
        assert_eq!(checkout.cached(name).as_deref(), Some(value), "{name}");
    }

    fs::remove_dir_all(checkout.path.join("b")).unwrap();
    let arguments = [
        "-G",
        "Ninja",
        "-S",
        ".",
        "-B",
        "b",
        "--toolchain",
        "cmake/toolchain.cmake",
        "-DCMAKE_AR=/usr/bin/ar",
    ];
    let mut command = checkout.command("cmake", &arguments);
    let configured = command.env("CC", "gcc").env("CXX", "g++").run();
    assert!(configured.stdout.contains("CXX=g++ from the environment overrides clang++"), "{configured}");
    assert!(checkout.compile_command("main.cpp").contains("/g++ "), "{configured}");
}
