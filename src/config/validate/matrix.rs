//! `presets.matrix`. Also checks that the remaining presets have unique names.

use std::collections::HashMap;

use super::Scope;
use super::combinations::MOST_PRESETS;
use crate::config::model::{Cell, Config, Matrix, WITHOUT_NAME};
use crate::config::raw;
use crate::diagnostics::{Code, Diagnostic, did_you_mean, list};

pub(super) fn validate(raw: Option<raw::Matrix>) -> Matrix {
    let cells = |raw: Option<Vec<raw::Cell>>| raw.unwrap_or_default().into_iter().map(cell).collect();
    let raw::Matrix { include, exclude } = raw.unwrap_or_default();
    Matrix { include: cells(include), exclude: cells(exclude) }
}

fn cell(raw: raw::Cell) -> Cell {
    let names = |names: Option<raw::OneOrMore>| match names {
        Some(raw::OneOrMore::One(name)) => Some(vec![name]),
        Some(raw::OneOrMore::More(names)) => Some(names),
        None => None,
    };
    Cell {
        toolchains: names(raw.toolchain),
        profiles: names(raw.profile),
        build_types: names(raw.build_type),
    }
}

/// Checks that the names in the matrix exist, that a preset remains, and that no preset name occurs twice.
pub(super) fn check(config: &Config, scope: &mut Scope<'_>) {
    check_names(config, scope);
    if scope.sink.has_errors() {
        return;
    }
    let mut names: HashMap<String, String> = HashMap::new();
    let mut count = 0;
    for preset in presets(config) {
        count += 1;
        if count > MOST_PRESETS {
            let message = format!("there are more than {MOST_PRESETS} presets");
            let help = "remove combinations with `exclude`, or list those to keep with `include`";
            return scope.error(&["presets", "matrix"], Code::TooManyCombinations, message, help);
        }
        if let Some(first) = names.insert(preset.name.to_ascii_lowercase(), preset.what.clone()) {
            let message = format!(
                "the preset name `{}` is used twice: for {first} and for {}",
                preset.name, preset.what
            );
            let help = "rename a profile or toolchain, or exclude one of the two in `presets.matrix`";
            let place = scope.node.place_of(&[preset.section]);
            scope.sink.push(Diagnostic::error(Code::DuplicateName, message).at(place).with_help(help));
        }
    }
    if count == 0 {
        let help = "keep at least one combination of toolchain, profile and build type";
        scope.error(&["presets", "matrix"], Code::BadValue, "the matrix excludes every preset", help);
    }
}

struct Named {
    name: String,
    what: String,
    section: &'static str,
}

fn presets(config: &Config) -> impl Iterator<Item = Named> {
    let cells = config.variants.iter().flat_map(move |variant| {
        let toolchains = std::iter::once(None).chain(config.toolchains.iter().map(Some));
        let types = toolchains.flat_map(move |name| {
            variant.presets.build_types.iter().map(move |build_type| (name, build_type))
        });
        types.map(move |(toolchain, build_type)| (variant, toolchain.map(String::as_str), build_type))
    });
    cells.filter_map(|(variant, toolchain, build_type)| {
        let profile = variant.profile.as_deref();
        config.matrix.has(toolchain, profile, build_type).then(|| Named {
            name: variant.preset_name(toolchain, build_type),
            what: format!(
                "the profile `{}`, toolchain `{}` and build type {build_type}",
                profile.unwrap_or(WITHOUT_NAME),
                toolchain.unwrap_or(WITHOUT_NAME)
            ),
            section: if toolchain.is_some() { "toolchains" } else { "profiles" },
        })
    })
}

fn check_names(config: &Config, scope: &mut Scope<'_>) {
    let toolchains = config.toolchains.iter().map(String::as_str).chain([WITHOUT_NAME]).collect::<Vec<_>>();
    let profiles = config.variants.iter().map(|variant| variant.profile.as_deref().unwrap_or(WITHOUT_NAME));
    let profiles = profiles.collect::<Vec<_>>();
    let types = config.variants.iter().flat_map(|variant| &variant.presets.build_types);
    let types = types.map(String::as_str).collect::<Vec<_>>();
    for (key, cells) in [("include", &config.matrix.include), ("exclude", &config.matrix.exclude)] {
        for (index, cell) in cells.iter().enumerate() {
            let given = [
                ("toolchain", &cell.toolchains, &toolchains),
                ("profile", &cell.profiles, &profiles),
                ("build_type", &cell.build_types, &types),
            ];
            for (what, names, known) in given {
                let is_known = |name: &str| {
                    known.iter().any(|other| {
                        *other == name || (what == "build_type" && other.eq_ignore_ascii_case(name))
                    })
                };
                for name in names.iter().flatten().filter(|name| !is_known(name)) {
                    let matrix = scope.node.find(&["presets", "matrix", key]);
                    let cell = matrix.and_then(|cells| cells.items().get(index));
                    let place = cell.map_or_else(
                        || scope.node.place_of(&["presets", "matrix", key]),
                        |cell| cell.place_of(&[what]),
                    );
                    let what = what.replace('_', " ");
                    let help = match did_you_mean(name, known.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("valid names: {}", list(known.iter().copied())),
                    };
                    let message = format!("there is no {what} `{}`", super::super::node::shorten(name));
                    scope.sink.push(Diagnostic::error(Code::UnknownValue, message).at(place).with_help(help));
                }
            }
        }
    }
}
