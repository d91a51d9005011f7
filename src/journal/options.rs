//! The options of a compilation, as far as they are compared.

/// Options whose value is the next argument, beside those with a folder.
const WITH_VALUE: &[&str] = &[
    "-x",
    "-B",
    "-arch",
    "-target",
    "-include",
    "-include-pch",
    "-imacros",
    "-iprefix",
    "-iwithprefix",
    "-iwithprefixbefore",
    "-gcc-toolchain",
    "--param",
    "-mllvm",
    "-Xclang",
    "-Xassembler",
    "-Xpreprocessor",
    "-Xcompiler",
    "-Xlinker",
];

/// Options with their value in the next argument that name an output file, or its name in a depfile.
const OUTPUTS: &[&str] = &["-o", "-MF", "-MT", "-MQ", "-MJ"];
/// Options that say only what the compiler does.
const MODES: &[&str] = &["-c", "-MD", "-MMD", "-MP"];
/// Options with a folder in which the compiler searches headers. A longer one comes before its beginning.
const SEARCH: &[&str] = &[
    "-isystem",
    "-iquote",
    "-idirafter",
    "-cxx-isystem",
    "-c-isystem",
    "-iframework",
    "-isysroot",
    "--sysroot",
    "-I",
    "-F",
];

/// The options of a compilation. Macros and output files are not in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Options {
    /// In their order. A value in a separate argument follows after a space.
    pub(super) plain: Vec<String>,
    /// The option and the folder, in their order.
    pub(super) folders: Vec<(&'static str, String)>,
}

impl Options {
    pub(super) fn of(arguments: &[String]) -> Self {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let argument = argument.as_str();
            // `Inputs::macros` contains the macros.
            if OUTPUTS.contains(&argument) || argument == "-D" || argument == "-U" {
                rest.next();
            } else if !argument.starts_with("-D") && !argument.starts_with("-U") && !MODES.contains(&argument)
            {
                let has_value = WITH_VALUE.contains(&argument) || SEARCH.contains(&argument);
                let value = has_value.then(|| rest.next()).flatten();
                options.add(argument, value.map(String::as_str));
            }
        }
        options
    }

    fn add(&mut self, argument: &str, value: Option<&str>) {
        if let Some((option, folder)) = search_folder(argument, value) {
            let trimmed = folder.trim_end_matches('/');
            self.folders.push((option, if trimmed.is_empty() { "/" } else { trimmed }.to_owned()));
            return;
        }
        self.plain.push(match value {
            Some(value) => format!("{argument} {value}"),
            None => argument.to_owned(),
        });
    }
}

fn search_folder<'a>(argument: &'a str, value: Option<&'a str>) -> Option<(&'static str, &'a str)> {
    let option = SEARCH.iter().find(|option| argument.starts_with(**option))?;
    let joined = &argument[option.len()..];
    match value {
        Some(value) if joined.is_empty() => Some((option, value)),
        None if !joined.is_empty() => Some((option, joined.strip_prefix('=').unwrap_or(joined))),
        _ => None,
    }
}

/// Whether the folder of this option contains the system's headers, and replaces all others.
pub(super) fn is_system_root(option: &str) -> bool {
    matches!(option, "-isysroot" | "--sysroot")
}

/// The name of an option: two options with the same name replace each other.
pub(super) fn name(option: &str) -> String {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(level) = option.strip_prefix("-O")
        && (is_digits(level) || matches!(level, "s" | "z" | "g" | "fast"))
    {
        return "-O".to_owned();
    }
    if let Some(level) = option.strip_prefix("-g")
        && (is_digits(level.strip_prefix("gdb").unwrap_or(level)))
    {
        return "-g".to_owned();
    }
    let (name, _) = option.split_once(['=', ' ']).unwrap_or((option, ""));
    for prefix in ["-f", "-W", "-m"] {
        if let Some(rest) = name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix("no-")) {
            return format!("{prefix}{rest}");
        }
    }
    name.to_owned()
}

/// CMake's name of the build type that these options belong to; `None` if they belong to none.
pub(super) fn build_type(plain: &[String], defines_ndebug: bool) -> Option<&'static str> {
    let last = |wanted: &str| plain.iter().rev().find(|option| name(option) == wanted).map(String::as_str);
    match (last("-O"), last("-g").is_some(), defines_ndebug) {
        (Some("-O3"), false, true) => Some("Release"),
        (Some("-O2"), true, true) => Some("RelWithDebInfo"),
        (Some("-Os"), false, true) => Some("MinSizeRel"),
        (None | Some("-O0"), true, false) => Some("Debug"),
        (None, false, false) => Some("none"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Options {
        Options::of(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn outputs_and_macros_are_left_out_and_folders_are_separate() {
        let options = of(
            "-DA=#0 -D B -I/a -I /b/ -isystem /c --sysroot=/d -O2 -x c++ -MD -MT a.o -MF a.d -o a.o -c -include x.h",
        );
        assert_eq!(options.plain, ["-O2", "-x c++", "-include x.h"]);
        let folders = [("-I", "/a"), ("-I", "/b"), ("-isystem", "/c"), ("--sysroot", "/d")];
        assert_eq!(options.folders, folders.map(|(option, folder)| (option, folder.to_owned())));
    }

    #[test]
    fn options_that_replace_each_other_have_one_name() {
        for (one, other) in [
            ("-O2", "-Os"),
            ("-std=c++17", "-std=gnu++20"),
            ("-fno-exceptions", "-fexceptions"),
            ("-Wno-unused", "-Wunused"),
            ("-march=native", "-march=x86-64-v3"),
            ("-g", "-ggdb3"),
            ("-x c", "-x c++"),
            ("-fprofile-use=/a", "-fprofile-use=/b"),
        ] {
            assert_eq!(name(one), name(other));
        }
        for (one, other) in
            [("-Wall", "-Wextra"), ("-g", "-gsplit-dwarf"), ("-Os", "-Osomething"), ("-fPIC", "-fPIE")]
        {
            assert_ne!(name(one), name(other));
        }
    }

    #[test]
    fn the_build_types_of_cmake_are_recognised() {
        for (options, ndebug, expected) in [
            ("-g", false, Some("Debug")),
            ("-Wall -O3", true, Some("Release")),
            ("-O2 -g", true, Some("RelWithDebInfo")),
            ("-Os", true, Some("MinSizeRel")),
            ("-Wall", false, Some("none")),
            ("-O1", false, None),
            ("-O3", false, None),
        ] {
            assert_eq!(build_type(&of(options).plain, ndebug), expected, "{options}");
        }
    }
}
