//! What to measure, and why it may be impossible.

use std::io;

use camino::Utf8PathBuf;

use super::plan::Selection;
use super::sources::Found;
use crate::caching::tool::{Tool, Version};

/// A measurement is not possible.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BenchError {
    /// There is no project in the folder.
    #[error("{0}")]
    NoProject(String),
    /// Even without a cache, the project does not configure or build.
    #[error("the project does not {what} without a cache, so there is nothing to compare: {output}")]
    NotBuilding {
        /// configure or build
        what: &'static str,
        /// The last lines of its output.
        output: String,
    },
    /// The disk is too small.
    #[error("{folder} has {} MiB of free space, and about {} MiB are needed", free >> 20, needed >> 20)]
    NoSpace {
        /// The folder.
        folder: Utf8PathBuf,
        /// In bytes.
        free: u64,
        /// In bytes.
        needed: u64,
    },
    /// A signal has ended it.
    #[error("interrupted")]
    Interrupted(i32),
    /// An I/O error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What to measure.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The project.
    pub(crate) found: Found,
    /// Its name.
    pub(crate) project: String,
    /// CMake.
    pub(crate) cmake: Utf8PathBuf,
    /// The cache tool.
    pub(crate) tool: Tool,
    /// Its version.
    pub(crate) version: Version,
    /// What is measured, and how often.
    pub(crate) selection: Selection,
    /// The targets to build; empty for all.
    pub(crate) targets: Vec<String>,
    /// The number of parallel compilations.
    pub(crate) jobs: Option<u32>,
    /// The folder in which the temporary folder is created.
    pub(crate) work: Utf8PathBuf,
    /// Whether the temporary folder stays.
    pub(crate) keep: bool,
    /// To measure the remote cache: its variables for the tool alone.
    pub(crate) remote: Option<Vec<(String, String)>>,
}

/// Somebody who is interested in the progress.
pub(crate) trait Events {
    /// A step begins: the number of finished steps, the number of all, and what happens.
    fn step(&self, finished: usize, all: usize, what: &str);
}
