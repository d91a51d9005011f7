//! Connections between client and supervisor, by a port of this machine.
//!
//! Any user of the machine can connect to a port, and after the end of a supervisor any process can listen on its port. So both
//! ends prove that they know the key of this supervisor, which is in a file that only this user can read. The key itself is
//! never sent.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::windows::io::{AsHandle as _, AsSocket as _, BorrowedHandle, BorrowedSocket, OwnedHandle};
use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::super::Source;
use super::api;

const SIZE: usize = 32;
type Key = [u8; SIZE];

/// A client sends a random number and its proof.
const FROM_CLIENT: usize = 2 * SIZE;
/// The supervisor answers with its proof.
const FROM_SERVER: usize = SIZE;
/// The system answers for a process of this machine that listens, also if it is busy. If none listens, Windows would ask three times
/// within two seconds.
const CONNECT: Duration = Duration::from_millis(500);

/// Proves that its sender knows the key. The roles differ, so that one end cannot send back what it has received. All parts
/// have a fixed length, so no other text has the same hash.
fn proof(key: &Key, role: &[u8; 6], number: &[u8]) -> Key {
    Sha256::new().chain_update(key).chain_update(role).chain_update(number).finalize().into()
}

/// Compares without a hint about the position of the first difference.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other)) == 0
}

/// What the other end has to send before its first message.
#[derive(Debug)]
enum Awaited {
    /// The proof of the supervisor.
    Server(Key),
    /// The number and the proof of the client.
    Client(Key),
}

/// A connection between client and supervisor.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    awaited: Option<Awaited>,
    received: Vec<u8>,
    is_blocking: Cell<bool>,
}

fn refused() -> io::Error {
    ErrorKind::ConnectionRefused.into()
}

impl Connection {
    /// Connects to the supervisor that has written the file at `path`. Its proof is checked before the first message from it.
    ///
    /// # Errors
    ///
    /// If none listens.
    pub fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        const LARGEST: u64 = 256;
        let mut text = String::new();
        File::open(path)?.take(LARGEST).read_to_string(&mut text)?;
        let (port, key) = parse(&text).ok_or_else(refused)?;
        let mut stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), CONNECT)?;
        stream.set_nodelay(true)?;
        let mut hello = [0; FROM_CLIENT];
        api::random(&mut hello[..SIZE])?;
        let own = proof(&key, b"client", &hello[..SIZE]);
        hello[SIZE..].copy_from_slice(&own);
        stream.write_all(&hello)?;
        let awaited = Some(Awaited::Server(proof(&key, b"server", &hello[..SIZE])));
        Ok(Self { stream, awaited, received: Vec::new(), is_blocking: Cell::new(true) })
    }

    /// The limit of time for a read.
    ///
    /// # Errors
    ///
    /// If it cannot be set.
    pub fn set_read_timeout(&self, most: Option<Duration>) -> io::Result<()> {
        self.stream.set_read_timeout(most)
    }

    /// The limit of time for a write.
    ///
    /// # Errors
    ///
    /// If it cannot be set.
    pub fn set_write_timeout(&self, most: Option<Duration>) -> io::Result<()> {
        self.stream.set_write_timeout(most)
    }

    /// Whether a read or write does not wait.
    ///
    /// # Errors
    ///
    /// If it cannot be set.
    pub fn set_nonblocking(&self, is_nonblocking: bool) -> io::Result<()> {
        self.is_blocking.set(!is_nonblocking);
        self.stream.set_nonblocking(is_nonblocking)
    }

    /// Receives what must come before the first message.
    fn check_other_end(&mut self) -> io::Result<()> {
        let length = match &self.awaited {
            None => return Ok(()),
            Some(Awaited::Server(_)) => FROM_SERVER,
            Some(Awaited::Client(_)) => FROM_CLIENT,
        };
        while self.received.len() < length {
            let mut part = [0; FROM_CLIENT];
            match self.stream.read(&mut part[..length - self.received.len()])? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.received.extend_from_slice(&part[..length]),
            }
        }
        match self.awaited.take() {
            Some(Awaited::Server(expected)) if is_same(&self.received, &expected) => Ok(()),
            Some(Awaited::Client(key)) => {
                let (number, sent) = self.received.split_at(SIZE);
                if !is_same(sent, &proof(&key, b"client", number)) {
                    return Err(refused());
                }
                self.stream.write_all(&proof(&key, b"server", number))
            }
            _ => Err(refused()),
        }
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check_other_end()?;
        self.stream.read(buffer)
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The text of the file for clients.
fn written(port: u16, key: &Key) -> String {
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{port} {digits}\n")
}

fn parse(text: &str) -> Option<(u16, Key)> {
    let (port, digits) = text.strip_suffix('\n')?.split_once(' ')?;
    let mut key = [0; SIZE];
    if digits.len() != 2 * SIZE || !digits.is_ascii() {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some((port.parse().ok().filter(|port| *port != 0)?, key))
}

/// The port of the supervisor.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    key: Key,
}

impl Listener {
    /// Listens on a free port, and writes the file at `path` for clients. The folder must be private.
    ///
    /// # Errors
    ///
    /// If that fails.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let mut key = [0; SIZE];
        api::random(&mut key)?;
        let new = path.with_extension("new");
        let _ = fs::remove_file(&new);
        let mut file = super::create_private_file(&new)?;
        file.write_all(written(listener.local_addr()?.port(), &key).as_bytes())?;
        drop(file);
        fs::rename(&new, path)?;
        Ok(Self { listener, key })
    }

    /// Accepts a client. Its proof is checked before its first message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::WouldBlock`] if there is none.
    pub fn accept(&self) -> io::Result<(Connection, SocketAddr)> {
        let (stream, address) = self.listener.accept()?;
        // A client of another machine has no such address.
        if !address.ip().is_loopback() {
            return Err(ErrorKind::ConnectionAborted.into());
        }
        stream.set_nodelay(true)?;
        stream.set_nonblocking(false)?;
        let awaited = Some(Awaited::Client(self.key));
        Ok((Connection { stream, awaited, received: Vec::new(), is_blocking: Cell::new(true) }, address))
    }

    /// Whether [`Self::accept`] does not wait.
    ///
    /// # Errors
    ///
    /// If it cannot be set.
    pub fn set_nonblocking(&self, is_nonblocking: bool) -> io::Result<()> {
        self.listener.set_nonblocking(is_nonblocking)
    }
}

/// Something to wait for.
#[derive(Debug, Clone, Copy)]
pub enum Waitable<'a> {
    /// A socket that has input.
    Socket {
        /// The socket.
        socket: BorrowedSocket<'a>,
        /// Whether a read waits.
        is_blocking: bool,
    },
    /// A process that has ended.
    Process(BorrowedHandle<'a>),
}

impl Source for Connection {
    fn waitable(&self) -> Waitable<'_> {
        Waitable::Socket { socket: self.stream.as_socket(), is_blocking: self.is_blocking.get() }
    }
}

impl Source for Listener {
    fn waitable(&self) -> Waitable<'_> {
        Waitable::Socket { socket: self.listener.as_socket(), is_blocking: false }
    }
}

impl Source for OwnedHandle {
    fn waitable(&self) -> Waitable<'_> {
        Waitable::Process(self.as_handle())
    }
}

/// Connections have no process ID: the proof identifies the other end.
#[must_use]
pub fn peer(_connection: &Connection) -> Option<u32> {
    Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(folder: &Path) -> (Listener, Connection) {
        let listener = Listener::bind(folder.join("endpoint")).unwrap();
        let client = Connection::connect(folder.join("endpoint")).unwrap();
        (listener, client)
    }

    #[test]
    fn both_ends_prove_that_they_know_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, mut client) = pair(folder.path());
        client.write_all(b"question").unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let mut text = [0; 8];
        server.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"question");
        server.write_all(b"answer").unwrap();
        let mut text = [0; 6];
        client.read_exact(&mut text).unwrap();
        assert_eq!(&text, b"answer");
    }

    #[test]
    fn a_client_without_the_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, _client) = pair(folder.path());
        let mut stranger = TcpStream::connect(listener.listener.local_addr().unwrap()).unwrap();
        drop(listener.accept().unwrap());
        stranger.write_all(&[1; FROM_CLIENT]).unwrap();
        stranger.write_all(b"\"done\"\n").unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(server.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn a_process_that_took_the_port_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (listener, _client) = pair(folder.path());
        let port = listener.listener.local_addr().unwrap().port();
        drop(listener);
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let mut client = Connection::connect(folder.path().join("endpoint")).unwrap();
        let (mut stream, _) = other.accept().unwrap();
        let mut sent = [0; FROM_CLIENT];
        stream.read_exact(&mut sent).unwrap();
        // It can only send back what it has received.
        stream.write_all(&sent[SIZE..]).unwrap();
        stream.write_all(b"\"here\"\n").unwrap();
        assert_eq!(client.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn a_client_that_sends_its_proof_in_parts_does_not_block_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(folder.path().join("endpoint")).unwrap();
        let mut stranger = TcpStream::connect(listener.listener.local_addr().unwrap()).unwrap();
        stranger.write_all(&[1; 3]).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        server.set_nonblocking(true).unwrap();
        assert_eq!(server.read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    }

    #[test]
    fn only_a_whole_file_is_an_address() {
        let text = written(5, &[7; SIZE]);
        assert_eq!(parse(&text), Some((5, [7; SIZE])));
        for length in 0..text.len() {
            assert_eq!(parse(&text[..length]), None);
        }
        assert_eq!(parse(&text.replacen('5', "0", 1)), None);
    }
}
