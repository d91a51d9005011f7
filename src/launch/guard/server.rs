//! The thread of the supervisor that answers questions of clients about direct mode. It is separate, so that a slow file
//! system does not delay the supervision of the daemon.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::closure::{Answer, Guard, Permission, Verdict};
use super::question::Question;
use crate::launch::connections::{Client, Connections, Input};
use crate::launch::journal::{self, Recording};
use crate::launch::process::Listener;

/// The socket of the guard, in the run folder of the supervisor.
pub(in crate::launch) const ENDPOINT: &str = "guard";

/// The time after which the thread waits for clients again.
const LONG: Duration = Duration::from_hours(1);

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
    /// Stores a record in the journal. There is no answer.
    Record(Box<Recording>),
}

/// A message of the guard.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::launch) enum GuardReply {
    /// Use direct mode.
    Direct {
        /// A part of the key.
        fingerprint: String,
        /// Whether a file contains one of [`Question::places`].
        contains_place: bool,
    },
    /// Do not use direct mode.
    Without(String),
    /// The result is valid.
    Valid,
    /// Run the command again without direct mode.
    Invalid(String),
}

/// Starts the thread. Each message sets `is_used`. `memory` is a file that stores the answers of compilers.
pub(in crate::launch) fn serve(listener: Listener, memory: PathBuf, is_used: Arc<AtomicBool>) {
    // Without the thread, no client gets an answer, and none uses direct mode.
    let _ = thread::Builder::new().name("guard".to_owned()).spawn(move || {
        let Ok(mut connections) = Connections::new(listener) else { return };
        let mut guard = Guard::new(Some(memory));
        let mut permissions = HashMap::new();
        let recorder = journal::start();
        loop {
            for input in connections.wait(None, LONG).inputs {
                match input {
                    Input::Message(client, request) => {
                        is_used.store(true, Ordering::Relaxed);
                        if let GuardRequest::Record(recording) = request {
                            // If too many wait, this one is missing.
                            let _ = recorder.try_send(recording);
                            continue;
                        }
                        match reply(&mut guard, &mut permissions, client, request) {
                            Some(reply) => connections.send(client, &reply),
                            None => connections.remove(client),
                        }
                    }
                    Input::Disconnected(client) => {
                        permissions.remove(&client);
                        connections.remove(client);
                    }
                }
            }
        }
    });
}

/// The commands that run with direct mode.
type Permissions = HashMap<Client, (Box<Question>, Permission)>;

/// The reply to a request. `None` if a client has asked for a check of a command for which it has no permission.
fn reply(
    guard: &mut Guard,
    permissions: &mut Permissions,
    client: Client,
    request: GuardRequest,
) -> Option<GuardReply> {
    Some(match request {
        GuardRequest::Fingerprint(question) => match guard.answer(&question) {
            Answer::Direct(permission) => {
                let reply = GuardReply::Direct {
                    fingerprint: permission.fingerprint.clone(),
                    contains_place: permission.contains_place,
                };
                permissions.insert(client, (question, permission));
                reply
            }
            Answer::Without(reason) => GuardReply::Without(reason.into_owned()),
        },
        GuardRequest::Check => {
            let (question, permission) = permissions.remove(&client)?;
            match guard.check(&question, &permission) {
                Verdict::Valid => GuardReply::Valid,
                Verdict::Invalid(reason) => GuardReply::Invalid(reason.into_owned()),
            }
        }
        GuardRequest::Record(_) => return None,
    })
}
