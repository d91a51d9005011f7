//! The mistakes of the cache tools, and what the launcher does about each: one table. `decide()`, the rules of the fallback
//! script, the reasons of `doctor --why` and the documentation are derived from it.

mod compilers;
mod configuration;
mod debug_paths;
mod decide;
mod distribution;
mod documentation;
mod fallback;
mod machine;
mod modules;
mod rule;

mod table;
mod target;
mod texts;
mod two_words;

pub(super) use self::compilers::is_script;
pub(super) use self::texts::{absolute_paths, any_contains_checkout_path};
pub(crate) use super::process::hash;

#[cfg(unix)]
#[cfg(test)]
mod tests;

use super::placeholders::{BUILD, ROOT, SOURCE};
use super::process;
use std::cmp::Reverse;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

pub use self::debug_paths::Placeholders;
pub(super) use self::debug_paths::{has_debug_information, macro_maps};
pub use self::decide::{Compiler, Decision, Facts, IncludeFolders, Question, decide};
pub use self::distribution::{LOCAL_TABLE, LocalCondition, LocalRule, must_run_here};
pub use self::documentation::markdown;
pub use self::fallback::fallback_section;
pub(super) use self::machine::{COMPRESSES, own_module};
pub use self::machine::{Machine, path_of_directory};
pub use self::rule::{Action, Affected, CompilerKind, Condition, Family, KeyPart, Modules, Pattern, Rule};
pub(super) use self::table::SCCACHE_FILES;
pub use self::table::TABLE;
pub(super) use self::target::VARIABLES as TARGET_VARIABLES;
pub use self::two_words::as_one_program;

/// The version of the rules. Increase it when they change. The CMake module requires at least the version of the
/// toolchainkit that generated it.
pub const VERSION: u32 = 7;

/// The option with which Clang embeds the sources of a module in its `.pcm` file. Without it, the file may have the same bytes after
/// a change of a header that changes only lines, and a compilation that imports the module reads the header again.
pub const EMBED: &str = "-fmodules-embed-all-files";

/// The folders of the checkout, and the folders that the tool removes from its hash input.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkout {
    /// The top folder, which contains the source folder.
    pub root: PathBuf,
    /// The source folder: `CMAKE_SOURCE_DIR`.
    pub source: PathBuf,
    /// The build folder.
    pub build: PathBuf,
    /// Folders that the tool removes from its hash input.
    pub base_dirs: Vec<PathBuf>,
    /// Further folders, with the numbers of their placeholders: other paths of the folders above (0 to 2), and the additional base
    /// directories of the configuration (from 3 on), which have the same number in each checkout.
    pub places: Vec<(usize, PathBuf)>,
    /// Whether checkouts share objects.
    pub relocatable: bool,
}

impl Checkout {
    /// The paths of the checkout, as a part of a key.
    fn as_key(&self) -> OsString {
        let mut text = self.root.clone().into_os_string();
        text.push(" ");
        text.push(&self.build);
        for (_, folder) in self.places.iter().filter(|(number, _)| *number > BUILD) {
            text.push(" ");
            text.push(folder);
        }
        text
    }

    /// All folders whose paths other checkouts must not get.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        [&self.root, &self.source, &self.build].into_iter().chain(&self.base_dirs).map(PathBuf::as_path)
    }

    /// The real path of the build folder.
    #[must_use]
    pub fn real_build(&self) -> &Path {
        self.real(BUILD).unwrap_or(&self.build)
    }

    /// Whether the build folder is in the checkout, also if one of them is behind a link.
    #[must_use]
    pub fn has_build(&self) -> bool {
        self.real_build().starts_with(self.real(ROOT).unwrap_or(&self.root))
    }

    /// The real path of one of the folders above, if it is behind a link.
    fn real(&self, number: usize) -> Option<&Path> {
        self.places.iter().find(|(known, _)| *known == number).map(|(_, folder)| &**folder)
    }

    /// Whether the text contains the path of one of these folders.
    fn is_named_in(&self, text: &[u8]) -> bool {
        let text = process::folded_path(text);
        self.folders().any(|folder| {
            let folder = process::folded_path(folder.as_os_str().as_encoded_bytes());
            !folder.is_empty() && text.windows(folder.len()).any(|window| window == &*folder)
        })
    }

    /// Its folders with a number for each, which is the same in another checkout. The longest comes first, and contains a
    /// path that is in several of them.
    #[must_use]
    pub fn numbered_folders(&self) -> Vec<(&Path, usize)> {
        let mut folders =
            vec![(&*self.build, BUILD + 1), (&*self.source, SOURCE + 1), (&*self.root, ROOT + 1)];
        folders.extend(self.places.iter().rev().map(|(number, folder)| (&**folder, number + 1)));
        folders.sort_by_key(|(folder, _)| Reverse(folder.as_os_str().len()));
        folders
    }

    /// Whether the tool removes the path of the checkout from its hash input.
    #[must_use]
    pub const fn removes_checkout_path(&self) -> bool {
        self.relocatable && !self.base_dirs.is_empty()
    }
}

/// The rule of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Rule> {
    TABLE.iter().find(|rule| rule.name == name)
}

/// A digest of the behaviour of the rules, in 32 hexadecimal digits. It does not include their names and texts.
#[must_use]
pub fn digest() -> String {
    let behaviour = TABLE.iter().map(Rule::behaviour).chain(LOCAL_TABLE.iter().map(LocalRule::behaviour));
    let text: String = behaviour.collect();
    format!("{:016x}{:016x}", hash(text.bytes()), hash(text.bytes().rev()))
}
