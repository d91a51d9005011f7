//! The macros of presets, as CMake expands them.

use camino::{Utf8Path, Utf8PathBuf};

/// What macros refer to outside of the preset.
pub struct Surroundings<'a> {
    /// The folder of the project, an absolute path.
    pub source_dir: Utf8PathBuf,
    /// `CMAKE_HOST_SYSTEM_NAME`
    pub host_system_name: &'a str,
    /// The environment; `None` if the variable is not set.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Surroundings<'_> {
    /// The value of a macro that does not depend on the preset.
    pub(super) fn common(&self, name: &str) -> Option<String> {
        let source = &self.source_dir;
        Some(match name {
            "sourceDir" => source.to_string(),
            "sourceParentDir" => source.parent().unwrap_or(source).to_string(),
            "sourceDirName" => source.file_name().unwrap_or_default().to_owned(),
            "hostSystemName" => self.host_system_name.to_owned(),
            "dollar" => "$".to_owned(),
            "pathListSep" => if self.host_system_name == "Windows" { ";" } else { ":" }.to_owned(),
            _ => return None,
        })
    }

    /// The value of an environment variable for `$penv{}`, which is empty if the variable is not set.
    pub(super) fn parent_environment(&self, name: &str) -> String {
        (self.environment)(name).unwrap_or_default()
    }
}

const NAMESPACES: [&str; 4] = ["", "env", "penv", "vendor"];

/// Expands `$namespace{name}`. A `$` before other text stays a dollar sign, and `$$` stays two of them.
///
/// Returns `None` if a macro is not closed, or if `value` has no value for it.
pub(super) fn expand(text: &str, mut value: impl FnMut(&str, &str) -> Option<String>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded += &rest[..dollar];
        rest = &rest[dollar..];
        let mut end = 1;
        // The longest beginning of a namespace.
        for letter in rest[1..].chars() {
            if !NAMESPACES.iter().any(|known| known.starts_with(&rest[1..end + letter.len_utf8()])) {
                break;
            }
            end += letter.len_utf8();
        }
        let namespace = &rest[1..end];
        match rest[end..].strip_prefix('{') {
            Some(after) if NAMESPACES.contains(&namespace) => {
                let (name, after) = after.split_once('}')?;
                expanded += &value(namespace, name)?;
                rest = after;
            }
            // The letter that ends the namespace belongs to the text, even if it is a dollar sign.
            _ => {
                let end = rest[end..].chars().next().map_or(end, |letter| end + letter.len_utf8());
                expanded += &rest[..end];
                rest = &rest[end..];
            }
        }
    }
    Some(expanded + rest)
}

/// `path`, without `.` and `..`, below `folder` unless it is absolute. On Windows, all separators are `/`, as CMake writes them.
pub(super) fn path_below(folder: &Utf8Path, path: &str) -> Utf8PathBuf {
    let mut parts = Vec::new();
    let joined = folder.join(path.replace('\\', "/"));
    for component in joined.components() {
        match component {
            camino::Utf8Component::CurDir => {}
            camino::Utf8Component::ParentDir
                if matches!(parts.last(), Some(camino::Utf8Component::Normal(_))) =>
            {
                parts.pop();
            }
            component => parts.push(component),
        }
    }
    let path: Utf8PathBuf = parts.into_iter().collect();
    if cfg!(windows) { path.as_str().replace('\\', "/").into() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples were tried with CMake 3.20 to 4.4.
    #[test]
    fn macros_are_expanded_as_by_cmake() {
        let value = |namespace: &str, name: &str| match (namespace, name) {
            ("", "sourceDir") => Some("/s".to_owned()),
            ("", "dollar") => Some("$".to_owned()),
            ("env" | "penv", name) => Some(format!("<{name}>")),
            _ => None,
        };
        for (text, expected) in [
            ("", Some("")),
            ("${sourceDir}/b", Some("/s/b")),
            ("$env{A}$penv{B}", Some("<A><B>")),
            ("a$", Some("a$")),
            ("$5 $<X> $ENV{X}", Some("$5 $<X> $ENV{X}")),
            ("$$env{X}", Some("$$env{X}")),
            ("$${dollar}", Some("$${dollar}")),
            ("${dollar}env{X}", Some("$env{X}")),
            ("$e$env{X}", Some("$e$env{X}")),
            ("$é${sourceDir}", Some("$é/s")),
            ("${unknown}", None),
            ("$vendor{x}", None),
            ("${sourceDir", None),
        ] {
            assert_eq!(expand(text, value).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn paths_are_normalised() {
        for (folder, path, expected) in [
            ("/p", "out\\build/../x/./y", "/p/out/x/y"),
            ("/p", "/q/r/", "/q/r"),
            ("/p/s", "../b", "/p/b"),
            ("/", "../b", "/../b"),
        ] {
            assert_eq!(path_below(folder.into(), path), expected);
        }
    }
}
