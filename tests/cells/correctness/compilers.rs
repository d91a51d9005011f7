//! The compiler is a part of what an object is made from.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::{CACHES, Cell};
use crate::cmake_module::Checkout;
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool, write_script};

tests![
    a_compiler_that_is_upgraded_in_place_is_another_one in CACHES,
    what_a_wrapper_runs_is_a_part_of_the_compiler in CACHES,
    what_a_wrapper_takes_from_its_environment_is_seen in CACHES,
    an_upgrade_behind_a_masquerade_folder_is_seen in CACHES,
    a_compiler_of_any_name_has_right_line_numbers in CACHES,
    a_compiler_that_answers_like_none_is_not_cached in CACHES,
];

/// Makes other objects with and without optimisation, from the same preprocessed text.
const SOURCE: &str = "int twice(int number) { return number + number; }\n";

/// A compiler of which the version shows in what it compiles, and in nothing else.
fn write_compiler(path: &Path, version: u8) {
    write_script(path, &format!("exec /usr/bin/gcc -O{version} \"$@\""));
}

/// Runs `trial` with the cache and a checkout that is configured for it.
fn with(cache: Tool, trial: impl Fn(&Sandbox, &Checkout<'_>)) {
    let cell = Cell { compiler: super::GCC, cache };
    let Some(tools) = cell.tools(&[]) else { return };
    let sandbox = Cell::sandbox(&tools);
    let checkout = cell.checkout(&sandbox, &tools, "project");
    fs::write(checkout.source.join("main.c"), SOURCE).expect("a source");
    trial(&sandbox, &checkout);
}

fn a_compiler_that_is_upgraded_in_place_is_another_one(cache: Tool) {
    with(cache, |sandbox, checkout| {
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

fn what_a_wrapper_runs_is_a_part_of_the_compiler(cache: Tool) {
    with(cache, |sandbox, checkout| {
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

fn what_a_wrapper_takes_from_its_environment_is_seen(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let wrapper = sandbox.dir("compilers").join("my-gcc");
        write_script(&wrapper, "exec /usr/bin/gcc $MY_OPTIONS \"$@\"");
        checkout.configure();
        let with = |options: &str| compile_with(checkout, &wrapper, &[], &[("MY_OPTIONS", options)]);
        let first = with("-O0");
        assert!(with("-O2") != first, "{cache}: a stale object");
        assert!(with("-O0") == first, "{cache}");
        let counts = checkout.counted(|| drop(with("-O2")));
        assert_eq!(counts, (1, 0), "{cache}");
    });
}

fn an_upgrade_behind_a_masquerade_folder_is_seen(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let folder = sandbox.dir("masquerade");
        let own = sandbox.dir("own").join("ccache");
        fs::copy("/bin/true", &own).expect("what is called ccache");
        let called = folder.join("my-gcc");
        symlink(&own, &called).expect("a link");
        let real = sandbox.dir("compilers").join("my-gcc");
        checkout.configure();
        let path =
            format!("{}:{}:/usr/bin:/bin", folder.display(), real.parent().expect("a folder").display());
        let with = |version: u8| {
            write_compiler(&real, version);
            compile_with(checkout, &called, &[], &[("PATH", &path)])
        };
        let first = with(0);
        assert!(with(2) != first, "{cache}: an object of the old compiler");
        assert!(with(0) == first, "{cache}");
    });
}

fn a_compiler_of_any_name_has_right_line_numbers(cache: Tool) {
    with(cache, |sandbox, checkout| {
        checkout.configure();
        for name in ["mpicc", "em-plus", "CC", "icpx"] {
            let compiler = sandbox.dir("compilers").join(name);
            symlink("/usr/bin/gcc", &compiler).expect("a link");
            let with = |text: &str| {
                fs::write(checkout.source.join("main.c"), text).expect("a source");
                compile_with(checkout, &compiler, &["-g"], &[])
            };
            let first = with(SOURCE);
            assert!(
                with(&format!("\n\n{SOURCE}")) != first,
                "{cache}: line numbers of an older text by {name}"
            );
            assert!(with(SOURCE) == first, "{cache}: {name}");
            let counts = checkout.counted(|| drop(with(SOURCE)));
            assert_eq!(counts, (1, 0), "{cache}: {name}");
        }
    });
}

/// sccache takes whatever has the macros of GCC for GCC; this one does not know the options for line numbers.
fn a_compiler_that_answers_like_none_is_not_cached(cache: Tool) {
    with(cache, |sandbox, checkout| {
        let compiler = sandbox.dir("compilers").join("other-cc");
        let other = "case $* in *-dM*) echo '#define __EDG__ 1'; exit ;; *-profile-arcs*) exit 9 ;; esac";
        write_script(&compiler, &format!("{other}\nexec /usr/bin/gcc \"$@\""));
        checkout.configure();
        let first = compile(checkout, &compiler);
        let mut again = Vec::new();
        let counts = checkout.counted(|| again = compile(checkout, &compiler));
        assert!(first == again, "{cache}");
        let expected = if matches!(cache, Tool::Sccache(_)) { (0, 0) } else { (1, 0) };
        assert_eq!(counts, expected, "{cache}");
    });
}

fn age(path: &Path, time: &str) {
    std::process::Command::new("touch").args(["-d", time]).arg(path).run();
}

/// The object of `main.c`, by the launcher of a build.
fn compile(checkout: &Checkout<'_>, compiler: &Path) -> Vec<u8> {
    compile_with(checkout, compiler, &[], &[])
}

/// The same with more options, and more in the environment.
fn compile_with(
    checkout: &Checkout<'_>,
    compiler: &Path,
    options: &[&str],
    environment: &[(&str, &str)],
) -> Vec<u8> {
    let object: PathBuf = checkout.source.join("main.o");
    checkout
        .launcher()
        .envs(environment.iter().copied())
        .arg(compiler)
        .args(options)
        .args(["-c", "main.c", "-o"])
        .arg(&object)
        .current_dir(&checkout.source)
        .run();
    fs::read(object).expect("an object")
}
