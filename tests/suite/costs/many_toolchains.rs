//! The cost of `generate` with a large configuration.

use std::fmt::Write as _;
use std::time::Duration;

use super::generating_costs;
use crate::support::{Sandbox, Tool, Tools};

/// 10 toolchains, 4 build types, and 3 profiles in addition to the settings without a profile.
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
fn ten_toolchains_in_four_build_types_and_three_profiles_take_less_than_30_ms() {
    let Some(tools) = Tools::require(&[Tool::Released]) else { return };
    let sandbox = Sandbox::new("many");
    let project = sandbox.dir("src");
    std::fs::write(project.join("toolchainkit.yaml"), yaml()).unwrap();
    let [whole, without] = generating_costs(&sandbox, &project, &tools.path(Tool::Released));
    let time = whole.median.saturating_sub(without.median);
    println!("generate for many toolchains: {time:?}");
    let presets = std::fs::read_to_string(project.join("CMakePresets.json")).unwrap();
    assert_eq!(presets.matches("\"displayName\"").count(), 11 * 4 * 4);
    assert!(time < Duration::from_millis(30), "{time:?}");
}
