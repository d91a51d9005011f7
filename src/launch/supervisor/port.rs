//! The port of a daemon that knows no sockets.

use std::fs;
use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::launch::process::{self, Connection, Listener};

/// A port that was free, and whether the daemon got it. Anybody may listen at a port, so that an answer there proves
/// nothing: the daemon itself says so, by the message that sccache sends to the process that starts it.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    path: PathBuf,
    listener: Listener,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Listens,
    Taken,
    Failed,
}

/// The message follows the connection at once.
const MESSAGE: Duration = Duration::from_secs(1);

impl Port {
    /// Takes a port that is free at the moment. The daemon is to send its message to the socket at `path`.
    pub(super) fn choose(path: PathBuf) -> io::Result<Self> {
        let number = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let listener = Listener::bind(&path)?;
        listener.set_nonblocking(true)?;
        Ok(Self { number, path, listener, outcome: None })
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Where the daemon sends its message to.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this daemon has said that it listens.
    pub(super) fn is_of(&mut self, daemon: u32) -> bool {
        self.hear(daemon) == Some(Outcome::Listens)
    }

    /// Whether this daemon has said that somebody else listens.
    pub(super) fn is_taken(&mut self, daemon: u32) -> bool {
        self.hear(daemon) == Some(Outcome::Taken)
    }

    fn hear(&mut self, daemon: u32) -> Option<Outcome> {
        while self.outcome.is_none() {
            let Ok((connection, _)) = self.listener.accept() else { break };
            // Where the system does not say who it is, its id is 0.
            if process::peer(&connection).is_some_and(|id| id == daemon || id == 0) {
                self.outcome = Some(read(connection).unwrap_or(Outcome::Failed));
            }
        }
        self.outcome
    }

    /// Removes the socket for the message.
    pub(super) fn clear_up(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Four bytes of length, and an enumeration as bincode writes it, which begins with the number of the variant.
fn read(mut connection: Connection) -> io::Result<Outcome> {
    connection.set_nonblocking(false)?;
    connection.set_read_timeout(Some(MESSAGE))?;
    let mut beginning = [0; 5];
    connection.read_exact(&mut beginning)?;
    Ok(match beginning[4] {
        0 => Outcome::Listens,
        1 => Outcome::Taken,
        _ => Outcome::Failed,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn after(sender: u32, message: &[u8]) -> (bool, bool) {
        let scratch = tempfile::tempdir().unwrap();
        let mut port = Port::choose(scratch.path().join("new")).unwrap();
        assert!(!port.is_of(sender), "nobody has said anything");
        Connection::connect(port.path()).unwrap().write_all(message).unwrap();
        let heard = (port.is_of(sender), port.is_taken(sender));
        assert_eq!(heard, (port.is_of(sender), port.is_taken(sender)), "it is remembered");
        heard
    }

    #[test]
    fn the_daemon_says_whether_it_listens() {
        let own = std::process::id();
        assert_eq!(after(own, b"\0\0\0\x06\0\0\0\0\xef\xa7"), (true, false));
        assert_eq!(after(own, b"\0\0\0\x04\x01\0\0\0"), (false, true));
        assert_eq!(after(own, b"\0\0\0\x25\x03\0\0\0"), (false, false));
        assert_eq!(after(own, b"\0\0"), (false, false));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn nobody_else_says_so_for_it() {
        assert_eq!(after(std::process::id() + 1, b"\0\0\0\x06\0\0\0\0\xef\xa7"), (false, false));
    }
}
