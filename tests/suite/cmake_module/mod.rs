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

use checkout::setting;
pub(crate) use checkout::{CACHES, Checkout, tools_for};
