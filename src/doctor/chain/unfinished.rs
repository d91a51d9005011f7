//! A build folder whose configuration CMake has not completed, because a compiler that is named for it does not exist. CMake writes
//! nothing about it into its cache.

use camino::{Utf8Path, Utf8PathBuf};

use super::{Build, CONFIGURE_AGAIN, Finding, Mode};
use crate::caching::language::Language;
use crate::doctor::BuildTree;
use crate::probe::{environment, file, program};

/// The longest toolchain file that is searched.
const LONGEST: u64 = 1 << 20;

/// A compiler that a file or a variable names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCompiler {
    /// The variable: that of the environment, such as `CXX`, or of CMake, such as `CMAKE_CXX_COMPILER`.
    pub variable: String,
    /// The value.
    pub value: String,
    /// Who sets the variable, as the end of a sentence.
    pub origin: String,
}

/// What has kept CMake from completing the configuration. Nothing, if it has.
pub(super) fn findings(about: &'static str, build: &Build, tree: &BuildTree) -> Vec<Finding> {
    // The link `cache` reports why a build without a cache was given up.
    if tree.is_generated() || build.mode == Mode::None {
        return Vec::new();
    }
    let named = named(build, tree);
    let has_path = |language: &Language| {
        tree.named_compiler(*language).is_some_and(|path| Utf8Path::new(&path).is_absolute())
    };
    let languages = Language::ALL.iter().filter(|language| !has_path(language));
    let missing = languages.filter_map(|language| missing(*language, &named));
    let findings = missing.map(|NamedCompiler { variable, value, origin }| {
        Finding::broken(
            about,
            format!("{variable} {origin} names the compiler `{value}`, which was not found, so CMake has not completed the configuration of {}", build.folder),
            format!("install this compiler, or correct {variable} {origin}, and {CONFIGURE_AGAIN}"),
        )
    });
    let findings: Vec<_> = findings.collect();
    let is_explained =
        !tree.not_found().is_empty() || tree.compilers().iter().any(|compiler| !compiler.is_file());
    if !findings.is_empty() || is_explained {
        return findings;
    }
    vec![Finding::broken(
        about,
        format!("CMake has not completed the configuration of {}", build.folder),
        format!("{CONFIGURE_AGAIN}, and correct the first error that CMake prints"),
    )]
}

/// All named compilers, those with priority first.
fn named(build: &Build, tree: &BuildTree) -> Vec<NamedCompiler> {
    let mut named = Vec::new();
    if let Some(path) = tree.toolchain_file() {
        let text = file::read_text(&path, LONGEST).unwrap_or_default();
        let origin = format!("in {path}");
        named.extend(in_toolchain_file(&text).into_iter().map(|(variable, value)| NamedCompiler {
            variable,
            value,
            origin: origin.clone(),
        }));
    }
    for language in Language::ALL {
        let variable = format!("CMAKE_{}_COMPILER", language.cmake_name());
        if let Some(value) = tree.named_compiler(language) {
            named.push(NamedCompiler { variable, value, origin: "in the CMake cache".to_owned() });
        }
    }
    named.extend(build.named_compilers.iter().cloned());
    for language in Language::ALL {
        let variable = language.compiler_variable();
        if let Some(value) = environment::variable(variable).filter(|value| !value.is_empty()) {
            let (variable, origin) = (variable.to_owned(), "in the environment".to_owned());
            named.push(NamedCompiler { variable, value, origin });
        }
    }
    named
}

/// The compilers that a toolchain file names, by the names of their variables.
fn in_toolchain_file(text: &str) -> Vec<(String, String)> {
    let call = |line: &str| {
        let (command, rest) = line.trim().split_once('(')?;
        let (name, rest) = rest.trim_start().split_once([' ', '\t'])?;
        let variable = match command.trim().to_ascii_lowercase().as_str() {
            "set" if name.starts_with("CMAKE_") && name.ends_with("_COMPILER") => name.to_owned(),
            "toolchainkit_set_compiler" => format!("CMAKE_{name}_COMPILER"),
            _ => return None,
        };
        let rest = rest.trim_start();
        let value = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next()?,
            None => rest.split([' ', '\t', ')']).next()?,
        };
        // What a variable contains is not known.
        (!value.is_empty() && !value.contains('$')).then(|| (variable, value.to_owned()))
    };
    text.lines().filter_map(call).collect()
}

/// The compiler that CMake has searched for this language, if it does not exist.
fn missing(language: Language, named: &[NamedCompiler]) -> Option<NamedCompiler> {
    let of_cmake = format!("CMAKE_{}_COMPILER", language.cmake_name());
    let is_of_language =
        |named: &&NamedCompiler| named.variable == of_cmake || named.variable == language.compiler_variable();
    let first = named.iter().find(is_of_language)?;
    (!exists(&first.value)).then(|| first.clone())
}

/// Whether the program exists: the first word of a command in the environment, or of a list of CMake.
fn exists(value: &str) -> bool {
    let is_program = |word: &str| {
        let path = Utf8Path::new(word);
        if path.is_absolute() { path.is_file() } else { program::find(word).is_some() }
    };
    // A path may have spaces.
    let first = value.split([' ', ';']).find(|word| !word.is_empty()).unwrap_or_default();
    is_program(value) || is_program(first)
}

impl BuildTree {
    /// The toolchain file, as an absolute path.
    fn toolchain_file(&self) -> Option<Utf8PathBuf> {
        let path = self.entry("CMAKE_TOOLCHAIN_FILE")?;
        // CMake searches a relative path in the build folder first.
        let below = [self.folder(), self.source()].map(|folder| folder.join(&path));
        below.into_iter().find(|path| path.is_file())
    }

    /// The compiler in the CMake cache, which need not exist.
    fn named_compiler(&self, language: Language) -> Option<String> {
        let value = self.entry(&format!("CMAKE_{}_COMPILER", language.cmake_name()))?;
        (!value.ends_with("-NOTFOUND")).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_file_names_compilers() {
        let text = "set(CMAKE_SYSTEM_NAME Linux)\n  SET( CMAKE_C_COMPILER \"/opt/gcc 9/gcc\" CACHE FILEPATH \"\")\n\
                    set(CMAKE_CXX_COMPILER ${TOOLS}/g++)\n# set(CMAKE_CUDA_COMPILER x)\n\
                    toolchainkit_set_compiler(CXX \"clang++-99\")\nset(CMAKE_HIP_COMPILER hipcc)\n";
        let found = in_toolchain_file(text);
        let found: Vec<_> = found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [
                ("CMAKE_C_COMPILER", "/opt/gcc 9/gcc"),
                ("CMAKE_CXX_COMPILER", "clang++-99"),
                ("CMAKE_HIP_COMPILER", "hipcc")
            ]
        );
    }

    #[test]
    fn the_first_word_of_a_command_must_exist() {
        let this = std::env::current_exe().unwrap();
        let shell = if cfg!(windows) { "cmd" } else { "sh" };
        for (value, expected) in [
            (this.to_str().unwrap(), true),
            (&format!("{shell} -x"), true),
            (&format!("{shell};-x"), true),
            ("/no/such/program", false),
            ("no-such-program -x", false),
        ] {
            assert_eq!(exists(value), expected, "{value}");
        }
    }
}
