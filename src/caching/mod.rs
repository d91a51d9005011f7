//! The compiler caches: their tools, storages, setup and statistics.
//!
//! [`detection`] finds or installs a tool, [`remote`] translates the description of a storage into the settings of a tool,
//! [`launcher`] provides the CMake variables, and [`statistics`] reads the counters of a tool.

mod cache_tool;
pub mod detection;
pub mod language;
pub mod launcher;
pub mod remote;
pub mod secret;
pub mod statistics;
pub mod tool;
