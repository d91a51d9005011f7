//! What changes an object, although neither the command nor a header shows it: variables of the compiler, and the description of the SDK.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::decide::Facts;
use crate::journal::content_digest;
use crate::launch::arguments::Arguments;

/// Variables that change the object. On Linux, ccache hashes none of them (on macOS: the deployment target of macOS, and
/// `DEVELOPER_DIR`; ccache/ccache#1205), and sccache 0.19 the first four, `SDKROOT` and `CCC_OVERRIDE_OPTIONS`.
pub(in crate::launch) const VARIABLES: &[&str] = &[
    "MACOSX_DEPLOYMENT_TARGET",
    "IPHONEOS_DEPLOYMENT_TARGET",
    "TVOS_DEPLOYMENT_TARGET",
    "WATCHOS_DEPLOYMENT_TARGET",
    "XROS_DEPLOYMENT_TARGET",
    "DRIVERKIT_DEPLOYMENT_TARGET",
    "SDKROOT",
    "DEVELOPER_DIR",
    "CCC_OVERRIDE_OPTIONS",
    "CCC_ADD_ARGS",
    "CLANG_NO_DEFAULT_CONFIG",
    "RC_DEBUG_OPTIONS",
    "NVCC_PREPEND_FLAGS",
    "NVCC_APPEND_FLAGS",
    "CL",
    "_CL_",
];
/// Those of them that contain options.
pub(super) const OPTIONS: &[&str] =
    &["CCC_OVERRIDE_OPTIONS", "CCC_ADD_ARGS", "NVCC_PREPEND_FLAGS", "NVCC_APPEND_FLAGS"];
/// In the folder of an SDK: Clang writes its version into the object (ccache/ccache#1585).
const SDK: &str = "SDKSettings.json";
/// Options with the folder of an SDK, as the next argument or joined.
const FOLDERS: [&str; 2] = ["-isysroot", "--sysroot"];

/// A digest of all values; `None` if no variable is set, and there is no SDK.
pub(super) fn digest(arguments: &Arguments, facts: &dyn Facts) -> Option<OsString> {
    let mut text = Vec::new();
    let variable = |name: &str| facts.variable(name).filter(|value| !value.is_empty());
    for name in VARIABLES {
        if let Some(value) = variable(name) {
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value.as_encoded_bytes());
            text.push(b'\n');
        }
    }
    for folder in folders(arguments).chain(variable("SDKROOT").map(PathBuf::from)) {
        if let Some(digest) = facts.digest(&folder.join(SDK)) {
            text.extend_from_slice(digest.as_bytes());
        }
    }
    (!text.is_empty()).then(|| format!("target-{}", content_digest(&text)).into())
}

/// The folders of SDKs in a command.
fn folders(arguments: &Arguments) -> impl Iterator<Item = PathBuf> {
    let all = arguments.all();
    all.iter().enumerate().filter_map(|(index, argument)| {
        let text = argument.to_str()?;
        let joined = FOLDERS.iter().find_map(|option| text.strip_prefix(option))?;
        let joined = joined.strip_prefix('=').unwrap_or(joined);
        let folder = if joined.is_empty() { Path::new(all.get(index + 1)?) } else { Path::new(joined) };
        Some(folder.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_with_options_change_the_object() {
        assert!(OPTIONS.iter().all(|name| VARIABLES.contains(name)));
    }

    #[test]
    fn the_folders_of_sdks_are_found() {
        let words = "-isysroot /a -isysroot/b --sysroot=/c --sysroot /d -isystem /e -isysroot".split(' ');
        let arguments = Arguments::parse(words.map(OsString::from).collect(), &|_| None);
        assert_eq!(folders(&arguments).collect::<Vec<_>>(), ["/a", "/b", "/c", "/d"].map(PathBuf::from));
    }
}
