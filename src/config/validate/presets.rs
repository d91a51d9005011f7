//! `presets:`

use super::{Scope, text};
use crate::config::model::Presets;
use crate::config::raw;
use crate::diag::{Code, did_you_mean};

const BUILD_TYPES: [&str; 3] = ["Debug", "Release", "RelWithDebInfo"];

/// The generators of CMake 4.4 that run a compiler launcher.
const GENERATORS: [&str; 9] = [
    "Ninja",
    "Ninja Multi-Config",
    "Unix Makefiles",
    "MinGW Makefiles",
    "MSYS Makefiles",
    "NMake Makefiles",
    "NMake Makefiles JOM",
    "Watcom WMake",
    "FASTBuild",
];

/// The macros of CMakePresets.json that mean something in a configure preset. `fileDir` and `pathListSep` need a newer
/// schema than the generated files have.
const MACROS: [&str; 7] =
    ["sourceDir", "sourceParentDir", "sourceDirName", "presetName", "generator", "hostSystemName", "dollar"];

pub(super) fn validate(raw: raw::Presets, cache_enabled: bool, scope: &mut Scope<'_>) -> Presets {
    let generator = text::line(raw.generator, &["presets", "generator"], scope);
    if let Some(generator) = &generator {
        check_generator(generator, cache_enabled, scope);
    }
    let binary_dir = text::line(raw.binary_dir, &["presets", "binary_dir"], scope);
    if let Some(binary_dir) = &binary_dir {
        check_macros(binary_dir, scope);
    }
    Presets {
        generator: generator.unwrap_or_else(|| "Ninja".to_owned()),
        binary_dir: binary_dir.unwrap_or_else(|| "build/${presetName}".to_owned()),
        build_types: build_types(raw.build_types, scope),
        prefix: prefix(raw.prefix, scope),
    }
}

fn check_generator(generator: &str, cache_enabled: bool, scope: &mut Scope<'_>) {
    let keys = ["presets", "generator"];
    if GENERATORS.contains(&generator) {
        return;
    }
    if generator.starts_with("Visual Studio") || generator == "Xcode" {
        if cache_enabled {
            let message =
                format!("`{generator}` does not run a compiler launcher, so nothing would be cached");
            scope.error(&keys, Code::UnsupportedGenerator, message, "use `Ninja` or `Ninja Multi-Config`");
        }
        return;
    }
    if let Some(meant) = did_you_mean(generator, GENERATORS) {
        let message = format!("CMake has no generator `{generator}`");
        scope.error(&keys, Code::UnknownValue, message, format!("did you mean `{meant}`?"));
    }
}

fn check_macros(text: &str, scope: &mut Scope<'_>) {
    let keys = ["presets", "binary_dir"];
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        rest = &rest[dollar + 1..];
        let Some((kind, after)) = rest.split_once('{') else { break };
        let Some((name, after)) = after.split_once('}') else {
            scope.error(
                &keys,
                Code::UnknownMacro,
                "a macro is not closed by `}`",
                "write ${dollar} for a dollar sign",
            );
            return;
        };
        match kind {
            "" if MACROS.contains(&name) => {}
            "env" | "penv" if !name.is_empty() => {}
            "" => {
                let help = match did_you_mean(name, MACROS) {
                    Some(meant) => format!("did you mean ${{{meant}}}?"),
                    None => "a variable of the environment is $env{NAME}, a dollar sign ${dollar}".to_owned(),
                };
                scope.error(
                    &keys,
                    Code::UnknownMacro,
                    format!("CMake has no preset macro ${{{name}}}"),
                    help,
                );
            }
            // `$` before other text is just a dollar sign to CMake.
            _ if !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) => continue,
            _ => {
                let message = format!("CMake has no preset macro ${kind}{{{name}}}");
                scope.error(&keys, Code::UnknownMacro, message, format!("did you mean $env{{{name}}}?"));
            }
        }
        rest = after;
    }
}

fn build_types(raw: Option<Vec<String>>, scope: &mut Scope<'_>) -> Vec<String> {
    let keys = ["presets", "build_types"];
    let Some(types) = raw else { return BUILD_TYPES.map(str::to_owned).to_vec() };
    if types.is_empty() && scope.node.find(&keys).is_some_and(|node| node.items().is_empty()) {
        let help = "name at least one, or remove the key for Debug, Release and RelWithDebInfo";
        scope.error(&keys, Code::BadValue, "no build type is left", help);
    }
    for (index, name) in types.iter().enumerate() {
        if let Err(why) = build_type(name) {
            let message = format!("the name of a build type {why}");
            scope.item_error(
                &keys,
                index,
                Code::BadName,
                message,
                "use letters, digits and `_`, such as Release",
            );
        } else if types[..index].iter().any(|other| other.eq_ignore_ascii_case(name)) {
            let message = format!("`{name}` is listed twice; upper and lower case are the same to CMake");
            scope.item_error(&keys, index, Code::DuplicateName, message, "remove one of the two");
        }
    }
    types
}

/// A build type becomes part of a CMake variable, such as `CMAKE_C_FLAGS_DEBUG`.
fn build_type(name: &str) -> Result<(), String> {
    text::name(name)?;
    match name.chars().find(|letter| "-.".contains(*letter)) {
        Some(letter) => Err(format!("holds {letter:?}")),
        None => Ok(()),
    }
}

fn prefix(raw: Option<String>, scope: &mut Scope<'_>) -> String {
    let prefix = raw.unwrap_or_default();
    // More follows in every name, so the prefix may be empty or end in a dot.
    if let Err(why) = text::name(&format!("{prefix}x")) {
        scope.error(&["presets", "prefix"], Code::BadName, format!("the prefix {why}"), text::NAME_HELP);
    }
    prefix
}
