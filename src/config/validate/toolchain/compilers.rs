//! `toolchain.compilers` and `toolchain.binutils`

use super::super::{Scope, text};
use crate::config::model::{CompilerFamily, Expandable, SourceLanguage};
use crate::config::raw;
use crate::diagnostics::{Code, did_you_mean, list};

/// The names of compiler families.
const FAMILIES: [&str; 5] = ["gcc", "clang", "clang-cl", "msvc", "zig"];

type Compilers = Vec<(SourceLanguage, Vec<Expandable>)>;

pub(super) fn validate(
    raw: Option<raw::Compilers>,
    triple: Option<&str>,
    scope: &mut Scope<'_>,
) -> (Option<CompilerFamily>, Compilers) {
    let keys = ["toolchain", "compilers"];
    match raw {
        None => (None, Vec::new()),
        Some(raw::Compilers::Family(name)) => {
            let Some(name) = text::expandable(Some(name), &keys, scope) else { return (None, Vec::new()) };
            let Some(family) = Members::of(name.as_str(), triple) else {
                let name = name.as_str();
                let message = format!(
                    "`{name}` is not a compiler family; the families are {}, each with an optional version or path",
                    list(FAMILIES)
                );
                let help = family_help(name);
                scope.error(&keys, Code::UnknownValue, message, help);
                return (None, Vec::new());
            };
            (Some(family.family), family.compilers())
        }
        Some(raw::Compilers::ByLanguage(raw)) => (family_of(&raw), by_language(raw, scope)),
    }
}

/// The advice about a name that is not a family.
fn family_help(name: &str) -> String {
    // A family is named after its C compiler.
    let of_cxx = name.replace("clang++", "clang").replace("g++", "gcc");
    if of_cxx != name && Members::of(&of_cxx, None).is_some() {
        return format!(
            "write compilers: {of_cxx}, which includes {name}, or a compiler for each language, such as compilers: {{ cxx: {name} }}"
        );
    }
    if let Some(meant) = did_you_mean(name, FAMILIES) {
        return format!("did you mean `{meant}`?");
    }
    let (c, cxx) = match name {
        "cc" | "c++" => ("cc", "c++"),
        "icx" | "icpx" => ("icx", "icpx"),
        _ => (name, name),
    };
    format!("name the compiler for each language, such as compilers: {{ c: {c}, cxx: {cxx} }}")
}

/// The family of compilers that are listed by language. The name of the C compiler determines it, or that of the C++
/// compiler if there is no C compiler.
fn family_of(raw: &raw::CompilersByLanguage) -> Option<CompilerFamily> {
    let name = match (&raw.c, &raw.cxx) {
        (Some(c), _) => c.clone(),
        (None, Some(cxx)) => cxx.replace("clang++", "clang").replace("g++", "gcc"),
        (None, None) => return None,
    };
    // zig takes the compiler as its first argument.
    let name = name.strip_suffix(" cc").or_else(|| name.strip_suffix(" c++")).unwrap_or(&name);
    Members::of(name, None).map(|members| members.family)
}

fn by_language(raw: raw::CompilersByLanguage, scope: &mut Scope<'_>) -> Compilers {
    let raw::CompilersByLanguage { c, cxx, objc, objcxx, cuda, hip, asm, fortran } = raw;
    let given = SourceLanguage::ALL.into_iter().zip([c, cxx, objc, objcxx, cuda, hip, asm, fortran]);
    given
        .filter_map(|(language, compiler)| {
            let keys = ["toolchain", "compilers", &language.key()];
            let compiler = text::expandable(Some(compiler?), &keys, scope)?;
            // `zig cc` is a program and its first argument.
            let words = match compiler.as_str().split_once(' ') {
                Some((zig, command @ ("cc" | "c++"))) if zig == "zig" || zig.ends_with("/zig") => {
                    vec![Expandable::new(zig), Expandable::new(command)]
                }
                _ => vec![compiler],
            };
            Some((language, words))
        })
        .collect()
}

/// The compilers of a family.
struct Members {
    family: CompilerFamily,
    c: Vec<String>,
    cxx: Vec<String>,
    fortran: Option<String>,
}

impl Members {
    /// The family of `gcc-12`, `/opt/llvm/bin/clang`, `aarch64-linux-gnu-gcc`, …
    fn of(name: &str, triple: Option<&str>) -> Option<Self> {
        let (folder, file) =
            name.rsplit_once('/').map_or(("", name), |(folder, _)| name.split_at(folder.len() + 1));
        let (file, ending) = file.strip_suffix(".exe").map_or((file, ""), |file| (file, ".exe"));
        let one = |family, program: &str| Self {
            family,
            c: vec![format!("{folder}{program}{ending}")],
            cxx: vec![format!("{folder}{program}{ending}")],
            fortran: None,
        };
        if file == "msvc" || file == "cl" {
            return Some(one(CompilerFamily::Msvc, "cl"));
        }
        if file == "clang-cl" || file.strip_prefix("clang-cl-").is_some_and(is_version) {
            return Some(one(CompilerFamily::ClangCl, file));
        }
        if file == "zig" {
            let words = |command: &str| vec![format!("{folder}zig{ending}"), command.to_owned()];
            return Some(Self {
                family: CompilerFamily::Zig,
                c: words("cc"),
                cxx: words("c++"),
                fortran: None,
            });
        }
        let (stem, version) = match file.rsplit_once('-') {
            Some((stem, version)) if is_version(version) => (stem, format!("-{version}")),
            _ => (file, String::new()),
        };
        let (prefix, word) =
            stem.rsplit_once('-').map_or(("", stem), |(prefix, _)| stem.split_at(prefix.len() + 1));
        let (family, sibling) = match word {
            "gcc" => (CompilerFamily::Gcc, "g++"),
            "clang" => (CompilerFamily::Clang, "clang++"),
            _ => return None,
        };
        // The name of a cross-compiling GCC starts with the triple.
        let prefix = match triple {
            Some(triple) if family == CompilerFamily::Gcc && prefix.is_empty() => format!("{triple}-"),
            _ => prefix.to_owned(),
        };
        let program = |word: &str| format!("{folder}{prefix}{word}{version}{ending}");
        Some(Self {
            family,
            c: vec![program(word)],
            cxx: vec![program(sibling)],
            fortran: (family == CompilerFamily::Gcc).then(|| program("gfortran")),
        })
    }

    fn compilers(self) -> Compilers {
        let words = |words: &[String]| words.iter().map(Expandable::new).collect::<Vec<_>>();
        let of_c = SourceLanguage::OF_C.into_iter().filter(|language| match self.family {
            CompilerFamily::Gcc | CompilerFamily::Clang => true,
            CompilerFamily::ClangCl | CompilerFamily::Msvc | CompilerFamily::Zig => {
                matches!(language, SourceLanguage::C | SourceLanguage::Cxx)
            }
        });
        let of_c = of_c.map(|language| match language {
            SourceLanguage::C | SourceLanguage::ObjC => (language, words(&self.c)),
            _ => (language, words(&self.cxx)),
        });
        let mut compilers: Compilers = of_c.collect();
        compilers
            .extend(self.fortran.map(|fortran| (SourceLanguage::Fortran, vec![Expandable::new(fortran)])));
        compilers
    }
}

fn is_version(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.chars().all(|letter| letter.is_ascii_digit() || letter == '.')
}

pub(super) fn binutils(raw: raw::Binutils, scope: &mut Scope<'_>) -> Vec<(&'static str, Expandable)> {
    let raw::Binutils { ar, ranlib, nm, objcopy, objdump, strip, rc, ld } = raw;
    let given = [
        ("ar", "CMAKE_AR", ar),
        ("ranlib", "CMAKE_RANLIB", ranlib),
        ("nm", "CMAKE_NM", nm),
        ("objcopy", "CMAKE_OBJCOPY", objcopy),
        ("objdump", "CMAKE_OBJDUMP", objdump),
        ("strip", "CMAKE_STRIP", strip),
        ("rc", "CMAKE_RC_COMPILER", rc),
        ("ld", "CMAKE_LINKER", ld),
    ];
    let given = given.into_iter().filter_map(|(key, variable, program)| {
        Some((variable, text::expandable(Some(program?), &["toolchain", "binutils", key], scope)?))
    });
    given.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn c_and_cxx(name: &str, triple: Option<&str>) -> Option<(String, String)> {
        Members::of(name, triple).map(|members| (members.c.join(" "), members.cxx.join(" ")))
    }

    #[test]
    fn a_family_is_read_from_the_name_of_its_c_compiler() {
        let cases = [
            ("gcc", None, "gcc", "g++"),
            ("gcc-12", None, "gcc-12", "g++-12"),
            ("gcc-12", Some("aarch64-linux-gnu"), "aarch64-linux-gnu-gcc-12", "aarch64-linux-gnu-g++-12"),
            ("arm-none-eabi-gcc", Some("arm-none-eabi"), "arm-none-eabi-gcc", "arm-none-eabi-g++"),
            ("clang-19", Some("aarch64-linux-gnu"), "clang-19", "clang++-19"),
            ("/opt/x/bin/gcc", Some("t"), "/opt/x/bin/t-gcc", "/opt/x/bin/t-g++"),
            ("${LLVM}/bin/clang", None, "${LLVM}/bin/clang", "${LLVM}/bin/clang++"),
            ("C:/llvm/clang-cl.exe", None, "C:/llvm/clang-cl.exe", "C:/llvm/clang-cl.exe"),
            ("clang-cl-19", None, "clang-cl-19", "clang-cl-19"),
            ("msvc", None, "cl", "cl"),
            ("zig", Some("aarch64-linux-musl"), "zig cc", "zig c++"),
        ];
        for (name, triple, c, cxx) in cases {
            assert_eq!(c_and_cxx(name, triple), Some((c.to_owned(), cxx.to_owned())), "{name}");
        }
        for (name, expected) in [
            ("g++", "compilers: gcc,"),
            ("/opt/bin/g++-12", "compilers: /opt/bin/gcc-12,"),
            ("clang++-19", "compilers: clang-19,"),
            ("icx", "{ c: icx, cxx: icpx }"),
            ("gc", "`gcc`"),
        ] {
            assert!(family_help(name).contains(expected), "{name}: {}", family_help(name));
        }
        for name in ["", "tcc", "g++", "gcc-x", "clang++", "icx", "${CC}", "clang-", "gcc/"] {
            assert_eq!(c_and_cxx(name, None), None, "{name}");
        }
    }
}
