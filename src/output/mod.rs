//! Writes the generated files to disk, or compares them with the files there. A file that toolchainkit did not write is
//! never changed, and an unchanged file keeps its time stamp. Changed files are replaced atomically: all texts are
//! written to temporary files beside their destinations before the first one is renamed.

mod check;
mod marker;
mod write;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::check::{Comparison, State, compare};
pub use self::write::write;

/// The kind of a generated file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `toolchain.cmake`, and the files of further toolchains
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

    /// The value for `generate --stdout`. It is also the key below `output:`, except for the cache file, which has no
    /// key.
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
    /// The kind of file.
    pub kind: FileKind,
    /// The path, relative to the project.
    pub path: Utf8PathBuf,
    /// The whole text, with `\n` at the end of every line.
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
    /// A set of these files.
    #[must_use]
    pub const fn new(files: Vec<RenderedFile>) -> Self {
        Self { files }
    }

    /// The files.
    pub fn iter(&self) -> impl Iterator<Item = &RenderedFile> {
        self.files.iter()
    }

    /// The first file of this kind.
    #[must_use]
    pub fn get(&self, kind: FileKind) -> Option<&RenderedFile> {
        self.files.iter().find(|file| file.kind == kind)
    }
}

/// Reading or writing a generated file failed.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// Files that toolchainkit did not write are at the paths of generated files.
    #[error("toolchainkit did not write these files and does not overwrite them: {}", join(.0))]
    NotOurs(Vec<(FileKind, Utf8PathBuf)>),
    /// An I/O error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

fn join(files: &[(FileKind, Utf8PathBuf)]) -> String {
    files.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>().join(", ")
}

/// The content of `path`; `None` if the file does not exist.
fn read(path: &Utf8Path) -> std::io::Result<Option<Vec<u8>>> {
    match fs_err::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
