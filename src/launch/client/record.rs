//! Sends the record of a compilation to the supervisor, which stores it.

use std::time::{Duration, Instant};

use super::super::guard::GuardRequest;
use super::super::journal::{Recorder, Recording, prepare};
use super::super::protocol;
use super::super::settings::Settings;
use super::connection;

/// The longest time to send it. The supervisor may be stopped.
const TIMEOUT: Duration = Duration::from_millis(20);
/// Without a supervisor, the launcher reads the headers for this part of the time of the compilation.
const PART: u32 = 200;
/// It reads them for this time at most, and at least.
const LIMITS: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(20));

/// Stores a record of a compilation that has taken this time.
pub(super) fn store(settings: &Settings, recording: Recording, elapsed: Duration) {
    if prepare(&recording).is_none() {
        return;
    }
    let until = Instant::now() + (elapsed / PART).clamp(LIMITS.0, LIMITS.1);
    let running = settings.storages.iter().find_map(|storage| connection::running_guard(settings, storage));
    match running {
        Some(mut connection) => {
            let is_set = connection.set_write_timeout(Some(TIMEOUT)).is_ok();
            if is_set {
                // Without the record, only the reason of a later miss is missing.
                let _ = protocol::send(&mut connection, &GuardRequest::Record(Box::new(recording)));
            }
        }
        None => Recorder::default().store(recording, Some(until)),
    }
}
