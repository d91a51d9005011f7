//! `toolchainkit report` with a real build: the page has its numbers, and no file of the user is lost.

use std::fs;
use std::process::Command;

use crate::cmake_module::{Checkout, tools_for};
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![the_page_of_a_real_build_has_its_numbers];

const NEEDED: [Tool; 1] = [Tool::Ccache(Tools::CCACHE)];

fn the_page_of_a_real_build_has_its_numbers() {
    let Some(tools) = tools_for(&NEEDED) else { return };
    let sandbox = Sandbox::new("report").on_path(&tools.ninja()).on_path(&tools.path(NEEDED[0]));
    let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(PROJECT shared)");
    let lists = "cmake_minimum_required(VERSION 3.16)\nproject(shown LANGUAGES C)\nadd_library(cached OBJECT a.c b.c c.c)\n\
        add_library(marked OBJECT marked.c)\ntarget_compile_definitions(marked PRIVATE TOOLCHAINKIT_NO_CACHE)\n";
    fs::write(checkout.source.join("CMakeLists.txt"), lists).unwrap();
    for name in ["a", "b", "c", "marked"] {
        fs::write(checkout.source.join(format!("{name}.c")), format!("int {name}(void) {{ return 1; }}\n"))
            .unwrap();
    }
    checkout.configure();
    let report = |arguments: &[&str]| -> Command {
        let mut command = checkout.command(env!("CARGO_BIN_EXE_toolchainkit"));
        command
            .current_dir(sandbox.root())
            .args(["report", "--build"])
            .arg(checkout.build_folder())
            .args(arguments);
        command
    };
    let page = sandbox.root().join("report.html");
    let read = || fs::read_to_string(&page).unwrap();
    let early = report(&[]).run();
    assert!(early.stderr.contains("no compilation yet") && read().contains("No compilation"), "{early}");
    for _ in 0..2 {
        checkout.building().arg("--clean-first").run();
    }
    report(&[]).run();
    // Three misses, then three hits.
    for part in [
        "shown · compiler cache report</title>",
        "50\u{202f}%",
        "of 6\u{a0}cacheable compilations came from the cache",
        "<bdi>cached</bdi>",
        "3 of 6",
        "It is compiled with the definition TOOLCHAINKIT_NO_CACHE.",
        "Remove the definition to cache this file.",
        "ccache 4.14.2",
        "Slowest misses",
        "<bdi>a.c</bdi>",
    ] {
        assert!(read().contains(part), "{part} is not in:\n{}", read());
    }
    // The same folder twice is two folders, and a file beside the page remains.
    let twice = ["--output", "two.html", "--build"];
    report(&twice).arg(checkout.build_folder()).run();
    assert!(fs::read_to_string(sandbox.root().join("two.html")).unwrap().contains("builds in 2 folders"));
    // A file of the user is replaced only if the user says so, and a folder never.
    fs::write(&page, "notes").unwrap();
    let refused = report(&[]).run_expecting(6);
    assert!(refused.stderr.contains("is not a report") && read() == "notes", "{refused}");
    report(&["--force"]).run();
    assert!(read().starts_with("<!DOCTYPE html>"));
    for other in ["no-such-folder/report.html", "."] {
        let failed = report(&["--output", other, "--force"]).run_to_any_end();
        assert!(failed.code() != Some(0) && !failed.stderr.contains("internal error"), "{failed}");
    }
    // A benchmark that is none.
    fs::write(sandbox.root().join("bench.json"), "{}").unwrap();
    let refused = report(&["--bench", "bench.json"]).run_expecting(2);
    assert!(refused.stderr.contains("bench.json cannot be used"), "{refused}");
    let mut names = fs::read_dir(sandbox.root()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.any(|name| name.to_string_lossy().starts_with(".toolchainkit")), "a temporary file");
}
