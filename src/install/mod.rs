//! Installs a cache tool. Versions are pinned and verified, and a failed installation leaves nothing behind. A [`Way`]
//! provides the executable. It is verified before it is unpacked, run once in a temporary folder, and then renamed to
//! its final path in the [`Store`].
//!
//! ```no_run
//! use toolchainkit::install::{InstallOptions, Silent, Store, install};
//! use toolchainkit::caching::tool::Tool;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Store::of_user().expect("the user has a home");
//! let installed = install(Tool::Sccache, &InstallOptions::default(), &store, &Silent)?;
//! println!("{}", installed.path);
//! # Ok(())
//! # }
//! ```

mod archive;
mod digest;
mod download;
mod http;
mod launch_program;
mod manifest;
mod signature;
mod store;
mod url;
mod ways;

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

pub use self::archive::ArchiveError;
pub use self::digest::{Digest, ParseDigestError};
pub use self::download::DownloadError;
pub use self::launch_program::{LaunchProgram, LaunchProgramError};
pub use self::signature::SignatureError;
use self::store::Staging;
pub use self::store::{Installed, Receipt, Store, StoreError, VerifyError};
pub use self::url::UrlError;
pub use self::ways::{DEFAULT_SERVER, Way};
use self::ways::{Fetched, InstallRequest};
use crate::caching::tool::{Tool, Version};
use crate::probe::program::{self, RunError};

/// The timeout for a tool to print its version when it runs on this machine for the first time.
const FIRST_RUN_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time that an installation that only copies files waits for another one.
const LOCK_TIMEOUT: Duration = Duration::from_mins(1);

/// The way to install a tool, and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallOptions {
    /// The way. Default: the release.
    pub way: Way,
    /// The version. Default: the newest known version for this platform.
    pub version: Option<Version>,
    /// The expected SHA-256 of the archive; `None` if it is known or a signature verifies the archive.
    pub sha256: Option<Digest>,
    /// A server to use instead of [`DEFAULT_SERVER`], with the same paths.
    pub mirror: Option<String>,
    /// Never use the network.
    pub offline: bool,
    /// Install even if this version is installed.
    pub force: bool,
    /// The time limit for a download. Default: 10 minutes.
    pub timeout: Duration,
}

impl Default for InstallOptions {
    fn default() -> Self {
        Self {
            way: Way::default(),
            version: None,
            sha256: None,
            mirror: None,
            offline: false,
            force: false,
            timeout: Duration::from_mins(10),
        }
    }
}

/// Receives the progress of an installation.
pub trait Progress {
    /// Reports a message for people.
    fn report(&self, line: &str);
    /// A download starts; its length, if the server sends it.
    fn length(&self, bytes: Option<u64>);
    /// The number of bytes downloaded so far.
    fn position(&self, bytes: u64);
    /// The download has ended.
    fn finished(&self);
}

/// Ignores the progress.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _: &str) {}
    fn length(&self, _: Option<u64>) {}
    fn position(&self, _: u64) {}
    fn finished(&self) {}
}

/// The reason why a tool was not installed. A failed installation leaves no files.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// There is no known release for this platform.
    #[error("no release of {0} is known for {machine}", machine = manifest::platform())]
    NoRelease(Tool),
    /// The version cannot be verified.
    #[error("{tool} {version} cannot be verified: no SHA-256 and no signature is known for {machine}", machine = manifest::platform())]
    NotPinned {
        /// The tool.
        tool: Tool,
        /// The version.
        version: Version,
    },
    /// The digest of the file is wrong.
    #[error(
        "{what} is not the expected file and was not opened: its SHA-256 is {actual}, but {expected} was expected"
    )]
    WrongDigest {
        /// The file or its address.
        what: String,
        /// The expected digest.
        expected: Digest,
        /// The actual digest.
        actual: Digest,
    },
    /// The signature of the file is not valid.
    #[error("{what} cannot be verified and was not opened")]
    Signature {
        /// The file.
        what: String,
        /// The cause.
        source: SignatureError,
    },
    /// The given file is unknown.
    #[error("{path} is not a known release; its SHA-256 is {digest}")]
    UnknownFile {
        /// The file.
        path: Utf8PathBuf,
        /// Its digest.
        digest: Digest,
    },
    /// The archive does not have the form of a release.
    #[error("{what} is not a valid release archive")]
    Archive {
        /// The file or its address.
        what: String,
        /// The cause.
        source: ArchiveError,
    },
    /// The network may not be used, and the file was not found.
    #[error("{url} is needed, but --offline forbids the download")]
    Offline {
        /// The address.
        url: String,
        /// The digest of the file.
        digest: Option<Digest>,
        /// The path where the file is searched for.
        path: Utf8PathBuf,
    },
    /// This way needs the network, which may not be used.
    #[error("installing with {0} needs the network, but --offline forbids it")]
    WayNeedsNetwork(&'static str),
    /// This way needs a program that was not found.
    #[error("{program} was not found on PATH; it is needed to install with {way}")]
    MissingProgram {
        /// The program.
        program: &'static str,
        /// The way.
        way: &'static str,
    },
    /// The program that installs the tool failed.
    #[error("{way} failed:\n{message}")]
    WayFailed {
        /// The way.
        way: &'static str,
        /// The output of the program.
        message: String,
    },
    /// The executable does not work or is another one.
    #[error("the executable from {from} does not work on this machine and was removed: {problem}")]
    Unusable {
        /// The source of the executable.
        from: String,
        /// The problem that occurred when the executable ran.
        problem: String,
    },
    /// The download failed.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The address is not allowed.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A program could not be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file on this machine cannot be read.
    #[error(transparent)]
    File(std::io::Error),
}

/// The newest version whose release for this machine is known.
#[must_use]
pub fn newest_known(tool: Tool) -> Option<Version> {
    manifest::release(tool, None).map(|release| release.version)
}

/// Checks that a server may replace [`DEFAULT_SERVER`]: it uses https or is on this machine, and its URL contains no
/// password.
///
/// # Errors
/// [`UrlError`]
pub fn check_mirror(mirror: &str) -> Result<(), UrlError> {
    if mirror.contains(['?', '#']) {
        return Err(UrlError::Malformed(mirror.split(['?', '#']).next().unwrap_or_default().to_owned()));
    }
    url::Url::parse(mirror).map(drop)
}

/// Installs a tool into `store`, unless it is installed already. Several processes may do so at the same time.
///
/// # Errors
/// [`InstallError`]. A failed installation leaves nothing behind.
pub fn install(
    tool: Tool,
    options: &InstallOptions,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Installed, InstallError> {
    let expected = options.way.version(tool, options)?;
    let existing = || expected.filter(|_| !options.force).and_then(|version| store.get(tool, version));
    if let Some(installed) = existing() {
        return Ok(installed);
    }
    let _lock = store.lock(options.timeout, progress)?;
    // The previous owner of the lock may have installed it.
    if let Some(installed) = existing() {
        return Ok(installed);
    }
    if let Some(version) = expected {
        store.refuse_to_replace(tool, version)?;
    }
    let staging = store.stage()?;
    let request = InstallRequest { tool, options, store, staging: &staging, progress };
    let fetched = options.way.fetch(&request, expected)?;
    let path = staging.write_executable(tool, &fetched.executable).map_err(|source| store.io(source))?;
    let version = try_out(tool, &path, expected, &fetched)?;
    publish(store, &staging, tool, version, &fetched)
}

fn publish(
    store: &Store,
    staging: &Staging,
    tool: Tool,
    version: Version,
    fetched: &Fetched,
) -> Result<Installed, InstallError> {
    let receipt = Receipt {
        from: fetched.from.clone(),
        archive_sha256: fetched.archive_sha256.map(|digest| digest.to_string()),
        trusted_by: fetched.trusted_by.to_owned(),
        executable_sha256: Digest::of(&fetched.executable).to_string(),
        executable_bytes: fetched.executable.len() as u64,
    };
    Ok(store.publish(staging, tool, version, receipt)?)
}

/// Runs the executable once, to check that it works on this machine and is the expected tool and version.
fn try_out(
    tool: Tool,
    path: &Utf8Path,
    expected: Option<Version>,
    fetched: &Fetched,
) -> Result<Version, InstallError> {
    let unusable = |problem: String| InstallError::Unusable { from: fetched.from.clone(), problem };
    let output = run_once(path).map_err(|error| match error {
        RunError::Start { source, .. } => unusable(format!("it cannot be started: {source}")),
        error @ RunError::TimedOut { .. } => unusable(error.to_string()),
    })?;
    let found = tool.read_version(&output).ok_or_else(|| {
        let line = output.lines().next().unwrap_or_default().escape_debug();
        unusable(format!("it is not {tool}; it printed `{line}`"))
    })?;
    match expected {
        Some(version) if version != found => Err(unusable(format!("it is version {found}, not {version}"))),
        _ => Ok(found),
    }
}

/// The output of `--version`. A process that another thread starts inherits the file descriptor of the new file for a
/// moment. While it is open for writing, the system refuses to run the file.
fn run_once(path: &Utf8Path) -> Result<String, RunError> {
    let no_environment: [(&str, &str); 0] = [];
    for _ in 0..50 {
        match program::run(path, &["--version"], no_environment, FIRST_RUN_TIMEOUT) {
            Err(RunError::Start { source, .. })
                if source.kind() == std::io::ErrorKind::ExecutableFileBusy =>
            {
                std::thread::sleep(Duration::from_millis(20));
            }
            result => return result.map(|finished| finished.stdout),
        }
    }
    program::run(path, &["--version"], no_environment, FIRST_RUN_TIMEOUT).map(|finished| finished.stdout)
}
