//! Telling a failure of the tool from one of the compiler.

use std::path::Path;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use super::super::process::{self, Child, Process};

/// Whether sccache means by this code that it failed itself. A compiler may mean something by it, too.
pub(super) fn may_be_of_sccache(status: ExitStatus) -> bool {
    status.code().is_none_or(|code| matches!(code, 2 | 101 | 126..=139 | 253 | 254))
}

/// Ends our own tool and what it runs.
pub(super) fn end(child: &mut Child) {
    process::adopt_orphans();
    let below = process::descendants(child.id());
    child.kill();
    let _ = child.wait();
    below.into_iter().for_each(process::kill);
    // What it started while we looked was left to us.
    for left in process::descendants(std::process::id()) {
        process::kill(left);
    }
}

/// Ends the compiler that makes `object` here and was left by a supervisor that is gone, of which it has the session.
pub(super) fn end_orphans(session: u32, object: Option<&Path>) {
    const LONGEST: Duration = Duration::from_millis(500);
    const PAUSE: Duration = Duration::from_millis(10);
    let (Some(object), Ok(folder)) = (object.map(Path::to_string_lossy), std::env::current_dir()) else {
        return;
    };
    let begun = Instant::now();
    let mut quiet = 0;
    // The daemon ends at the same time, and may be about to start it.
    while quiet < 3 && begun.elapsed() < LONGEST {
        let all = process::table();
        let is_ours = |process: &&Process| {
            process.session == session
                && !process.is_over
                && process::folder_of(**process).is_some_and(|of| of == folder)
                && process::has_argument(**process, &object)
        };
        let found: Vec<Process> = all.iter().filter(is_ours).copied().collect();
        quiet = if found.is_empty() { quiet + 1 } else { 0 };
        for process in found {
            let below = process::descendants(process.id);
            process::kill(process);
            below.into_iter().for_each(process::kill);
        }
        thread::sleep(PAUSE);
    }
}
