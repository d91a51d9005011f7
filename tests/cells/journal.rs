//! The journal of a build with CMake.

use std::fs;

use toolchainkit::journal::{MarkKind, Outcome};
use toolchainkit::launch::journal::read as read_journal;

use crate::cmake_module::{CACHES, Checkout, tools_for};
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool};

tests![each_compilation_of_a_build_has_one_entry in CACHES];

fn each_compilation_of_a_build_has_one_entry(cache: Tool) {
    let Some(tools) = tools_for(&[cache]) else { return };
    let sandbox = Sandbox::new("journal").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = "toolchainkit_enable_cache(PROJECT journal)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call).with_generator("Ninja");
    let write = |name: &str, text: &str| fs::write(checkout.source.join(name), text).unwrap();
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(journal LANGUAGES C)\ninclude(CheckCSourceCompiles)\n\
        check_c_source_compiles(\"int main(void) { return 0; }\" WORKS)\n\
        add_library(one OBJECT a.c)\nadd_library(two OBJECT a.c)\ntarget_compile_definitions(two PRIVATE TWO)\n\
        add_library(three OBJECT b.c)\ntarget_compile_options(three PRIVATE -fbranch-probabilities)\n";
    write("CMakeLists.txt", lists);
    write("a.c", "int a(void) { return 1; }\n");
    write("b.c", "int b(void) { return 2; }\n");
    let read = || read_journal(&checkout.build_folder()).unwrap();
    checkout.configure();
    let configured = read();
    assert_eq!(configured.entries.len() + configured.running.len(), 0, "{configured:?}");
    assert!(configured.marks.iter().any(|mark| mark.kind == MarkKind::Configured));
    checkout.build();
    checkout.rebuild();
    let doctor = env!("CARGO_BIN_EXE_toolchainkit");
    let mut command = checkout.command(doctor);
    command.args(["doctor", "--why", "a.c", "--build"]).arg(checkout.build_folder());
    command.run();
    let journal = read();
    let of = |target: &str| -> Vec<Outcome> {
        let entries = journal.entries.iter().filter(|entry| entry.target() == Some(target));
        entries.map(|entry| entry.outcome).collect()
    };
    for target in ["one", "two"] {
        let outcomes = of(target);
        // The targets compile the same source, so the second one may hit.
        assert!(outcomes[0] == Outcome::Miss || outcomes[0].is_hit(), "{journal:#?}");
        assert!(outcomes.len() == 2 && outcomes[1].is_hit(), "{journal:#?}");
    }
    assert!(["one", "two"].iter().any(|target| of(target)[0] == Outcome::Miss), "{journal:#?}");
    assert_eq!(of("three").len(), 2, "{journal:#?}");
    assert_eq!(journal.builds().len(), 2, "{journal:#?}");
    assert!(journal.entries.iter().all(|entry| entry.language == "C" && entry.is_certain), "{journal:#?}");
}
