//! Links `toolchainkit-launch` without shared libraries where that is possible: the loader would take longer to bring
//! them in before each compilation than all that the program does itself.
//!
//! The same can be had by `-C target-feature=+crt-static`, but a package cannot ask for that, and not for one program.

#![expect(clippy::disallowed_methods, reason = "a build script is there to ask and to run programs")]

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = "toolchainkit-launch";

/// What rustc names on the linker's command line, and the archive in its place.
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

/// At a random place, as all programs: that costs 40 µs.
const LINK: [&str; 1] = ["-static-pie"];

/// What libc.a itself needs comes once more behind it.
const BEHIND: [&str; 3] = ["-lgcc_s", "-lgcc", "-lc"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(folder) = archives() {
        // The linker looks there first.
        let folder = format!("-L{}", folder.display());
        for argument in [&folder].into_iter().map(String::as_str).chain(LINK).chain(BEHIND) {
            println!("cargo::rustc-link-arg-bin={PROGRAM}={argument}");
        }
    }
}

/// A folder with no library but the archives; `None` where the program is to be linked as usual: on other systems, for
/// another machine, and where there are no archives, or the linker does not take them.
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
    // The archives of the compiler that was there before.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir(&folder).ok()?;
    for (name, archive) in LIBRARIES {
        let option = format!("-print-file-name=lib{archive}.a");
        let answer = Command::new(&linker).arg(option).output().ok()?;
        let path = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
        // Of what it does not find it gives the bare name.
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
        command.arg("-L").arg(folder).args(["-Wl,-Bdynamic", "-lc"]).args(LINK).args(BEHIND);
        let is_linked = command.output().ok()?.status.success();
        Some(is_linked && Command::new(out.join("trial")).status().ok()?.success())
    };
    trial() == Some(true)
}
