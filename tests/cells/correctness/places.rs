//! A program that prints the path of its checkout prints the correct path, also if another checkout was compiled first.

use std::fs;

use super::{Cell, some_cells};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::Run;

tests![a_program_prints_the_path_of_its_own_checkout in some_cells()];

/// Each of these programs gets a path of the checkout in a different way, and prints it; `plain` prints none.
const PROGRAMS: [&str; 11] = [
    "deep",
    "extension",
    "header",
    "in_source",
    "made_header",
    "nested_header",
    "relative",
    "response",
    "source",
    "text",
    "word",
];

const LISTS: &str = r#"cmake_minimum_required(VERSION 3.16...4.0)
project(places C)
set(place "${CMAKE_CURRENT_SOURCE_DIR}/data")
configure_file(place.h.in headers/place.h)
configure_file(place.h.in inner/deep/er/place.h)
configure_file(source.c.in source.c)
add_custom_command(OUTPUT made/place.h COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_BINARY_DIR}/headers/place.h made/place.h)
add_executable(plain main.c)
target_compile_definitions(plain PRIVATE "PLACE=\"nowhere\"")
add_executable(header main.c)
target_include_directories(header PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/headers)
add_executable(made_header main.c made/place.h)
target_include_directories(made_header PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/made)
add_executable(nested_header main.c)
target_include_directories(nested_header SYSTEM PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/inner)
target_compile_definitions(nested_header PRIVATE "HEADER=<deep/er/place.h>")
configure_file(place.h.in ${CMAKE_CURRENT_SOURCE_DIR}/configured/place.h)
add_executable(in_source main.c)
target_include_directories(in_source PRIVATE configured)
configure_file(place.h.in other_headers/place.tcc)
add_executable(extension main.c)
target_include_directories(extension PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/other_headers)
target_compile_definitions(extension PRIVATE "HEADER=<place.tcc>")
configure_file(place.h.in deep_headers/a/b/c/d/e/f/place.h)
add_executable(deep main.c)
target_include_directories(deep PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/deep_headers)
target_compile_definitions(deep PRIVATE "HEADER=<a/b/c/d/e/f/place.h>")
configure_file(place.h.in relative_headers/place.h)
add_executable(relative main.c)
target_compile_options(relative PRIVATE -Irelative_headers)
configure_file(place.h.in listed_headers/place.h)
file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/folders.rsp "-I${CMAKE_CURRENT_BINARY_DIR}/listed_headers\n")
add_executable(response main.c)
target_compile_options(response PRIVATE @${CMAKE_CURRENT_BINARY_DIR}/folders.rsp)
add_executable(source ${CMAKE_CURRENT_BINARY_DIR}/source.c)
add_executable(text main.c)
target_compile_definitions(text PRIVATE "PLACE=\"${place}\"")
add_executable(word main.c)
target_compile_definitions(word PRIVATE "WORD=${place}")
"#;

const MAIN: &str = r#"#include <stdio.h>
#define STRING(x) #x
#define STRING_OF(x) STRING(x)
#ifdef WORD
// The preprocessed text must differ from that of the other programs.
#define PLACE "" STRING_OF(WORD)
#endif
#ifdef HEADER
#include HEADER
#elif !defined(PLACE)
#include "place.h"
#endif
int main(void) { puts(PLACE); return 0; }
"#;

fn a_program_prints_the_path_of_its_own_checkout(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[]) else { return Ok("skipped".to_owned()) };
    let sandbox = Cell::sandbox(tools);
    let mut faults = Vec::new();
    let mut counts = (0, 0);
    for folder in ["first", "elsewhere/second"] {
        let toolchain = sandbox.root().join(folder).join("cmake/toolchain.cmake");
        let checkout = cell
            .checkout(&sandbox, tools, folder)
            .option(&format!("-DCMAKE_TOOLCHAIN_FILE={}", toolchain.display()));
        write(&checkout);
        checkout.configure();
        counts = checkout.counted(|| drop(checkout.build()));
        for program in PROGRAMS {
            let printed = checkout.command(checkout.build_folder().join(program)).run().stdout;
            let place = format!("{}/data\n", checkout.source.display());
            if printed != place {
                faults.push(format!("{folder}: {program} prints {printed:?}, not {place:?}"));
            }
        }
    }
    // The second checkout may hit only for the program without a path.
    if counts.0 != 1 || counts.1 != PROGRAMS.len() as u64 {
        faults.push(format!("{} hits and {} misses in the second checkout", counts.0, counts.1));
    }
    if faults.is_empty() { Ok(format!("{} programs", PROGRAMS.len())) } else { Err(faults.join("\n  ")) }
}

fn write(checkout: &Checkout<'_>) {
    let files = [
        ("CMakeLists.txt", LISTS),
        ("main.c", MAIN),
        ("place.h.in", "/* Comments may name @place@. */\n#define PLACE \"@place@\"\n"),
        ("source.c.in", "#include <stdio.h>\nint main(void) { puts(\"@place@\"); return 0; }\n"),
    ];
    for (name, text) in files {
        fs::write(checkout.source.join(name), text).expect("a file");
    }
}
