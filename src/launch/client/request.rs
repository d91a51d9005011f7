//! A request to sccache's daemon, in the place of sccache's client. To start the client takes longer than the rest of a hit:
//! sccache is a program of 20 MB with shared libraries.
//!
//! The messages are those of `src/protocol.rs` of sccache: bincode 1 with numbers in little-endian order, after a length of
//! four bytes in big-endian order. Those for a compilation are the same from 0.9.1 to 0.19.0. With other versions, and after any
//! message that this module does not understand, sccache's client runs.

use std::ffi::OsStr;
use std::io;
use std::process::ExitStatus;

use super::super::process;
use crate::caching::tool::Version;

/// The first version with these messages.
const SINCE: Version = Version::new(0, 9, 1);
/// The first version whose messages are unknown.
const BEFORE: Version = Version::new(0, 20, 0);
/// A longer message is not one of the daemon.
const LONGEST: usize = 256 << 20;

/// The number of the request for a compilation among all requests.
const COMPILE: u32 = 4;
/// The numbers of the two responses.
const COMPILE_RESPONSE: u32 = 0;
const COMPILE_FINISHED: u32 = 5;

/// Whether the messages of this version are known.
pub(super) const fn is_known(version: Version) -> bool {
    version.at_least(SINCE) && !version.at_least(BEFORE)
}

/// The request to compile.
pub(super) fn compile<'a>(
    compiler: &OsStr,
    directory: &OsStr,
    arguments: impl Iterator<Item = &'a OsStr>,
    environment: &[(impl AsRef<OsStr>, impl AsRef<OsStr>)],
) -> Vec<u8> {
    let mut message = vec![0; 4];
    message.extend(COMPILE.to_le_bytes());
    add_text(&mut message, compiler);
    add_text(&mut message, directory);
    let arguments: Vec<&OsStr> = arguments.collect();
    add_length(&mut message, arguments.len());
    for argument in arguments {
        add_text(&mut message, argument);
    }
    add_length(&mut message, environment.len());
    for (name, value) in environment {
        add_text(&mut message, name.as_ref());
        add_text(&mut message, value.as_ref());
    }
    let length = u32::try_from(message.len() - 4).unwrap_or(u32::MAX);
    message[..4].copy_from_slice(&length.to_be_bytes());
    message
}

fn add_length(message: &mut Vec<u8>, length: usize) {
    message.extend((length as u64).to_le_bytes());
}

/// Serde has an enum for texts of the system: number 0 is that of Unix.
fn add_text(message: &mut Vec<u8>, text: &OsStr) {
    message.extend(0_u32.to_le_bytes());
    add_length(message, text.len());
    message.extend(text.as_encoded_bytes());
}

/// A message of the daemon about a compilation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Response {
    /// It has begun.
    Started,
    /// sccache does not cache such a command, so the client has to run it.
    Unhandled,
    /// sccache does not know the compiler, for this reason.
    Unsupported(Vec<u8>),
    /// It has ended.
    Finished(Finished),
}

/// The result of a compilation.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Finished {
    /// The exit code of the compiler. `None` if a signal has ended it.
    pub(super) code: Option<i32>,
    /// Its standard output.
    pub(super) output: Vec<u8>,
    /// Its standard error.
    pub(super) errors: Vec<u8>,
    /// Whether the command asks for colours; `None` if it does not say so.
    pub(super) colours: Option<bool>,
}

impl Finished {
    /// The exit status, as of sccache's client: 254 after a signal.
    pub(super) fn status(&self) -> ExitStatus {
        process::status_of_code(self.code.unwrap_or(-2))
    }
}

/// The result of sccache's client if the daemon does not know the compiler.
pub(super) fn unsupported(reason: &[u8]) -> Finished {
    let reason = String::from_utf8_lossy(reason);
    let errors = format!(
        "sccache: error: failed to execute compile\nsccache: caused by: Compiler not supported: {reason}\n"
    );
    Finished { code: Some(2), errors: errors.into_bytes(), ..Finished::default() }
}

/// The exit status of sccache's client if the daemon ends during a compilation.
pub(super) fn failure() -> ExitStatus {
    process::status_of_code(2)
}

/// Takes the first complete message from `received`. `Ok(None)` if there is none yet.
///
/// # Errors
///
/// If it is not a message about a compilation.
pub(super) fn take(received: &mut Vec<u8>) -> io::Result<Option<Response>> {
    let Some(head) = received.first_chunk::<4>() else { return Ok(None) };
    let invalid = || io::Error::from(io::ErrorKind::InvalidData);
    let length = usize::try_from(u32::from_be_bytes(*head)).map_err(|_| invalid())?;
    if length > LONGEST {
        return Err(invalid());
    }
    let Some(message) = received.get(4..4 + length) else { return Ok(None) };
    let response = response(message).ok_or_else(invalid)?;
    received.drain(..4 + length);
    Ok(Some(response))
}

fn response(message: &[u8]) -> Option<Response> {
    let mut rest = message;
    let response = match number(&mut rest)? {
        COMPILE_RESPONSE => match number(&mut rest)? {
            0 => Response::Started,
            1 => Response::Unhandled,
            2 if number(&mut rest)? == 0 => Response::Unsupported(bytes(&mut rest)?),
            _ => return None,
        },
        COMPILE_FINISHED => {
            let code = optional(&mut rest)?;
            let _signal = optional(&mut rest)?;
            let (output, errors) = (bytes(&mut rest)?, bytes(&mut rest)?);
            let colours = match number(&mut rest)? {
                0 => Some(false),
                1 => Some(true),
                2 => None,
                _ => return None,
            };
            Response::Finished(Finished { code, output, errors, colours })
        }
        _ => return None,
    };
    rest.is_empty().then_some(response)
}

fn part<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (part, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*part)
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    part(rest).map(u32::from_le_bytes)
}

#[expect(clippy::option_option, reason = "the outer one is an error")]
fn optional(rest: &mut &[u8]) -> Option<Option<i32>> {
    match part::<1>(rest)? {
        [0] => Some(None),
        [1] => part(rest).map(i32::from_le_bytes).map(Some),
        _ => None,
    }
}

fn bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = usize::try_from(u64::from_le_bytes(part(rest)?)).ok()?;
    let (bytes, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(bytes.to_vec())
}

/// Prints a text of the compiler to `to`. Like sccache's client, this removes colours unless the command asks for them, or `to` is
/// a terminal that supports them.
pub(super) fn print(to: &mut dyn io::Write, text: &[u8], with_colours: bool) {
    let _ = if with_colours { to.write_all(text) } else { to.write_all(&without_colours(text)) };
}

/// Removes the sequences that change the colours: an escape character, a bracket, parameters, and a letter.
fn without_colours(text: &[u8]) -> Vec<u8> {
    let mut left = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if byte == 0x1b && bytes.next_if_eq(&b'[').is_some() {
            bytes.by_ref().find(|byte| (0x40..=0x7e).contains(byte));
        } else {
            left.push(byte);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_bytes_of_sccache() {
        let environment = [("A", "b")];
        let arguments = ["-c"].map(OsStr::new).into_iter();
        let message = compile(OsStr::new("/cc"), OsStr::new("/b"), arguments, &environment);
        let mut expected = vec![0, 0, 0, 89, 4, 0, 0, 0];
        let text = |text: &str| [&[0; 4][..], &(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        expected.extend([text("/cc"), text("/b")].concat());
        expected.extend([&1_u64.to_le_bytes()[..], &text("-c")].concat());
        expected.extend([&1_u64.to_le_bytes()[..], &text("A"), &text("b")].concat());
        assert_eq!(message, expected);
        assert_eq!(message.len(), 93);
    }

    fn framed(message: &[u8]) -> Vec<u8> {
        [&u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
    }

    #[test]
    fn responses_are_taken_one_by_one() {
        let mut finished = vec![5, 0, 0, 0, 1, 3, 0, 0, 0, 0];
        finished
            .extend([&2_u64.to_le_bytes()[..], b"ab", &1_u64.to_le_bytes(), b"c", &[2, 0, 0, 0]].concat());
        let all = [framed(&[0; 8]), framed(&finished)].concat();
        let mut received = Vec::new();
        let mut taken = Vec::new();
        for byte in all {
            received.push(byte);
            taken.extend(take(&mut received).unwrap());
        }
        let (output, errors) = (b"ab".to_vec(), b"c".to_vec());
        let result = Finished { code: Some(3), output, errors, colours: None };
        assert_eq!(taken, [Response::Started, Response::Finished(result)]);
        assert!(received.is_empty());
        assert_eq!(take(&mut framed(&[0, 0, 0, 0, 1, 0, 0, 0])).unwrap(), Some(Response::Unhandled));
        let unsupported = [&[0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0][..], &2_u64.to_le_bytes(), b"no"].concat();
        let unsupported = take(&mut framed(&unsupported)).unwrap();
        assert_eq!(unsupported, Some(Response::Unsupported(b"no".to_vec())));
    }

    #[test]
    fn other_messages_are_errors() {
        for message in [
            &[][..],
            &[0; 4],
            &[0; 9],
            &[1, 0, 0, 0],
            &[0, 0, 0, 0, 2, 0, 0, 0],
            &[0, 0, 0, 0, 3, 0, 0, 0],
            &[9; 40],
        ] {
            assert!(take(&mut framed(message)).is_err(), "{message:?}");
        }
        assert!(take(&mut vec![0xff; 4]).is_err(), "a length of 4 GB");
    }

    #[test]
    fn a_text_that_is_longer_than_its_message_is_an_error() {
        let mut whole = vec![5, 0, 0, 0, 0, 0];
        whole.extend([&u64::MAX.to_le_bytes()[..], b"ab"].concat());
        assert!(take(&mut framed(&whole)).is_err());
    }

    #[test]
    fn only_sequences_for_colours_are_removed() {
        let text = b"\x1b[01m\x1b[Ka.c:1:\x1b[m\x1b[K \x1b[38;5;1mred\x1b[0m [1]\n";
        assert_eq!(without_colours(text), b"a.c:1: red [1]\n");
        assert_eq!(without_colours(b"\x1b[1"), b"");
        assert_eq!(without_colours("‘x’ \u{1b}x".as_bytes()), "‘x’ \u{1b}x".as_bytes());
    }
}
