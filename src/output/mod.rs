//! Rendered files → the disk, or a verdict about what is there.
//!
//! A file that toolchainkit did not write is never touched, an unchanged file keeps its time stamp, and a changed one is
//! replaced in one step: every text is written beside its destination before the first one is moved there.

mod check;
mod marker;
mod write;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::check::{Comparison, State, compare};
pub use self::write::write;

/// What a generated file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `toolchain.cmake`, and those of further toolchains
    Toolchain,
    /// `toolchainkit-cache.cmake`, which the toolchain includes
    Cache,
    /// `ToolchainKit.cmake`
    Module,
    /// `CMakePresets.json`
    Presets,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Toolchain, Self::Cache, Self::Module, Self::Presets];

    /// The word for `generate --stdout`; but for the cache's, which lies beside the toolchain, also the key below `output:`.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Toolchain => "toolchain",
            Self::Cache => "cache",
            Self::Module => "module",
            Self::Presets => "presets",
        }
    }
}

/// One generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// What it is.
    pub kind: FileKind,
    /// Where it goes, relative to the project.
    pub path: Utf8PathBuf,
    /// Its whole text, with `\n` at the end of every line.
    pub text: String,
}

impl RenderedFile {
    /// A file of this kind.
    #[must_use]
    pub const fn new(kind: FileKind, path: Utf8PathBuf, text: String) -> Self {
        Self { kind, path, text }
    }
}

/// All generated files of a project, in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSet {
    files: Vec<RenderedFile>,
}

impl FileSet {
    /// The set of these files.
    #[must_use]
    pub const fn new(files: Vec<RenderedFile>) -> Self {
        Self { files }
    }

    /// The files.
    pub fn iter(&self) -> impl Iterator<Item = &RenderedFile> {
        self.files.iter()
    }

    /// The file of this kind; of several, the first.
    #[must_use]
    pub fn get(&self, kind: FileKind) -> Option<&RenderedFile> {
        self.files.iter().find(|file| file.kind == kind)
    }
}

/// Reading or writing a generated file failed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Files that toolchainkit did not write stand where generated ones belong.
    #[error("not written by toolchainkit, so not overwritten: {}", join(.0))]
    NotOurs(Vec<(FileKind, Utf8PathBuf)>),
    /// The file system refused.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

fn join(files: &[(FileKind, Utf8PathBuf)]) -> String {
    files.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>().join(", ")
}

/// The text at `path`; `None` if nothing is there.
fn read(path: &Utf8Path) -> std::io::Result<Option<Vec<u8>>> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
