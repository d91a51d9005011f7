//! A TCP proxy that simulates failures of networks and servers.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::libc::linger;
use nix::sys::socket::{Backlog, listen, setsockopt, sockopt::Linger};

use super::run::eventually;

/// How the proxy treats existing and new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No fault: it forwards all data.
    None,
    /// It does not listen, and closes its connections, like a killed server.
    Refuse,
    /// It accepts connections, and never answers.
    Hang,
    /// All packets are lost, so no connection is established.
    Blackhole,
    /// 1 KB per second in each direction, for all connections together.
    Crawl,
    /// It accepts connections, and resets them.
    Reset,
    /// It answers each HTTP request, or each request that writes, with this status.
    Http { status: u16, writes_only: bool },
}

/// The interval at which connections check for a changed fault.
const TICK: Duration = Duration::from_millis(20);
/// The number of bytes that a slow connection forwards at once.
const CHUNK: usize = 64;

/// A proxy in front of one server. It has its own port.
#[derive(Debug)]
pub(crate) struct Proxy {
    link: Arc<Link>,
}

#[derive(Debug)]
struct Link {
    port: u16,
    server: SocketAddr,
    /// `None` after the end of the proxy.
    fault: Mutex<Option<Fault>>,
    /// Held while a slow connection forwards bytes: one lock for each direction.
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

    /// Its address as `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.link.port)
    }

    /// Sets a fault, and waits until new connections have it.
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
        assert!(eventually(Duration::from_secs(10), shows), "{fault:?} has no effect");
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

/// Accepts connections until the end of the proxy. With some faults, it only occupies the port, or closes it.
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
        // Another program may use the port for an outgoing connection for a short time.
        let bound = eventually(Duration::from_secs(10), || {
            *listener = TcpListener::bind(("127.0.0.1", link.port)).ok();
            listener.is_some()
        });
        assert!(bound, "port {} is taken", link.port);
    }
    let listener = listener.as_ref().expect("it is open");
    listener.set_nonblocking(true).expect("an option of sockets");
    queue(listener, 128);
    listener
}

fn queue(listener: &TcpListener, length: i32) {
    let backlog = Backlog::new(length).expect("a valid length");
    listen(listener, backlog).expect("a listening socket");
}

/// Fills the queue of connections. The system then drops the packets of further connections.
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
        // After an error the connection ends, and both sides see that.
        thread::spawn(move || pump(&back, &from_server, &to_client, 1).ok());
        pump(&link, &client, &server, 0).ok();
    });
}

fn reset(client: &TcpStream) {
    setsockopt(client, Linger, &linger { l_onoff: 1, l_linger: 0 }).expect("an option of sockets");
}

/// Forwards bytes `from` one side `to` the other one, according to the current fault.
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
            Some(Fault::Http { status, writes_only })
                if direction == 0 && is_affected(bytes, writes_only) =>
            {
                let answer = format!(
                    "HTTP/1.1 {status} Injected By The Test\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                (&mut &*client).write_all(answer.as_bytes())?;
                client.shutdown(Shutdown::Write)?;
                // Closing with unread data would reset the connection before the client has read the answer.
                thread::sleep(TICK * 10);
                return close(from, to);
            }
            Some(Fault::Crawl) => {
                for chunk in bytes.chunks(CHUNK) {
                    let _turn = link.crawling[direction].lock().unwrap_or_else(PoisonError::into_inner);
                    if link.fault() == Some(Fault::Crawl) {
                        thread::sleep(Duration::from_secs(1) * u32::try_from(CHUNK).expect("small") / 1024);
                    }
                    to.write_all(chunk)?;
                }
            }
            _ => to.write_all(bytes)?,
        }
    }
}

fn close(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
    from.shutdown(Shutdown::Both).and(to.shutdown(Shutdown::Both))
}

/// Whether these bytes are the start of a request that the fault affects.
fn is_affected(bytes: &[u8], writes_only: bool) -> bool {
    let starts = |methods: &[&str]| methods.iter().any(|method| bytes.starts_with(method.as_bytes()));
    starts(&["PUT ", "POST ", "MKCOL "]) || (!writes_only && starts(&["GET ", "HEAD ", "PROPFIND "]))
}
