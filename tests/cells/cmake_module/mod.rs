//! `cmake/ToolchainKit.cmake` and its launcher, with real tools.
//!
//! The projects are in `tests/cmake`, or the sample of the test support with a toolchain file that calls the module.

mod calling;
mod cases;
mod compiling;
mod deciding;
mod launchers;
mod layouts;
mod microsoft;
mod roots;
mod secrets;
mod sharing;
mod shells;
mod storing;
mod upgrade;
mod user_settings;

use crate::support::checkout::setting;
pub(crate) use crate::support::checkout::{CACHES, Checkout, tools_for};

use crate::list::List;

pub(crate) fn tests(list: &mut List) {
    for add in [
        calling::tests,
        cases::tests,
        compiling::tests,
        deciding::tests,
        launchers::tests,
        layouts::tests,
        microsoft::tests,
        roots::tests,
        secrets::tests,
        sharing::tests,
        shells::tests,
        storing::tests,
        upgrade::tests,
        user_settings::tests,
    ] {
        add(list);
    }
}
