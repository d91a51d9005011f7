//! Memcached.

use std::fs;
use std::io::{BufRead, BufReader, Seek, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use super::process::ServerProcess;
use crate::support::tools::{Tool, system};

/// A Memcached server that takes items of up to 32 MB.
#[derive(Debug)]
pub(crate) struct Memcached {
    /// Its process.
    pub(crate) server: ServerProcess,
}

impl Memcached {
    /// What [`Tools::require`](crate::support::Tools::require) is to ask for.
    pub(crate) const NEEDS: &[Tool] = &[Tool::System("memcached"), Tool::System("setpriv")];

    /// What [`Memcached::start_with_login`] needs.
    pub(crate) const NEEDS_OF_LOGIN: &[Tool] =
        &[Tool::System("memcached"), Tool::System("saslpasswd2"), Tool::System("setpriv")];
    /// The user with a password; SASL takes the realm for a part of the name.
    pub(crate) const USER: &str = "builder@cache";

    /// Starts one.
    pub(crate) fn start() -> Self {
        let server = ServerProcess::start(&system("memcached"), |port, _| arguments(port));
        Self { server }
    }

    /// Starts one that wants [`Memcached::USER`] and `password` (SASL), and speaks the binary protocol only.
    pub(crate) fn start_with_login(password: &str) -> Self {
        // `env` becomes memcached, and the order to die with the test stays.
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

    /// How many items it has.
    pub(crate) fn items(&self) -> u64 {
        let mut stream = TcpStream::connect(self.server.address()).expect("memcached accepts");
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time limit");
        stream.write_all(b"stats\r\n").expect("memcached takes a command");
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
    // As root it wants a user, and a change of user would take away the order to die with the test.
    ["-l", "127.0.0.1", "-p", &port, "-U", "0", "-I", "32m", "-m", "256", "-u", "root"]
        .map(str::to_owned)
        .into()
}
