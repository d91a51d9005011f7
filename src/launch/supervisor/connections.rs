//! Those who are connected to the supervisor. One thread listens to all of them and answers, since whoever compiles waits
//! for the answer: each thread that has to wake another one makes it wait longer.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::Duration;

use super::state::{Client, Event};
use crate::launch::process::{self, Connection, Listener};
use crate::launch::protocol::{self, LONGEST, Reply, Request};

/// Too many descriptors are open: some are closed meanwhile.
const PAUSE: Duration = Duration::from_millis(5);

pub(super) struct Connections {
    listener: Listener,
    clients: BTreeMap<Client, Connected>,
    next: Client,
}

struct Connected {
    connection: Connection,
    /// What was said after the last whole message.
    said: Vec<u8>,
}

/// What has happened.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) events: Vec<Event>,
    /// The daemon's handle says that it has ended.
    pub(super) daemon_ended: bool,
}

impl Connections {
    pub(super) fn new(listener: Listener) -> io::Result<Self> {
        // Who has gone away again is not waited for.
        listener.set_nonblocking(true)?;
        Ok(Self { listener, clients: BTreeMap::new(), next: 0 })
    }

    /// Waits for a word of someone, for the end of the daemon, and at most this long.
    pub(super) fn wait(&mut self, daemon: Option<BorrowedFd<'_>>, most: Duration) -> Heard {
        let clients = self.clients.values().map(|client| client.connection.as_fd());
        let all: Vec<BorrowedFd<'_>> =
            [self.listener.as_fd()].into_iter().chain(clients).chain(daemon).collect();
        let mut ready = process::wait_for_any(&all, most).into_iter();
        let is_called = ready.next() == Some(true);
        let mut heard = Heard::default();
        for ((client, connected), is_ready) in self.clients.iter_mut().zip(ready.by_ref()) {
            if is_ready && !connected.listen(*client, &mut heard.events) {
                heard.events.push(Event::Disconnected(*client));
            }
        }
        heard.daemon_ended = ready.next() == Some(true);
        if is_called {
            self.accept();
        }
        heard
    }

    /// Takes all who are calling.
    fn accept(&mut self) {
        loop {
            match self.listener.accept() {
                Ok((connection, _)) => {
                    // What is said to a client has room, so that it never is waited for either.
                    if process::peer(&connection).is_some() && connection.set_nonblocking(true).is_ok() {
                        self.clients.insert(self.next, Connected { connection, said: Vec::new() });
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

    /// Says something to a client; one that is gone says so by the end of its connection.
    pub(super) fn tell(&mut self, client: Client, reply: &Reply) {
        if let Some(connected) = self.clients.get_mut(&client) {
            let _ = protocol::send(&mut connected.connection, reply);
        }
    }

    pub(super) fn remove(&mut self, client: Client) {
        self.clients.remove(&client);
    }
}

impl Connected {
    /// Takes what there is. False at the end, and after something that is no message.
    fn listen(&mut self, client: Client, events: &mut Vec<Event>) -> bool {
        let mut part = [0; 4096];
        let length = match self.connection.read(&mut part) {
            Ok(0) => return false,
            Ok(length) => length,
            Err(error) => return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        };
        self.said.extend_from_slice(&part[..length]);
        while let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
            let request = protocol::receive::<Request>(&mut &self.said[..=end]);
            self.said.drain(..=end);
            let Ok(Some(request)) = request else { return false };
            events.push(match request {
                Request::Hello(hello) => Event::Hello(client, hello),
                Request::Done => Event::Done(client),
                Request::Failed => Event::Failed(client),
            });
        }
        (self.said.len() as u64) < LONGEST
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn wait(connections: &mut Connections) -> Vec<Event> {
        loop {
            let heard = connections.wait(None, LONG);
            if !heard.events.is_empty() {
                return heard.events;
            }
        }
    }

    #[test]
    fn messages_in_parts_and_several_at_once_are_events_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let address = folder.path().join("endpoint");
        let mut connections = Connections::new(Listener::bind(&address).unwrap()).unwrap();
        let mut first = Connection::connect(&address).unwrap();
        let mut second = Connection::connect(&address).unwrap();
        first.write_all(b"\"do").unwrap();
        assert!(connections.wait(None, LONG).events.is_empty(), "they are taken");
        assert!(connections.wait(None, LONG).events.is_empty(), "half a message");
        first.write_all(b"ne\"\n\"failed\"\n").unwrap();
        assert_eq!(wait(&mut connections), [Event::Done(0), Event::Failed(0)]);
        connections.tell(1, &Reply::Here);
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
    fn one_who_says_something_without_end_is_gone() {
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
    fn the_end_of_a_program_ends_the_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::bind(folder.path().join("endpoint")).unwrap();
        let mut connections = Connections::new(listener).unwrap();
        let mut child = process::command("sleep").arg("60").spawn().unwrap();
        let handle = process::end_of(child.id()).unwrap();
        assert!(!connections.wait(Some(handle.as_fd()), Duration::ZERO).daemon_ended);
        child.kill().unwrap();
        assert!(connections.wait(Some(handle.as_fd()), LONG).daemon_ended);
        child.wait().unwrap();
    }
}
