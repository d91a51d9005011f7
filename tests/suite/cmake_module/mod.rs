//! `cmake/ToolchainKit.cmake` and the launcher that it writes, under real tools.
//!
//! The projects are in `tests/cmake`, or the sample of the test support with a toolchain file that calls the module.

mod calling;
mod cases;
mod checkout;
mod compiling;
mod deciding;
mod microsoft;
mod secrets;
mod storing;

use std::fs;
use std::path::Path;
use std::process::Command;

use checkout::setting;
pub(crate) use checkout::{CACHES, Checkout, tools_for};

use crate::support::Run;

#[test]
fn the_module_is_what_its_parts_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("cmake");
    let assembled = Command::new("sh").arg(folder.join("parts/assemble.sh")).run().stdout;
    let committed = fs::read_to_string(folder.join("ToolchainKit.cmake")).expect("the module");
    assert!(assembled == committed, "run: cmake/parts/assemble.sh >cmake/ToolchainKit.cmake");
}
