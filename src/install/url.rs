//! Where may be downloaded from: https, and http on this machine only.

use std::fmt;

use ureq::http::Uri;

/// An address that may be asked: https, or http on the loopback interface, without a user name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url(Uri);

/// The address may not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no address.
    #[error("`{0}` is not a URL with a host")]
    Malformed(String),
    /// Its scheme is not safe.
    #[error("`{0}` is refused: downloads are by https only (http only from 127.0.0.1)")]
    Insecure(String),
    /// It holds a user name.
    #[error("the URL of {0} holds a user name or password, which would end up in messages and receipts")]
    Credentials(String),
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Self, UrlError> {
        let shown = || without_secrets(text);
        let uri: Uri = text.parse().map_err(|_| UrlError::Malformed(shown()))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(UrlError::Malformed(shown()));
        };
        if authority.as_str().contains('@') {
            return Err(UrlError::Credentials(authority.host().to_owned()));
        }
        match scheme {
            "https" => Ok(Self(uri)),
            "http" if is_loopback(authority.host()) => Ok(Self(uri)),
            _ => Err(UrlError::Insecure(shown())),
        }
    }

    /// Where a `Location` header leads from here.
    pub(super) fn follow(&self, location: &str) -> Result<Self, UrlError> {
        let scheme = self.0.scheme_str().unwrap_or("https");
        let authority = self.0.authority().map_or("", |authority| authority.as_str());
        let folder = self.0.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        if location.contains("://") {
            Self::parse(location)
        } else if let Some(rest) = location.strip_prefix("//") {
            Self::parse(&format!("{scheme}://{rest}"))
        } else if location.starts_with('/') {
            Self::parse(&format!("{scheme}://{authority}{location}"))
        } else {
            Self::parse(&format!("{scheme}://{authority}{folder}/{location}"))
        }
    }

    /// The address of a file beside this one.
    pub(super) fn sibling(&self, name: &str) -> Result<Self, UrlError> {
        self.follow(name)
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(super) fn is_https(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl fmt::Display for Url {
    /// Without the query, in which storage services put their signatures.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_secrets(&self.0.to_string()))
    }
}

fn without_secrets(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let shown = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => text.to_owned(),
    };
    shown.escape_debug().to_string()
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_machine() {
        for good in ["https://example.org/a", "http://127.0.0.1:80/a", "http://[::1]/", "http://localhost/"] {
            assert!(Url::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.org/",
            "http://127.0.0.1.example.org/",
            "ftp://localhost/",
            "file:///a",
            "a/b",
            "",
        ] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn follows_every_form_of_location() {
        let from = Url::parse("https://example.org/a/b?x=1").unwrap();
        for (location, to) in [
            ("https://other.org/c", "https://other.org/c"),
            ("//other.org/c", "https://other.org/c"),
            ("/c", "https://example.org/c"),
            ("c", "https://example.org/a/c"),
        ] {
            assert_eq!(from.follow(location).unwrap().to_string(), to);
        }
        assert!(matches!(from.follow("http://example.org/"), Err(UrlError::Insecure(_))));
    }

    #[test]
    fn messages_hold_no_secret() {
        let signed = Url::parse("https://example.org/a?signature=hunter2").unwrap();
        assert_eq!(signed.to_string(), "https://example.org/a");
        for bad in
            ["https://me:hunter2@example.org/", "http://me:hunter2@example.org/a", "ftp://me:hunter2@h/"]
        {
            let message = Url::parse(bad).unwrap_err().to_string();
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
