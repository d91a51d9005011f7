//! The compiler is a part of what an object is made from.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{CACHES, Cell, tools};
use crate::cmake_module::Checkout;
use crate::support::{Run, Sandbox, Tool, write_script};

/// Makes other objects with and without optimisation, from the same preprocessed text.
const SOURCE: &str = "int twice(int number) { return number + number; }\n";

/// A compiler of which the version shows in what it compiles, and in nothing else.
fn write_compiler(path: &Path, version: u8) {
    write_script(path, &format!("exec /usr/bin/gcc -O{version} \"$@\""));
}

/// The caches that are there, each with a sandbox and a checkout that it is configured for.
fn for_each_cache(trial: impl Fn(Tool, &Sandbox, &Checkout<'_>)) {
    let Some(tools) = tools() else { return };
    for cache in CACHES.into_iter().filter(|cache| tools.has(*cache)) {
        let sandbox = Cell::sandbox(&tools);
        let checkout = Cell { compiler: super::GCC, cache }.checkout(&sandbox, &tools, "project");
        fs::write(checkout.source.join("main.c"), SOURCE).expect("a source");
        trial(cache, &sandbox, &checkout);
    }
}

#[test]
fn a_compiler_that_is_upgraded_in_place_is_another_one() {
    for_each_cache(|cache, sandbox, checkout| {
        let compiler = sandbox.dir("compilers").join("my-gcc");
        write_compiler(&compiler, 0);
        let link = compiler.with_file_name("linked-gcc");
        symlink(&compiler, &link).expect("a link");
        for called in [&compiler, &link] {
            write_compiler(&compiler, 0);
            age(&compiler, "1 hour ago");
            checkout.configure();
            let first = compile(checkout, called);
            // The time of another package; ccache, which has no daemon, sees it even if size and time are the same.
            write_compiler(&compiler, 1);
            age(&compiler, if matches!(cache, Tool::Sccache(_)) { "2 hours ago" } else { "1 hour ago" });
            let second = compile(checkout, called);
            assert!(first != second, "{cache}: a stale object by {}", called.display());
            assert!(compile(checkout, called) == second, "{cache}");
        }
    });
}

#[test]
fn what_a_wrapper_runs_is_a_part_of_the_compiler() {
    for_each_cache(|cache, sandbox, checkout| {
        let wrapper = sandbox.dir("compilers").join("my-gcc");
        let inner = wrapper.with_file_name("gcc-inside");
        let upgrade = |version: u8| {
            let options = format!("case $1 in --version) echo gcc {version}; exit ;; esac");
            write_script(&inner, &format!("{options}\nexec /usr/bin/gcc -O{version} \"$@\""));
        };
        write_script(&wrapper, &format!("exec {} \"$@\"", inner.display()));
        upgrade(0);
        checkout.configure();
        let first = compile(checkout, &wrapper);
        upgrade(1);
        let second = compile(checkout, &wrapper);
        assert!(first != second, "{cache}: a stale object");
        upgrade(0);
        assert!(compile(checkout, &wrapper) == first, "{cache}");
    });
}

fn age(path: &Path, time: &str) {
    std::process::Command::new("touch").args(["-d", time]).arg(path).run();
}

/// The object of `main.c`, by the launcher of a build.
fn compile(checkout: &Checkout<'_>, compiler: &Path) -> Vec<u8> {
    let object: PathBuf = checkout.source.join("main.o");
    checkout
        .launcher()
        .arg(compiler)
        .args(["-c", "main.c", "-o"])
        .arg(&object)
        .current_dir(&checkout.source)
        .run();
    fs::read(object).expect("an object")
}
