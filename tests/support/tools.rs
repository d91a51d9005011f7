//! The paths of the tools that `tests/setup.sh` installs.

use std::env;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::versions;

/// A program that a test may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// CMake of this version.
    CMake(&'static str),
    /// Ninja.
    Ninja,
    /// sccache of this version.
    Sccache(&'static str),
    /// ccache of this version.
    Ccache(&'static str),
    /// The wheel of this package and version from the package index.
    Wheel(&'static str, &'static str),
    /// The server of S3 and WebDAV.
    Rclone,
    /// The emulator of Azure Blob Storage.
    Azurite,
    /// The program that makes a book of the documentation.
    MdBook,
    /// zig, which contains compilers and C libraries for many machines.
    Zig,
    /// Conan, a package manager for C and C++.
    Conan,
    /// Debian's sccache, without support for remote storages.
    DebianSccache,
    /// toolchainkit, built with `cargo build --release`.
    Released,
    /// The unpacked upstream source of this Debian package.
    Source(&'static str),
    /// GCC's 32-bit libraries on a 64-bit machine.
    Multilib,
    /// The libraries of clang's sanitizers.
    CompilerRt,
    /// nvcc and the packages that it needs to compile. A GPU is not needed.
    Cuda,
    /// The packages with which a test controls Chromium and examines a page.
    Browser,
    /// A program from the system's packages.
    System(&'static str),
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CMake(version) => write!(f, "cmake {version}"),
            Self::Ninja => f.write_str("ninja"),
            Self::Sccache(version) => write!(f, "sccache {version}"),
            Self::Ccache(version) => write!(f, "ccache {version}"),
            Self::Wheel(package, version) => write!(f, "the wheel of {package} {version}"),
            Self::Rclone => f.write_str("rclone"),
            Self::Azurite => f.write_str("azurite"),
            Self::MdBook => f.write_str("mdbook"),
            Self::Zig => f.write_str("zig"),
            Self::Conan => f.write_str("conan"),
            Self::Multilib => f.write_str("multilib"),
            Self::CompilerRt => f.write_str("compiler-rt"),
            Self::DebianSccache => f.write_str("sccache-debian"),
            Self::Released => f.write_str("toolchainkit built by `cargo build --release`"),
            Self::Source(name) => write!(f, "the source of {name}"),
            Self::Cuda => f.write_str("cuda"),
            Self::Browser => f.write_str("browser"),
            Self::System(name) => f.write_str(name),
        }
    }
}

/// The installed tools.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    root: PathBuf,
}

impl Tools {
    /// The supported CMake versions, oldest first. Presets need the third or newer.
    pub(crate) const CMAKES: [&str; versions::CMAKES.len()] = versions::CMAKES;
    /// The CMake version of tests that use a single version.
    pub(crate) const CMAKE: &str = Self::CMAKES[Self::CMAKES.len() - 1];
    /// The sccache version of tests that use a single version.
    pub(crate) const SCCACHE: &str = versions::SCCACHE;
    /// The sccache versions of tests that use several versions, oldest first.
    pub(crate) const SCCACHES: [&str; versions::SCCACHES.len()] = versions::SCCACHES;
    /// The newest sccache.
    pub(crate) const NEWEST_SCCACHE: &str = Self::SCCACHES[Self::SCCACHES.len() - 1];
    /// The ccache version of tests that use a single version.
    pub(crate) const CCACHE: &str = versions::CCACHE;

    /// The tools, if all of `needed` are installed.
    ///
    /// Otherwise, the skip has been reported, and the test must return at once. In CI, this function panics, because no
    /// test may be skipped there.
    pub(crate) fn require(needed: &[Tool]) -> Option<Self> {
        let tools = Self::locate();
        let missing: Vec<&Tool> = needed.iter().filter(|tool| !tools.has(**tool)).collect();
        if missing.is_empty() {
            return Some(tools);
        }
        let names = missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let message = format!("{names} missing; tests/setup.sh installs what the tests need");
        assert!(env::var("CI").as_deref() != Ok("true"), "{message}");
        // Not with eprintln!, because the test runner hides its output if the test passes.
        writeln!(io::stderr(), "SKIPPED: {message}").expect("standard error is open");
        note_skip(&message);
        None
    }

    /// Like [`Self::require`]; without `TOOLCHAINKIT_TEST_FULL=1`, a missing tool is a skip in CI, too.
    pub(crate) fn require_if_full(needed: &[Tool]) -> Option<Self> {
        let tools = Self::locate();
        if Self::full() || needed.iter().all(|tool| tools.has(*tool)) {
            return Self::require(needed);
        }
        let message = "this test needs tests/setup.sh --full";
        writeln!(io::stderr(), "SKIPPED: {message}").expect("standard error is open");
        note_skip(message);
        None
    }

    fn locate() -> Self {
        Self { root: Self::folder() }
    }

    /// The folder in which `tests/setup.sh` installs the tools.
    pub(crate) fn folder() -> PathBuf {
        env::var_os("TOOLCHAINKIT_TEST_TOOLS").map_or_else(
            || {
                let home = env::var_os(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
                PathBuf::from(home.expect("a home folder")).join(".cache/toolchainkit-tests")
            },
            PathBuf::from,
        )
    }

    /// Whether `tool` is installed.
    pub(crate) fn has(&self, tool: Tool) -> bool {
        self.path(tool).is_file()
    }

    /// The path of `tool`, whether it is installed or not.
    pub(crate) fn path(&self, tool: Tool) -> PathBuf {
        match tool {
            // Not the Python script of the same name beside it, which takes 150 ms to start.
            Tool::CMake(version) => self.root.join(format!("cmake-{version}/cmake/data/bin/cmake")),
            Tool::Ninja => self.root.join("ninja/bin/ninja"),
            Tool::Sccache(version) => self.root.join(format!("sccache-{version}/bin/sccache")),
            Tool::Ccache(version) => self.root.join(format!("ccache-{version}/bin/ccache")),
            Tool::Wheel(package, version) => self.wheel(package, version),
            Tool::Rclone => self.root.join("rclone/bin/rclone"),
            Tool::Azurite => self.root.join("azurite/node_modules/azurite/dist/src/blob/main.js"),
            Tool::MdBook => self.root.join("mdbook/bin/mdbook"),
            Tool::Zig => self.root.join("zig/ziglang/zig"),
            Tool::Browser => self.root.join("browser/node_modules/axe-core/axe.js"),
            Tool::Conan => self.root.join("conan/bin/conan"),
            Tool::Multilib => multilib(),
            Tool::CompilerRt => compiler_rt(),
            Tool::DebianSccache => self.root.join("sccache-debian/usr/bin/sccache"),
            Tool::Released => {
                let folder = Path::new(env!("CARGO_BIN_EXE_toolchainkit")).parent().expect("a folder");
                folder.with_file_name("release").join("toolchainkit")
            }
            Tool::Source(name) => self.root.join(format!("source-{name}/CMakeLists.txt")),
            Tool::Cuda => self.root.join("cuda/nvidia/cu13/bin/nvcc"),
            Tool::System(name) => system(name),
        }
    }

    /// The name ends in the platforms, which depend on pip's choice, so only its start is compared.
    fn wheel(&self, package: &str, version: &str) -> PathBuf {
        let folder = self.root.join("wheels");
        let start = format!("{}-{version}-", package.replace('-', "_"));
        let entries =
            folder.read_dir().into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
        let is_it =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start));
        entries.into_iter().find(is_it).unwrap_or_else(|| folder.join(start))
    }

    /// Copies of `tools` in `folder`, which other users can read, also if the folder of the tools is in the home folder of
    /// root.
    pub(crate) fn for_all_users(&self, tools: &[Tool], folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        for tool in tools {
            let path = self.path(*tool);
            let below = path.strip_prefix(&self.root).expect("a tool of tests/setup.sh");
            let top = self.root.join(below.components().next().expect("a folder"));
            // Links are made at once, but only within one file system.
            let copied = ["-al", "-a"].into_iter().any(|how| {
                Command::new("cp")
                    .arg(how)
                    .arg(&top)
                    .arg(folder)
                    .status()
                    .is_ok_and(|status| status.success())
            });
            assert!(copied, "{} can be copied", top.display());
        }
        Self { root: folder.to_path_buf() }
    }

    /// The launcher of the release build.
    pub(crate) fn released_launcher(&self) -> PathBuf {
        self.path(Tool::Released).with_file_name("toolchainkit-launch")
    }

    /// CMake of `version`.
    pub(crate) fn cmake(&self, version: &'static str) -> PathBuf {
        self.path(Tool::CMake(version))
    }

    /// Ninja.
    pub(crate) fn ninja(&self) -> PathBuf {
        self.path(Tool::Ninja)
    }

    /// sccache of `version`.
    pub(crate) fn sccache(&self, version: &'static str) -> PathBuf {
        self.path(Tool::Sccache(version))
    }

    /// ccache of `version`.
    pub(crate) fn ccache(&self, version: &'static str) -> PathBuf {
        self.path(Tool::Ccache(version))
    }

    /// Whether to test the whole cross product, and not only a subset that contains every pair.
    pub(crate) fn full() -> bool {
        env::var("TOOLCHAINKIT_TEST_FULL").as_deref() == Ok("1")
    }
}

/// Adds a line to the file in which `tests/run.sh` collects the skipped tests, because nextest hides the output of
/// tests that pass.
pub(super) fn note_skip(message: &str) {
    let Some(path) = env::var_os("TOOLCHAINKIT_TEST_SKIPS") else { return };
    let name = env::var("NEXTEST_TEST_NAME").unwrap_or_default();
    let mut file = File::options().create(true).append(true).open(path).expect("the file of skips");
    // In a single call, because other tests write to it at the same time.
    file.write_all(format!("SKIPPED {name}: {message}\n").as_bytes()).expect("the file of skips");
}

/// The path of the system's program `name`, whether it is installed or not.
pub(crate) fn system(name: &str) -> PathBuf {
    ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .into_iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| Path::new("/usr/bin").join(name))
}

/// The path of GCC's 32-bit C++ library, whether it is installed or not. The path contains GCC's version.
fn multilib() -> PathBuf {
    let versions = Path::new("/usr/lib/gcc/x86_64-linux-gnu");
    let libraries = versions.read_dir().into_iter().flatten().filter_map(Result::ok);
    let mut libraries = libraries.map(|version| version.path().join("32/libstdc++.a"));
    libraries.find(|path| path.is_file()).unwrap_or_else(|| versions.join("32/libstdc++.a"))
}

/// The path of a library of the address sanitizer of the system's clang, whether it is installed or not. The path
/// contains clang's version.
fn compiler_rt() -> PathBuf {
    let clangs = Path::new("/usr/lib").read_dir().into_iter().flatten().filter_map(Result::ok);
    let folders = clangs.map(|entry| entry.path().join("lib/clang")).filter_map(|path| path.read_dir().ok());
    let versions = folders.flatten().filter_map(Result::ok);
    let mut libraries = versions.map(|version| version.path().join("lib/linux/libclang_rt.asan-x86_64.a"));
    libraries.find(|path| path.is_file()).unwrap_or_else(|| Path::new("/usr/lib").join("libclang_rt.asan"))
}
