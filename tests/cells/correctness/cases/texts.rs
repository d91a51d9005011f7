//! Changes of sources and headers.

use super::{
    CLANG, Case, DEBUG_PROGRAM, GCC, MAKES_A_SOURCE, NEWEST_CLANG, PRINTS_VALUE_OF_HEADER, PROGRAM, added,
    case, changed, kept, removed,
};
use crate::support::Tool;

/// Prints the text that an assembler statement includes.
const PRINTS_INCLUDED_TEXT: &str = "#include <stdio.h>\n__asm__(\".globl text\\n.data\\ntext: .incbin \\\"data.txt\\\"\\n.byte 0\\n.text\\n\");\nextern char text[];\n\
                 int main(void) { puts(text); return 0; }\n";

pub(super) const CASES: &[Case] = &[
    case("a source", &[PROGRAM, changed("main.c", "int main(void) { return 0; }\n", "int main(void) { return 0 * 2 + 1 - 1; }\nint more;\n")]),
    case(
        "a macro in a header",
        &[PROGRAM, kept("main.c", PRINTS_VALUE_OF_HEADER), changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n")],
    ),
    case(
        "a header with unchanged size and time",
        &[
            PROGRAM,
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n").keeping_modification_time(),
        ],
    ),
    case(
        "an indirectly included header",
        &[
            PROGRAM,
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            kept("value.h", "#include \"inner.h\"\n"),
            changed("inner.h", "enum { VALUE = 1 };\n", "enum { VALUE = 2 };\n"),
        ],
    ),
    case(
        "a header in a system folder",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_include_directories(% SYSTEM PRIVATE system)\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            changed("system/value.h", "#define VALUE 1\n", "#define VALUE 2\n"),
        ],
    ),
    case(
        "a header earlier in the search path",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            kept("first/other.h", ""),
            added("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a removed header earlier in the search path",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            kept("first/other.h", ""),
            removed("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "an optional header",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#if __has_include(\"value.h\")\n#include \"value.h\"\n#else\n#define VALUE 1\n#endif\n\
                 int main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            added("value.h", "#define VALUE 2\n"),
        ],
    ),
    case(
        "a header moved to another folder",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n"),
            kept("main.c", "#include <stdio.h>\n#include \"value.h\"\nint main(void) { puts(name() + sizeof name() * 0); return 0; }\n"),
            kept("first/other.h", ""),
            kept("second/other.h", ""),
            removed("first/value.h", "static const char *name(void) { const char *n = __FILE__; while (*n) n++; return n - 14; }\n"),
            added("second/value.h", "static const char *name(void) { const char *n = __FILE__; while (*n) n++; return n - 14; }\n"),
        ],
    ),
    case(
        "a header included twice",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#define NAME a\n#include \"each.inc\"\n#undef NAME\n#define NAME b\n#include \"each.inc\"\n\
                 int main(void) { printf(\"%d\\n\", a() + b()); return 0; }\n",
            ),
            changed("each.inc", "static int NAME(void) { return 1; }\n", "static int NAME(void) { return 2; }\n"),
        ],
    ),
    case(
        "lines of a source with debug information",
        &[
            DEBUG_PROGRAM,
            changed("main.c", "int main(void) {\n  return 0;\n}\n", "/* A comment\n   of two lines. */\nint main(void) {\n  return 0;\n}\n"),
        ],
    ),
    case(
        "lines of a header with debug information",
        &[
            DEBUG_PROGRAM,
            kept("main.c", "#include \"value.h\"\nint main(void) { return value(); }\n"),
            changed(
                "value.h",
                "static inline int value(void) {\n  return 0;\n}\n",
                "/* A comment. */\n\nstatic inline int value(void) {\n  return 0;\n}\n",
            ),
        ],
    ),
    case(
        "columns of a source with debug information",
        &[
            DEBUG_PROGRAM,
            changed("main.c", "int f(int a) { return a; }\nint main(void) { return f(0); }\n", "int f(int a) { return a; }\nint main(void) { return   f(0); }\n"),
        ],
    ).unnoticed_by(|_| true),
    case(
        "a line number from __LINE__",
        &[
            PROGRAM,
            changed(
                "main.c",
                "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", __LINE__); return 0; }\n",
                "#include <stdio.h>\n\nint main(void) { printf(\"%d\\n\", __LINE__); return 0; }\n",
            ),
        ],
    ),
    case(
        "a line number from __builtin_LINE",
        &[
            PROGRAM,
            changed(
                "main.c",
                "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", __builtin_LINE()); return 0; }\n",
                "#include <stdio.h>\n// A comment.\nint main(void) { printf(\"%d\\n\", __builtin_LINE()); return 0; }\n",
            ),
        ],
    ),
    case(
        "a line number from std::source_location",
        &[
            kept("CMakeLists.txt", "add_executable(% main.cpp)\ntarget_compile_features(% PRIVATE cxx_std_20)\n"),
            kept(
                "main.cpp",
                "#include <cstdio>\n#include \"place.h\"\nint main() { std::printf(\"%u\\n\", place()); }\n",
            ),
            changed(
                "place.h",
                "#include <source_location>\ninline unsigned place() { return std::source_location::current().line(); }\n",
                "#include <source_location>\n\n\n\ninline unsigned place() { return std::source_location::current().line(); }\n",
            ),
        ],
    )
    .only(&[GCC, NEWEST_CLANG]),
    case(
        "a #line directive",
        &[
            DEBUG_PROGRAM,
            changed("main.c", "#line 10 \"grammar.y\"\nint main(void) { return 0; }\n", "#line 20 \"grammar.y\"\nint main(void) { return 0; }\n"),
        ],
    ),
    case(
        "spaces in a string",
        &[
            PROGRAM,
            changed(
                "main.c",
                "#include <stdio.h>\nint main(void) { puts(\"a b // c\"); return 0; }\n",
                "#include <stdio.h>\nint main(void) { puts(\"a  b // c\"); return 0; }\n",
            ),
        ],
    ),
    case(
        "a pragma",
        &[
            PROGRAM,
            changed(
                "main.c",
                "#include <stdio.h>\n#pragma pack(1)\nstruct s { char a; int b; };\nint main(void) { printf(\"%d\\n\", (int)sizeof(struct s)); return 0; }\n",
                "#include <stdio.h>\n#pragma pack(2)\nstruct s { char a; int b; };\nint main(void) { printf(\"%d\\n\", (int)sizeof(struct s)); return 0; }\n",
            ),
        ],
    ),
    case(
        "a file that an assembler statement includes",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_compile_options(% PRIVATE -Wa,-I,${CMAKE_CURRENT_SOURCE_DIR})\n"),
            kept("main.c", PRINTS_INCLUDED_TEXT),
            changed("data.txt", "one", "two"),
        ],
    ),
    case(
        "a file that an assembler statement includes, marked by the project",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_compile_options(% PRIVATE -Wa,-I,${CMAKE_CURRENT_SOURCE_DIR})\nset_source_files_properties(main.c PROPERTIES COMPILE_DEFINITIONS TOOLCHAINKIT_NO_CACHE)\n"),
            kept("main.c", PRINTS_INCLUDED_TEXT),
            changed("data.txt", "one", "two"),
        ],
    ),
    case(
        "a file that a header's assembler statement includes",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_compile_options(% PRIVATE -Wa,-I,${CMAKE_CURRENT_SOURCE_DIR})\n"),
            kept("main.c", "#include <stdio.h>\n#include \"data.h\"\nint main(void) { puts(text); return 0; }\n"),
            kept(
                "data.h",
                "#define STRING(x) #x\n#define DATA(f) __asm__(\".globl text\\n.data\\ntext:\\n .incbin  \" STRING(f) \"\\n.byte 0\\n.text\\n\")\nDATA(\"data.txt\");\nextern char text[];\n",
            ),
            changed("data.txt", "one", "two"),
        ],
    ).unnoticed_by(|cell| cell.is_sccache() || cell.cache == Tool::System("ccache")),
    case(
        "a file that #embed includes",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#pragma clang diagnostic ignored \"-Wc23-extensions\"\nconst char text[] = {\n#embed \"data.txt\"\n, 0};\nint main(void) { puts(text); return 0; }\n",
            ),
            changed("data.txt", "one", "two"),
        ],
    )
    .only(&[NEWEST_CLANG]),
    case(
        "the time of day",
        &[
            PROGRAM,
            kept("main.c", "#include <stdio.h>\nint main(void) { puts(__DATE__ \" \" __TIME__); return 0; }\n"),
        ],
    )
    .volatile(),
    case(
        "the time of day in a header",
        &[
            PROGRAM,
            kept("main.c", "#include <stdio.h>\n#include \"built.h\"\nint main(void) { puts(BUILT); return 0; }\n"),
            kept("built.h", "#define BUILT __TIME__\n"),
        ],
    )
    .volatile(),
    case(
        "a configured header",
        &[
            changed(
                "CMakeLists.txt",
                "set(VALUE 1)\nconfigure_file(value.h.in value.h)\nadd_executable(% main.c)\ntarget_include_directories(% PRIVATE ${CMAKE_CURRENT_BINARY_DIR})\n",
                "set(VALUE 2)\nconfigure_file(value.h.in value.h)\nadd_executable(% main.c)\ntarget_include_directories(% PRIVATE ${CMAKE_CURRENT_BINARY_DIR})\n",
            ),
            kept("value.h.in", "#define VALUE @VALUE@\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
        ],
    ),
    case(
        "a generated header",
        &[
            kept(
                "CMakeLists.txt",
                "add_custom_command(OUTPUT value.h COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/value.txt value.h DEPENDS value.txt)\n\
                 add_executable(% main.c value.h)\ntarget_include_directories(% PRIVATE ${CMAKE_CURRENT_BINARY_DIR})\n",
            ),
            changed("value.txt", "#define VALUE 1\n", "#define VALUE 2\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
        ],
    ),
    case(
        "a generated source",
        &[
            kept("CMakeLists.txt", MAKES_A_SOURCE),
            changed("made.txt", "int value(void) { return 1; }\n", "int value(void) { return 2; }\n"),
            kept("main.c", "#include <stdio.h>\nint value(void);\nint main(void) { printf(\"%d\\n\", value()); return 0; }\n"),
        ],
    ),
    case(
        "the folder of a source",
        &[
            changed("CMakeLists.txt", "add_executable(% one/main.c)\n", "add_executable(% two/main.c)\n"),
            kept("one/main.c", "#include <stdio.h>\nint main(void) { const char *n = __FILE__; while (*n) n++; puts(n - 10); return 0; }\n"),
            kept("two/main.c", "#include <stdio.h>\nint main(void) { const char *n = __FILE__; while (*n) n++; puts(n - 10); return 0; }\n"),
        ],
    ),
    case(
        "the folder of a source with debug information",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% one/main.c)\ntarget_compile_options(% PRIVATE -g)\n",
                "add_executable(% two/main.c)\ntarget_compile_options(% PRIVATE -g)\n",
            ),
            kept("one/main.c", "int main(void) { return 0; }\n"),
            kept("two/main.c", "int main(void) { return 0; }\n"),
        ],
    ),
    case(
        "a template in a header",
        &[
            kept("CMakeLists.txt", "add_executable(% main.cpp)\n"),
            kept("main.cpp", "#include <cstdio>\n#include \"twice.hpp\"\nint main() { std::printf(\"%d\\n\", twice(3)); }\n"),
            changed(
                "twice.hpp",
                "template <class T> T twice(T t) { return t + t; }\n",
                "template <class T> T twice(T t) { return t + t + T(); }\ntemplate int twice(int);\n",
            ),
        ],
    ),
    case(
        "a macro that is only used in a directive",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#include \"switch.h\"\n#ifdef FAST\n#define WORD \"fast\"\n#else\n#define WORD \"slow\"\n#endif\nint main(void) { puts(WORD); return 0; }\n",
            ),
            changed("switch.h", "/* #define FAST */\n", "#define FAST\n"),
        ],
    )
    .only(&[GCC, CLANG, NEWEST_CLANG]),
];
