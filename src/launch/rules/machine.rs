//! The facts of the machine that compiles.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::Checkout;
use super::compilers::{self, KnownCompilers};
use super::decide::{Compiler, Facts, IncludeFolders};
use super::{hash, texts};
use crate::caching::tool::Tool;
use crate::journal::content_digest;
use crate::launch::{process, reading};

/// Larger sources are not read. They are probably generated.
const LARGEST_SOURCE: u64 = 64 << 20;

/// A file in the folder of the launcher: the compiler compresses debug information.
pub(in crate::launch) const COMPRESSES: &str = "compresses-debug-information";

/// The file in `folder`, that of the launcher, which exists if the launcher has compiled the module with this absolute path of its
/// `.pcm` file.
pub(in crate::launch) fn own_module(folder: &Path, path: &Path) -> PathBuf {
    let name = hash(process::folded_path(path.as_os_str().as_encoded_bytes()).iter().copied());
    folder.join("modules").join(format!("{name:016x}"))
}

/// Answers the questions of the rules. It finds out each answer at most once.
pub struct Machine<'a> {
    tool: Tool,
    checkout: &'a Checkout,
    called: &'a OsStr,
    directory: &'a Path,
    is_cxx: bool,
    searches: bool,
    environment: &'a dyn Fn(&str) -> Option<OsString>,
    compiler: OnceCell<Compiler>,
    identity: OnceCell<String>,
}

impl<'a> Machine<'a> {
    /// For a compilation by `tool` with the compiler that was `called`, in `directory`; `environment` is that of the tool.
    #[must_use]
    pub const fn new(
        tool: Tool,
        checkout: &'a Checkout,
        called: &'a OsStr,
        directory: &'a Path,
        environment: &'a dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        Self {
            tool,
            checkout,
            called,
            directory,
            is_cxx: false,
            searches: true,
            environment,
            compiler: OnceCell::new(),
            identity: OnceCell::new(),
        }
    }

    /// Selects the language of the source, because a wrapper may use other options for C++.
    #[must_use]
    pub const fn for_cxx(mut self, is_cxx: bool) -> Self {
        self.is_cxx = is_cxx;
        self
    }

    /// Does not search the include folders for the path of the checkout. The caller decides about [`Decision::undecided`].
    ///
    /// [`Decision::undecided`]: super::Decision::undecided
    #[must_use]
    pub const fn without_search(mut self) -> Self {
        self.searches = false;
        self
    }

    /// The folder of the launcher in the build folder.
    fn folder(&self) -> PathBuf {
        self.checkout.build.join("toolchainkit")
    }
}

impl std::fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("called", &self.called)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl Facts for Machine<'_> {
    fn compiler(&self) -> Compiler {
        self.compiler
            .get_or_init(|| {
                let memory = KnownCompilers::new(self.folder().join("compilers.json"));
                let path = (self.environment)("PATH").unwrap_or_default();
                compilers::examine(self.called, self.directory, &path, &memory, &|compiler| {
                    self.identity(compiler)
                })
            })
            .clone()
    }

    fn variable(&self, name: &str) -> Option<OsString> {
        (self.environment)(name)
    }

    fn working_directory(&self) -> PathBuf {
        self.directory.to_owned()
    }

    fn build_folder(&self) -> PathBuf {
        path_of_directory(&self.checkout.build, self.checkout, self.tool)
    }

    fn compresses_debug_information(&self) -> bool {
        self.folder().join(COMPRESSES).exists()
    }

    #[expect(clippy::disallowed_methods, reason = "the compiler reports a source that cannot be read")]
    fn text_has(&self, path: &Path, words: &[&str]) -> bool {
        let path = self.directory.join(path);
        if !std::fs::metadata(&path).is_ok_and(|data| data.is_file() && data.len() <= LARGEST_SOURCE) {
            return false;
        }
        let Ok(bytes) = std::fs::read(&path) else { return false };
        let text = String::from_utf8_lossy(&bytes);
        words.iter().any(|word| text.contains(word))
    }

    fn is_file(&self, path: &Path) -> bool {
        self.directory.join(path).is_file()
    }

    fn digest(&self, path: &Path) -> Option<String> {
        let content = reading::read(&self.directory.join(path), LARGEST_SOURCE).ok()?;
        Some(content_digest(&content))
    }

    fn is_own_module(&self, path: &Path) -> bool {
        own_module(&self.folder(), &self.directory.join(path)).is_file()
    }

    fn processor(&self) -> String {
        compilers::processor()
    }

    fn identity(&self, compiler: &Compiler) -> String {
        self.identity.get_or_init(|| compilers::identity(&compiler.path, self.is_cxx)).clone()
    }

    fn contains_checkout_path(&self, folders: &IncludeFolders) -> Option<bool> {
        self.searches.then(|| texts::any_contains_checkout_path(folders, self.checkout))
    }
}

/// The path of `directory` as CMake uses it, if the checkout or the build folder is behind a link. The tools and the compilers
/// use it as well if it is the value of `PWD`.
#[must_use]
pub fn path_of_directory(directory: &Path, checkout: &Checkout, tool: Tool) -> PathBuf {
    let below = |folder: &PathBuf| {
        if directory.starts_with(folder) {
            return Some(directory.to_owned());
        }
        let rest = directory.strip_prefix(folder.canonicalize().ok()?).ok()?;
        Some(if rest.as_os_str().is_empty() { folder.clone() } else { folder.join(rest) })
    };
    // CMake may know the source folder by the link, and the build folder by its real path. With ccache, a source must have the
    // same path from the build folder as without a link. sccache has both folders as base directories.
    let (first, second) = match tool {
        Tool::Ccache => (&checkout.root, &checkout.build),
        Tool::Sccache => (&checkout.build, &checkout.root),
    };
    below(first).or_else(|| below(second)).unwrap_or_else(|| directory.to_owned())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_has_the_path_that_cmake_uses() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap().join("real");
        fs_err::create_dir_all(real.join("build/sub")).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let of = |root: &Path, build: PathBuf| Checkout { root: root.into(), build, ..Checkout::default() };
        let path_in = |checkout: &Checkout, directory: &Path| {
            path_of_directory(directory, checkout, Tool::Ccache).into_os_string()
        };
        let other = folder.path().join("other");
        let checkout = of(&other, link.join("build"));
        for (directory, expected) in [
            (real.join("build"), link.join("build")),
            (real.join("build/sub"), link.join("build/sub")),
            (real.clone(), real.clone()),
            (link.join("build/sub"), link.join("build/sub")),
            (other.clone(), other.clone()),
        ] {
            assert_eq!(path_in(&checkout, &directory), expected.into_os_string());
        }
        let checkout = of(&link, real.join("build"));
        assert_eq!(path_in(&checkout, &real.join("build")), link.join("build").into_os_string());
    }
}
