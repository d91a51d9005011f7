//! S3, served by rclone from a folder.

use std::fs;
use std::path::PathBuf;

use super::process::{ServerProcess, count_files};
use crate::support::tools::{Tool, Tools};

/// An S3 server with one bucket, in path style and without TLS.
#[derive(Debug)]
pub(crate) struct S3 {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl S3 {
    /// The tools to pass to [`Tools::require`].
    pub(crate) const NEEDS: &[Tool] = &[Tool::Rclone, Tool::System("setpriv")];
    /// The bucket that exists.
    pub(crate) const BUCKET: &str = "build-cache";
    /// A region for the signature; the server accepts every region.
    pub(crate) const REGION: &str = "us-east-1";
    /// The valid access key.
    pub(crate) const ACCESS_KEY: &str = "access-key-of-the-test";
    /// Its secret.
    pub(crate) const SECRET_KEY: &str = "secret-key-of-the-test";

    /// Starts one that requires the keys.
    pub(crate) fn start(tools: &Tools) -> Self {
        Self::launch(tools, &["--auth-key", &format!("{},{}", Self::ACCESS_KEY, Self::SECRET_KEY)])
    }

    /// Starts one that also accepts requests without a signature.
    pub(crate) fn start_for_everybody(tools: &Tools) -> Self {
        Self::launch(tools, &[])
    }

    fn launch(tools: &Tools, keys: &[&str]) -> Self {
        let server = ServerProcess::start(&tools.path(Tool::Rclone), |port, folder| {
            let data = folder.join("data");
            fs::create_dir_all(data.join(Self::BUCKET)).expect("the bucket");
            let address = format!("127.0.0.1:{port}");
            let mut arguments = vec!["serve", "s3", "--addr", &address];
            arguments.extend(keys);
            arguments.push(data.to_str().expect("a plain path"));
            arguments.into_iter().map(str::to_owned).collect()
        });
        Self { server }
    }

    /// The endpoint's URL.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// The folder with the bucket's objects as files.
    pub(crate) fn folder(&self) -> PathBuf {
        self.server.path("data").join(Self::BUCKET)
    }

    /// The number of objects in the bucket.
    pub(crate) fn objects(&self) -> usize {
        count_files(&self.folder())
    }
}
