//! `presets:`

use std::collections::HashSet;

use super::{Scope, text};
use crate::caching::tool::Version;
use crate::config::model::{Config, GENERATORS, PresetKind, Presets};
use crate::config::node::Value;
use crate::config::raw;
use crate::diagnostics::{Code, did_you_mean};

/// The macros of CMakePresets.json that are valid in a configure preset. `fileDir` and `pathListSep` need a newer
/// schema version than the generated files use.
const MACROS: [&str; 7] =
    ["sourceDir", "sourceParentDir", "sourceDirName", "presetName", "generator", "hostSystemName", "dollar"];

pub(super) fn validate(raw: raw::Presets, cache_enabled: bool, scope: &mut Scope<'_>) -> Presets {
    let generator = text::line(raw.generator, &["presets", "generator"], scope);
    if let Some(generator) = &generator {
        check_generator(generator, cache_enabled, scope);
    }
    let binary_dir = text::line(raw.binary_dir, &["presets", "binary_dir"], scope);
    if let Some(binary_dir) = &binary_dir {
        check_macros(binary_dir, &["presets", "binary_dir"], scope);
    }
    let output = raw.output.unwrap_or_default();
    let junit = text::line(output.junit, &["presets", "output", "junit"], scope);
    if let Some(junit) = &junit {
        check_macros(junit, &["presets", "output", "junit"], scope);
    }
    Presets {
        generator: generator.unwrap_or_else(|| "Ninja".to_owned()),
        binary_dir: binary_dir.unwrap_or_else(|| "build/${presetName}".to_owned()),
        build_types: build_types(raw.build_types, scope),
        compile_commands: raw.compile_commands,
        prefix: prefix(raw.prefix, scope),
        kinds: raw.kinds.map(|kinds| self::kinds(kinds, scope)),
        jobs: raw.jobs,
        test_jobs: raw.test_jobs,
        output_on_failure: output.on_failure.unwrap_or(true),
        verbosity: output.verbosity,
        junit,
        package_generators: raw.package_generators.unwrap_or_default(),
    }
}

fn kinds(kinds: Vec<PresetKind>, scope: &mut Scope<'_>) -> Vec<PresetKind> {
    let keys = ["presets", "kinds"];
    let is_list = scope.node.find(&keys).is_some_and(|node| matches!(node.value, Value::List(_)));
    if is_list && !kinds.contains(&PresetKind::Configure) {
        let help = "add `configure`: the other kinds refer to configure presets";
        scope.error(&keys, Code::BadValue, "the list has no `configure`", help);
    }
    for (index, kind) in kinds.iter().enumerate().filter(|(index, kind)| kinds[..*index].contains(kind)) {
        let message = format!("`{}` is listed twice", kind.name());
        scope.item_error(&keys, index, Code::DuplicateName, message, "remove one of the two");
    }
    kinds
}

/// The oldest CMake that supports `toolchainFile` in presets.
const FIRST_WITH_PRESETS: Version = Version::new(3, 21, 0);

/// `presets.cmake_minimum`. Reports an error if the file uses a newer feature.
pub(super) fn cmake_minimum(raw: Option<String>, config: &Config, scope: &mut Scope<'_>) -> Option<Version> {
    let keys = ["presets", "cmake_minimum"];
    let minimum = match raw?.parse::<Version>() {
        Ok(version) => version,
        Err(error) => {
            scope.error(&keys, Code::BadValue, error.to_string(), "write it in quotes, such as \"3.25\"");
            return None;
        }
    };
    if minimum < FIRST_WITH_PRESETS {
        let help = "write \"3.21\" or newer; with an older CMake, use the toolchain file directly, with \
            -DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
        let message =
            format!("CMake {minimum} does not support `toolchainFile` in presets, which needs CMake 3.21");
        scope.error(&keys, Code::UnsupportedByCMake, message, help);
        return None;
    }
    for (what, since) in needs(config).into_iter().filter(|(_, since)| *since > minimum) {
        let message = format!("{what} needs CMake {since}, but `cmake_minimum` is {minimum}");
        let help = format!("raise it to \"{since}\", or do not use this feature");
        scope.error(&keys, Code::UnsupportedByCMake, message, help);
    }
    Some(minimum)
}

/// The features that the file uses and that are newer than the oldest CMake with presets.
fn needs(config: &Config) -> Vec<(String, Version)> {
    let mut needs = config.presets_need();
    for (language, standard) in config
        .variants
        .iter()
        .flat_map(|variant| &variant.toolchains)
        .flat_map(|toolchain| &toolchain.standards)
    {
        let known = language.standards().iter().find(|(number, _)| number == standard);
        if let Some((_, Some(since))) = known {
            needs.push((format!("{} {standard}", language.cmake_name()), *since));
        }
    }
    needs
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

fn check_macros(text: &str, keys: &[&str], scope: &mut Scope<'_>) {
    if let Some(below) = text.strip_prefix('~') {
        let help = format!("write $env{{HOME}}{below}");
        scope.error(keys, Code::BadPath, "`~` is not expanded in a path", help);
        return;
    }
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        rest = &rest[dollar + 1..];
        let is_part_of_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let name = &rest[..rest.find(|letter| !is_part_of_name(letter)).unwrap_or(rest.len())];
        // CMake reads it as text, and would make a folder of this name.
        if name.starts_with(|letter: char| !letter.is_ascii_digit()) && !rest[name.len()..].starts_with('{') {
            let message = format!("CMake does not expand ${name}");
            let help = format!("write $env{{{name}}}, or ${{dollar}}{name} for a dollar sign");
            scope.error(keys, Code::UnknownMacro, message, help);
            return;
        }
        let Some((kind, after)) = rest.split_once('{') else { break };
        let Some((name, after)) = after.split_once('}') else {
            scope.error(
                keys,
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
                    None => "write $env{NAME} for an environment variable, or ${dollar} for a dollar sign"
                        .to_owned(),
                };
                scope.error(keys, Code::UnknownMacro, format!("CMake has no preset macro ${{{name}}}"), help);
            }
            // CMake reads `$` before other text as a dollar sign.
            _ if !kind.bytes().all(|byte| byte.is_ascii_alphanumeric()) => continue,
            _ => {
                let message = format!("CMake has no preset macro ${kind}{{{name}}}");
                scope.error(keys, Code::UnknownMacro, message, format!("did you mean $env{{{name}}}?"));
            }
        }
        rest = after;
    }
}

fn build_types(raw: Option<Vec<String>>, scope: &mut Scope<'_>) -> Vec<String> {
    let keys = ["presets", "build_types"];
    let Some(types) = raw else { return Presets::BUILD_TYPES.map(str::to_owned).to_vec() };
    if types.is_empty() && scope.node.find(&keys).is_some_and(|node| node.items().is_empty()) {
        let help = "list at least one, or remove the key to use Debug, Release and RelWithDebInfo";
        scope.error(&keys, Code::BadValue, "no build type is listed", help);
    }
    check_build_types(types, &keys, scope)
}

/// Checks the build types in the list at `keys`. Each becomes a part of a variable name.
pub(super) fn check_build_types(types: Vec<String>, keys: &[&str], scope: &mut Scope<'_>) -> Vec<String> {
    let mut seen = HashSet::new();
    for (index, name) in types.iter().enumerate() {
        let is_new = seen.insert(name.to_ascii_lowercase());
        if let Err(why) = build_type(name) {
            let message = format!("the name of a build type {why}");
            scope.item_error(
                keys,
                index,
                Code::BadName,
                message,
                "use letters, digits and `_`, such as Release",
            );
        } else if !is_new {
            let message = format!("`{name}` is listed twice; CMake ignores case in build types");
            scope.item_error(keys, index, Code::DuplicateName, message, "remove one of the two");
        }
    }
    types
}

/// A build type becomes part of a CMake variable, such as `CMAKE_C_FLAGS_DEBUG`.
pub(super) fn build_type(name: &str) -> Result<(), String> {
    text::name(name)?;
    match name.chars().find(|letter| "-.".contains(*letter)) {
        Some(letter) => Err(format!("contains {letter:?}")),
        None => Ok(()),
    }
}

fn prefix(raw: Option<String>, scope: &mut Scope<'_>) -> String {
    let prefix = raw.unwrap_or_default();
    // Every name continues after the prefix, so the prefix may be empty or end in a dot.
    if let Err(why) = text::name(&format!("{prefix}x")) {
        scope.error(&["presets", "prefix"], Code::BadName, format!("the prefix {why}"), text::NAME_HELP);
    }
    prefix
}
