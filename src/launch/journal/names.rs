//! The names of the files of a compilation in the journal, and its language.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use super::super::arguments::Arguments;
use super::super::process;

/// The folders to which names are relative.
#[derive(Debug, Clone, Copy)]
pub(in crate::launch) struct Folders<'a> {
    /// The build folder.
    pub(in crate::launch) build: &'a Path,
    /// The top source folder.
    pub(in crate::launch) source: &'a Path,
    /// The working directory of the compiler.
    pub(in crate::launch) directory: &'a Path,
}

impl Folders<'_> {
    /// [`crate::journal::Entry::object`]
    pub(super) fn object(&self, object: &Path) -> String {
        let path = normalized(&self.directory.join(object));
        process::with_slashes(path.strip_prefix(self.build).unwrap_or(&path))
    }

    /// [`crate::journal::Entry::source`]
    pub(super) fn source(&self, source: &Path) -> String {
        let path = normalized(&self.directory.join(source));
        if let Ok(below) = path.strip_prefix(self.build) {
            return format!("<build>/{}", process::with_slashes(below));
        }
        let is_folder = !self.source.as_os_str().is_empty();
        let below = path.strip_prefix(self.source).ok().filter(|_| is_folder);
        process::with_slashes(below.unwrap_or(&path))
    }
}

/// The path without `.` and `..`. Links are not followed.
fn normalized(path: &Path) -> PathBuf {
    let is_odd = |component| matches!(component, Component::ParentDir | Component::CurDir);
    if !path.components().any(is_odd) {
        return path.to_path_buf();
    }
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            other => path.push(other),
        }
        path
    })
}

/// CMake's name of the language of a compilation. Empty if it is not known.
pub(super) fn language(arguments: &Arguments) -> &'static str {
    let mut forced = None;
    let mut words = arguments.all().iter().filter_map(|argument: &OsString| argument.to_str());
    while let Some(word) = words.next() {
        if let Some(joined) = word.strip_prefix("-x") {
            forced = if joined.is_empty() { words.next() } else { Some(joined) };
        }
    }
    match forced {
        Some("c" | "c-header") => return "C",
        Some("c++" | "c++-header" | "c++-module") => return "CXX",
        Some("objective-c" | "objective-c-header") => return "OBJC",
        Some("objective-c++" | "objective-c++-header") => return "OBJCXX",
        Some("cu" | "cuda") => return "CUDA",
        Some("hip") => return "HIP",
        Some("assembler" | "assembler-with-cpp") => return "ASM",
        _ => {}
    }
    let extension = arguments.sources().first().and_then(|source| source.extension()?.to_str());
    match extension {
        Some("c") => "C",
        Some("m") => "OBJC",
        Some("mm" | "M") => "OBJCXX",
        Some("cu") => "CUDA",
        Some("hip") => "HIP",
        Some("s" | "S" | "asm" | "sx") => "ASM",
        Some(
            "cc" | "cp" | "cpp" | "cxx" | "c++" | "CPP" | "C" | "ixx" | "cppm" | "ccm" | "cxxm" | "c++m"
            | "mpp",
        ) => "CXX",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_depend_on_the_checkout() {
        let folders = Folders {
            build: Path::new("/c/build"),
            source: Path::new("/c"),
            directory: Path::new("/c/build/lib"),
        };
        assert_eq!(folders.object(Path::new("CMakeFiles/a.dir/x.o")), "lib/CMakeFiles/a.dir/x.o");
        assert_eq!(folders.object(Path::new("../x.o")), "x.o");
        assert_eq!(folders.object(Path::new("/elsewhere/x.o")), "/elsewhere/x.o");
        assert_eq!(folders.source(Path::new("../../src/./x.c")), "src/x.c");
        assert_eq!(folders.source(Path::new("gen.c")), "<build>/lib/gen.c");
        assert_eq!(folders.source(Path::new("/usr/src/x.c")), "/usr/src/x.c");
    }

    #[test]
    fn the_language_is_that_of_cmake() {
        let of = |line: &str| {
            language(&Arguments::parse(line.split_whitespace().map(OsString::from).collect(), &|_| None))
        };
        for (line, expected) in [
            ("-c a.c", "C"),
            ("-c a.cpp", "CXX"),
            ("-x c++ -c a.c", "CXX"),
            ("-xcuda -c a.cpp", "CUDA"),
            ("-c a.mm", "OBJCXX"),
            ("-x none -c a.S", "ASM"),
            ("-c a.f90", ""),
            ("", ""),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
    }
}
