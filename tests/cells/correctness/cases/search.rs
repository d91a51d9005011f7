//! Changes in the folders that a command searches, which no listed header shows: direct mode alone would not notice them.

use super::{Case, PRINTS_VALUE_OF_HEADER, PROGRAM, added, case, kept, removed};

const TWO_FOLDERS: super::File =
    kept("CMakeLists.txt", "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n");
/// A program that prints `VALUE` of a header that a macro names.
const PRINTS_VALUE_OF_MACRO: &str =
    "#include <stdio.h>\n#include HEADER\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n";

pub(super) const CASES: &[Case] = &[
    case(
        "a header in a new subfolder of the search path",
        &[
            TWO_FOLDERS,
            kept(
                "main.c",
                "#include <stdio.h>\n#include \"sub/value.h\"\nint main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            kept("first/other.h", ""),
            added("first/sub/value.h", "#define VALUE 2\n"),
            kept("second/sub/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "an old header earlier in the search path",
        &[
            TWO_FOLDERS,
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            kept("first/other.h", ""),
            added("first/value.h", "#define VALUE 2\n").keeping_modification_time(),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a header beside the header of another folder",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% src/main.c)\ntarget_include_directories(% PRIVATE first)\n",
            ),
            kept(
                "src/main.c",
                "#include <stdio.h>\n#include \"../third/x.h\"\nint main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            kept("third/x.h", "#include \"value.h\"\n"),
            added("third/value.h", "#define VALUE 2\n"),
            kept("first/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a header beside a header of the search path",
        &[
            TWO_FOLDERS,
            kept(
                "main.c",
                "#include <stdio.h>\n#include <sub/x.h>\nint main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            kept("first/sub/x.h", "#include \"value.h\"\n"),
            added("first/sub/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a renamed header with another case",
        &[
            TWO_FOLDERS,
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            removed("first/Value.h", "#define VALUE 2\n"),
            added("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "an optional header that is removed",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#if __has_include(\"value.h\")\nenum { VALUE = 2 };\n#else\nenum { VALUE = 1 };\n#endif\n\
                 int main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            removed("value.h", ""),
        ],
    ),
    case(
        "an optional header of a macro",
        &[
            PROGRAM,
            kept(
                "main.c",
                "#include <stdio.h>\n#define HAS(file) __has_include(file)\n#define HEADER \"value.h\"\n\
                 #if HAS(HEADER) || HAS(<none.h>)\nenum { VALUE = 2 };\n#else\nenum { VALUE = 1 };\n#endif\n\
                 int main(void) { printf(\"%d\\n\", VALUE); return 0; }\n",
            ),
            added("value.h", ""),
        ],
    ),
    case(
        "a header of a macro, earlier in the search path",
        &[
            TWO_FOLDERS,
            kept(
                "main.c",
                "#define HEADER <value.h>\n#include <stdio.h>\n#include HEADER\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n",
            ),
            kept("first/other.h", ""),
            added("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a new header that defines the name of another",
        &[
            TWO_FOLDERS,
            kept(
                "main.c",
                "#if __has_include(\"user.h\")\n#include \"user.h\"\n#endif\n#ifdef CONFIG\n#include CONFIG\n#else\n#define VALUE 1\n\
                 #endif\n#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n",
            ),
            kept("first/other.h", ""),
            added("first/user.h", "#define CONFIG <value.h>\n"),
            kept("second/value.h", "#define VALUE 2\n"),
        ],
    ),
    case(
        "a header of a definition, earlier in the search path",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n\
                 target_compile_definitions(% PRIVATE \"HEADER=<value.h>\")\n",
            ),
            kept("main.c", PRINTS_VALUE_OF_MACRO),
            kept("first/other.h", ""),
            added("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a header of an option, earlier in the search path",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second)\n\
                 target_compile_options(% PRIVATE -include value.h)\n",
            ),
            kept(
                "main.c",
                "#include <stdio.h>\nint main(void) { printf(\"%d\\n\", (int)VALUE); return 0; }\n",
            ),
            kept("first/other.h", ""),
            added("first/value.h", "#define VALUE 2\n"),
            kept("second/value.h", "#define VALUE 1\n"),
        ],
    ),
    case(
        "a header between two of the same name",
        &[
            kept(
                "CMakeLists.txt",
                "add_executable(% main.c)\ntarget_include_directories(% PRIVATE first second third)\n",
            ),
            kept("main.c", PRINTS_VALUE_OF_HEADER),
            kept("first/value.h", "#include_next <value.h>\n"),
            kept("second/other.h", ""),
            added("second/value.h", "#define VALUE 2\n"),
            kept("third/value.h", "#define VALUE 1\n"),
        ],
    ),
];
