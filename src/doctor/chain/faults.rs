//! The cause of a failure of a remote, from the message of the tool or its server.

use crate::caching::tool::Tool;

/// The kind of failure, with what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// The cause, as the end of a sentence about the remote.
    pub(super) cause: &'static str,
    /// What to do.
    pub(super) help: &'static str,
}

/// A fault, and the words of messages that show it: all words of one of the lists.
struct Sign {
    fault: Fault,
    words: &'static [&'static [&'static str]],
}

/// A row of [`SIGNS`].
const fn sign(cause: &'static str, help: &'static str, words: &'static [&'static [&'static str]]) -> Sign {
    Sign { fault: Fault { cause, help }, words }
}

pub(super) const SILENT: Fault = Fault {
    cause: "does not answer in time",
    help: "check that the server is not overloaded or stopped, and that no firewall drops the packets",
};
pub(super) const REFUSED: Fault = Fault {
    cause: "cannot be reached: nothing listens at its port",
    help: "start the server, or correct the port in `cache.remote.endpoint`",
};
pub(super) const UNKNOWN_HOST: Fault = Fault {
    cause: "cannot be reached: the name of the host is unknown",
    help: "correct the name in `cache.remote.endpoint`, or check the DNS and the VPN of this machine",
};

pub(super) const ONLY_READ: Fault = Fault {
    cause: "refuses writes, so builds only read from it",
    help: "give these credentials the permission to write, or set `access: read-only`",
};
const NOT_ACCEPTED: Fault = Fault {
    cause: "does not accept the credentials",
    help: "check the values of the variables in `cache.remote.credentials`: they may be wrong, expired, or of another account",
};
const OTHER_TLS: Fault = Fault {
    cause: "does not use TLS as configured",
    help: "set the scheme of `cache.remote.endpoint` (http or https, redis or rediss) and `use_ssl` to what the server uses",
};
const UNTRUSTED: Fault = Fault {
    cause: "has a TLS certificate that this machine does not accept",
    help: "add the authority of the certificate to this machine, or name it with SSL_CERT_FILE; check also the name of the host and the date",
};

/// The fault that the answer of a Redis server to an unencrypted [`PING`] shows. sccache tries again for longer than anybody would
/// wait if a Redis server refuses it. `None`: the server did not answer.
pub(super) fn of_redis(has_tls: bool, has_credentials: bool, answer: Option<&[u8]>) -> Fault {
    const NO_PASSWORD: Fault = Fault {
        cause: "requires a password",
        help: "name the variable with the password in `cache.remote.credentials`",
    };
    let Some(answer) = answer else { return SILENT };
    let is_plain = [&b"+"[..], b"-"].iter().any(|first| answer.starts_with(first));
    match (is_plain, has_tls) {
        (true, true) | (false, false) => OTHER_TLS,
        // It has refused an unencrypted question, as it should.
        (false, true) => UNTRUSTED,
        (true, false) if answer.starts_with(b"-NOAUTH") && !has_credentials => NO_PASSWORD,
        (true, false) if answer.starts_with(b"-NOAUTH") || has_credentials => NOT_ACCEPTED,
        (true, false) => recognise(&String::from_utf8_lossy(answer)).unwrap_or(SILENT),
    }
}

/// A question to a Redis server that needs no login.
pub(super) const PING: &[u8] = b"PING\r\n";

/// Signs of faults in lower case, the most specific first.
const SIGNS: &[Sign] = &[
    sign(
        "cannot be used: the tool was built without it",
        "run `toolchainkit install`, which installs a build with all storages, and configure the build again",
        &[
            &["cache type is not enabled"],
            &["not supported with current feature"],
            &["requires the", "feature"],
            &["unsupported url", "scheme"],
        ],
    ),
    sign(
        "refuses the requests because of the time of this machine",
        "synchronise the clock of this machine (NTP)",
        &[&["requesttimetooskewed"], &["difference between the request time"], &["request has expired"]],
    ),
    sign(
        "has another region",
        "correct `cache.remote.region`",
        &[
            &["authorizationheadermalformed"],
            &["permanentredirect"],
            &["the region", "is wrong"],
            &["illegallocationconstraint"],
            &["invalidregion"],
            &["301 moved permanently"],
        ],
    ),
    sign(
        "does not have this bucket or container",
        "correct its name in `cache.remote`, or create it",
        &[
            &["nosuchbucket"],
            &["containernotfound"],
            &["bucket", "does not exist"],
            &["bucket", "not found"],
            &["container", "does not exist"],
        ],
    ),
    sign(
        "has no folder at this address",
        "correct the path in `cache.remote.endpoint`, or create the folder",
        &[&["service: webdav", "notfound"], &["service: webdav", "404"]],
    ),
    Sign {
        fault: NOT_ACCEPTED,
        words: &[
            &["invalidaccesskeyid"],
            &["signaturedoesnotmatch"],
            &["expiredtoken"],
            &["invalidtoken"],
            &["wrongpass"],
            &["invalid password"],
            &["noauth"],
            &["authentication required"],
            &["authentication failed"],
            &["authenticationfailed"],
            &["auth fail"],
            &["401"],
            &["unauthorized"],
            &["invalid_grant"],
            &["invalid_client"],
        ],
    },
    sign(
        "does not permit this access",
        "give these credentials the permission to read and write, or set `access: read-only`",
        &[
            &["accessdenied"],
            &["access denied"],
            &["permissiondenied"],
            &["permission denied"],
            &["noperm"],
            &["readonly you can't write"],
            &["403"],
            &["forbidden"],
            &["405"],
            &["method not allowed"],
        ],
    ),
    sign(
        "has no space left",
        "enlarge the storage, or remove old objects",
        &[
            &["oom", "command not allowed"],
            &["insufficient storage"],
            &["507"],
            &["quotaexceeded"],
            &["no space left"],
            &["out of memory storing"],
        ],
    ),
    Sign {
        fault: UNTRUSTED,
        words: &[
            &["invalid peer certificate"],
            &["certificate verify failed"],
            &["self-signed certificate"],
            &["self signed certificate"],
            &["unknownissuer"],
            &["certificate has expired"],
            &["certificate is not valid"],
        ],
    },
    Sign {
        fault: OTHER_TLS,
        words: &[
            &["invalidcontenttype"],
            &["corrupt message"],
            &["wrong version number"],
            &["packet length too long"],
            &["record layer failure"],
            &["ssl routines"],
            &["tls handshake"],
            &["handshake failure"],
        ],
    },
    sign(
        "cannot be reached through the proxy",
        "correct HTTP_PROXY and HTTPS_PROXY, or name the host in NO_PROXY",
        &[&["proxy"], &["tunnel"], &["407"]],
    ),
    Sign {
        fault: UNKNOWN_HOST,
        words: &[
            &["failed to lookup address"],
            &["name or service not known"],
            &["dns error"],
            &["could not resolve"],
            &["nodename nor servname"],
            &["temporary failure in name resolution"],
        ],
    },
    Sign { fault: REFUSED, words: &[&["connection refused"]] },
    Sign {
        fault: SILENT,
        words: &[
            &["timed out"],
            &["timeout"],
            &["deadline has elapsed"],
            &["no response"],
            &["does not answer within"],
        ],
    },
    sign(
        "does not know this address",
        "correct the bucket, container or path in `cache.remote`",
        &[&["404"], &["not found"], &["notfound"]],
    ),
    sign(
        "has an error of its own",
        "look into the log of the server",
        &[
            &["500"],
            &["502"],
            &["503"],
            &["504"],
            &["internal server error"],
            &["service unavailable"],
            &["bad gateway"],
        ],
    ),
];

/// The fault that a message shows; `None` if its words are unknown.
pub(super) fn recognise(message: &str) -> Option<Fault> {
    let message = message.to_lowercase();
    let has = |word: &&str| contains(&message, word);
    SIGNS.iter().find(|sign| sign.words.iter().any(|words| words.iter().all(&has))).map(|sign| sign.fault)
}

/// Whether the text contains the word. A number must not be a part of a longer one, such as a port or a hash.
fn contains(text: &str, word: &str) -> bool {
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/".contains(letter);
        !is_number
            || !(before.ends_with(is_part)
                || after.starts_with(|letter: char| letter.is_ascii_alphanumeric()))
    })
}

/// The lines of ccache's log about its remote storage that report a failure.
pub(super) fn of_ccache_log(log: &str) -> Vec<&str> {
    let texts = log.lines().filter_map(|line| line.split_once("] ").map(|(_, text)| text));
    let is_failure = |text: &&str| {
        let text = text.to_lowercase();
        let about = ["http", "redis", "remote", "storage", "connect", "file://", "helper"];
        let bad = [
            "fail",
            "error",
            "refused",
            "denied",
            "timed out",
            "unable",
            "could not",
            "cannot",
            "unexpected",
        ];
        about.iter().any(|word| text.contains(word))
            && bad.iter().any(|word| text.contains(word))
            // Helpers are optional.
            && !text.contains("helper program")
            && !text.starts_with("config: ")
            && !text.starts_with("command line")
    };
    texts.filter(is_failure).collect()
}

/// The most telling line of a message.
pub(super) fn summary(message: &str, tool: Tool) -> String {
    let lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(|line| {
        let line = line.trim_start_matches("sccache: ").trim_start_matches("toolchainkit: ");
        line.trim_start_matches("error: ").trim_start_matches("Server startup failed: ")
    });
    let mut useful = lines.filter(|line| !line.starts_with("Starting the server"));
    let first = useful.next().unwrap_or("no message").to_owned();
    let source = (tool == Tool::Sccache).then(|| message.split_once("Source:")).flatten();
    let source = source.and_then(|(_, rest)| rest.lines().map(str::trim).find(|line| !line.is_empty()));
    source.map_or(first.clone(), |source| format!("{first}: {source}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(message: &str) -> &'static str {
        recognise(message).map_or("unknown", |fault| fault.cause)
    }

    #[test]
    fn a_message_shows_the_cause() {
        for (message, expected) in [
            (
                "S3Error { code: \"NoSuchBucket\", message: \"The specified bucket does not exist\" }",
                "does not have this bucket",
            ),
            (
                "S3Error { code: \"AuthorizationHeaderMalformed\", message: \"the region 'eu' is wrong; expecting 'us'\" }",
                "has another region",
            ),
            ("S3Error { code: \"InvalidAccessKeyId\" } status: 403", "does not accept the credentials"),
            ("S3Error { code: \"AccessDenied\" }, status: 403", "does not permit this access"),
            ("RequestTimeTooSkewed, status: 403", "refuses the requests because of the time"),
            ("WRONGPASS: invalid username-password pair", "does not accept the credentials"),
            ("NOPERM this user has no permissions to run the 'set' command", "does not permit this access"),
            ("invalid peer certificate: UnknownIssuer", "has a TLS certificate"),
            ("received corrupt message of type InvalidContentType", "does not use TLS as configured"),
            (
                "error trying to connect: dns error: failed to lookup address information",
                "cannot be reached: the name",
            ),
            ("tcp connect error: Connection refused (os error 111)", "cannot be reached: nothing listens"),
            ("operation timed out", "does not answer in time"),
            (
                "Cache type not supported with current feature configuration",
                "cannot be used: the tool was built",
            ),
            ("OOM command not allowed when used memory > 'maxmemory'", "has no space left"),
            ("status: 503 Service Unavailable", "has an error of its own"),
            ("the key a403b of 127.0.0.1:4010 was strange", "unknown"),
        ] {
            assert!(cause(message).starts_with(expected), "{message}: {}", cause(message));
        }
    }

    #[test]
    fn the_answer_of_a_redis_server_shows_the_cause() {
        let of =
            |has_tls, has_credentials, answer: &[u8]| of_redis(has_tls, has_credentials, Some(answer)).cause;
        assert_eq!(of(false, true, b"-NOAUTH Authentication required.\r\n"), NOT_ACCEPTED.cause);
        assert_eq!(of(false, false, b"-NOAUTH Authentication required.\r\n"), "requires a password");
        assert_eq!(of(false, true, b"+PONG\r\n"), NOT_ACCEPTED.cause);
        assert_eq!(of(true, false, b"+PONG\r\n"), OTHER_TLS.cause);
        assert_eq!(of(false, false, b"\x15\x03\x01"), OTHER_TLS.cause);
        assert_eq!(of(true, false, b""), UNTRUSTED.cause);
        assert_eq!(of(false, false, b"-DENIED Redis is running in protected mode"), SILENT.cause);
        assert_eq!(of_redis(false, true, None), SILENT);
    }

    #[test]
    fn the_summary_is_the_first_line_and_its_source() {
        let message = "sccache: Starting the server...\nsccache: error: Server startup failed: cache storage failed to read: Unexpected (temporary)\n\nContext:\n   service: s3\n\nSource:\n   connection refused\n";
        assert_eq!(
            summary(message, Tool::Sccache),
            "cache storage failed to read: Unexpected (temporary): connection refused"
        );
    }
}
