//! Profiles that the build generates, by running a program or from counts.

use super::{CLANG, Case, File, GCC, NEWEST_CLANG, case, changed, kept};

/// Generates a profile for GCC by running a program with `numbers.txt`. The program is compiled with the same path of
/// the source, because GCC ignores a profile that was recorded for another path.
macro_rules! trained {
    ($profile:literal, $option:literal) => {
        kept(
            "CMakeLists.txt",
            concat!(
                "set(objects ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles)\nset(trained ${objects}/%_trained.dir/main.c.gcda)\n",
                "string(REPLACE / \"#\" mangled ${objects}/%.dir/main.c.gcda)\nset(profile ",
                $profile,
                ")\nadd_executable(%_trained main.c)\n",
                "target_compile_options(%_trained PRIVATE -O2 -fprofile-generate -frandom-seed=%)\n",
                "target_link_libraries(%_trained PRIVATE -fprofile-generate)\n",
                "add_custom_command(OUTPUT ${profile} DEPENDS %_trained numbers.txt\n",
                "  COMMAND ${CMAKE_COMMAND} -E remove -f ${trained}\n",
                "  COMMAND %_trained < ${CMAKE_CURRENT_SOURCE_DIR}/numbers.txt\n",
                "  COMMAND ${CMAKE_COMMAND} -E copy ${trained} ${profile} VERBATIM)\n",
                "add_custom_target(%_profile DEPENDS ${profile})\nadd_executable(% main.c)\nadd_dependencies(% %_profile)\n",
                "target_compile_options(% PRIVATE -O2 -Werror=missing-profile ",
                $option,
                ")\n",
            ),
        )
    };
}

/// Generates a profile for Clang from `counts.txt`.
macro_rules! counted {
    ($profile:literal, $option:literal) => {
        kept(
            "CMakeLists.txt",
            concat!(
                "set(profile ${CMAKE_CURRENT_BINARY_DIR}/", $profile, ")\n",
                "add_custom_command(OUTPUT ${profile} DEPENDS counts.txt\n",
                "  COMMAND llvm-profdata-14 merge -o ${profile} ${CMAKE_CURRENT_SOURCE_DIR}/counts.txt VERBATIM)\n",
                "add_library(% OBJECT main.c)\nset_source_files_properties(main.c PROPERTIES OBJECT_DEPENDS ${profile})\n",
                "target_compile_options(% PRIVATE -O2 -Werror=profile-instr-missing -Werror=profile-instr-out-of-date ",
                $option, ")\n",
            ),
        )
    };
}

/// One of two functions is called for most numbers.
const MAIN: &str = "#include <stdio.h>\nstatic int a(int n) { return n * 3; }\nstatic int b(int n) { return n / 3; }\n\
                    int main(void) {\n  int n = 0, sum = 0;\n  while (scanf(\"%d\", &n) == 1)\n    sum += n > 3 ? a(n) : b(n);\n\
                    \x20 printf(\"%d\\n\", sum);\n  return 0;\n}\n";
/// The same for Clang, which identifies the function by a checksum.
const WORK: &str =
    "int a(int n);\nint b(int n);\nint work(int n) {\n  if (n > 3)\n    return a(n);\n  return b(n);\n}\n";
const NUMBERS: File = changed("numbers.txt", "9 8 7 6 5 4 3 9 8 7 6 5 4\n", "1 2 3 1 2 3 1 2 3 1 2 3 4\n");
const COUNTS: File =
    changed("counts.txt", "work\n11211998296\n2\n1000\n990\n\n", "work\n11211998296\n2\n1000\n10\n\n");

pub(super) const CASES: &[Case] = &[
    case(
        "a profile beside the object",
        &[trained!("${objects}/%.dir/main.c.gcda", "-fprofile-use"), kept("main.c", MAIN), NUMBERS],
    )
    .only(&[GCC]),
    case(
        "a profile in a folder",
        &[
            trained!(
                "${CMAKE_CURRENT_BINARY_DIR}/profiles/${mangled}",
                "-fprofile-use=${CMAKE_CURRENT_BINARY_DIR}/profiles"
            ),
            kept("main.c", MAIN),
            NUMBERS,
        ],
    )
    .only(&[GCC]),
    case(
        "branch probabilities of a profile",
        &[trained!("${objects}/%.dir/main.c.gcda", "-fbranch-probabilities"), kept("main.c", MAIN), NUMBERS],
    )
    .only(&[GCC]),
    case(
        "a merged profile file",
        &[
            counted!("merged.profdata", "-fprofile-instr-use=${CMAKE_CURRENT_BINARY_DIR}/merged.profdata"),
            kept("main.c", WORK),
            COUNTS,
        ],
    )
    .only(&[CLANG, NEWEST_CLANG]),
    case(
        "a merged profile in a folder",
        &[
            counted!("default.profdata", "-fprofile-use=${CMAKE_CURRENT_BINARY_DIR}"),
            kept("main.c", WORK),
            COUNTS,
        ],
    )
    .only(&[CLANG, NEWEST_CLANG]),
];
