//! Writes the generated files to disk, or compares them with the files there. A file that toolchainkit did not write is
//! never changed, and an unchanged file keeps its time stamp. Changed files are replaced atomically: all texts are
//! written to temporary files beside their destinations before the first one is renamed. A killed run can leave new files
//! beside old ones only between two renames, and then it leaves temporary files, too: see [`was_interrupted`].
//!
//! A file keeps its line endings: git may have checked it out with CR LF, and would show a change of each line.

mod check;
mod leftover;
mod marker;
mod place;
mod remove;
mod write;

use camino::Utf8PathBuf;

pub use self::check::{Comparison, State, compare, was_interrupted};
pub(crate) use self::marker::is_ours;
pub use self::remove::{Removed, remove};
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
    /// The whole text, with `\n` at the end of every line unless the file belongs to the user.
    pub text: String,
    /// The present text, if the file belongs to the user and only a part of it is ours.
    pub(super) users: Option<String>,
}

impl RenderedFile {
    /// A file of this kind.
    #[must_use]
    pub const fn new(kind: FileKind, path: Utf8PathBuf, text: String) -> Self {
        Self { kind, path, text, users: None }
    }

    /// A file of the user, of which we change a part. `present` is the text in which the part was changed: if the file has
    /// another text when it is written, it is not changed.
    #[must_use]
    pub const fn part_of(kind: FileKind, path: Utf8PathBuf, present: String, text: String) -> Self {
        Self { kind, path, text, users: Some(present) }
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

    /// The same files, without those for which `is_kept` is false.
    #[must_use]
    pub fn retain(mut self, is_kept: impl Fn(&RenderedFile) -> bool) -> Self {
        self.files.retain(is_kept);
        self
    }

    /// The same files, and this one.
    #[must_use]
    pub fn and(mut self, file: RenderedFile) -> Self {
        self.files.push(file);
        self
    }

    /// Replaces the files of the same kind by this one.
    #[must_use]
    pub fn with(self, file: RenderedFile) -> Self {
        let mut set = self.retain(|known| known.kind != file.kind);
        set.files.push(file);
        set
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
    /// Something that is not a regular file is at the path of a generated file, or not a folder at the path of its folder.
    #[error("`{path}` is {kind}, and is in the way of a generated file")]
    InTheWay {
        /// The path, relative to the project.
        path: Utf8PathBuf,
        /// The kind of the entry.
        kind: &'static str,
    },
    /// A link leads out of the project.
    #[error("`{path}` is a link that leads out of the project, to {target}")]
    Outside {
        /// The path of the link, relative to the project.
        path: Utf8PathBuf,
        /// The path behind the link.
        target: Utf8PathBuf,
    },
    /// Another run writes into the same folder.
    #[error("another toolchainkit has been writing into {0} for 10 seconds")]
    Busy(Utf8PathBuf),
    /// An I/O error.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

fn join(files: &[(FileKind, Utf8PathBuf)]) -> String {
    files.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>().join(", ")
}
