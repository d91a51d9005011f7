//! What the blocks of `toolchain.cmake.j2` may see of one toolchain.

use serde::Serialize;

use crate::config::model::{Expandable, SourceLanguage, Target, TryCompile, VariableType};
use crate::plan::{BuildTypeOption, CompilersPlan, LinkerBefore, LinkerPlan, SanitizersPlan, StaticRuntime};

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
    /// The option of the compiler before.
    flag: Option<String>,
    /// The linker itself, where there is no such option.
    program: Option<String>,
}

#[derive(Debug, Serialize)]
struct SanitizersView {
    compile: String,
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
    pub(super) fn new(plan: &CompilersPlan) -> Self {
        Self {
            environment: plan.environment.clone(),
            needs: plan.needs.iter().map(|(what, since)| (what.clone(), since.to_string())).collect(),
            variables: plan
                .variables
                .iter()
                .map(|(name, variable)| VariableView {
                    name: name.clone(),
                    kind: variable.kind.map(VariableType::name),
                    is_path: matches!(variable.kind, Some(VariableType::Path | VariableType::FilePath)),
                    value: text(&variable.value),
                })
                .collect(),
            base: plan.base.as_ref().map(text),
            target: plan.target.as_ref().map(TargetView::new),
            compilers: plan
                .compilers
                .iter()
                .map(|(language, words)| (language.cmake_name(), words.iter().map(text).collect()))
                .collect(),
            binutils: plan.binutils.iter().map(|(name, program)| (*name, text(program))).collect(),
            flags: plan.flags.clone(),
            compile_options: plan.build_type_options.iter().map(OptionView::new).collect(),
            linker: plan.linker.as_ref().map(LinkerView::new),
            standards: by_language(&plan.standards),
            extensions: plan.extensions,
            position_independent_code: plan.position_independent_code,
            lto: plan.lto.clone(),
            defines: plan.defines.clone(),
            sanitizers: plan.sanitizers.as_ref().map(SanitizersView::new),
            static_runtime: plan.static_runtime.is_some(),
            static_runtime_flags: plan.static_runtime == Some(StaticRuntime::VariableAndOptions),
            emulator: plan.emulator.iter().map(text).collect(),
            try_compile: plan.try_compile.map(|kind| match kind {
                TryCompile::Executable => "EXECUTABLE",
                TryCompile::StaticLibrary => "STATIC_LIBRARY",
            }),
        }
    }
}

impl OptionView {
    fn new(option: &BuildTypeOption) -> Self {
        Self {
            build_type: option.build_type.clone(),
            language: option.language.cmake_name(),
            flags: in_generator_expression(&option.flags),
        }
    }
}

impl LinkerView {
    fn new(plan: &LinkerPlan) -> Self {
        let cmake_type = plan.linker.name().to_ascii_uppercase();
        match plan.before.clone() {
            LinkerBefore::Option(flag) => Self { cmake_type, flag: Some(flag), program: None },
            LinkerBefore::Program(program) => Self { cmake_type, flag: None, program: Some(program) },
        }
    }
}

impl SanitizersView {
    fn new(plan: &SanitizersPlan) -> Self {
        let compile = match plan.compile.as_slice() {
            [option] => option.clone(),
            options => format!("SHELL:{}", in_generator_expression(&options.join(" "))),
        };
        Self { compile, link: plan.link.clone() }
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

fn by_language<T: Clone>(values: &[(SourceLanguage, T)]) -> Vec<(&'static str, T)> {
    values.iter().map(|(language, value)| (language.cmake_name(), value.clone())).collect()
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
