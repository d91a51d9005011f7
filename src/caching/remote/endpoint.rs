//! Parsing of endpoints.

use super::Issue;
use super::setting::{bad_endpoint, secret_in_endpoint};

/// The parts of `[scheme://][user[:password]@]host[:port][/path]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoint<'a> {
    pub(super) scheme: Option<&'a str>,
    pub(super) has_userinfo: bool,
    /// Without the brackets of an IPv6 address.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// With its leading `/`; includes a query.
    pub(super) path: &'a str,
}

impl<'a> Endpoint<'a> {
    /// Parses an endpoint; the error describes the problem, and does not contain a password.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, text),
        };
        if scheme.is_some_and(|scheme| scheme.is_empty() || !scheme.bytes().all(is_scheme_byte)) {
            return Err("the scheme before `://` is not valid".to_owned());
        }
        if text.contains(char::is_whitespace) {
            return Err("an address cannot contain white space".to_owned());
        }
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(authority_end);
        let (userinfo, address) = match authority.rsplit_once('@') {
            Some((userinfo, address)) => (Some(userinfo), address),
            None => (None, authority),
        };
        let (host, port) = split_port(address)?;
        Ok(Self { scheme, has_userinfo: userinfo.is_some(), host, port, path })
    }

    /// `host:port`, with brackets around an IPv6 address.
    pub(super) fn address(&self, default_port: u16) -> String {
        let port = self.port.unwrap_or(default_port);
        if self.host.contains(':') {
            format!("[{}]:{port}", self.host)
        } else {
            format!("{}:{port}", self.host)
        }
    }
}

/// Checks that a URL begins with http:// or https:// and has no query or fragment.
pub(super) fn check_url(url: &str, example: &str, issues: &mut Vec<Issue>) {
    issues.extend(match Endpoint::parse(url) {
        Err(why) => Some(bad_endpoint(why, example)),
        Ok(endpoint) if endpoint.has_userinfo => Some(secret_in_endpoint()),
        Ok(endpoint) if !matches!(endpoint.scheme, Some("http" | "https")) => {
            Some(bad_endpoint("the URL must begin with http:// or https://", example))
        }
        Ok(endpoint) if endpoint.host.is_empty() => Some(bad_endpoint("the URL contains no host", example)),
        Ok(endpoint) if endpoint.path.contains(['?', '#']) => {
            Some(bad_endpoint("the URL cannot contain a query or a fragment", example))
        }
        Ok(_) => None,
    });
}

/// `host:port` of such a URL.
pub(super) fn server_of_url(url: &str) -> Option<String> {
    let default_port = if url.starts_with("https://") { 443 } else { 80 };
    Some(Endpoint::parse(url).ok()?.address(default_port))
}

fn is_scheme_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}

fn split_port(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = if let Some(bracketed) = address.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or("the `[` of an IPv6 address is not closed")?;
        (
            host,
            if rest.is_empty() {
                None
            } else {
                Some(rest.strip_prefix(':').ok_or("only `:port` can follow `]`")?)
            },
        )
    } else {
        match address.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("an IPv6 address must be in brackets, such as [::1]:6379".to_owned());
            }
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        }
    };
    let port = match port {
        None => None,
        Some(port) => {
            let number = port.parse::<u16>().ok().filter(|&number| number > 0);
            Some(number.ok_or_else(|| format!("`{port}` is not a port (1 to 65535)"))?)
        }
    };
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_every_form() {
        let of = |text| Endpoint::parse(text).unwrap();
        let full = of("https://u:p@cache.example:8443/base/path?x=1");
        assert_eq!((full.scheme, full.has_userinfo), (Some("https"), true));
        assert_eq!((full.host, full.port, full.path), ("cache.example", Some(8443), "/base/path?x=1"));
        assert_eq!(of("[::1]:6379").address(1), "[::1]:6379");
        assert_eq!(of("host").address(6379), "host:6379");
        assert_eq!(of("unix:///run/redis.sock").path, "/run/redis.sock");
    }

    #[test]
    fn rejects_invalid_endpoints() {
        for bad in
            ["http://h:0", "http://h:99999", "h:port", "::1", "[::1", "[::1]6379", "a b", "://x", "ht tp://x"]
        {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
    }
}
