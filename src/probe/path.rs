//! Paths in messages and in files for CMake.

use camino::{Utf8Path, Utf8PathBuf};

/// The path with slashes, as CMake writes it. On Windows, a path that was joined from several parts has both separators, and
/// the system puts a prefix before real paths. Elsewhere, a backslash is a letter of a name.
pub(crate) fn shown(path: &Utf8Path) -> Utf8PathBuf {
    if cfg!(windows) { with_slashes(path.as_str()).into() } else { path.to_owned() }
}

fn with_slashes(path: &str) -> String {
    let path = path.replace('\\', "/");
    match path.strip_prefix("//?/") {
        Some(server) if server.starts_with("UNC/") => format!("/{}", server.trim_start_matches("UNC")),
        Some(local) => local.to_owned(),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::with_slashes;

    #[test]
    fn a_path_of_windows_has_one_separator_and_no_prefix() {
        assert_eq!(with_slashes(r"cmake\toolchainkit-cache.cmake"), "cmake/toolchainkit-cache.cmake");
        assert_eq!(with_slashes(r".\build/debug\"), "./build/debug/");
        assert_eq!(with_slashes(r"\\?\C:\Users\a b\build"), "C:/Users/a b/build");
        assert_eq!(with_slashes(r"\\?\UNC\server\share\x"), "//server/share/x");
        assert_eq!(with_slashes(r"\\server\share\x"), "//server/share/x");
    }
}
