//! A big configuration is generated in no time.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::support::{Run, Sandbox};

/// 10 toolchains, 4 build types, and 3 profiles besides the settings without one.
fn yaml() -> String {
    let mut yaml = String::from(
        "cache: { tool: sccache, remote: { type: s3, bucket: b } }\n\
         presets: { build_types: [Debug, Release, RelWithDebInfo, MinSizeRel], cmake_minimum: \"3.25\" }\n\
         profiles:\n  ci: { cache: { size_gb: 20 } }\n  fork: { cache: { remote: { access: read-only } } }\n  \
         strict: { toolchain: { flags: { cxx: -Werror } } }\ntoolchains:\n",
    );
    for number in 0..10 {
        writeln!(
            yaml,
            "  t{number}: {{ compilers: clang-{number}, linker: lld, standards: {{ cxx: 20 }}, flags: {{ c: -Wall, cxx: -Wall }}, \
             target: {{ system: Linux, processor: aarch64, triple: aarch64-linux-gnu, sysroot: s{number} }}, lto: [Release] }}"
        )
        .unwrap();
    }
    yaml
}

#[test]
fn ten_toolchains_in_four_build_types_and_three_profiles() {
    let sandbox = Sandbox::new("speed");
    let project = sandbox.dir("src");
    std::fs::write(project.join("toolchainkit.yaml"), yaml()).unwrap();
    let mut fastest = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let mut generate = sandbox.command(env!("CARGO_BIN_EXE_toolchainkit"));
        generate.current_dir(&project).args(["generate", "--quiet"]).run();
        fastest = fastest.min(start.elapsed());
    }
    let presets = std::fs::read_to_string(project.join("CMakePresets.json")).unwrap();
    assert_eq!(presets.matches("\"displayName\"").count(), 11 * 4 * 4);
    // Without optimisation it takes many times as long.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 600 } else { 30 });
    assert!(fastest < limit, "{fastest:?}");
}
