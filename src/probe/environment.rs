//! The process environment and the folders that it names.
#![expect(clippy::disallowed_methods, reason = "this is the place that reads the environment")]

use camino::Utf8PathBuf;
use secrecy::SecretString;

use super::path::shown;
use crate::foreign::Filter;

/// The value of a variable; `None` if it is unset, empty, or not UTF-8.
#[must_use]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// All variables whose names are wanted, in alphabetical order; values that are empty or not UTF-8 are left out.
#[must_use]
pub(crate) fn variables(is_wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let all = std::env::vars_os();
    let all = all.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut found = all.filter(|(name, value)| is_wanted(name) && !value.is_empty()).collect::<Vec<_>>();
    found.sort_unstable();
    found
}

/// The value of a variable that holds a secret; `None` as for [`variable`].
#[must_use]
pub(crate) fn secret(name: &str) -> Option<SecretString> {
    variable(name).map(SecretString::from)
}

/// A filter for texts of tools and servers. It hides the credentials in the environment.
#[must_use]
pub(crate) fn filter() -> Filter {
    let all = std::env::vars_os();
    Filter::of_variables(
        all.map(|(name, value)| (name.to_string_lossy().into_owned(), value.into_encoded_bytes())),
        &[],
    )
}

/// toolchainkit's folder in the user's cache folder; `None` without a home.
///
/// The CMake module finds the same folder by the same rule.
#[must_use]
pub(crate) fn user_cache_folder() -> Option<Utf8PathBuf> {
    let folder = if cfg!(windows) {
        Utf8PathBuf::from(variable("LOCALAPPDATA")?)
    } else if let Some(folder) = variable("XDG_CACHE_HOME").filter(|folder| folder.starts_with('/')) {
        Utf8PathBuf::from(folder)
    } else {
        Utf8PathBuf::from(variable("HOME")?).join(if cfg!(target_os = "macos") {
            "Library/Caches"
        } else {
            ".cache"
        })
    };
    Some(shown(&folder.join("toolchainkit")))
}
