//! Plain HTTP storage: nginx with GET and PUT, without WebDAV's folders and lists.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{ServerProcess, count_files};
use crate::support::run::Run;
use crate::support::tools::{Tool, system};

/// An nginx with a public storage (`/open`), and storages that require a login (`/basic`), a token (`/bearer`) and a
/// header (`/team`).
#[derive(Debug)]
pub(crate) struct Nginx {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Nginx {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] =
        &[Tool::System("nginx"), Tool::System("openssl"), Tool::System("setpriv")];
    /// The user of `/basic`.
    pub(crate) const USER: &str = "builder";
    /// The value of `X-Team` that `/team` requires.
    pub(crate) const TEAM: &str = "compilers & co";

    /// Starts one with this `password` for `/basic` and this `token` for `/bearer`.
    pub(crate) fn start(password: &str, token: &str) -> Self {
        let server = ServerProcess::start(&system("nginx"), |port, folder| {
            for storage in ["open", "basic", "bearer", "team"] {
                fs::create_dir_all(folder.join("data").join(storage)).expect("a folder to serve");
            }
            let hash = Command::new(system("openssl")).args(["passwd", "-apr1", password]).run();
            fs::write(folder.join("users"), format!("{}:{}", Self::USER, hash.stdout)).expect("the users");
            let file = folder.join("nginx.conf");
            fs::write(&file, configuration(port, folder, token)).expect("the configuration");
            ["-c", plain(&file), "-p", plain(folder)].map(str::to_owned).into()
        });
        Self { server }
    }

    /// The URL of a storage.
    pub(crate) fn url(&self, storage: &str) -> String {
        format!("http://{}/{storage}", self.server.address())
    }

    /// The folder with the stored files.
    pub(crate) fn folder(&self, storage: &str) -> PathBuf {
        self.server.path("data").join(storage)
    }

    /// The number of files in a storage.
    pub(crate) fn objects(&self, storage: &str) -> usize {
        count_files(&self.folder(storage))
    }
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn configuration(port: u16, folder: &Path, token: &str) -> String {
    let folder = plain(folder);
    let team = Nginx::TEAM;
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path {folder}/{kind};\n"))
        .concat();
    format!(
        "daemon off;
pid {folder}/pid;
error_log {folder}/errors;
user root;
events {{ }}
http {{
  access_log off;
  client_max_body_size 0;
{temporary}  dav_methods PUT DELETE;
  create_full_put_path on;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/data;
    location /open/ {{ }}
    location /basic/ {{ auth_basic cache; auth_basic_user_file {folder}/users; }}
    location /bearer/ {{ if ($http_authorization != \"Bearer {token}\") {{ return 401; }} }}
    location /team/ {{ if ($http_x_team != \"{team}\") {{ return 403; }} }}
  }}
}}
"
    )
}
