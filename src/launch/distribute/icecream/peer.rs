//! Whether the daemon of another machine is alive.

use std::io::Read as _;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// A daemon that has not answered after this time is not alive.
const LIMIT: Duration = Duration::from_secs(3);
/// The port of the daemon.
const PORT: &str = ":10245";

/// The name of a worker in messages: without the usual port.
pub(super) fn name(worker: &str) -> &str {
    worker.strip_suffix(PORT).unwrap_or(worker)
}

/// Whether the daemon at `host:port` greets: it sends the version of its protocol to each new connection, also if all its slots are
/// busy. The kernel of a stopped daemon accepts the connection, too, but nothing is sent.
pub(super) fn answers(worker: &str) -> bool {
    let Some((host, port)) = worker.rsplit_once(':') else { return true };
    let Ok(port) = port.parse::<u16>() else { return true };
    let Some(address) = (host, port).to_socket_addrs().ok().and_then(|mut found| found.next()) else {
        return false;
    };
    let Ok(mut stream) = TcpStream::connect_timeout(&address, LIMIT) else { return false };
    let mut version = [0; 4];
    stream.set_read_timeout(Some(LIMIT)).is_ok() && stream.read_exact(&mut version).is_ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn the_usual_port_is_not_shown() {
        assert_eq!((name("10.0.0.3:10245"), name("10.0.0.3:10246")), ("10.0.0.3", "10.0.0.3:10246"));
    }

    #[test]
    fn only_a_daemon_that_greets_is_alive() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let greets = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(&[43, 0, 0, 0]).unwrap();
            listener
        });
        assert!(answers(&address));
        let silent = greets.join().unwrap();
        assert!(!answers(&address), "the kernel accepts the connection");
        drop(silent);
        assert!(!answers(&address));
    }
}
