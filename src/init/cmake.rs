//! What a project's CMake code says: its languages, and the launchers that it sets.

use super::Removal;
use crate::caching::language::Language;
use crate::caching::tool::Tool;
use crate::cmake_code::commands;
use crate::doctor::sets_launcher;

/// The facts of one file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CMakeFile {
    /// The line of `project()`.
    pub(super) project: Option<usize>,
    pub(super) languages: Vec<Language>,
    /// The commands that set a launcher.
    pub(super) launchers: Vec<Removal>,
    /// Whether it includes a generated file.
    pub(super) includes_cache: bool,
    /// The tool that it searches or sets.
    pub(super) tool: Option<Tool>,
}

/// The tool that a text names.
pub(super) fn tool_in(text: &str) -> Option<Tool> {
    let text = text.to_ascii_lowercase();
    // The name of one tool contains that of the other.
    match (text.contains("sccache"), text.replace("sccache", "").contains("ccache")) {
        (true, false) => Some(Tool::Sccache),
        (false, true) => Some(Tool::Ccache),
        _ => None,
    }
}

pub(super) fn read(path: &str, text: &str) -> CMakeFile {
    let mut file = CMakeFile::default();
    let all_lines = text.lines().collect::<Vec<_>>();
    for command in commands(text) {
        let named = |names: &[&str]| names.contains(&command.name.as_str());
        if named(&["project", "enable_language"]) {
            if named(&["project"]) {
                file.project.get_or_insert(command.lines.0);
            }
            let known = Language::ALL.into_iter();
            let is_named = |language: &Language| {
                command
                    .arguments
                    .iter()
                    .skip(usize::from(named(&["project"])))
                    .any(|word| word == language.cmake_name())
            };
            for language in known.filter(is_named) {
                if !file.languages.contains(&language) {
                    file.languages.push(language);
                }
            }
        } else if named(&["include"]) {
            let is_ours = |word: &String| {
                word.ends_with("toolchainkit-cache.cmake") || word.ends_with("ToolchainKit.cmake")
            };
            file.includes_cache |= command.arguments.iter().any(is_ours);
        } else if named(&["find_program"]) {
            let tool = command.arguments.iter().skip(1).find_map(|word| tool_in(word));
            file.tool = file.tool.or(tool);
        } else {
            let text = command.text();
            let is_compiler = |name: &str| {
                let language = name.strip_prefix("CMAKE_").and_then(|name| name.strip_suffix("_COMPILER"));
                language
                    .is_some_and(|language| Language::ALL.iter().any(|known| known.cmake_name() == language))
            };
            let value = command.arguments.get(1).map(String::as_str).unwrap_or_default();
            let masquerades = named(&["set"])
                && command.arguments.first().is_some_and(|name| is_compiler(name))
                && tool_in(value).is_some();
            if sets_launcher(&text) || masquerades {
                file.tool = file.tool.or_else(|| tool_in(&text));
                let lines = all_lines.get(command.lines.0 - 1..command.lines.1).unwrap_or_default();
                let code = lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
                file.launchers.push(Removal::new(path, command.lines, &code));
            }
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_languages_launchers_and_tools() {
        let text = "cmake_minimum_required(VERSION 3.20)\nPROJECT(C LANGUAGES CXX CUDA)\n\
            find_program(CCACHE_PROGRAM NAMES ccache)\nif(CCACHE_PROGRAM)\n\
            set(CMAKE_CXX_COMPILER_LAUNCHER\n    \"${CCACHE_PROGRAM}\")\nendif()\n\
            set_target_properties(a PROPERTIES C_COMPILER_LAUNCHER ccache)\n\
            set_property(GLOBAL PROPERTY RULE_LAUNCH_COMPILE ccache)\n\
            if(NOT CMAKE_C_COMPILER_LAUNCHER)\nendif()\n\
            set(CMAKE_C_COMPILER /usr/lib/ccache/gcc)\n";
        let file = read("CMakeLists.txt", text);
        assert_eq!(file.project, Some(2));
        assert_eq!(file.languages, [Language::Cxx, Language::Cuda]);
        assert_eq!(file.tool, Some(Tool::Ccache));
        let lines = file.launchers.iter().map(|removal| removal.lines).collect::<Vec<_>>();
        assert_eq!(lines, [(5, 6), (8, 8), (9, 9), (12, 12)]);
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for text in ["", "(", "a(", "a(\"", "a([[", "a(\\", "#[[", "ä(ö)", "a(b))", "a(\u{0})"] {
            read("x", text);
        }
    }

    #[test]
    fn the_names_of_the_tools_are_distinguished() {
        assert_eq!(tool_in("/usr/bin/sccache"), Some(Tool::Sccache));
        assert_eq!(tool_in("CCACHE_PROGRAM"), Some(Tool::Ccache));
        assert_eq!(tool_in("ccache;sccache"), None);
        assert_eq!(tool_in("gcc"), None);
    }
}
