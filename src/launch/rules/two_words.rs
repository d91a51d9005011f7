//! Compilers of two words, such as `zig c++`. CMake puts the second word in front of the options
//! (`CMAKE_<LANG>_COMPILER_ARG1`). sccache runs only the first word to identify the compiler, and fails. So the
//! launcher runs a script of one word in its place.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use super::compilers::{MADE_BY_MODULE, find, is_script};
use super::hash;
use crate::launch::process;
use crate::launch::stamp::Stamp;

/// Programs that contain the compiler, so that their bytes identify it. `ccache g++` is not such a program.
const PROGRAMS: &[&str] = &["zig"];
const SUBCOMMANDS: &[&str] = &["cc", "c++"];

/// The script for a compiler of two words, below `folder` (`<build>/toolchainkit`). `None` if the compiler is one word, or if
/// the script cannot be written: the rules then see an unknown compiler.
#[must_use]
pub fn as_one_program(
    called: &OsStr,
    arguments: &[OsString],
    directory: &Path,
    search_path: &OsStr,
    folder: &Path,
) -> Option<PathBuf> {
    let subcommand = arguments.first()?.to_str().filter(|word| SUBCOMMANDS.contains(word))?;
    let program = find(called, directory, search_path);
    let name = program.file_name()?.to_str().filter(|name| PROGRAMS.contains(name))?;
    let stamp = Stamp::of(&program)?.to_string();
    let path = program.to_str()?;
    let folder = folder.join("compilers").join(format!("{:016x}", hash(path.bytes())));
    let (script, record) =
        (folder.join(format!("{name}-{subcommand}")), folder.join(format!("{subcommand}.stamp")));
    if !(script.exists() && read(&record).is_ok_and(|known| known == stamp.as_bytes())) {
        let text = text(&program, path, subcommand).ok()?;
        write(&script, &text).ok()?;
        crate::launch::stamp::replace(&record, stamp.as_bytes());
    }
    Some(script)
}

/// The tools identify a compiler by its bytes, so the script contains a hash of the program.
fn text(program: &Path, path: &str, subcommand: &str) -> io::Result<String> {
    let head = if is_script(program) {
        "# Written by toolchainkit-launch.".to_owned()
    } else {
        format!("{MADE_BY_MODULE} {:016x}", hash(read(program)?.into_iter()))
    };
    let quoted = path.replace('\'', r"'\''");
    Ok(format!("#!/bin/sh\n{head}\nexec '{quoted}' {subcommand} \"$@\"\n"))
}

#[expect(clippy::disallowed_methods, reason = "errors are not reported, so they need no path")]
fn read(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read(path)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    process::create_folder(path.parent().unwrap_or(path))?;
    let beside = path.with_extension(std::process::id().to_string());
    let mut file = process::new_program().write(true).truncate(true).open(&beside)?;
    file.write_all(text.as_bytes())?;
    drop(file);
    std::fs::rename(&beside, path)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::super::rule::{CompilerKind, Family};
    use super::*;
    use crate::caching::tool::Tool;
    use crate::launch::rules::Checkout;
    use crate::launch::rules::decide::Facts as _;
    use crate::launch::rules::machine::Machine;

    fn make_program(path: &Path, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs_err::write(path, text).expect("a program");
        fs_err::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    }

    fn join(folder: &Path, words: &[&str]) -> Option<PathBuf> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        as_one_program(&words[0], &words[1..], folder, OsStr::new(""), &folder.join("build/toolchainkit"))
    }

    #[test]
    fn the_family_is_that_of_the_subcommand() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path();
        let answer =
            "case $1 in c++) echo '#define __clang__ 1' ;; *) echo 'unknown command' >&2; exit 1 ;; esac";
        make_program(&folder.join("zig"), &format!("#!/bin/sh\n{answer}\n"));
        let script = join(folder, &["./zig", "c++", "-c", "a.cpp"]).expect("one program");
        assert_eq!(script.file_name(), Some(OsStr::new("zig-c++")));
        let checkout = Checkout { build: folder.join("build"), ..Checkout::default() };
        let family_of = |called: &OsStr| {
            let compiler = Machine::new(Tool::Sccache, &checkout, called, folder, &|_| None).compiler();
            (compiler.family, compiler.kind)
        };
        assert_eq!(family_of(script.as_os_str()), (Family::Clang, CompilerKind::Wrapper));
        assert_eq!(family_of(folder.join("zig").as_os_str()).0, Family::Unknown);
    }

    #[test]
    fn another_version_of_the_program_changes_the_script() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path();
        let text = |version: &str| {
            make_program(&folder.join("zig"), version);
            fs_err::read_to_string(join(folder, &["./zig", "cc"]).expect("a script")).expect("a script")
        };
        let first = text("\u{7f}ELF 1");
        assert!(first.contains("/zig' cc \"$@\"\n"), "{first}");
        assert_eq!(text("\u{7f}ELF 1"), first);
        assert_ne!(text("\u{7f}ELF 2"), first);
    }

    #[test]
    fn other_commands_are_not_changed() {
        let scratch = tempfile::tempdir().expect("a folder");
        let folder = scratch.path();
        for name in ["zig", "ccache", "gcc"] {
            make_program(&folder.join(name), "\u{7f}ELF");
        }
        for words in
            [&["./zig", "-c"][..], &["./zig", "build"], &["./zig"], &["./ccache", "c++"], &["./none", "cc"]]
        {
            assert_eq!(join(folder, words), None, "{words:?}");
        }
        // The folder cannot be created at the path of a file.
        fs_err::write(folder.join("build"), "").expect("a file");
        assert_eq!(join(folder, &["./zig", "cc"]), None);
    }
}
