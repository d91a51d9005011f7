//! A socket for the message of a daemon about its start.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Listener, peer};

/// The timeout for the message, which the daemon sends immediately after it has connected.
const MESSAGE: Duration = Duration::from_secs(1);

/// A socket for one message, in a private folder.
#[derive(Debug)]
pub struct Inbox {
    path: PathBuf,
    listener: Listener,
}

impl Inbox {
    /// Creates the socket at `path`.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn new(path: &Path) -> io::Result<Self> {
        let listener = Listener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(Self { path: path.to_owned(), listener })
    }

    /// Its path for the daemon.
    #[must_use]
    pub fn address(&self) -> &OsStr {
        self.path.as_os_str()
    }

    /// The beginning of the message, if `sender` has sent one. Messages of other processes are ignored.
    #[must_use]
    pub fn receive<const N: usize>(&mut self, sender: u32) -> Option<io::Result<[u8; N]>> {
        while let Ok((mut connection, _)) = self.listener.accept() {
            // On systems that do not report the process, its ID is 0.
            if !peer(&connection).is_some_and(|id| id == sender || id == 0) {
                continue;
            }
            let mut read = || {
                connection.set_nonblocking(false)?;
                connection.set_read_timeout(Some(MESSAGE))?;
                let mut message = [0; N];
                connection.read_exact(&mut message).map(|()| message)
            };
            return Some(read());
        }
        None
    }

    /// Removes the socket.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}
