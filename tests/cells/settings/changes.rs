//! Changes of the configuration with an existing build folder.

use std::fs;

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tools, versions};

tests![
    a_changed_compiler_is_reported_in_one_line in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
    flags_and_variables_are_updated_unless_the_user_changed_them in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
    flags_are_added_to_a_build_folder_without_flags,
    the_value_of_an_environment_variable_is_remembered in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
];

fn yaml(toolchain: &str) -> String {
    format!("cache: {{ enabled: false }}\ntoolchain: {{ {toolchain} }}\n")
}

fn a_changed_compiler_is_reported_in_one_line(CMake(version): CMake) {
    let Some(checkout) = Checkout::new("compiler", version, &[], &yaml("compilers: gcc")) else { return };
    checkout.configure(&[]);
    checkout.build();
    let quiet = checkout.configure(&[]);
    assert!(!quiet.text().contains("toolchainkit:"), "{quiet}");
    checkout.generate(&yaml("compilers: clang"));
    let output = checkout.build().text();
    let lines =
        output.lines().filter(|line| line.contains("toolchainkit: CMAKE_CXX_COMPILER")).collect::<Vec<_>>();
    assert_eq!(lines.len(), 1, "CMake {version}: {output}");
    assert!(lines[0].contains("clang++") && lines[0].contains("keeps g++"), "{}", lines[0]);
    assert!(checkout.compile_command("main.cpp").contains("/g++ "));
    fs::remove_dir_all(checkout.path.join("b")).unwrap();
    let fresh = checkout.configure(&[]);
    assert!(!fresh.text().contains("toolchainkit:"), "{fresh}");
    assert!(checkout.compile_command("main.cpp").contains("clang++"));
}

fn flags_and_variables_are_updated_unless_the_user_changed_them(CMake(version): CMake) {
    let first = yaml(
        "flags: { cxx: -DONE, exe_linker: \"-Wl,-z,now\" }, variables: { V: { type: STRING, value: a } }",
    );
    let Some(checkout) = Checkout::new("flags-follow", version, &[], &first) else { return };
    let flags = |name: &str| checkout.cached(name).unwrap_or_default();
    checkout.configure(&["-DCMAKE_C_FLAGS=-DUSER"]);
    assert_eq!((flags("CMAKE_CXX_FLAGS"), flags("V")), ("-DONE".to_owned(), "a".to_owned()));
    // The flag occurs once, although CMake reads the file several times.
    checkout.configure(&[]);
    assert_eq!(flags("CMAKE_CXX_FLAGS"), "-DONE");

    checkout.generate(&yaml(
        "flags: { cxx: \"-DTWO -Wall\", c: -DC }, variables: { V: { type: STRING, value: b } }",
    ));
    checkout.build();
    assert!(checkout.compile_command("main.cpp").contains("-DTWO -Wall"), "CMake {version}");
    assert!(!checkout.compile_command("main.cpp").contains("-DONE"), "CMake {version}");
    assert_eq!((flags("CMAKE_EXE_LINKER_FLAGS").as_str(), flags("V").as_str()), ("", "b"));
    assert_eq!(flags("CMAKE_C_FLAGS"), "-DUSER", "CMake {version}");

    checkout.configure(&["-DCMAKE_CXX_FLAGS=-DMINE", "-DV=mine"]);
    checkout.generate(&yaml("flags: { cxx: -DTHREE }, variables: { V: { type: STRING, value: c } }"));
    let output = checkout.build();
    assert!(output.text().contains("toolchainkit: CMAKE_CXX_FLAGS was changed"), "CMake {version}: {output}");
    assert_eq!((flags("CMAKE_CXX_FLAGS").as_str(), flags("V").as_str()), ("-DMINE", "mine"));
}

fn flags_are_added_to_a_build_folder_without_flags() {
    let Some(checkout) = Checkout::new("flags-later", versions::cmake("3.21"), &[], &yaml("")) else {
        return;
    };
    checkout.configure(&[]);
    checkout.generate(&yaml("flags: { cxx: -DLATER }"));
    checkout.build();
    assert!(checkout.compile_command("main.cpp").contains("-DLATER"));
    checkout.generate(&yaml(""));
    checkout.build();
    assert!(!checkout.compile_command("main.cpp").contains("-DLATER"));
}

fn the_value_of_an_environment_variable_is_remembered(CMake(version): CMake) {
    let text = yaml(
        "compilers: { c: \"${TEAM_BIN}/gcc\", cxx: \"${TEAM_BIN}/g++\" }, variables: { V: { type: PATH, value: \"${TEAM_BIN}/x\" } }",
    );
    let Some(checkout) = Checkout::new("environment", version, &[], &text) else { return };
    let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"];
    let missing = checkout.command("cmake", &arguments).run_expecting(1);
    assert!(missing.stderr.contains("environment variable TEAM_BIN"), "{missing}");
    fs::remove_dir_all(checkout.path.join("b")).unwrap();
    checkout.command("cmake", &arguments).env("TEAM_BIN", "/usr/bin").run();
    // Ninja runs CMake again, in a shell without the variable.
    checkout.write("CMakeLists.txt", &(super::LISTS.to_owned() + "check_include_file(math.h HAVE_MATH_H)\n"));
    checkout.build();
    assert_eq!(checkout.cached("V").as_deref(), Some("/usr/bin/x"));
    assert!(checkout.compile_command("main.cpp").contains("/usr/bin/g++"));
}
