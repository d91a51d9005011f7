//! Toolchains with real compilers: for other machines, together with other toolchain files, and in nested builds.

mod chain;
mod conan;
mod cross;
mod linkers;
mod nested;

use crate::end_to_end::build::{CCACHE, SCCACHE, Setup};
use crate::list::List;
use crate::support::Tools;

pub(crate) fn tests(list: &mut List) {
    for add in [chain::tests, conan::tests, cross::tests, linkers::tests, nested::tests] {
        add(list);
    }
}

/// Every CMake with both cache tools. In CI only those with an index of `share` modulo four: two CMakes, one for each
/// tool.
fn setups(share: usize) -> Vec<Setup> {
    let caches = [SCCACHE, CCACHE];
    let all = Tools::CMAKES.into_iter().enumerate().flat_map(|(index, cmake)| {
        let chosen =
            move |cache: usize| Tools::full() || (index % 4 == share && (index / 4 + share) % 2 == cache);
        (0..2).filter(move |&cache| chosen(cache)).map(move |cache| caches[cache].cmake(cmake))
    });
    all.collect()
}
