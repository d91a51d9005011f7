//! A server for released archives, with correct and many kinds of incorrect answers.

use std::fs;
use std::path::{Path, PathBuf};

use super::process::ServerProcess;
use crate::support::tools::{Tool, system};

/// A server in place of the one with the tools' releases. `tests/servers/releases.py` describes its behaviours.
#[derive(Debug)]
pub(crate) struct Releases {
    /// Its process.
    pub(crate) server: ServerProcess,
    scheme: &'static str,
}

impl Releases {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("python3"), Tool::System("openssl"), Tool::System("setpriv")];

    /// Starts one with HTTP.
    pub(crate) fn start() -> Self {
        Self::launch("http", &[])
    }

    /// Starts one with TLS.
    pub(crate) fn start_with_tls() -> Self {
        Self::launch("https", &["tls"])
    }

    fn launch(scheme: &'static str, further: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/releases.py");
        let server = ServerProcess::start(&system("python3"), |port, folder| {
            let port = port.to_string();
            let mut arguments = [script.as_path(), Path::new(&port), folder]
                .map(|path| path.to_str().expect("a plain path").to_owned())
                .to_vec();
            arguments.extend(further.iter().map(ToString::to_string));
            arguments
        });
        Self { server, scheme }
    }

    /// Puts a file on the server.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        fs::write(self.server.path("files").join(name), content).expect("a file to serve");
    }

    /// The address of the server with this behaviour.
    pub(crate) fn url(&self, how: &str) -> String {
        format!("{}://127.0.0.1:{}/{how}", self.scheme, self.server.port())
    }

    /// The certificate to trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.server.path("ca.pem")
    }

    /// The requests so far: a line with the behaviour, the name and the range for each.
    pub(crate) fn requests(&self) -> Vec<String> {
        let log = fs::read_to_string(self.server.path("requests")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}
