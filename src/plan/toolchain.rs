//! The settings of a toolchain, independent of their CMake spelling.

use crate::caching::tool::Version;
use crate::config::model::{
    CompilerFamily, Expandable, Flags, Linker, Lto, Sanitizer, SourceLanguage, Target, Toolchain, TryCompile,
    Variable,
};

/// The settings of one toolchain in one variant. CMake's defaults apply to members that are `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompilersPlan {
    /// The required environment variables, without duplicates.
    pub environment: Vec<String>,
    /// The features that need a newer CMake than 3.15, each with the version.
    pub needs: Vec<(String, Version)>,
    /// Another toolchain file to load first.
    pub base: Option<Expandable>,
    /// The machine to build for.
    pub target: Option<Target>,
    /// The compilers, each with the arguments that select its compiler mode.
    pub compilers: Vec<(SourceLanguage, Vec<Expandable>)>,
    /// The other tools (archiver, `strip`, …), by their CMake variables.
    pub binutils: Vec<(&'static str, Expandable)>,
    /// The initial flags of a build folder, by variable.
    pub flags: Vec<(String, String)>,
    /// Compiler flags of build types, which come after CMake's own flags.
    pub build_type_options: Vec<BuildTypeOption>,
    /// The linker.
    pub linker: Option<LinkerPlan>,
    /// Language standards.
    pub standards: Vec<(SourceLanguage, u32)>,
    /// Whether the compilers' language extensions are enabled.
    pub extensions: Option<bool>,
    /// `CMAKE_POSITION_INDEPENDENT_CODE`
    pub position_independent_code: Option<bool>,
    /// Link-time optimisation, by variable.
    pub lto: Vec<(String, bool)>,
    /// Macros, as `NAME` or `NAME=VALUE`.
    pub defines: Vec<String>,
    /// The options of the sanitizers.
    pub sanitizers: Option<SanitizersPlan>,
    /// The way to link the runtime libraries statically; `None` links them dynamically.
    pub static_runtime: Option<StaticRuntime>,
    /// `CMAKE_CROSSCOMPILING_EMULATOR`
    pub emulator: Vec<Expandable>,
    /// The kind of target that CMake's checks (`try_compile`) build.
    pub try_compile: Option<TryCompile>,
    /// Further variables, by name.
    pub variables: Vec<(String, Variable)>,
}

/// Flags of one language for one build type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildTypeOption {
    /// The build type.
    pub build_type: String,
    /// The language.
    pub language: SourceLanguage,
    /// The flags.
    pub flags: String,
}

/// The way to select the linker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkerPlan {
    /// The linker; in upper case, the value of `CMAKE_LINKER_TYPE` (CMake 3.29).
    pub linker: Linker,
    /// The setting for an older CMake.
    pub before: LinkerBefore,
}

/// The way to select the linker with a CMake that does not support `CMAKE_LINKER_TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkerBefore {
    /// This option of the compiler, which calls the linker.
    Option(String),
    /// This value of `CMAKE_LINKER`. For clang-cl, CMake calls the linker directly, without an option of the compiler.
    Program(String),
}

/// The options of the sanitizers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SanitizersPlan {
    /// For the compilers.
    pub compile: Vec<String>,
    /// For the linker. One option for each sanitizer, because CMake passes them to CUDA's device linker as well, and
    /// nvcc splits `-Xcompiler=a,b`. Empty if the linker needs none.
    pub link: Vec<String>,
}

/// The way to link the runtime libraries statically.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaticRuntime {
    /// Only `CMAKE_MSVC_RUNTIME_LIBRARY`.
    Variable,
    /// `CMAKE_MSVC_RUNTIME_LIBRARY` and the options of GCC and Clang.
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
                Some(CompilerFamily::Msvc | CompilerFamily::ClangCl | CompilerFamily::Zig) => {
                    StaticRuntime::Variable
                }
                _ => StaticRuntime::VariableAndOptions,
            }),
            emulator: toolchain.emulator.clone(),
            try_compile: toolchain.try_compile,
            variables: toolchain.variables.clone(),
        }
    }
}

impl LinkerPlan {
    fn new(linker: Linker, family: Option<CompilerFamily>) -> Self {
        let before = match family {
            Some(CompilerFamily::ClangCl) => LinkerBefore::Program(format!("{}-link", linker.name())),
            _ => LinkerBefore::Option(format!("-fuse-ld={}", linker.name())),
        };
        Self { linker, before }
    }
}

/// Every environment variable that a value refers to, without duplicates.
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

/// The features that need a newer CMake than 3.15, which is the oldest CMake that reads the files.
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

/// Flags of build types become options of the directory. CMake appends its own flags to `CMAKE_<LANG>_FLAGS_<TYPE>_INIT`,
/// so its `-O3` would override an `-O2` in it. Options of the directory come after both.
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
        // The linker reads the required libraries from the object files.
        Some(CompilerFamily::Msvc) => {
            SanitizersPlan { compile: vec![format!("/fsanitize={list}")], link: Vec::new() }
        }
        Some(CompilerFamily::ClangCl) => {
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
    fn an_older_cmake_gets_the_linker_option_that_fits_the_compilers() {
        let of = |family| {
            let plan = plan(|toolchain| {
                toolchain.family = family;
                toolchain.linker = Some(Linker::Lld);
            });
            plan.linker.unwrap().before
        };
        assert_eq!(of(None), LinkerBefore::Option("-fuse-ld=lld".to_owned()));
        assert_eq!(of(Some(CompilerFamily::ClangCl)), LinkerBefore::Program("lld-link".to_owned()));
    }

    #[test]
    fn sanitizers_are_linker_options_unless_the_objects_name_the_libraries() {
        let of = |family| {
            let plan = plan(|toolchain| {
                toolchain.family = Some(family);
                toolchain.sanitizers = vec![Sanitizer::Address, Sanitizer::Undefined];
            });
            plan.sanitizers.unwrap()
        };
        assert_eq!(of(CompilerFamily::Gcc).link, ["-fsanitize=address", "-fsanitize=undefined"]);
        assert_eq!(
            of(CompilerFamily::Gcc).compile,
            ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"]
        );
        assert_eq!(of(CompilerFamily::Msvc).compile, ["/fsanitize=address,undefined"]);
        assert!(of(CompilerFamily::Msvc).link.is_empty() && of(CompilerFamily::ClangCl).link.is_empty());
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
        assert_eq!(of(Some(CompilerFamily::Zig)), Some(StaticRuntime::Variable));
        assert_eq!(plan(|_| ()).static_runtime, None);
    }
}
