//! Ordinary targets without a change, which must hit in every place.

use super::{
    Case, Cell, GCC, MAKES_A_SOURCE, Misses, PRINTS_VALUE, PRINTS_VALUE_OF_HEADER, PROGRAM, case, kept,
};

/// A macro and a template.
const PRECOMPILED: &str =
    "#pragma once\n#include <cstdio>\n#define VALUE 2\ntemplate <class T> T twice(T t) { return t + t; }\n";
const USES_PRECOMPILED: &str = "int part();\nint main() { std::printf(\"%d\\n\", twice(part()) + VALUE); }\n";

/// Clang's precompiled header contains the paths of all files in it. sccache hashes these paths, because Clang ignores `-E` when it
/// writes such a header. ccache caches it only in direct mode, which is off, and hashes its content for each user.
fn misses_with_precompiled_header(cell: Cell, elsewhere: bool) -> Misses {
    match (cell.compiler, cell.is_sccache(), elsewhere) {
        (GCC, _, _) | (_, true, false) => Misses::Nothing,
        (_, true, true) | (_, false, false) => Misses::Headers,
        (_, false, true) => Misses::All,
    }
}

pub(super) const CASES: &[Case] = &[
    case("C", &[PROGRAM, kept("main.c", PRINTS_VALUE_OF_HEADER), kept("value.h", "#define VALUE 1\n")]),
    case(
        "C++",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.cpp part/part.cpp)\ntarget_include_directories(% PRIVATE include)\n",
            ),
            kept(
                "main.cpp",
                "#include <cstdio>\n#include \"twice.hpp\"\nint part();\nint main() { std::printf(\"%d\\n\", twice(part())); }\n",
            ),
            kept("part/part.cpp", "#include \"twice.hpp\"\nint part() { return twice(1); }\n"),
            kept("include/twice.hpp", "template <class T> T twice(T t) { return t + t; }\n"),
        ],
    ),
    case(
        "assertions and file names",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <assert.h>\n#include <stdio.h>\nstatic const char *last(const char *n) { const char *e = n; while (*n) if (*n++ == '/') e = n; return e; }\n\
                 int main(int argc, char **argv) { (void)argv; assert(argc); puts(last(__FILE__)); return 0; }\n",
            ),
        ],
    ),
    case(
        "definitions",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c)\ntarget_compile_definitions(% PRIVATE VALUE=7 [[WORD=\"a b\"]])\n",
            ),
            kept("main.c", PRINTS_VALUE),
        ],
    ),
    case(
        "a configured header",
        &[
            kept(
                "CMakeLists.txt",
                "set(VALUE 1)\nconfigure_file(value.h.in value.h)\nadd_executable(% main.c)\ntarget_include_directories(% PRIVATE ${CMAKE_CURRENT_BINARY_DIR})\n",
            ),
            kept("value.h.in", "#define VALUE @VALUE@\n"),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
        ],
    ),
    case(
        "a generated source",
        &[
            kept("CMakeLists.txt", MAKES_A_SOURCE),
            kept("made.txt", "int value(void) { return 1; }\n"),
            kept(
                "main.c",
                "#include <stdio.h>\nint value(void);\nint main(void) { printf(\"%d\\n\", value()); return 0; }\n",
            ),
        ],
    ),
    case(
        "a unity build",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c one.c two.c)\nset_target_properties(% PROPERTIES UNITY_BUILD ON)\n",
            ),
            kept(
                "main.c",
                "#include <stdio.h>\nint one(void);\nint two(void);\nint main(void) { printf(\"%d\\n\", one() + two()); return 0; }\n",
            ),
            kept("one.c", "int one(void) { return 1; }\n"),
            kept("two.c", "int two(void) { return 2; }\n"),
        ],
    )
    // Clang writes a checksum of the generated source, which contains paths.
    .containing_paths(),
    case(
        "position independent code in a library",
        &[
            kept(
                "CMakeLists.txt",
                "add_library(% SHARED main.c)\nset_target_properties(% PROPERTIES C_VISIBILITY_PRESET hidden)\n",
            ),
            kept("main.c", "int answer(void) { return 42; }\n"),
        ],
    ),
    case(
        "Objective-C",
        &[
            kept("CMakeLists.txt", "add_library(% OBJECT main.m)\n"),
            kept(
                "main.m",
                "@interface Thing\n+ (int)value;\n@end\n@implementation Thing\n+ (int)value { return 1; }\n@end\n",
            ),
        ],
    )
    // Clang names a module of Objective-C by its source.
    .containing_paths(),
    case(
        "Objective-C++",
        &[
            kept("CMakeLists.txt", "add_library(% OBJECT main.mm)\n"),
            kept(
                "main.mm",
                "template <int n> int give() { return n; }\n@interface Thing\n+ (int)value;\n@end\n@implementation Thing\n+ (int)value { return give<1>(); }\n@end\n",
            ),
        ],
    )
    .containing_paths(),
    case(
        "C and assembler",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c text.S)\n"),
            kept("main.c", "#include <stdio.h>\nextern char text[];\nint main(void) { puts(text); return 0; }\n"),
            kept(
                "text.S",
                "#define WORD \"one\"\n.data\n.globl text\ntext: .asciz WORD\n.section .note.GNU-stack,\"\",%progbits\n",
            ),
        ],
    ),
    case(
        "split debug information",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c part/part.c)\ntarget_compile_options(% PRIVATE -g -gsplit-dwarf)\n",
            ),
            kept("main.c", "int part(void);\nint main(void) {\n  int local = part();\n  return local;\n}\n"),
            kept("part/part.c", "int part(void) { return 0; }\n"),
        ],
    )
    .expected_misses(|cell, elsewhere| {
        if elsewhere && !cell.shares_debug_information() { Misses::All } else { Misses::Nothing }
    }),
    case(
        "a precompiled header",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.cpp part/part.cpp)\ntarget_precompile_headers(% PRIVATE header.h)\n",
            ),
            kept("header.h", PRECOMPILED),
            kept("main.cpp", USES_PRECOMPILED),
            kept("part/part.cpp", "int part() { return twice(VALUE); }\n"),
        ],
    )
    .expected_misses(misses_with_precompiled_header)
    // Objects with debug information contain the path, too.
    .containing_paths_with(|cell| cell.compiler != GCC),
    case(
        "a precompiled header of another target",
        &[
            kept(
                "CMakeLists.txt",
                "add_library(%_owner STATIC part.cpp)\ntarget_precompile_headers(%_owner PRIVATE header.h)\n\
                 add_executable(% main.cpp)\ntarget_link_libraries(% PRIVATE %_owner)\ntarget_precompile_headers(% REUSE_FROM %_owner)\n",
            ),
            kept("header.h", PRECOMPILED),
            kept("main.cpp", USES_PRECOMPILED),
            kept("part.cpp", "int part() { return twice(VALUE); }\n"),
        ],
    )
    .expected_misses(misses_with_precompiled_header)
    // Objects with debug information contain the path, too.
    .containing_paths_with(|cell| cell.compiler != GCC),
];
