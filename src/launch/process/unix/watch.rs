//! Watches folders for changes, so that the guard need not examine unchanged files.

use std::path::Path;

use super::super::Changes;

/// A folder that is watched.
pub type WatchedFolder = i32;

/// Watches folders of local file systems. Without it, the guard examines each file.
#[derive(Debug)]
pub struct Watch {
    descriptor: std::os::fd::OwnedFd,
}

impl Watch {
    /// A watch without folders. `None` if the system cannot watch folders.
    #[must_use]
    pub fn new() -> Option<Self> {
        use rustix::fs::inotify::{CreateFlags, init};
        init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).ok().map(|descriptor| Self { descriptor })
    }

    /// Watches a folder. `None` if its file system may not be local, or if too many folders are watched.
    #[must_use]
    pub fn add(&self, folder: &Path) -> Option<WatchedFolder> {
        use rustix::fs::inotify::{WatchFlags, add_watch};
        // Ext, XFS, Btrfs, tmpfs, overlayfs, ZFS, F2FS, ramfs, bcachefs, SquashFS, EROFS, JFS. Other file systems, such
        // as NFS, SMB, FUSE, 9P and cluster file systems, do not report changes by other machines.
        const LOCAL: [u64; 12] = [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
            0xf2f5_2010,
            0x8584_58f6,
            0xca45_1a4e,
            0x7371_7368,
            0xe0f5_e1e2,
            0x3153_464a,
        ];
        #[expect(clippy::cast_sign_loss, reason = "the number of a file system has 32 bits")]
        let kind = rustix::fs::statfs(folder).ok()?.f_type as u64 & 0xffff_ffff;
        if !LOCAL.contains(&kind) {
            return None;
        }
        let flags = WatchFlags::MODIFY
            | WatchFlags::ATTRIB
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        add_watch(&self.descriptor, folder, flags).ok()
    }

    /// All changes since the last call. The kernel reports a change before the call that made it returns.
    #[must_use]
    pub fn changes(&self) -> Changes {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;

        use rustix::fs::inotify::{ReadFlags, Reader};
        /// While files are being written, there is always another event.
        const MOST: usize = 1 << 16;
        let mut changes = Changes::default();
        let mut events_left = MOST;
        let mut buffer = [std::mem::MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.descriptor, &mut buffer);
        loop {
            match reader.next() {
                Ok(_) if events_left == 0 => return Changes { lost: true, ..changes },
                Ok(event) => {
                    events_left -= 1;
                    let events = event.events();
                    changes.lost |= events.contains(ReadFlags::QUEUE_OVERFLOW);
                    if events.intersects(ReadFlags::IGNORED | ReadFlags::DELETE_SELF | ReadFlags::UNMOUNT) {
                        changes.ended.push(event.wd());
                    }
                    let moves =
                        ReadFlags::CREATE | ReadFlags::DELETE | ReadFlags::MOVED_FROM | ReadFlags::MOVED_TO;
                    if let Some(name) = event.file_name().filter(|_| events.intersects(moves)) {
                        let name = OsStr::from_bytes(name.to_bytes()).to_owned();
                        changes.names.push((event.wd(), name));
                    }
                    if changes.folders.last() != Some(&event.wd()) {
                        changes.folders.push(event.wd());
                    }
                }
                Err(rustix::io::Errno::AGAIN) => return changes,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Changes { lost: true, ..changes },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_of_a_file_is_reported_immediately() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        fs_err::write(&file, "1").unwrap();
        let watch = Watch::new().unwrap();
        let watched = watch.add(folder.path()).unwrap();
        assert_eq!(watch.changes(), Changes::default());
        for text in ["2", "3"] {
            fs_err::write(&file, text).unwrap();
            assert_eq!(watch.changes().folders, [watched]);
            assert_eq!(watch.changes(), Changes::default());
        }
        let other = folder.path().join("b");
        fs_err::rename(&file, &other).unwrap();
        let changes = watch.changes();
        assert_eq!(changes.folders, [watched]);
        assert_eq!(changes.names, [(watched, "a".into()), (watched, "b".into())]);
        std::fs::File::options()
            .write(true)
            .open(&other)
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        assert_eq!(watch.changes().folders, [watched]);
        for number in 0..40_000 {
            fs_err::write(folder.path().join((number % 2).to_string()), "").unwrap();
        }
        let changes = watch.changes();
        assert!(changes.lost, "the queue of the kernel is full");
        assert_eq!(watch.changes(), Changes::default());
        fs_err::remove_dir_all(folder.path()).unwrap();
        assert_eq!(watch.changes().ended[..1], [watched]);
    }
}
