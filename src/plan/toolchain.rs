//! What a toolchain sets, whatever the words of CMake for it.

use crate::caching::tool::Version;
use crate::config::model::{
    Expandable, Family, Flags, Linker, Lto, Sanitizer, SourceLanguage, Target, Toolchain, TryCompile,
    Variable,
};

/// Everything that one toolchain sets in one variant; what is `None` or empty is left to CMake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompilersPlan {
    /// Environment variables that have to be there, each once.
    pub environment: Vec<String>,
    /// What needs a newer CMake than the oldest one that reads the files, and which.
    pub needs: Vec<(String, Version)>,
    /// Another toolchain file to load first.
    pub base: Option<Expandable>,
    /// The machine to build for.
    pub target: Option<Target>,
    /// The compilers, each with the arguments that make it one.
    pub compilers: Vec<(SourceLanguage, Vec<Expandable>)>,
    /// The tools beside the compilers, by their CMake variables.
    pub binutils: Vec<(&'static str, Expandable)>,
    /// The flags that a build folder starts with, by variable.
    pub flags: Vec<(String, String)>,
    /// Compiler flags of build types, behind those that CMake has for them.
    pub build_type_options: Vec<BuildTypeOption>,
    /// The linker.
    pub linker: Option<LinkerPlan>,
    /// Language standards.
    pub standards: Vec<(SourceLanguage, u32)>,
    /// Whether the compilers' extensions are on.
    pub extensions: Option<bool>,
    /// `CMAKE_POSITION_INDEPENDENT_CODE`
    pub position_independent_code: Option<bool>,
    /// Link-time optimisation, by variable.
    pub lto: Vec<(String, bool)>,
    /// Macros, as `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// The options of the sanitizers.
    pub sanitizers: Option<SanitizersPlan>,
    /// How the runtime libraries become part of what is linked.
    pub static_runtime: Option<StaticRuntime>,
    /// `CMAKE_CROSSCOMPILING_EMULATOR`
    pub emulator: Vec<Expandable>,
    /// What CMake's checks build.
    pub try_compile: Option<TryCompile>,
    /// Further variables, by name.
    pub variables: Vec<(String, Variable)>,
}

/// Flags of one language in one build type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildTypeOption {
    /// The build type.
    pub build_type: String,
    /// The language.
    pub language: SourceLanguage,
    /// The flags.
    pub flags: String,
}

/// How a linker is chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkerPlan {
    /// The linker, as `CMAKE_LINKER_TYPE` (3.29) has it in upper case.
    pub linker: Linker,
    /// What an older CMake is told.
    pub before: LinkerBefore,
}

/// How a CMake without `CMAKE_LINKER_TYPE` is told of the linker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkerBefore {
    /// By this option of the compiler, which calls the linker.
    Option(String),
    /// By `CMAKE_LINKER`: with clang-cl, CMake calls the linker itself, which knows no such option.
    Program(String),
}

/// The options of the sanitizers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizersPlan {
    /// For the compilers.
    pub compile: Vec<String>,
    /// For the linker, one by one, since CMake hands them to the device linker of CUDA as well, and nvcc splits
    /// `-Xcompiler=a,b`. Empty where the linker needs none.
    pub link: Vec<String>,
}

/// How the runtime libraries become part of what is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticRuntime {
    /// By `CMAKE_MSVC_RUNTIME_LIBRARY` alone.
    Variable,
    /// Also by the options of GCC and Clang.
    VariableAndOptions,
}

impl CompilersPlan {
    pub(super) fn new(toolchain: &Toolchain) -> Self {
        Self {
            environment: environment(toolchain),
            needs: needs(toolchain),
            base: toolchain.base.clone(),
            target: toolchain.target.clone(),
            compilers: toolchain.compilers.clone(),
            binutils: toolchain.binutils.clone(),
            flags: flags(toolchain),
            build_type_options: build_type_options(toolchain),
            linker: toolchain.linker.map(|linker| LinkerPlan::new(linker, toolchain.family)),
            standards: toolchain.standards.clone(),
            extensions: toolchain.extensions,
            position_independent_code: toolchain.position_independent_code,
            lto: lto(toolchain.lto.as_ref()),
            defines: toolchain.defines.clone(),
            sanitizers: sanitizers(toolchain),
            static_runtime: toolchain.static_runtime.then_some(match toolchain.family {
                Some(Family::Msvc | Family::ClangCl | Family::Zig) => StaticRuntime::Variable,
                _ => StaticRuntime::VariableAndOptions,
            }),
            emulator: toolchain.emulator.clone(),
            try_compile: toolchain.try_compile,
            variables: toolchain.variables.clone(),
        }
    }
}

impl LinkerPlan {
    fn new(linker: Linker, family: Option<Family>) -> Self {
        let before = match family {
            Some(Family::ClangCl) => LinkerBefore::Program(format!("{}-link", linker.name())),
            _ => LinkerBefore::Option(format!("-fuse-ld={}", linker.name())),
        };
        Self { linker, before }
    }
}

/// Every environment variable that a value names, once.
fn environment(toolchain: &Toolchain) -> Vec<String> {
    let target = toolchain.target.as_ref();
    let of_target = target.into_iter().flat_map(|target| {
        let paths = [&target.sysroot, &target.staging, &target.gcc_toolchain].into_iter().flatten();
        paths.chain(&target.find_root_path)
    });
    let texts = toolchain
        .base
        .iter()
        .chain(of_target)
        .chain(toolchain.compilers.iter().flat_map(|(_, words)| words))
        .chain(toolchain.binutils.iter().map(|(_, program)| program))
        .chain(&toolchain.emulator)
        .chain(toolchain.variables.iter().map(|(_, variable)| &variable.value));
    let mut names: Vec<String> = Vec::new();
    for name in texts.flat_map(Expandable::variables) {
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The oldest CMake that reads the files is 3.15.
fn needs(toolchain: &Toolchain) -> Vec<(String, Version)> {
    let standards = toolchain.standards.iter().filter_map(|(language, standard)| {
        let (_, since) = language.standards().iter().find(|(number, _)| number == standard)?;
        Some((format!("{} {standard}", language.cmake_name()), (*since)?))
    });
    standards.collect()
}

fn flags(toolchain: &Toolchain) -> Vec<(String, String)> {
    let compile = toolchain.flags.compile.iter();
    let mut flags: Vec<(String, String)> = compile
        .map(|(language, flags)| (format!("CMAKE_{}_FLAGS", language.cmake_name()), flags.clone()))
        .collect();
    let mut link = |of: &Flags, ending: &str| {
        let kinds = of.link.iter();
        flags
            .extend(kinds.map(|(kind, flags)| (format!("CMAKE_{kind}_LINKER_FLAGS{ending}"), flags.clone())));
    };
    link(&toolchain.flags, "");
    for (build_type, of_type) in &toolchain.build_type_flags {
        link(of_type, &format!("_{}", build_type.to_ascii_uppercase()));
    }
    flags
}

/// CMake appends its own flags to `CMAKE_<LANG>_FLAGS_<TYPE>_INIT`, so that its `-O3` would beat an `-O2` in there; options
/// of the folder come after both.
fn build_type_options(toolchain: &Toolchain) -> Vec<BuildTypeOption> {
    let types = toolchain.build_type_flags.iter();
    types
        .flat_map(|(build_type, flags)| {
            flags.compile.iter().map(move |(language, flags)| BuildTypeOption {
                build_type: build_type.clone(),
                language: *language,
                flags: flags.clone(),
            })
        })
        .collect()
}

fn lto(lto: Option<&Lto>) -> Vec<(String, bool)> {
    const VARIABLE: &str = "CMAKE_INTERPROCEDURAL_OPTIMIZATION";
    match lto {
        None => Vec::new(),
        Some(Lto::All(wanted)) => vec![(VARIABLE.to_owned(), *wanted)],
        Some(Lto::BuildTypes(types)) => {
            types.iter().map(|name| (format!("{VARIABLE}_{}", name.to_ascii_uppercase()), true)).collect()
        }
    }
}

fn sanitizers(toolchain: &Toolchain) -> Option<SanitizersPlan> {
    let names = toolchain.sanitizers.iter().map(|sanitizer| Sanitizer::name(*sanitizer)).collect::<Vec<_>>();
    if names.is_empty() {
        return None;
    }
    let list = names.join(",");
    Some(match toolchain.family {
        // Its linker takes the libraries from what the objects say.
        Some(Family::Msvc) => {
            SanitizersPlan { compile: vec![format!("/fsanitize={list}")], link: Vec::new() }
        }
        Some(Family::ClangCl) => {
            SanitizersPlan { compile: vec![format!("-fsanitize={list}")], link: Vec::new() }
        }
        _ => SanitizersPlan {
            compile: vec![format!("-fsanitize={list}"), "-fno-omit-frame-pointer".to_owned()],
            link: names.iter().map(|name| format!("-fsanitize={name}")).collect(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(change: impl FnOnce(&mut Toolchain)) -> CompilersPlan {
        let mut toolchain = Toolchain::default();
        change(&mut toolchain);
        CompilersPlan::new(&toolchain)
    }

    #[test]
    fn an_older_cmake_is_told_of_the_linker_in_the_way_that_works_with_the_compilers() {
        let of = |family| {
            let plan = plan(|toolchain| {
                toolchain.family = family;
                toolchain.linker = Some(Linker::Lld);
            });
            plan.linker.unwrap().before
        };
        assert_eq!(of(None), LinkerBefore::Option("-fuse-ld=lld".to_owned()));
        assert_eq!(of(Some(Family::ClangCl)), LinkerBefore::Program("lld-link".to_owned()));
    }

    #[test]
    fn sanitizers_reach_the_linker_where_it_does_not_see_them_in_the_objects() {
        let of = |family| {
            let plan = plan(|toolchain| {
                toolchain.family = Some(family);
                toolchain.sanitizers = vec![Sanitizer::Address, Sanitizer::Undefined];
            });
            plan.sanitizers.unwrap()
        };
        assert_eq!(of(Family::Gcc).link, ["-fsanitize=address", "-fsanitize=undefined"]);
        assert_eq!(of(Family::Gcc).compile, ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"]);
        assert_eq!(of(Family::Msvc).compile, ["/fsanitize=address,undefined"]);
        assert!(of(Family::Msvc).link.is_empty() && of(Family::ClangCl).link.is_empty());
    }

    #[test]
    fn link_time_optimisation_is_a_variable_for_all_build_types_or_one_for_each() {
        assert_eq!(
            plan(|toolchain| toolchain.lto = Some(Lto::All(false))).lto,
            [("CMAKE_INTERPROCEDURAL_OPTIMIZATION".to_owned(), false)]
        );
        assert_eq!(
            plan(|toolchain| toolchain.lto = Some(Lto::BuildTypes(vec!["Release".to_owned()]))).lto,
            [("CMAKE_INTERPROCEDURAL_OPTIMIZATION_RELEASE".to_owned(), true)]
        );
    }

    #[test]
    fn the_runtime_libraries_are_an_option_where_the_compilers_have_one() {
        let of = |family| {
            let plan = plan(|toolchain| {
                toolchain.family = family;
                toolchain.static_runtime = true;
            });
            plan.static_runtime
        };
        assert_eq!(of(None), Some(StaticRuntime::VariableAndOptions));
        assert_eq!(of(Some(Family::Zig)), Some(StaticRuntime::Variable));
        assert_eq!(plan(|_| ()).static_runtime, None);
    }
}
