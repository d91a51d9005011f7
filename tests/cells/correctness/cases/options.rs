//! Changes of options.

use super::{CLANG, Case, GCC, NEWEST_CLANG, PRINTS_VALUE, PRINTS_VALUE_OF_HEADER, case, changed, kept};

/// Its object depends on options for macros and for code.
const MAIN: &str = "#include <stdio.h>\n#ifndef VALUE\n#define VALUE 3\n#endif\nstatic int f(int n) { int s = 0; for (int i = 0; i < n; i++) s += i * VALUE; return s; }\n\
                    int g(int n) { return f(n); }\nvoid h(float *a, const float *b, int n) { for (int i = 0; i < n; i++) a[i] += b[i]; }\n                    int main(void) { printf(\"%ld %d\\n\", __STDC_VERSION__, VALUE); return 0; }\n";

macro_rules! options {
    ($before:literal, $after:literal) => {
        changed(
            "CMakeLists.txt",
            concat!("add_executable(% main.c)\ntarget_compile_options(% PRIVATE ", $before, ")\n"),
            concat!("add_executable(% main.c)\ntarget_compile_options(% PRIVATE ", $after, ")\n"),
        )
    };
}

pub(super) const CASES: &[Case] = &[
    case("a definition", &[options!("-DVALUE=1", "-DVALUE=2"), kept("main.c", MAIN)]),
    case(
        "a macro definition with spaces and quotes",
        &[
            options!("[[-DVALUE=puts(\"a b\")]]", "[[-DVALUE=puts(\"a  b\")]]"),
            kept("main.c", "#include <stdio.h>\nint main(void) { VALUE; return 0; }\n"),
        ],
    ),
    case("a macro definition followed by -U", &[options!("-DVALUE=1", "-DVALUE=1 -UVALUE"), kept("main.c", MAIN)]),
    case("a macro definition in -Wp", &[options!("-Wp,-DVALUE=1", "-Wp,-DVALUE=2"), kept("main.c", MAIN)]),
    case(
        "a macro definition in -Xpreprocessor",
        &[
            options!("\"SHELL:-Xpreprocessor -DVALUE=1\"", "\"SHELL:-Xpreprocessor -DVALUE=2\""),
            kept("main.c", MAIN),
        ],
    ),
    case("optimisation", &[options!("-O0", "-O2"), kept("main.c", MAIN)]),
    case("debug information", &[options!("-O1", "-O1 -g"), kept("main.c", MAIN)]),
    case("the version of debug information", &[options!("-g -gdwarf-4", "-g -gdwarf-5"), kept("main.c", MAIN)]),
    case("the language standard", &[options!("-std=c99", "-std=c11"), kept("main.c", MAIN)]),
    case("position independent code", &[options!("-fPIE", "-fPIC"), kept("main.c", "int v;\nint *p(void) { return &v; }\nint main(void) { return *p(); }\n")]),
    case("the processor", &[options!("-O3 -march=x86-64", "-O3 -march=x86-64-v3"), kept("main.c", MAIN)]),
    case("the visibility of symbols", &[options!("-fvisibility=default", "-fvisibility=hidden"), kept("main.c", MAIN)]),
    case("the sign of char", &[options!("-fsigned-char", "-funsigned-char"), kept("main.c", "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (int)(char)200); return 0; }\n")]),
    case("assertions", &[options!("-DNDEBUG", "-UNDEBUG"), kept("main.c", "#include <assert.h>\nint main(int argc, char **argv) { (void)argv; assert(argc); return 0; }\n")]),
    case(
        "a header from -include",
        &[
            options!("-include ${CMAKE_CURRENT_SOURCE_DIR}/forced.h", "-include ${CMAKE_CURRENT_SOURCE_DIR}/forced.h"),
            changed("forced.h", "#define VALUE 1\n", "#define VALUE 2\n"),
            kept("main.c", PRINTS_VALUE),
        ],
    ),
    case(
        "macros from -imacros",
        &[
            options!("-imacros ${CMAKE_CURRENT_SOURCE_DIR}/forced.h", "-imacros ${CMAKE_CURRENT_SOURCE_DIR}/forced.h"),
            changed("forced.h", "#define VALUE 1\n", "#define VALUE 2\n"),
            kept("main.c", PRINTS_VALUE),
        ],
    ),
    case(
        "the order of the search path",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% main.c)\ntarget_include_directories(% PRIVATE one two)\n",
                "add_executable(% main.c)\ntarget_include_directories(% PRIVATE two one)\n",
            ),
            kept("one/value.h", "#define VALUE 1\n"),
            kept("two/value.h", "#define VALUE 2\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
        ],
    ),
    case(
        "a response file",
        &[
            options!("@${CMAKE_CURRENT_SOURCE_DIR}/arguments.rsp", "@${CMAKE_CURRENT_SOURCE_DIR}/arguments.rsp"),
            changed("arguments.rsp", "-DVALUE=1\n-O1\n", "-DVALUE=2\n-O1\n"),
            kept("main.c", PRINTS_VALUE),
        ],
    ),
    case(
        "a nested response file",
        &[
            options!("@${CMAKE_CURRENT_SOURCE_DIR}/outer.rsp", "@${CMAKE_CURRENT_SOURCE_DIR}/outer.rsp"),
            changed("outer.rsp", "-O1 -DVALUE='1 + 1'\n", "-O1 -DVALUE='1 + 2'\n"),
            kept("main.c", PRINTS_VALUE),
        ],
    ),
    case(
        "the language of a source",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% main.c)\n",
                "add_executable(% main.c)\nset_source_files_properties(main.c PROPERTIES LANGUAGE CXX)\n",
            ),
            kept("main.c", "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (int)sizeof('a')); return 0; }\n"),
        ],
    ),
    case(
        "the compiler's specs",
        &[
            options!("-specs=${CMAKE_CURRENT_SOURCE_DIR}/my.specs", "-specs=${CMAKE_CURRENT_SOURCE_DIR}/my.specs"),
            changed("my.specs", "*cpp_unique_options:\n+ -DVALUE=1\n\n", "*cpp_unique_options:\n+ -DVALUE=2\n\n"),
            kept("main.c", PRINTS_VALUE),
        ],
    )
    .only(&[GCC]),
    case(
        "specs that change code generation",
        &[
            options!("-specs=${CMAKE_CURRENT_SOURCE_DIR}/my.specs", "-specs=${CMAKE_CURRENT_SOURCE_DIR}/my.specs"),
            changed("my.specs", "*cc1_options:\n+ -O1\n\n", "*cc1_options:\n+ -O3\n\n"),
            kept("main.c", MAIN),
        ],
    )
    .only(&[GCC]),
    case(
        "a configuration file of the compiler",
        &[
            options!("--config=${CMAKE_CURRENT_SOURCE_DIR}/my.cfg", "--config=${CMAKE_CURRENT_SOURCE_DIR}/my.cfg"),
            changed("my.cfg", "-O1\n", "-O1\n-DVALUE=4\n"),
            kept("main.c", MAIN),
        ],
    )
    .only(&[NEWEST_CLANG]),
    case(
        "a sanitizer ignore list",
        &[
            kept(
                "CMakeLists.txt",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -fsanitize=undefined -fsanitize-ignorelist=${CMAKE_CURRENT_SOURCE_DIR}/ignore.txt)\n",
            ),
            changed("ignore.txt", "fun:other\n", "fun:divide\n"),
            kept("main.c", "int divide(int a, int b) { return a / b; }\n"),
        ],
    )
    .only(&[CLANG, NEWEST_CLANG]),
    case(
        "a sampled profile",
        &[
            kept(
                "CMakeLists.txt",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -O2 -gline-tables-only -fprofile-sample-use=${CMAKE_CURRENT_SOURCE_DIR}/profile.txt)\n",
            ),
            changed(
                "profile.txt",
                "work:2000:1000\n 1: 1000\n 2: 990 a:990\n 4: 10 b:10\n 5: 1000\n",
                "work:2000:1000\n 1: 1000\n 2: 10 a:10\n 4: 990 b:990\n 5: 1000\n",
            ),
            kept(
                "main.c",
                "void a(void);\nvoid b(void);\nint work(int n) {\n  if (n > 3)\n    a();\n  else\n    b();\n  return n;\n}\n",
            ),
        ],
    )
    .only(&[CLANG, NEWEST_CLANG]),
    case("a path mapping in debug information", &[options!("-g -fdebug-prefix-map=${CMAKE_BINARY_DIR}=/one", "-g -fdebug-prefix-map=${CMAKE_BINARY_DIR}=/two"), kept("main.c", "int main(void) { return 0; }\n")])
    // Clang 14 uses the first matching option, which is ours.
    .only(&[GCC, NEWEST_CLANG]),
    case("a path mapping in macros", &[options!("-fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=/one", "-fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}=/two"), kept("main.c", "#include <stdio.h>\nint main(void) { puts(__FILE__); return 0; }\n")]).containing_paths(),
];
