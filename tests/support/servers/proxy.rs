//! A proxy, tinyproxy.

use std::fs;

use super::process::ServerProcess;
use crate::support::tools::{Tool, system};

/// A proxy that accepts all connections of this machine.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Proxy {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] = &[Tool::System("tinyproxy"), Tool::System("setpriv")];

    /// Starts one.
    pub(crate) fn start() -> Self {
        let server = ServerProcess::start(&system("tinyproxy"), |port, folder| {
            let config = folder.join("tinyproxy.conf");
            let text =
                format!("Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nLogLevel Connect\n");
            fs::write(&config, text).expect("a configuration");
            ["-d".to_owned(), "-c".to_owned(), config.to_str().expect("a plain path").to_owned()].to_vec()
        });
        Self { server }
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }
}
