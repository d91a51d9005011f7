//! `toolchain:`

use camino::Utf8PathBuf;

use super::{Scope, text};
use crate::config::model::{Language, Target, Toolchain};
use crate::config::raw;
use crate::diag::Code;

pub(super) fn validate(raw: raw::Toolchain, scope: &mut Scope<'_>) -> Toolchain {
    let raw::Compilers { c, cxx, objc, objcxx, cuda, hip } = raw.compilers.unwrap_or_default();
    let compilers = [c, cxx, objc, objcxx, cuda, hip];
    let raw::Flags { c, cxx, objc, objcxx, cuda, hip, linker } = raw.flags.unwrap_or_default();
    let flags = [c, cxx, objc, objcxx, cuda, hip];
    Toolchain {
        base: base(raw.base, scope),
        compilers: by_language(compilers, |compiler, key| {
            text::line(Some(compiler), &["toolchain", "compilers", key], scope)
        }),
        linker: raw.linker.map(|linker| linker_name(linker).to_owned()),
        target: raw.target.and_then(|target| validate_target(target, scope)),
        flags: by_language(flags, |flags, _| one_line(&flags)),
        linker_flags: linker.and_then(|flags| one_line(&flags)),
    }
}

/// A path; it may begin with the variable that says where the NDK or the like is on this machine.
fn base(path: Option<String>, scope: &mut Scope<'_>) -> Option<Utf8PathBuf> {
    let keys = ["toolchain", "base"];
    let begins_with_variable = path.as_ref().and_then(|path| path.strip_prefix("${")?.split_once("}/"));
    let path = match begins_with_variable {
        Some((_, rest)) if !rest.contains("${") => text::line(path, &keys, scope),
        _ => text::path(path, &keys, scope),
    };
    path.map(Into::into)
}

/// The values that are given and pass `check`, with their language.
fn by_language(
    values: [Option<String>; 6],
    mut check: impl FnMut(String, &str) -> Option<String>,
) -> Vec<(Language, String)> {
    let given = Language::ALL.into_iter().zip(values);
    given.filter_map(|(language, value)| Some((language, check(value?, &language.key())?))).collect()
}

/// Long flags are best written over several lines; to the compiler they are one.
fn one_line(flags: &str) -> Option<String> {
    let line = flags
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    (!line.is_empty()).then_some(line)
}

fn linker_name(linker: raw::Linker) -> &'static str {
    match linker {
        raw::Linker::Bfd => "bfd",
        raw::Linker::Gold => "gold",
        raw::Linker::Lld => "lld",
        raw::Linker::Mold => "mold",
    }
}

fn validate_target(raw: raw::Target, scope: &mut Scope<'_>) -> Option<Target> {
    let keys = ["toolchain", "target", "system"];
    let is_given = scope.node.find(&keys).is_some();
    let system = text::line(raw.system, &keys, scope);
    let processor = text::line(raw.processor, &["toolchain", "target", "processor"], scope);
    let triple = text::line(raw.triple, &["toolchain", "target", "triple"], scope);
    let sysroot = text::path(raw.sysroot, &["toolchain", "target", "sysroot"], scope).map(Into::into);
    if !is_given {
        let help = "add `system: Linux` (or Windows, Darwin, Android, Generic); without a target, remove the section";
        scope.error(
            &keys,
            Code::MissingSetting,
            "a target needs a `system`, or CMake does not cross-compile",
            help,
        );
    }
    Some(Target { system: system?, processor, triple, sysroot })
}
