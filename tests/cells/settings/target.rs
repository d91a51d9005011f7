//! The settings of `target`: the staging folder, the search for libraries, and the calling convention.

use std::fs;

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tool, Tools};

tests![
    an_installation_into_the_staging_folder_refers_to_the_prefix_on_the_target in super::versions(),
    find_root_modes_determine_where_cmake_searches in super::versions(),
    the_abi_determines_the_word_size in super::versions(),
    the_abi_determines_the_calling_convention_of_arm in super::versions(),
];

fn an_installation_into_the_staging_folder_refers_to_the_prefix_on_the_target(CMake(version): CMake) {
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: gcc
  target: { system: Linux, processor: x86_64, staging: stage }
  variables: { CMAKE_INSTALL_RPATH: /opt/demo/lib }
";
    let Some(checkout) = Checkout::new("staging", version, &[], yaml) else { return };
    checkout.configure(&["-DCMAKE_INSTALL_PREFIX=/opt/demo"]);
    checkout.build();
    let installed = checkout.command("cmake", &["--install", "b"]).run();
    for file in ["stage/bin/main", "stage/lib/libpart.so"] {
        assert!(checkout.path.join(file).is_file(), "CMake {version}, {file}\n{installed}");
    }
    let dynamic = checkout.command("/usr/bin/readelf", &["-d", "stage/bin/main"]).run().stdout;
    assert!(dynamic.contains("[/opt/demo/lib]"), "CMake {version}: {dynamic}");
}

/// Searches for `both`, which is in the root folder and on the build machine, and for `host`, which is only on the
/// build machine.
const FINDING: &str = "cmake_minimum_required(VERSION 3.15)
project(finding NONE)
foreach(name IN ITEMS both host)
  find_library(${name}_library ${name} NAMES lib${name}.a)
  find_path(${name}_include ${name}.h)
  find_program(${name}_program ${name}-tool)
  find_package(${name} CONFIG QUIET)
  set(${name}_package \"${${name}_DIR}\")
  foreach(kind IN ITEMS program library include package)
    set(place nothing)
    if(\"${${name}_${kind}}\" MATCHES \"/roots/target/\")
      set(place target)
    elseif(\"${${name}_${kind}}\" MATCHES \"/src/machine/\")
      set(place machine)
    endif()
    string(APPEND ${name}_places \" ${place}\")
  endforeach()
  message(STATUS \"${name}:${${name}_places}.\")
endforeach()
";

fn write_findable(checkout: &Checkout, root: &str, name: &str) {
    checkout.write(&format!("{root}/lib/lib{name}.a"), "!<arch>\n");
    checkout.write(&format!("{root}/include/{name}.h"), "\n");
    checkout.write_script(&format!("{root}/bin/{name}-tool"), "exit 0");
    checkout.write(&format!("{root}/lib/cmake/{name}/{name}Config.cmake"), "\n");
}

fn find_root_modes_determine_where_cmake_searches(CMake(version): CMake) {
    // Where `both` and `host` are found: program, library, header and package.
    let cases = [
        ("", "machine target target target", "machine nothing nothing nothing"),
        (
            "find_root: { program: only, library: only, include: only, package: only },",
            "target target target target",
            "nothing nothing nothing nothing",
        ),
        (
            "find_root: { program: both, library: both, include: both, package: both },",
            "target target target target",
            "machine machine machine machine",
        ),
        (
            "find_root: { program: never, library: never, include: never, package: never },",
            "machine machine machine machine",
            "machine machine machine machine",
        ),
        (
            "find_root: { library: both, package: never },",
            "machine target target machine",
            "machine machine nothing machine",
        ),
    ];
    let Some(tools) = Tools::require(&[Tool::Ninja]) else { return };
    for (modes, of_both, of_host) in cases {
        let target = format!("system: Linux, processor: x86_64, {modes} find_root_path: [roots/target]");
        let yaml = format!("cache: {{ enabled: false }}\ntoolchain: {{ target: {{ {target} }} }}\n");
        let Some(checkout) = Checkout::new("find-root", version, &[], &yaml) else { return };
        checkout.write("CMakeLists.txt", FINDING);
        write_findable(&checkout, "roots/target/usr", "both");
        write_findable(&checkout, "machine", "both");
        write_findable(&checkout, "machine", "host");
        let prefix = format!("-DCMAKE_PREFIX_PATH={}", checkout.path.join("machine").display());
        // Give the path of Ninja: with `program: only`, CMake would search for it in the root folder only.
        let ninja = format!("-DCMAKE_MAKE_PROGRAM={}", tools.ninja().display());
        let found = checkout.configure(&[&prefix, &ninja]);
        for (name, places) in [("both", of_both), ("host", of_host)] {
            let line = format!("-- {name}: {places}.");
            assert!(found.stdout.contains(&line), "CMake {version}, {modes} {line}\n{found}");
        }
        // A folder set by the user overrides all others.
        fs::remove_dir_all(checkout.path.join("b")).expect("the build folder");
        let found = checkout.configure(&[&prefix, &ninja, "-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=NEVER"]);
        assert!(
            found
                .stdout
                .lines()
                .any(|line| line.starts_with("-- both:")
                    && line.split_whitespace().nth(3) == Some("machine")),
            "CMake {version}\n{found}"
        );
    }
}

fn the_abi_determines_the_word_size(CMake(version): CMake) {
    // The class and the machine in the header of an ELF file.
    let cases = [("32", "i686", (1, 3)), ("x32", "x86_64", (1, 62)), ("64", "x86_64", (2, 62))];
    let Some(_) = Tools::require(&[Tool::Multilib]) else { return };
    for (abi, processor, expected) in cases {
        let target = format!("{{ system: Linux, processor: {processor}, abi: {abi} }}");
        let yaml =
            format!("cache: {{ enabled: false }}\ntoolchain: {{ compilers: gcc, target: {target} }}\n");
        let Some(checkout) = Checkout::new("abi", version, &[], &yaml) else { return };
        // The source needs no kernel headers, which exist only for the build machine.
        checkout.write("main.cpp", "#include <vector>\nextern \"C\" int part(int);\nint main() { return std::vector<int>(3, part(1)).size() - 3; }\n");
        checkout.configure(&[]);
        checkout.build();
        let bytes = fs::read(checkout.path.join("b/main")).expect("the program");
        assert_eq!((bytes[4], bytes[18]), expected, "CMake {version}, abi {abi}");
    }
}

fn the_abi_determines_the_calling_convention_of_arm(CMake(version): CMake) {
    for (abi, in_registers) in [("hard", true), ("softfp", false)] {
        let yaml = format!(
            "cache: {{ enabled: false }}
toolchain:
  compilers: gcc
  try_compile: static-library
  target: {{ system: Linux, processor: arm, triple: arm-linux-gnueabihf, abi: {abi} }}
"
        );
        let programs = ["arm-linux-gnueabihf-gcc", "arm-linux-gnueabihf-g++"];
        let Some(checkout) = Checkout::new("arm", version, &programs, &yaml) else { return };
        let lists =
            "cmake_minimum_required(VERSION 3.15)\nproject(demo C)\nadd_library(part STATIC part.c)\n";
        checkout.write("CMakeLists.txt", lists);
        checkout.write("part.c", "float part(float x) { return x + 1; }\n");
        checkout.configure(&[]);
        checkout.build();
        let head = checkout.command("/usr/bin/readelf", &["-A", "b/libpart.a"]).run().stdout;
        assert_eq!(head.contains("VFP registers"), in_registers, "CMake {version}, {abi}: {head}");
    }
}
