//! Escaping by output kind. Every value that reaches a generated file goes through one of these.

use std::fmt::Write as _;

/// A value that no spelling in this kind of file can represent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EscapeError {
    /// CMake drops NUL up to 4.0 and refuses it since.
    #[error("a NUL byte cannot be written")]
    Nul,
    /// An unbalanced bracket or a final backslash: CMake would not split the list there.
    #[error("cannot be an element of a CMake list: {0}")]
    ListElement(String),
    /// A quotation mark or line break in a batch file.
    #[error("`{0}` cannot be written into a batch file")]
    Batch(String),
    /// Not a name that CMake takes without quotes.
    #[error("`{0}` is not an identifier")]
    Identifier(String),
}

/// The inside of a CMake quoted argument. Round-trips every text without NUL on CMake 3.15 to 4.4.
///
/// `@` is escaped since it is expanded under CMP0053 OLD; `;` needs nothing within quotes.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
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

/// A CMake quoted argument that is one element of a list, also if it contains `;`.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
pub fn cmake_element(text: &str) -> Result<String, EscapeError> {
    crate::caching::remote::list_element(text).map_err(EscapeError::ListElement)?;
    Ok(format!("\"{}\"", cmake_quoted_inside(text)?))
}

/// A name for use without quotes: a variable, a keyword, a language.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
pub fn cmake_identifier(text: &str) -> Result<String, EscapeError> {
    let valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if valid { Ok(text.to_owned()) } else { Err(EscapeError::Identifier(text.to_owned())) }
}

/// A text in a presets file that CMake takes literally.
///
/// Every `$` becomes `${dollar}`: escaping `${` alone is not enough, as `$$` is read as two literal dollars.
#[must_use]
pub fn presets_literal(text: &str) -> String {
    text.replace('$', "${dollar}")
}

/// A word of a POSIX shell.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
pub fn sh_word(text: &str) -> Result<String, EscapeError> {
    if text.contains('\0') {
        return Err(EscapeError::Nul);
    }
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

/// A word of fish, in which only `\` and `'` are special within single quotes.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
pub fn fish_word(text: &str) -> Result<String, EscapeError> {
    if text.contains('\0') {
        return Err(EscapeError::Nul);
    }
    Ok(format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'")))
}

/// A PowerShell literal. Its parser takes the typographic single quotes for quotes, too.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
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

/// The value in `set "NAME=value"` of a batch file, in which only `%` is special, and `"` would end it.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
pub fn batch_value(text: &str) -> Result<String, EscapeError> {
    if text.contains(['"', '\0', '\n', '\r']) {
        return Err(EscapeError::Batch(text.to_owned()));
    }
    Ok(text.replace('%', "%%"))
}

/// A double-quoted value of a `.env` file.
///
/// # Errors
/// [`EscapeError`] for what this kind of file cannot hold.
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
    fn cmake_escapes_what_cmake_expands() {
        assert_eq!(cmake_quoted_inside(r#"a"b\c$d@e;f"#).unwrap(), r#"a\"b\\c\$d\@e;f"#);
        assert_eq!(cmake_quoted_inside("\0"), Err(EscapeError::Nul));
        assert!(cmake_element("a[b").is_err());
        assert!(cmake_identifier("CXX").is_ok());
        assert!(cmake_identifier("C X").is_err());
    }

    #[test]
    fn every_dollar_of_a_preset_is_spelled_out() {
        assert_eq!(presets_literal("$$env{X}"), "${dollar}${dollar}env{X}");
    }

    #[test]
    fn shells_take_words_literally() {
        assert_eq!(sh_word("it's $x").unwrap(), r"'it'\''s $x'");
        assert_eq!(fish_word(r"a\'b").unwrap(), r"'a\\\'b'");
        assert_eq!(powershell_literal("it's \u{2019}").unwrap(), "'it''s \u{2019}\u{2019}'");
        assert_eq!(dotenv_value("a\"b$c\nd").unwrap(), r#""a\"b\$c\nd""#);
    }
}
