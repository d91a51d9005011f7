//! Archiver, `strip` and other tools: the configured program runs.

use std::fs;

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::search::contains;
use crate::support::{Run, Tools};

tests![
    the_configured_programs_run in super::versions(),
    the_configured_resource_compiler_compiles_windows_resources in super::versions().filter(|_| Tools::full()),
];

/// The key, its variable, and the real program.
const PROGRAMS: [(&str, &str); 7] = [
    ("ar", "CMAKE_AR"),
    ("ranlib", "CMAKE_RANLIB"),
    ("nm", "CMAKE_NM"),
    ("objcopy", "CMAKE_OBJCOPY"),
    ("objdump", "CMAKE_OBJDUMP"),
    ("strip", "CMAKE_STRIP"),
    ("ld", "CMAKE_LINKER"),
];

/// CMake itself runs `ar`, `ranlib` and `strip`; a project runs the others.
const LISTS: &str = "cmake_minimum_required(VERSION 3.15)
project(demo C)
add_library(part STATIC part.c)
add_executable(main main.c)
target_link_libraries(main PRIVATE part)
add_custom_command(TARGET main POST_BUILD
  COMMAND ${CMAKE_NM} main
  COMMAND ${CMAKE_OBJDUMP} -h main
  COMMAND ${CMAKE_OBJCOPY} --only-keep-debug main main.debug
  COMMAND ${CMAKE_LINKER} -r -o again.o libpart.a)
install(TARGETS main)
";

/// A script in `tools` that writes its name to the file `trace`, and then runs `program`.
fn write_traced(checkout: &Checkout, name: &str, program: &str) {
    let trace = checkout.path.join("trace");
    let script = format!("echo {name} >>'{}'\nexec {program} \"$@\"", trace.display());
    checkout.write_script(&format!("tools/{name}"), &script);
}

/// The names of the programs that have run, without duplicates.
fn traced(checkout: &Checkout) -> Vec<String> {
    let text = fs::read_to_string(checkout.path.join("trace")).unwrap_or_default();
    let mut names = text.lines().map(str::to_owned).collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names
}

fn the_configured_programs_run(CMake(version): CMake) {
    let named = PROGRAMS.map(|(name, _)| format!("{name}: tools/{name}")).join(", ");
    let yaml =
        format!("cache: {{ enabled: false }}\ntoolchain: {{ compilers: gcc, binutils: {{ {named} }} }}\n");
    let Some(checkout) = Checkout::new("binutils", version, &[], &yaml) else { return };
    for (name, _) in PROGRAMS {
        write_traced(&checkout, name, &format!("/usr/bin/{name}"));
    }
    checkout.write("CMakeLists.txt", LISTS);
    checkout.write("main.c", "int part(int);\nint main(void) { return part(-1); }\n");
    checkout.configure(&[]);
    // Remove the programs that try_compile has run from the trace.
    let _ = fs::remove_file(checkout.path.join("trace"));
    checkout.build();
    let prefix = checkout.path.join("installed");
    checkout.command("cmake", &["--install", "b", "--strip", "--prefix"]).arg(prefix).run();
    let mut expected = PROGRAMS.map(|(name, _)| name.to_owned());
    expected.sort();
    assert_eq!(traced(&checkout), expected, "CMake {version}");
    for (name, variable) in PROGRAMS {
        let wanted = checkout.path.join("tools").join(name);
        let value = checkout.cached(variable).unwrap_or_default();
        // The entry in CMakeCache.txt, if there is one, names the same program.
        assert!(
            value.is_empty() || value == wanted.to_string_lossy(),
            "CMake {version}, {variable}: {value}"
        );
    }
}

fn the_configured_resource_compiler_compiles_windows_resources(CMake(version): CMake) {
    let yaml = "cache: { enabled: false }
toolchain:
  compilers: gcc
  binutils: { rc: tools/windres }
  target: { system: Windows, processor: x86_64, triple: x86_64-w64-mingw32 }
";
    let programs = ["x86_64-w64-mingw32-g++", "x86_64-w64-mingw32-windres"];
    let Some(checkout) = Checkout::new("resources", version, &programs, yaml) else { return };
    write_traced(&checkout, "windres", "/usr/bin/x86_64-w64-mingw32-windres");
    checkout.write(
        "CMakeLists.txt",
        "cmake_minimum_required(VERSION 3.15)\nproject(demo C RC)\nadd_executable(main main.c main.rc)\n",
    );
    checkout.write("main.c", "int main(void) { return 0; }\n");
    checkout.write("main.rc", "1 RCDATA { \"a resource of ours\" }\n");
    checkout.configure(&[]);
    checkout.build();
    assert_eq!(traced(&checkout), ["windres"], "CMake {version}");
    let program = fs::read(checkout.path.join("b/main.exe")).expect("the program");
    let resource = b"a resource of ours";
    assert!(contains(&program, resource), "CMake {version}");
}
