//! toolchainkit generates a CMake toolchain file, a vendored CMake module and a presets file from one committed
//! `toolchainkit.yaml`. With them, every build of a team uses the same compiler cache.
//!
//! ```text
//! toolchainkit.yaml -> SourceFile -> Config -> Plan -> FileSet -> written | verdict + diff
//!                      (config)      (config)  (plan)  (render)   (output)
//! ```
//! Data flows in one direction, and [`plan`] and [`render`] do no I/O, so the same text gives the same bytes on every
//! machine. The CMake module makes all decisions that depend on a machine, at configure time.
//!
//! ```
//! use toolchainkit::config::{self, SourceFile};
//! use toolchainkit::plan::Plan;
//! use toolchainkit::output::FileKind;
//!
//! // The configuration of the specification
//! let yaml = "
//! cache:
//!   enabled: true
//!   tool: sccache
//!   size_gb: 10
//!   remote:
//!     type: s3
//!     bucket: my-build-cache
//!     region: us-east-1
//! ";
//! let loaded = config::load(&SourceFile::new("toolchainkit.yaml", yaml)).unwrap();
//! let files = toolchainkit::render::render(&Plan::build(&loaded.config)).unwrap();
//! assert!(files.get(FileKind::Cache).unwrap().text.contains("SCCACHE_BUCKET=my-build-cache"));
//! ```
//! Programs that only need the settings of the cache tools find them in [`caching`]. [`install`] installs a tool,
//! [`doctor`] reports why a source file was not cached, and [`run`] is the command line.

mod bench;
pub mod caching;
mod cli;
pub mod cmake_code;
pub mod config;
pub mod diagnostics;
pub mod doctor;
pub mod foreign;
mod init;
pub mod install;
pub mod journal;
pub mod launch;
pub mod output;
pub mod plan;
pub mod presets;
mod probe;
pub mod render;
pub mod report;
pub mod stats;
pub mod trust;
mod words;

pub use self::cli::{exit, run};
pub use self::probe::program::RunError;
