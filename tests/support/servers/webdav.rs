//! WebDAV, which includes plain HTTP storage, served by rclone from a folder.

use std::fs;
use std::path::PathBuf;

use super::process::{ServerProcess, count_files};
use crate::support::tools::{Tool, Tools};

/// A WebDAV server without TLS.
#[derive(Debug)]
pub(crate) struct WebDav {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl WebDav {
    /// The tools to pass to [`Tools::require`].
    pub(crate) const NEEDS: &[Tool] = &[Tool::Rclone, Tool::System("setpriv")];

    /// Starts one without a login.
    pub(crate) fn start(tools: &Tools) -> Self {
        Self::launch(tools, &[])
    }

    /// Starts one that requires a user and a password.
    pub(crate) fn start_with_login(tools: &Tools, user: &str, password: &str) -> Self {
        Self::launch(tools, &["--user", user, "--pass", password])
    }

    fn launch(tools: &Tools, login: &[&str]) -> Self {
        let server = ServerProcess::start(&tools.path(Tool::Rclone), |port, folder| {
            let data = folder.join("data");
            fs::create_dir_all(&data).expect("a folder to serve");
            let address = format!("127.0.0.1:{port}");
            let mut arguments =
                vec!["serve", "webdav", "--addr", &address, data.to_str().expect("a plain path")];
            arguments.extend(login);
            arguments.into_iter().map(str::to_owned).collect()
        });
        let webdav = Self { server };
        webdav.make_folders("");
        webdav
    }

    /// Creates the upper two levels of the folders for sccache's objects below a prefix. If two requests create the
    /// same folder at the same time, rclone 1.75 refuses one of them, and sccache 0.16 then does not store the object.
    /// This happened in one of 130 first builds.
    pub(crate) fn make_folders(&self, prefix: &str) {
        for number in 0..=0xff {
            let folder = self.folder().join(prefix).join(format!("{:x}/{:x}", number / 16, number % 16));
            fs::create_dir_all(folder).expect("a folder");
        }
    }

    /// The endpoint's URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The folder with the stored files.
    fn folder(&self) -> PathBuf {
        self.server.path("data")
    }

    /// The number of stored files.
    pub(crate) fn objects(&self) -> usize {
        self.objects_below("")
    }

    /// The number of stored files below the prefix.
    pub(crate) fn objects_below(&self, prefix: &str) -> usize {
        count_files(&self.folder().join(prefix))
    }
}
