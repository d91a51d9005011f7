//! Parsing and changing the shell commands of build tools.

use crate::launch::arguments;

/// Splits a command into words and removes the quotes, as a POSIX shell does, but without expansions.
///
/// ```
/// use toolchainkit::doctor::split_words;
/// assert_eq!(split_words(r#"cc -DA='b c' "-Id\"e" f\ g"#), ["cc", "-DA=b c", "-Id\"e", "f g"]);
/// ```
#[must_use]
pub fn split_words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => words.extend(word.take()),
            '\'' => {
                let part: String = letters.by_ref().take_while(|&letter| letter != '\'').collect();
                word.get_or_insert_default().push_str(&part);
            }
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(letter) = letters.next() {
                    match letter {
                        '"' => break,
                        '\\' => match letters.next() {
                            Some(escaped @ ('$' | '`' | '"' | '\\')) => word.push(escaped),
                            Some(other) => word.extend(['\\', other]),
                            None => word.push('\\'),
                        },
                        other => word.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

/// The words of a command in a build folder of this system. Windows has other rules: a backslash separates folders.
fn words_of_system(command: &str) -> Vec<String> {
    if cfg!(windows) { words_of_windows(command) } else { split_words(command) }
}

fn words_of_windows(command: &str) -> Vec<String> {
    let words = arguments::words_of_windows(command.as_bytes());
    words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect()
}

/// Finds the compilation in a line of commands. Returns its words, and the folder that the line changes to before it.
pub(super) fn compilation(line: &str) -> Option<(Option<String>, Vec<String>)> {
    let mut folder = None;
    for words in words_of_system(line).split(|word| word == "&&") {
        match words {
            [cd, to] if cd == "cd" => folder = Some(to.clone()),
            words if words.iter().any(|word| word == "-c" || word == "/c") => {
                return Some((folder, words.to_vec()));
            }
            _ => {}
        }
    }
    None
}

/// The same compilation with its output files in `folder`.
pub(super) fn redirected(words: &[String], folder: &str) -> Vec<String> {
    let mut redirected = Vec::new();
    let mut option = "";
    for word in words {
        let place = |prefix: &str, name: &str| format!("{prefix}{folder}/{name}");
        redirected.push(match (option, word) {
            ("-o", _) => place("", "object.o"),
            ("-MF", _) => place("", "depends.d"),
            (_, word) if word.starts_with("/Fo") || word.starts_with("-Fo") => place("/Fo", "object.obj"),
            (_, word) if word.starts_with("-clang:-MF") => place("-clang:-MF", "depends.d"),
            (_, word) => word.clone(),
        });
        option = word;
    }
    redirected
}

/// The same compilation, but with only the preprocessor, which prints to standard output.
pub(super) fn preprocessing(words: &[String]) -> Vec<String> {
    let mut kept = Vec::new();
    let mut skip = false;
    for word in words {
        if skip {
            skip = false;
        } else if word == "-o" || word == "-MF" || word == "-MT" || word == "-MQ" {
            skip = true;
        } else if word == "-c" || word == "/c" {
            kept.push("-E".to_owned());
        } else if !["-MD", "-MMD"].contains(&word.as_str())
            && !["/Fo", "-Fo", "/Fd", "-Fd", "-clang:-M"].iter().any(|prefix| word.starts_with(prefix))
        {
            kept.push(word.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split_words(text)
    }

    #[test]
    fn removes_quotes_of_every_kind() {
        assert_eq!(words(r"a  'b''c' \'"), ["a", "bc", "'"]);
        assert_eq!(words(r#""a\$b\c" '' "" "#), ["a$b\\c", "", ""]);
        assert!(words("  \n").is_empty());
    }

    #[test]
    fn a_backslash_of_windows_separates_folders() {
        let found = words_of_windows(r#"C:\b\toolchainkit\launcher.exe "C:\a b\cl.exe" -DA=\"x\" -c a.c"#);
        assert_eq!(found, [r"C:\b\toolchainkit\launcher.exe", r"C:\a b\cl.exe", "-DA=\"x\"", "-c", "a.c"]);
    }

    #[test]
    fn finds_the_compilation_in_a_line() {
        // Only shells of Unix know single quotes.
        let quote = if cfg!(windows) { '"' } else { '\'' };
        let line = format!("cd {quote}/a b{quote} && /l cc -o x.o -c x.c && true");
        let (folder, found) = compilation(&line).unwrap();
        assert_eq!((folder.as_deref(), found.len()), (Some("/a b"), 6));
        assert_eq!(compilation("cd /a && ar qc x.a x.o"), None);
    }

    #[test]
    fn only_the_output_files_are_redirected() {
        let there = redirected(&words("cc -MD -MT a.o -MF a.o.d -o a.o -c a.c"), "/t");
        assert_eq!(there.join(" "), "cc -MD -MT a.o -MF /t/depends.d -o /t/object.o -c a.c");
        let there = redirected(&words("cl /Foa.obj /Fdx/ -clang:-MFa.d /c a.c"), "/t");
        assert_eq!(there.join(" "), "cl /Fo/t/object.obj /Fdx/ -clang:-MF/t/depends.d /c a.c");
        assert_eq!(
            preprocessing(&words("cc -DA -MD -MT a.o -MF a.d -o a.o -c a.c")).join(" "),
            "cc -DA -E a.c"
        );
    }
}
