//! A hit is never wrong, and what can hit does: with each compiler and each version of a cache.

mod cases;
mod compilers;
mod debugger;
mod epoch;
mod hits;
mod languages;
mod places;
mod project;
mod rebuild;
mod rules;

use std::fmt;
use std::path::{Path, PathBuf};

use cases::{CLANG, COMPILERS, GCC, NEWEST_CLANG};

use crate::cmake_module::{Checkout, tools_for};
use crate::support::{Sandbox, Tool, Tools, cells};

/// The caches of the matrix: of each tool one as it is distributed and the newest.
const CACHES: [Tool; 4] = [
    Tool::Sccache(Tools::SCCACHE),
    Tool::Sccache(Tools::NEWEST_SCCACHE),
    Tool::System("ccache"),
    Tool::Ccache(Tools::CCACHE),
];
/// How many cells are tried at a time.
const WORKERS: usize = 2;

/// A compiler and a cache.
#[derive(Clone, Copy, Debug)]
struct Cell {
    compiler: &'static str,
    cache: Tool,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cache = if self.cache == Tool::System("ccache") {
            "ccache of Debian".into()
        } else {
            self.cache.to_string()
        };
        write!(f, "{} / {cache}", self.compiler)
    }
}

impl Cell {
    fn is_sccache(self) -> bool {
        matches!(self.cache, Tool::Sccache(_))
    }

    /// Which of the compilers it has.
    fn row(self) -> usize {
        COMPILERS.iter().position(|compiler| *compiler == self.compiler).expect("one of the compilers")
    }

    /// Which of the caches it has.
    fn column(self) -> usize {
        CACHES.iter().position(|cache| *cache == self.cache).expect("one of the caches")
    }

    fn compiler_for(self, language: &str) -> PathBuf {
        let folder = Path::new("/usr/bin");
        match (self.compiler, language) {
            (GCC, "CXX" | "OBJCXX") => folder.join("g++"),
            (compiler, "CXX" | "OBJCXX") => folder.join(compiler.replacen("clang", "clang++", 1)),
            (compiler, _) => folder.join(compiler),
        }
    }

    /// A sandbox for it, where nothing but the system's tools and Ninja can be found.
    fn sandbox(tools: &Tools) -> Sandbox {
        Sandbox::new("hits").on_path(&tools.ninja())
    }

    /// A checkout in `folder` that is configured with this compiler and this cache.
    fn checkout<'a>(self, sandbox: &'a Sandbox, tools: &Tools, folder: &str) -> Checkout<'a> {
        let cache = sandbox.root().join("shared");
        let call = format!("toolchainkit_enable_cache(PROJECT hits DIR {})", cache.display());
        let mut checkout = Checkout::sample(sandbox, tools, folder, &call)
            .option(&format!("-DTOOLCHAINKIT_CACHE_TOOL={}", tools.path(self.cache).display()));
        for language in ["C", "CXX", "OBJC", "OBJCXX"] {
            checkout = checkout
                .option(&format!("-DCMAKE_{language}_COMPILER={}", self.compiler_for(language).display()));
        }
        checkout
    }
}

/// The whole matrix, as far as its tools are there.
fn cells(tools: &Tools) -> Vec<Cell> {
    let is_there = |cache: &Tool| tools.has(*cache) || Tools::require(&[*cache]).is_some();
    let caches: Vec<Tool> = CACHES.into_iter().filter(is_there).collect();
    let mut cells: Vec<Cell> = Vec::new();
    for compiler in COMPILERS {
        cells.extend(caches.iter().map(|&cache| Cell { compiler, cache }));
    }
    cells::chosen(cells)
}

/// The whole matrix, or in CI a part in which each compiler and each cache occurs.
fn some_cells(tools: &Tools) -> Vec<Cell> {
    let mut cells = cells(tools);
    cells.retain(|cell| Tools::full() || (cell.row() + cell.column()).is_multiple_of(COMPILERS.len()));
    cells
}

/// The tools of the matrix but for the newest sccache, which has to be built.
fn tools() -> Option<Tools> {
    let others = [CACHES[0], CACHES[2], CACHES[3], Tool::System(CLANG), Tool::System(NEWEST_CLANG)];
    tools_for(&others)
}

/// Tries every cell, tells how each went, and panics if one went wrong.
fn try_all(cells: Vec<Cell>, trial: impl Fn(Cell) -> Result<String, String> + Sync) {
    cells::try_all(cells, WORKERS, trial);
}
