//! Languages other than C and C++: their compilers and flags, in programs that are built and run.

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tool, Tools, versions};

tests![
    fortran_has_its_own_compiler_and_flags in super::versions().zip(FORTRAN_COMPILERS.into_iter().cycle()),
    cuda_has_its_compiler_flags_and_host_compiler in super::versions(),
    an_unsupported_standard_of_cuda_is_reported_with_the_version_that_it_needs,
];

const FORTRAN_COMPILERS: [&str; 2] = [
    "{ c: gcc, cxx: g++, fortran: gfortran-12 }",
    // The family includes a Fortran compiler.
    "gcc-12",
];

fn fortran_has_its_own_compiler_and_flags((CMake(version), compilers): (CMake, &'static str)) {
    let yaml = format!(
        "cache: {{ enabled: false }}
toolchain:
  compilers: {compilers}
  flags: {{ fortran: -DADDED=3 -Wall, c: -DONLY_C, build_types: {{ Release: {{ fortran: -DRELEASED=20 }} }} }}
  defines: [PLAIN=100]
  lto: [Release]
"
    );
    let programs = ["gfortran-12", "gcc-12", "g++-12"];
    let Some(checkout) = Checkout::new("fortran", version, &programs, &yaml) else { return };
    checkout.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.15)
project(mixed C Fortran)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_executable(main main.c total.F90)
",
    );
    checkout.write(
        "total.F90",
        "integer(c_int) function total(a) bind(c)
  use iso_c_binding
  integer(c_int), value :: a
  total = a + ADDED + RELEASED + PLAIN
end function
",
    );
    checkout.write(
        "main.c",
        "#include <stdio.h>\nint total(int);\nint main(void) { printf(\"%d\\n\", total(1000)); return 0; }\n",
    );
    // CMake supports Fortran with Ninja since 3.17.
    let generator = if version == versions::cmake("3.15") { "Unix Makefiles" } else { "Ninja" };
    let toolchain = "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
    let arguments = ["-G", generator, "-S", ".", "-B", "b", toolchain, "-DCMAKE_BUILD_TYPE=Release"];
    checkout.command("cmake", &arguments).run();
    checkout.build();
    assert_eq!(checkout.command("b/main", &[]).run().stdout, "1123\n", "CMake {version}");
    let command = checkout.compile_command("total.F90");
    assert!(command.contains("/gfortran-12 "), "CMake {version}: {command}");
    for (flag, count) in [("-DADDED=3", 1), ("-DRELEASED=20", 1), ("-DPLAIN=100", 1), ("-DONLY_C", 0)] {
        assert_eq!(command.matches(flag).count(), count, "CMake {version}, {flag}: {command}");
    }
}

fn cuda_has_its_compiler_flags_and_host_compiler(CMake(version): CMake) {
    let Some(tools) = Tools::require(&[Tool::Cuda, Tool::System("g++-12")]) else { return };
    let nvcc = tools.path(Tool::Cuda);
    let folder = nvcc.parent().and_then(|bin| bin.parent()).expect("the folder of nvcc");
    // CMake before 3.18 has no flag for CUDA 17.
    let standard = if version == versions::cmake("3.15") { 14 } else { 17 };
    let sanitizers = if version == versions::cmake("3.15") { "" } else { "address, undefined" };
    let yaml = format!(
        "cache: {{ enabled: false }}
toolchain:
  compilers: {{ c: gcc, cxx: g++, cuda: \"${{CUDA_HOME}}/bin/nvcc\" }}
  standards: {{ cuda: {standard} }}
  flags: {{ cuda: -DFROM_YAML=40, build_types: {{ Release: {{ cuda: -DIN_RELEASE=2 }} }} }}
  defines: ['QUOTED=\"a b\"']
  sanitizers: [{sanitizers}]
  position_independent_code: true
  variables: {{ CMAKE_CUDA_ARCHITECTURES: 75, CMAKE_CUDA_HOST_COMPILER: /usr/bin/g++-12 }}
"
    );
    let Some(checkout) = Checkout::new("cuda", version, &["g++-12"], &yaml) else { return };
    checkout.write("CMakeLists.txt", CUDA_LISTS);
    checkout.write("twice.cu", "__device__ float twice(float x) { return 2 * x; }\n");
    checkout.write(
        "value.cu",
        "extern __device__ float twice(float);
__global__ void both(float *a) { a[threadIdx.x] = twice(a[threadIdx.x]); }
int value() { return FROM_YAML + IN_RELEASE + sizeof(QUOTED); }
",
    );
    checkout.write(
        "main.cpp",
        "#include <cstdio>\nint value();\nint main() { std::printf(\"%d\\n\", value()); }\n",
    );
    let with_cuda = |program: &str, arguments: &[&str]| {
        let mut command = checkout.command(program, arguments);
        // The wheel has its libraries in a folder that nvcc does not search.
        command.env("CUDA_HOME", folder).env("LIBRARY_PATH", folder.join("lib")).run()
    };
    let toolchain = "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake";
    let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", toolchain, "-DCMAKE_BUILD_TYPE=Release"];
    let configured = with_cuda("cmake", &arguments);
    with_cuda("cmake", &["--build", "b"]);
    assert_eq!(checkout.command("b/main", &[]).run().stdout, "46\n", "CMake {version}\n{configured}");
    let command = checkout.compile_command("value.cu");
    assert!(command.starts_with(nvcc.to_str().expect("a plain path")), "CMake {version}: {command}");
    assert!(command.contains("-ccbin=/usr/bin/g++-12"), "CMake {version}: {command}");
    assert!(command.contains(&format!("-std=c++{standard}")), "CMake {version}: {command}");
}

/// With a device link step, which also gets the options of the host linker.
const CUDA_LISTS: &str = "cmake_minimum_required(VERSION 3.15...4.0)
project(demo CXX CUDA)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_executable(main main.cpp value.cu twice.cu)
set_target_properties(main PROPERTIES CUDA_SEPARABLE_COMPILATION ON)
";

fn an_unsupported_standard_of_cuda_is_reported_with_the_version_that_it_needs() {
    let yaml = "cache: { enabled: false }\ntoolchain: { standards: { cuda: 17 } }\n";
    let Some(checkout) = Checkout::new("cuda-17", versions::cmake("3.15"), &[], yaml) else { return };
    let arguments = ["-G", "Ninja", "-S", ".", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"];
    let refused = checkout.command("cmake", &arguments).run_expecting(1);
    assert!(refused.stderr.contains("CUDA 17 in toolchainkit.yaml needs CMake 3.18.0"), "{refused}");
}
