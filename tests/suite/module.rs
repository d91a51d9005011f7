//! Checks that the CMake module is assembled from its parts.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::Run;

#[test]
fn the_module_is_assembled_from_its_parts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cmake");
    let assembled = Command::new("sh").arg(folder.join("parts/assemble.sh")).run().stdout;
    let committed = fs::read_to_string(folder.join("ToolchainKit.cmake")).expect("the module");
    assert!(assembled == committed, "run: cmake/parts/assemble.sh >cmake/ToolchainKit.cmake");
}
