//! The scheduler and the servers of sccache-dist. The servers need root and bubblewrap.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::ServerProcess;
use crate::support::run::Run as _;
use crate::support::tools::{Tool, Tools, system};

/// The token of clients. Nothing else contains this text.
pub(crate) const TOKEN: &str = "t0ken-of-clients-42";

/// A scheduler.
#[derive(Debug)]
pub(crate) struct Scheduler {
    /// Its process.
    pub(crate) server: ServerProcess,
    program: PathBuf,
    /// The key with which servers sign.
    key: String,
}

/// A server that compiles.
#[derive(Debug)]
pub(crate) struct CompileServer {
    /// Its process.
    pub(crate) server: ServerProcess,
}

/// The tools to pass to [`Tools::require`].
pub(crate) const NEEDS: &[Tool] =
    &[Tool::Sccache(Tools::SCCACHE), Tool::System("bwrap"), Tool::System("setpriv")];

fn words(program: &Path, kind: &str) -> Vec<String> {
    // The scheduler becomes a daemon otherwise.
    let program = program.to_str().expect("a plain path");
    ["SCCACHE_NO_DAEMON=1", "SCCACHE_LOG=info", program, kind, "--config"].map(str::to_owned).to_vec()
}

fn started(program: &Path, kind: &str, configuration: impl Fn(u16, &Path) -> String) -> ServerProcess {
    ServerProcess::start(&system("env"), |port, folder| {
        let path = folder.join(format!("{kind}.toml"));
        fs::write(&path, configuration(port, folder)).expect("a configuration");
        let mut words = words(program, kind);
        words.push(path.to_str().expect("a plain path").to_owned());
        words
    })
}

impl Scheduler {
    /// Starts one. Its program is beside that of sccache.
    pub(crate) fn start(tools: &Tools) -> Self {
        let program = tools.path(Tool::Sccache(Tools::SCCACHE)).with_file_name("sccache-dist");
        let made = Command::new(&program).args(["auth", "generate-jwt-hs256-key"]).run();
        let key = made.stdout.trim().to_owned();
        let server = started(&program, "scheduler", |port, _| {
            format!(
                "public_addr = \"127.0.0.1:{port}\"\n[client_auth]\ntype = \"token\"\ntoken = \"{TOKEN}\"\n\
                 [server_auth]\ntype = \"jwt_hs256\"\nsecret_key = \"{key}\"\n"
            )
        });
        Self { server, program, key }
    }

    /// Its URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Starts a server, and waits until the scheduler knows it.
    pub(crate) fn add_server(&self) -> CompileServer {
        let server = started(&self.program, "server", |port, folder| {
            let address = format!("127.0.0.1:{port}");
            let mut sign = Command::new(&self.program);
            sign.args(["auth", "generate-jwt-hs256-server-token", "--secret-key", &self.key]);
            let token = sign.args(["--server", &address]).run();
            format!(
                "cache_dir = \"{folder}/toolchains\"\npublic_addr = \"{address}\"\nscheduler_url = \"{url}\"\n\
                 [builder]\ntype = \"overlay\"\nbuild_dir = \"{folder}/build\"\nbwrap_path = \"{bwrap}\"\n\
                 [scheduler_auth]\ntype = \"jwt_token\"\ntoken = \"{token}\"\n",
                folder = folder.display(),
                url = self.url(),
                bwrap = system("bwrap").display(),
                token = token.stdout.trim(),
            )
        });
        let known = super::super::run::eventually(std::time::Duration::from_secs(20), || {
            server.log().contains("Server connected to scheduler")
        });
        assert!(known, "{}", server.log());
        CompileServer { server }
    }

    /// The number of compilations that the servers have completed.
    pub(crate) fn compilations(&self) -> usize {
        self.server.log().matches(" updated state to Complete").count()
    }

    /// The number of compilations that this server was given.
    pub(crate) fn given_to(&self, server: &CompileServer) -> usize {
        let to = format!("will be assigned to server ServerId({})", server.server.address());
        self.server.log().matches(&to).count()
    }
}
