//! The compiler caches: what they are, where they can store, how they are set up and what they report.
//!
//! [`detection`] finds a tool, [`install`] gets one, [`remote`] describes a storage and turns it into the tool's
//! settings, [`launcher`] says what CMake has to be told and reads the statistics.

pub mod detection;
pub mod install;
pub mod language;
pub mod launcher;
pub mod remote;
pub mod secret;
pub mod tool;
