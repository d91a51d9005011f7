//! The clients of a server: of the supervisor, and of the guard. One thread reads the messages of all clients and answers them.
//! A client waits for the answer before it compiles, and passing the message to another thread would take longer.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::marker::PhantomData;
use std::thread;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::process::{self, Connection, Listener, Source as _, Waitable};
use super::protocol::{self, LONGEST};

/// The delay before the next attempt to accept a client, if too many descriptors are open.
const PAUSE: Duration = Duration::from_millis(5);

/// The number of a client.
pub(super) type Client = u64;

/// The connections to clients that send messages of the type `M`.
pub(super) struct Connections<M> {
    listener: Listener,
    clients: BTreeMap<Client, Connected>,
    next: Client,
    messages: PhantomData<M>,
}

/// What a client has done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Input<M> {
    /// It has sent a message.
    Message(Client, M),
    /// It has closed the connection, or has sent an invalid message.
    Disconnected(Client),
}

struct Connected {
    connection: Connection,
    /// The bytes after the last complete message.
    buffer: Vec<u8>,
}

/// The result of waiting.
pub(super) struct Received<M> {
    pub(super) inputs: Vec<Input<M>>,
    /// Whether the daemon has ended.
    pub(super) daemon_ended: bool,
}

impl<M: DeserializeOwned> Connections<M> {
    pub(super) fn new(listener: Listener) -> io::Result<Self> {
        // Do not wait for a client that has disconnected before it was accepted.
        listener.set_nonblocking(true)?;
        Ok(Self { listener, clients: BTreeMap::new(), next: 0, messages: PhantomData })
    }

    /// Waits until a client sends a message, connects or disconnects, or the daemon ends, for at most `most`.
    pub(super) fn wait(&mut self, daemon: Option<Waitable<'_>>, most: Duration) -> Received<M> {
        let clients = self.clients.values().map(|client| client.connection.waitable());
        let all: Vec<Waitable<'_>> =
            [self.listener.waitable()].into_iter().chain(clients).chain(daemon).collect();
        let mut ready = process::wait_for_any(&all, most).into_iter();
        let has_new_clients = ready.next() == Some(true);
        let mut received = Received { inputs: Vec::new(), daemon_ended: false };
        for ((client, connected), is_ready) in self.clients.iter_mut().zip(ready.by_ref()) {
            if is_ready && !connected.receive(*client, &mut received.inputs) {
                received.inputs.push(Input::Disconnected(*client));
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
    pub(super) fn send(&mut self, client: Client, reply: &impl Serialize) {
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
    fn receive<M: DeserializeOwned>(&mut self, client: Client, inputs: &mut Vec<Input<M>>) -> bool {
        let mut part = [0; 4096];
        let length = match self.connection.read(&mut part) {
            Ok(0) => return false,
            Ok(length) => length,
            Err(error) => return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        self.buffer.extend_from_slice(&part[..length]);
        while let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
            let message = protocol::receive::<M>(&mut &self.buffer[..=end]);
            self.buffer.drain(..=end);
            let Ok(Some(message)) = message else { return false };
            inputs.push(Input::Message(client, message));
        }
        (self.buffer.len() as u64) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::protocol::{Reply, Request};
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn wait(connections: &mut Connections<Request>) -> Vec<Input<Request>> {
        loop {
            let received = connections.wait(None, LONG);
            if !received.inputs.is_empty() {
                return received.inputs;
            }
        }
    }

    #[test]
    fn incomplete_and_combined_messages_are_received_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("endpoint");
        let mut connections = Connections::<Request>::new(Listener::bind(&address).unwrap()).unwrap();
        let mut first = Connection::connect(&address).unwrap();
        let mut second = Connection::connect(&address).unwrap();
        first.write_all(b"\"do").unwrap();
        assert!(connections.wait(None, LONG).inputs.is_empty(), "the clients are accepted");
        assert!(connections.wait(None, LONG).inputs.is_empty(), "half a message");
        first.write_all(b"ne\"\n\"failed\"\n").unwrap();
        assert_eq!(
            wait(&mut connections),
            [Input::Message(0, Request::Done), Input::Message(0, Request::Failed)]
        );
        connections.send(1, &Reply::Here);
        assert_eq!(
            protocol::receive::<Reply>(&mut io::BufReader::new(&mut second)).unwrap(),
            Some(Reply::Here)
        );
        second.write_all(b"nonsense\n").unwrap();
        assert_eq!(wait(&mut connections), [Input::Disconnected(1)]);
        connections.remove(1);
        drop(first);
        assert_eq!(wait(&mut connections), [Input::Disconnected(0)]);
        connections.remove(0);
        assert!(connections.wait(None, Duration::ZERO).inputs.is_empty());
    }

    #[test]
    fn a_client_with_an_endless_message_is_disconnected() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("endpoint");
        let mut connections = Connections::<Request>::new(Listener::bind(&address).unwrap()).unwrap();
        let mut client = Connection::connect(&address).unwrap();
        let writer = thread::spawn(move || while client.write_all(&[b' '; 4096]).is_ok() {});
        assert_eq!(wait(&mut connections), [Input::Disconnected(0)]);
        connections.remove(0);
        writer.join().unwrap();
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_end_of_the_daemon_ends_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(folder.path().join("endpoint")).unwrap();
        let mut connections = Connections::<Request>::new(listener).unwrap();
        let mut child = process::command("sleep").arg("60").spawn().unwrap();
        let handle = process::exit_descriptor(child.id()).unwrap();
        assert!(!connections.wait(Some(handle.waitable()), Duration::ZERO).daemon_ended);
        child.kill().unwrap();
        assert!(connections.wait(Some(handle.waitable()), LONG).daemon_ended);
        child.wait().unwrap();
    }
}
