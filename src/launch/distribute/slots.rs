//! A limit for the compilers on this machine: a build with many workers has more jobs than this machine has processors.

use std::fs::TryLockError;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::launch::process::Lock;

const PAUSE: Duration = Duration::from_millis(20);

/// Waits for one of `count` slots. It is free again when the lock is dropped, or the process ends. `None` if they cannot be
/// locked: the compiler runs then, too.
pub(super) fn acquire(folder: &Path, count: usize) -> Option<Lock> {
    loop {
        for number in 0..count.max(1) {
            match Lock::take(&folder.join(format!("slot.{number}"))) {
                Err(TryLockError::WouldBlock) => {}
                lock => return lock.ok(),
            }
        }
        thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_compiler_waits_for_one_of_two_slots() {
        let folder = tempfile::tempdir().unwrap();
        let first = acquire(folder.path(), 2).unwrap();
        let _second = acquire(folder.path(), 2).unwrap();
        let path = folder.path().to_owned();
        let third = thread::spawn(move || acquire(&path, 2).is_some());
        thread::sleep(5 * PAUSE);
        assert!(!third.is_finished());
        drop(first);
        assert!(third.join().unwrap());
    }
}
