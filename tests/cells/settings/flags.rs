//! Standards, flags and macros, in the commands and in the compiled programs.

use super::Checkout;
use crate::list::{CMake, pairs, tests};
use crate::support::{Run, Tools, versions};

tests![
    commands_contain_each_setting_once in pairs(super::versions(), ["gcc", "clang"]),
    a_static_runtime_is_linked_into_the_program in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
    an_unsupported_standard_is_reported_with_the_version_that_it_needs,
];

const YAML: &str = "cache: { enabled: false }
toolchain:
  compilers: COMPILERS
  standards: { c: 11, cxx: 17, extensions: false }
  flags:
    c: -DONLY_C
    cxx: \"-DONLY_CXX -DTEXT='\\\"a,b;c>d\\\"'\"
    linker: -Wl,-z,now
    exe_linker: -Wl,-z,relro
    build_types: { Release: { cxx: \"-O2 -DIN_RELEASE='\\\"x,y z>w\\\"'\", shared_linker: \"-Wl,-z,defs\" }, Debug: { cxx: -DIN_DEBUG } }
  defines: [PLAIN, \"LEVEL=3\", 'QUOTED=\"a b$c\"']
  position_independent_code: true
  lto: [Release]
";

fn commands_contain_each_setting_once((CMake(version), compilers): (CMake, &'static str)) {
    let yaml = YAML.replace("COMPILERS", compilers);
    let Some(checkout) = Checkout::new("flags", version, &["ld.lld"], &yaml) else { return };
    // Link-time optimisation with clang needs a linker that can read its objects.
    let linker = if compilers == "clang" { "-fuse-ld=lld" } else { "" };
    checkout.write(
        "main.cpp",
        &format!(
            "{}\nstatic_assert(LEVEL == 3 && __cplusplus == 201703L, \"\");\nconst char *quoted() {{ return QUOTED TEXT IN_RELEASE; }}\n#ifdef IN_DEBUG\n#error\n#endif\n",
            super::MAIN
        ),
    );
    checkout.configure(&[
        "-DCMAKE_BUILD_TYPE=Release",
        &format!("-DCMAKE_SHARED_LINKER_FLAGS={linker}"),
        &format!("-DCMAKE_EXE_LINKER_FLAGS={linker}"),
    ]);
    let cxx = checkout.compile_command("main.cpp");
    let c = checkout.compile_command("part.c");
    for (command, flag, count) in [
        (&cxx, "-std=c++17", 1),
        (&cxx, "-DONLY_CXX", 1),
        (&cxx, "-DIN_RELEASE", 1),
        (&cxx, "-DIN_DEBUG", 0),
        (&cxx, "-DPLAIN", 1),
        (&cxx, "-flto", 1),
        (&cxx, "-fPIE", 1),
        (&cxx, "-DONLY_C ", 0),
        (&c, "-std=c11", 1),
        (&c, "-DONLY_C ", 1),
        (&c, "-DONLY_CXX", 0),
        (&c, "-DIN_RELEASE", 0),
        (&c, "-DPLAIN", 1),
    ] {
        assert_eq!(command.matches(flag).count(), count, "CMake {version}, {compilers}, {flag}: {command}");
    }
    let (own, cmakes) = (cxx.rfind(" -O2 ").unwrap(), cxx.rfind(" -O3 ").unwrap());
    assert!(own > cmakes, "CMake {version}: {cxx}");
    let ninja = checkout.read("b/build.ninja");
    let links =
        ninja.lines().filter(|line| line.trim_start().starts_with("LINK_FLAGS =")).collect::<Vec<_>>();
    assert!(links.iter().any(|line| line.contains("-Wl,-z,defs")), "CMake {version}: {links:?}");
    if compilers == "gcc" {
        checkout.build();
        assert_eq!(checkout.command("b/main", &["text"]).run().stdout, "text 2 2\n");
    }
}

fn a_static_runtime_is_linked_into_the_program(CMake(version): CMake) {
    let yaml = "cache: { enabled: false }\ntoolchain: { static_runtime: true }\n";
    let Some(checkout) = Checkout::new("static-runtime", version, &[], yaml) else { return };
    checkout.configure(&[]);
    checkout.build();
    let needed = checkout.command("/usr/bin/readelf", &["-d", "b/main"]).run().stdout;
    assert!(!needed.contains("libstdc++") && !needed.contains("libgcc"), "CMake {version}: {needed}");
}

fn an_unsupported_standard_is_reported_with_the_version_that_it_needs() {
    let yaml = "cache: { enabled: false }\ntoolchain: { standards: { cxx: 26 } }\n";
    let Some(checkout) = Checkout::new("standard", versions::cmake("3.21"), &[], yaml) else { return };
    let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", "--toolchain", "cmake/toolchain.cmake"];
    let refused = checkout.command("cmake", &arguments).run_expecting(1);
    assert!(refused.stderr.contains("CXX 26 in toolchainkit.yaml needs CMake 3.25.0"), "{refused}");
}
