//! Changes with `clang-cl`, whose options are those of Microsoft's compiler. There are no headers and libraries of Microsoft, so the
//! cases are objects in C.

use super::{Case, File, case, changed, file, kept, removed};

/// An object whose content depends on `VALUE`.
const MAIN: File = kept("main.c", "int value(void);\nint value(void) { return VALUE; }\n");
/// The same, with `VALUE` from `value.h`.
const MAIN_WITH_HEADER: File =
    kept("main.c", "#include \"value.h\"\nint value(void);\nint value(void) { return VALUE; }\n");
/// Code that optimization changes.
const LOOP: File =
    kept("main.c", "int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += i * i; return s; }\n");
const OBJECT: File = kept("CMakeLists.txt", "add_library(% OBJECT main.c)\n");
const TWO_FOLDERS: File = kept(
    "CMakeLists.txt",
    "add_library(% OBJECT main.c)\ntarget_include_directories(% PRIVATE first second)\n",
);

macro_rules! options {
    ($before:literal, $after:literal) => {
        changed(
            "CMakeLists.txt",
            concat!("add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE ", $before, ")\n"),
            concat!("add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE ", $after, ")\n"),
        )
    };
    ($options:literal) => {
        options!($options, $options)
    };
}

pub(in super::super) const CASES: &[Case] = &[
    case(
        "a source",
        &[OBJECT, changed("main.c", "int f(void) { return 1; }\n", "int f(void) { return 2; }\n")],
    ),
    case(
        "a macro in a header",
        &[OBJECT, MAIN_WITH_HEADER, changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n")],
    ),
    case(
        "a header with unchanged size and time",
        &[
            OBJECT,
            MAIN_WITH_HEADER,
            changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n").keeping_modification_time(),
        ],
    ),
    case(
        "an indirectly included header with letters that are not ASCII",
        &[
            OBJECT,
            MAIN_WITH_HEADER,
            kept("value.h", "#include \"Größe innen.h\"\n"),
            changed("Größe innen.h", "enum { VALUE = 1 };\n", "enum { VALUE = 2 };\n"),
        ],
    ),
    case(
        "an old header earlier in the search path",
        &[
            TWO_FOLDERS,
            MAIN_WITH_HEADER,
            kept("first/other.h", ""),
            file("first/value.h", None, Some("#define VALUE 2\n")).keeping_modification_time(),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a removed header earlier in the search path",
        &[
            TWO_FOLDERS,
            MAIN_WITH_HEADER,
            removed("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case("a definition with /D", &[options!("/DVALUE=1", "/DVALUE=2"), MAIN]),
    case("a definition in two words", &[options!("\"SHELL:/D VALUE=1\"", "\"SHELL:/D VALUE=2\""), MAIN]),
    case("a definition that /U removes", &[options!("/DVALUE=1", "/DVALUE=1 /UVALUE /DVALUE=3"), MAIN]),
    case("a definition with a minus sign", &[options!("-DVALUE=1", "-DVALUE=2"), MAIN]),
    case("optimization", &[options!("/Od", "/O2"), LOOP]),
    case(
        "the processor",
        &[
            options!("/O2", "/O2 /arch:AVX2"),
            kept(
                "main.c",
                "void f(float *a, const float *b, int n) { for (int i = 0; i < n; i++) a[i] += b[i]; }\n",
            ),
        ],
    ),
    case(
        "lines with debug information",
        &[
            options!("/Z7"),
            changed(
                "main.c",
                "int f(int a) {\n  return a;\n}\n",
                "/* one\n   two */\nint f(int a) {\n  return a;\n}\n",
            ),
        ],
    ),
    case(
        "the sign of char",
        &[options!("/O1", "/O1 /J"), kept("main.c", "int f(void);\nint f(void) { return (char)200; }\n")],
    ),
    case(
        "runtime checks of buffers",
        &[
            options!("/GS", "/GS-"),
            kept("main.c", "void h(char *);\nint g(void) { char t[200]; h(t); return t[1]; }\n"),
        ],
    ),
    case(
        "the runtime library",
        &[
            options!("/MT", "/MD"),
            kept(
                "main.c",
                "#ifdef _DLL\nint value(void) { return 1; }\n#else\nint value(void) { return 2; }\n#endif\n",
            ),
        ],
    ),
    case(
        "the language standard",
        &[
            options!("/std:c11", "/std:c17"),
            kept("main.c", "long f(void);\nlong f(void) { return __STDC_VERSION__; }\n"),
        ],
    ),
    case(
        "a header from /FI",
        &[
            options!("/FI${CMAKE_CURRENT_SOURCE_DIR}/forced.h"),
            changed("forced.h", "#define VALUE 1\n", "#define VALUE 2\n"),
            MAIN,
        ],
    ),
    case(
        "the order of /I",
        &[
            options!(
                "/I${CMAKE_CURRENT_SOURCE_DIR}/one /I${CMAKE_CURRENT_SOURCE_DIR}/two",
                "/I${CMAKE_CURRENT_SOURCE_DIR}/two /I${CMAKE_CURRENT_SOURCE_DIR}/one"
            ),
            kept("one/value.h", "#define VALUE 1\n"),
            kept("two/value.h", "#define VALUE 2\n"),
            kept("main.c", "#include \"value.h\"\nint value(void) { return VALUE; }\n"),
        ],
    ),
    case(
        "an external folder",
        &[
            options!("\"SHELL:/external:I \\\"${CMAKE_CURRENT_SOURCE_DIR}/outside\\\"\""),
            changed("outside/value.h", "#define VALUE 1\n", "#define VALUE 2\n"),
            kept("main.c", "#include <value.h>\nint value(void) { return VALUE; }\n"),
        ],
    ),
    case(
        "a response file",
        &[
            options!("@${CMAKE_CURRENT_SOURCE_DIR}/arguments.rsp"),
            changed("arguments.rsp", "/DVALUE=1\n/O1\n", "/DVALUE=2\n/O1\n"),
            MAIN,
        ],
    ),
    case("an option of Clang behind /clang:", &[options!("/clang:-DVALUE=1", "/clang:-DVALUE=2"), MAIN]),
    case(
        "a source as C++",
        &[options!("/TC", "/TP"), kept("main.c", "int f(void) { return sizeof('a'); }\n")],
    ),
    case(
        "a line number from __LINE__",
        &[
            OBJECT,
            changed("main.c", "int f(void) { return __LINE__; }\n", "\nint f(void) { return __LINE__; }\n"),
        ],
    ),
];
