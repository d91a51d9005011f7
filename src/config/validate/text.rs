//! Checks that several sections share: names, single lines of text, paths.

use super::Scope;
use crate::config::model::Expandable;
use crate::diagnostics::Code;

pub(super) const NAME_HELP: &str = "use letters, digits, `_`, `-` and `.`";

/// The longest name. Names of files, which contain it, have at most 255 bytes.
const LONGEST_NAME: usize = 100;

/// Checks that `name` is valid for a preset and for a folder on every system. `Err` contains the reason.
pub(super) fn name(name: &str) -> Result<(), String> {
    if let Some(letter) =
        name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "_-.".contains(*letter)))
    {
        return Err(format!("contains {letter:?}"));
    }
    if name.is_empty() {
        return Err("is empty".to_owned());
    }
    if name.len() > LONGEST_NAME {
        return Err(format!("has more than {LONGEST_NAME} characters"));
    }
    // Windows drops a final dot, so `ci.` and `ci` would be the same folder.
    if name.ends_with('.') {
        return Err("ends in a dot".to_owned());
    }
    Ok(())
}

/// `text`, if it is a single non-empty line.
pub(super) fn line(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<String> {
    let text = text?;
    if text.trim().is_empty() {
        scope.error(
            keys,
            Code::BadValue,
            "the text is empty",
            "give a value, or remove the key to use the default",
        );
        return None;
    }
    if text.chars().any(char::is_control) {
        let help = "write it on one line; `|` and `>` add a final line break";
        scope.error(keys, Code::ControlCharacter, "the text contains a line break or a tab", help);
        return None;
    }
    Some(text)
}

/// `text`, if it is a path without `~` and variables. They would not be expanded.
pub(super) fn path(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<String> {
    let text = line(text, keys, scope)?;
    let what = if text.starts_with('~') {
        "`~`"
    } else if text.contains("${") || text.contains("$env{") || text.contains("$ENV{") {
        "a variable"
    } else {
        return Some(text);
    };
    let message = format!("{what} is not expanded in a path");
    scope.error(keys, Code::BadPath, message, "write the full path, or a path relative to the project");
    None
}

/// `text`, if it is a program or path without `~`, in which each `$` begins a `${NAME}`.
pub(super) fn expandable(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<Expandable> {
    let text = Expandable::new(line(text, keys, scope)?);
    let what = if text.as_str().starts_with('~') {
        "`~` is not expanded in a path"
    } else if text.has_no_literal_dollar() {
        return Some(text);
    } else {
        "`$` does not start a \"${NAME}\""
    };
    let help = "write the full path, or \"${NAME}\" for the environment variable that holds it";
    scope.error(keys, Code::BadPath, what, help);
    None
}
