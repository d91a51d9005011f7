//! Languages that a cache takes only on request, or not at all.

use std::fs;
use std::path::Path;

use super::CACHES;
use crate::cmake_module::{Checkout, tools_for};
use crate::support::{Run, Sandbox, Tool};

#[test]
fn cuda_hits_on_request() {
    let Some(tools) = tools_for(&[CACHES[0], Tool::Cuda]) else { return };
    for cache in CACHES.into_iter().filter(|cache| matches!(cache, Tool::Sccache(_)) && tools.has(*cache)) {
        let sandbox = Sandbox::new("cuda").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let call = "toolchainkit_enable_cache(LANGUAGES C CXX CUDA)";
        let checkout = Checkout::sample(&sandbox, &tools, "project", call);
        checkout.configure();
        // By the launcher: for CMake's own test of the compiler there would have to be a linker of device code.
        let compile = || {
            let mut command = checkout.launcher();
            command.arg(tools.path(Tool::Cuda)).args(["-arch=sm_75", "-c", "add.cu", "-o", "add.o"]);
            command.current_dir(&checkout.source).run();
            fs::read(checkout.source.join("add.o")).expect("an object")
        };
        write_kernel(&checkout, "+");
        let first = compile();
        let mut again = Vec::new();
        let (hits, misses) = checkout.counted(|| again = compile());
        assert!(hits > 0 && misses == 0, "{cache}: {hits} hits, {misses} misses");
        assert!(again == first, "{cache}: another object");
        write_kernel(&checkout, "-");
        assert!(compile() != first, "{cache}: a stale object");
    }
}

fn write_kernel(checkout: &Checkout<'_>, operator: &str) {
    let text = format!(
        "__global__ void add(float *a, const float *b) {{ a[threadIdx.x] {operator}= b[threadIdx.x]; }}\n"
    );
    write(&checkout.source, "add.cu", &text);
}

#[test]
fn fortran_is_never_given_to_a_cache() {
    let Some(tools) = tools_for(&[CACHES[0], CACHES[3], Tool::System("gfortran")]) else { return };
    for cache in [CACHES[0], CACHES[3]] {
        let sandbox = Sandbox::new("fortran").on_path(&tools.ninja()).on_path(&tools.path(cache));
        let checkout = Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache()");
        let lists = "cmake_minimum_required(VERSION 3.15...4.0)\nproject(mixed LANGUAGES C Fortran)\nadd_library(mixed OBJECT main.c sum.f90)\n";
        write(&checkout.source, "CMakeLists.txt", lists);
        write(&checkout.source, "main.c", "int main(void) { return 0; }\n");
        write(
            &checkout.source,
            "sum.f90",
            "integer function total(a, b)\n  integer :: a, b\n  total = a + b\nend function\n",
        );
        let checkout = checkout.option("-DCMAKE_Fortran_COMPILER=/usr/bin/gfortran");
        checkout.configure();
        // The source in C alone.
        assert_eq!(checkout.counted(|| drop(checkout.build())), (0, 1), "{cache}");
        assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (1, 0), "{cache}");
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file");
}
