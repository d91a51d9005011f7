//! No hit is wrong, and every compilation that can hit does, with each compiler and each version of a cache.

mod cases;
mod compilers;
mod debugger;
mod direct;
mod epoch;
mod hits;
mod languages;
mod modules;
mod places;
mod project;
mod rebuild;
mod rules;
mod windows;

use std::path::{Path, PathBuf};

use cases::{COMPILERS, GCC};

use crate::cmake_module::{Checkout, tools_for};
use crate::list::{self, List};
use crate::support::{Sandbox, Tool, Tools};

pub(crate) fn tests(list: &mut List) {
    for add in [
        compilers::tests,
        debugger::tests,
        direct::tests,
        epoch::tests,
        hits::tests,
        languages::tests,
        modules::tests,
        places::tests,
        rebuild::tests,
        rules::tests,
        windows::tests,
    ] {
        add(list);
    }
}

/// The caches of the matrix: for each tool, a distributed version and the newest one.
const CACHES: [Tool; 4] = [
    Tool::Sccache(Tools::SCCACHE),
    Tool::Sccache(Tools::NEWEST_SCCACHE),
    Tool::System("ccache"),
    Tool::Ccache(Tools::CCACHE),
];

/// The versions of sccache among them.
const SCCACHES: [Tool; 2] = [CACHES[0], CACHES[1]];

/// A compiler and a cache.
#[derive(Clone, Copy, Debug)]
struct Cell {
    compiler: &'static str,
    cache: Tool,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        let cache =
            if self.cache == Tool::System("ccache") { "ccache-debian".into() } else { self.cache.name() };
        format!("{}::{cache}", self.compiler)
    }
}

impl Cell {
    fn is_sccache(self) -> bool {
        matches!(self.cache, Tool::Sccache(_))
    }

    /// The index of its compiler.
    fn row(self) -> usize {
        COMPILERS.iter().position(|compiler| *compiler == self.compiler).expect("one of the compilers")
    }

    /// The index of its cache.
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

    /// The tools for this cell, and `more`.
    fn tools(self, more: &[Tool]) -> Option<Tools> {
        tools_for(&[&[self.cache, Tool::System(self.compiler)], more].concat())
    }

    /// A sandbox for this cell, with only the system's tools and Ninja on PATH.
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

/// The whole matrix.
fn cells() -> Vec<Cell> {
    let of_compiler = |compiler| CACHES.map(|cache| Cell { compiler, cache });
    COMPILERS.into_iter().flat_map(of_compiler).collect()
}

/// The whole matrix, or without `--full` a subset that contains each compiler and each cache.
fn some_cells() -> Vec<Cell> {
    let mut cells = cells();
    cells.retain(|cell| Tools::full() || (cell.row() + cell.column()).is_multiple_of(COMPILERS.len()));
    cells
}
