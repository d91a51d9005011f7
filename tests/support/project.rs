//! A small project in C and C++ to build.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// A CMake project with one program, and a header that all its files include. It compiles quickly.
#[derive(Debug)]
pub(crate) struct Project {
    root: PathBuf,
    c: usize,
    cxx: usize,
}

impl Project {
    /// Writes a project of `c` C files and `cxx` C++ files, and the main file, to the folder `root`.
    pub(crate) fn write(root: &Path, c: usize, cxx: usize) -> Self {
        let project = Self { root: root.to_path_buf(), c, cxx };
        fs::create_dir_all(root).expect("the project's folder");
        project.file("CMakeLists.txt", &project.cmake_lists());
        project.set_shared_value(1);
        for name in project.units() {
            let external = if is_cxx(&name) { "extern \"C\" " } else { "" };
            let function = function(&name);
            let body = format!(
                "#include \"shared.h\"\n{external}int {function}(void);\n\
                 {external}int {function}(void) {{ return SHARED_VALUE; }}\n"
            );
            project.file(&name, &body);
        }
        project.file("main.c", &project.main());
        project
    }

    /// The source folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The number of objects of a build.
    pub(crate) fn objects(&self) -> u64 {
        u64::try_from(self.c + self.cxx + 1).expect("a small number")
    }

    /// Changes the shared header. Each object depends on it.
    pub(crate) fn set_shared_value(&self, value: usize) {
        self.file("shared.h", &format!("#pragma once\n#define SHARED_VALUE {value}\n"));
    }

    /// The expected output of the program, if `value` is in the shared header and all objects are up to date.
    pub(crate) fn output(&self, value: usize) -> String {
        format!("{}\n", value * (self.c + self.cxx + 1))
    }

    fn file(&self, name: &str, content: &str) {
        fs::write(self.root.join(name), content).expect("a file of the project");
    }

    fn units(&self) -> Vec<String> {
        let c = (0..self.c).map(|index| format!("c_{index}.c"));
        let cxx = (0..self.cxx).map(|index| format!("cxx_{index}.cpp"));
        c.chain(cxx).collect()
    }

    /// A project without C++ files does not enable the language C++, because a small machine may lack the C++ library.
    fn cmake_lists(&self) -> String {
        format!(
            "cmake_minimum_required(VERSION 3.15...3.31)\n\
             project(sample LANGUAGES C{})\n\
             add_executable(sample main.c {})\n",
            if self.cxx == 0 { "" } else { " CXX" },
            self.units().join(" ")
        )
    }

    fn main(&self) -> String {
        let mut declarations = String::new();
        let mut sum = String::from("SHARED_VALUE");
        for name in self.units() {
            writeln!(declarations, "int {}(void);", function(&name)).expect("text");
            write!(sum, " + {}()", function(&name)).expect("text");
        }
        format!(
            "#include <stdio.h>\n#include \"shared.h\"\n{declarations}\
             int main(void) {{ printf(\"%d\\n\", {sum}); return 0; }}\n"
        )
    }
}

fn is_cxx(name: &str) -> bool {
    name.starts_with("cxx_")
}

fn function(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
