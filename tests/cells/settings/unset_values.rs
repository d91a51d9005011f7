//! A toolchain or a profile that unsets a value from the rest of the file.

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tools, versions};

tests![
    an_explicit_null_unsets_a_value in [versions::cmake("3.21"), Tools::CMAKE].map(CMake),
    a_profile_can_unset_the_remote_cache,
];

const YAML: &str = "cache: { enabled: false }
toolchain:
  linker: mold
  flags: { cxx: -DFROM_ALL, c: -DFROM_ALL }
  variables: { CMAKE_EXPORT_COMPILE_COMMANDS: true }
toolchains:
  plain: { linker: null, flags: { cxx: ~ } }
  empty: { flags: }
profiles:
  unlinked: { toolchain: { linker: null } }
";

fn an_explicit_null_unsets_a_value(CMake(version): CMake) {
    let Some(checkout) = Checkout::new("unset-values", version, &["mold"], YAML) else { return };
    let cases = [
        ("release", true, true),
        ("plain-release", false, false),
        ("empty-release", true, true),
        ("unlinked-release", false, true),
        ("unlinked-plain-release", false, false),
    ];
    for (preset, has_linker, has_flags) in cases {
        checkout.command("cmake", &["--preset", preset]).run();
        checkout.command("cmake", &["--build", "--preset", preset]).run();
        let comments = checkout.comments(&format!("build/{preset}/main"));
        assert_eq!(comments.contains("mold "), has_linker, "CMake {version}, {preset}: {comments}");
        let commands = checkout.read(&format!("build/{preset}/compile_commands.json"));
        let count = commands.matches("-DFROM_ALL").count();
        assert_eq!(count, if has_flags { 2 } else { 1 }, "CMake {version}, {preset}: {commands}");
    }
}

fn a_profile_can_unset_the_remote_cache() {
    let yaml = "cache: { tool: ccache, remote: { type: http, endpoint: \"http://127.0.0.1:1/x\" } }
profiles: { local: { cache: { remote: null } } }
";
    let Some(checkout) = Checkout::new("local", Tools::CMAKE, &[], yaml) else { return };
    let program = env!("CARGO_BIN_EXE_toolchainkit");
    let variables = |arguments: &[&str]| checkout.command(program, arguments).run().stdout;
    assert!(variables(&["env"]).contains("127.0.0.1:1"));
    assert!(!variables(&["env", "--profile", "local"]).contains("127.0.0.1:1"));
}
