//! A limit for the compilers on this machine: a build with many workers has more jobs than this machine has processors.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::launch::process;

const PAUSE: Duration = Duration::from_millis(20);

/// Waits for one of `count` slots. It is free again when the file is dropped, or the process ends. `None` if the folder cannot be
/// written: the compiler runs then, too.
pub(super) fn acquire(folder: &Path, count: usize) -> Option<File> {
    let open =
        |number: usize| process::new_file().append(true).open(folder.join(format!("slot.{number}"))).ok();
    let files: Option<Vec<File>> = (0..count.max(1)).map(open).collect();
    let mut files = files?;
    loop {
        if let Some(free) = files.iter().position(|file| file.try_lock().is_ok()) {
            return Some(files.swap_remove(free));
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
