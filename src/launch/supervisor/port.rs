//! The port of a daemon that does not support Unix sockets.

use std::fs;
use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::launch::process::{self, Connection, Listener};

/// A port that was free, and whether the daemon listens on it. Any process may listen on a port, so an answer there
/// proves nothing. The proof is the message that sccache's daemon sends to the process that starts it. Windows tells which
/// process listens on a port.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    path: PathBuf,
    /// For the message.
    listener: Option<Listener>,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Listens,
    Taken,
    Failed,
}

/// The timeout for the message, which the daemon sends immediately after it has connected.
const MESSAGE: Duration = Duration::from_secs(1);

impl Port {
    /// Chooses a port that is free at the moment. The daemon must send its message to the socket at `path`.
    pub(super) fn choose(path: PathBuf) -> io::Result<Self> {
        let number = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let listener = if process::TELLS_LISTENERS { None } else { Some(Listener::bind(&path)?) };
        if let Some(listener) = &listener {
            listener.set_nonblocking(true)?;
        }
        Ok(Self { number, path, listener, outcome: None })
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// The socket for the message of the daemon, if it has to send one.
    pub(super) fn path(&self) -> Option<&Path> {
        self.listener.as_ref().map(|_| self.path.as_path())
    }

    /// Whether this daemon has reported that it listens.
    pub(super) fn is_listening(&mut self, daemon: u32) -> bool {
        self.outcome_for(daemon) == Some(Outcome::Listens)
    }

    /// Whether this daemon has reported that another process uses the port.
    pub(super) fn is_taken(&mut self, daemon: u32) -> bool {
        self.outcome_for(daemon) == Some(Outcome::Taken)
    }

    fn outcome_for(&mut self, daemon: u32) -> Option<Outcome> {
        if let (None, Some(found)) = (self.outcome, process::listener_of(self.number)) {
            self.outcome = Some(if found == daemon { Outcome::Listens } else { Outcome::Taken });
        }
        while self.outcome.is_none() {
            let Some(Ok((connection, _))) = self.listener.as_ref().map(Listener::accept) else { break };
            // On systems that do not report the process, its ID is 0.
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

/// Reads a message: four bytes with its length, and an enumeration in bincode, which begins with the number of its
/// variant.
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
        assert!(!port.is_listening(sender), "no message was sent");
        Connection::connect(port.path().unwrap()).unwrap().write_all(message).unwrap();
        let outcome = (port.is_listening(sender), port.is_taken(sender));
        assert_eq!(
            outcome,
            (port.is_listening(sender), port.is_taken(sender)),
            "a second call gives another result"
        );
        outcome
    }

    #[test]
    fn the_message_shows_whether_the_daemon_listens() {
        let own = std::process::id();
        assert_eq!(after(own, b"\0\0\0\x06\0\0\0\0\xef\xa7"), (true, false));
        assert_eq!(after(own, b"\0\0\0\x04\x01\0\0\0"), (false, true));
        assert_eq!(after(own, b"\0\0\0\x25\x03\0\0\0"), (false, false));
        assert_eq!(after(own, b"\0\0"), (false, false));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_message_of_another_process_is_ignored() {
        assert_eq!(after(std::process::id() + 1, b"\0\0\0\x06\0\0\0\0\xef\xa7"), (false, false));
    }
}
