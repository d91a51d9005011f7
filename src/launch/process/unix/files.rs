//! Files: how they are created, and their state.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{
    DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::{FileState, FreeSpace};

impl FileState {
    /// The state of the file at `path`, or behind a link.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        path.metadata().map(|data| Self::from(&data))
    }

    /// The state of the file at `path`, which is not followed if it is a link.
    ///
    /// # Errors
    ///
    /// If there is none, or it cannot be read.
    pub fn of_entry(path: &Path) -> io::Result<Self> {
        path.symlink_metadata().map(|data| Self::from(&data))
    }

    /// The same as [`Self::of`], if the metadata are known already.
    ///
    /// # Errors
    ///
    /// None on this system.
    pub fn of_metadata(_path: &Path, data: &Metadata) -> io::Result<Self> {
        Ok(Self::from(data))
    }

    /// The state of an open file.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn of_open(file: &File) -> io::Result<Self> {
        file.metadata().map(|data| Self::from(&data))
    }
}

impl From<&Metadata> for FileState {
    fn from(data: &Metadata) -> Self {
        let time =
            |seconds: i64, nanoseconds: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        Self {
            device: data.dev(),
            inode: data.ino(),
            size: data.len(),
            modified: time(data.mtime(), data.mtime_nsec()),
            changed: time(data.ctime(), data.ctime_nsec()),
            links: data.nlink(),
        }
    }
}

/// Options to create a file in the build folder. With a umask of 0, others could write to it otherwise.
#[must_use]
pub fn new_file() -> OpenOptions {
    let mut options = File::options();
    options.create(true).mode(0o644);
    options
}

/// Options to create a program in the build folder.
#[must_use]
pub fn new_program() -> OpenOptions {
    let mut options = File::options();
    options.create(true).mode(0o755);
    options
}

/// Creates a file for this user only. Fails if there is one.
///
/// # Errors
///
/// If it cannot be created.
pub fn create_private_file(path: &Path) -> io::Result<File> {
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

/// Creates a folder, and the folders above it, without permission for others to write.
///
/// # Errors
///
/// If it cannot be created.
pub fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// Lets this user write to a file.
///
/// # Errors
///
/// If its permissions cannot be changed.
pub fn make_writable(path: &Path) -> io::Result<()> {
    let mode = path.metadata()?.mode() | 0o200;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Lets all users execute a file.
///
/// # Errors
///
/// If its permissions cannot be changed.
pub fn make_executable(path: &Path) -> io::Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(0o755))
}

/// Whether new files in the folder belong to its group, so that the members of the group share it.
#[must_use]
pub fn is_for_group(data: &Metadata) -> bool {
    data.mode() & 0o2000 != 0
}

/// The free space of the file system of `folder`. `None` if it is not known.
#[must_use]
pub fn free_space(folder: &Path) -> Option<FreeSpace> {
    let found = rustix::fs::statvfs(folder).ok()?;
    let files = (found.f_files > 0).then_some(found.f_favail);
    Some(FreeSpace { bytes: found.f_bavail.saturating_mul(found.f_frsize), files })
}

/// Creates a link to a folder.
///
/// # Errors
///
/// If it cannot be created.
pub fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

/// Options to open a file without waiting, if it is a pipe.
#[must_use]
pub fn open_at_once() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    options
}

/// Reads all of `buffer` from `offset` on.
///
/// # Errors
///
/// If the file ends before, or cannot be read.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(buffer, offset)
}

/// Reads a part of the file from `offset` on. Returns its length: 0 at the end of the file.
///
/// # Errors
///
/// If the file cannot be read.
pub fn read_part_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

/// Writes `bytes` at `offset`.
///
/// # Errors
///
/// If they cannot be written.
pub fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}

/// The used space on the disk, in bytes.
#[must_use]
pub fn disk_usage(data: &Metadata) -> u64 {
    data.blocks() * 512
}

/// The name of a file, as the guard compares it. The error is the reason why it cannot be compared.
///
/// # Errors
///
/// None on this system.
pub const fn folded_name(name: &OsStr) -> Result<Cow<'_, OsStr>, &'static str> {
    Ok(Cow::Borrowed(name))
}

/// A text with paths, in the spelling in which they are compared.
#[must_use]
pub const fn folded_path(text: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(text)
}

/// A file for the output of a program, without a name. `None` if there can be none.
#[must_use]
pub fn memory_file() -> Option<File> {
    #[cfg(target_os = "linux")]
    return rustix::fs::memfd_create("output", rustix::fs::MemfdFlags::CLOEXEC).ok().map(Into::into);
    #[cfg(not(target_os = "linux"))]
    unnamed_file()
}

/// Another descriptor of a file of [`memory_file`], which appends to it.
///
/// # Errors
///
/// If the system does not support this.
pub fn appending(memory: &File) -> io::Result<File> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        File::options().append(true).open(format!("/proc/self/fd/{}", memory.as_raw_fd()))
    }
    // An unnamed file is always appended to.
    #[cfg(not(target_os = "linux"))]
    memory.try_clone()
}

/// Gives back the memory of the first `length` bytes of a file in memory. Later bytes keep their positions.
pub fn release(memory: &File, length: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::FallocateFlags;
        let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        let _ = rustix::fs::fallocate(memory, flags, 0, length);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (memory, length);
}

/// A file in memory, with a path at which other processes of the user find it while it is open. They do not inherit it: a
/// compiler would have a descriptor less. `None` if the system has no such files.
#[must_use]
pub(in crate::launch::process) fn shared_memory_file() -> Option<(File, String)> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd as _;
        let file = rustix::fs::memfd_create("log", rustix::fs::MemfdFlags::CLOEXEC).ok()?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        Some((file.into(), path))
    }
    #[cfg(not(target_os = "linux"))]
    None
}

/// A temporary file for this user only, with its path. Writes append to it.
pub(in crate::launch::process) fn named_file() -> Option<(File, PathBuf)> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    let path = std::env::temp_dir().join(format!("toolchainkit-{}-{number}-{since}", std::process::id()));
    let file = File::options().read(true).append(true).create_new(true).mode(0o600).open(&path).ok()?;
    Some((file, path))
}

/// A temporary file whose name is removed immediately, on systems without files in memory. Writes append to it.
#[cfg(any(test, not(target_os = "linux")))]
fn unnamed_file() -> Option<File> {
    let (file, path) = named_file()?;
    std::fs::remove_file(path).ok()?;
    Some(file)
}

/// Whether the user may execute the file.
#[must_use]
pub fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// The program at `path`.
#[must_use]
pub fn program_at(path: PathBuf) -> Option<PathBuf> {
    let is_program = path.metadata().is_ok_and(|data| data.is_file() && data.mode() & 0o111 != 0);
    is_program.then_some(path)
}

/// Whether the user may write to the folder; `None` if it does not exist.
#[must_use]
pub fn can_write(folder: &Path) -> Option<bool> {
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    match rustix::fs::access(folder, access) {
        Ok(()) => Some(true),
        Err(rustix::io::Errno::NOENT) => None,
        Err(_) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _, Write as _};

    use super::*;

    #[test]
    fn an_unnamed_file_keeps_what_was_written() {
        let mut file = unnamed_file().unwrap();
        file.write_all(b"text").unwrap();
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        assert_eq!(FileState::of_open(&file).unwrap().links, 0);
    }
}
