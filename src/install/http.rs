//! One HTTP request: proxies, certificates, and redirects of which each is checked.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Response;
use ureq::http::header::{LOCATION, RANGE};
use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use super::download::DownloadError;
use super::url::Url;
use crate::probe::environment;

const MAX_REDIRECTS: usize = 10;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// How long may be waited, for all and for the next byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) total: Duration,
    pub(super) stall: Duration,
}

/// The answer of the first address that does not lead on, beginning at byte `offset`.
pub(super) fn get(url: &Url, offset: u64, patience: Patience) -> Result<Response<Body>, DownloadError> {
    let mut here = url.clone();
    for _ in 0..=MAX_REDIRECTS {
        let response = ask(&here, offset, patience)?;
        if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let location = location.ok_or_else(|| DownloadError::NowhereToGo(here.to_string()))?;
        here = here
            .follow(location)
            .map_err(|source| DownloadError::Redirect { from: here.to_string(), source })?;
    }
    Err(DownloadError::TooManyRedirects { url: url.to_string(), limit: MAX_REDIRECTS })
}

fn ask(url: &Url, offset: u64, patience: Patience) -> Result<Response<Body>, DownloadError> {
    let request = agent(url, patience)?.get(url.uri());
    let request = if offset > 0 { request.header(RANGE, format!("bytes={offset}-")) } else { request };
    request.call().map_err(|source| DownloadError::Request { url: url.to_string(), source: Box::new(source) })
}

fn agent(url: &Url, patience: Patience) -> Result<Agent, DownloadError> {
    let tls = TlsConfig::builder().root_certs(root_certificates()?).build();
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .user_agent(concat!("toolchainkit/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls)
        .proxy(proxy(url)?)
        .timeout_global(Some(patience.total))
        .timeout_connect(Some(CONNECT_TIMEOUT.min(patience.total)))
        .timeout_recv_response(Some(patience.stall))
        .timeout_per_read(Some(patience.stall));
    Ok(config.build().new_agent())
}

/// Mozilla's, which are the same on every machine, or those of `SSL_CERT_FILE`, where a company has its own.
fn root_certificates() -> Result<RootCerts, DownloadError> {
    let Some(path) = environment::variable("SSL_CERT_FILE") else { return Ok(RootCerts::WebPki) };
    let unusable = |source| DownloadError::Certificates { path: path.clone(), source };
    let pem = fs_err::read(&path).map_err(unusable)?;
    let mut certificates = Vec::new();
    for item in ureq::tls::parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| unusable(io::Error::other(error)))? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(unusable(io::Error::other("it holds no certificate")));
    }
    Ok(RootCerts::Specific(Arc::new(certificates)))
}

/// The proxy that the environment names for this kind of address, by curl's rules.
fn proxy(url: &Url) -> Result<Option<Proxy>, DownloadError> {
    let names: &[&str] =
        if url.is_https() { &["https_proxy", "HTTPS_PROXY"] } else { &["http_proxy", "HTTP_PROXY"] };
    let names = names.iter().chain(&["all_proxy", "ALL_PROXY"]);
    let Some((name, value)) = names.into_iter().find_map(|name| Some((*name, environment::variable(name)?)))
    else {
        return Ok(None);
    };
    let host = url.uri().host().unwrap_or_default();
    let exceptions = environment::variable("no_proxy").or_else(|| environment::variable("NO_PROXY"));
    if exceptions.is_some_and(|exceptions| is_exempt(host, &exceptions)) {
        return Ok(None);
    }
    // Its value may hold a password, so the message has the name of the variable only.
    Proxy::new(&value).map(Some).map_err(|_| DownloadError::BadProxy(name))
}

/// Whether `NO_PROXY` names the host: itself, a domain that it is in, or `*`.
fn is_exempt(host: &str, exceptions: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    exceptions.split(',').map(str::trim).filter(|exception| !exception.is_empty()).any(|exception| {
        let domain = exception.trim_start_matches('*').trim_start_matches('.');
        exception == "*"
            || host.eq_ignore_ascii_case(domain)
            || host.to_ascii_lowercase().ends_with(&format!(".{}", domain.to_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_names_hosts_and_domains() {
        for (host, exceptions) in [
            ("127.0.0.1", "localhost,127.0.0.1"),
            ("mirror.example.org", "example.org"),
            ("mirror.example.org", ".EXAMPLE.org"),
            ("mirror.example.org", "*.example.org"),
            ("[::1]", "::1"),
            ("any", "a, *"),
        ] {
            assert!(is_exempt(host, exceptions), "{host} {exceptions}");
        }
        for (host, exceptions) in [("badexample.org", "example.org"), ("example.org", ""), ("a", "b,,")] {
            assert!(!is_exempt(host, exceptions), "{host} {exceptions}");
        }
    }
}
