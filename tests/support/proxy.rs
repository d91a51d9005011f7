//! A TCP proxy that behaves as networks and servers do on a bad day.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::libc::linger;
use nix::sys::socket::{Backlog, listen, setsockopt, sockopt::Linger};

use super::run::eventually;

/// How the proxy treats connections, those that exist and new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Not at all: it passes on what it gets.
    None,
    /// Nobody listens, and connections are closed, as when the server was killed.
    Refuse,
    /// It accepts, and nothing comes back.
    Hang,
    /// Packets get lost: connecting takes for ever.
    Blackhole,
    /// 1 KB per second in each direction, for all connections together.
    Crawl,
    /// It accepts, and resets the connection.
    Reset,
    /// An HTTP server answers each request, or each that writes, with this status.
    Http { status: u16, writes_only: bool },
}

/// How often connections look for another fault.
const TICK: Duration = Duration::from_millis(20);
/// What goes through a crawling connection at a time.
const CRUMB: usize = 64;

/// A proxy in front of one server, on a port of its own.
#[derive(Debug)]
pub(crate) struct Proxy {
    link: Arc<Link>,
}

#[derive(Debug)]
struct Link {
    port: u16,
    server: SocketAddr,
    /// `None` when the proxy ends.
    fault: Mutex<Option<Fault>>,
    /// Held while a crumb is on its way: to the server, and back.
    crawling: [Mutex<()>; 2],
}

impl Proxy {
    /// A proxy without a fault.
    pub(crate) fn start(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let link = Arc::new(Link {
            port: listener.local_addr().expect("a bound socket has an address").port(),
            server: SocketAddr::from(([127, 0, 0, 1], server_port)),
            fault: Mutex::new(Some(Fault::None)),
            crawling: [Mutex::new(()), Mutex::new(())],
        });
        let accepting = Arc::clone(&link);
        thread::spawn(move || accept(&accepting, listener));
        Self { link }
    }

    /// Where it listens, as `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.link.port)
    }

    /// Brings a fault about, and waits until it shows to those who connect.
    pub(crate) fn set(&self, fault: Fault) {
        self.link.set(Some(fault));
        let address = SocketAddr::from(([127, 0, 0, 1], self.link.port));
        let shows = || {
            let kind = TcpStream::connect_timeout(&address, Duration::from_millis(100)).map_err(|e| e.kind());
            match fault {
                Fault::Refuse => kind.err() == Some(ErrorKind::ConnectionRefused),
                Fault::Blackhole => kind.err() == Some(ErrorKind::TimedOut),
                _ => kind.is_ok(),
            }
        };
        assert!(eventually(Duration::from_secs(10), shows), "{fault:?} does not show");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.link.set(None);
    }
}

impl Link {
    fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts until the proxy ends, or keeps the port as the fault wants it.
fn accept(link: &Arc<Link>, listener: TcpListener) {
    let mut listener = Some(listener);
    let mut lost: Vec<TcpStream> = Vec::new();
    while let Some(fault) = link.fault() {
        match fault {
            Fault::Refuse => listener = None,
            Fault::Blackhole if lost.is_empty() => lost = fill_queue(open(link, &mut listener)),
            Fault::Blackhole => {}
            _ => {
                lost.clear();
                match open(link, &mut listener).accept() {
                    Ok((client, _)) => serve(link, client),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => panic!("cannot accept: {error}"),
                }
            }
        }
        thread::sleep(TICK / 4);
    }
}

fn open<'a>(link: &Link, listener: &'a mut Option<TcpListener>) -> &'a TcpListener {
    if listener.is_none() {
        // Another program may have the port for a moment, for a connection that it makes.
        let bound = eventually(Duration::from_secs(10), || {
            *listener = TcpListener::bind(("127.0.0.1", link.port)).ok();
            listener.is_some()
        });
        assert!(bound, "port {} is taken", link.port);
    }
    let listener = listener.as_ref().expect("it was opened");
    listener.set_nonblocking(true).expect("an option of sockets");
    queue(listener, 128);
    listener
}

fn queue(listener: &TcpListener, length: i32) {
    let backlog = Backlog::new(length).expect("a length that systems know");
    listen(listener, backlog).expect("a listening socket");
}

/// With its queue of connections full, the system drops the packets of those who connect.
fn fill_queue(listener: &TcpListener) -> Vec<TcpStream> {
    queue(listener, 0);
    let address = listener.local_addr().expect("a bound socket has an address");
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100));
    std::iter::from_fn(|| connect().ok()).take(200).collect()
}

fn serve(link: &Arc<Link>, client: TcpStream) {
    let link = Arc::clone(link);
    thread::spawn(move || {
        client.set_nonblocking(false).expect("an option of sockets");
        if link.fault() == Some(Fault::Reset) {
            return reset(&client);
        }
        let Ok(server) = TcpStream::connect(link.server) else { return };
        let (Ok(to_client), Ok(from_server)) = (client.try_clone(), server.try_clone()) else { return };
        let back = Arc::clone(&link);
        // An error is the end of a connection, which is what both sides get to see.
        thread::spawn(move || pump(&back, &from_server, &to_client, 1).ok());
        pump(&link, &client, &server, 0).ok();
    });
}

fn reset(client: &TcpStream) {
    setsockopt(client, Linger, &linger { l_onoff: 1, l_linger: 0 }).expect("an option of sockets");
}

/// Carries bytes `from` one side `to` the other one, as the fault of the moment has it.
fn pump(link: &Link, mut from: &TcpStream, mut to: &TcpStream, direction: usize) -> io::Result<()> {
    from.set_read_timeout(Some(TICK))?;
    let mut buffer = [0; 16 * 1024];
    loop {
        let (client, server) = if direction == 0 { (from, to) } else { (to, from) };
        match link.fault() {
            None | Some(Fault::Refuse) => return close(from, to),
            Some(Fault::Reset) => {
                reset(client);
                return server.shutdown(Shutdown::Both);
            }
            Some(Fault::Hang | Fault::Blackhole) => {
                thread::sleep(TICK);
                continue;
            }
            Some(Fault::None | Fault::Crawl | Fault::Http { .. }) => {}
        }
        let length = match from.read(&mut buffer) {
            Ok(0) => return to.shutdown(Shutdown::Write),
            Ok(length) => length,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(error) => return close(from, to).and(Err(error)),
        };
        let bytes = &buffer[..length];
        match link.fault() {
            Some(Fault::Http { status, writes_only }) if direction == 0 && is_meant(bytes, writes_only) => {
                let answer = format!(
                    "HTTP/1.1 {status} As The Test Wants\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                (&mut &*client).write_all(answer.as_bytes())?;
                client.shutdown(Shutdown::Write)?;
                // Closing with something unread would reset the connection before the answer is read.
                thread::sleep(TICK * 10);
                return close(from, to);
            }
            Some(Fault::Crawl) => {
                for crumb in bytes.chunks(CRUMB) {
                    let _turn = link.crawling[direction].lock().unwrap_or_else(PoisonError::into_inner);
                    if link.fault() == Some(Fault::Crawl) {
                        thread::sleep(Duration::from_secs(1) * u32::try_from(CRUMB).expect("small") / 1024);
                    }
                    to.write_all(crumb)?;
                }
            }
            _ => to.write_all(bytes)?,
        }
    }
}

fn close(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
    from.shutdown(Shutdown::Both).and(to.shutdown(Shutdown::Both))
}

/// Whether what a client sends is the begin of a request that the fault is for.
fn is_meant(bytes: &[u8], writes_only: bool) -> bool {
    let starts = |methods: &[&str]| methods.iter().any(|method| bytes.starts_with(method.as_bytes()));
    starts(&["PUT ", "POST ", "MKCOL "]) || (!writes_only && starts(&["GET ", "HEAD ", "PROPFIND "]))
}
