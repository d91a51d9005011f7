//! Debuggers find the sources of cached objects, as described in `cmake/README.md`.

use std::fs;
use std::path::Path;

use super::cases::GCC;
use super::{Cell, some_cells};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![trial in some_cells()];

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
/// These lines: the position of a breakpoint, and the text that a debugger shows.
const LINES: [(&str, &str); 3] =
    [("main.c:3", "of main.c"), ("part.c:4", "of part.c"), ("twice.h:2", "of twice.h")];

const LLDB: Tool = Tool::System("lldb-22");

fn trial(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[Tool::System("gdb"), LLDB]) else { return Ok("skipped".to_owned()) };
    let sandbox = Cell::sandbox(tools);
    let first = place(cell, &sandbox, tools, "first");
    first.configure();
    first.build();
    let second = place(cell, &sandbox, tools, "another/second");
    second.configure();
    assert_eq!(second.counted(|| drop(second.build())), (2, 0));
    // The folder of the compilation no longer exists.
    fs::remove_dir_all(&first.source).expect("the first checkout can be removed");

    let mut faults = Vec::new();
    let mut expect = |how: &str, seen: usize, expected: usize| {
        if seen != expected {
            faults.push(format!("{how}: {seen} of {} lines, not {expected}", LINES.len()));
        }
    };
    let (source, elsewhere) = (&second.source, sandbox.home());
    let path = source.display();
    let directory = [format!("directory {path}")];
    if !cell.maps_paths() {
        let first = first.source.display();
        expect(
            "gdb with substitute-path",
            gdb(&second, &elsewhere, &[format!("set substitute-path {first} {path}")]),
            3,
        );
        expect("gdb -d", gdb(&second, &elsewhere, &directory), 0);
        expect("gdb in the source folder", gdb(&second, source, &[]), 0);
        expect("lldb", lldb(&second, &elsewhere, &format!("{first} {path}")), 3);
    } else if cell.joins_names() {
        expect(
            "gdb with substitute-path",
            gdb(
                &second,
                &elsewhere,
                &[format!("set substitute-path ./build/. {path}"), directory[0].clone()],
            ),
            3,
        );
        if cell.compiler == GCC {
            expect("gdb -d", gdb(&second, &elsewhere, &directory), 3);
            expect("gdb in the source folder", gdb(&second, source, &[]), 3);
        }
        expect("lldb", lldb(&second, &elsewhere, &format!("./build/. {path} . {path}")), 3);
    } else {
        expect("gdb -d", gdb(&second, &elsewhere, &directory), 3);
        expect("gdb in the source folder", gdb(&second, source, &[]), 3);
        // A folder of the same name would also work.
        expect("gdb elsewhere", gdb(&second, &elsewhere, &[]), 0);
        expect("lldb", lldb(&second, &elsewhere, &format!(". {path}")), 3);
    }
    if faults.is_empty() { Ok("all lines are found".into()) } else { Err(faults.join("\n  ")) }
}

impl Cell {
    /// Whether a debugger searches a source below the build folder (`./build/./app/main.c`). sccache does not change
    /// the name of the source, which begins with `./`, and the debugger joins it to the folder of the compilation,
    /// `./build`.
    fn joins_names(self) -> bool {
        self.is_sccache()
    }
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

/// The number of lines that gdb shows, if it is started in `folder` with `settings`: `main` by its name, and all lines
/// when the program stops at them.
fn gdb(checkout: &Checkout<'_>, folder: &Path, settings: &[String]) -> usize {
    let mut command = checkout.command("gdb");
    command.current_dir(folder).args(["--batch", "-nx", "-ex", "set breakpoint pending off"]);
    for setting in settings {
        command.args(["-ex", setting]);
    }
    let program = checkout.build_folder().join("debugged");
    command.args(["-ex", &format!("file {}", program.display()), "-ex", "list main"]);
    for (place, _) in LINES {
        command.args(["-ex", &format!("break {place}")]);
    }
    command.args(["-ex", "echo STOPPED\\n", "-ex", "run", "-ex", "continue", "-ex", "continue"]);
    let shown = command.run_to_any_end();
    let (listed, stopped) = shown.stdout.split_once("STOPPED").unwrap_or_else(|| panic!("{shown}"));
    assert_eq!(stopped.matches("Breakpoint ").count(), LINES.len(), "{shown}");
    let found = count(stopped);
    assert_eq!(listed.contains(LINES[0].1), found > 0, "{shown}");
    found
}

/// The same with lldb and a source map.
fn lldb(checkout: &Checkout<'_>, folder: &Path, map: &str) -> usize {
    let mut command = checkout.command("lldb-22");
    command.current_dir(folder).args(["--batch", "--no-lldbinit"]);
    // In a container, disabling ASLR may be forbidden.
    command.args(["-o", "settings set target.disable-aslr false"]);
    command.args(["-o", &format!("settings set target.source-map {map}")]);
    command.args(["-o", &format!("target create {}", checkout.build_folder().join("debugged").display())]);
    for (place, _) in LINES {
        let (file, line) = place.split_once(':').expect("a line of a file");
        command.args(["-o", &format!("breakpoint set --file {file} --line {line}")]);
    }
    command.args(["-o", "run", "-o", "continue", "-o", "continue"]);
    let shown = command.run_to_any_end();
    assert_eq!(shown.stdout.matches("stop reason = breakpoint").count(), LINES.len(), "{shown}");
    count(&shown.stdout)
}

fn count(text: &str) -> usize {
    LINES.iter().filter(|(_, words)| text.contains(words)).count()
}
