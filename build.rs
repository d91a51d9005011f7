//! Links `toolchainkit-launch` without shared libraries if possible. The program runs before each compilation, and
//! loading shared libraries would take longer than the program itself.
//!
//! `-C target-feature=+crt-static` has the same effect, but a package cannot request it, and not for a single program.

#![expect(clippy::disallowed_methods, reason = "a build script reads the environment and runs programs")]

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "toolchainkit-launch";

/// The libraries on rustc's linker command line, and the archives that replace them.
const LIBRARIES: [(&str, &str); 8] = [
    ("gcc_s", "gcc_eh"),
    ("gcc", "gcc"),
    ("util", "util"),
    ("rt", "rt"),
    ("pthread", "pthread"),
    ("m", "m"),
    ("dl", "dl"),
    ("c", "c"),
];

/// A position-independent program, with address space randomisation as usual. This costs 40 µs.
const LINK: [&str; 1] = ["-static-pie"];

/// The libraries that libc.a needs are repeated after it.
const AFTER: [&str; 3] = ["-lgcc_s", "-lgcc", "-lc"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(folder) = archives() {
        // The linker searches this folder first.
        let folder = format!("-L{}", folder.display());
        for argument in [&folder].into_iter().map(String::as_str).chain(LINK).chain(AFTER) {
            println!("cargo::rustc-link-arg-bin={PROGRAM}={argument}");
        }
    }
}

/// A folder that contains only the archives. `None` if the program must be linked as usual: on other systems, in a
/// cross build, and if the archives are missing or the linker does not accept them.
fn archives() -> Option<PathBuf> {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let is_static = variable("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    let is_for_here = variable("TARGET") == variable("HOST");
    let is_glibc = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    if is_static || !is_for_here || !is_glibc {
        return None;
    }
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let out = PathBuf::from(env::var_os("OUT_DIR")?);
    let folder = out.join("archives");
    // Remove the archives of a compiler that was used before.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).ok()?;
    for (name, archive) in LIBRARIES {
        let option = format!("-print-file-name=lib{archive}.a");
        let answer = Command::new(&linker).arg(option).output().ok()?;
        let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
        // For a missing file, the compiler prints only the name.
        if !path.is_absolute() {
            return None;
        }
        symlink(path, folder.join(format!("lib{name}.a"))).ok()?;
    }
    can_link(Path::new(&linker), &out, &folder).then_some(folder)
}

fn can_link(linker: &Path, out: &Path, folder: &Path) -> bool {
    let source = out.join("trial.c");
    let trial = || {
        fs::write(&source, "int main(void) { return 0; }\n").ok()?;
        let mut command = Command::new(linker);
        command.args(["-nodefaultlibs", "-pie", "-o"]).arg(out.join("trial")).arg(&source);
        command.arg("-L").arg(folder).args(["-Wl,-Bdynamic", "-lc"]).args(LINK).args(AFTER);
        let is_linked = command.output().ok()?.status.success();
        Some(is_linked && Command::new(out.join("trial")).status().ok()?.success())
    };
    trial() == Some(true)
}
