//! The effects of the settings in `toolchain:`, `toolchains:`, `presets:` and `templates:` on a real build.

mod binutils;
mod changes;
mod compilers;
mod flags;
mod languages;
mod linkers;
mod native;
mod sanitizers;
mod target;
mod templates;
mod unset_values;
mod workflows;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::list::{CMake, List};
use crate::support::{Finished, Run, Sandbox, Tool, Tools, versions, write_script};

pub(crate) fn tests(list: &mut List) {
    for add in [
        binutils::tests,
        changes::tests,
        compilers::tests,
        flags::tests,
        languages::tests,
        linkers::tests,
        native::tests,
        sanitizers::tests,
        target::tests,
        templates::tests,
        unset_values::tests,
        workflows::tests,
    ] {
        add(list);
    }
}

/// The oldest, a middle and the newest CMake. CI leaves out the middle one, which other tests cover.
fn versions() -> impl Iterator<Item = CMake> {
    let versions = [versions::cmake("3.15"), versions::cmake("3.21"), Tools::CMAKE].into_iter();
    versions.filter(|version| Tools::full() || *version != versions::cmake("3.21")).map(CMake)
}

/// A project with one source for C and one for C++, and a configuration.
struct Checkout {
    sandbox: Sandbox,
    path: PathBuf,
}

const LISTS: &str = "cmake_minimum_required(VERSION 3.15)
project(demo C CXX)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckIncludeFile)
check_include_file(stdio.h HAVE_STDIO_H)
enable_testing()
add_library(part SHARED part.c)
add_executable(main main.cpp)
target_link_libraries(main PRIVATE part)
add_test(NAME main COMMAND main)
install(TARGETS main part)
if(NOT CMAKE_SCRIPT_MODE_FILE AND NOT PACK STREQUAL OFF)
  include(CPack)
endif()
";

const MAIN: &str = "#include <cstdio>
#include <string>
extern \"C\" int part(int);
int main(int argc, char **argv) {
  std::string text(argc > 1 ? argv[1] : \"none\");
  int numbers[2] = {1, 2};
  volatile int index = argc > 2 ? 7 : 1;
  std::printf(\"%s %d %d\\n\", text.c_str(), part(1), numbers[index]);
}
";

impl Checkout {
    /// `None` if CMake of one of `versions`, or one of the system's `programs`, is missing.
    fn new(name: &str, version: &'static str, programs: &[&'static str], yaml: &str) -> Option<Self> {
        let needed = [Tool::CMake(version), Tool::Ninja, Tool::System("gcc"), Tool::System("clang")];
        let programs = programs.iter().map(|program| Tool::System(program)).collect::<Vec<_>>();
        let tools = Tools::require(&[&needed[..], &programs].concat())?;
        let sandbox = Sandbox::new(name).on_path(&tools.ninja()).on_path(&tools.cmake(version));
        let path = sandbox.dir("src");
        let checkout = Self { sandbox, path };
        checkout.write("CMakeLists.txt", LISTS);
        checkout.write("main.cpp", MAIN);
        checkout.write("part.c", "int part(int x) { return x + 1; }\n");
        checkout.generate(yaml);
        Some(checkout)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    /// A program in the project's folder, as a shell script.
    fn write_script(&self, name: &str, text: &str) {
        write_script(&self.path.join(name), text);
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn generate(&self, yaml: &str) {
        self.write("toolchainkit.yaml", yaml);
        self.command(env!("CARGO_BIN_EXE_toolchainkit"), &["generate"]).run();
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(program);
        command.current_dir(&self.path).args(arguments);
        command
    }

    /// Configures the folder `b` with the toolchain file.
    fn configure(&self, arguments: &[&str]) -> Finished {
        let toolchain = ["-G", "Ninja", "-S", ".", "-B", "b", "-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake"];
        self.command("cmake", &[&toolchain, arguments].concat()).run()
    }

    fn build(&self) -> Finished {
        self.command("cmake", &["--build", "b"]).run()
    }

    /// The value of an entry of CMakeCache.txt.
    fn cached(&self, name: &str) -> Option<String> {
        let cache = self.read("b/CMakeCache.txt");
        let line = cache.lines().find(|line| line.split(':').next() == Some(name))?;
        Some(line.split_once('=')?.1.to_owned())
    }

    /// The command that compiles `source`, or the one that links `source` by its name in build.ninja.
    fn compile_command(&self, source: &str) -> String {
        let commands: serde_json::Value =
            serde_json::from_str(&self.read("b/compile_commands.json")).expect("JSON");
        let commands = commands.as_array().expect("a list");
        let one = commands.iter().find(|one| one["file"].as_str().is_some_and(|file| file.ends_with(source)));
        one.expect("the source")["command"].as_str().expect("text").to_owned()
    }

    /// The comment section of a program, which contains the names of compilers and linkers.
    fn comments(&self, file: &str) -> String {
        self.command("/usr/bin/readelf", &["-p", ".comment", file]).run().stdout
    }
}
