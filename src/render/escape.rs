//! Escaping for each kind of output. Every value in a generated file passes through one of these functions.

use std::fmt::Write as _;

/// The reason why a kind of file cannot represent a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// CMake before 4.0 drops a NUL; newer versions reject it.
    #[error("the value contains a NUL byte, which cannot be written")]
    Nul,
    /// An unbalanced bracket or a final backslash, after which CMake does not split a list.
    #[error("the value cannot be an element of a CMake list: {0}")]
    ListElement(String),
    /// A quotation mark or line break in a batch file.
    #[error("`{0}` cannot be written in a batch file")]
    Batch(String),
    /// A value with letters that have a meaning in the shell, YAML, Groovy, or the expressions of a CI system.
    #[error(
        "`{0}` cannot be written into the file of a CI system: rename it, with letters, digits and `._+/@:-` only"
    )]
    Ci(String),
    /// A name that CMake accepts only in quotes.
    #[error("`{0}` is not an identifier")]
    Identifier(String),
}

/// The inside of a quoted CMake argument. CMake 3.15 to 4.4 reads back every text without NUL unchanged. `@` is escaped
/// because CMake expands it under CMP0053 OLD; `;` needs no escaping within quotes.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn cmake_quoted_inside(text: &str) -> Result<String, EscapeError> {
    let mut escaped = String::with_capacity(text.len() + 2);
    for letter in text.chars() {
        match letter {
            '\0' => return Err(EscapeError::Nul),
            '\\' | '"' | '$' | '@' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ => escaped.push(letter),
        }
    }
    Ok(escaped)
}

/// A quoted CMake argument that is a single list element, even if it contains `;`.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn cmake_element(text: &str) -> Result<String, EscapeError> {
    crate::caching::remote::list_element(text).map_err(EscapeError::ListElement)?;
    Ok(format!("\"{}\"", cmake_quoted_inside(text)?))
}

/// A name that is used without quotes: a variable, a keyword, a language.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn cmake_identifier(text: &str) -> Result<String, EscapeError> {
    let valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if valid { Ok(text.to_owned()) } else { Err(EscapeError::Identifier(text.to_owned())) }
}

/// A text that means itself in a shell, in YAML, in Groovy, and in the expressions of every CI system.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn plain(text: &str) -> Result<&str, EscapeError> {
    let is_plain = |letter: char| letter.is_alphanumeric() || "._+/@:-".contains(letter);
    let valid = !text.is_empty() && !text.starts_with('-') && text.chars().all(is_plain);
    if valid { Ok(text) } else { Err(EscapeError::Ci(text.to_owned())) }
}

/// `${{ text }}`, an expression of GitHub Actions. The text may contain quoted words, but no line break.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn github_expression(text: &str) -> Result<String, EscapeError> {
    let words = text.split('\'').enumerate();
    for (_, quoted) in words.filter(|(index, _)| index % 2 == 1) {
        plain(quoted)?;
    }
    if text.contains(['\n', '{', '}']) {
        return Err(EscapeError::Ci(text.to_owned()));
    }
    Ok(format!("${{{{ {text} }}}}"))
}

/// A text in a presets file that CMake reads literally. Every `$` becomes `${dollar}`. Escaping `${` alone is not
/// enough, because CMake reads `$$` as two literal dollar signs.
#[must_use]
pub fn presets_literal(text: &str) -> String {
    text.replace('$', "${dollar}")
}

/// A word of a POSIX shell.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn sh_word(text: &str) -> Result<String, EscapeError> {
    if text.contains('\0') {
        return Err(EscapeError::Nul);
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A word of fish. Within its single quotes, only `\` and `'` are special.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn fish_word(text: &str) -> Result<String, EscapeError> {
    if text.contains('\0') {
        return Err(EscapeError::Nul);
    }
    Ok(format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")))
}

/// A PowerShell literal. PowerShell also treats typographic single quotes as quotes.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn powershell_literal(text: &str) -> Result<String, EscapeError> {
    let mut word = String::from("'");
    for letter in text.chars() {
        match letter {
            '\0' => return Err(EscapeError::Nul),
            '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => word.extend([letter, letter]),
            _ => word.push(letter),
        }
    }
    word.push('\'');
    Ok(word)
}

/// The value in `set "NAME=value"` of a batch file. Only `%` is special there, and `"` would end the value.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn batch_value(text: &str) -> Result<String, EscapeError> {
    if text.contains(['"', '\0', '\n', '\r']) {
        return Err(EscapeError::Batch(text.to_owned()));
    }
    Ok(text.replace('%', "%%"))
}

/// A double-quoted value of a `.env` file.
///
/// # Errors
/// [`EscapeError`] for a value that this kind of file cannot represent.
pub fn dotenv_value(text: &str) -> Result<String, EscapeError> {
    let mut value = String::from("\"");
    for letter in text.chars() {
        match letter {
            '\0' => return Err(EscapeError::Nul),
            '\n' => value.push_str("\\n"),
            '\\' | '"' | '$' | '`' => {
                // Writing to a String cannot fail.
                let _ = write!(value, "\\{letter}");
            }
            _ => value.push(letter),
        }
    }
    value.push('"');
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_cmake_expands_are_escaped() {
        assert_eq!(cmake_quoted_inside(r#"a"b\c$d@e;f"#).unwrap(), r#"a\"b\\c\$d\@e;f"#);
        assert_eq!(cmake_quoted_inside("\0"), Err(EscapeError::Nul));
        assert!(cmake_element("a[b").is_err());
        assert!(cmake_identifier("CXX").is_ok());
        assert!(cmake_identifier("C X").is_err());
    }

    #[test]
    fn every_dollar_of_a_preset_becomes_the_dollar_macro() {
        assert_eq!(presets_literal("$$env{X}"), "${dollar}${dollar}env{X}");
    }

    #[test]
    fn shells_read_escaped_words_literally() {
        assert_eq!(sh_word("it's $x").unwrap(), r"'it'\''s $x'");
        assert_eq!(fish_word(r"a\'b").unwrap(), r"'a\\\'b'");
        assert_eq!(powershell_literal("it's \u{2019}").unwrap(), "'it''s \u{2019}\u{2019}'");
        assert_eq!(dotenv_value("a\"b$c\nd").unwrap(), r#""a\"b\$c\nd""#);
    }
}
