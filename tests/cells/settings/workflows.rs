//! Presets of all kinds, for several toolchains, run by CMake.

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tools, versions};

tests![
    a_workflow_configures_builds_tests_and_packages in [versions::cmake("3.25"), Tools::CMAKE].map(CMake),
    an_older_cmake_gets_presets_that_it_supports,
];

const YAML: &str = "cache: { enabled: false }
toolchains:
  clang: { compilers: clang }
  elsewhere: { hosts: [Windows] }
profiles:
  strict: { toolchain: { flags: { cxx: -Werror } } }
presets:
  cmake_minimum: \"3.25\"
  build_types: [Debug, Release]
  kinds: [configure, build, test, package, workflow]
  jobs: 2
  output: { junit: \"${presetName}.xml\" }
  package_generators: [TGZ]
  matrix:
    exclude: [{ profile: strict, build_type: Release }, { toolchain: elsewhere, profile: strict }]
";

fn a_workflow_configures_builds_tests_and_packages(CMake(version): CMake) {
    let Some(checkout) = Checkout::new("workflow", version, &[], YAML) else { return };
    let listed = checkout.command("cmake", &["--list-presets=all"]).run().stdout;
    for name in ["debug", "release", "clang-debug", "clang-release", "strict-debug", "strict-clang-debug"] {
        assert_eq!(listed.matches(&format!("\"{name}\"")).count(), 5, "CMake {version}, {name}: {listed}");
    }
    for name in ["strict-release", "strict-elsewhere-debug", "toolchainkit"] {
        assert!(!listed.contains(&format!("\"{name}\"")), "CMake {version}, {name}: {listed}");
    }
    let configure = checkout.command("cmake", &["--list-presets"]).run().stdout;
    assert!(!configure.contains("elsewhere-debug"), "not on this system: {configure}");
    let done = checkout.command("cmake", &["--workflow", "--preset", "strict-clang-debug"]).run();
    assert!(done.stdout.contains("100% tests passed"), "{done}");
    assert!(checkout.read("build/strict-clang-debug/strict-clang-debug.xml").contains("<testsuite"));
    assert!(checkout.path.join("build/strict-clang-debug/demo-0.1.1-Linux.tar.gz").is_file(), "{done}");
    let cache = checkout.read("build/strict-clang-debug/CMakeCache.txt");
    assert!(cache.contains("CMAKE_CXX_FLAGS:STRING=-Werror\n"), "{cache}");
    assert!(cache.contains("CMAKE_BUILD_TYPE:STRING=Debug\n"));
    let uses_clang =
        |name: &str| checkout.read(&format!("build/{name}/compile_commands.json")).contains("/clang++ ");
    assert!(uses_clang("strict-clang-debug"));
    let other = checkout.command("cmake", &["--preset", "release"]).run();
    let cache = checkout.read("build/release/CMakeCache.txt");
    assert!(!uses_clang("release") && !cache.contains("-Werror"), "{other}");
}

fn an_older_cmake_gets_presets_that_it_supports() {
    let yaml = "cache: { enabled: false }\ntoolchains: { clang: { compilers: clang, hosts: [Linux] } }\n";
    let Some(checkout) = Checkout::new("older", versions::cmake("3.21"), &[], yaml) else { return };
    checkout.command("cmake", &["--preset", "clang-release"]).run();
    checkout.command("cmake", &["--build", "--preset", "clang-release"]).run();
    checkout.command("ctest", &["--preset", "clang-release"]).run();
    assert!(checkout.read("build/clang-release/compile_commands.json").contains("/clang++ "));
}
