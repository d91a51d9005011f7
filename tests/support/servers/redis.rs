//! Redis.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::process::{ServerProcess, free_port};
use crate::support::run::{Run, eventually};
use crate::support::tools::{Tool, system};

/// A Redis server that stores nothing on disk.
#[derive(Debug)]
pub(crate) struct Redis {
    /// Its process.
    pub(crate) server: ServerProcess,
    password: Option<String>,
}

impl Redis {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("redis-server"), Tool::System("redis-cli"), Tool::System("setpriv")];

    /// Starts one without a password.
    pub(crate) fn start() -> Self {
        Self::launch(None, |_, _| Vec::new())
    }

    /// Starts one with this `password`.
    pub(crate) fn start_with_password(password: &str) -> Self {
        let wanted = password.to_owned();
        Self::launch(Some(password.to_owned()), move |_, _| vec!["--requirepass".to_owned(), wanted.clone()])
    }

    /// Starts one that also listens on [`Redis::socket`].
    pub(crate) fn start_with_socket() -> Self {
        Self::launch(None, |_, folder| vec!["--unixsocket".to_owned(), text(&folder.join("redis.sock"))])
    }

    /// Starts one that accepts only TLS, with a certificate that [`Redis::authority`] has signed.
    pub(crate) fn start_with_tls() -> Self {
        Self::launch(None, |port, folder| {
            make_certificate(folder);
            let file = |name: &str| text(&folder.join(name));
            let tls = ["--port", "0", "--tls-port", &port.to_string(), "--tls-auth-clients", "no"];
            let files = [
                ("--tls-cert-file", file("certificate.pem")),
                ("--tls-key-file", file("key.pem")),
                ("--tls-ca-cert-file", file("authority.pem")),
            ];
            let files = files.into_iter().flat_map(|(option, file)| [option.to_owned(), file]);
            tls.into_iter().map(str::to_owned).chain(files).collect()
        })
    }

    /// `more` are further arguments. If an option occurs twice, Redis uses the last one.
    fn launch(password: Option<String>, more: impl Fn(u16, &Path) -> Vec<String>) -> Self {
        let server = ServerProcess::start(&system("redis-server"), |port, folder| {
            let common = ["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir", &text(folder)]
                .map(str::to_owned);
            let memory_only = ["--save", "", "--appendonly", "no"].map(str::to_owned);
            common.into_iter().chain(memory_only).chain(more(port, folder)).collect()
        });
        Self { server, password }
    }

    /// The path of its socket, if it was started with one.
    pub(crate) fn socket(&self) -> String {
        text(&self.server.path("redis.sock"))
    }

    /// The certificate authority to trust, if it uses TLS.
    pub(crate) fn authority(&self) -> String {
        text(&self.server.path("authority.pem"))
    }

    /// The number of its keys.
    pub(crate) fn keys(&self) -> u64 {
        self.cli().arg("DBSIZE").run().stdout.trim().parse().expect("a number of keys")
    }

    /// The Redis client with the address of the server, without a command.
    pub(crate) fn cli(&self) -> Command {
        let mut command = Command::new(system("redis-cli"));
        command.env_clear().args(["-h", "127.0.0.1", "-p", &self.server.port().to_string()]);
        if let Some(password) = &self.password {
            command.env("REDISCLI_AUTH", password);
        }
        command
    }
}

/// Three Redis servers that form a cluster.
#[derive(Debug)]
pub(crate) struct RedisCluster {
    nodes: [Redis; 3],
}

impl RedisCluster {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] = Redis::NEEDS;

    /// Starts one, and waits until its nodes have assigned all slots.
    pub(crate) fn start() -> Self {
        let node = || {
            Redis::launch(None, |_, _| {
                // By default, this is the port plus 10000, which may be more than 65535.
                let bus = free_port().to_string();
                ["--cluster-enabled", "yes", "--cluster-port", &bus].map(str::to_owned).into()
            })
        };
        let nodes = [node(), node(), node()];
        let mut create = Command::new(system("redis-cli"));
        create.env_clear().args(["--cluster", "create"]);
        create.args(nodes.iter().map(|node| node.server.address())).arg("--cluster-yes").run();
        let agreed =
            |node: &Redis| node.cli().args(["CLUSTER", "INFO"]).run().stdout.contains("cluster_state:ok");
        assert!(eventually(Duration::from_secs(30), || nodes.iter().all(agreed)), "the cluster is not ready");
        Self { nodes }
    }

    /// The URLs of the nodes, separated by commas.
    pub(crate) fn endpoint(&self) -> String {
        self.nodes
            .iter()
            .map(|node| format!("redis://{}", node.server.address()))
            .collect::<Vec<_>>()
            .join(",")
    }

    /// The number of keys of each node.
    pub(crate) fn keys(&self) -> [u64; 3] {
        self.nodes.each_ref().map(Redis::keys)
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a plain path").to_owned()
}

/// `authority.pem`, and a `certificate.pem` for 127.0.0.1 with its `key.pem`.
fn make_certificate(folder: &Path) {
    let script =
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out authority.pem -days 2 \
                    -subj /CN=authority -addext basicConstraints=critical,CA:TRUE &&
                  openssl req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=127.0.0.1 &&
                  echo subjectAltName=IP:127.0.0.1 >names &&
                  openssl x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial \
                    -out certificate.pem -days 2 -extfile names";
    Command::new("/bin/sh").args(["-c", script]).current_dir(folder).run();
}
