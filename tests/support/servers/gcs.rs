//! Google Cloud Storage, provided by our own server: sccache has no setting for the endpoint, so an emulator cannot be
//! used.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use super::process::ServerProcess;
use crate::support::tools::{Tool, system};

/// A storage that the real client uses in place of Google's, with the environment [`Gcs::env`].
#[derive(Debug)]
pub(crate) struct Gcs {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Gcs {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("python3"), Tool::System("openssl"), Tool::System("setpriv")];
    /// A bucket. The server accepts every bucket name.
    pub(crate) const BUCKET: &str = "build-cache";

    /// Starts one.
    pub(crate) fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/gcs.py");
        let server = ServerProcess::start(&system("python3"), |port, folder| {
            let port = port.to_string();
            [script.as_path(), Path::new(&port), folder]
                .map(|path| path.to_str().expect("a plain path").to_owned())
                .into()
        });
        Self { server }
    }

    /// The variables that direct sccache to this server: the proxy, the trusted certificate, and the URL of the token.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        self.env_by(&self.server.address())
    }

    /// The same through another address, such as that of a [`Proxy`](crate::support::proxy::Proxy).
    pub(crate) fn env_by(&self, address: &str) -> Vec<(&'static str, String)> {
        let url = format!("http://{address}");
        let ca = self.server.path("ca.pem").into_os_string().into_string().expect("a plain path");
        vec![
            ("HTTPS_PROXY", url.clone()),
            ("SSL_CERT_FILE", ca),
            ("SCCACHE_GCS_CREDENTIALS_URL", format!("{url}/token")),
        ]
    }

    /// Answers all requests, or all uploads, with an HTTP status; `None` ends this.
    pub(crate) fn fail(&self, status: Option<u16>, writes_only: bool) {
        let page = match (status, writes_only) {
            (None, _) => "recover".to_owned(),
            (Some(status), true) => format!("fail-writes?{status}"),
            (Some(status), false) => format!("fail?{status}"),
        };
        self.get(&page);
    }

    /// The number of its objects.
    pub(crate) fn objects(&self) -> u64 {
        let answer = self.get("count");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let count: serde_json::Value = serde_json::from_str(body).expect("the server answers in JSON");
        count["objects"].as_u64().expect("a count")
    }

    fn get(&self, page: &str) -> String {
        let mut stream = TcpStream::connect(self.server.address()).expect("the server accepts");
        let request = format!("GET /{page} HTTP/1.0\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("the server accepts a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the server answers");
        answer
    }
}
