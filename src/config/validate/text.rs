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

/// `text`, if it is a path without `~` and variables. They are not expanded: `generate` must write the same bytes on every
/// machine, and CMake would create a folder with the name `$HOME`.
pub(super) fn path(text: Option<String>, keys: &[&str], scope: &mut Scope<'_>) -> Option<String> {
    let text = line(text, keys, scope)?;
    let Some(what) = unexpanded(&text) else { return Some(text) };
    let message = format!("{what} is not expanded in a path");
    let help = match keys {
        ["cache", "dir"] => {
            "write the full path, such as /var/cache/builds, or a path relative to the project; for a folder of each \
             user, remove the key, and set CCACHE_DIR or SCCACHE_DIR in the environment"
        }
        _ => "write the full path, or a path relative to the project",
    };
    scope.error(keys, Code::BadPath, message, help);
    None
}

/// What a shell would replace in a path: `~` at the start, `$NAME`, `${NAME}`, `$env:NAME`, or `%NAME%`.
pub(super) fn unexpanded(path: &str) -> Option<&'static str> {
    let is_variable =
        |after: &str| after.starts_with(|next: char| next.is_ascii_alphabetic() || "_{(".contains(next));
    let percent_name = || {
        let mut parts = path.split('%').skip(1);
        let is_name = |name: &str| {
            !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        };
        parts.next().is_some_and(is_name) && parts.next().is_some()
    };
    if path.starts_with('~') {
        Some("`~`")
    } else if path.split('$').skip(1).any(is_variable) || percent_name() {
        Some("a variable")
    } else {
        None
    }
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
    let help = match braced(text.as_str()) {
        Some(braced) => format!("write \"{braced}\""),
        None => "write the full path, or \"${NAME}\" for the environment variable that holds it".to_owned(),
    };
    scope.error(keys, Code::BadPath, what, help);
    None
}

/// The path with `${NAME}` in place of `~`, `$NAME` and `$env{NAME}`; `None` if it has another `$`.
fn braced(path: &str) -> Option<String> {
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("$HOME{rest}"),
        Some(_) => return None,
        None => path.to_owned(),
    };
    let mut parts = path.split('$');
    let mut braced = parts.next()?.to_owned();
    for part in parts {
        let is_part_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let with_braces = part.strip_prefix("ENV").or_else(|| part.strip_prefix("env")).unwrap_or(part);
        let name = match with_braces.strip_prefix('{') {
            Some(inside) => inside.split_once('}')?.0,
            None => &part[..part.find(|letter| !is_part_of_name(letter)).unwrap_or(part.len())],
        };
        let after =
            with_braces.strip_prefix('{').map_or(&part[name.len()..], |inside| &inside[name.len() + 1..]);
        if name.is_empty() || !name.chars().all(is_part_of_name) {
            return None;
        }
        braced.push_str(&format!("${{{name}}}{after}"));
    }
    Some(braced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_expand_is_found() {
        for path in
            ["~", "~/x", "$HOME/.cc", "/srv/$USER", "${HOME}", "$env{X}", "$ENV{X}/a", "%TEMP%/x", "$(HOME)"]
        {
            assert!(unexpanded(path).is_some(), "{path}");
        }
        for path in ["/a~b", "a$", "$1", "a$/b", "100%", "a%20b", "%%", "/a b/c", "50%/x%y z%"] {
            assert_eq!(unexpanded(path), None, "{path}");
        }
    }

    #[test]
    fn a_path_with_a_variable_is_shown_with_braces() {
        for (path, expected) in [
            ("~/x", Some("${HOME}/x")),
            ("$A/x$B", Some("${A}/x${B}")),
            ("$env{A}/x", Some("${A}/x")),
            ("${A}$ENV{B}", Some("${A}${B}")),
            ("$environment", Some("${environment}")),
            ("~x", None),
            ("a$", None),
            ("${A", None),
        ] {
            assert_eq!(braced(path).as_deref(), expected, "{path}");
        }
    }
}
