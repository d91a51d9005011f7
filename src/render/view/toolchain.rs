//! What the blocks of `toolchain.cmake.j2` may see of one toolchain.

use serde::Serialize;

use crate::config::model::{
    Expandable, Family, Flags, Lto, Sanitizer, SourceLanguage, Target, Toolchain, TryCompile, VariableType,
};

/// A toolchain. In a text of the kind [`Expandable`], `${NAME}` is left for the filters `below` and `program`.
#[derive(Debug, Serialize)]
pub(super) struct CompilersView {
    /// Environment variables that have to be there.
    environment: Vec<String>,
    /// What needs a newer CMake, and which.
    needs: Vec<(String, String)>,
    variables: Vec<VariableView>,
    base: Option<String>,
    target: Option<TargetView>,
    compilers: Vec<(&'static str, Vec<String>)>,
    binutils: Vec<(&'static str, String)>,
    /// By variable, without `_INIT`.
    flags: Vec<(String, String)>,
    /// Generator expressions for `add_compile_options`.
    compile_options: Vec<OptionView>,
    linker: Option<LinkerView>,
    standards: Vec<(&'static str, u32)>,
    extensions: Option<bool>,
    position_independent_code: Option<bool>,
    lto: Vec<(String, bool)>,
    defines: Vec<String>,
    sanitizers: Option<SanitizersView>,
    static_runtime: bool,
    /// Whether the compilers take GCC's flags for that.
    static_runtime_flags: bool,
    emulator: Vec<String>,
    try_compile: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct VariableView {
    name: String,
    /// The type of a cache entry.
    kind: Option<&'static str>,
    is_path: bool,
    value: String,
}

#[derive(Debug, Serialize)]
struct OptionView {
    build_type: String,
    language: &'static str,
    /// With what means something in a generator expression spelled out.
    flags: String,
}

#[derive(Debug, Serialize)]
struct LinkerView {
    /// `CMAKE_LINKER_TYPE` (3.29).
    cmake_type: String,
    /// The compiler flag before.
    flag: String,
    /// With clang-cl, CMake before calls the linker itself, which knows no such flag.
    program: Option<String>,
}

#[derive(Debug, Serialize)]
struct SanitizersView {
    compile: String,
    /// One by one, since CMake hands them to the device linker of CUDA as well, and nvcc splits `-Xcompiler=a,b`. Empty
    /// where the linker needs none.
    link: Vec<String>,
}

#[derive(Debug, Serialize)]
struct TargetView {
    system: String,
    system_version: Option<String>,
    processor: Option<String>,
    triple: Option<String>,
    sysroot: Option<String>,
    staging: Option<String>,
    android_abi: Option<String>,
    gcc_toolchain: Option<String>,
    find_root_path: Vec<String>,
    find_root: Vec<(&'static str, &'static str)>,
}

impl CompilersView {
    pub(super) fn new(toolchain: &Toolchain) -> Self {
        Self {
            environment: environment(toolchain),
            needs: needs(toolchain),
            variables: toolchain
                .variables
                .iter()
                .map(|(name, variable)| VariableView {
                    name: name.clone(),
                    kind: variable.kind.map(VariableType::name),
                    is_path: matches!(variable.kind, Some(VariableType::Path | VariableType::FilePath)),
                    value: text(&variable.value),
                })
                .collect(),
            base: toolchain.base.as_ref().map(text),
            target: toolchain.target.as_ref().map(TargetView::new),
            compilers: toolchain
                .compilers
                .iter()
                .map(|(language, words)| (language.cmake_name(), words.iter().map(text).collect()))
                .collect(),
            binutils: toolchain.binutils.iter().map(|(name, program)| (*name, text(program))).collect(),
            flags: flags(toolchain),
            compile_options: compile_options(toolchain),
            linker: toolchain.linker.map(|linker| LinkerView {
                cmake_type: linker.name().to_ascii_uppercase(),
                flag: format!("-fuse-ld={}", linker.name()),
                program: (toolchain.family == Some(Family::ClangCl))
                    .then(|| format!("{}-link", linker.name())),
            }),
            standards: by_language(&toolchain.standards).collect(),
            extensions: toolchain.extensions,
            position_independent_code: toolchain.position_independent_code,
            lto: lto(toolchain.lto.as_ref()),
            defines: toolchain.defines.clone(),
            sanitizers: sanitizers(toolchain),
            static_runtime: toolchain.static_runtime,
            static_runtime_flags: !matches!(
                toolchain.family,
                Some(Family::Msvc | Family::ClangCl | Family::Zig)
            ),
            emulator: toolchain.emulator.iter().map(text).collect(),
            try_compile: toolchain.try_compile.map(|kind| match kind {
                TryCompile::Executable => "EXECUTABLE",
                TryCompile::StaticLibrary => "STATIC_LIBRARY",
            }),
        }
    }
}

impl TargetView {
    fn new(target: &Target) -> Self {
        Self {
            system: target.system.clone(),
            system_version: target.system_version.clone(),
            processor: target.processor.clone(),
            triple: target.triple.clone(),
            sysroot: target.sysroot.as_ref().map(text),
            staging: target.staging.as_ref().map(text),
            android_abi: target.android_abi.clone(),
            gcc_toolchain: target.gcc_toolchain.as_ref().map(text),
            find_root_path: target.find_root_path.iter().map(text).collect(),
            find_root: target.find_root.clone(),
        }
    }
}

fn text(text: &Expandable) -> String {
    text.as_str().to_owned()
}

fn by_language<T: Clone>(values: &[(SourceLanguage, T)]) -> impl Iterator<Item = (&'static str, T)> {
    values.iter().map(|(language, value)| (language.cmake_name(), value.clone()))
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
fn needs(toolchain: &Toolchain) -> Vec<(String, String)> {
    let standards = toolchain.standards.iter().filter_map(|(language, standard)| {
        let (_, since) = language.standards().iter().find(|(number, _)| number == standard)?;
        Some((format!("{} {standard}", language.cmake_name()), (*since)?.to_string()))
    });
    standards.collect()
}

/// The flags that a build folder starts with, by variable.
fn flags(toolchain: &Toolchain) -> Vec<(String, String)> {
    let compile = by_language(&toolchain.flags.compile);
    let mut flags: Vec<(String, String)> =
        compile.map(|(language, flags)| (format!("CMAKE_{language}_FLAGS"), flags)).collect();
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

/// Compiler flags of build types. CMake appends its own to `CMAKE_<LANG>_FLAGS_<TYPE>_INIT`, so that its `-O3` would beat
/// an `-O2` in there; options of the folder come after both.
fn compile_options(toolchain: &Toolchain) -> Vec<OptionView> {
    let types = toolchain.build_type_flags.iter();
    types
        .flat_map(|(build_type, flags)| {
            by_language(&flags.compile).map(move |(language, flags)| OptionView {
                build_type: build_type.clone(),
                language,
                flags: in_generator_expression(&flags),
            })
        })
        .collect()
}

fn in_generator_expression(text: &str) -> String {
    let mut spelled = String::new();
    for letter in text.chars() {
        match letter {
            '>' => spelled.push_str("$<ANGLE-R>"),
            ',' => spelled.push_str("$<COMMA>"),
            _ => spelled.push(letter),
        }
    }
    spelled
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

fn sanitizers(toolchain: &Toolchain) -> Option<SanitizersView> {
    let names = toolchain.sanitizers.iter().map(|sanitizer| Sanitizer::name(*sanitizer)).collect::<Vec<_>>();
    if names.is_empty() {
        return None;
    }
    let flag = format!("-fsanitize={}", names.join(","));
    Some(match toolchain.family {
        // Its linker takes the libraries from what the objects say.
        Some(Family::Msvc) => {
            SanitizersView { compile: format!("/fsanitize={}", names.join(",")), link: Vec::new() }
        }
        Some(Family::ClangCl) => SanitizersView { compile: flag, link: Vec::new() },
        _ => SanitizersView {
            compile: format!("SHELL:{} -fno-omit-frame-pointer", in_generator_expression(&flag)),
            link: names.iter().map(|name| format!("-fsanitize={name}")).collect(),
        },
    })
}
