//! `output:`

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use super::{Scope, text};
use crate::config::model::Output;
use crate::config::node::Entry;
use crate::config::raw;
use crate::diagnostics::{Code, Diagnostic, Place};

const PRESETS: &str = "CMakePresets.json";
/// The value of `presets` that writes no presets.
const NONE: &str = "none";

/// Validates `templates`, the path of a folder.
pub(super) fn templates(raw: Option<String>, scope: &mut Scope<'_>) -> Option<Utf8PathBuf> {
    let keys = ["templates"];
    let given = text::path(raw, &keys, scope)?;
    match normalise(given.trim_end_matches('/')) {
        Ok(path) => Some(path),
        Err(why) => {
            let help = "use a folder below the project, such as cmake/templates";
            scope.error(&keys, Code::BadPath, why, help);
            None
        }
    }
}

pub(super) fn validate(raw: raw::Output, toolchains: &[Entry], scope: &mut Scope<'_>) -> Output {
    let toolchain = path(raw.toolchain, "toolchain", "cmake/toolchain.cmake", scope);
    let module = path(raw.module, "module", "cmake/ToolchainKit.cmake", scope);
    let writes_presets = raw.presets.as_deref() != Some(NONE);
    let presets = writes_presets.then(|| path(raw.presets, "presets", PRESETS, scope));
    for (key, path) in [("toolchain", &toolchain), ("module", &module)] {
        if path.extension() != Some("cmake") {
            let message = format!("`{path}` does not end in `.cmake`");
            scope.error(&["output", key], Code::BadPath, message, "use a name that ends in `.cmake`");
        }
    }
    if let Some(presets) = &presets {
        check_presets(presets, scope);
    }
    let output = Output { toolchain, module, presets };
    let cache = output.cache();
    let mut paths = vec![("toolchain", &cache), ("toolchain", &output.toolchain), ("module", &output.module)];
    paths.extend(output.presets.iter().map(|path| ("presets", path)));
    check_distinct(&paths, scope);
    for entry in toolchains {
        let path = output.toolchain_of(Some(&entry.key));
        if [&cache, &output.module].iter().any(|other| other.as_str().eq_ignore_ascii_case(path.as_str())) {
            let message =
                format!("`{path}` is the path of this toolchain's file and of another generated file");
            let place = Place { path: entry.node.path.clone(), span: Some(entry.key_span.clone()) };
            let fault = Diagnostic::error(Code::SamePath, message).at(place);
            scope.sink.push(fault.with_help("rename the toolchain, or change the path of the other file"));
        }
    }
    output
}

fn path(raw: Option<String>, key: &str, default: &str, scope: &mut Scope<'_>) -> Utf8PathBuf {
    let keys = ["output", key];
    let Some(given) = text::path(raw, &keys, scope) else { return default.into() };
    match normalise(&given) {
        Ok(path) => path,
        Err(why) => {
            scope.error(
                &keys,
                Code::BadPath,
                why,
                "use a path below the project, such as cmake/toolchain.cmake",
            );
            default.into()
        }
    }
}

/// Removes `.` and double slashes from a path. It must name a file inside the project on every system.
fn normalise(given: &str) -> Result<Utf8PathBuf, String> {
    if given.contains('\\') {
        return Err("a backslash separates folders only on Windows; use `/`".to_owned());
    }
    if let Some(letter) = given.chars().find(|letter| ":*?\"<>|;$@#".contains(*letter)) {
        return Err(format!("the name of a generated file cannot contain {letter:?}"));
    }
    // With `/` on every system, because files for CMake contain this path.
    let mut names = Vec::new();
    for component in Utf8Path::new(given).components() {
        match component {
            Utf8Component::Normal(name) => names.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => return Err("`..` can lead out of the project".to_owned()),
            Utf8Component::RootDir | Utf8Component::Prefix(_) => {
                return Err("the path is absolute, and would differ between machines".to_owned());
            }
        }
    }
    if names.is_empty() || given.ends_with('/') {
        return Err("the path names a folder, not a file".to_owned());
    }
    Ok(names.join("/").into())
}

fn check_presets(presets: &Utf8Path, scope: &mut Scope<'_>) {
    let keys = ["output", "presets"];
    let is_below = presets.components().count() > 1;
    if presets.extension() != Some("json") {
        let message = format!("`{presets}` does not end in `.json`");
        scope.error(&keys, Code::BadPath, message, "use a name that ends in `.json`");
    } else if !is_below && presets != PRESETS {
        let message = format!("CMake does not look for presets in `{presets}`");
        let help = "name it CMakePresets.json, or put it into a subfolder and include it from your CMakePresets.json, or write `none` for no presets";
        scope.error(&keys, Code::BadPath, message, help);
    }
}

fn check_distinct(paths: &[(&str, &Utf8PathBuf)], scope: &mut Scope<'_>) {
    for (index, (key, path)) in paths.iter().enumerate() {
        let same = |(_, other): &&(&str, &Utf8PathBuf)| other.as_str().eq_ignore_ascii_case(path.as_str());
        let Some((first, _)) = paths[..index].iter().find(same) else { continue };
        let message = format!("`{path}` is also the path of `output.{first}`");
        let fault = Diagnostic::error(Code::SamePath, message)
            .at(scope.node.place_of(&["output", key]))
            .with_related(scope.node.place_of(&["output", first]), "first")
            .with_help("give each file its own path");
        scope.sink.push(fault);
    }
}
