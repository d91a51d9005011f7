//! The options for C++20 modules in a command.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{Style, path};

/// Options of GCC. CMake adds the first one and the mapper to every source that is scanned for modules.
const OF_GCC: &[&str] = &["-fmodules-ts", "-fmodules", "-fmodule-mapper", "-fmodule-header", "-fmodule-only"];

/// Options of cl.exe, after the `/` or `-`.
const OF_MSVC: &[&str] = &[
    "interface",
    "internalPartition",
    "ifcOutput",
    "ifcSearchDir",
    "ifcOnly",
    "ifcMap",
    "reference",
    "headerUnit",
    "exportHeader",
    "translateInclude",
    "scanDependencies",
];

/// Options of Clang with which it reads a file that the command does not name, or a header unit.
const IMPLICIT: &[&str] = &[
    "-fmodules-ts",
    "-fmodule-header",
    "-fprebuilt-module-path",
    "-fprebuilt-implicit-modules",
    "-xc++-user-header",
    "-xc++-system-header",
    "-xc++-header-unit",
];

/// The same as the value of `-x`.
const HEADER_UNITS: &[&str] = &["c++-user-header", "c++-system-header", "c++-header-unit-header"];

/// The use of C++20 modules by a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleUse {
    /// The file for importers that the command writes (`.pcm`).
    pub output: Option<PathBuf>,
    /// The files of the modules that it may import, from `-fmodule-file=NAME=FILE`.
    pub files: Vec<PathBuf>,
    /// Whether an option lets Clang read the file of a module or of a header unit that no `-fmodule-file=NAME=FILE` names.
    pub is_implicit: bool,
    /// Whether there is an option of GCC for modules. Clang has one with the same name for the modules of Objective-C.
    pub has_options_of_gcc: bool,
    /// Whether there is an option of cl.exe for modules, or one of Clang for clang-cl.
    pub has_options_of_msvc: bool,
}

impl ModuleUse {
    /// The use of modules in `all` arguments, with response files replaced by their content.
    pub(super) fn of(all: &[OsString], style: Style) -> Self {
        let mut found = Self::default();
        if style == Style::Msvc {
            found.has_options_of_msvc = all.iter().any(|argument| is_of_msvc(argument.as_encoded_bytes()));
            return found;
        }
        let mut is_precompiled = false;
        let (mut object, mut source) = (None, None);
        let mut arguments = all.iter();
        while let Some(argument) = arguments.next() {
            let text = argument.as_encoded_bytes();
            let starts = |options: &[&str]| options.iter().any(|option| text.starts_with(option.as_bytes()));
            if text == b"-o" {
                object = arguments.next();
            } else if text == b"-x" {
                let value = arguments.next().map(|value| value.as_encoded_bytes()).unwrap_or_default();
                found.is_implicit |= HEADER_UNITS.iter().any(|unit| unit.as_bytes() == value);
            } else if !text.starts_with(b"-") {
                source = Some(argument);
            } else if let Some(value) = text.strip_prefix(b"-fmodule-file=") {
                match value.iter().position(|letter| *letter == b'=') {
                    // A name has no slash, a path may contain `=`.
                    Some(at) if !value[..at].contains(&b'/') => found.files.push(path(&value[at + 1..])),
                    _ => found.is_implicit = true,
                }
            } else if let Some(value) = text.strip_prefix(b"-fmodule-output=") {
                found.output = Some(path(value));
            } else if text == b"-fmodule-output" || text.starts_with(b"--precompile") {
                is_precompiled |= text != b"-fmodule-output";
                // sccache expects the file at another path.
                found.is_implicit |= text == b"-fmodule-output";
                found.output.get_or_insert_default();
            }
            found.is_implicit |= starts(IMPLICIT);
            found.has_options_of_gcc |= starts(OF_GCC) && !text.starts_with(b"-fmodules-");
            found.has_options_of_gcc |= text == b"-fmodules-ts";
        }
        if found.output.as_ref().is_some_and(|output| output.as_os_str().is_empty()) {
            let object = object.map(PathBuf::from);
            let beside =
                object.as_ref().or(source.map(PathBuf::from).as_ref()).map(|at| at.with_extension("pcm"));
            found.output = if is_precompiled && object.is_some() { object } else { beside };
        }
        found
    }

    /// Whether the command uses modules of Clang.
    #[must_use]
    pub const fn is_of_clang(&self) -> bool {
        self.output.is_some() || !self.files.is_empty() || self.is_implicit
    }
}

fn is_of_msvc(text: &[u8]) -> bool {
    let [b'/' | b'-', rest @ ..] = text else { return false };
    let is_of_clang = |text: &[u8]| text.starts_with(b"fmodule") || text.starts_with(b"fprebuilt-");
    let after_prefix = rest.strip_prefix(b"clang:-").unwrap_or(rest);
    OF_MSVC.iter().any(|option| rest.starts_with(option.as_bytes())) || is_of_clang(after_prefix)
}

/// Whether the argument is a module map of CMake: the response file with the options for the modules of a source.
pub(super) fn is_map(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(b"@")
        && Path::new(argument).extension().is_some_and(|of| of == "modmap")
}

#[cfg(test)]
mod tests {
    use super::super::Arguments;
    use super::*;

    fn read(line: &str, map: &'static str) -> Arguments {
        let words = line.split_whitespace().map(OsString::from).collect();
        Arguments::parse(words, &|path| path.ends_with("x.o.modmap").then(|| map.into()))
    }

    #[test]
    fn a_module_map_of_cmake_is_known() {
        let map = "-x c++-module\n-fmodule-output=\"CMakeFiles/m.dir/b.pcm\"\n-fmodule-file=\"b:p=CMakeFiles/m.dir/b-p.pcm\"\n";
        let arguments = read("-MD -MF x.o.d @CMakeFiles/x.o.modmap -o x.o -c b.cppm", map);
        let modules = arguments.modules();
        assert_eq!(modules.output.as_deref(), Some(Path::new("CMakeFiles/m.dir/b.pcm")));
        assert_eq!(modules.files, [Path::new("CMakeFiles/m.dir/b-p.pcm")]);
        assert!(modules.is_of_clang() && !modules.is_implicit && !modules.has_options_of_gcc);
        let spliced = arguments.with_module_maps(&|_| Some(map.into()));
        let expected = "-MD -MF x.o.d -x c++-module -fmodule-output=CMakeFiles/m.dir/b.pcm \
                        -fmodule-file=b:p=CMakeFiles/m.dir/b-p.pcm -o x.o -c b.cppm";
        assert_eq!(spliced, expected.split_whitespace().collect::<Vec<_>>());
        assert_eq!(arguments.with_module_maps(&|_| None), arguments.raw());
        let other = read("@x.rsp -c m.cpp", "");
        assert_eq!(other.with_module_maps(&|_| Some("-O2".into())), other.raw());
        assert!(!read("@CMakeFiles/x.o.modmap -c m.cpp", "").modules().is_of_clang());
    }

    #[test]
    fn the_output_of_a_module_has_a_default_path() {
        for (line, output) in [
            ("-fmodule-output -c a.cppm -o x/a.o", "x/a.pcm"),
            ("--precompile a.cppm -o x/a.bmi", "x/a.bmi"),
            ("--precompile a.cppm", "a.pcm"),
        ] {
            assert_eq!(read(line, "").modules().output.as_deref(), Some(Path::new(output)), "{line}");
        }
    }

    #[test]
    fn header_units_and_implicit_modules_are_known() {
        for line in [
            "-fmodule-file=h.pcm",
            "-fmodule-file=a/b=c.pcm",
            "-fmodule-header=user",
            "-fprebuilt-module-path=.",
            "-x c++-user-header",
        ] {
            assert!(read(line, "").modules().is_implicit, "{line}");
        }
        let of_objective_c = read("-fmodules -fmodules-cache-path=x", "");
        assert!(!of_objective_c.modules().is_of_clang() && of_objective_c.modules().has_options_of_gcc);
    }

    #[test]
    fn options_of_other_compilers_are_known() {
        for line in ["-fmodules-ts -fmodule-mapper=x -x c++", "-fmodules", "-fmodule-only"] {
            assert!(read(line, "").modules().has_options_of_gcc, "{line}");
        }
        for line in [
            "/interface",
            "-internalPartition",
            "/ifcOutput a.ifc",
            "-clang:-fmodule-output=x",
            "-fmodule-file=a=b",
        ] {
            let words = line.split_whitespace().map(OsString::from).collect();
            let arguments = Arguments::parse_in(Style::Msvc, words, &|_| None);
            assert!(arguments.modules().has_options_of_msvc, "{line}");
        }
        let plain = ["/c", "/nologo", "/Fox.obj", "x.cpp"].map(OsString::from).to_vec();
        assert!(!Arguments::parse_in(Style::Msvc, plain, &|_| None).modules().has_options_of_msvc);
    }
}
