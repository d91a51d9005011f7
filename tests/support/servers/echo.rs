//! A server that refuses everything, and answers with a text that a terminal or the runner of a CI would obey. Like some proxies,
//! it repeats the request with its credentials.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The answer before the request.
const TEXT: &[u8] =
    b"\x1b[31mrefused\x1b[0m\x07\r\n::error::injected\n##[error]injected \xc2\x9b2J \xe2\x80\xae \xff\x7f\n";

/// The server. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Echo {
    port: u16,
    is_over: Arc<AtomicBool>,
}

impl Echo {
    /// Starts one.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("an option of sockets");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let is_over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&is_over);
        thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                match listener.accept() {
                    // The client may close the connection at any time.
                    Ok((client, _)) => drop(thread::spawn(move || answer(client).ok())),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        thread::sleep(Duration::from_millis(2));
                    }
                    Err(error) => panic!("cannot accept: {error}"),
                }
            }
        });
        Self { port, is_over }
    }

    /// Its address as `host:port`.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn answer(mut client: TcpStream) -> std::io::Result<()> {
    client.set_nonblocking(false)?;
    client.set_read_timeout(Some(Duration::from_millis(300)))?;
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        match client.read(&mut part) {
            Ok(0) => break,
            Ok(length) => request.extend_from_slice(&part[..length]),
            // Requests of other protocols end without a mark.
            Err(_) if !request.is_empty() => break,
            Err(error) => return Err(error),
        }
    }
    let is_http = request.windows(5).any(|window| window == b"HTTP/");
    if !is_http {
        let plain =
            |bytes: &[u8]| bytes.iter().filter(|byte| !b"\r\n".contains(byte)).copied().collect::<Vec<_>>();
        return client.write_all(&[b"-ERR ", &plain(TEXT)[..], &plain(&request), b"\r\n"].concat());
    }
    let text = String::from_utf8_lossy(&request);
    let login = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then_some(value)
    });
    let body = [TEXT, &request].concat();
    let head = format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\nConnection: close\r\nAuthorization: {}\r\n\r\n",
        body.len(),
        login.unwrap_or("none")
    );
    client.write_all(head.as_bytes())?;
    client.write_all(&body)?;
    // Closing with unread data would reset the connection before the client has read the answer.
    thread::sleep(Duration::from_millis(20));
    Ok(())
}
