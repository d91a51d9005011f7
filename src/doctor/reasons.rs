//! Explains why a tool does not cache a compilation, with advice to the user.
//!
//! sccache counts the reasons in its statistics below `not_cached`; most reasons are the name of an option. ccache writes
//! the name of a counter into its log, after the details.

use std::fmt;

/// The reason why a compilation is not cached, and the advice to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// A clause about the compilation.
    pub because: String,
    /// The advice to the user.
    pub help: String,
}

impl Explanation {
    pub(super) fn new(because: impl Into<String>, help: impl Into<String>) -> Self {
        Self { because: because.into(), help: help.into() }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.because, self.help)
    }
}

const SCANNING: &str = "set CXX_SCAN_FOR_MODULES to OFF for targets without modules; modules are cached with toolchainkit-launch, Clang 22 or newer, and sccache 0.15 or newer";
const REMOVE_OPTION: &str = "remove the option to make this file cacheable";

/// Explains a reason of sccache.
///
/// ```
/// use toolchainkit::doctor::explain_sccache;
/// assert!(explain_sccache("/Yc").help.contains("ccache"));
/// ```
#[must_use]
pub fn explain_sccache(reason: &str) -> Explanation {
    let (because, help) = match reason {
        "@" => (
            "sccache cannot read the response file with its options".to_owned(),
            "use sccache 0.17 or newer, or set CMAKE_<LANG>_USE_RESPONSE_FILE_FOR_INCLUDES=OFF".to_owned(),
        ),
        "/Yc" | "/Yu" | "/Fp" => (
            format!("sccache does not support precompiled headers of MSVC ({reason})"),
            "use ccache for this build, or disable precompiled headers (DISABLE_PRECOMPILE_HEADERS)".to_owned(),
        ),
        "shared pdb" | "/Zi" | "/ZI" | "/Fd" => (
            "its debug information is written to a file that all objects share (/Zi)".to_owned(),
            "use /Z7, which toolchainkit sets unless CMAKE_MSVC_DEBUG_INFORMATION_FORMAT or the flags override it".to_owned(),
        ),
        "-" => ("its source is standard input".to_owned(), "compile a file".to_owned()),
        "multiple input files" => {
            ("it compiles several sources at once".to_owned(), "compile each source separately".to_owned())
        }
        "no input file" | "unknown source language" => (
            format!("sccache does not support its language ({reason})"),
            "sccache supports C, C++, Objective-C, assembler, CUDA and HIP; remove other languages from `cache.languages`".to_owned(),
        ),
        "not a compilation" => {
            ("sccache does not recognise it as a compilation".to_owned(), "compile with -c, which is the default of CMake".to_owned())
        }
        "unsupported compiler" => (
            "sccache does not support its compiler".to_owned(),
            "sccache supports GCC, Clang, MSVC, nvcc and hipcc, and wrappers that behave like one of them".to_owned(),
        ),
        _ if reason.starts_with("multiple different -arch") => (
            "it is compiled for several architectures at once".to_owned(),
            "use toolchainkit-launch with sccache 0.19, use ccache (`cache.tool`), or set CMAKE_OSX_ARCHITECTURES to one architecture"
                .to_owned(),
        ),
        _ if reason.starts_with("-fmodule") => {
            (format!("it is compiled with C++ modules or scanned for them ({reason})"), SCANNING.to_owned())
        }
        _ if reason.starts_with("-fprofile-use") => (
            "sccache does not support -fprofile-use with GCC".to_owned(),
            "use Clang or ccache to cache it".to_owned(),
        ),
        _ if ["-E", "-M", "-MM", "-P", "-fsyntax-only"].contains(&reason) => {
            (format!("{reason} creates no object file"), "no action is needed".to_owned())
        }
        _ => (format!("sccache does not cache a compilation with `{reason}`"), REMOVE_OPTION.to_owned()),
    };
    Explanation { because, help }
}

/// Explains a result of ccache; `log` is its log of this compilation.
#[must_use]
pub fn explain_ccache(result: &str, log: &str) -> Explanation {
    match result {
        "unsupported_compiler_option" => option(log),
        "could_not_use_precompiled_header" => Explanation::new(
            "ccache must not use its precompiled header",
            "set sloppiness=pch_defines,time_macros, as toolchainkit does for target_precompile_headers",
        ),
        "could_not_use_modules" => Explanation::new("it is compiled with C++ modules", SCANNING),
        "called_for_preprocessing" | "called_for_link" | "output_to_stdout" => {
            Explanation::new("it creates no object file", "no action is needed")
        }
        "multiple_source_files" => {
            Explanation::new("it compiles several sources at once", "compile each source separately")
        }
        "no_input_file" | "bad_input_file" => Explanation::new(
            "ccache finds no source file in its command",
            "compile one file with -c, which is the default of CMake",
        ),
        "unsupported_source_language" => Explanation::new(
            "ccache does not support its language",
            "ccache supports C, C++, Objective-C and CUDA; remove other languages from `cache.languages`",
        ),
        "unsupported_code_directive" => Explanation::new(
            "it includes a file with the assembler directive .incbin, which ccache does not track",
            "include the data in another way, for example as an array in a generated source",
        ),
        "unsupported_environment_variable" => Explanation::new(
            "an environment variable changes the behaviour of the compiler",
            "unset the variable; the log of ccache contains its name (CCACHE_LOGFILE)",
        ),
        "disabled" => Explanation::new(
            "ccache is disabled by CCACHE_DISABLE or a comment in the source",
            "unset the variable, or remove `ccache:disable` from the source",
        ),
        "recache" => {
            Explanation::new("CCACHE_RECACHE makes ccache ignore existing entries", "unset the variable")
        }
        "modified_input_file" => Explanation::new(
            "one of its files was changed just before or during the compilation, or has a modification time in the future",
            "no action is needed after an edit; otherwise write the file earlier, or correct the clock",
        ),
        "could_not_find_compiler" | "compiler_check_failed" => Explanation::new(
            "ccache cannot read its compiler",
            "check that the compiler exists and is readable",
        ),
        other => Explanation::new(
            format!("ccache reports: {}", other.replace('_', " ")),
            "see the log of ccache, which CCACHE_LOGFILE enables",
        ),
    }
}

/// Explains the unsupported option in the log of ccache.
fn option(log: &str) -> Explanation {
    let line = log.lines().rev().find(|line| line.contains("nsupported") && !line.contains("Result: "));
    let Some((_, words)) = line.and_then(|line| line.split_once("] ")) else {
        return Explanation::new(
            "ccache does not cache a compilation with one of its options",
            "run `toolchainkit doctor --why FILE`, which names the option",
        );
    };
    let option = words.split_whitespace().find(|word| word.starts_with(['-', '/', '@'])).unwrap_or(words);
    let explained = explain_sccache(option);
    if explained.because.contains("sccache") {
        return Explanation::new(
            format!("ccache does not cache a compilation with `{option}`"),
            REMOVE_OPTION,
        );
    }
    explained
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_in_the_log_is_reported() {
        let log = "[2026-11-25T01:31:12.574116 26111] Compiler option -save-temps is unsupported\n\
            [2026-11-25T01:31:12.574187 26111] Result: unsupported_compiler_option\n";
        let explained = explain_ccache("unsupported_compiler_option", log);
        assert!(explained.because.ends_with("with `-save-temps`"), "{explained}");
        let log = log.replace("-save-temps", "-fmodules-ts");
        assert!(explain_ccache("unsupported_compiler_option", &log).help.contains("CXX_SCAN_FOR_MODULES"));
    }

    #[test]
    fn an_unknown_reason_is_reported_unchanged() {
        assert!(explain_sccache("--new").because.contains("`--new`"));
        assert!(explain_ccache("a_new_one", "").because.contains("a new one"));
        assert!(explain_ccache("unsupported_compiler_option", "").help.contains("--why FILE"));
    }
}
