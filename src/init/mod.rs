//! `init`: looks at a project, and proposes its `toolchainkit.yaml`.
//!
//! [`gather`] reads the files, the environment and the tools. [`propose`] does no I/O: it takes over the settings that exist, and
//! lists what has to be removed because toolchainkit replaces it. Texts of files are only shown through the filter of `foreign`.

mod assignments;
pub(crate) mod ci;
mod cmake;
mod draft;
mod gather;
pub(crate) mod lines;
mod presets;
mod proposal;
mod settings;
#[cfg(test)]
mod tests;
mod tool_files;
mod yaml;

use camino::Utf8PathBuf;

use crate::caching::language::Language;
use crate::caching::remote::RemoteFields;
use crate::caching::tool::{Tool, Version};
use crate::diagnostics::Diagnostic;

pub(crate) use self::draft::{kinds, propose};
pub(crate) use self::gather::{enclosing_repository, gather};

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    /// The files that were read.
    pub(crate) files: Vec<File>,
    /// The variables of the environment that matter.
    pub(crate) environment: Vec<(String, String)>,
    /// The home folder of the user.
    pub(crate) home: Option<String>,
    /// The usable cache tools.
    pub(crate) tools: Vec<(Tool, Version)>,
    /// The names of other programs that were found: `cmake`, `ninja`, `make`.
    pub(crate) programs: Vec<(&'static str, String)>,
    /// The folder of the CMake project, relative to the current folder; empty for the current folder.
    pub(crate) folder: Utf8PathBuf,
    /// The number of folders between the repository and the CMake project.
    pub(crate) depth: usize,
    /// The folders with a CMake project to choose from, if there is none in the current folder.
    pub(crate) projects: Vec<Utf8PathBuf>,
    /// The files at the paths of generated files that toolchainkit has not written, relative to `folder`.
    pub(crate) occupied: Vec<&'static str>,
    /// Whether `build` in `folder` contains sources.
    pub(crate) build_is_source: bool,
    /// The files that cannot be read, with the reason.
    pub(crate) unread: Vec<String>,
}

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// CMake code of the project; with `true`, the project's top `CMakeLists.txt`.
    CMake(bool),
    Presets,
    Vcpkg,
    Conan,
    Submodules,
    Ci,
    /// A configuration file of ccache.
    Ccache,
    /// A configuration file of sccache.
    Sccache,
    Ignore,
    Attributes,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Its path for messages.
    pub(crate) path: String,
    pub(crate) role: Role,
    pub(crate) text: String,
}

/// What the user wants, from options or answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes {
    /// `--tool`
    pub(crate) tool: ToolWish,
    /// `--remote`
    pub(crate) remote: RemoteWish,
}

/// The tool that the user wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ToolWish {
    /// The one that is in use, if any.
    #[default]
    Found,
    /// `auto`
    Any,
    /// This one.
    This(Tool),
}

/// The remote cache that the user wants.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum RemoteWish {
    /// The one that was found, if any.
    #[default]
    Found,
    /// None.
    Without,
    /// This one, and the variables to create for it.
    This(Box<RemoteFields>, Vec<String>),
}

/// Who sets a variable. The files of the project come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Presets,
    Ci,
    Environment,
    File,
}

/// A place in a file, or the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    origin: Origin,
    path: String,
    line: Option<usize>,
    /// The last line, if the value is in another one.
    last: Option<usize>,
}

/// A variable, or a setting with the same effect, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    name: String,
    value: String,
    place: Place,
}

impl Found {
    fn new(name: &str, value: &str, origin: Origin, path: &str, line: usize) -> Self {
        let place = Place { origin, path: path.to_owned(), line: Some(line), last: None };
        Self { name: name.to_owned(), value: value.to_owned(), place }
    }

    fn in_environment(name: &str, value: &str) -> Self {
        let place = Place { origin: Origin::Environment, path: String::new(), line: None, last: None };
        Self { name: name.to_owned(), value: value.to_owned(), place }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", one_line(&self.path)),
            None => f.write_str("the environment"),
        }
    }
}

/// Lines that have to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Removal {
    /// The file, as for messages.
    pub(crate) path: String,
    /// The first and the last line.
    pub(crate) lines: (usize, usize),
    /// The code, or the name of the variable.
    pub(crate) what: String,
}

impl Removal {
    fn new(path: &str, lines: (usize, usize), what: &str) -> Self {
        Self { path: path.to_owned(), lines, what: one_line(what) }
    }
}

impl std::fmt::Display for Removal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (first, last) = self.lines;
        let last = if last > first { format!("-{last}") } else { String::new() };
        write!(f, "{}:{first}{last}: {}", one_line(&self.path), self.what)
    }
}

/// A text of a file as a part of a line, without line breaks and other control characters.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut line = String::new();
    for letter in text.chars().take(LONGEST) {
        if letter.is_control() { line.extend(letter.escape_default()) } else { line.push(letter) }
    }
    if text.chars().nth(LONGEST).is_some() {
        line.push('…');
    }
    line
}

/// The settings to write.
#[derive(Debug, Clone, Default)]
struct Draft {
    /// `None` is `auto`.
    tool: Option<Tool>,
    size_gb: u32,
    dir: Option<String>,
    languages: Vec<Language>,
    remotes: Vec<RemoteFields>,
    remote_only: bool,
    write_error_policy: Option<&'static str>,
    base: Option<String>,
    generator: String,
    binary_dir: Option<&'static str>,
    toolchain: Option<&'static str>,
    presets: Option<&'static str>,
}

/// The result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proposal {
    /// The text of `toolchainkit.yaml`.
    pub(crate) yaml: String,
    /// What was found, one thing per line.
    pub(crate) found: Vec<String>,
    /// The settings that were taken over, with their places.
    pub(crate) taken: Vec<String>,
    /// What has to be removed, because toolchainkit replaces it.
    pub(crate) removals: Vec<Removal>,
    /// What the user should know or do besides.
    pub(crate) notes: Vec<String>,
    /// The next commands.
    pub(crate) commands: Vec<String>,
    /// The lines for `.gitignore`.
    pub(crate) ignored: Vec<String>,
    /// The lines for `.gitattributes`.
    pub(crate) attributes: Vec<String>,
}

/// The text that was written is not valid, which is a bug.
#[derive(Debug)]
pub(crate) struct Invalid {
    pub(crate) yaml: String,
    pub(crate) diagnostics: Vec<Diagnostic>,
}
