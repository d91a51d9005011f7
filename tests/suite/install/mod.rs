//! `toolchainkit install` against a server with releases of the real executables, in valid and invalid archives.

mod archives;
mod finding;
mod launch;
mod network;
mod refused;
mod together;
mod ways;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::servers::Releases;
use crate::support::{Run, Sandbox, Tool, Tools};

/// The version of the ccache wheel; no archive of this version is known.
const VERSION: &str = Tools::CCACHE;
static FOLDER: LazyLock<String> = LazyLock::new(|| format!("ccache-{VERSION}"));

/// A server with releases of ccache, and a sandbox to install them in.
pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) releases: Releases,
    /// The real executable.
    executable: Vec<u8>,
    /// The digest of the archive on the server.
    sha256: String,
    /// toolchainkit in a separate folder, because a launcher beside it would be installed, too.
    toolchainkit: PathBuf,
}

impl Bench {
    const NEEDS: &[Tool] = &[Tool::Ccache(VERSION)];

    /// The server with a valid archive of the real ccache.
    pub(crate) fn start() -> Option<Self> {
        Self::start_on(Releases::start)
    }

    fn start_on(start: impl Fn() -> Releases) -> Option<Self> {
        let tools = Tools::require(&[Self::NEEDS, Releases::NEEDS].concat())?;
        let executable = fs::read(tools.ccache(VERSION)).expect("the real ccache");
        let archive = good_archive(&executable);
        Some(Self::with(start(), executable, &archive))
    }

    /// The server with this archive.
    fn with(releases: Releases, executable: Vec<u8>, archive: &[u8]) -> Self {
        releases.put(&asset(), archive);
        let sandbox = Sandbox::new("install");
        let toolchainkit = sandbox.dir("program").join("toolchainkit");
        let built = env!("CARGO_BIN_EXE_toolchainkit");
        // A hard link is impossible between file systems, so the program is copied there.
        fs::hard_link(built, &toolchainkit)
            .or_else(|_| fs::copy(built, &toolchainkit).map(drop))
            .expect("a copy of the program");
        Self { sandbox, releases, executable, sha256: sha256(archive), toolchainkit }
    }

    /// The install command; `how` selects the behaviour of the server.
    pub(crate) fn install(&self, how: &str) -> Command {
        self.install_expecting(how, &self.sha256)
    }

    fn install_expecting(&self, how: &str, sha256: &str) -> Command {
        let mut command = self.command(&["install"]);
        command.args(self.arguments(how, sha256));
        command
    }

    /// The same with a released program.
    pub(crate) fn install_by(&self, released: &Path, how: &str) -> Command {
        let mut command = self.sandbox.command(released);
        command.arg("install").args(self.arguments(how, &self.sha256));
        command
    }

    fn arguments(&self, how: &str, sha256: &str) -> [String; 7] {
        let mirror = self.releases.url(how);
        ["ccache", "--version", VERSION, "--mirror", &mirror, "--sha256", sha256].map(str::to_owned)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&self.toolchainkit);
        command.args(arguments);
        command
    }

    /// The store that the CMake module searches.
    fn store(&self) -> PathBuf {
        self.sandbox.cache_home().join("toolchainkit/tools")
    }

    /// The path of the installed executable.
    fn installed(&self) -> PathBuf {
        self.store().join(&*FOLDER).join("ccache")
    }

    /// Creates the folder for archives that the user downloads.
    fn downloads(&self) -> PathBuf {
        let folder = self.store().join("downloads");
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// Panics unless the complete real ccache is installed and runs, and no other file exists.
    fn assert_installed(&self) {
        let content = fs::read(self.installed()).expect("it is installed");
        assert!(content == self.executable, "{} bytes, not those of the real ccache", content.len());
        let printed = self.sandbox.command(self.installed()).arg("--version").run();
        assert!(printed.stdout.starts_with(&format!("ccache version {VERSION}\n")), "{printed}");
        assert_eq!(names(&self.store()), [".lock", &FOLDER]);
        assert_eq!(names(&self.store().join(&*FOLDER)), ["ccache", "receipt.json"]);
    }

    /// Panics if a failed installation left files behind.
    fn assert_nothing_left(&self) {
        let left = names(&self.store());
        assert!(left.iter().all(|name| name == ".lock"), "left behind: {left:?}");
    }
}

/// The name of the archive for this machine.
fn asset() -> String {
    format!("{}.tar.gz", top())
}

fn top() -> String {
    format!("ccache-{VERSION}-linux-{}-musl-static", std::env::consts::ARCH)
}

fn sha256(content: &[u8]) -> String {
    toolchainkit::install::Digest::of(content).to_string()
}

/// The sorted names in a folder; empty if the folder does not exist.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().into_string().expect("a plain name")).collect();
    names.sort_unstable();
    names
}

/// An archive like those of the project's releases.
fn good_archive(executable: &[u8]) -> Vec<u8> {
    tar_gz(|tar| {
        add(tar, &format!("{}/README.md", top()), b"ccache\n");
        add(tar, &format!("{}/ccache", top()), executable);
        add(tar, &format!("{}/share/completions/ccache", top()), b"complete ccache\n");
    })
}

type Tar = tar::Builder<GzEncoder<Vec<u8>>>;

fn tar_gz(fill: impl FnOnce(&mut Tar)) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut tar);
    tar.into_inner().and_then(GzEncoder::finish).expect("an archive in memory")
}

/// Adds a file with any name, even one that the library refuses to write.
fn add(tar: &mut Tar, name: &str, content: &[u8]) {
    let mut header = header(name, tar::EntryType::Regular);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.append(&header, content).expect("an entry in memory");
}

fn header(name: &str, kind: tar::EntryType) -> tar::Header {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(0);
    header.set_cksum();
    header
}

/// A zip archive of these files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    for (name, content) in files {
        zip.start_file(*name, options).expect("an entry in memory");
        zip.write_all(content).expect("an entry in memory");
    }
    zip.finish().expect("an archive in memory").into_inner()
}
