//! Hits do not run the preprocessor, also if files appear and disappear that no include names; and headers that appear during a
//! build are used.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::time::Duration;

use serde_json::Value;

use super::CACHES;
use crate::cmake_module::{Checkout, tools_for};
use crate::list::tests;
use crate::support::run::eventually;
use crate::support::{Run, Sandbox, Tool};

tests![
    hits_are_direct in [CACHES[0], CACHES[1], CACHES[3]],
    a_header_that_the_build_installs_is_used in [CACHES[0], CACHES[1], CACHES[3]],
    a_header_with_the_same_size_and_times_is_not_the_same in [CACHES[0], CACHES[1], CACHES[3]],
];

const FILES: u64 = 20;

/// The order of the generated header and the library `direct` differs from build to build.
const LISTS: &str = r"cmake_minimum_required(VERSION 3.16...4.0)
project(direct C)
add_custom_command(OUTPUT gen/late.h COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/late.h.in gen/late.h)
add_library(late OBJECT late.c gen/late.h)
target_include_directories(late PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/gen)
file(GLOB sources units/*.c)
add_library(direct OBJECT ${sources})
target_include_directories(direct PRIVATE ${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR}/gen include .)
";

/// Between the compilations of the two programs, a header is installed earlier in their search path.
const INSTALLING: &str = r"cmake_minimum_required(VERSION 3.16...4.0)
project(installing C)
include_directories(${CMAKE_CURRENT_BINARY_DIR}/first second)
add_executable(one main.c)
add_custom_command(OUTPUT first/value.h COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_CURRENT_SOURCE_DIR}/value.h.in first/value.h
  DEPENDS one)
add_custom_target(install_header DEPENDS first/value.h)
add_executable(two main.c)
add_dependencies(two install_header)
";

fn checkout<'a>(sandbox: &'a Sandbox, tools: &crate::support::Tools, files: &[(&str, &str)]) -> Checkout<'a> {
    let checkout = Checkout::sample(sandbox, tools, "project", "toolchainkit_enable_cache(PROJECT direct)");
    for (path, text) in files {
        write(&checkout, path, text);
    }
    checkout
}

fn write(checkout: &Checkout<'_>, path: &str, text: &str) {
    let path = checkout.source.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// The number of hits without the preprocessor, since the cache or the daemon exists.
fn direct_hits(checkout: &Checkout<'_>, cache: Tool) -> u64 {
    if let Tool::Ccache(_) = cache {
        let text = checkout.ask(&["--print-stats"]).stdout;
        let line = text.lines().find_map(|line| line.strip_prefix("direct_cache_hit\t"));
        return line.expect("a line with direct hits").parse().expect("a number");
    }
    let daemon: Value = serde_json::from_str(&checkout.ask(&["--start-server"]).stdout).expect("JSON");
    let log = fs::read_to_string(daemon["log"].as_str().expect("the log")).expect("the log");
    log.matches("Preprocessor cache hit").count() as u64
}

fn hits_are_direct(cache: Tool) {
    let Some(tools) = &tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("direct").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout = checkout(
        &sandbox,
        tools,
        &[
            ("CMakeLists.txt", LISTS),
            ("late.h.in", "#define LATE 1\n"),
            ("late.c", "#include \"late.h\"\nint late = LATE;\n"),
            ("include/value.h", "#include <stdio.h>\n"),
        ],
    )
    .env("SCCACHE_LOG", "debug");
    for index in 0..FILES {
        let text = format!("#include \"value.h\"\nint unit_{index}(void) {{ return puts(\"{index}\"); }}\n");
        write(&checkout, &format!("units/unit_{index}.c"), &text);
    }
    checkout.configure();
    checkout.build();
    // If two of the first results are stored at once, sccache 0.19 loses one: "Failed to update preprocessor cache: No such
    // file or directory". The next compilation stores it.
    checkout.rebuild_from_scratch();
    for round in 0..3 {
        for path in
            ["units/.unit_1.c.swp", ".git/index.lock", "include/unused.h", "notes.c", "units/unit_1.o"]
        {
            write(&checkout, &format!("{path}.{round}"), "#include \"late.h\"\n");
        }
        let before = direct_hits(&checkout, cache);
        let (hits, misses) = checkout.counted(|| drop(checkout.rebuild_from_scratch()));
        assert_eq!((hits, misses), (FILES + 1, 0));
        assert_eq!(direct_hits(&checkout, cache) - before, hits, "round {round}");
    }
}

fn a_header_that_the_build_installs_is_used(cache: Tool) {
    let Some(tools) = &tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("installing").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let main =
        "#include <stdio.h>\n#include \"value.h\"\nint main(void) { printf(\"%d\\n\", VALUE); return 0; }\n";
    let checkout = checkout(
        &sandbox,
        tools,
        &[
            ("CMakeLists.txt", INSTALLING),
            ("main.c", main),
            ("value.h.in", "#define VALUE 2\n"),
            ("second/value.h", "#define VALUE 1\n"),
        ],
    );
    checkout.configure();
    for round in 0..3 {
        checkout.rebuild_from_scratch();
        let print = |program: &str| checkout.command(checkout.build_folder().join(program)).run().stdout;
        assert_eq!((print("one"), print("two")), ("1\n".to_owned(), "2\n".to_owned()), "round {round}");
    }
}

/// How to change the header, the new one, and the output of the program then.
type Change<'a> = (&'a dyn Fn(&str), &'a str, &'a str);

/// Two headers of the same size are written within one tick of the clock, so their times are the same. ccache compares only
/// these, so the key must depend on the contents.
fn a_header_with_the_same_size_and_times_is_not_the_same(cache: Tool) {
    let Some(tools) = &tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("same").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let lists = "cmake_minimum_required(VERSION 3.16...4.0)\nproject(same C)\ninclude_directories(arch)\nadd_executable(one main.c)\n";
    let main =
        "#include <stdio.h>\n#include \"value.h\"\nint main(void) { printf(\"%d\\n\", VALUE); return 0; }\n";
    let checkout = checkout(&sandbox, tools, &[("CMakeLists.txt", lists), ("main.c", main)]);
    let times = |path: &str| {
        let found = checkout.source.join(path).metadata().expect("a header");
        (found.mtime(), found.mtime_nsec(), found.ctime(), found.ctime_nsec())
    };
    // Linux 6.13 and newer gives a file another time if somebody has read the previous one, so the times may differ.
    eventually(Duration::from_secs(2), || {
        for value in [1, 2] {
            write(&checkout, &format!("arch-{value}/value.h"), &format!("#define VALUE {value}\n"));
        }
        times("arch-1/value.h") == times("arch-2/value.h")
    });
    let arch = checkout.source.join("arch");
    symlink("arch-1", &arch).expect("a link");
    checkout.configure();
    // By a link, by another link, and by renamed folders.
    let turn = |to: &str| {
        fs::remove_file(&arch).expect("the link can be removed");
        symlink(to, &arch).expect("a link");
    };
    let rename = |to: &str| {
        if arch.is_symlink() {
            fs::remove_file(&arch).expect("the link can be removed");
        } else {
            fs::rename(&arch, checkout.source.join("former")).expect("renamed");
        }
        fs::rename(checkout.source.join(to), &arch).expect("renamed");
    };
    let changes: [Change<'_>; 6] = [
        (&turn, "arch-1", "1\n"),
        (&turn, "arch-2", "2\n"),
        (&turn, "arch-1", "1\n"),
        (&rename, "arch-1", "1\n"),
        (&rename, "arch-2", "2\n"),
        (&rename, "former", "1\n"),
    ];
    for (index, (change, to, expected)) in changes.into_iter().enumerate() {
        if to == "former" {
            fs::rename(&arch, checkout.source.join("arch-2")).expect("renamed");
            fs::rename(checkout.source.join(to), &arch).expect("renamed");
        } else {
            change(to);
        }
        // Old enough that ccache believes the times.
        std::thread::sleep(Duration::from_millis(120));
        for round in 0..2 {
            checkout.rebuild_from_scratch();
            let printed = checkout.command(checkout.build_folder().join("one")).run().stdout;
            assert_eq!(printed, expected, "change {index} to {to}, round {round}");
        }
    }
}
