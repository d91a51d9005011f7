//! The environment variables that the tools read, whatever the storage.

use super::Tool;

/// The folder of sccache's local cache.
pub(crate) const SCCACHE_DIR: &str = "SCCACHE_DIR";
/// The limit of sccache's local cache.
pub(crate) const SCCACHE_CACHE_SIZE: &str = "SCCACHE_CACHE_SIZE";
/// The address of sccache's daemon: a socket.
pub(crate) const SCCACHE_SERVER_UDS: &str = "SCCACHE_SERVER_UDS";
/// The address of sccache's daemon: a port.
pub(crate) const SCCACHE_SERVER_PORT: &str = "SCCACHE_SERVER_PORT";
/// The levels of sccache's storage, fastest first.
pub(crate) const SCCACHE_MULTILEVEL_CHAIN: &str = "SCCACHE_MULTILEVEL_CHAIN";
/// The levels of sccache's storage that must store an object for the write to succeed.
pub(crate) const SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY: &str = "SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY";
/// The folder of ccache's local cache.
pub(crate) const CCACHE_DIR: &str = "CCACHE_DIR";
/// The limit of ccache's local cache.
pub(crate) const CCACHE_MAXSIZE: &str = "CCACHE_MAXSIZE";
/// Whether ccache uses only the remote storage.
pub(crate) const CCACHE_REMOTE_ONLY: &str = "CCACHE_REMOTE_ONLY";

impl Tool {
    /// The variables that select the storage, the base directories or the daemon. They are removed from the environment
    /// of the tool, because the configuration of the build folder decides these.
    pub(crate) const fn choosing_variables(self) -> &'static [&'static str] {
        match self {
            Self::Sccache => &[
                "SCCACHE_CONF",
                SCCACHE_DIR,
                SCCACHE_CACHE_SIZE,
                "SCCACHE_LOCAL_RW_MODE",
                SCCACHE_SERVER_PORT,
                SCCACHE_SERVER_UDS,
                "SCCACHE_BASEDIRS",
                SCCACHE_MULTILEVEL_CHAIN,
                SCCACHE_MULTILEVEL_WRITE_ERROR_POLICY,
            ],
            Self::Ccache => {
                &[CCACHE_DIR, CCACHE_MAXSIZE, CCACHE_REMOTE_ONLY, "CCACHE_NOREMOTE_ONLY", "CCACHE_BASEDIR"]
            }
        }
    }
}

/// The environment variables that sccache's daemon may read besides those of its storage: folders of the user, proxies and
/// certificates, tuning and logs. A `*` at the end matches any characters.
pub(crate) const OF_DAEMON: &[&str] = &[
    "HOME",
    "LANG",
    "LC_*",
    "LOGNAME",
    "PATH",
    "TMPDIR",
    "TZ",
    "USER",
    "XDG_*",
    // The user's folders on Windows.
    "APPDATA",
    "LOCALAPPDATA",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    // Proxies and certificates.
    "ALL_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    // Tuning and logs.
    "RUST_BACKTRACE",
    "SCCACHE_ALLOW_CORE_DUMPS",
    "SCCACHE_CACHE_MULTIARCH",
    "SCCACHE_CACHE_ZSTD_LEVEL",
    "SCCACHE_DIRECT",
    "SCCACHE_DIST_CLIENT_CACHE_DIR",
    "SCCACHE_ERROR_LOG",
    "SCCACHE_IDLE_TIMEOUT",
    "SCCACHE_LOG",
    "SCCACHE_LOG_MILLIS",
    "SCCACHE_MAX_FRAME_LENGTH",
    "SCCACHE_SKIP_CACHE_CHECK",
];
