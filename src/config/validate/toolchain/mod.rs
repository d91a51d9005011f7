//! `toolchain:`, and each of `toolchains:`.

mod compilers;
mod flags;
mod target;

use std::collections::HashMap;

use super::{Scope, presets, text};
use crate::config::model::{
    CompilerFamily, Host, Linker, Lto, Sanitizer, SourceLanguage, Toolchain, Variable,
};
use crate::config::node::Node;
use crate::config::raw;
use crate::diagnostics::{Code, Diagnostic};

pub(super) fn validate(raw: raw::Toolchain, scope: &mut Scope<'_>) -> Toolchain {
    let target = raw.target.and_then(|target| target::validate(target, scope));
    let triple = target.as_ref().and_then(|target| target.target.triple.as_deref());
    let (family, compilers) = compilers::validate(raw.compilers, triple, scope);
    let (mut flags, build_type_flags) = flags::validate(raw.flags.unwrap_or_default(), scope);
    if let Some(flag) = target.as_ref().and_then(|target| target.abi_flag.as_deref()) {
        flags::prepend(&mut flags, flag);
    }
    let standards = raw.standards.unwrap_or_default();
    Toolchain {
        base: text::expandable(raw.base, &["toolchain", "base"], scope),
        family,
        compilers,
        binutils: compilers::binutils(raw.binutils.unwrap_or_default(), scope),
        linker: raw.linker,
        target: target.map(|target| target.target),
        extensions: standards.extensions,
        standards: self::standards(&standards, scope),
        flags,
        build_type_flags,
        defines: flags::defines(raw.defines.unwrap_or_default(), scope),
        position_independent_code: raw.position_independent_code,
        lto: raw.lto.map(|lto| self::lto(lto, scope)),
        sanitizers: sanitizers(&raw.sanitizers.unwrap_or_default(), scope),
        static_runtime: raw.static_runtime.unwrap_or(false),
        emulator: list(raw.emulator, &["toolchain", "emulator"], scope),
        try_compile: raw.try_compile,
        variables: variables(raw.variables.unwrap_or_default(), scope),
        hosts: match raw.hosts {
            Some(hosts) => hosts,
            None if family == Some(CompilerFamily::Msvc) => vec![Host::Windows],
            None => Vec::new(),
        },
    }
}

/// A list of programs, paths or arguments.
fn list(
    raw: Option<Vec<String>>,
    keys: &[&str],
    scope: &mut Scope<'_>,
) -> Vec<crate::config::model::Expandable> {
    let items = raw.unwrap_or_default().into_iter().enumerate();
    items
        .filter_map(|(index, item)| {
            if let Err(why) = list_element(&item) {
                let help = "use a value without `;`, unbalanced brackets and a final `\\`";
                scope.item_error(keys, index, Code::NotRepresentable, why, help);
                return None;
            }
            text::expandable(Some(item), keys, scope)
        })
        .collect()
}

/// Checks that `set(X "…")` with this text results in a list of one element.
fn list_element(text: &str) -> Result<(), String> {
    if text.contains(';') {
        return Err("an element of a CMake list cannot contain `;`".to_owned());
    }
    crate::caching::remote::list_element(text)
}

fn standards(raw: &raw::Standards, scope: &mut Scope<'_>) -> Vec<(SourceLanguage, u32)> {
    use SourceLanguage::{C, Cuda, Cxx, Hip, ObjC, ObjCxx};
    let given = [
        (C, raw.c),
        (Cxx, raw.cxx),
        (ObjC, raw.objc),
        (ObjCxx, raw.objcxx),
        (Cuda, raw.cuda),
        (Hip, raw.hip),
    ];
    let mut standards = Vec::new();
    for (language, standard) in given {
        let Some(standard) = standard else { continue };
        let known = language.standards();
        if known.iter().any(|(number, _)| *number == standard) {
            standards.push((language, standard));
        } else {
            let known = known.iter().map(|(number, _)| number.to_string()).collect::<Vec<_>>().join(", ");
            let message = format!("CMake does not support standard {standard} for this language");
            let keys = ["toolchain", "standards", &language.key()];
            scope.error(&keys, Code::UnknownValue, message, format!("use one of {known}"));
        }
    }
    standards
}

fn lto(raw: Lto, scope: &mut Scope<'_>) -> Lto {
    match raw {
        Lto::All(_) => raw,
        Lto::BuildTypes(types) => {
            Lto::BuildTypes(presets::check_build_types(types, &["toolchain", "lto"], scope))
        }
    }
}

fn sanitizers(raw: &[Sanitizer], scope: &mut Scope<'_>) -> Vec<Sanitizer> {
    let keys = ["toolchain", "sanitizers"];
    let mut sanitizers: Vec<Sanitizer> = Vec::new();
    for (index, &sanitizer) in raw.iter().enumerate() {
        let name = sanitizer.name();
        if sanitizers.contains(&sanitizer) {
            let message = format!("`{name}` is listed twice");
            scope.item_error(&keys, index, Code::DuplicateName, message, "remove one of the two");
        } else if let Some(other) = sanitizers.iter().find(|other| !sanitizer.is_compatible_with(**other)) {
            let message =
                format!("the sanitizers `{}` and `{name}` cannot be used in the same program", other.name());
            let help = "define two toolchains below `toolchains:`, one for each";
            scope.item_error(&keys, index, Code::ConflictingSettings, message, help);
        }
        sanitizers.push(sanitizer);
    }
    sanitizers
}

/// The advice for a variable that may not be set: it has its own setting, or the generated files rely on it.
fn reserved(name: &str) -> Option<String> {
    match name {
        "CMAKE_TOOLCHAIN_FILE" => Some("use `toolchain.base`".to_owned()),
        "CMAKE_BUILD_TYPE" | "CMAKE_CONFIGURATION_TYPES" => Some("use `presets.build_types`".to_owned()),
        "CMAKE_GENERATOR" => Some("use `presets.generator`".to_owned()),
        _ if name.starts_with("CMAKE_") && name.ends_with("_COMPILER_LAUNCHER") => {
            Some("the compiler cache sets it; see `cache:`".to_owned())
        }
        _ if name.starts_with("TOOLCHAINKIT_") => Some("choose a name without this prefix".to_owned()),
        _ => None,
    }
}

fn variables(
    raw: std::collections::BTreeMap<String, raw::Variable>,
    scope: &mut Scope<'_>,
) -> Vec<(String, Variable)> {
    let mut variables = Vec::new();
    let nodes = scope.node.find(&["toolchain", "variables"]).map_or(&[][..], Node::entries);
    let nodes = nodes.iter().map(|entry| (entry.key.as_str(), &entry.node)).collect::<HashMap<_, _>>();
    for (name, variable) in raw {
        let keys = ["toolchain", "variables", name.as_str()];
        let valid = |letter: char| letter.is_ascii_alphanumeric() || "_-.+/".contains(letter);
        if name.is_empty() || !name.chars().all(valid) {
            let message = format!("`{name}` is not a valid name for a CMake variable");
            scope.error(&keys, Code::BadName, message, "use letters, digits, `_`, `-`, `.`, `+` and `/`");
            continue;
        }
        if let Some(help) = reserved(&name) {
            scope.error(
                &keys,
                Code::ConflictingSettings,
                format!("`{name}` cannot be set below `variables`"),
                help,
            );
            continue;
        }
        let (kind, value) = match variable {
            raw::Variable::Plain(value) => (None, Some(value)),
            raw::Variable::Typed(raw::TypedVariable { kind, value }) => (kind, value),
        };
        let node = nodes.get(name.as_str());
        let typed = node.is_some_and(|node| !node.entries().is_empty());
        for key in ["type", "value"] {
            let keys = [keys[0], keys[1], keys[2], key];
            if typed && node.is_some_and(|node| node.get(key).is_none()) {
                let help = "write { type: PATH, value: … }, or only the value for a normal variable";
                scope.error(&keys, Code::MissingSetting, format!("a cache entry needs a `{key}`"), help);
            }
        }
        let Some(value) = value else { continue };
        if value.chars().any(|letter| letter == '\n' || letter == '\r') && typed {
            let help = "write the value on one line: CMake keeps only the first line of a cache entry";
            scope.error(&keys, Code::ControlCharacter, "the value contains a line break", help);
        }
        variables.push((name, Variable { kind, value: crate::config::model::Expandable::new(value) }));
    }
    variables
}

/// Reports settings that the compiler family does not support.
pub(super) fn check_family(toolchain: &Toolchain, scope: &mut Scope<'_>) {
    let Some(family) = toolchain.family else { return };
    let name = family.name();
    let place = scope.node.place_of(&["toolchain", "compilers"]);
    let mut refuse = |keys: &[&str], what: &str, help: &str| {
        let fault = Diagnostic::error(Code::UnsupportedByCompiler, format!("{name} does not support {what}"))
            .at(scope.node.place_of(keys))
            .with_related(place.clone(), "the compilers");
        scope.sink.push(fault.with_help(help));
    };
    match (toolchain.linker, family) {
        (Some(_), CompilerFamily::Msvc | CompilerFamily::Zig)
        | (Some(Linker::Bfd | Linker::Gold | Linker::Mold), CompilerFamily::ClangCl) => {
            let help = "remove `linker`: these compilers use their own linker";
            refuse(&["toolchain", "linker"], "this linker", help);
        }
        _ => {}
    }
    for sanitizer in &toolchain.sanitizers {
        let known = match family {
            CompilerFamily::Clang => true,
            CompilerFamily::Gcc => *sanitizer != Sanitizer::Memory,
            CompilerFamily::Msvc => *sanitizer == Sanitizer::Address,
            CompilerFamily::ClangCl => matches!(sanitizer, Sanitizer::Address | Sanitizer::Undefined),
            CompilerFamily::Zig => matches!(sanitizer, Sanitizer::Thread | Sanitizer::Undefined),
        };
        if !known {
            let what = format!("the sanitizer `{}`", sanitizer.name());
            refuse(
                &["toolchain", "sanitizers"],
                &what,
                "remove it, or use clang, which supports all sanitizers",
            );
        }
    }
    // clang assumes that the library of `leak` contains that of `undefined`, as the other libraries do (clang 14 to
    // 22).
    let has = |sanitizer| toolchain.sanitizers.contains(&sanitizer);
    if family == CompilerFamily::Clang
        && has(Sanitizer::Leak)
        && has(Sanitizer::Undefined)
        && !has(Sanitizer::Address)
    {
        let what = "the sanitizers `leak` and `undefined` together";
        let help = "replace `leak` by `address`, which also finds leaks";
        refuse(&["toolchain", "sanitizers"], what, help);
    }
}
