//! Debuggers find the sources of cached objects, and set breakpoints as an editor does, without any settings.

use std::fs;
use std::path::Path;

use super::{Cell, some_cells};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![
    breakpoints_by_absolute_path in some_cells(),
    breakpoints_with_the_script in some_cells(),
];

/// Sources in separate folders, each with one unique line.
const SOURCES: [(&str, &str); 4] = [
    (
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.15...4.0)\nproject(debugged LANGUAGES C)\n\
         add_executable(debugged app/main.c part/part.c)\ntarget_include_directories(debugged PRIVATE include)\n",
    ),
    ("app/main.c", "int part(int n);\nint main(void) {\n  return part(1); // of main.c\n}\n"),
    (
        "part/part.c",
        "#include \"twice.h\"\nint part(int n);\nint part(int n) {\n  n = twice(n); // of part.c\n  return n - 2;\n}\n",
    ),
    ("include/twice.h", "static int twice(int n) {\n  return n + n; // of twice.h\n}\n"),
];
/// These lines: the place for a breakpoint in the checkout, and the text that a debugger shows.
const LINES: [(&str, &str); 3] =
    [("app/main.c:3", "of main.c"), ("part/part.c:4", "of part.c"), ("include/twice.h:2", "of twice.h")];

const LLDB: Tool = Tool::System("lldb-22");

/// The build folders: that of most users, that of the presets, and one outside of the checkout.
const BUILD_FOLDERS: [&str; 3] = ["build", "build/debug", "outside"];

/// In the second checkout, whose objects the first one has compiled.
fn breakpoints_by_absolute_path(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[Tool::System("gdb"), LLDB]) else { return Ok("skipped".to_owned()) };
    let mut faults = Vec::new();
    for (build_folder, options) in BUILD_FOLDERS.into_iter().zip(["-g", "-gdwarf-4", "-g -gsplit-dwarf"]) {
        let sandbox = Cell::sandbox(tools);
        let place = |folder: &str| {
            let checkout = place(cell, &sandbox, tools, folder).option(&format!("-DCMAKE_C_FLAGS={options}"));
            let outside = sandbox.root().join("built").join(folder).join("debug");
            let build_folder =
                if build_folder == "outside" { outside } else { checkout.source.join(build_folder) };
            checkout.with_build_folder(build_folder)
        };
        let first = place("first");
        first.configure();
        first.build();
        let second = place("second");
        second.configure();
        let counts = second.counted(|| drop(second.build()));
        assert_eq!(counts, (2, 0), "{build_folder} {options}");
        // The folder of the compilation no longer exists.
        fs::remove_dir_all(&first.source).expect("the first checkout goes");
        faults.extend(faults_of(&second, &format!("{build_folder} {options}")));
    }
    if faults.is_empty() { Ok("all lines are found".into()) } else { Err(faults.join("\n  ")) }
}

/// The script shares no objects with debug information, so a debugger finds the sources of its own checkout.
fn breakpoints_with_the_script(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[Tool::System("gdb"), LLDB]) else { return Ok("skipped".to_owned()) };
    let sandbox = Cell::sandbox(tools);
    let mut faults = Vec::new();
    for folder in ["first", "another/second"] {
        let checkout = place(cell, &sandbox, tools, folder).with_fallback();
        checkout.configure();
        checkout.build();
        faults.extend(faults_of(&checkout, folder));
    }
    if faults.is_empty() { Ok("all lines are found".into()) } else { Err(faults.join("\n  ")) }
}

/// Debuggers that are started in another folder, without any settings.
fn faults_of(checkout: &Checkout<'_>, what: &str) -> Vec<String> {
    let elsewhere = checkout.sandbox.home();
    let seen = [("gdb", gdb(checkout, &elsewhere)), ("lldb", lldb(checkout, &elsewhere))];
    let fault = |(debugger, seen)| {
        (seen != LINES.len()).then(|| format!("{what}: {debugger} shows {seen} of {} lines", LINES.len()))
    };
    seen.into_iter().filter_map(fault).collect()
}

fn place<'a>(cell: Cell, sandbox: &'a Sandbox, tools: &Tools, folder: &str) -> Checkout<'a> {
    let checkout = cell.checkout(sandbox, tools, folder).option("-DCMAKE_BUILD_TYPE=Debug");
    // Otherwise gdb would find this file of the sample.
    fs::remove_file(checkout.source.join("main.c")).expect("the file can be removed");
    for (path, text) in SOURCES {
        let path = checkout.source.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a source");
    }
    let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}/cmake/toolchain.cmake", checkout.source.display());
    checkout.option(&toolchain)
}

/// How many of the lines gdb shows when the program stops at them.
fn gdb(checkout: &Checkout<'_>, folder: &Path) -> usize {
    let mut command = checkout.command("gdb");
    command.current_dir(folder).args(["--batch", "-nx", "-ex", "set breakpoint pending off"]);
    let program = checkout.build_folder().join("debugged");
    command.args(["-ex", &format!("file {}", program.display())]);
    for (place, _) in LINES {
        command.args(["-ex", &format!("break {}/{place}", checkout.source.display())]);
    }
    command.args(["-ex", "echo STOPPED\\n", "-ex", "run", "-ex", "continue", "-ex", "continue"]);
    let shown = command.run_to_any_end();
    let (_, stopped) = shown.stdout.split_once("STOPPED").unwrap_or_else(|| panic!("{shown}"));
    count(stopped)
}

/// The same with lldb.
fn lldb(checkout: &Checkout<'_>, folder: &Path) -> usize {
    let mut command = checkout.command("lldb-22");
    command.current_dir(folder).args(["--batch", "--no-lldbinit"]);
    // In a container, disabling ASLR may be forbidden.
    command.args(["-o", "settings set target.disable-aslr false"]);
    command.args(["-o", &format!("target create {}", checkout.build_folder().join("debugged").display())]);
    for (place, _) in LINES {
        let (file, line) = place.split_once(':').expect("a line of a file");
        let file = checkout.source.join(file);
        command.args(["-o", &format!("breakpoint set --file {} --line {line}", file.display())]);
    }
    command.args(["-o", "run", "-o", "continue", "-o", "continue"]);
    count(&command.run_to_any_end().stdout)
}

/// Only a line where the program stops is shown with all its text.
fn count(text: &str) -> usize {
    LINES.iter().filter(|(_, words)| text.contains(words)).count()
}
