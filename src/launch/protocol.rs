//! The messages between clients and the supervisor: each is one line of JSON.

use std::io::{self, BufRead, Read, Write};

use serde::{Deserialize, Serialize};

use super::address::Address;
use crate::journal::{Outcome, Placed, Tier};

/// The version of the messages, and of the interface to the CMake module.
pub const PROTOCOL: u32 = 1;

/// The longest message.
pub(super) const LONGEST: u64 = 1 << 20;

/// A message of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The first message. It is repeated if the daemon has ended.
    Hello(Hello),
    /// The tool has finished the compilation. The supervisor does not answer.
    Done,
    /// Like [`Self::Done`], after `runs` runs of the tool with this daemon. The answer is [`Reply::Outcome`]. Only for a
    /// supervisor that has sent `tells_outcomes`.
    Finished {
        /// The number of runs.
        runs: usize,
    },
    /// The answer to [`Reply::Doubt`]: whether a server has compiled a small file. The supervisor does not answer.
    Asked {
        /// Whether it has.
        answers: bool,
    },
    /// The tool has failed: the compiler itself has another exit code. The answer is [`Reply::FailureRecorded`].
    Failed,
}

/// Describes the client and its request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`]
    pub protocol: u32,
    /// The request.
    pub want: Want,
    /// [`super::settings::Settings::digest`]
    #[serde(default)]
    pub settings: String,
    /// Base directories of the checkout.
    #[serde(default)]
    pub base_dirs: Vec<String>,
    /// The working directory of the client.
    #[serde(default)]
    pub folder: String,
    /// The object that it compiles.
    #[serde(default)]
    pub object: String,
}

/// The requests of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Compile.
    Compile,
    /// Start the daemon, also after a failure.
    Start,
    /// Stop the daemon and the supervisor.
    Stop,
    /// Check that the supervisor answers.
    Ping,
}

/// A message of the supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Compile with the daemon.
    Use {
        /// The address of the daemon: a socket or a port.
        address: Address,
        /// The number of this daemon. Another daemon has another number.
        number: u64,
        /// The log file of the daemon.
        log: String,
        /// Whether the supervisor answers [`Request::Finished`]. An older one does not.
        #[serde(default)]
        tells_outcomes: bool,
        /// Whether the daemon distributes compilations.
        #[serde(default)]
        distributes: bool,
    },
    /// A server has this compilation for some time: compile a small file there, and answer with [`Request::Asked`].
    Doubt,
    /// The daemon ends: send [`Request::Hello`] again.
    Repeat {
        /// Whether the reason is that the servers do not answer. Then compile on this machine.
        is_outage: bool,
    },
    /// The answer to [`Request::Finished`].
    Outcome {
        /// What became of the compilation.
        outcome: Outcome,
        /// [`crate::journal::Entry::is_certain`]
        is_certain: bool,
        /// The reason of the tool.
        reason: Option<String>,
        /// Where the object came from.
        tier: Option<Tier>,
        /// Where the compiler ran, if the daemon has asked a server.
        #[serde(default)]
        placed: Option<Placed>,
    },
    /// Run the compiler without the tool.
    Without {
        /// A message to print.
        message: Option<String>,
    },
    /// End the tool, and run the compiler.
    GiveUp {
        /// A message to print.
        message: Option<String>,
    },
    /// This supervisor is shutting down. Connect to the next one.
    Again,
    /// The daemon cannot start.
    NotStarted {
        /// The message of the tool.
        reason: String,
    },
    /// The answer to [`Request::Failed`].
    FailureRecorded {
        /// A message to print.
        message: Option<String>,
    },
    /// The answer to [`Want::Ping`].
    Here,
    /// The answer to [`Want::Stop`], after the daemon has ended.
    Stopped,
}

/// Sends a message.
///
/// # Errors
///
/// If the connection is closed.
pub fn send<T: Serialize>(to: &mut impl Write, message: &T) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    to.write_all(&line)
}

/// Receives a message; `None` at the end of the connection.
///
/// # Errors
///
/// If it cannot be read, or is invalid.
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
    fn messages_arrive_in_order() {
        let hello = Hello {
            protocol: PROTOCOL,
            want: Want::Compile,
            settings: "0".into(),
            base_dirs: vec!["/a \n\u{1F600}".into()],
            folder: "/b".into(),
            object: "c.o".into(),
        };
        let sent = [Request::Hello(hello), Request::Done, Request::Failed, Request::Finished { runs: 2 }];
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
    fn the_address_in_a_reply_is_a_socket_or_a_port() {
        for address in [Address::Socket("/a b/socket".into()), Address::Port(4226)] {
            let reply = Reply::Use {
                address,
                number: 1,
                log: "/log".into(),
                tells_outcomes: true,
                distributes: true,
            };
            let mut line = Vec::new();
            send(&mut line, &reply).unwrap();
            assert_eq!(receive::<Reply>(&mut line.as_slice()).unwrap(), Some(reply));
        }
    }

    #[test]
    fn a_supervisor_of_an_older_version_tells_no_outcomes() {
        let line = b"{\"use\":{\"address\":\"127.0.0.1:1\",\"number\":1,\"log\":\"/log\"}}\n";
        let address = Address::Port(1);
        let expected =
            Reply::Use { address, number: 1, log: "/log".into(), tells_outcomes: false, distributes: false };
        assert_eq!(receive::<Reply>(&mut line.as_slice()).unwrap(), Some(expected));
    }

    #[test]
    fn an_incomplete_or_invalid_message_is_an_error() {
        for text in ["{\"use\"", "\"Done\"\n", "\n", "[]\n", "\0\n"] {
            assert!(receive::<Reply>(&mut text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
