//! `toolchainkit-launch` with real tools and no CMake: the tests write `launcher.json` themselves.

#![cfg(unix)]

mod bench;
mod compiling;
mod ending;
mod places;
