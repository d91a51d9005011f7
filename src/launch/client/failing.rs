//! Distinguishes failures of the tool from those of the compiler, and ends processes after a failure.

use std::path::Path;
use std::process::ExitStatus;
use std::thread;
use std::time::{Duration, Instant};

use super::super::process::{self, Child, Process};

/// Whether sccache itself may have failed. A compiler can have the same exit codes.
pub(super) fn may_be_of_sccache(status: ExitStatus) -> bool {
    process::has_crashed(status)
        || status.code().is_some_and(|code| matches!(code, 2 | 101 | 126..=139 | 253 | 254))
}

/// Kills the tool of this launcher, and its child processes.
pub(super) fn end(child: &mut Child) {
    process::adopt_orphans();
    let below = process::descendants(child.id());
    child.kill();
    let _ = child.wait();
    below.into_iter().for_each(process::kill);
    // Processes that the tool started after the list was read. On Windows, one whose parent was killed at that moment never runs, but
    // keeps the handles of the build open.
    for _ in 0..3 {
        let left = process::left_by_tool();
        if left.is_empty() {
            break;
        }
        left.into_iter().for_each(process::kill);
    }
}

/// Kills the compiler of `object` in this folder after the end of its supervisor. The compiler belongs to the session of the
/// supervisor.
pub(super) fn end_orphans(session: u32, object: Option<&Path>) {
    const LONGEST: Duration = Duration::from_millis(500);
    const PAUSE: Duration = Duration::from_millis(10);
    let (Some(object), Ok(folder)) = (object.map(Path::to_string_lossy), std::env::current_dir()) else {
        return;
    };
    let begun = Instant::now();
    let mut quiet = 0;
    // The daemon ends at the same time, and may still start the compiler.
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
