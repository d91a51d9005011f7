//! Reads the files of the project, the environment and the tools. The only part with I/O.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::assignments::{is_credential, is_of_interest};
use super::{Facts, File, Role, cmake, one_line};
use crate::caching::detection::{BuildCacheManager, CacheTool};
use crate::caching::tool::Tool;
use crate::config::model::Output;
use crate::output::{self, FileKind};
use crate::presets::{Presets, Surroundings, Text};
use crate::probe::file::{self, ReadError};
use crate::probe::{environment, program};

/// The size limit of a file. Larger ones are not written by people.
const MAX_BYTES: u64 = 1 << 20;
/// The largest number of files with CMake code, and of files in a folder of CI.
const MOST: usize = 300;
/// The largest number of folders that are searched for CMake code.
const MOST_FOLDERS: usize = 2000;
/// The deepest folder that is searched for CMake code.
const DEEPEST: usize = 5;
/// The deepest folder with a CMake project, if there is none in the current folder.
const DEEPEST_PROJECT: usize = 3;
/// The timeout for a program to print its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// Gathers everything. Without `folder`, the project is in the current folder, or in the only folder below it that has one.
pub(crate) fn gather(folder: Option<&Utf8Path>) -> Facts {
    let mut facts = Facts { home: environment::variable("HOME"), ..Facts::default() };
    let mut code = cmake_code(folder.unwrap_or(Utf8Path::new("")), &mut facts.unread);
    let is_in = |path: &str, folder: &Utf8Path| Utf8Path::new(path) == folder.join("CMakeLists.txt");
    if let Some(folder) = folder {
        folder.clone_into(&mut facts.folder);
    } else if !code.iter().any(|file| is_in(&file.path, Utf8Path::new(""))) {
        facts.projects = projects(&code);
        if let [one] = facts.projects.as_slice() {
            facts.folder.clone_from(one);
        }
        let others =
            all_projects(&code).into_iter().filter(|other| *other != facts.folder).collect::<Vec<_>>();
        code.retain(|file| !others.iter().any(|other| Utf8Path::new(&file.path).starts_with(other)));
    }
    let project = facts.folder.clone();
    for file in &mut code {
        file.role = Role::CMake(is_in(&file.path, &project));
    }
    facts.build_is_source =
        code.iter().any(|file| Utf8Path::new(&file.path).starts_with(project.join("build")));
    facts.files = code;
    facts.presets(&project);
    let (repository, depth) = repository(&project);
    facts.depth = depth;
    for (name, role) in [
        ("vcpkg.json", Role::Vcpkg),
        ("conanfile.txt", Role::Conan),
        ("conanfile.py", Role::Conan),
        (".gitignore", Role::Ignore),
        (".gitattributes", Role::Attributes),
    ] {
        facts.add(&project.join(name), role);
    }
    for (name, role) in [
        (".gitmodules", Role::Submodules),
        (".gitlab-ci.yml", Role::Ci),
        ("azure-pipelines.yml", Role::Ci),
        (".azure-pipelines.yml", Role::Ci),
        ("Jenkinsfile", Role::Ci),
        (".circleci/config.yml", Role::Ci),
        (".cirrus.yml", Role::Ci),
        (".travis.yml", Role::Ci),
        ("appveyor.yml", Role::Ci),
        ("ccache.conf", Role::Ccache),
        (".ccache/ccache.conf", Role::Ccache),
    ] {
        facts.add(&repository.join(name), role);
    }
    for folder in [".github/workflows", ".gitlab/ci", ".azure-pipelines"] {
        for path in entries(&repository.join(folder)).into_iter().take(MOST) {
            if matches!(path.extension(), Some("yml" | "yaml")) {
                facts.add(&path, Role::Ci);
            }
        }
    }
    facts.tool_files();
    facts.occupied = occupied(&project);
    let interesting = environment::variables(is_of_interest);
    // The values of credentials are not needed.
    let hidden = |(name, value): (String, String)| {
        let value = if is_credential(&name) { "set".to_owned() } else { value };
        (name, value)
    };
    facts.environment = interesting.into_iter().map(hidden).collect();
    facts.programs();
    facts
}

impl Facts {
    fn add(&mut self, path: &Utf8Path, role: Role) {
        if let Some(text) = read(path, &mut self.unread) {
            self.files.push(File { path: shown(path), role, text });
        }
    }

    /// The presets of the project, with the files that they include. Those of ours and what they include are left out.
    fn presets(&mut self, project: &Utf8Path) {
        let surroundings = Surroundings::of_process(project);
        Presets::load(&surroundings, |path| {
            let below = path.strip_prefix(&surroundings.source_dir);
            let path = below.map_or_else(|_| path.to_owned(), |below| project.join(below));
            match read(&path, &mut self.unread) {
                Some(text) if !output::is_ours(FileKind::Presets, text.as_bytes()) => {
                    self.files.push(File { path: shown(&path), role: Role::Presets, text: text.clone() });
                    Text::Present(text)
                }
                _ => Text::Missing,
            }
        });
    }

    /// The configuration files of the tools. The first that exists counts; ccache also has one for the system.
    fn tool_files(&mut self) {
        let home = environment::variable("HOME").map(Utf8PathBuf::from);
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let config =
            environment::variable("XDG_CONFIG_HOME").map(Utf8PathBuf::from).or_else(|| in_home(".config"));
        let in_config = |path: &str| config.as_ref().map(|config| config.join(path));
        let named = |name: &str| environment::variable(name).map(Utf8PathBuf::from);
        let for_ccache = match (named("CCACHE_CONFIGPATH"), named("CCACHE_DIR")) {
            (Some(path), _) => vec![Some(path)],
            (None, Some(folder)) => vec![Some(folder.join("ccache.conf"))],
            (None, None) => vec![in_home(".ccache/ccache.conf"), in_config("ccache/ccache.conf")],
        };
        let sccaches = match named("SCCACHE_CONF") {
            Some(path) => vec![Some(path)],
            None => vec![in_config("sccache/config")],
        };
        let first = |paths: Vec<Option<Utf8PathBuf>>| paths.into_iter().flatten().find(|path| path.is_file());
        for (path, role) in [
            (first(for_ccache), Role::Ccache),
            (Some(Utf8PathBuf::from("/etc/ccache.conf")), Role::Ccache),
            (first(sccaches), Role::Sccache),
        ] {
            if let Some(path) = path {
                self.add(&path, role);
            }
        }
    }

    fn programs(&mut self) {
        let usable =
            BuildCacheManager::new().candidates().into_iter().filter(|found| found.objection.is_none());
        for CacheTool { tool, version, .. } in usable.map(|found| found.tool) {
            if !self.tools.iter().any(|(known, _): &(Tool, _)| *known == tool) {
                self.tools.push((tool, version));
            }
        }
        for name in ["cmake", "ninja", "make"] {
            let Some(path) = program::find(name) else { continue };
            let no_environment: [(&str, &str); 0] = [];
            let printed = program::run(&path, &["--version"], no_environment, VERSION_TIMEOUT);
            let text = printed.map(|printed| printed.stdout).unwrap_or_default();
            let words = text.lines().next().unwrap_or_default().split_whitespace();
            let is_version = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit());
            self.programs.push((name, words.into_iter().find(is_version).unwrap_or_default().to_owned()));
        }
    }
}

/// A path for messages: relative to the current folder if it is below it.
fn shown(path: &Utf8Path) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.as_str().to_owned()
}

/// The text of a file, if it exists. A file that cannot be read is noted.
fn read(path: &Utf8Path, unread: &mut Vec<String>) -> Option<String> {
    match file::read(path, MAX_BYTES) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(ReadError::Io(error)) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(ReadError::Io(error)) if error.kind() == std::io::ErrorKind::NotADirectory => None,
        Err(error) => {
            unread.push(format!("not read: {}", one_line(&error.to_string())));
            None
        }
    }
}

/// The entries of a folder, sorted.
fn entries(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let folder = if folder.as_str().is_empty() { Utf8Path::new(".") } else { folder };
    let found = folder.read_dir_utf8().into_iter().flatten().filter_map(Result::ok);
    let mut found = found.map(|entry| entry.path().to_owned()).collect::<Vec<_>>();
    found.sort_unstable();
    found
}

/// Every file with CMake code, except in build folders and in folders with other programs' files.
fn cmake_code(folder: &Utf8Path, unread: &mut Vec<String>) -> Vec<File> {
    const SKIPPED: [&str; 4] = ["node_modules", "vcpkg_installed", "CMakeFiles", "_deps"];
    let mut found = Vec::new();
    let mut folders = std::collections::VecDeque::from([(folder.to_owned(), 0)]);
    let mut visited = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        visited += 1;
        if visited > MOST_FOLDERS || found.len() >= MOST {
            unread.push("the project has very many folders, so some CMake files were not read".to_owned());
            break;
        }
        let inside = entries(&folder);
        if depth > 0 && inside.iter().any(|path| path.file_name() == Some("CMakeCache.txt")) {
            continue;
        }
        for path in inside {
            // Links are not followed: they could lead anywhere.
            let Ok(kind) = path.symlink_metadata().map(|data| data.file_type()) else { continue };
            let name = path.file_name().unwrap_or_default();
            if kind.is_dir() {
                if depth < DEEPEST && !name.starts_with('.') && !SKIPPED.contains(&name) {
                    folders.push_back((path, depth + 1));
                }
            } else if name == "CMakeLists.txt" || path.extension() == Some("cmake") {
                let Some(text) = read(&path, unread) else { continue };
                if !output::is_ours(FileKind::Toolchain, text.as_bytes()) {
                    found.push(File { path: shown(&path), role: Role::CMake(false), text });
                }
            }
        }
    }
    found
}

/// The folders with a CMake project that are not below another one.
fn all_projects(code: &[File]) -> Vec<Utf8PathBuf> {
    let mut found: Vec<Utf8PathBuf> = Vec::new();
    for file in code {
        let path = Utf8Path::new(&file.path);
        let folder = path.parent().unwrap_or(Utf8Path::new(""));
        let is_project = path.file_name() == Some("CMakeLists.txt")
            && folder.components().count() <= DEEPEST_PROJECT
            && cmake::read(&file.path, &file.text).project.is_some();
        if is_project && !found.iter().any(|other| folder.starts_with(other)) {
            found.push(folder.to_owned());
        }
    }
    found
}

/// The projects without tests, examples and other people's code, unless there are no others.
fn projects(code: &[File]) -> Vec<Utf8PathBuf> {
    const BESIDES: [&str; 14] = [
        "test",
        "tests",
        "testing",
        "example",
        "examples",
        "sample",
        "samples",
        "doc",
        "docs",
        "contrib",
        "external",
        "extern",
        "third_party",
        "vendor",
    ];
    let all = all_projects(code);
    let is_main = |folder: &&Utf8PathBuf| !folder.components().any(|name| BESIDES.contains(&name.as_str()));
    let main = all.iter().filter(is_main).cloned().collect::<Vec<_>>();
    if main.is_empty() { all } else { main }
}

/// The folder of the repository around the project, and the number of folders between them. Without a repository, the current
/// folder, or the project if it is elsewhere.
fn repository(project: &Utf8Path) -> (Utf8PathBuf, usize) {
    let is_below = project.is_relative() && !project.as_str().contains("..");
    let without = || {
        if is_below { (Utf8PathBuf::new(), project.components().count()) } else { (project.to_owned(), 0) }
    };
    let found = enclosing_repository(project).map(|(folder, below)| (folder, below.components().count()));
    found.filter(|(_, depth)| *depth < DEEPEST).unwrap_or_else(without)
}

/// The folder of the git repository around the project, and the path from it to the project. `None` without a repository.
pub(crate) fn enclosing_repository(project: &Utf8Path) -> Option<(Utf8PathBuf, Utf8PathBuf)> {
    let absolute = if project.as_str().is_empty() { Utf8Path::new(".") } else { project };
    let absolute = absolute.canonicalize_utf8().ok()?;
    let depth = absolute.ancestors().position(|folder| folder.join(".git").exists())?;
    let top = absolute.ancestors().nth(depth)?;
    let mut folder = project.to_owned();
    for _ in 0..depth {
        folder = match folder.file_name() {
            Some(_) => folder.parent().unwrap_or(Utf8Path::new("")).to_owned(),
            None => folder.join(".."),
        };
    }
    Some((folder, absolute.strip_prefix(top).ok()?.to_owned()))
}

/// The files at the paths of generated files that are not ours.
fn occupied(project: &Utf8Path) -> Vec<&'static str> {
    let paths = [
        (FileKind::Presets, Output::OWN_PRESETS),
        (FileKind::Toolchain, "cmake/toolchain.cmake"),
        (FileKind::Module, "cmake/ToolchainKit.cmake"),
    ];
    let is_foreign = |(kind, path): &(FileKind, &str)| match file::read(&project.join(path), MAX_BYTES) {
        Ok(bytes) => !output::is_ours(*kind, &bytes),
        Err(ReadError::Io(_)) => false,
        Err(_) => true,
    };
    paths.into_iter().filter(is_foreign).map(|(_, path)| path).collect()
}
