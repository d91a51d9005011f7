//! Servers: whether an address answers, and the time of a web server.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// The scheme of the URL in lower case; empty if it is not known.
    pub(crate) scheme: String,
    /// The name or the number of the host.
    pub(crate) host: String,
    /// The port.
    pub(crate) port: u16,
}

/// `host:port`
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = &self.host;
        if host.contains(':') {
            write!(f, "[{host}]:{}", self.port)
        } else {
            write!(f, "{host}:{}", self.port)
        }
    }
}

impl Address {
    /// The address in a URL, or in `host:port`. A login in a URL is not a part of it. `None` if there is no host, or no port
    /// for this scheme.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let authority = rest.split(['/', '?', '#', '|', ' ', ',']).next()?;
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => match authority.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let scheme = scheme.to_ascii_lowercase();
        let usual = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            "redis" | "rediss" => Some(6379),
            _ => None,
        };
        let port = match port {
            Some(port) => port.parse().ok()?,
            None => usual?,
        };
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:".contains(letter);
        let is_host = !host.is_empty() && host.chars().all(is_plain);
        is_host.then(|| Self { scheme, host: host.to_owned(), port })
    }
}

/// The reason why a server cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unreachable {
    /// The name of the host has no address.
    UnknownHost,
    /// Nothing listens at the port.
    Refused,
    /// There was no answer in time.
    Silent,
    /// Another error of the network.
    Other(String),
}

/// Connects to the server without a proxy.
pub(crate) fn connect(address: &Address, limit: Duration) -> Result<TcpStream, Unreachable> {
    let deadline = Instant::now() + limit;
    // The resolver of the system has no time limit.
    let (sender, resolved) = mpsc::channel();
    let (host, port) = (address.host.clone(), address.port);
    thread::spawn(move || sender.send((host.as_str(), port).to_socket_addrs().map(Vec::from_iter)));
    let resolved = resolved.recv_timeout(limit).map_err(|_| Unreachable::Silent)?;
    let resolved = resolved.map_err(|_| Unreachable::UnknownHost)?;
    let mut failure = Unreachable::UnknownHost;
    for found in resolved {
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(&found, left) {
            Ok(stream) => return Ok(stream),
            Err(error) => {
                failure = match error.kind() {
                    io::ErrorKind::ConnectionRefused => Unreachable::Refused,
                    io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Unreachable::Silent,
                    _ => Unreachable::Other(error.to_string()),
                }
            }
        }
    }
    Err(failure)
}

/// The beginning of the answer of a server to `question`; empty if it closes the connection. `None` if it does not answer.
pub(crate) fn answer(address: &Address, question: &[u8], limit: Duration) -> Option<Vec<u8>> {
    let mut stream = connect(address, limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    stream.set_write_timeout(Some(limit)).ok()?;
    stream.write_all(question).ok()?;
    let mut part = [0; 512];
    match stream.read(&mut part) {
        Ok(length) => Some(part[..length].to_vec()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Some(Vec::new()),
        Err(_) => None,
    }
}

/// The time of a web server, from the header `Date` of any answer. `None` if it is no web server, or does not send it.
pub(crate) fn date(address: &Address, limit: Duration) -> Option<SystemTime> {
    match address.scheme.as_str() {
        "https" => {
            let config = ureq::Agent::config_builder()
                .timeout_global(Some(limit))
                .http_status_as_error(false)
                .max_redirects(0);
            let agent = ureq::Agent::new_with_config(config.build());
            let answer = agent.head(format!("https://{address}/")).call().ok()?;
            parse_date(answer.headers().get("date")?.to_str().ok()?)
        }
        "http" => {
            let mut stream = connect(address, limit).ok()?;
            stream.set_read_timeout(Some(limit)).ok()?;
            stream.set_write_timeout(Some(limit)).ok()?;
            let request = format!("HEAD / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).ok()?;
            let mut head = Vec::new();
            let deadline = Instant::now() + limit;
            let mut part = [0; 2048];
            while head.len() < 32 * 1024 && !head.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut part) {
                    Ok(length) if length > 0 && Instant::now() < deadline => {
                        head.extend_from_slice(&part[..length]);
                    }
                    _ => break,
                }
            }
            let head = String::from_utf8_lossy(&head);
            let lines = head.lines().filter_map(|line| line.split_once(':'));
            let mut dates = lines.filter(|(name, _)| name.eq_ignore_ascii_case("date"));
            parse_date(dates.next()?.1.trim())
        }
        _ => None,
    }
}

/// The time in `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn parse_date(text: &str) -> Option<SystemTime> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, text) = text.split_once(", ")?;
    let [day, month, year, time, "GMT"] = text.split(' ').collect::<Vec<_>>()[..] else { return None };
    let numbers = time.split(':').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<_>>>()?;
    let [hour, minute, second] = numbers[..] else { return None };
    let month = 1 + u64::try_from(MONTHS.iter().position(|name| *name == month)?).ok()?;
    let (day, year) = (day.parse::<u64>().ok()?, year.parse::<u64>().ok()?);
    if !(1..=31).contains(&day) || !(1970..10_000).contains(&year) || hour > 23 || minute > 59 || second > 60
    {
        return None;
    }
    // Days since 1970-01-01 (Hinnant's `days_from_civil`).
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (shifted / 400, shifted % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    SystemTime::UNIX_EPOCH
        .checked_add(Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_login_and_the_port_of_its_scheme() {
        for (text, scheme, shown) in [
            ("redis://user:p@ss@cache.example:6380/0", "redis", "cache.example:6380"),
            ("http://cache.example/path|layout=flat", "http", "cache.example:80"),
            ("HTTPS://[::1]:8443/", "https", "[::1]:8443"),
            ("127.0.0.1:9000", "", "127.0.0.1:9000"),
            ("rediss://{HOST}:1", "", ""),
            ("tcp://h:11211", "tcp", "h:11211"),
        ] {
            match Address::parse(text) {
                Some(address) => {
                    assert_eq!((address.scheme.as_str(), address.to_string().as_str()), (scheme, shown));
                }
                None => assert_eq!(shown, "", "{text}"),
            }
        }
        for text in ["/srv/cache", "eu-central-1", "file:///srv/cache", "host:http", "disk,s3", "true", ""] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }

    #[test]
    fn parses_the_date_of_a_server() {
        let seconds = |text: &str| {
            parse_date(text).map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs())
        };
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(seconds("Thu, 29 Feb 2024 12:00:00 GMT"), Some(1_709_208_000));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 CET"), None);
        assert_eq!(seconds("Sunday, 06-Nov-94 08:49:37 GMT"), None);
        assert_eq!(seconds("x, 99 Nov 1994 08:49:37 GMT"), None);
    }
}
