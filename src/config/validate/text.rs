//! Checks that several sections share: names, single lines of text, paths.

use super::Scope;
use crate::config::model::Expandable;
use crate::diagnostics::Code;

pub(super) const NAME_HELP: &str = "use letters, digits, `_`, `-` and `.`";

/// Whether `name` can be the name of a preset and of a folder on every system; `Err` says why not.
pub(super) fn name(name: &str) -> Result<(), String> {
    if let Some(letter) =
        name.chars().find(|letter| !(letter.is_ascii_alphanumeric() || "_-.".contains(*letter)))
    {
        return Err(format!("holds {letter:?}"));
    }
    if name.is_empty() {
        return Err("is empty".to_owned());
    }
    // Windows drops a final dot, so `ci.` and `ci` would be one folder.
    if name.ends_with('.') {
        return Err("ends in a dot".to_owned());
    }
    Ok(())
}

/// `text`, if it is one line that is not empty.
pub(super) fn line(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<String> {
    let text = text?;
    if text.trim().is_empty() {
        scope.error(
            keys,
            Code::BadValue,
            "the text is empty",
            "give a value, or remove the key for the default",
        );
        return None;
    }
    if text.chars().any(char::is_control) {
        let help = "write it in one line; a final line break comes from `|` or `>`";
        scope.error(keys, Code::ControlCharacter, "the text holds a line break or a tab", help);
        return None;
    }
    Some(text)
}

/// `text`, if it is a path in which nothing waits to be expanded.
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
    scope.error(keys, Code::BadPath, message, "write the path out, or one relative to the project");
    None
}

/// `text`, if it is a program or path in which nothing waits to be expanded but `${NAME}`.
pub(super) fn expandable(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<Expandable> {
    let text = Expandable::new(line(text, keys, scope)?);
    let what = if text.as_str().starts_with('~') {
        "`~` is not expanded in a path"
    } else if text.is_clear() {
        return Some(text);
    } else {
        "`$` begins no \"${NAME}\""
    };
    let help = "write the path out, or the variable of the environment that holds it as \"${NAME}\"";
    scope.error(keys, Code::BadPath, what, help);
    None
}
