//! What clients and the supervisor say to each other: one line of JSON each.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use super::address::Address;

/// The version of what is said.
pub const PROTOCOL: u32 = 1;

/// No message is longer.
const LONGEST: u64 = 1 << 20;

/// From a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The first message, and again when a daemon turned out to have ended.
    Hello(Hello),
    /// The tool has done what it was asked for. No answer.
    Done,
    /// The tool failed where the compiler does not: answered by [`Reply::Said`].
    Failed,
}

/// Who comes, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`]
    pub protocol: u32,
    /// What the client wants.
    pub want: Want,
    /// [`super::settings::Settings::digest`]
    #[serde(default)]
    pub settings: String,
    /// Folders that the key of an object is to leave out.
    #[serde(default)]
    pub base_dirs: Vec<String>,
    /// Where the client is.
    #[serde(default)]
    pub folder: String,
    /// What it makes there.
    #[serde(default)]
    pub object: String,
}

/// What a client may want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// To compile.
    Compile,
    /// A daemon that answers, whatever failed before.
    Start,
    /// The end of daemon and supervisor.
    Stop,
    /// To know whether there is a supervisor.
    Ping,
}

/// From the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The daemon listens here.
    Use {
        /// The address: a socket or a port.
        address: Address,
        /// How many daemons there were before this one.
        number: u64,
        /// What the daemon says goes here.
        log: String,
    },
    /// The compiler is to be run without the tool.
    Without {
        /// What people are to know.
        say: Option<String>,
    },
    /// The tool is to be ended, and the compiler to be run.
    GiveUp {
        /// What people are to know.
        say: Option<String>,
    },
    /// This supervisor is about to end: there will be another one.
    Again,
    /// The daemon does not start.
    NotStarted {
        /// In the tool's own words.
        reason: String,
    },
    /// The answer to [`Request::Failed`].
    Said {
        /// What people are to know.
        say: Option<String>,
    },
    /// The answer to [`Want::Ping`].
    Here,
    /// The answer to [`Want::Stop`], when all has ended.
    Stopped,
}

/// Sends one message.
///
/// # Errors
///
/// Where the other side is gone.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Receives one message; `None` at the end.
///
/// # Errors
///
/// Where it cannot be read, or is none.
pub fn receive<T: for<'a> Deserialize<'a>>(from: &mut impl BufRead) -> io::Result<Option<T>> {
    let mut line = Vec::with_capacity(512);
    from.take(LONGEST).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some(serde_json::from_slice(&line)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_received_in_the_same_order() {
        let hello = Hello {
            protocol: PROTOCOL,
            want: Want::Compile,
            settings: "0".into(),
            base_dirs: vec!["/a \n\u{1F600}".into()],
            folder: "/b".into(),
            object: "c.o".into(),
        };
        let sent = [Request::Hello(hello), Request::Done, Request::Failed];
        let mut line = Vec::new();
        for request in &sent {
            send(&mut line, request).unwrap();
        }
        let mut reader = line.as_slice();
        for request in sent {
            assert_eq!(receive::<Request>(&mut reader).unwrap(), Some(request));
        }
        assert_eq!(receive::<Request>(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_client_is_told_of_a_socket_or_a_port() {
        for address in [Address::Socket("/a b/socket".into()), Address::Port(4226)] {
            let reply = Reply::Use { address, number: 1, log: "/log".into() };
            let mut line = Vec::new();
            send(&mut line, &reply).unwrap();
            assert_eq!(receive::<Reply>(&mut line.as_slice()).unwrap(), Some(reply));
        }
    }

    #[test]
    fn half_a_message_and_nonsense_are_errors() {
        for text in ["{\"use\"", "\"Done\"\n", "\n", "[]\n", "\0\n"] {
            assert!(receive::<Reply>(&mut text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
