//! What a CMake file includes, and where it calls `project()`.

use crate::cmake_code::{Command, commands};

/// The commands of a CMake file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CMakeLists {
    commands: Vec<Command>,
}

impl CMakeLists {
    /// Reads a text. What CMake would not read is skipped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self { commands: commands(text) }
    }

    /// The first call of a command.
    #[must_use]
    pub fn first(&self, command: &str) -> Option<&Command> {
        self.commands.iter().find(|known| known.name == command)
    }

    /// The first `include()` of a file with one of these names.
    #[must_use]
    pub fn including(&self, names: &[&str]) -> Option<&Command> {
        let mut includes = self.commands.iter().filter(|command| command.name == "include");
        includes.find(|include| {
            let argument = include.arguments.first().map(String::as_str).unwrap_or_default();
            let last = argument.rsplit('/').next().unwrap_or_default();
            // A module is included without its extension.
            names.iter().any(|name| last == *name || name.strip_suffix(".cmake") == Some(last))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_and_comments_are_not() {
        let text = "# include(cmake/toolchainkit-cache.cmake)\n#[==[ project(x) ]]\nproject(y) ]==]\n\
            message(\"a ) \\\" project(no)\" [[ ) ]])\nif(A AND (B))\n  Include ( \"${CMAKE_CURRENT_LIST_DIR}/cmake/t.cmake\" )\nendif()\n\
            project(\n  real # the name )\n  C)\ninclude(ToolchainKit)\n";
        let lists = CMakeLists::parse(text);
        let project = lists.first("project").unwrap();
        assert_eq!((project.lines.0, project.arguments.first().map(String::as_str)), (8, Some("real")));
        assert_eq!(lists.including(&["t.cmake"]).unwrap().lines.0, 6);
        assert_eq!(lists.including(&["ToolchainKit.cmake"]).unwrap().lines.0, 11);
        assert!(lists.including(&["toolchainkit-cache.cmake"]).is_none());
        for text in ["project(", "#[[", "message(\"", "x(\\", "include(é", "a [==[ b"] {
            let _ = CMakeLists::parse(text);
        }
    }
}
