//! A wheel with the programs of this build, for pip.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::Run;
use crate::support::sandbox::launch_program;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder with the wheel. It is kept for the next test; its name contains the time of the program.
pub(super) fn folder() -> PathBuf {
    let built = Path::new(env!("CARGO_BIN_EXE_toolchainkit"));
    let modified = fs::metadata(built).and_then(|found| found.modified()).expect("the program was built");
    let age = modified.duration_since(std::time::UNIX_EPOCH).expect("a time").as_nanos();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("wheel-{age}"));
    if !folder.exists() {
        let unfinished = folder.with_extension(std::process::id().to_string());
        fs::create_dir_all(&unfinished).unwrap();
        write(&unfinished, built);
        // Another test may have been faster.
        if fs::rename(&unfinished, &folder).is_err() {
            fs::remove_dir_all(&unfinished).unwrap();
        }
    }
    folder
}

fn write(folder: &Path, built: &Path) {
    let program = folder.join("toolchainkit");
    Command::new("strip").arg("-o").arg(&program).arg(built).run();
    let mut wheel = ZipWriter::new(
        File::create(folder.join(format!("toolchainkit-{VERSION}-py3-none-any.whl"))).unwrap(),
    );
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o755);
    let mut record = String::new();
    let mut add = |name: &str, bytes: &[u8]| {
        wheel.start_file(name, options).unwrap();
        wheel.write_all(bytes).unwrap();
        record += &format!("{name},,\n");
    };
    let scripts = format!("toolchainkit-{VERSION}.data/scripts");
    add(&format!("{scripts}/toolchainkit"), &fs::read(&program).unwrap());
    add(&format!("{scripts}/toolchainkit-launch"), &fs::read(launch_program()).unwrap());
    let info = format!("toolchainkit-{VERSION}.dist-info");
    let extras =
        ["sccache", "ccache", "cmake", "ninja"].map(|name| format!("Provides-Extra: {name}\n")).concat();
    let metadata = format!("Metadata-Version: 2.1\nName: toolchainkit\nVersion: {VERSION}\n{extras}");
    add(&format!("{info}/METADATA"), metadata.as_bytes());
    add(
        &format!("{info}/WHEEL"),
        b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: false\nTag: py3-none-any\n",
    );
    record += &format!("{info}/RECORD,,\n");
    wheel.start_file(format!("{info}/RECORD"), options).unwrap();
    wheel.write_all(record.as_bytes()).unwrap();
    wheel.finish().unwrap();
    fs::remove_file(program).unwrap();
}
