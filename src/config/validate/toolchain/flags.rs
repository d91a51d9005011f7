//! `toolchain.flags` and `toolchain.defines`

use std::collections::HashSet;

use super::super::{Scope, presets};
use crate::config::model::{Flags, SourceLanguage};
use crate::config::raw;
use crate::diagnostics::Code;

pub(super) fn validate(raw: raw::Flags, scope: &mut Scope<'_>) -> (Flags, Vec<(String, Flags)>) {
    let keys = ["toolchain", "flags", "build_types"];
    let mut by_type = Vec::new();
    for (name, flags) in raw.build_types.unwrap_or_default() {
        if let Err(why) = presets::build_type(&name) {
            let message = format!("the name of a build type {why}");
            let help = "use letters, digits and `_`, such as Release";
            scope.error(&[keys[0], keys[1], keys[2], &name], Code::BadName, message, help);
        }
        let flags = of_build_type(flags.unwrap_or_default());
        // Flags of a build type are written into generator expressions; flags for all build types are not.
        for (what, why) in
            [("$<", "starts a generator expression"), (";", "separates the elements of a list")]
        {
            if flags.compile.iter().any(|(_, flags)| flags.contains(what)) {
                let keys = [keys[0], keys[1], keys[2], &name];
                let help = "set it in the CMake files of the project";
                scope.error(&keys, Code::NotRepresentable, format!("`{what}` {why}"), help);
            }
        }
        by_type.push((name, flags));
    }
    let all = raw::BuildTypeFlags {
        c: raw.c,
        cxx: raw.cxx,
        objc: raw.objc,
        objcxx: raw.objcxx,
        cuda: raw.cuda,
        hip: raw.hip,
        asm: raw.asm,
        fortran: raw.fortran,
        linker: raw.linker,
        exe_linker: raw.exe_linker,
        shared_linker: raw.shared_linker,
        module_linker: raw.module_linker,
        static_linker: raw.static_linker,
    };
    (of_build_type(all), by_type)
}

fn of_build_type(raw: raw::BuildTypeFlags) -> Flags {
    let compile = [raw.c, raw.cxx, raw.objc, raw.objcxx, raw.cuda, raw.hip, raw.asm, raw.fortran];
    let compile = SourceLanguage::ALL.into_iter().zip(compile);
    let linker = raw.linker.as_deref().and_then(one_line);
    let link = [
        ("EXE", linker.clone(), raw.exe_linker),
        ("SHARED", linker.clone(), raw.shared_linker),
        ("MODULE", linker, raw.module_linker),
        ("STATIC", None, raw.static_linker),
    ];
    Flags {
        compile: compile.filter_map(|(language, flags)| Some((language, one_line(&flags?)?))).collect(),
        link: link
            .into_iter()
            .filter_map(|(kind, shared, own)| {
                let own = own.as_deref().and_then(one_line);
                let flags = shared.into_iter().chain(own).collect::<Vec<_>>().join(" ");
                (!flags.is_empty()).then_some((kind, flags))
            })
            .collect(),
    }
}

/// Puts `flag` before the flags of all languages that GCC or clang compiles for the target.
pub(super) fn prepend(flags: &mut Flags, flag: &str) {
    for language in SourceLanguage::OF_C.into_iter().chain([SourceLanguage::Asm, SourceLanguage::Fortran]) {
        match flags.compile.iter_mut().find(|(other, _)| *other == language) {
            Some((_, flags)) => *flags = format!("{flag} {flags}"),
            None => flags.compile.push((language, flag.to_owned())),
        }
    }
    flags.compile.sort_by_key(|(language, _)| *language);
}

/// Joins flags that are written on several lines.
fn one_line(flags: &str) -> Option<String> {
    let line = flags
        .split(['\n', '\t'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    (!line.is_empty()).then_some(line)
}

pub(super) fn defines(raw: Vec<String>, scope: &mut Scope<'_>) -> Vec<String> {
    let keys = ["toolchain", "defines"];
    let mut seen = HashSet::new();
    for (index, define) in raw.iter().enumerate() {
        let (name, value) = define.split_once('=').unwrap_or((define, ""));
        let is_new = seen.insert(name);
        let is_first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
        let is_next = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        if !name.starts_with(is_first) || !name.chars().all(is_next) {
            let message = format!("`{name}` is not the name of a macro");
            let help = "write NAME or NAME=VALUE, without -D";
            scope.item_error(&keys, index, Code::BadName, message, help);
        } else if !is_new {
            let message = format!("`{name}` is defined twice");
            scope.item_error(&keys, index, Code::DuplicateName, message, "remove one of the two");
        } else {
            let genex = "`$<` starts a generator expression";
            let why = if value.contains("$<") { Err(genex.to_owned()) } else { super::list_element(define) };
            if let Err(why) = why {
                let help = "define it in a header of the project";
                scope.item_error(&keys, index, Code::NotRepresentable, why, help);
            }
        }
    }
    raw
}
