//! The input of the guard: the search path of a command, from its arguments.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::launch::arguments::Arguments;
use crate::launch::rules::{Compiler, CompilerKind, Family};

/// The properties of a compilation that determine which headers it can include.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Question {
    /// The path of the compiler.
    pub compiler: String,
    /// The options that change the default search path of the compiler.
    pub flags: Vec<String>,
    /// Whether the source is in C++.
    pub is_cxx: bool,
    /// The working directory.
    pub directory: String,
    /// The source.
    pub source: String,
    /// The files of `-include` and `-imacros`.
    pub included: Vec<String>,
    /// The include folders of the command and of the environment.
    pub folders: Vec<String>,
    /// The definitions, as `NAME=VALUE`.
    pub definitions: Vec<String>,
    /// The file to which the compiler writes the names of the headers.
    pub depfile: String,
    /// Folders with their numbers, the longest first. A path below one of them is hashed relative to it, with its number.
    pub roots: Vec<(String, usize)>,
    /// Further text for the fingerprint.
    pub context: String,
    /// Paths with a slash at the end. The guard tells whether a file contains one of them at the beginning of a string.
    pub places: Vec<String>,
    /// Whether the fingerprint depends on the contents of all files that the command can read.
    #[serde(default)]
    pub with_contents: bool,
}

/// A command, which is converted to a [`Question`].
#[expect(missing_debug_implementations, reason = "it contains a function")]
pub struct Command<'a> {
    /// The compiler.
    pub compiler: &'a Compiler,
    /// Its arguments.
    pub arguments: &'a Arguments,
    /// Its working directory.
    pub directory: &'a Path,
    /// See [`Question::roots`].
    pub roots: Vec<(String, usize)>,
    /// See [`Question::context`].
    pub context: String,
    /// See [`Question::places`].
    pub places: Vec<String>,
    /// See [`Question::with_contents`].
    pub with_contents: bool,
    /// A variable of the environment of the compiler.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
}

/// Prefixes of options that change the search for headers in a way that the guard does not support.
const UNKNOWN: &[&str] = &[
    "-fmodule",
    "-fimplicit-module",
    "-fprebuilt-module",
    "-ivfsoverlay",
    "-vfsoverlay",
    "-F",
    "-iframework",
    "-include-pch",
    "-fpch",
    "-I-",
    "-I=",
    "-isystem=",
    "-iquote=",
    "-I$SYSROOT",
    "-isystem$SYSROOT",
    "-iprefix",
    "-iwithprefix",
    "-iwithsysroot",
    "-isystem-after",
    "-imultilib",
    "-stdlib++-isystem",
    "-internal-",
    "-objc-isystem",
    "-embed-dir",
    "--embed-dir",
    "--include",
    "--define-macro",
    "--undefine-macro",
    "--prefix",
    "--config",
    "-traditional",
    "-remap",
    "-wrapper",
    "-ccc-",
    "-specs",
    "--specs",
    "-fpreprocessed",
    "-B",
    "-idirafter=",
    "-working-directory",
    "-fms-compat",
    "-finput-charset",
];

/// Prefixes of options for named modules, which do not change the search for headers. The tools add the contents of the files of modules
/// to the key of the direct mode. Commands with implicit modules have no direct mode, because a rule runs the compiler without the tool.
const NAMED_MODULES: &[&str] = &["-fmodule-output", "-fmodule-file=", "-fmodules-reduced-bmi"];

/// Prefixes of options that change the default search path of a compiler.
const FLAGS: &[&str] = &[
    "-m",
    "-std=",
    "--std=",
    "-ansi",
    "-stdlib",
    "--sysroot=",
    "--target=",
    "--gcc-toolchain=",
    "--gcc-install-dir=",
    "--gcc-triple=",
    "-nostdinc",
    "-nostdlibinc",
    "-nobuiltininc",
    "-no-canonical-prefixes",
    "-pthread",
    "-fopenmp",
    "-resource-dir=",
];

/// Options that change the default search path, with the value as the next argument.
const FLAGS_WITH_VALUE: &[&str] =
    &["-isysroot", "--sysroot", "-target", "-gcc-toolchain", "-arch", "-resource-dir"];

/// Environment variables that change the compiler itself.
const VARIABLES: &[&str] = &["GCC_EXEC_PREFIX", "COMPILER_PATH", "CCC_OVERRIDE_OPTIONS", "CCC_ADD_ARGS"];

impl Question {
    /// The question about a command. Fails with the reason why the command has no direct mode.
    ///
    /// # Errors
    ///
    /// A clause that begins with a noun, for `doctor --why`.
    pub fn of(command: &Command<'_>) -> Result<Self, &'static str> {
        let arguments = command.arguments;
        let is_known = command.compiler.kind != CompilerKind::Wrapper
            && matches!(command.compiler.family, Family::Gcc | Family::Clang);
        if !is_known {
            return Err("the compiler is a script, or neither GCC nor Clang");
        }
        let [source] = arguments.sources() else {
            return Err("the command does not have exactly one source");
        };
        if !arguments.is_compilation() || arguments.uses_standard_input() {
            return Err("the command does not only compile a source");
        }
        let is_cxx = language(arguments.all(), source).ok_or("the source is neither C nor C++")?;
        let depfile = arguments.depfile().ok_or("the command does not write a list of headers (-MD)")?;
        if arguments.has_several_architectures() {
            return Err("the list of headers is that of one of its architectures");
        }
        let mut flags = Vec::new();
        let mut all = arguments.all().iter();
        while let Some(argument) = all.next() {
            let text = argument.to_str().ok_or("an argument is not UTF-8")?;
            let is_wrapped = text.strip_prefix("-Wp,").is_some_and(|rest| {
                rest.split(',')
                    .any(|word| word.starts_with("-i") || word.starts_with("-F") || word.starts_with("-U"))
            });
            let is_module = NAMED_MODULES.iter().any(|option| text.starts_with(option));
            if is_wrapped || (!is_module && UNKNOWN.iter().any(|option| text.starts_with(option))) {
                return Err("an option changes the search for headers in a way that is not supported");
            }
            if FLAGS_WITH_VALUE.contains(&text) {
                flags.push(text.to_owned());
                flags.extend(all.next().and_then(|value| value.to_str()).map(str::to_owned));
            } else if FLAGS.iter().any(|flag| text.starts_with(flag)) {
                flags.push(text.to_owned());
            }
        }
        let is_set = |name: &str| (command.variable)(name).is_some_and(|value| !value.is_empty());
        // For macOS, Clang searches this folder, unless an option names another one.
        let has_sdk = flags.iter().any(|flag| flag == "-isysroot" || flag.starts_with("--sysroot"));
        if VARIABLES.iter().any(|name| is_set(name)) || (!has_sdk && is_set("SDKROOT")) {
            return Err("a variable of the environment changes the compiler");
        }
        let text = |path: &Path| path.to_str().map(str::to_owned).ok_or("a path is not UTF-8");
        let of_language = if is_cxx { "CPLUS_INCLUDE_PATH" } else { "C_INCLUDE_PATH" };
        let of_environment: Vec<PathBuf> = ["CPATH", of_language]
            .into_iter()
            .filter_map(|name| (command.variable)(name).filter(|value| !value.is_empty()))
            .flat_map(|value| std::env::split_paths(&value).collect::<Vec<_>>())
            .collect();
        let folders = arguments.include_folders().iter().chain(&of_environment).map(|folder| text(folder));
        let mut included = Vec::new();
        for file in arguments.included_files() {
            let file = text(file)?;
            if file.contains("cmake_pch") {
                return Err("it uses a precompiled header");
            }
            included.push(file);
        }
        let definitions = || arguments.macros().iter().filter_map(|definition| definition.to_str());
        if definitions().any(|definition| definition.starts_with('-')) {
            // `-Xclang -D -Xclang NAME`
            return Err("a definition is passed to the preprocessor in two parts");
        }
        Ok(Self {
            compiler: text(&command.compiler.path)?,
            flags,
            is_cxx,
            directory: text(command.directory)?,
            source: text(source)?,
            included,
            folders: folders.collect::<Result<_, _>>()?,
            definitions: definitions().map(str::to_owned).collect(),
            depfile: text(depfile)?,
            roots: command.roots.clone(),
            context: command.context.clone(),
            places: command.places.clone(),
            with_contents: command.with_contents,
        })
    }
}

/// Whether the source is in C++; `None` for other languages than C and C++.
fn language(arguments: &[OsString], source: &Path) -> Option<bool> {
    let mut forced = None;
    let mut words = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(word) = words.next() {
        if let Some(joined) = word.strip_prefix("-x") {
            forced = if joined.is_empty() { words.next() } else { Some(joined) };
        }
    }
    match forced.filter(|language| *language != "none") {
        Some("c") => return Some(false),
        Some("c++" | "c++-module") => return Some(true),
        Some(_) => return None,
        None => {}
    }
    match source.extension().and_then(OsStr::to_str)? {
        "c" => Some(false),
        "cc" | "cp" | "cpp" | "cxx" | "c++" | "CPP" | "C" | "cppm" | "ixx" | "cxxm" | "c++m" | "ccm" => {
            Some(true)
        }
        _ => None,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Result<Question, &'static str> {
        ask_with(line, &[("CPATH", "/env:/env2")])
    }

    fn ask_with(line: &str, variables: &[(&str, &str)]) -> Result<Question, &'static str> {
        let arguments = line.split_whitespace().map(OsString::from).collect();
        Question::of(&Command {
            compiler: &Compiler {
                path: "/usr/bin/g++".into(),
                family: Family::Gcc,
                kind: CompilerKind::Program,
                replacement: None,
                content: None,
                embeds_modules: false,
                configuration: Vec::new(),
            },
            arguments: &Arguments::parse(arguments, &|_| None),
            directory: Path::new("/b"),
            roots: Vec::new(),
            context: String::new(),
            places: Vec::new(),
            with_contents: false,
            variable: &|name| {
                variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
            },
        })
    }

    #[test]
    fn all_include_folders_of_a_cmake_command_are_found() {
        let question = ask(
            "-DA=\"x.h\" -DB -Iinc -isystem /s -include f.h -std=c++17 -m32 -g -MD -MT m.o -MF m.d -o m.o -c m.cpp",
        );
        let question = question.unwrap();
        assert_eq!(question.folders, ["inc", "/s", "/env", "/env2"]);
        assert_eq!(question.flags, ["-std=c++17", "-m32"]);
        assert_eq!(
            (question.included, question.definitions),
            (vec!["f.h".to_owned()], vec!["A=\"x.h\"".to_owned(), "B".to_owned()])
        );
        assert!(question.is_cxx);
        assert_eq!(ask("--sysroot /r -MD -c -x c m.cpp").unwrap().flags, ["--sysroot", "/r"]);
    }

    #[test]
    fn a_source_with_named_modules_has_direct_mode() {
        for line in [
            "-MD -x c++-module -fmodule-output=m.pcm -c m.cpp",
            "-MD -fmodule-file=a=a.pcm -fmodules-reduced-bmi -c m.cppm",
        ] {
            assert!(ask(line).unwrap().is_cxx, "{line}");
        }
        assert!(ask("-MD -fmodules-cache-path=x -c m.cpp").is_err());
    }

    #[test]
    fn variables_that_change_the_compiler_turn_off_direct_mode() {
        for (name, line, is_direct) in [
            ("COMPILER_PATH", "-MD -c m.c", false),
            ("SDKROOT", "-MD -c m.c", false),
            ("SDKROOT", "-MD -isysroot /sdk -c m.c", true),
            ("SDKROOT", "-MD --sysroot=/sdk -c m.c", true),
        ] {
            assert_eq!(ask_with(line, &[(name, "/x")]).is_ok(), is_direct, "{name} {line}");
            assert!(ask_with(line, &[(name, "")]).is_ok(), "{name} {line}");
        }
    }

    #[test]
    fn unsupported_commands_have_no_direct_mode() {
        for line in [
            "-c m.cpp",
            "-MD m.cpp",
            "-MD -c m.cpp n.cpp",
            "-MD -c m.mm",
            "-MD -c m.S",
            "-MD -c -x cuda m.cpp",
            "-MD -c -",
            "-MD -fmodules -c m.cpp",
            "-MD -F. -c m.cpp",
            "-MD -I=inc -c m.cpp",
            "-MD -ivfsoverlay o.yaml -c m.cpp",
            "-MD -Xclang -internal-isystem -Xclang /x -c m.cpp",
            "-MD -Wp,-isystem,/x -c m.cpp",
            "-MD -Xclang -D -Xclang A=<x.h> -c m.cpp",
            "-MD --define-macro=A=<x.h> -c m.cpp",
            "-MD -include cmake_pch.hxx -c m.cpp",
            "-MD -working-directory /x -c m.cpp",
        ] {
            assert!(ask(line).is_err(), "{line}");
        }
    }
}
