//! Azure Blob Storage, provided by Microsoft's emulator Azurite.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::ServerProcess;
use crate::support::run::Run;
use crate::support::tools::{Tool, Tools, system};

/// An Azurite with one container.
#[derive(Debug)]
pub(crate) struct Azurite {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Azurite {
    /// The tools to pass to [`Tools::require`].
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::Azurite, Tool::System("node"), Tool::System("python3"), Tool::System("setpriv")];
    /// The container that exists.
    pub(crate) const CONTAINER: &str = "builds";
    /// The key of the emulator's only account. It is public, from the documentation.
    pub(crate) const KEY: &str =
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// Starts one.
    pub(crate) fn start(tools: &Tools) -> Self {
        let program = tools.path(Tool::Azurite).into_os_string().into_string().expect("a plain path");
        let server = ServerProcess::start(&system("node"), |port, folder| {
            let (port, folder) = (port.to_string(), folder.to_str().expect("a plain path"));
            let mut arguments = vec![program.as_str(), "--blobHost", "127.0.0.1", "--blobPort", &port];
            arguments.extend([
                "--location",
                folder,
                "--skipApiVersionCheck",
                "--silent",
                "--disableTelemetry",
            ]);
            arguments.into_iter().map(str::to_owned).collect()
        });
        let azurite = Self { server };
        azurite.client("create").run();
        azurite
    }

    /// The connection string for a client, with the secret.
    pub(crate) fn connection_string(&self) -> String {
        format!(
            "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={};\
             BlobEndpoint=http://{}/devstoreaccount1;",
            Self::KEY,
            self.server.address()
        )
    }

    /// The names of the blobs.
    pub(crate) fn blobs(&self) -> Vec<String> {
        self.client("list").run().stdout.lines().map(str::to_owned).collect()
    }

    fn client(&self, action: &str) -> Command {
        let script: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/azure_client.py");
        let mut command = Command::new(system("python3"));
        let port = self.server.port().to_string();
        command.env_clear().arg(script).args([action, &port, Self::KEY, Self::CONTAINER]);
        command
    }
}
