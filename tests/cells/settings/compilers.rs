//! Compilers by name with a version, by path and by environment variable. The programs print which compiler compiled
//! them.

use std::fs;

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tools};

tests![
    a_compiler_can_be_a_name_with_a_version_or_a_path in versions_and_compilers(),
    compilers_from_the_environment_override_the_configuration in super::versions(),
    clang_cl_compiles_for_windows in super::versions(),
    msvc_presets_are_disabled_on_other_systems,
    clang_uses_the_libraries_of_the_configured_gcc in super::versions(),
];

fn checkout(version: &'static str, compilers: &str) -> Option<Checkout> {
    let yaml = format!("cache: {{ enabled: false }}\ntoolchain: {{ {compilers} }}\n");
    let checkout = Checkout::new("compilers", version, &["clang-22", "clang++-22", "g++-12"], &yaml)?;
    checkout.write("part.c", &format!("{COMPILER}int part(int x) {{ (void)x; return COMPILER; }}\n"));
    checkout.write(
        "main.cpp",
        &format!("#include <cstdio>\n{COMPILER}extern \"C\" int part(int);\nint main() {{ std::printf(\"%d %d\\n\", part(0), COMPILER); }}\n"),
    );
    Some(checkout)
}

/// The check for Clang comes first, because Clang also defines GCC's macro.
const COMPILER: &str = "#ifdef __clang__
#define COMPILER (1000 + __clang_major__)
#else
#define COMPILER __GNUC__
#endif
";

/// The compilers that compiled the C and the C++ source.
fn compiled_by(checkout: &Checkout) -> String {
    checkout.command("b/main", &[]).run().stdout.trim().to_owned()
}

/// A configuration and the compilers that it selects. The first runs with every CMake, the others with one each, or
/// with all.
fn versions_and_compilers() -> Vec<(CMake, &'static str, &'static str)> {
    let cases = [
        ("compilers: clang-22", "1022 1022"),
        ("compilers: /usr/bin/clang-22", "1022 1022"),
        // Relative to the project.
        ("compilers: tools/clang", "1022 1022"),
        ("compilers: { c: gcc-12, cxx: clang++-22 }", "12 1022"),
    ];
    let mut cells = Vec::new();
    for (index, (compilers, expected)) in cases.into_iter().enumerate() {
        let versions = super::versions().enumerate();
        let chosen = versions.filter(|(position, _)| Tools::full() || index == 0 || index % 2 == *position);
        cells.extend(chosen.map(|(_, version)| (version, compilers, expected)));
    }
    cells
}

fn a_compiler_can_be_a_name_with_a_version_or_a_path(
    (CMake(version), compilers, expected): (CMake, &'static str, &'static str),
) {
    let Some(checkout) = checkout(version, compilers) else { return };
    for (name, program) in [("clang", "clang-22"), ("clang++", "clang++-22")] {
        checkout.write_script(&format!("tools/{name}"), &format!("exec /usr/bin/{program} \"$@\""));
    }
    checkout.configure(&[]);
    checkout.build();
    assert_eq!(compiled_by(&checkout), expected, "CMake {version}, {compilers}");
}

fn compilers_from_the_environment_override_the_configuration(CMake(version): CMake) {
    for compilers in ["", "compilers: gcc-12"] {
        let Some(checkout) = checkout(version, compilers) else { return };
        let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"];
        let mut command = checkout.command("cmake", &arguments);
        let configured = command.env("CC", "clang-22").env("CXX", "clang++-22").run();
        let is_reported = configured.text().contains("overrides");
        assert_eq!(is_reported, !compilers.is_empty(), "CMake {version}\n{configured}");
        checkout.build();
        assert_eq!(compiled_by(&checkout), "1022 1022", "CMake {version}, {compilers}");
        // They stay when the build tool runs CMake again without the variables.
        checkout.write("CMakeLists.txt", &(super::LISTS.to_owned() + "# Changed.\n"));
        checkout.build();
        assert_eq!(compiled_by(&checkout), "1022 1022", "CMake {version}, {compilers}");
    }
}

fn clang_cl_compiles_for_windows(CMake(version): CMake) {
    let programs = ["clang-cl-14", "lld-link", "llvm-lib", "llvm-rc-14", "llvm-mt-14"];
    // There is no Windows SDK, so nothing of it is linked.
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: clang-cl-14
  linker: lld
  binutils: { ar: llvm-lib, rc: llvm-rc-14 }
  target: { system: Windows, processor: AMD64 }
  standards: { c: 11, cxx: 17 }
  flags:
    c: -DONLY_C
    exe_linker: /NODEFAULTLIB /ENTRY:main /SUBSYSTEM:CONSOLE
    build_types: { Release: { cxx: /O1 -DIN_RELEASE } }
  static_runtime: true
  try_compile: static-library
  variables: { CMAKE_MT: llvm-mt-14 }
";
    let Some(checkout) = Checkout::new("clang-cl", version, &programs, yaml) else { return };
    let lists = "cmake_minimum_required(VERSION 3.15)
project(demo C CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_STANDARD_LIBRARIES \"\")
add_library(part STATIC part.c)
add_executable(main main.cpp)
target_link_libraries(main PRIVATE part)
";
    checkout.write("CMakeLists.txt", lists);
    checkout.write("main.cpp", "extern \"C\" int part(int);\nint main() { return part(1); }\n");
    checkout.configure(&["-DCMAKE_BUILD_TYPE=Release"]);
    let built = checkout.command("cmake", &["--build", "b", "--", "-v"]).run();
    let output = built.text();
    assert!(
        !output.contains("unknown argument") && !output.contains("-fuse-ld"),
        "CMake {version}: {output}"
    );
    assert!(output.contains("lld-link"), "CMake {version}: {output}");
    let program = fs::read(checkout.path.join("b/main.exe")).expect("the program");
    assert!(program.starts_with(b"MZ"), "CMake {version}");
    let (c, cxx) = (checkout.compile_command("part.c"), checkout.compile_command("main.cpp"));
    for (command, flag, count) in
        [(&c, "-DONLY_C ", 1), (&cxx, "-DONLY_C ", 0), (&cxx, "-std:c++17", 1), (&cxx, "-DIN_RELEASE", 1)]
    {
        assert_eq!(command.matches(flag).count(), count, "CMake {version}, {flag}: {command}");
    }
    // The flag of the configuration comes after CMake's.
    assert!(cxx.rfind("/O1") > cxx.rfind("/O2"), "CMake {version}: {cxx}");
    let has_static_runtime = c.contains("MT ");
    assert!(has_static_runtime && !c.contains("MD "), "CMake {version}: {c}");
}

fn msvc_presets_are_disabled_on_other_systems() {
    let yaml = "cache: { enabled: false }\ntoolchain: { compilers: msvc, sanitizers: [address] }\n";
    let Some(checkout) = Checkout::new("msvc", Tools::CMAKE, &[], yaml) else { return };
    let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"];
    let refused = checkout.command("cmake", &arguments).run_expecting(1);
    let words = refused.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("CMAKE_C_COMPILER: cl is not a full path and was not found"), "{refused}");
    let disabled = checkout.command("cmake", &["--preset", "debug"]).run_expecting(1);
    assert!(disabled.stderr.contains("disabled configure preset"), "{disabled}");
}

fn clang_uses_the_libraries_of_the_configured_gcc(CMake(version): CMake) {
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: clang
  linker: lld
  target: { system: Linux, processor: aarch64, triple: aarch64-linux-gnu, gcc_toolchain: gcc }
  flags: { exe_linker: \"-Wl,--trace\" }
";
    let programs = ["aarch64-linux-gnu-g++", "qemu-aarch64", "ld.lld"];
    let Some(checkout) = Checkout::new("gcc-folder", version, &programs, yaml) else { return };
    let gcc = checkout.path.join("gcc");
    fs::create_dir_all(gcc.join("lib")).expect("a folder");
    for (from, to) in
        [("/usr/lib/gcc-cross", "lib/gcc-cross"), ("/usr/aarch64-linux-gnu", "aarch64-linux-gnu")]
    {
        std::os::unix::fs::symlink(from, gcc.join(to)).expect("a link");
    }
    checkout.configure(&[]);
    let built = checkout.command("cmake", &["--build", "b", "--", "-v"]).run().stdout;
    let file = format!("{}/lib/gcc-cross/aarch64-linux-gnu/", gcc.display());
    let traced = |end: &str| built.lines().any(|line| line.starts_with(&file) && line.ends_with(end));
    assert!(traced("crtbeginS.o") && traced("libstdc++.so"), "CMake {version}: {built}");
    let printed = checkout.command("qemu-aarch64", &["-L", "/usr/aarch64-linux-gnu", "b/main", "x"]).run();
    assert_eq!(printed.stdout, "x 2 2\n", "CMake {version}");
}
