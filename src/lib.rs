//! toolchainkit turns one committed `toolchainkit.yaml` into a CMake toolchain file, a vendored CMake module and a
//! presets file, with which every build of a team uses the same compiler cache.
//!
//! ```text
//! toolchainkit.yaml -> SourceFile -> Config -> Plan -> FileSet -> written | verdict + diff
//!                      (config)      (config)  (plan)  (render)   (output)
//! ```
//!
//! Data goes one way, and [`plan`] and [`render`] do no I/O: the same text gives the same bytes on every machine. What
//! depends on a machine is decided by the CMake module when a build is configured.
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
//!
//! The settings of the caches themselves, for programs that want these alone, are in [`caching`].

pub mod caching;
pub mod cli;
pub mod config;
pub mod diag;
pub mod diagnosis;
pub mod launch;
pub mod output;
pub mod plan;
pub mod probe;
pub mod render;
