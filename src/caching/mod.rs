//! The compiler caches: what they are, where they can store, how they are set up and what they report.
//!
//! [`detection`] finds a tool or has one installed, [`remote`] describes a storage and turns it into the tool's
//! settings, [`launcher`] says what CMake has to be told, and [`statistics`] what a tool counted.

mod cache_tool;
pub mod detection;
pub mod language;
pub mod launcher;
pub mod remote;
pub mod secret;
pub mod statistics;
pub mod tool;
