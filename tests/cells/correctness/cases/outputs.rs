//! More than one source or more than one output: precompiled headers, unity builds, coverage, split debug information,
//! other languages.

use super::{CLANG, Case, GCC, NEWEST_CLANG, PRINTS_VALUE, case, changed, kept};

const PRECOMPILED: &str = "add_executable(% main.cpp)\ntarget_precompile_headers(% PRIVATE header.h)\n";
const PRINTS_VALUE_IN_CXX: &str = "#include <cstdio>\nint main() { std::printf(\"%d\\n\", int(VALUE)); }\n";
const UNITY: &str =
    "add_executable(% main.c one.c two.c)\nset_target_properties(% PROPERTIES UNITY_BUILD ON)\n";
const UNITY_MAIN: &str = "#include <stdio.h>\nint one(void);\nint two(void);\nint main(void) { printf(\"%d\\n\", one() + two()); return 0; }\n";
const SPLIT: &str = "add_executable(% main.c)\ntarget_compile_options(% PRIVATE -g -gsplit-dwarf)\n";
const COVERAGE: &str =
    "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE --coverage -frandom-seed=%)\n";

pub(super) const CASES: &[Case] = &[
    case(
        "a macro in a precompiled header",
        &[
            kept("CMakeLists.txt", PRECOMPILED),
            changed("header.h", "#pragma once\n#define VALUE 1\n", "#pragma once\n#define VALUE 2\n"),
            kept("main.cpp", PRINTS_VALUE_IN_CXX),
        ],
    ),
    case(
        "a macro in a header of a precompiled header",
        &[
            kept("CMakeLists.txt", PRECOMPILED),
            kept("header.h", "#pragma once\n#include \"inner.h\"\n"),
            changed("inner.h", "#pragma once\n#define VALUE 1\n", "#pragma once\n#define VALUE 2\n"),
            kept("main.cpp", PRINTS_VALUE_IN_CXX),
        ],
    ),
    case(
        "a function in a precompiled header",
        &[
            kept("CMakeLists.txt", PRECOMPILED),
            changed(
                "header.h",
                "#pragma once\n#define VALUE value()\ninline int value() { return 1; }\n",
                "#pragma once\n#define VALUE value()\ninline int value() { return 2; }\n",
            ),
            kept("main.cpp", PRINTS_VALUE_IN_CXX),
        ],
    ),
    case(
        "an option of a target with a precompiled header",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% main.cpp)\ntarget_precompile_headers(% PRIVATE header.h)\ntarget_compile_definitions(% PRIVATE VALUE=1)\n",
                "add_executable(% main.cpp)\ntarget_precompile_headers(% PRIVATE header.h)\ntarget_compile_definitions(% PRIVATE VALUE=2)\n",
            ),
            kept("header.h", "#pragma once\ninline int unused() { return 0; }\n"),
            kept("main.cpp", PRINTS_VALUE_IN_CXX),
        ],
    ),
    case(
        "a precompiled header of another target",
        &[
            kept(
                "CMakeLists.txt",
                "add_library(%_owner STATIC owner.cpp)\ntarget_precompile_headers(%_owner PRIVATE header.h)\n\
                 add_executable(% main.cpp)\ntarget_precompile_headers(% REUSE_FROM %_owner)\n",
            ),
            changed("header.h", "#pragma once\n#define VALUE 1\n", "#pragma once\n#define VALUE 2\n"),
            kept("owner.cpp", "int owner() { return VALUE; }\n"),
            kept("main.cpp", PRINTS_VALUE_IN_CXX),
        ],
    ),
    case(
        "lines of a precompiled header with debug information",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.cpp)\ntarget_precompile_headers(% PRIVATE header.h)\ntarget_compile_options(% PRIVATE -g)\n",
            ),
            changed(
                "header.h",
                "#pragma once\ninline int value() {\n  return 0;\n}\n",
                "#pragma once\n\n// A comment.\ninline int value() {\n  return 0;\n}\n",
            ),
            kept("main.cpp", "int main() { return value(); }\n"),
        ],
    ),
    case(
        "a source of a unity build",
        &[
            kept("CMakeLists.txt", UNITY),
            kept("main.c", UNITY_MAIN),
            changed("one.c", "int one(void) { return 1; }\n", "int one(void) { return 10; }\n"),
            kept("two.c", "int two(void) { return 2; }\n"),
        ],
    ),
    case(
        "lines of a source of a unity build",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c one.c two.c)\nset_target_properties(% PROPERTIES UNITY_BUILD ON)\ntarget_compile_options(% PRIVATE -g)\n",
            ),
            kept("main.c", UNITY_MAIN),
            changed("one.c", "int one(void) { return 1; }\n", "\n\nint one(void) { return 1; }\n"),
            kept("two.c", "int two(void) { return 2; }\n"),
        ],
    ),
    case(
        "the order in a unity build",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% main.c one.c two.c)\nset_target_properties(% PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 2)\n",
                "add_executable(% main.c two.c one.c)\nset_target_properties(% PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 2)\n",
            ),
            kept("main.c", UNITY_MAIN),
            kept("one.c", "int one(void) { return 1; }\n"),
            kept("two.c", "int two(void) { return 2; }\n"),
        ],
    ),
    case(
        "a source with coverage",
        &[
            kept("CMakeLists.txt", COVERAGE),
            changed(
                "main.c",
                "int f(int a) {\n  return a ? 1 : 2;\n}\n",
                "int f(int a) {\n  if (a > 1)\n    return 3;\n  return a ? 1 : 2;\n}\n",
            ),
        ],
    ),
    case(
        "lines of a source with coverage",
        &[
            kept("CMakeLists.txt", COVERAGE),
            changed("main.c", "int f(int a) {\n  return a ? 1 : 2;\n}\n", "\n\nint f(int a) {\n  return a ? 1 : 2;\n}\n"),
        ],
    ),
    case(
        "enabled coverage",
        &[
            changed(
                "CMakeLists.txt",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -O0)\n",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -O0 -fprofile-arcs -ftest-coverage -frandom-seed=%)\n",
            ),
            kept("main.c", "int f(int a) {\n  return a ? 1 : 2;\n}\n"),
        ],
    ),
    case(
        "the name of an object with coverage",
        &[
            changed(
                "CMakeLists.txt",
                "add_library(% OBJECT one/same.c)\ntarget_compile_options(% PRIVATE --coverage -frandom-seed=%)\n",
                "add_library(% OBJECT two/same.c)\ntarget_compile_options(% PRIVATE --coverage -frandom-seed=%)\n",
            ),
            kept("one/same.c", "int f(int a) { return a; }\n"),
            kept("two/same.c", "int f(int a) { return a; }\n"),
        ],
    ),
    case(
        "a source with split debug information",
        &[
            kept("CMakeLists.txt", SPLIT),
            changed("main.c", "int main(void) { return 0; }\n", "int main(void) {\n  int local = 0;\n  return local;\n}\n"),
        ],
    ),
    case(
        "lines of a source with split debug information",
        &[
            kept("CMakeLists.txt", SPLIT),
            changed("main.c", "int main(void) { return 0; }\n", "\n\n\nint main(void) { return 0; }\n"),
        ],
    ),
    case(
        "the name of an object with split debug information",
        &[
            changed(
                "CMakeLists.txt",
                "add_executable(% one/main.c)\ntarget_compile_options(% PRIVATE -g -gsplit-dwarf)\n",
                "add_executable(% two/main.c)\ntarget_compile_options(% PRIVATE -g -gsplit-dwarf)\n",
            ),
            kept("one/main.c", "int main(void) { return 0; }\n"),
            kept("two/main.c", "int main(void) { return 0; }\n"),
        ],
    ),
    case(
        "link time optimisation",
        &[
            changed(
                "CMakeLists.txt",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -O2)\n",
                "add_library(% OBJECT main.c)\ntarget_compile_options(% PRIVATE -O2 -flto -frandom-seed=%)\n",
            ),
            kept("main.c", "int f(int a) { return a * 3; }\n"),
        ],
    ),
    case(
        "a source in assembler",
        &[
            kept("CMakeLists.txt", "add_executable(% main.c text.S)\n"),
            kept("main.c", "#include <stdio.h>\nextern char text[];\nint main(void) { puts(text); return 0; }\n"),
            changed(
                "text.S",
                "#define WORD \"one\"\n.data\n.globl text\ntext: .asciz WORD\n.section .note.GNU-stack,\"\",%progbits\n",
                "#define WORD \"two\"\n.data\n.globl text\ntext: .asciz WORD\n.section .note.GNU-stack,\"\",%progbits\n",
            ),
        ],
    ),
    case(
        "a header of Objective-C",
        &[
            kept("CMakeLists.txt", "add_library(% OBJECT main.m)\n"),
            kept(
                "main.m",
                "#import \"value.h\"\n@interface Thing\n+ (int)value;\n@end\n@implementation Thing\n+ (int)value { return VALUE; }\n@end\n",
            ),
            changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n"),
        ],
    ),
    case(
        "a header of Objective-C++",
        &[
            kept("CMakeLists.txt", "add_library(% OBJECT main.mm)\n"),
            kept(
                "main.mm",
                "#import \"value.h\"\ntemplate <int n> int give() { return n; }\n@interface Thing\n+ (int)value;\n@end\n@implementation Thing\n+ (int)value { return give<VALUE>(); }\n@end\n",
            ),
            changed("value.h", "#define VALUE 1\n", "#define VALUE 2\n"),
        ],
    ),
    case(
        "a program that generates a constant",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(%_maker maker.c)\nadd_custom_command(OUTPUT made.h COMMAND %_maker > made.h)\n\
                 add_executable(% main.c ${CMAKE_CURRENT_BINARY_DIR}/made.h)\n\
                 target_compile_options(% PRIVATE -include ${CMAKE_CURRENT_BINARY_DIR}/made.h)\n",
            ),
            changed(
                "maker.c",
                "#include <stdio.h>\nint main(void) { puts(\"#define VALUE 1\"); return 0; }\n",
                "#include <stdio.h>\nint main(void) { puts(\"#define VALUE 2\"); return 0; }\n",
            ),
            kept("main.c", PRINTS_VALUE),
        ],
    )
    .only(&[GCC, CLANG, NEWEST_CLANG]),
];
