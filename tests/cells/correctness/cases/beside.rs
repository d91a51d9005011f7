//! Options with which the compiler writes a file beside the object: after a hit, this file also exists, or there is no hit.

use super::{CLANG, Case, File, GCC, NEWEST_CLANG, case, changed, kept};

/// Its two states give different files with each option.
const MAIN: File = changed(
    "main.c",
    "static int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i * 3; return s; }\nint g(int n) { return f(n); }\n",
    "void h(char *);\nint g(int n) { char text[200]; h(text); for (int i = 0; i < n; i++) text[0] += text[i]; return text[0]; }\n",
);

/// A library of one object, with options.
macro_rules! with {
    ($options:literal) => {
        kept(
            "CMakeLists.txt",
            concat!(
                "set(beside ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/%.dir/main)\nadd_library(% OBJECT main.c)\n",
                "target_compile_options(% PRIVATE ",
                $options,
                ")\n"
            ),
        )
    };
}

pub(super) const CASES: &[Case] = &[
    case("the use of the stack beside the object", &[with!("-fstack-usage"), MAIN]).uncached(),
    case("the graph of calls beside the object", &[with!("-fcallgraph-info"), MAIN]).only(&[GCC]).uncached(),
    case("a dump of GCC beside the object", &[with!("-fdump-tree-optimized"), MAIN]).only(&[GCC]).uncached(),
    case("all dumps of GCC beside the object", &[with!("-da"), MAIN]).only(&[GCC]).uncached(),
    case("a record of optimisation beside the object", &[with!("-O2 -fsave-optimization-record"), MAIN])
        .uncached(),
    case(
        "a file of remarks that GCC is told to write",
        &[with!("-O2 -fopt-info-all=${beside}.remarks"), MAIN],
    )
    .only(&[GCC])
    .uncached(),
    case("a listing of types beside the object", &[with!("\"SHELL:-aux-info ${beside}.types\""), MAIN])
        .only(&[GCC])
        .uncached(),
    case("the dependencies of the assembler", &[with!("-Wa,--MD,${beside}.assembled"), MAIN])
        .only(&[GCC])
        .uncached(),
    case("a listing of the assembler", &[with!("-Wa,-adhln=${beside}.listing"), MAIN])
        .only(&[GCC])
        .uncached(),
    case("a trace of the compiler's time", &[with!("-ftime-trace"), MAIN])
        .only(&[CLANG, NEWEST_CLANG])
        .uncached(),
];
