//! `toolchain.target`

use super::super::{Scope, text};
use crate::config::model::Target;
use crate::config::raw;
use crate::diagnostics::Code;

/// A target, and what compilers must be told of it.
pub(super) struct Validated {
    pub(super) target: Target,
    /// `abi`, as a flag of GCC and clang.
    pub(super) abi_flag: Option<String>,
}

pub(super) fn validate(raw: raw::Target, scope: &mut Scope<'_>) -> Option<Validated> {
    let keys = ["toolchain", "target", "system"];
    let is_given = scope.node.find(&keys).is_some();
    let system = text::line(raw.system, &keys, scope);
    let mut word = |value, key| text::line(value, &["toolchain", "target", key], scope);
    let system_version = word(raw.system_version, "system_version");
    let processor = word(raw.processor, "processor");
    let triple = word(raw.triple, "triple");
    let abi = word(raw.abi, "abi");
    let mut path = |value, key| text::expandable(value, &["toolchain", "target", key], scope);
    let sysroot = path(raw.sysroot, "sysroot");
    let staging = path(raw.staging, "staging");
    let gcc_toolchain = path(raw.gcc_toolchain, "gcc_toolchain");
    let find_root_path = super::list(raw.find_root_path, &["toolchain", "target", "find_root_path"], scope);
    if !is_given {
        let help = "add `system: Linux` (or Windows, Darwin, Android, Generic); without a target, remove the section";
        scope.error(
            &keys,
            Code::MissingSetting,
            "a target needs a `system`, or CMake does not cross-compile",
            help,
        );
    }
    let system = system?;
    let is_android = system == "Android";
    let has_root = sysroot.is_some() || !find_root_path.is_empty();
    Some(Validated {
        abi_flag: abi.as_deref().filter(|_| !is_android).map(abi_flag),
        target: Target {
            android_abi: abi.filter(|_| is_android),
            find_root: find_root(&raw.find_root.unwrap_or_default(), has_root),
            system,
            system_version,
            processor,
            triple,
            sysroot,
            staging,
            gcc_toolchain,
            find_root_path,
        },
    })
}

/// What GCC and clang take: ARM's calling conventions, the word sizes of x86, and `-mabi=` of all others.
fn abi_flag(abi: &str) -> String {
    match abi {
        "soft" | "softfp" | "hard" => format!("-mfloat-abi={abi}"),
        "32" | "x32" | "64" => format!("-m{abi}"),
        _ => format!("-mabi={abi}"),
    }
}

fn find_root(raw: &raw::FindRoot, has_root: bool) -> Vec<(&'static str, &'static str)> {
    let mode = |mode: raw::FindMode| match mode {
        raw::FindMode::Never => "NEVER",
        raw::FindMode::Only => "ONLY",
        raw::FindMode::Both => "BOTH",
    };
    let of_target = has_root.then_some(raw::FindMode::Only);
    [
        ("PROGRAM", raw.program.or(Some(raw::FindMode::Never))),
        ("LIBRARY", raw.library.or(of_target)),
        ("INCLUDE", raw.include.or(of_target)),
        ("PACKAGE", raw.package.or(of_target)),
    ]
    .into_iter()
    .filter_map(|(kind, given)| Some((kind, mode(given?))))
    .collect()
}
