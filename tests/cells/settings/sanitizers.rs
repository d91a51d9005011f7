//! Each sanitizer reports its kind of error, and is not used in try_compile.

use super::Checkout;
use crate::list::{self, CMake, tests};
use crate::support::{Run, Tool, Tools, versions};

tests![
    each_sanitizer_reports_its_kind_of_error in versions_and_sanitizers(),
    sanitizers_are_used_in_the_program_but_not_in_try_compile in [(CMake(versions::cmake("3.15")), "gcc"), (CMake(Tools::CMAKE), "clang")],
    a_sanitizer_reports_an_error_in_the_emulator in [versions::cmake("3.15"), Tools::CMAKE].map(CMake),
];

const FAULTY: &str = r#"#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
static int shared;
static int fault(const std::string &what) {
  volatile int number = 2147483647;
  if (what == "overflow") return number + 1;
  if (what == "freed") { char *volatile text = new char[4]; delete[] text; return text[1]; }
  if (what == "leak") { char *volatile lost = static_cast<char *>(std::malloc(9)); lost[0] = 1; lost = nullptr; }
  if (what == "uninitialised") { int *volatile list = new int[4]; if (list[1] == 3) std::puts("three"); }
  if (what == "race") { std::thread other([] { ++shared; }); ++shared; other.join(); }
  return 0;
}
int main(int argc, char **argv) { std::printf("fault %d\n", fault(argc > 1 ? argv[1] : "")); }
"#;

/// Compilers, sanitizers, and the expected report for each error.
type Case = (&'static str, &'static str, Faults);
type Faults = &'static [(&'static str, &'static str)];

/// A case with a CMake.
#[derive(Clone, Copy)]
struct Cell {
    version: &'static str,
    case: Case,
}

impl list::Cell for Cell {
    fn name(&self) -> String {
        let (compilers, sanitizers, _) = self.case;
        (CMake(self.version), compilers, sanitizers).name()
    }
}

const CASES: [Case; 7] = [
    (
        "clang",
        "address, undefined",
        &[
            ("overflow", "signed integer overflow"),
            ("freed", "heap-use-after-free"),
            ("leak", "detected memory leaks"),
        ],
    ),
    ("clang", "thread", &[("race", "ThreadSanitizer: data race")]),
    ("clang", "memory", &[("uninitialised", "MemorySanitizer: use-of-uninitialized-value")]),
    ("clang", "leak", &[("leak", "detected memory leaks")]),
    ("gcc", "address, leak", &[("freed", "heap-use-after-free"), ("leak", "detected memory leaks")]),
    ("gcc", "thread, undefined", &[("race", "ThreadSanitizer: data race"), ("overflow", "signed integer")]),
    ("gcc", "leak, undefined", &[("leak", "detected memory leaks"), ("overflow", "signed integer overflow")]),
];

/// Each sanitizer runs with one CMake; the first one of each compiler runs with all. With `--full`, all run with all.
fn versions_and_sanitizers() -> Vec<Cell> {
    let versions = [versions::cmake("3.15"), versions::cmake("3.21"), Tools::CMAKE];
    let mut cells = Vec::new();
    for (index, case) in CASES.into_iter().enumerate() {
        let is_chosen = |version: &&str| Tools::full() || index % 4 == 0 || versions[index % 3] == *version;
        cells.extend(versions.into_iter().filter(is_chosen).map(|version| Cell { version, case }));
    }
    cells
}

fn each_sanitizer_reports_its_kind_of_error(Cell { version, case }: Cell) {
    let Some(_) = Tools::require(&[Tool::CompilerRt]) else { return };
    let (compilers, sanitizers, faults) = case;
    let what = format!("CMake {version}, {compilers}, {sanitizers}");
    let toolchain = format!("{{ compilers: {compilers}, sanitizers: [{sanitizers}] }}");
    let yaml = format!("cache: {{ enabled: false }}\ntoolchain: {toolchain}\n");
    let Some(checkout) = Checkout::new("sanitizer", version, &[], &yaml) else { return };
    checkout.write("CMakeLists.txt", LISTS);
    checkout.write("main.cpp", FAULTY);
    checkout.configure(&[]);
    checkout.build();
    let right = checkout.command("b/main", &[]).run();
    assert_eq!((right.stdout.as_str(), right.stderr.as_str()), ("fault 0\n", ""), "{what}");
    for (fault, words) in faults {
        let caught = checkout.command("b/main", &[fault]).run_to_any_end();
        assert!(caught.stderr.contains(words), "{what}, {fault}\n{caught}");
    }
}

const LISTS: &str = "cmake_minimum_required(VERSION 3.15)
project(faulty CXX)
find_package(Threads REQUIRED)
add_executable(main main.cpp)
target_link_libraries(main PRIVATE Threads::Threads)
";

fn sanitizers_are_used_in_the_program_but_not_in_try_compile(
    (CMake(version), compilers): (CMake, &'static str),
) {
    let Some(_) = Tools::require(&[Tool::CompilerRt]) else { return };
    let toolchain = format!("{{ compilers: {compilers}, sanitizers: [address, undefined] }}");
    let yaml = format!("cache: {{ enabled: false }}\ntoolchain: {toolchain}\n");
    let Some(checkout) = Checkout::new("sanitizers", version, &[], &yaml) else { return };
    // A check with a memory leak, which would fail with the sanitizer.
    let leaky = "include(CheckCSourceRuns)\ncheck_c_source_runs(\"#include <stdlib.h>\\nint main(void) { volatile char *p = malloc(9); p = 0; return 0; }\" LEAKY)\n";
    checkout.write("CMakeLists.txt", &(super::LISTS.to_owned() + leaky));
    checkout.configure(&[]);
    assert_eq!(checkout.cached("LEAKY").as_deref(), Some("1"));
    checkout.build();
    assert_eq!(checkout.command("b/main", &["x"]).run().stdout, "x 2 2\n");
    let caught = checkout.command("b/main", &["x", "overflow"]).run_to_any_end();
    assert!(
        caught.stderr.contains("AddressSanitizer") || caught.stderr.contains("out of bounds"),
        "{caught}"
    );
}

fn a_sanitizer_reports_an_error_in_the_emulator(CMake(version): CMake) {
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: gcc
  sanitizers: [hwaddress, undefined]
  target: { system: Linux, processor: aarch64, triple: aarch64-linux-gnu }
  emulator: [qemu-aarch64, -L, /usr/aarch64-linux-gnu]
";
    // CMake runs tests and try_run programs with the emulator.
    let tested = "enable_testing()
include(CheckCXXSourceRuns)
check_cxx_source_runs(\"int main() { return sizeof(void *) == 8 ? 0 : 1; }\" RUNS)
add_test(NAME right COMMAND main)
add_test(NAME freed COMMAND main freed)
add_test(NAME overflow COMMAND main overflow)
set_tests_properties(right PROPERTIES PASS_REGULAR_EXPRESSION \"^fault 0\\n$\")
set_tests_properties(freed PROPERTIES PASS_REGULAR_EXPRESSION \"HWAddressSanitizer: tag-mismatch\")
set_tests_properties(overflow PROPERTIES PASS_REGULAR_EXPRESSION \"signed integer overflow\")
";
    let programs = ["aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "qemu-aarch64"];
    let Some(checkout) = Checkout::new("emulator", version, &programs, yaml) else { return };
    checkout.write("CMakeLists.txt", &(LISTS.to_owned() + tested));
    checkout.write("main.cpp", FAULTY);
    checkout.configure(&[]);
    assert_eq!(checkout.cached("RUNS").as_deref(), Some("1"), "CMake {version}");
    checkout.build();
    let mut ctest = checkout.command("ctest", &["--output-on-failure"]);
    let tested = ctest.current_dir(checkout.path.join("b")).run();
    let passed = ["100% tests passed", "out of 3"].iter().all(|words| tested.stdout.contains(words));
    assert!(passed, "{tested}");
}
