//! The tools beside the compilers: the program that is named is the one that runs.

use std::fs;

use super::Checkout;
use crate::list::{CMake, tests};
use crate::support::{Run, Tools};

tests![
    the_programs_that_are_named_run in super::versions(),
    resources_of_windows_are_made_by_the_program_that_is_named in super::versions().filter(|_| Tools::full()),
];

/// The key, its variable, and the program that does the work.
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

/// A program in `tools` that leaves its name in the file `trace`, and does what `program` does.
fn write_traced(checkout: &Checkout, name: &str, program: &str) {
    let trace = checkout.path.join("trace");
    let script = format!("echo {name} >>'{}'\nexec {program} \"$@\"", trace.display());
    checkout.write_script(&format!("tools/{name}"), &script);
}

/// The names of the programs that have run, each once.
fn traced(checkout: &Checkout) -> Vec<String> {
    let text = fs::read_to_string(checkout.path.join("trace")).unwrap_or_default();
    let mut names = text.lines().map(str::to_owned).collect::<Vec<_>>();
    names.sort();
    names.dedup();
    names
}

fn the_programs_that_are_named_run(CMake(version): CMake) {
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
    // What the checks of the compilers have run.
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
        // Where CMake writes down what it has found, it is nothing else.
        assert!(
            value.is_empty() || value == wanted.to_string_lossy(),
            "CMake {version}, {variable}: {value}"
        );
    }
}

fn resources_of_windows_are_made_by_the_program_that_is_named(CMake(version): CMake) {
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
    assert!(program.windows(resource.len()).any(|bytes| bytes == resource), "CMake {version}");
}
