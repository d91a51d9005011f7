//! What the tools call their reasons not to cache, and what to do about each.
//!
//! sccache counts the reasons in its statistics below `not_cached`: mostly the option itself. ccache writes the name of a
//! counter into its log, and what it saw before that.

use std::fmt;

/// Why a compilation is not cached, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// A clause about the compilation.
    pub because: String,
    /// What to do.
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

const SCANNING: &str =
    "set CXX_SCAN_FOR_MODULES to OFF for targets without modules; what has modules is not cached";
const NO_WAY: &str = "without that it can be; if it is needed, this file is compiled each time";

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
            "its options are in a response file that sccache cannot read".to_owned(),
            "sccache 0.17 reads more of them; CMAKE_<LANG>_USE_RESPONSE_FILE_FOR_INCLUDES=OFF does without them".to_owned(),
        ),
        "/Yc" | "/Yu" | "/Fp" => (
            format!("sccache caches nothing with a precompiled header in Microsoft's manner ({reason})"),
            "take ccache for this build, or do without the header (DISABLE_PRECOMPILE_HEADERS)".to_owned(),
        ),
        "shared pdb" | "/Zi" | "/ZI" | "/Fd" => (
            "its debug information goes into a file that all objects share (/Zi)".to_owned(),
            "use /Z7: toolchainkit sees to it unless CMAKE_MSVC_DEBUG_INFORMATION_FORMAT or the flags say otherwise".to_owned(),
        ),
        "-" => ("its source comes from standard input".to_owned(), "name a file".to_owned()),
        "multiple input files" => {
            ("it compiles several sources at once".to_owned(), "compile one at a time".to_owned())
        }
        "no input file" | "unknown source language" => (
            format!("sccache does not know its language ({reason})"),
            "it caches C, C++, Objective-C, assembler, CUDA and HIP; leave other languages out of `cache.languages`".to_owned(),
        ),
        "not a compilation" => {
            ("sccache takes it for no compilation".to_owned(), "compile with -c, as CMake does by itself".to_owned())
        }
        "unsupported compiler" => (
            "sccache does not know its compiler".to_owned(),
            "it knows GCC, Clang, MSVC, nvcc and hipcc, also behind a wrapper that answers like one".to_owned(),
        ),
        _ if reason.starts_with("multiple different -arch") => (
            "it is compiled for several processors at once".to_owned(),
            "set CMAKE_OSX_ARCHITECTURES to one, or SCCACHE_CACHE_MULTIARCH=1 in the environment".to_owned(),
        ),
        _ if reason.starts_with("-fmodule") => {
            (format!("it is compiled with C++ modules or scanned for them ({reason})"), SCANNING.to_owned())
        }
        _ if reason.starts_with("-fprofile-use") => (
            "it is optimised by a profile (-fprofile-use), which sccache does not follow with GCC".to_owned(),
            "with Clang, or with ccache, it can be cached".to_owned(),
        ),
        _ if ["-E", "-M", "-MM", "-P", "-fsyntax-only"].contains(&reason) => {
            (format!("{reason} makes no object"), "nothing is to be done: it costs little".to_owned())
        }
        _ => (format!("sccache does not cache a compilation with `{reason}`"), NO_WAY.to_owned()),
    };
    Explanation { because, help }
}

/// Explains the result of ccache; `log` is what it wrote about this compilation.
#[must_use]
pub fn explain_ccache(result: &str, log: &str) -> Explanation {
    match result {
        "unsupported_compiler_option" => option(log),
        "could_not_use_precompiled_header" => Explanation::new(
            "it has a precompiled header that ccache may not use",
            "ccache needs sloppiness=pch_defines,time_macros; toolchainkit sets it for targets that CMake gives a header",
        ),
        "could_not_use_modules" => Explanation::new("it is compiled with C++ modules", SCANNING),
        "called_for_preprocessing" | "called_for_link" | "output_to_stdout" => {
            Explanation::new("it makes no object", "nothing is to be done: it costs little")
        }
        "multiple_source_files" => {
            Explanation::new("it compiles several sources at once", "compile one at a time")
        }
        "no_input_file" | "bad_input_file" => Explanation::new(
            "ccache finds no source in its command",
            "name one file after -c, as CMake does by itself",
        ),
        "unsupported_source_language" => Explanation::new(
            "ccache does not know its language",
            "it caches C, C++, Objective-C and CUDA; leave other languages out of `cache.languages`",
        ),
        "unsupported_code_directive" => Explanation::new(
            "it includes another file by an assembler directive (.incbin), which ccache does not follow",
            "include the data in another way, or let ccache 4.10 ignore the directive (sloppiness=incbin)",
        ),
        "unsupported_environment_variable" => Explanation::new(
            "a variable of the environment changes what the compiler does",
            "unset what the log of ccache names (CCACHE_LOGFILE)",
        ),
        "disabled" => Explanation::new(
            "ccache is switched off, by CCACHE_DISABLE or a comment in the source",
            "unset the variable, or remove `ccache:disable` from the source",
        ),
        "recache" => Explanation::new("CCACHE_RECACHE makes ccache compile again", "unset the variable"),
        "modified_input_file" => Explanation::new(
            "a file was changed while it was compiled, or has a time in the future",
            "let what generates it finish before; set the clock",
        ),
        "could_not_find_compiler" | "compiler_check_failed" => {
            Explanation::new("ccache cannot look at its compiler", "see whether it is there and may be read")
        }
        other => Explanation::new(format!("ccache calls it {}", other.replace('_', " ")), NO_WAY),
    }
}

/// The option that ccache's log names.
fn option(log: &str) -> Explanation {
    let line = log.lines().rev().find(|line| line.contains("nsupported") && !line.contains("Result: "));
    let words = line.and_then(|line| line.split_once("] ")).map_or("an option", |(_, words)| words);
    let option = words.split_whitespace().find(|word| word.starts_with(['-', '/', '@'])).unwrap_or(words);
    let explained = explain_sccache(option);
    if explained.because.contains("sccache") {
        return Explanation::new(format!("ccache does not cache a compilation with `{option}`"), NO_WAY);
    }
    explained
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_named_as_the_log_names_it() {
        let log = "[2026-11-25T01:31:12.574116 26111] Compiler option -save-temps is unsupported\n\
            [2026-11-25T01:31:12.574187 26111] Result: unsupported_compiler_option\n";
        let explained = explain_ccache("unsupported_compiler_option", log);
        assert!(explained.because.ends_with("with `-save-temps`"), "{explained}");
        let log = log.replace("-save-temps", "-fmodules-ts");
        assert!(explain_ccache("unsupported_compiler_option", &log).help.contains("CXX_SCAN_FOR_MODULES"));
    }

    #[test]
    fn an_unknown_reason_is_passed_on() {
        assert!(explain_sccache("--new").because.contains("`--new`"));
        assert!(explain_ccache("a_new_one", "").because.contains("a new one"));
    }
}
