//! The configured linker has linked the program, which its comment section proves.

use crate::end_to_end::build::{Build, SCCACHE};
use crate::list::{self, CMake, tests};
use crate::support::versions::CMAKES;
use crate::support::{Run, Tool, Tools};

tests![trial in cells()];

/// The name in the configuration, the program of the linker, and its text in a linked program.
const LINKERS: [(&str, &str, &str); 4] = [
    ("mold", "mold", "mold "),
    ("lld", "ld.lld", "LLD "),
    ("gold", "ld.gold", "gold "),
    ("bfd", "ld.bfd", "-fuse-ld=bfd"),
];

/// A linker with a CMake and compilers.
#[derive(Clone, Copy)]
struct Cell {
    cmake: &'static str,
    linker: (&'static str, &'static str, &'static str),
    compilers: (&'static str, &'static str),
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        (self.linker.0, self.compilers.0, CMake(self.cmake)).name()
    }
}

/// Each linker with each compiler, before and since CMake 3.29, which has a variable for the linker. With `--full`, all
/// combinations.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (index, cmake) in CMAKES.into_iter().enumerate() {
        for (number, linker) in LINKERS.into_iter().enumerate() {
            for compilers in [("gcc", "g++"), ("clang", "clang++")] {
                let is_clang = compilers.0 == "clang";
                if Tools::full()
                    || (index % 4 == number && is_clang == (index / 4 + number).is_multiple_of(2))
                {
                    cells.push(Cell { cmake, linker, compilers });
                }
            }
        }
    }
    cells
}

fn trial(Cell { cmake, linker, compilers }: Cell) {
    let setup = SCCACHE.cmake(cmake);
    let Some(tools) = setup.tools(&[Tool::System(linker.1), Tool::System("readelf")]) else { return };
    let more = format!(
        "toolchain:\n  compilers: {{ c: {}, cxx: {} }}\n  linker: {}\n",
        compilers.0, compilers.1, linker.0
    );
    let build = Build::with_yaml("linker", setup, &tools, "", Vec::new(), &more);
    build.toolchainkit(&["generate"]);
    build.configure();
    // The linker `bfd` leaves no text in the program, so check the commands in Ninja's debugging output.
    let output = build.command("cmake").args(["--build", "build/release", "--", "-v"]).run();
    build.assert_program_runs();
    let program = build.folder().join("sample");
    let traces = build.bare("readelf").args(["-p", ".comment", "-n"]).arg(program).run_to_any_end();
    let traces = traces.text() + &output.stdout;
    assert!(traces.contains(linker.2), "CMake {cmake}, {linker:?}, {compilers:?}\n{traces}");
}
