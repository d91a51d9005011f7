//! The port of a daemon that supports no sockets: an old sccache, and each one on Windows.

use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use crate::launch::process::Inbox;

/// A port that was free, and whether the daemon listens on it. Any process may listen on a port, so an answer there
/// proves nothing. The proof is the message that sccache's daemon sends to the process that starts it.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    inbox: Inbox,
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Listens,
    Taken,
    Failed,
}

impl Port {
    /// Chooses a port that is free at the moment. On systems with such sockets, that for the message is at `path`.
    pub(super) fn choose(path: &Path) -> io::Result<Self> {
        let number = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        Ok(Self { number, inbox: Inbox::new(path)?, outcome: None })
    }

    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Where the daemon must send its message.
    pub(super) fn address(&self) -> &OsStr {
        self.inbox.address()
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
        if self.outcome.is_none() {
            let message = self.inbox.receive(daemon);
            self.outcome = message.map(|message| message.map_or(Outcome::Failed, outcome));
        }
        self.outcome
    }

    /// Removes what was made for the message.
    pub(super) fn clear_up(&self) {
        self.inbox.remove();
    }
}

/// A message: four bytes with its length, and an enumeration in bincode, which begins with the number of its variant.
const fn outcome(beginning: [u8; 5]) -> Outcome {
    match beginning[4] {
        0 => Outcome::Listens,
        1 => Outcome::Taken,
        _ => Outcome::Failed,
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::launch::process::Connection;

    fn after(sender: u32, message: &[u8]) -> (bool, bool) {
        let scratch = tempfile::tempdir().unwrap();
        let mut port = Port::choose(&scratch.path().join("new")).unwrap();
        assert!(!port.is_listening(sender), "no message was sent");
        Connection::connect(port.address()).unwrap().write_all(message).unwrap();
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
