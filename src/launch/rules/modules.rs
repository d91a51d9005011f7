//! The rules about C++20 modules.
//!
//! With a module map, CMake names the `.pcm` file of each module that a source may import, also of those that are imported
//! indirectly. A tool that adds the contents of these files to the key gives the right object, if a `.pcm` file changes whenever an
//! object that depends on it does. That is only so with [`EMBED`].

use super::EMBED;
use super::rule::{Action, Affected, Condition, Family, KeyPart, Modules, Rule};
use super::table::{BOTH, CCACHE, SCCACHE};
use crate::caching::tool::Version;

/// What all rules have in common.
const MODULES: Rule = Rule {
    name: "",
    tools: BOTH,
    compilers: &[],
    only_relocatable: false,
    condition: Condition::Modules(Modules::OfClang),
    unless: &[],
    action: Action::Bypass,
    why: "",
    because: "",
    help: "",
    source: "",
    cases: &[],
};

const HELP: &str = "set CXX_SCAN_FOR_MODULES to OFF for sources without modules; modules are cached with Clang 22 or newer, and sccache 0.15 or newer or (only sources that import) ccache 4.14.2 or newer";

pub(super) const GCC: Rule = Rule {
    name: "modules, GCC",
    compilers: &[Family::Gcc, Family::Nvcc, Family::Unknown],
    condition: Condition::Modules(Modules::OfGcc),
    why: "GCC reads and writes the files that a mapper names, and neither tool hashes or stores them.",
    because: "it is compiled or scanned for C++20 modules by GCC, whose module files no tool stores",
    help: HELP,
    source: "mozilla/sccache#2630; not run with GCC 14",
    cases: &["the_modules_of_gcc_and_cl_bypass_the_tool"],
    ..MODULES
};

pub(super) const MSVC: Rule = Rule {
    name: "modules, MSVC",
    compilers: &[Family::Msvc, Family::ClangCl],
    condition: Condition::Modules(Modules::OfMsvc),
    why: "cl.exe writes and reads `.ifc` files, and neither tool hashes or stores them. clang-cl was not tried.",
    because: "it is compiled with C++20 modules by cl.exe or clang-cl, whose module files the tool may not store",
    help: HELP,
    source: "README of sccache 0.19; not run with cl.exe",
    cases: &["the_modules_of_gcc_and_cl_bypass_the_tool"],
    ..MODULES
};

pub(super) const OLD_CLANG: Rule = Rule {
    name: "modules, older Clang",
    compilers: &[Family::Clang],
    condition: Condition::Modules(Modules::Unembedded),
    why: "Without the sources in it, a `.pcm` file can have the same bytes after a header has changed only its line breaks. A compilation that imports the module reads the header again, and its object changes.",
    because: "it uses C++20 modules, and the `.pcm` files of Clang before 22 do not contain all that a compilation reads",
    help: HELP,
    source: "experiment with clang 19 and 22",
    cases: &["the_modules_of_an_older_clang_are_not_cached"],
    ..MODULES
};

pub(super) const IMPLICIT: Rule = Rule {
    name: "modules, header units",
    compilers: &[Family::Clang],
    condition: Condition::Modules(Modules::Implicit),
    why: "The command does not name the file of each header unit or module that the compilation reads.",
    because: "it uses a header unit, or a module whose file the command does not name",
    help: "import named modules, or include the header",
    source: "src/compiler/clang.rs of sccache 0.19, ccache#1796",
    cases: &["header_units_are_not_cached"],
    ..MODULES
};

pub(super) const OLD_TOOLS: Rule = Rule {
    name: "modules, older tools",
    tools: &[
        Affected { before: Some(Version::new(0, 15, 0)), ..SCCACHE },
        Affected { before: Some(Version::new(4, 14, 2)), ..CCACHE },
    ],
    why: "The tool hashes the name of a `.pcm` file instead of its content.",
    because: "it uses C++20 modules, which this version of the tool does not support",
    help: HELP,
    source: "experiment with sccache 0.14.0 and 0.15.0, ccache 4.7.5 and 4.14.2; ccache#1774",
    cases: &["modules_are_not_cached_by_older_tools"],
    ..MODULES
};

pub(super) const CCACHE_OUTPUT: Rule = Rule {
    name: "module files, ccache",
    tools: &[CCACHE],
    condition: Condition::Modules(Modules::Output),
    why: "ccache does not store `.pcm` files.",
    because: "it is the source of a C++20 module, and ccache does not store the file for those who import it",
    help: "use sccache (`cache.tool`), which stores it",
    source: "experiment with ccache 4.14.2; ccache#1252",
    cases: &["ccache_caches_only_sources_that_import"],
    ..MODULES
};

pub(super) const FOREIGN: Rule = Rule {
    name: "modules of others",
    compilers: &[Family::Clang],
    condition: Condition::Modules(Modules::Foreign),
    why: "As for an older Clang: the launcher did not compile this module in this build folder, so its file may not contain the sources.",
    because: "it imports a module that was not compiled through the launcher of this build folder",
    help: "compile the module in a target of this project, or build again if toolchainkit was updated",
    source: "experiment with clang 22",
    cases: &["modules_of_others_are_not_cached"],
    ..MODULES
};

pub(super) const SOURCES: Rule = Rule {
    name: "module sources",
    compilers: &[Family::Clang],
    condition: Condition::Modules(Modules::EmbeddedOutput),
    action: Action::Options(&[EMBED]),
    why: "As for an older Clang.",
    because: "its `.pcm` file contains the sources of the module",
    help: "no action is needed",
    source: "experiment with clang 22",
    cases: &["a_wiped_build_hits_and_a_change_recompiles"],
    ..MODULES
};

pub(super) const PATHS: Rule = Rule {
    name: "module paths",
    tools: &[SCCACHE],
    compilers: &[Family::Clang],
    action: Action::Key(KeyPart::Checkout),
    why: "A `.pcm` file contains the absolute paths of its sources, also for debug information and `std::source_location` in objects of other checkouts.",
    because: "it uses C++20 modules, whose files contain the path of this checkout, so other checkouts do not share it",
    help: "build all checkouts in folders of the same name, for example in CI, to share them",
    source: "experiment with clang 22",
    cases: &["another_checkout_compiles_its_own_modules"],
    ..MODULES
};
