//! The thread of the supervisor that answers questions of clients about direct mode. It is separate, so that a slow file
//! system does not delay the supervision of the daemon.

use std::io::BufReader;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::closure::{Answer, Guard, Permission, Verdict};
use super::question::Question;
use crate::launch::process::{self, Connection, Listener};
use crate::launch::protocol;

/// The socket of the guard, in the run folder of the supervisor.
pub(in crate::launch) const ENDPOINT: &str = "guard";

/// The longest compilation.
const COMPILATION: Duration = Duration::from_hours(6);
/// The stack of the thread for a client, which needs only a few kilobytes.
const STACK: usize = 1 << 20;
const PAUSE: Duration = Duration::from_millis(5);

/// A message of a client.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::launch) enum GuardRequest {
    /// Asks whether a command may use direct mode, before it runs. The answer is [`GuardReply::Direct`] or
    /// [`GuardReply::Without`].
    Fingerprint(Box<Question>),
    /// Asks whether the result of the command is valid, after it has run. The answer is [`GuardReply::Valid`] or
    /// [`GuardReply::Invalid`].
    Check,
}

/// A message of the guard.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::launch) enum GuardReply {
    /// Use direct mode, with this fingerprint.
    Direct(String),
    /// Do not use direct mode.
    Without(String),
    /// The result is valid.
    Valid,
    /// Run the command again without direct mode.
    Invalid(String),
}

/// Starts the thread. Each message sets `is_used`. `memory` is a file that stores the answers of compilers.
pub(in crate::launch) fn serve(listener: Listener, memory: PathBuf, is_used: Arc<AtomicBool>) {
    let guard = Arc::new(Mutex::new(Guard::new(Some(memory))));
    // Without the thread, no client gets an answer, and none uses direct mode.
    let _ = thread::Builder::new().name("guard".to_owned()).spawn(move || {
        loop {
            match listener.accept() {
                Ok((connection, _)) => {
                    let (guard, is_used) = (Arc::clone(&guard), Arc::clone(&is_used));
                    let answer = move || answer(connection, &guard, &is_used);
                    let _ = thread::Builder::new().stack_size(STACK).spawn(answer);
                }
                // Too many descriptors are open.
                Err(_) => thread::sleep(PAUSE),
            }
        }
    });
}

fn answer(connection: Connection, guard: &Mutex<Guard>, is_used: &AtomicBool) {
    if process::peer(&connection).is_none() || connection.set_read_timeout(Some(COMPILATION)).is_err() {
        return;
    }
    let mut reader = BufReader::new(connection);
    let mut asked: Option<(Box<Question>, Permission)> = None;
    while let Ok(Some(request)) = protocol::receive::<GuardRequest>(&mut reader) {
        is_used.store(true, Ordering::Relaxed);
        let mut guard = guard.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = match request {
            GuardRequest::Fingerprint(question) => match guard.answer(&question) {
                Answer::Direct(permission) => {
                    let fingerprint = permission.fingerprint.clone();
                    asked = Some((question, permission));
                    GuardReply::Direct(fingerprint)
                }
                Answer::Without(reason) => GuardReply::Without(reason.into_owned()),
            },
            GuardRequest::Check => {
                match asked.take().map(|(question, permission)| guard.check(&question, &permission)) {
                    Some(Verdict::Valid) => GuardReply::Valid,
                    Some(Verdict::Invalid(reason)) => GuardReply::Invalid(reason.into_owned()),
                    None => return,
                }
            }
        };
        drop(guard);
        if protocol::send(reader.get_mut(), &reply).is_err() {
            return;
        }
    }
}
