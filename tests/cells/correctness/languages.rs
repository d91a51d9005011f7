//! Languages that are cached only if they are enabled, or not at all.

use std::fs;
use std::path::Path;

use super::cases::NEWEST_CLANG as HIP_COMPILER;
use super::{CACHES, SCCACHES};
use crate::cmake_module::{Checkout, tools_for};
use crate::list::tests;
use crate::support::{Run, Sandbox, Tool};

tests![
    cuda_hits_if_it_is_enabled in SCCACHES,
    hip_hits_if_it_is_enabled in SCCACHES,
    fortran_is_never_cached in [CACHES[0], CACHES[3]],
];

fn cuda_hits_if_it_is_enabled(cache: Tool) {
    let Some(tools) = tools_for(&[cache, Tool::Cuda]) else { return };
    let sandbox = Sandbox::new("cuda").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let call = "toolchainkit_enable_cache(LANGUAGES C CXX CUDA)";
    let checkout = Checkout::sample(&sandbox, &tools, "project", call);
    checkout.configure();
    // This test calls the launcher directly, because CMake's check of the compiler needs a linker for device code.
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
    assert!(again == first, "{cache}: the objects differ");
    write_kernel(&checkout, "-");
    assert!(compile() != first, "{cache}: a stale object");
}

fn write_kernel(checkout: &Checkout<'_>, operator: &str) {
    let text = format!(
        "__global__ void add(float *a, const float *b) {{ a[threadIdx.x] {operator}= b[threadIdx.x]; }}\n"
    );
    write(&checkout.source, "add.cu", &text);
}

fn hip_hits_if_it_is_enabled(cache: Tool) {
    let needed = [
        cache,
        Tool::System(HIP_COMPILER),
        Tool::System("ld.lld-22"),
        Tool::System("clang-offload-bundler-22"),
    ];
    let Some(tools) = tools_for(&needed) else { return };
    let sandbox = Sandbox::new("hip").on_path(&tools.ninja()).on_path(&tools.path(cache));
    let checkout =
        Checkout::sample(&sandbox, &tools, "project", "toolchainkit_enable_cache(LANGUAGES C CXX HIP)");
    checkout.configure();
    // The command that CMake would write, because CMake's check of the compiler needs AMD's packages. `-fuse-cuid=none`
    // disables the identifier that Clang computes from the whole command line, because the launcher adds options to it.
    let arguments = "--offload-arch=gfx900 -nogpuinc -nogpulib -fuse-cuid=none -x hip -c add.hip -o add.o";
    let object = || {
        let path = checkout.source.join("add.o");
        let bytes = fs::read(&path).expect("an object");
        fs::remove_file(path).expect("the object can be removed");
        bytes
    };
    let compile = || {
        let mut command = checkout.launcher();
        command.arg(Tool::System(HIP_COMPILER).to_string()).args(arguments.split(' '));
        command.current_dir(&checkout.source).run();
        object()
    };
    let compile_without_cache = || {
        checkout.command(HIP_COMPILER).args(arguments.split(' ')).current_dir(&checkout.source).run();
        object()
    };
    write_hip_kernel(&checkout, "+", "");
    let first = compile();
    assert!(first == compile_without_cache(), "{cache}: the object differs from the uncached one");
    let mut again = Vec::new();
    assert_eq!(checkout.counted(|| again = compile()), (1, 0), "{cache}");
    assert!(again == first, "{cache}: the objects differ");
    // A change for the GPU, one for the host, and back.
    for (operator, host) in [("-", ""), ("-", "int host() { return 1; }"), ("-", "int host() { return 2; }")]
    {
        write_hip_kernel(&checkout, operator, host);
        let mut changed = Vec::new();
        assert_eq!(checkout.counted(|| changed = compile()), (0, 1), "{cache}: {operator} {host}");
        assert!(changed == compile_without_cache(), "{cache}: a stale object: {operator} {host}");
    }
    write_hip_kernel(&checkout, "+", "");
    assert!(compile() == first, "{cache}: the object of the unchanged source differs");
}

/// A kernel with the declarations of HIP's header that the compiler needs. The operator is only in the code for the
/// GPU.
fn write_hip_kernel(checkout: &Checkout<'_>, operator: &str, host: &str) {
    let text = format!(
        "struct dim3 {{ unsigned x, y, z; }};\ntypedef struct stream *hipStream_t;\n\
         extern \"C\" int hipLaunchKernel(const void *, dim3, dim3, void **, decltype(sizeof 0), hipStream_t);\n\
         __attribute__((global)) void add(float *a, const float *b) {{\n\
         #ifdef __HIP_DEVICE_COMPILE__\n  a[0] {operator}= b[0];\n#endif\n}}\n\
         #ifndef __HIP_DEVICE_COMPILE__\n{host}\n#endif\n"
    );
    write(&checkout.source, "add.hip", &text);
}

fn fortran_is_never_cached(cache: Tool) {
    let Some(tools) = tools_for(&[cache, Tool::System("gfortran")]) else { return };
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
    // Only the C source is cached.
    assert_eq!(checkout.counted(|| drop(checkout.build())), (0, 1), "{cache}");
    assert_eq!(checkout.counted(|| drop(checkout.rebuild())), (1, 0), "{cache}");
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("a file");
}
