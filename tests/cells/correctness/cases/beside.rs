//! Options with which the compiler writes a file beside the object: after a hit, this file also exists, or there is no hit.

use super::{CLANG, Case, File, GCC, NEWEST_CLANG, case, changed, kept};

/// With each option, the two states give different files.
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
    case("a stack usage file", &[with!("-fstack-usage"), MAIN]).uncached(),
    case("a call graph file", &[with!("-fcallgraph-info"), MAIN]).only(&[GCC]).uncached(),
    case("a GCC dump file", &[with!("-fdump-tree-optimized"), MAIN]).only(&[GCC]).uncached(),
    case("all GCC dump files", &[with!("-da"), MAIN]).only(&[GCC]).uncached(),
    case("an optimisation record file", &[with!("-O2 -fsave-optimization-record"), MAIN]).uncached(),
    case("an optimisation remarks file", &[with!("-O2 -fopt-info-all=${beside}.remarks"), MAIN])
        .only(&[GCC])
        .uncached(),
    case("a declarations file", &[with!("\"SHELL:-aux-info ${beside}.types\""), MAIN])
        .only(&[GCC])
        .uncached(),
    case("an assembler dependency file", &[with!("-Wa,--MD,${beside}.assembled"), MAIN])
        .only(&[GCC])
        .uncached(),
    case("an assembler listing file", &[with!("-Wa,-adhln=${beside}.listing"), MAIN]).only(&[GCC]).uncached(),
    case("a time trace file", &[with!("-ftime-trace"), MAIN]).only(&[CLANG, NEWEST_CLANG]).uncached(),
];
