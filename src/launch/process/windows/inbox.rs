//! A pipe for the message of a daemon about its start.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::api;
use crate::trust;

/// A pipe for one message. Its name is a secret of this process and of the daemon, and its access list admits only this user.
#[derive(Debug)]
pub struct Inbox {
    name: String,
    pipe: File,
}

impl Inbox {
    /// Creates the pipe. It is in no folder.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn new(_path: &Path) -> io::Result<Self> {
        let mut number = [0; 16];
        api::random(&mut number)?;
        let name = format!(r"\\.\pipe\toolchainkit-{:032x}", u128::from_ne_bytes(number));
        let user = trust::user()?;
        let pipe = api::create_pipe(&name, &format!("D:P(A;;GA;;;{user})(A;;GA;;;SY)"))?;
        Ok(Self { name, pipe: pipe.into() })
    }

    /// Its name for the daemon.
    #[must_use]
    pub fn address(&self) -> &OsStr {
        OsStr::new(&self.name)
    }

    /// The beginning of the message, if it has arrived. Who knows the name is the daemon.
    #[must_use]
    pub fn receive<const N: usize>(&mut self, _sender: u32) -> Option<io::Result<[u8; N]>> {
        // Before the daemon has opened the pipe, this is an error.
        if api::available(&self.pipe).ok()? < N {
            return None;
        }
        let mut message = [0; N];
        Some(self.pipe.read_exact(&mut message).map(|()| message))
    }

    /// The pipe is removed when it is closed.
    pub const fn remove(&self) {}
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_message_is_received_also_after_its_sender_has_ended() {
        let mut inbox = Inbox::new(Path::new("")).unwrap();
        assert!(inbox.receive::<5>(0).is_none());
        let mut daemon = File::options().read(true).write(true).open(inbox.address()).unwrap();
        assert!(inbox.receive::<5>(0).is_none());
        daemon.write_all(b"\0\0\0\x06\0\0\0\0\xef\xa7").unwrap();
        drop(daemon);
        assert_eq!(inbox.receive::<5>(0).unwrap().unwrap(), *b"\0\0\0\x06\0");
        assert!(File::options().read(true).write(true).open(inbox.address()).is_err(), "only one sender");
    }
}
