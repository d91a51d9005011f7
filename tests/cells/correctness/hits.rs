//! Another build of the same sources compiles nothing, in any place and for any user.

use super::cases::{self, Case, GCC, Misses};
use super::project::{self, Built, State};
use super::{Cell, cells};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, Tools};

tests![trial in cells()];

/// The difference of the second build.
const MOVES: [Move; 6] =
    [Move::Nothing, Move::Time, Move::Checkout, Move::BuildFolder, Move::OutsideOfSource, Move::Home];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Nothing,
    /// The times of all files.
    Time,
    /// The place of the checkout.
    Checkout,
    /// The name of the build folder.
    BuildFolder,
    /// The build folder is not in the source folder.
    OutsideOfSource,
    /// The home folder of the user, and so the daemon.
    Home,
}

fn trial(cell: Cell) -> Result<String, String> {
    let Some(tools) = &cell.tools(&[]) else { return Ok("skipped".to_owned()) };
    let mut faults = Vec::new();
    let mut total = 0;
    for build_type in build_types(cell) {
        let sandbox = Cell::sandbox(tools);
        let first = place(cell, &sandbox, tools, build_type, Move::Nothing);
        let cases = cases::expected_hits();
        project::write(&first.source, &cases, State::Before);
        first.configure();
        let built = project::build(&first, &cases);
        let objects = built.iter().map(Built::compilations).sum::<usize>() as u64;
        let misses_of =
            |(case, built): (&&Case, &Built), elsewhere| match (case.expected_misses)(cell, elsewhere) {
                Misses::Nothing => 0,
                Misses::Headers => built.headers,
                Misses::All => built.compilations(),
            };
        let may_hit =
            |other: &Move| build_type != "Debug" || cell.shares_debug_information() || !other.changes_paths();
        for other in moves(cell).filter(may_hit) {
            let checkout = place(cell, &sandbox, tools, build_type, other);
            project::write(&checkout.source, &cases, State::Before);
            if other == Move::Time {
                checkout
                    .command("find")
                    .arg(&checkout.source)
                    .args(["-name", "*.[chm]*", "-exec", "touch", "{}", "+"])
                    .run();
            }
            if other == Move::Home && cell.is_sccache() {
                // Two daemons must not share a folder.
                first.ask(&["--stop-server"]);
            }
            checkout.configure();
            let mut again = Vec::new();
            let counts = checkout.counted(|| again = project::build(&checkout, &cases));
            total += counts.0;
            let expected = |pair| misses_of(pair, other.changes_paths());
            let may_miss = cases.iter().zip(&built).map(expected).sum::<usize>() as u64;
            if counts.0 + counts.1 != objects || counts.1 > may_miss {
                faults.push(format!(
                    "{build_type}, {other:?}: {} hits of {objects}, {} misses; {may_miss} misses are allowed",
                    counts.0, counts.1
                ));
            }
            // An object that contains no path is equal to that of an uncached build.
            // With clang 14, debug information contains the build folder, because clang 14 uses the shorter of two
            // prefixes.
            let names_build_folder = build_type == "Debug" && other == Move::BuildFolder;
            if cell.maps_paths() && !names_build_folder {
                let expected = project::without_cache(cell, &checkout, &cases);
                for (case, (expected, again)) in cases.iter().zip(expected.iter().zip(&again)) {
                    if expected != again && !(case.contains_paths)(cell) {
                        faults.push(format!(
                            "{build_type}, {other:?}, {}: differs from the uncached object",
                            case.name
                        ));
                    }
                }
            }
        }
    }
    let figures = format!("{total} hits");
    if faults.is_empty() { Ok(figures) } else { Err(format!("{figures}\n  {}", faults.join("\n  "))) }
}

/// Both build types, or one of them, so that each compiler and each cache is tested with both.
fn build_types(cell: Cell) -> Vec<&'static str> {
    let all = ["Debug", "Release"];
    if Tools::full() { all.into() } else { vec![all[(cell.row() + cell.column()) % 2]] }
}

/// All moves, or without `--full` a third of them, different ones in each cell.
fn moves(cell: Cell) -> impl Iterator<Item = Move> {
    let chosen = move |index: usize| Tools::full() || (index + cell.row() + cell.column()).is_multiple_of(3);
    let moves = MOVES.into_iter().enumerate().filter(move |(index, _)| chosen(*index));
    moves.map(|(_, other)| other).filter(move |other| other.can_hit(cell))
}

fn place<'a>(cell: Cell, sandbox: &'a Sandbox, tools: &Tools, build_type: &str, other: Move) -> Checkout<'a> {
    let folder = if other == Move::Checkout { "elsewhere/of/another" } else { "project" };
    let checkout = cell.checkout(sandbox, tools, folder).option(&format!("-DCMAKE_BUILD_TYPE={build_type}"));
    let toolchain = format!("-DCMAKE_TOOLCHAIN_FILE={}/cmake/toolchain.cmake", checkout.source.display());
    let checkout = checkout.option(&toolchain);
    match other {
        Move::BuildFolder => {
            let folder = checkout.source.join("another-build");
            checkout.with_build_folder(folder)
        }
        Move::OutsideOfSource => checkout.with_build_folder(sandbox.root().join("project-build")),
        Move::Home => {
            let home = sandbox.dir("another-home");
            let home = home.to_str().expect("a plain path");
            checkout.env("HOME", home).env("XDG_CACHE_HOME", &format!("{home}/cache"))
        }
        Move::Nothing | Move::Time | Move::Checkout => checkout,
    }
}

impl Move {
    /// ccache makes paths relative to the build folder, and supports a second base directory only since 4.12.
    fn can_hit(self, cell: Cell) -> bool {
        self != Self::OutsideOfSource || cell.is_sccache()
    }

    /// Whether the sources or the build folder are in another folder.
    fn changes_paths(self) -> bool {
        matches!(self, Self::Checkout | Self::BuildFolder | Self::OutsideOfSource)
    }
}

impl Cell {
    /// Whether the module replaces the path of the checkout in `__FILE__`.
    fn maps_paths(self) -> bool {
        self.cache != Tool::Sccache(Tools::SCCACHE)
    }

    /// Whether other checkouts get objects with debug information.
    pub(super) fn shares_debug_information(self) -> bool {
        self.maps_paths() || self.compiler == GCC
    }
}
