//! The commands of CMake code.

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Its name, in lower case.
    pub name: String,
    /// Its arguments, without quotes and brackets. Escapes are not replaced.
    pub arguments: Vec<String>,
    /// The numbers of its first and last lines, from 1.
    pub lines: (usize, usize),
}

impl Command {
    /// The command in one line, without quotes and brackets.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(" "))
    }
}

/// The commands of a text. What CMake would not read is skipped. Ends at a command without its closing parenthesis.
#[must_use]
pub fn commands(text: &str) -> Vec<Command> {
    let mut reader = Reader { rest: text, line: 1 };
    std::iter::from_fn(|| reader.command()).collect()
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// `[==[ text ]==]`
    fn bracket(&mut self) -> Option<&'a str> {
        let inner = self.rest.strip_prefix('[')?;
        let equals = inner.len() - inner.trim_start_matches('=').len();
        inner[equals..].strip_prefix('[')?;
        let end = format!("]{}]", "=".repeat(equals));
        let start = equals + 2;
        let length = self.rest[start..].find(&end)?;
        Some(&self.take(start + length + end.len())[start..start + length])
    }

    fn skip_blank(&mut self) {
        loop {
            let blank = self.rest.len() - self.rest.trim_start().len();
            self.take(blank);
            let Some(comment) = self.rest.strip_prefix('#') else { return };
            self.take(1);
            if !(comment.starts_with('[') && self.bracket().is_some()) {
                let length = self.rest.find('\n').unwrap_or(self.rest.len());
                self.take(length);
            }
        }
    }

    fn command(&mut self) -> Option<Command> {
        let (name, first) = loop {
            self.skip_blank();
            let letter = self.rest.chars().next()?;
            if !(letter.is_ascii_alphabetic() || letter == '_') {
                self.take(letter.len_utf8());
                continue;
            }
            let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let first = self.line;
            let name = self.take(self.rest.find(|letter| !is_name(letter))?);
            let blanks = self.rest.len() - self.rest.trim_start_matches([' ', '\t']).len();
            if self.rest[blanks..].starts_with('(') {
                self.take(blanks);
                break (name.to_ascii_lowercase(), first);
            }
        };
        self.take(1);
        let mut arguments = Vec::new();
        let mut depth = 0_usize;
        loop {
            self.skip_blank();
            if let Some(text) = self.bracket() {
                arguments.push(text.to_owned());
                continue;
            }
            match self.rest.chars().next()? {
                ')' if depth == 0 => break,
                letter @ ('(' | ')') => {
                    depth = if letter == '(' { depth + 1 } else { depth - 1 };
                    self.take(1);
                }
                '"' => {
                    let mut escaped = false;
                    let is_end = |(_, letter): &(usize, char)| {
                        let ends = *letter == '"' && !escaped;
                        escaped = *letter == '\\' && !escaped;
                        ends
                    };
                    let (end, _) = self.rest.char_indices().skip(1).find(is_end)?;
                    arguments.push(self.take(end + 1)[1..end].to_owned());
                }
                _ => {
                    let ends = |letter: char| letter.is_whitespace() || "()#\"".contains(letter);
                    let length = self.rest.find(ends).unwrap_or(self.rest.len());
                    arguments.push(self.take(length.max(1)).to_owned());
                }
            }
        }
        let last = self.line;
        self.take(1);
        Some(Command { name, arguments, lines: (first, last) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_commands_with_their_lines() {
        let text = "# a(b)\n#[[ x(\n) ]] project(demo\n  LANGUAGES C # c\n  CXX)\nset(A \"b\\\")\" [=[c ]] ]=] d)\nif((A) AND B)\nbroken";
        let found = commands(text);
        let arguments = |index: usize| found[index].arguments.join("|");
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            (found[0].name.as_str(), arguments(0).as_str(), found[0].lines),
            ("project", "demo|LANGUAGES|C|CXX", (3, 5))
        );
        assert_eq!((arguments(1).as_str(), found[1].lines), ("A|b\\\")|c ]] |d", (6, 6)));
        assert_eq!(arguments(2), "A|AND|B");
    }
}
