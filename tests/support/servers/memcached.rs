//! Memcached.

use std::fs;
use std::io::{BufRead, BufReader, Seek, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use super::process::ServerProcess;
use crate::support::tools::{Tool, system};

/// A Memcached server for items of up to 32 MB.
#[derive(Debug)]
pub(crate) struct Memcached {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Memcached {
    /// The tools to pass to [`Tools::require`](crate::support::Tools::require).
    pub(crate) const NEEDS: &[Tool] = &[Tool::System("memcached"), Tool::System("setpriv")];

    /// The tools for [`Memcached::start_with_login`].
    pub(crate) const NEEDS_OF_LOGIN: &[Tool] =
        &[Tool::System("memcached"), Tool::System("saslpasswd2"), Tool::System("setpriv")];
    /// The user with a password. For SASL, the realm is part of the name.
    pub(crate) const USER: &str = "builder@cache";

    /// Starts one.
    pub(crate) fn start() -> Self {
        let server = ServerProcess::start(&system("memcached"), |port, _| arguments(port));
        Self { server }
    }

    /// Starts one that requires [`Memcached::USER`] and `password` (SASL). It supports only the binary protocol.
    pub(crate) fn start_with_login(password: &str) -> Self {
        // `env` replaces itself by memcached, so the parent-death signal stays in effect.
        let server = ServerProcess::start(&system("env"), |port, folder| {
            let (user, realm) = Self::USER.split_once('@').expect("a user and a realm");
            let folder = folder.to_str().expect("a plain path");
            let settings = format!("mech_list: plain\nsasldb_path: {folder}/users\n");
            fs::write(format!("{folder}/memcached.conf"), settings).expect("the settings of SASL");
            let mut input = tempfile::tempfile().expect("a file");
            input.write_all(password.as_bytes()).and_then(|()| input.rewind()).expect("a password");
            let mut add = Command::new(system("saslpasswd2"));
            add.args(["-p", "-c", "-a", "memcached", "-u", realm, "-f", &format!("{folder}/users"), user]);
            assert!(add.stdin(input).status().expect("saslpasswd2 runs").success(), "no user is added");
            let program = system("memcached").into_os_string().into_string().expect("a plain path");
            let own = [format!("SASL_CONF_PATH={folder}"), program, "-S".to_owned()];
            own.into_iter().chain(arguments(port)).collect()
        });
        Self { server }
    }

    /// The number of its items.
    pub(crate) fn items(&self) -> u64 {
        let mut stream = TcpStream::connect(self.server.address()).expect("memcached accepts");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        stream.write_all(b"stats\r\n").expect("memcached accepts a command");
        BufReader::new(stream)
            .lines()
            .map(|line| line.expect("memcached answers"))
            .take_while(|line| line != "END")
            .find_map(|line| line.strip_prefix("STAT curr_items ")?.parse().ok())
            .expect("memcached counts its items")
    }
}

fn arguments(port: u16) -> Vec<String> {
    let port = port.to_string();
    // As root, it needs a user. A change of the user would clear the parent-death signal, so the user stays root.
    ["-l", "127.0.0.1", "-p", &port, "-U", "0", "-I", "32m", "-m", "256", "-u", "root"]
        .map(str::to_owned)
        .into()
}
