//! A download that survives a bad network: limits, retries with backoff, and resuming after an interruption.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::time::{Duration, Instant};

use fs_err::File;
use ureq::http::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderName, RETRY_AFTER};

use super::Progress;
use super::http::{self, Timeouts};
use super::url::{Url, UrlError};

/// A connection that transfers less than this within the stall timeout is closed.
const SLOWEST: u64 = 16 * 1024;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 4;

/// The reason why a file could not be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The connection failed.
    #[error("{url} cannot be downloaded")]
    Request {
        /// The address.
        url: String,
        /// The cause.
        source: Box<ureq::Error>,
    },
    /// The server did not send the file.
    #[error("{url} cannot be downloaded: the server answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A redirect leads to an address that is not allowed.
    #[error("{from} redirects to an address that is not allowed")]
    Redirect {
        /// The address that redirects.
        from: String,
        /// The reason why the target is not allowed.
        source: UrlError,
    },
    /// A redirect without an address.
    #[error("{0} redirects without an address")]
    NowhereToGo(String),
    /// Too many redirects.
    #[error("{url} redirects more than {limit} times")]
    TooManyRedirects {
        /// The first address.
        url: String,
        /// The limit for redirects.
        limit: usize,
    },
    /// More data than the file may have.
    #[error("{url} is larger than the limit of {max} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit in bytes.
        max: u64,
    },
    /// The connection ended early.
    #[error("{url} was cut off after {received} bytes")]
    CutOff {
        /// The address.
        url: String,
        /// The number of bytes received.
        received: u64,
        /// The error of the connection.
        source: io::Error,
    },
    /// The connection is too slow.
    #[error("{url} is too slow: less than {} KiB arrived within {} s", SLOWEST >> 10, .within.as_secs())]
    TooSlow {
        /// The address.
        url: String,
        /// The time limit.
        within: Duration,
    },
    /// The time limit was reached.
    #[error("{url} was not downloaded within {} s", .limit.as_secs())]
    TimedOut {
        /// The address.
        url: String,
        /// The time limit.
        limit: Duration,
    },
    /// The environment names an invalid proxy.
    #[error("the value of {0} is not the address of a proxy")]
    BadProxy(&'static str),
    /// The environment names unusable certificates.
    #[error("SSL_CERT_FILE names {path}, which cannot be used")]
    Certificates {
        /// The file.
        path: String,
        /// The cause.
        source: io::Error,
    },
    /// Writing the file failed.
    #[error("the download cannot be written to disk")]
    Write(#[source] io::Error),
}

impl DownloadError {
    /// Whether another attempt may succeed.
    fn is_temporary(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            Self::CutOff { .. } | Self::TooSlow { .. } => true,
            Self::Request { source, .. } => match source.as_ref() {
                // An untrusted certificate stays untrusted, so do not retry.
                ureq::Error::Io(error) => error.kind() != io::ErrorKind::InvalidData,
                ureq::Error::Timeout(_)
                | ureq::Error::HostNotFound
                | ureq::Error::ConnectionFailed
                | ureq::Error::Protocol(_) => true,
                _ => false,
            },
            _ => false,
        }
    }
}

/// The limits for a download.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    pub(super) total: Duration,
}

impl Limits {
    /// The time without progress after which a connection is closed.
    fn stall(&self) -> Duration {
        Duration::from_secs(30).min(self.total)
    }
}

/// Downloads `url` and appends to `file`, which may already contain the beginning.
pub(super) fn download(
    url: &Url,
    file: &mut File,
    limits: Limits,
    progress: &dyn Progress,
) -> Result<(), DownloadError> {
    let deadline = Instant::now() + limits.total;
    let mut pause = FIRST_PAUSE;
    let mut attempt = 1;
    loop {
        let mut wished = None;
        let Err(error) = attempt_once(url, file, limits, deadline, progress, &mut wished) else {
            return Ok(());
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(DownloadError::TimedOut { url: url.to_string(), limit: limits.total });
        }
        let wait = wished.unwrap_or_else(|| jittered(pause)).min(LONGEST_PAUSE);
        if attempt == ATTEMPTS || !error.is_temporary() || wait >= left {
            return Err(error);
        }
        let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
        progress.report(&format!("{error}{cause}; retrying in {:.1} s", wait.as_secs_f64()));
        std::thread::sleep(wait);
        pause *= 2;
        attempt += 1;
    }
}

fn attempt_once(
    url: &Url,
    file: &mut File,
    limits: Limits,
    deadline: Instant,
    progress: &dyn Progress,
    wished_pause: &mut Option<Duration>,
) -> Result<(), DownloadError> {
    let mut offset = file.seek(SeekFrom::End(0)).map_err(DownloadError::Write)?;
    let timeouts = Timeouts { total: remaining(url, deadline, limits)?, stall: limits.stall() };
    let response = http::get(url, offset, timeouts)?;
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    let compiles_three_times = status == 206 && range_start(&head.headers) == Some(offset);
    // 416: the existing data is not the beginning of this file.
    if status == 416 || !compiles_three_times {
        file.set_len(0).and_then(|()| file.rewind()).map_err(DownloadError::Write)?;
        if offset > 0 && matches!(status, 206 | 416) {
            return attempt_once(url, file, limits, deadline, progress, wished_pause);
        }
        offset = 0;
    }
    if !matches!(status, 200 | 206) {
        *wished_pause = number(&head.headers, &RETRY_AFTER).map(Duration::from_secs);
        return Err(DownloadError::Status { url: url.to_string(), status });
    }
    let too_large = || DownloadError::TooLarge { url: url.to_string(), max: limits.bytes };
    let length = number(&head.headers, &CONTENT_LENGTH).map(|length| length.saturating_add(offset));
    if length.is_some_and(|length| length > limits.bytes) {
        return Err(too_large());
    }
    progress.length(length);
    let mut reader = body.into_reader();
    let mut pace = Pace::new(limits.stall());
    let mut buffer = vec![0; 64 * 1024];
    let mut received = offset;
    loop {
        progress.position(received);
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(source) => {
                remaining(url, deadline, limits)?;
                return Err(DownloadError::CutOff { url: url.to_string(), received, source });
            }
        };
        received += count as u64;
        if received > limits.bytes {
            return Err(too_large());
        }
        file.write_all(&buffer[..count]).map_err(DownloadError::Write)?;
        remaining(url, deadline, limits)?;
        if !pace.is_fast_enough(count) {
            return Err(DownloadError::TooSlow { url: url.to_string(), within: limits.stall() });
        }
    }
    match length {
        Some(length) if received < length => {
            let source = io::ErrorKind::UnexpectedEof.into();
            Err(DownloadError::CutOff { url: url.to_string(), received, source })
        }
        _ => Ok(()),
    }
}

/// The remaining time, or an error if there is none.
fn remaining(url: &Url, deadline: Instant, limits: Limits) -> Result<Duration, DownloadError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(DownloadError::TimedOut { url: url.to_string(), limit: limits.total });
    }
    Ok(left)
}

/// Measures the speed of a connection: a server that sends single bytes slowly would never reach a read timeout.
struct Pace {
    within: Duration,
    since: Instant,
    bytes: u64,
}

impl Pace {
    fn new(within: Duration) -> Self {
        Self { within, since: Instant::now(), bytes: 0 }
    }

    fn is_fast_enough(&mut self, count: usize) -> bool {
        self.bytes += count as u64;
        if self.since.elapsed() < self.within {
            return true;
        }
        let is_fast_enough = self.bytes >= SLOWEST;
        *self = Self::new(self.within);
        is_fast_enough
    }
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The first byte of `Content-Range: bytes 100-199/200`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")?;
    range.split('-').next()?.trim().parse().ok()
}

/// Adds random jitter, so that clients that failed together do not retry together.
fn jittered(pause: Duration) -> Duration {
    let noise = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    pause.mul_f64(0.75 + f64::from(noise % 1000) / 2000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_sends_single_bytes_is_too_slow() {
        let mut pace = Pace::new(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(25));
        assert!(!pace.is_fast_enough(1));
        std::thread::sleep(Duration::from_millis(25));
        assert!(pace.is_fast_enough(64 * 1024));
        assert!(pace.is_fast_enough(0), "a new window has begun");
    }

    #[test]
    fn parses_the_start_of_a_range() {
        let headers = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, ureq::http::HeaderValue::from_static(value));
            headers
        };
        assert_eq!(range_start(&headers("bytes 100-199/200")), Some(100));
        assert_eq!(range_start(&headers("bytes */200")), None);
        assert_eq!(range_start(&headers("items 1-2/3")), None);
    }
}
