//! Installing a cache tool: pinned, verified, and whole or not at all.
//!
//! An executable comes by a [`Way`], has to be vouched for before anything of it is opened, is run once in a place that
//! nobody else looks at, and then gets its name in the [`Store`] by one rename.
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
use self::ways::{Fetched, Order};
use crate::caching::tool::{Tool, Version};
use crate::probe::program::{self, RunError};

/// A tool that only has to print its version, on a machine that has never run it.
const FIRST_RUN_TIMEOUT: Duration = Duration::from_secs(30);

/// How long another installation is waited for that only copies.
const LOCK_PATIENCE: Duration = Duration::from_mins(1);

/// How and from where to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallOptions {
    /// The way. Default: the release.
    pub way: Way,
    /// The version. Default: the newest one that is known for this machine.
    pub version: Option<Version>,
    /// The SHA-256 that the archive must have; `None` where it is known or a signature vouches for it.
    pub sha256: Option<Digest>,
    /// A server in the place of [`DEFAULT_SERVER`], with the same paths.
    pub mirror: Option<String>,
    /// Never use the network.
    pub offline: bool,
    /// Install again what is there already.
    pub force: bool,
    /// The time that a download may take. Default: 10 minutes.
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

/// Who is told what happens.
pub trait Progress {
    /// A word for people.
    fn say(&self, line: &str);
    /// A download begins; its length, if the server says.
    fn length(&self, bytes: Option<u64>);
    /// So much of it is there.
    fn position(&self, bytes: u64);
    /// It has ended.
    fn finished(&self);
}

/// Nobody is told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn say(&self, _: &str) {}
    fn length(&self, _: Option<u64>) {}
    fn position(&self, _: u64) {}
    fn finished(&self) {}
}

/// Why a tool was not installed. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Nothing is released for this machine.
    #[error("no release of {0} is known for {machine}", machine = manifest::platform())]
    NoRelease(Tool),
    /// Nothing could vouch for the version.
    #[error("no SHA-256 of {tool} {version} is known for {machine}, and nothing else vouches for it", machine = manifest::platform())]
    NotPinned {
        /// The tool.
        tool: Tool,
        /// The version.
        version: Version,
    },
    /// The file is another one.
    #[error(
        "{what} is not the expected file and was not opened: its SHA-256 is {actual}, expected is {expected}"
    )]
    WrongDigest {
        /// The file or its address.
        what: String,
        /// What it should be.
        expected: Digest,
        /// What it is.
        actual: Digest,
    },
    /// The signature does not vouch for the file.
    #[error("{what} is not vouched for and was not opened")]
    Signature {
        /// The file.
        what: String,
        /// Why.
        source: SignatureError,
    },
    /// The file that was given is unknown.
    #[error("{path} is not a file that toolchainkit knows; its SHA-256 is {digest}")]
    UnknownFile {
        /// The file.
        path: Utf8PathBuf,
        /// Its digest.
        digest: Digest,
    },
    /// The archive is not one of a release.
    #[error("{what} is refused")]
    Archive {
        /// The file or its address.
        what: String,
        /// Why.
        source: ArchiveError,
    },
    /// The network may not be used, and the file is not there.
    #[error("{url} may not be downloaded while offline")]
    Offline {
        /// The address.
        url: String,
        /// The digest it has.
        digest: Option<Digest>,
        /// Where it would be found.
        path: Utf8PathBuf,
    },
    /// The network may not be used, and this way needs it.
    #[error("{0} needs the network, which may not be used")]
    WayNeedsNetwork(&'static str),
    /// A program is needed for this way.
    #[error("{program} was not found on PATH, and is needed to install by {way}")]
    MissingProgram {
        /// The program.
        program: &'static str,
        /// The way.
        way: &'static str,
    },
    /// The program that was to bring the tool failed.
    #[error("{way} failed:\n{message}")]
    WayFailed {
        /// The way.
        way: &'static str,
        /// What it said.
        message: String,
    },
    /// The executable is not what it should be.
    #[error("what was installed from {from} does not work here and was removed: {problem}")]
    Unusable {
        /// Where it came from.
        from: String,
        /// What happened when it ran.
        problem: String,
    },
    /// The download failed.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// The address may not be asked.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// The store refuses.
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

/// Whether a server can stand in for [`DEFAULT_SERVER`]: by https, or on this machine, and with no password in its name.
///
/// # Errors
/// [`UrlError`]
pub fn check_mirror(mirror: &str) -> Result<(), UrlError> {
    if mirror.contains(['?', '#']) {
        return Err(UrlError::Malformed(mirror.split(['?', '#']).next().unwrap_or_default().to_owned()));
    }
    url::Url::parse(mirror).map(drop)
}

/// Installs a tool into `store`, unless it is there already.
///
/// Any number of processes may do so at once.
///
/// # Errors
/// [`InstallError`]; then nothing is left behind.
pub fn install(
    tool: Tool,
    options: &InstallOptions,
    store: &Store,
    progress: &dyn Progress,
) -> Result<Installed, InstallError> {
    let expected = options.way.version(tool, options)?;
    let there = || expected.filter(|_| !options.force).and_then(|version| store.get(tool, version));
    if let Some(installed) = there() {
        return Ok(installed);
    }
    let _lock = store.lock(options.timeout, progress)?;
    // Whoever had the lock may have installed it.
    if let Some(installed) = there() {
        return Ok(installed);
    }
    if let Some(version) = expected {
        store.refuse_if_in_the_way(tool, version)?;
    }
    let staging = store.stage()?;
    let order = Order { tool, options, store, staging: &staging, progress };
    let fetched = options.way.fetch(&order, expected)?;
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

/// Runs the executable once: it has to be built for this machine, and be what it is said to be.
fn try_out(
    tool: Tool,
    path: &Utf8Path,
    expected: Option<Version>,
    fetched: &Fetched,
) -> Result<Version, InstallError> {
    let unusable = |problem: String| InstallError::Unusable { from: fetched.from.clone(), problem };
    let output = run_once(path).map_err(|error| match error {
        RunError::Start { source, .. } => unusable(format!("it cannot be run: {source}")),
        error @ RunError::TimedOut { .. } => unusable(error.to_string()),
    })?;
    let found = tool.read_version(&output).ok_or_else(|| {
        let line = output.lines().next().unwrap_or_default().escape_debug();
        unusable(format!("it is not {tool}: it calls itself `{line}`"))
    })?;
    match expected {
        Some(version) if version != found => Err(unusable(format!("it is version {found}, not {version}"))),
        _ => Ok(found),
    }
}

/// What `--version` prints. Another thread that starts a program at this moment holds the new file open for writing for
/// an instant, and until then the system refuses to run it.
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
