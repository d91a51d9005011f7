//! What a CMake file includes, and where it calls `project()`.

/// A command of a CMake file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line, from 1.
    pub number: usize,
    /// The name of the command, in lower case.
    pub command: String,
    /// The text between its parentheses.
    pub arguments: String,
}

/// The commands of a CMake file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CMakeLists {
    commands: Vec<Line>,
}

impl CMakeLists {
    /// Reads a text. What CMake would not read is skipped.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut commands = Vec::new();
        let mut scanner = Scanner { text, at: 0 };
        let (mut number, mut counted) = (1, 0);
        while let Some(letter) = scanner.peek() {
            if scanner.skip_comment() {
                continue;
            }
            if !(letter.is_ascii_alphabetic() || letter == '_') {
                scanner.at += letter.len_utf8();
                continue;
            }
            let start = scanner.at;
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let name = &text[start..];
            let name = &name[..name.find(|letter| !is_name(letter)).unwrap_or(name.len())];
            scanner.at += name.len();
            let blanks = text[scanner.at..].len() - text[scanner.at..].trim_start_matches([' ', '\t']).len();
            if text[scanner.at + blanks..].starts_with('(') {
                scanner.at += blanks + 1;
                let arguments = scanner.arguments();
                number += text[counted..start].matches('\n').count();
                counted = start;
                commands.push(Line { number, command: name.to_ascii_lowercase(), arguments });
            }
        }
        Self { commands }
    }

    /// The first call of a command.
    #[must_use]
    pub fn first(&self, command: &str) -> Option<&Line> {
        self.commands.iter().find(|line| line.command == command)
    }

    /// The first `include()` of a file with one of these names.
    #[must_use]
    pub fn including(&self, names: &[&str]) -> Option<&Line> {
        let mut includes = self.commands.iter().filter(|line| line.command == "include");
        includes.find(|line| {
            let argument = line.arguments.split_whitespace().next().unwrap_or_default().trim_matches('"');
            let last = argument.rsplit('/').next().unwrap_or_default();
            // A module is included without its extension.
            names.iter().any(|name| last == *name || name.strip_suffix(".cmake") == Some(last))
        })
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Skips a comment at this position.
    fn skip_comment(&mut self) -> bool {
        if !self.rest().starts_with('#') {
            return false;
        }
        self.at += 1;
        if !self.skip_bracket() {
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
        true
    }

    /// Skips `[==[ … ]==]` at this position.
    fn skip_bracket(&mut self) -> bool {
        let Some(after) = self.rest().strip_prefix('[') else { return false };
        let equals = after.len() - after.trim_start_matches('=').len();
        if !after[equals..].starts_with('[') {
            return false;
        }
        let end = format!("]{}]", "=".repeat(equals));
        self.at += self.rest().find(&end).map_or(self.rest().len(), |at| at + end.len());
        true
    }

    /// The text up to the closing parenthesis, without comments.
    fn arguments(&mut self) -> String {
        let mut arguments = String::new();
        let mut depth = 0_usize;
        while let Some(letter) = self.peek() {
            if self.skip_comment() {
                continue;
            }
            let start = self.at;
            match letter {
                '"' => {
                    self.at += 1;
                    while let Some(letter) = self.peek() {
                        self.at += letter.len_utf8();
                        match letter {
                            '\\' => self.at += self.peek().map_or(0, char::len_utf8),
                            '"' => break,
                            _ => {}
                        }
                    }
                }
                '[' if self.skip_bracket() => {}
                '\\' => {
                    self.at += 1;
                    self.at += self.peek().map_or(0, char::len_utf8);
                }
                _ => self.at += letter.len_utf8(),
            }
            match letter {
                '(' => depth += 1,
                ')' if depth == 0 => break,
                ')' => depth -= 1,
                _ => {}
            }
            arguments += &self.text[start..self.at];
        }
        arguments
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
        assert_eq!((project.number, project.arguments.split_whitespace().next()), (8, Some("real")));
        assert_eq!(lists.including(&["t.cmake"]).unwrap().number, 6);
        assert_eq!(lists.including(&["ToolchainKit.cmake"]).unwrap().number, 11);
        assert!(lists.including(&["toolchainkit-cache.cmake"]).is_none());
        for text in ["project(", "#[[", "message(\"", "x(\\", "include(é", "a [==[ b"] {
            let _ = CMakeLists::parse(text);
        }
    }
}
