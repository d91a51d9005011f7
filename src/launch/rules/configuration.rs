//! Files that change how a compiler works, although no command names them: Clang's configuration files, and the specs of GCC.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::rule::Family;
use crate::launch::reading;
use crate::launch::stamp::Stamp;

/// A change so shortly before it is noticed, in nanoseconds, may be followed by one with the same time stamp.
const TICK: i128 = 2_100_000_000;
/// The largest configuration file.
const LARGEST: u64 = 1 << 20;
/// The longest chain of configuration files that name each other.
const DEPTH: usize = 8;

/// The configuration of a compiler.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Configuration {
    /// The folders that the compiler searches for such files.
    folders: Vec<PathBuf>,
    /// The files that exist.
    pub(super) files: Vec<PathBuf>,
    /// The stamps of the folders and files.
    stamps: Vec<String>,
}

impl Configuration {
    /// `verbose` is the output of the compiler for `-v`, and `search` that for `-print-search-dirs`.
    pub(super) fn of(family: Family, verbose: &str, search: &str) -> Self {
        let after = |text: &str, beginning: &str| -> Vec<PathBuf> {
            let lines = text.lines().filter_map(|line| line.strip_prefix(beginning));
            lines.map(|folder| PathBuf::from(folder.trim())).collect()
        };
        let folders = match family {
            Family::Clang | Family::ClangCl => [
                "InstalledDir: ",
                "System configuration file directory: ",
                "User configuration file directory: ",
            ]
            .iter()
            .flat_map(|beginning| after(verbose, beginning))
            .collect(),
            Family::Gcc => after(search, "install: "),
            _ => Vec::new(),
        };
        Self { folders, ..Self::default() }.listed()
    }

    /// The same, if nothing has changed, or the present files.
    pub(super) fn renewed(&self) -> Option<Self> {
        (self.stamps != self.present_stamps()).then(|| self.clone().listed())
    }

    fn present_stamps(&self) -> Vec<String> {
        let stamp = |path: &PathBuf| Stamp::of(path).map(|stamp| stamp.to_string()).unwrap_or_default();
        self.folders.iter().chain(&self.files).map(stamp).collect()
    }

    fn listed(mut self) -> Self {
        self.files = self.folders.iter().flat_map(|folder| files_in(folder)).collect();
        let mut at = 0;
        while at < self.files.len() && at < DEPTH * 16 {
            for file in named_by(&self.files[at]) {
                if !self.files.contains(&file) {
                    self.files.push(file);
                }
            }
            at += 1;
        }
        self.stamps = self.present_stamps();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i128::try_from(now.as_nanos()).unwrap_or_default();
        let is_young =
            |path: &PathBuf| Stamp::of(path).is_some_and(|stamp| stamp.is_since(now.saturating_sub(TICK)));
        if self.folders.iter().chain(&self.files).any(is_young) {
            self.stamps.clear();
        }
        self
    }
}

/// Clang reads `*.cfg`, depending on its name and the target, and GCC reads `specs`.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let is_configuration = |path: &PathBuf| {
        path.extension() == Some(OsStr::new("cfg")) || path.file_name() == Some(OsStr::new("specs"))
    };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_configuration).collect();
    files.sort();
    files
}

/// The files that a configuration file includes: `@FILE`, relative to its own folder.
fn named_by(file: &Path) -> Vec<PathBuf> {
    if file.extension() != Some(OsStr::new("cfg")) {
        return Vec::new();
    }
    let folder = file.parent().unwrap_or(Path::new("/"));
    // A file that cannot be read includes no other file.
    let text =
        reading::read(file, LARGEST).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default();
    let names = text.split_whitespace().filter_map(|word| word.trim_matches(['"', '\'']).strip_prefix('@'));
    names
        .map(|name| folder.join(name.replace("<CFGDIR>", &folder.to_string_lossy())))
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_prints_the_folders() {
        let verbose = "clang version 22\nInstalledDir: /opt/llvm/bin\n\
                       System configuration file directory: /etc/clang\nTarget: x\n";
        let search = "install: /usr/lib/gcc/x/12/\nprograms: =/usr\n";
        let folders = |family| Configuration::of(family, verbose, search).folders;
        assert_eq!(folders(Family::Clang), [PathBuf::from("/opt/llvm/bin"), PathBuf::from("/etc/clang")]);
        assert_eq!(folders(Family::Gcc), [PathBuf::from("/usr/lib/gcc/x/12/")]);
        assert!(folders(Family::Msvc).is_empty());
    }

    #[test]
    fn a_new_file_and_a_file_that_it_includes_are_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).expect("a file");
        write("clang", "");
        let verbose = format!("InstalledDir: {}\n", folder.path().display());
        let first = Configuration::of(Family::Clang, &verbose, "");
        assert!(first.files.is_empty());
        write("clang.cfg", "-O1\n@more/options\n");
        fs_err::create_dir(folder.path().join("more")).expect("a folder");
        write("more/options", "-g\n");
        let second = first.renewed().expect("the folder is young, or has changed");
        assert_eq!(second.files, ["clang.cfg", "more/options"].map(|name| folder.path().join(name)));
    }

    #[test]
    fn an_unchanged_configuration_is_not_listed_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut known = Configuration { folders: vec![folder.path().to_owned()], ..Configuration::default() };
        known.stamps = known.present_stamps();
        assert_eq!(known.renewed(), None);
        fs_err::write(folder.path().join("specs"), "").expect("a file");
        assert_eq!(known.renewed().expect("it has changed").files.len(), 1);
    }
}
