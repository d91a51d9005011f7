//! The presets of a project: `CMakePresets.json`, `CMakeUserPresets.json` and the files that they include, in every version of
//! the format. A text becomes a [`PresetsFile`], all files of a project become [`Presets`], and [`Presets::configure`] returns
//! each configure preset with what it inherits and with its macros expanded. Each entry knows its file and line.
//!
//! Conditions are not evaluated, and unknown members are ignored, so a newer format is read, too.
//!
//! [`edit`] inserts presets of ours into a file of the user and removes them, and [`advice`] says what to write to use the cache.
//! Only [`read`](read()) does I/O.

pub mod advice;
pub mod edit;
mod file;
mod json;
mod lists;
mod macros;
mod read;
mod resolve;
mod set;

pub use self::file::{Entry, Place, PresetsFile, RawPreset, SyntaxError};
pub use self::lists::CMakeLists;
pub use self::macros::Surroundings;
pub use self::read::{read, text};
pub use self::resolve::ConfigurePreset;
pub use self::set::{Origin, Presets, Problem, Text};

/// The file that CMake reads, and that a project commits.
pub const PROJECT_FILE: &str = "CMakePresets.json";
/// The file for one user, which is not committed. It includes [`PROJECT_FILE`].
pub const USER_FILE: &str = "CMakeUserPresets.json";
/// The first version with `include`.
pub const INCLUDE_VERSION: u32 = 4;
/// The first version with `toolchainFile`.
pub const TOOLCHAIN_VERSION: u32 = 3;
/// The member of a `vendor` map that marks what toolchainkit wrote.
pub const VENDOR: &str = "toolchainkit";

/// The lists of presets in a file.
pub const KINDS: [&str; 5] =
    ["configurePresets", "buildPresets", "testPresets", "packagePresets", "workflowPresets"];

/// The CMake that introduced a version of the format.
#[must_use]
pub const fn cmake_of(version: u32) -> &'static str {
    match version {
        ..=1 => "3.19",
        2 => "3.20",
        3 => "3.21",
        4 => "3.23",
        5 => "3.24",
        6 => "3.25",
        7 => "3.27",
        8 => "3.28",
        9 => "3.30",
        10 => "3.31",
        11 => "4.3",
        _ => "4.4",
    }
}

#[cfg(test)]
mod tests;
