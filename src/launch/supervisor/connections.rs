//! The clients of the supervisor. One thread reads the messages of all clients and answers them. A client waits for the answer
//! before it compiles, and passing the message to another thread would take longer.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Duration;

use super::state::{Client, Event};
use crate::launch::process::{self, Connection, Listener};
use crate::launch::protocol::{self, LONGEST, Reply, Request};

/// The delay before the next attempt to accept a client, if too many descriptors are open.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Connections {
    listener: Listener,
    clients: BTreeMap<Client, Connected>,
    next: Client,
}

struct Connected {
    connection: Connection,
    /// The bytes after the last complete message.
    buffer: Vec<u8>,
}

/// The result of waiting.
#[derive(Default)]
pub(super) struct Received {
    pub(super) events: Vec<Event>,
    /// Whether the daemon has ended.
    pub(super) daemon_ended: bool,
}

impl Connections {
    pub(super) fn new(listener: Listener) -> io::Result<Self> {
        // Do not wait for a client that has disconnected before it was accepted.
        listener.set_nonblocking(true)?;
        Ok(Self { listener, clients: BTreeMap::new(), next: 0 })
    }

    /// Waits until a client sends a message, connects or disconnects, or the daemon ends, for at most `most`.
    pub(super) fn wait(&mut self, daemon: Option<BorrowedFd<'_>>, most: Duration) -> Received {
        let clients = self.clients.values().map(|client| client.connection.as_fd());
        let all: Vec<BorrowedFd<'_>> =
            [self.listener.as_fd()].into_iter().chain(clients).chain(daemon).collect();
        let mut ready = process::wait_for_any(&all, most).into_iter();
        let has_new_clients = ready.next() == Some(true);
        let mut received = Received::default();
        for ((client, connected), is_ready) in self.clients.iter_mut().zip(ready.by_ref()) {
            if is_ready && !connected.receive(*client, &mut received.events) {
                received.events.push(Event::Disconnected(*client));
            }
        }
        received.daemon_ended = ready.next() == Some(true);
        if has_new_clients {
            self.accept();
        }
        received
    }

    /// Accepts all new clients.
    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((connection, _)) => {
                    // A reply fits into the buffer of the socket, so sending does not wait for the client.
                    if process::peer(&connection).is_some() && connection.set_nonblocking(true).is_ok() {
                        self.clients.insert(self.next, Connected { connection, buffer: Vec::new() });
                        self.next += 1;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error)
                    if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::ConnectionAborted) => {}
                Err(_) => return thread::sleep(PAUSE),
            }
        }
    }

    /// Sends a reply to a client. An error is ignored: a disconnected client is noticed by the end of its connection.
    pub(super) fn send(&mut self, client: Client, reply: &Reply) {
        if let Some(connected) = self.clients.get_mut(&client) {
            let _ = protocol::send(&mut connected.connection, reply);
        }
    }

    pub(super) fn remove(&mut self, client: Client) {
        self.clients.remove(&client);
    }
}

impl Connected {
    /// Reads the available messages. False at the end of the connection, and after an invalid message.
    fn receive(&mut self, client: Client, events: &mut Vec<Event>) -> bool {
        let mut part = [0; 4096];
        let length = match self.connection.read(&mut part) {
            Ok(0) => return false,
            Ok(length) => length,
            Err(error) => return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        self.buffer.extend_from_slice(&part[..length]);
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let request = protocol::receive::<Request>(&mut &self.buffer[..=end]);
            self.buffer.drain(..=end);
            let Ok(Some(request)) = request else { return false };
            events.push(match request {
                Request::Hello(hello) => Event::Hello(client, hello),
                Request::Done => Event::Done(client),
                Request::Failed => Event::Failed(client),
            });
        }
        (self.buffer.len() as u64) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn wait(connections: &mut Connections) -> Vec<Event> {
        loop {
            let received = connections.wait(None, LONG);
            if !received.events.is_empty() {
                return received.events;
            }
        }
    }

    #[test]
    fn incomplete_and_combined_messages_become_events_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("endpoint");
        let mut connections = Connections::new(Listener::bind(&address).unwrap()).unwrap();
        let mut first = Connection::connect(&address).unwrap();
        let mut second = Connection::connect(&address).unwrap();
        first.write_all(b"\"do").unwrap();
        assert!(connections.wait(None, LONG).events.is_empty(), "the clients are accepted");
        assert!(connections.wait(None, LONG).events.is_empty(), "half a message");
        first.write_all(b"ne\"\n\"failed\"\n").unwrap();
        assert_eq!(wait(&mut connections), [Event::Done(0), Event::Failed(0)]);
        connections.send(1, &Reply::Here);
        let mut answer = io::BufReader::new(second.try_clone().unwrap());
        assert_eq!(protocol::receive::<Reply>(&mut answer).unwrap(), Some(Reply::Here));
        second.write_all(b"nonsense\n").unwrap();
        assert_eq!(wait(&mut connections), [Event::Disconnected(1)]);
        connections.remove(1);
        drop(first);
        assert_eq!(wait(&mut connections), [Event::Disconnected(0)]);
        connections.remove(0);
        assert!(connections.wait(None, Duration::ZERO).events.is_empty());
    }

    #[test]
    fn a_client_with_an_endless_message_is_disconnected() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("endpoint");
        let mut connections = Connections::new(Listener::bind(&address).unwrap()).unwrap();
        let mut client = Connection::connect(&address).unwrap();
        let writer = thread::spawn(move || while client.write_all(&[b' '; 4096]).is_ok() {});
        assert_eq!(wait(&mut connections), [Event::Disconnected(0)]);
        connections.remove(0);
        writer.join().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_end_of_the_daemon_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(folder.path().join("endpoint")).unwrap();
        let mut connections = Connections::new(listener).unwrap();
        let mut child = process::command("sleep").arg("60").spawn().unwrap();
        let handle = process::exit_descriptor(child.id()).unwrap();
        assert!(!connections.wait(Some(handle.as_fd()), Duration::ZERO).daemon_ended);
        child.kill().unwrap();
        assert!(connections.wait(Some(handle.as_fd()), LONG).daemon_ended);
        child.wait().unwrap();
    }
}
