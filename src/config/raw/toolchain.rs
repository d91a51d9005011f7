//! `toolchain:`, and each of `toolchains:`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::model::{Host, Linker, Lto, Sanitizer, TryCompile, VariableType};

/// Compilers, flags and target. Paths are relative to the project unless absolute. In a compiler, path, emulator or
/// variable, CMake replaces "${NAME}" by the environment variable at configure time.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "compilers": "clang", "standards": { "cxx": 20 } }]))]
pub(in crate::config) struct Toolchain {
    /// Another toolchain file to load first (vcpkg, Android, Emscripten, your own).
    #[schemars(extend("examples" = ["${VCPKG_ROOT}/scripts/buildsystems/vcpkg.cmake"]))]
    pub(in crate::config) base: Option<String>,
    /// The compilers. Default: CMake's default.
    pub(in crate::config) compilers: Option<Compilers>,
    /// Archiver, `strip` and other tools, by name or path. Default: CMake's default.
    pub(in crate::config) binutils: Option<Binutils>,
    /// The linker. Default: the compiler's default.
    pub(in crate::config) linker: Option<Linker>,
    /// The machine to build for. Default: the build machine.
    pub(in crate::config) target: Option<Target>,
    /// Language standards of targets that do not set their own. Default: the compiler's default.
    pub(in crate::config) standards: Option<Standards>,
    /// Initial flags of a build folder. Default: none.
    pub(in crate::config) flags: Option<Flags>,
    /// Macros for every source, as NAME or NAME=VALUE. Default: none.
    #[schemars(extend("examples" = [["NDEBUG", "LEVEL=2"]]))]
    pub(in crate::config) defines: Option<Vec<String>>,
    /// Whether to compile position-independent code, so that static libraries can be linked into shared ones. Default:
    /// CMake's default.
    pub(in crate::config) position_independent_code: Option<bool>,
    /// Link-time optimisation, for all build types or for the listed ones. Default: the project's setting.
    pub(in crate::config) lto: Option<Lto>,
    /// Sanitizers to compile and link with. Default: none.
    #[schemars(extend("examples" = [["address", "undefined"]]))]
    pub(in crate::config) sanitizers: Option<Vec<Sanitizer>>,
    /// Whether to link the compiler's runtime libraries statically. Default false.
    pub(in crate::config) static_runtime: Option<bool>,
    /// Program, with its arguments, that runs executables of the target machine. Default: none.
    #[schemars(extend("examples" = [["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]]))]
    pub(in crate::config) emulator: Option<Vec<String>>,
    /// Kind of target that CMake's checks (try_compile) build. Use static-library if no program can be linked. Default
    /// executable.
    pub(in crate::config) try_compile: Option<TryCompile>,
    /// Further CMake variables, by name. A variable with a type is a cache entry.
    #[schemars(extend("examples" = [{ "BUILD_SHARED_LIBS": true, "SDK": { "type": "PATH", "value": "${SDK_ROOT}" } }]))]
    pub(in crate::config) variables: Option<BTreeMap<String, Variable>>,
    /// The host systems that the toolchain supports; its presets are disabled on others. Default: Windows for msvc,
    /// otherwise all.
    #[schemars(extend("examples" = [["Linux"]]))]
    pub(in crate::config) hosts: Option<Vec<Host>>,
}

/// The compilers: a family by name (gcc, gcc-12, clang, clang-19, clang-cl, msvc, zig), or a compiler for each
/// language.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(extend("examples" = ["gcc", "clang", "clang-19", "clang-cl", "msvc", "zig", { "c": "gcc", "cxx": "g++" }]))]
pub(in crate::config) enum Compilers {
    /// A family with compilers for C, C++, Objective-C and Objective-C++, by name or by the path of its C compiler.
    Family(String),
    /// Compilers by language, each by name or path.
    ByLanguage(CompilersByLanguage),
}

/// Compilers by language, each by name or path.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "c": "clang", "cxx": "clang++" }]))]
pub(in crate::config) struct CompilersByLanguage {
    /// The C compiler, such as clang.
    #[schemars(extend("examples" = ["gcc"]))]
    pub(in crate::config) c: Option<String>,
    /// The C++ compiler, such as clang++.
    #[schemars(extend("examples" = ["g++"]))]
    pub(in crate::config) cxx: Option<String>,
    /// The Objective-C compiler.
    #[schemars(extend("examples" = ["clang"]))]
    pub(in crate::config) objc: Option<String>,
    /// The Objective-C++ compiler.
    #[schemars(extend("examples" = ["clang++"]))]
    pub(in crate::config) objcxx: Option<String>,
    /// The CUDA compiler.
    #[schemars(extend("examples" = ["nvcc"]))]
    pub(in crate::config) cuda: Option<String>,
    /// The HIP compiler.
    #[schemars(extend("examples" = ["hipcc"]))]
    pub(in crate::config) hip: Option<String>,
    /// The assembler, usually a C compiler.
    #[schemars(extend("examples" = ["gcc"]))]
    pub(in crate::config) asm: Option<String>,
    /// The Fortran compiler.
    #[schemars(extend("examples" = ["gfortran"]))]
    pub(in crate::config) fortran: Option<String>,
}

/// Archiver, `strip` and other tools, by name or path.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "ar": "llvm-ar", "ranlib": "llvm-ranlib" }]))]
pub(in crate::config) struct Binutils {
    /// The archiver (`CMAKE_AR`).
    pub(in crate::config) ar: Option<String>,
    /// `CMAKE_RANLIB`
    pub(in crate::config) ranlib: Option<String>,
    /// `CMAKE_NM`
    pub(in crate::config) nm: Option<String>,
    /// `CMAKE_OBJCOPY`
    pub(in crate::config) objcopy: Option<String>,
    /// `CMAKE_OBJDUMP`
    pub(in crate::config) objdump: Option<String>,
    /// `CMAKE_STRIP`
    pub(in crate::config) strip: Option<String>,
    /// The Windows resource compiler (`CMAKE_RC_COMPILER`).
    pub(in crate::config) rc: Option<String>,
    /// The linker program that CMake calls if it does not link through the compiler (`CMAKE_LINKER`); see also
    /// `linker`.
    pub(in crate::config) ld: Option<String>,
}

/// The machine to build for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "system": "Linux", "processor": "aarch64", "triple": "aarch64-linux-gnu" }]))]
pub(in crate::config) struct Target {
    /// `CMAKE_SYSTEM_NAME`, such as Linux, Windows, Darwin or Generic. Required.
    #[schemars(required, extend("examples" = ["Linux", "Windows", "Darwin", "Android", "Generic"]))]
    pub(in crate::config) system: Option<String>,
    /// `CMAKE_SYSTEM_VERSION`, such as the API level of Android.
    #[schemars(extend("type" = ["string", "number"], "examples" = ["21"]))]
    pub(in crate::config) system_version: Option<String>,
    /// `CMAKE_SYSTEM_PROCESSOR`, such as aarch64.
    #[schemars(extend("examples" = ["aarch64", "arm", "x86_64", "riscv64"]))]
    pub(in crate::config) processor: Option<String>,
    /// Target triple, such as aarch64-linux-gnu. clang and zig get it as an argument; for the family gcc it is the
    /// prefix of the program names.
    #[schemars(extend("examples" = ["aarch64-linux-gnu", "arm-none-eabi", "x86_64-w64-mingw32"]))]
    pub(in crate::config) triple: Option<String>,
    /// Root folder of the target's headers and libraries.
    #[schemars(extend("examples" = ["/opt/sysroots/aarch64", "${SDK_ROOT}/sysroot"]))]
    pub(in crate::config) sysroot: Option<String>,
    /// Folder on the build machine for installed files (`CMAKE_STAGING_PREFIX`).
    #[schemars(extend("examples" = ["build/staging"]))]
    pub(in crate::config) staging: Option<String>,
    /// Binary interface (ABI): soft, softfp or hard for ARM; 32, x32 or 64 for x86; armeabi-v7a, arm64-v8a, x86 or
    /// x86_64 for Android; otherwise a value of `-mabi=`, such as lp64d.
    #[schemars(extend("type" = ["string", "number"], "examples" = ["hard", "arm64-v8a", "lp64d"]))]
    pub(in crate::config) abi: Option<String>,
    /// Folder of the GCC whose libraries clang uses (`CMAKE_<LANG>_COMPILER_EXTERNAL_TOOLCHAIN`).
    #[schemars(extend("examples" = ["/opt/gcc-14"]))]
    pub(in crate::config) gcc_toolchain: Option<String>,
    /// Folders that CMake searches for libraries, headers and packages of the target, before `sysroot`.
    #[schemars(extend("examples" = [["/opt/sysroots/more"]]))]
    pub(in crate::config) find_root_path: Option<Vec<String>>,
    /// Whether CMake searches the root folders of the target, by kind of file. Default: program never; if there is a root
    /// folder, only for the rest.
    pub(in crate::config) find_root: Option<FindRoot>,
}

/// Whether CMake searches the root folders of the target, by kind of file.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "library": "only", "include": "only" }]))]
pub(in crate::config) struct FindRoot {
    /// Programs. Default never, because the build machine runs them.
    pub(in crate::config) program: Option<FindMode>,
    /// Libraries.
    pub(in crate::config) library: Option<FindMode>,
    /// Headers.
    pub(in crate::config) include: Option<FindMode>,
    /// Packages.
    pub(in crate::config) package: Option<FindMode>,
}

/// The folders to search.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::config) enum FindMode {
    /// All except the root folders of the target.
    Never,
    /// Only the root folders of the target.
    Only,
    /// All, the root folders of the target first.
    Both,
}

/// Language standards of targets that do not set their own.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "cxx": 20 }]))]
pub(in crate::config) struct Standards {
    /// C: 90, 99, 11, 17 or 23.
    #[schemars(extend("examples" = [17]))]
    pub(in crate::config) c: Option<u32>,
    /// C++: 98, 11, 14, 17, 20, 23 or 26.
    #[schemars(extend("examples" = [20]))]
    pub(in crate::config) cxx: Option<u32>,
    /// Objective-C: same as C.
    #[schemars(extend("examples" = [17]))]
    pub(in crate::config) objc: Option<u32>,
    /// Objective-C++: same as C++.
    #[schemars(extend("examples" = [20]))]
    pub(in crate::config) objcxx: Option<u32>,
    /// CUDA: same as C++.
    #[schemars(extend("examples" = [17]))]
    pub(in crate::config) cuda: Option<u32>,
    /// HIP: same as C++.
    #[schemars(extend("examples" = [17]))]
    pub(in crate::config) hip: Option<u32>,
    /// Whether to enable the compiler's language extensions (gnu++20). Default: CMake's default.
    pub(in crate::config) extensions: Option<bool>,
}

/// Declares sections with these keys, and the given ones after them.
macro_rules! flags {
    ($($(#[$about:meta])* $name:ident { $($(#[$key_about:meta])* $key:ident: $type:ty)? })*) => { $(
        $(#[$about])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(extend("examples" = [{ "c": "-Wall", "cxx": "-Wall -Wextra" }]))]
        pub(in crate::config) struct $name {
            /// Flags for C.
            pub(in crate::config) c: Option<String>,
            /// Flags for C++.
            pub(in crate::config) cxx: Option<String>,
            /// Flags for Objective-C.
            pub(in crate::config) objc: Option<String>,
            /// Flags for Objective-C++.
            pub(in crate::config) objcxx: Option<String>,
            /// Flags for CUDA.
            pub(in crate::config) cuda: Option<String>,
            /// Flags for HIP.
            pub(in crate::config) hip: Option<String>,
            /// Flags for assembler.
            pub(in crate::config) asm: Option<String>,
            /// Flags for Fortran.
            pub(in crate::config) fortran: Option<String>,
            /// Flags for linking programs, shared libraries and modules.
            pub(in crate::config) linker: Option<String>,
            /// Flags for linking programs.
            pub(in crate::config) exe_linker: Option<String>,
            /// Flags for linking shared libraries.
            pub(in crate::config) shared_linker: Option<String>,
            /// Flags for linking modules (plug-ins).
            pub(in crate::config) module_linker: Option<String>,
            /// Flags of the archiver for static libraries.
            pub(in crate::config) static_linker: Option<String>,
            $($(#[$key_about])* pub(in crate::config) $key: $type,)?
        }
    )* };
}

flags! {
    /// Initial flags of a build folder.
    Flags {
        /// Further flags by build type.
        #[schemars(extend("examples" = [{ "Release": { "cxx": "-O3" } }]))]
        build_types: Option<BTreeMap<String, Option<BuildTypeFlags>>>
    }
    /// Further flags of one build type.
    BuildTypeFlags {}
}

/// A CMake variable: a value, or a mapping with type and value.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::config) enum Variable {
    /// A normal variable.
    Plain(#[schemars(extend("type" = ["string", "number", "boolean"]))] String),
    /// A cache entry.
    Typed(TypedVariable),
}

/// A cache entry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [{ "type": "PATH", "value": "/opt/sdk" }]))]
pub(in crate::config) struct TypedVariable {
    /// Type of the entry.
    #[serde(rename = "type")]
    #[schemars(required)]
    pub(in crate::config) kind: Option<VariableType>,
    /// Value of the entry.
    #[schemars(required, extend("type" = ["string", "number", "boolean"]))]
    pub(in crate::config) value: Option<String>,
}
