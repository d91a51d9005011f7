//! The compiler is a part of what an object is made from.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::{CACHES, Cell, tools};
use crate::cmake_module::Checkout;
use crate::support::{Run, Tool};

/// A compiler of which the version shows in what it compiles.
fn write_compiler(path: &Path, version: u8) {
    fs::write(path, format!("#!/bin/sh\nexec /usr/bin/gcc -DVERSION={version} \"$@\"\n"))
        .expect("a compiler");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it can run");
}

#[test]
fn a_compiler_that_is_upgraded_in_place_is_another_one() {
    let Some(tools) = tools() else { return };
    for cache in CACHES.into_iter().filter(|cache| tools.has(*cache)) {
        let sandbox = Cell::sandbox(&tools);
        let compiler = sandbox.dir("compilers").join("my-gcc");
        write_compiler(&compiler, 1);
        let link = compiler.with_file_name("linked-gcc");
        symlink(&compiler, &link).expect("a link");
        let cell = Cell { compiler: super::GCC, cache };
        for called in [&compiler, &link] {
            write_compiler(&compiler, 1);
            age(&compiler, "1 hour ago");
            let checkout = cell.checkout(&sandbox, &tools, "project");
            fs::write(checkout.source.join("main.c"), "int version = VERSION;\n").expect("a source");
            checkout.configure();
            let first = compile(&checkout, called);
            // The time of another package; ccache, which has no daemon, sees it even if size and time are the same.
            write_compiler(&compiler, 2);
            age(&compiler, if matches!(cache, Tool::Sccache(_)) { "2 hours ago" } else { "1 hour ago" });
            let second = compile(&checkout, called);
            assert!(first != second, "{cache}: a stale object by {}", called.display());
            assert!(compile(&checkout, called) == second, "{cache}");
        }
    }
}

fn age(path: &Path, time: &str) {
    std::process::Command::new("touch").args(["-d", time]).arg(path).run();
}

/// The object of `main.c`, by the launcher of a build, which for ccache may be the tool itself.
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
